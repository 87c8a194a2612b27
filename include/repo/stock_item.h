/*
 * How stock is kept: one small item beside its product, and a ledger of what came in and went out.
 *
 * P#id / STOCK   available, reserved, level, low_stock_at, version. Touched by every sale, hence
 *                small, apart, and in no product list. While the level is not "in" it is in gsi2:
 *                LVL#low or LVL#out, by id.
 * M#id / UUIDv7  a movement: delta, reason, reference, time, by. It outlives its product, until its
 *                ttl.
 */
#ifndef SHOPD_REPO_STOCK_ITEM_H
#define SHOPD_REPO_STOCK_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "base/buf.h"
#include "domain/stock.h"

enum {
	STOCK_SHELF_SIZE = 8,   /* "LVL#low" */
	STOCK_ITEM_MAX = 4096,  /* bytes of the members of any of these items */
	STOCK_AMOUNT_SIZE = 24, /* digits of an amount */
};

struct movement {
	int64_t delta;
	const char *reason;
	const char *reference; /* NULL: none */
	const char *by;        /* who made it; NULL: staff */
	int64_t wall_ms;       /* when, and for the ttl */
};

/* False when the item is none, or another tool has made it unreadable. */
bool stock_item_read(const struct item *item, struct stock *out);

/* Appends the members of a new stock item but for its key. */
void stock_item_write(const struct stock_opening *opening, const char *id, struct buf *out);

/* g2p of a stock that is not "in". */
void stock_item_shelf(enum stock_level level, char shelf[static STOCK_SHELF_SIZE]);

/* Appends the members of a movement but for its key. */
void movement_item_write(const struct movement *movement, struct buf *out);

/* Appends a movement as the API shows it, its sort key as its id. */
void movement_item_show(struct span entry, struct buf *out);

/* Appends `"name":{"N":"…"}` as attribute_add_number does. */
void stock_item_add_amount(struct buf *out, const char *name, int64_t amount);

#endif
