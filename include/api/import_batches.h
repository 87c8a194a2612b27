/*
 * The batches of an import: a ring of which the newest is filled, line by line, while those before
 * it are written. Whenever the oldest is over, what came of its lines goes to a spool, so that the
 * results have the order of the lines.
 */
#ifndef SHOPD_API_IMPORT_BATCHES_H
#define SHOPD_API_IMPORT_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spool.h"
#include "http/request.h"
#include "repo/product_import.h"

enum {
	IMPORT_BATCHES = 4, /* under way at once */
	/*
	 * Bytes of lines, with which a batch is full; the last line may go far beyond. In memory
	 * they are several times that.
	 */
	IMPORT_BATCH_BYTES = 256 * 1024,
};

struct import_batches;

struct import_batch {
	struct import_batches *batches;
	bool is_writing;
	bool is_over; /* to be told of when it is the oldest */
	size_t line_count;
	size_t entry_count;
	size_t bytes;
	struct import_line {
		uint64_t number;
		bool is_entry;     /* the next of `entries`; else its result is in `texts` */
		size_t text_begin; /* there */
		size_t text_len;
	} lines[PRODUCT_IMPORT_MAX];
	struct product_entry entries[PRODUCT_IMPORT_MAX];
	struct buf texts;
	struct arena arena;
	struct await await;
};

struct import_batches {
	struct request *rq;
	/* A batch is over, and the client still there: there may be room now, or an end. */
	void (*turned)(struct import_batches *batches);
	size_t oldest;
	size_t newest;
	struct import_batch ring[IMPORT_BATCHES];
	struct buf result; /* of one batch */
	struct spool spool;
};

void import_batches_init(struct import_batches *batches, struct request *rq);
/* Nothing may be under way. */
void import_batches_clear(struct import_batches *batches);

/* False when results cannot be kept any more; nothing is to be added then. */
bool import_batches_ok(const struct import_batches *batches);

/* True when a line can be added. */
bool import_batches_have_room(const struct import_batches *batches);

/* True when nothing is being written. */
bool import_batches_are_idle(const struct import_batches *batches);

/* Whether a line with this id must wait: for what is written, or for what is to be. */
bool import_batches_meet(struct import_batches *batches, const char *id);

/*
 * Adds a line that is to be written, whose product is taken over; or one whose result is known
 * already. There must be room. A batch that is full then is written, which may be over at once.
 */
void import_batches_add(struct import_batches *batches, uint64_t line,
			const struct product_entry *entry, size_t bytes);
void import_batches_add_text(struct import_batches *batches, uint64_t line, const struct buf *text);

/* Writes the newest, full or not. False when there is nothing in it, or no room for it yet. */
bool import_batches_write(struct import_batches *batches);

/* Memory for the newest, which goes when it is told of. */
struct arena *import_batches_arena(struct import_batches *batches);

#endif
