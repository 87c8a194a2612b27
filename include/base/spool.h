/*
 * Bytes that are put aside, to be read back later: a few in memory, more in a temporary file that
 * has no name, so that nothing is left of it whatever happens.
 *
 * Writing is one after another, reading from anywhere. It remembers its first failure, like a buf:
 * a disk that is full, a folder that cannot be written.
 */
#ifndef SHOPD_BASE_SPOOL_H
#define SHOPD_BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SPOOL_MEMORY = 64 * 1024 /* bytes that are kept before they go to the file */ };

struct spool {
	const char *folder; /* borrowed */
	int fd;             /* -1: all of it is in memory */
	uint64_t filed;     /* bytes in the file */
	struct buf tail;    /* what comes behind them */
	bool failed;
};

void spool_init(struct spool *spool, const char *folder);
/* Also for one that is zeroed. */
void spool_clear(struct spool *spool);

void spool_add(struct spool *spool, const void *bytes, size_t len);
bool spool_ok(const struct spool *spool);

uint64_t spool_len(const struct spool *spool);

/*
 * Reads up to `room` bytes from `from`; 0 at the end, and when the file cannot be read, which is a
 * failure.
 */
size_t spool_read(struct spool *spool, uint64_t from, char *out, size_t room);

#endif
