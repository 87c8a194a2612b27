/*
 * What a change of stock writes, all of it in one transaction: the stock item, a movement when what
 * is on hand changes, and an event when the level does.
 *
 * The condition comes in two strengths. On a range: low mark and level are what they were, and the
 * amounts are within the range of the decision; then any number of changes can be made at the same
 * time without one failing because of another. Or on the version that was read: then it is known
 * beforehand what there will be. Without a range it is the version, and so it is whenever the level
 * changes, for an event tells the exact amounts.
 */
#ifndef SHOPD_REPO_STOCK_WRITE_H
#define SHOPD_REPO_STOCK_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/dynamodb.h"
#include "domain/stock.h"
#include "repo/outbox_item.h"
#include "repo/product_item.h"
#include "repo/repo.h"

enum {
	STOCK_WRITES_MAX = 3,
	STOCK_EXPRESSION_MAX = 256,
};

struct stock_change {
	const char *product_id;
	struct stock before;
	struct stock after;
	const struct stock_range *range; /* NULL: on the version */
	const char *reason;              /* of the movement */
	const char *reference;           /* NULL: none */
	const char *by;                  /* of the movement, too */
	bool is_told_elsewhere;          /* its event is not among the writes */
};

/* The writes, and the texts that they point to. Zeroed at birth. */
struct stock_writes {
	struct dynamodb_write write[STOCK_WRITES_MAX]; /* the stock item's is the first */
	size_t count;

	char stock_key[PRODUCT_KEY_SIZE];
	char ledger_key[PRODUCT_KEY_SIZE];
	char movement_id[ID_SIZE];
	char outbox_key[OUTBOX_KEY_SIZE];
	char event_id[ID_SIZE];
	struct buf update;
	struct buf condition;
	struct buf values;
	struct buf movement;
	struct buf event;
};

/* False when out of memory. Either way it must be cleared. */
bool stock_writes_make(const struct repo *repo, const struct stock_change *change,
		       struct stock_writes *writes);
void stock_writes_clear(struct stock_writes *writes);

/*
 * The event of a change that moves the level; its data is appended to `data`, and both texts of the
 * change are borrowed. False when the level stays.
 */
bool stock_change_event(const struct repo *repo, const struct stock_change *change,
			struct buf *data, struct outbox_event *event);

#endif
