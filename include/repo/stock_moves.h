/*
 * Moving the stock of several products at once (domain/stock.h: hold, release, ship, give back), as
 * part of somebody else's transaction: a checkout's or an order's.
 *
 *	read      the stocks that are not known yet, consistently, in one batch
 *	decide    line by line what each comes to; whether all of it is allowed
 *	make      the writes: stocks, movements where what is on hand changes, and events of
 *	          levels that are crossed
 *	take      what a transaction that failed tells of the stocks; then decide again
 *
 * Conditions are as for a single stock (stock_write.h): a range as long as the level stays, so that
 * orders for one product do not wait for each other; the version where the level changes.
 */
#ifndef SHOPD_REPO_STOCK_MOVES_H
#define SHOPD_REPO_STOCK_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "domain/stock.h"
#include "repo/repo.h"

enum { STOCK_MOVES_MAX = 90 };

struct stock_line {
	/* in */
	char product_id[ID_SIZE]; /* in one line only */
	enum stock_move move;
	int64_t quantity; /* at least 1 */

	/* what is known, by whoever has read it; else by stock_moves_read */
	bool is_known;
	bool is_gone; /* there is no such stock: nothing to hold, nothing to give back to */
	struct stock now;

	/* what was decided */
	enum stock_verdict verdict;
};

struct stock_moves_made;

/* Zeroed at birth; lives until it was cleared. */
struct stock_moves {
	/* in */
	struct repo *repo;
	struct await *await;   /* deadline, account, arena; not finished by this */
	const char *reference; /* of the movements: the order's id; NULL: none */
	size_t count;
	struct stock_line lines[STOCK_MOVES_MAX];

	/* private */
	void (*done)(struct stock_moves *moves, enum result result);
	void *context;
	struct dynamodb_call call;
	struct stock_moves_made *made;
};

/* Reads what is not known. `done` is called exactly once, perhaps before this returns. */
void stock_moves_read(struct stock_moves *moves,
		      void (*done)(struct stock_moves *moves, enum result result), void *context);

/*
 * Decides each line: true when all are fine. A line whose stock is gone is fine, and writes
 * nothing, unless it is to hold: then it is STOCK_INSUFFICIENT.
 */
bool stock_moves_decide(struct stock_moves *moves);

/*
 * Makes the writes of what was decided, at most `room` of them, into `writes`; their texts are
 * there until the next call or stock_moves_clear. RESULT_OK; RESULT_TOO_LARGE: there is no room for
 * them; RESULT_NO_MEMORY.
 */
MUST_CHECK enum result stock_moves_make(struct stock_moves *moves, struct dynamodb_write *writes,
					size_t room, size_t *count);

/*
 * After a transaction that failed, `reasons` being those of the writes that were made.
 * RESULT_CONFLICT: some stock was not as thought, and is known now: decide again; RESULT_OK: it was
 * not for the stocks; RESULT_GARBLED.
 */
MUST_CHECK enum result stock_moves_take(struct stock_moves *moves,
					const struct dynamodb_reason *reasons);

void stock_moves_clear(struct stock_moves *moves);

#endif
