/*
 * Texts that hold secrets: read from files and released without leaving copies in memory.
 */
#ifndef SHOPD_BASE_SECRET_H
#define SHOPD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/result.h"

/*
 * Reads a whole file into an empty buffer with a maximum of `max` bytes, which must be cleared in
 * either case. False with errno when it cannot be opened or read; EFBIG when it is longer, ENOMEM
 * when out of memory.
 */
MUST_CHECK bool secret_read_file(const char *path, size_t max, struct buf *text);

/*
 * Whether others than its owner may read a file, or write it. A group that reads what is another's
 * does not count: it is how we may read it. False when there is no such file.
 */
bool secret_is_readable(const char *path);
bool secret_is_writable(const char *path);

/* Makes room for as many bytes as a buffer may hold, so that it never moves. False: no memory. */
MUST_CHECK bool secret_reserve(struct buf *text);

/*
 * Empties it and makes room for as many bytes. What has to move for that is overwritten, so that no
 * copy stays in freed memory. Without memory the buffer has failed, as with buf_reserve.
 */
void secret_renew(struct buf *text, size_t room);

/* Overwrites the bytes in use and releases the memory. */
void secret_clear(struct buf *text);

/* Overwrites the bytes in use and keeps the memory. */
void secret_reset(struct buf *text);

#endif
