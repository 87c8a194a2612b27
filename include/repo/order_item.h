/*
 * How an order is kept: several items under one partition key, so that one query reads all of it,
 * and a change of state writes no more than a small head.
 *
 * O#id / #              the head (struct order). In gsi1 U#user / O#id, unless it is a guest's; in
 *                       gsi2 OS#status#shard / updated_at#id, where it is placed
 *                       OS#placed#shard / order_waits_since#id
 * O#id / SNAP           what is frozen: lines and address, as the checkout had them
 * O#id / H#uuid7        what happened: time, what, from, to, by
 * O#id / PAY#reference  a payment
 * O#id / D#0001         a delivery; in gsi1 TRK#carrier#number / O#id
 * O#id / R#uuid7        a return
 *
 * docs/table.md has it all. Whoever changes an order goes through order_change.h.
 */
#ifndef SHOPD_REPO_ORDER_ITEM_H
#define SHOPD_REPO_ORDER_ITEM_H

#include "aws/attribute.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "domain/order.h"

enum {
	ORDER_KEY_SIZE = ID_SIZE + 4, /* "O#" and an id */
	ORDER_SORT_SIZE = 216,        /* "PAY#" and a reference, all escapes */
	ORDER_INDEX_SIZE = 96,        /* of the head's index keys */
	ORDER_ITEM_MAX = 1024 * 1024, /* as JSON: 90 names may be mostly escapes */
	ORDER_ROOM = 2,               /* elements that each array has room for beyond its count */
};

/*
 * An order as it was read. Texts and arrays are in the arena that it was read into. The arrays can
 * take ORDER_ROOM more elements, for what a change adds (order_change.h).
 */
struct stored_order {
	struct order head;
	struct span address; /* {"M": …} */
	struct order_line *lines;
	size_t line_count;
	struct order_payment *payments; /* by reference */
	size_t payment_count;
	struct order_delivery *deliveries; /* the oldest first */
	size_t delivery_count;
	struct order_return *returns; /* likewise */
	size_t return_count;
	struct order_entry *history; /* likewise */
	size_t history_count;
};

/* The keys of a head in the indexes; "" where it is in none. */
struct order_index {
	char g1p[ORDER_INDEX_SIZE];
	char g1s[ORDER_INDEX_SIZE];
	char g2p[ORDER_INDEX_SIZE];
	char g2s[ORDER_INDEX_SIZE];
};

/* "O#id" */
void order_item_key(const char *id, char key[static ORDER_KEY_SIZE]);

/* `payments` are all of the order's. */
void order_item_index(const struct order *order, const struct order_payment *payments,
		      size_t payment_count, uint32_t write_shards, struct order_index *out);

/*
 * The order in an array of its items, whose texts go into the arena. RESULT_NOT_FOUND: there is no
 * head; RESULT_GARBLED: it is beyond understanding; RESULT_NO_MEMORY.
 */
MUST_CHECK enum result order_item_read(struct span items, const char *id, struct arena *arena,
				       struct stored_order *out);

/*
 * Counts deliveries, returns and what was cancelled into the lines anew, after a change of them.
 * False when they do not fit the lines.
 */
bool order_item_count(struct stored_order *order);

/* Views a head's item, as far as lists show it too. False when it is beyond understanding. */
bool order_item_read_head(const struct item *item, struct order *out);

/* Appends the members of a new head but for its key. */
void order_item_write_head(const struct order *order, uint32_t write_shards, struct buf *out);

/* Appends the members of a history entry's item but for its key. */
void order_item_write_entry(const struct order_entry *entry, struct buf *out);

/*
 * An amount as a decimal in the order's currency, for a number attribute or for JSON. `text` has
 * MONEY_SIZE bytes.
 */
void order_item_amount(const struct order *order, int64_t amount, char *text);

/* Appends `"name":{"S":"…"}` with a text that is escaped already; nothing for an absent one. */
void order_item_add_raw(struct buf *out, const char *name, struct span raw);

/* A text as it stands in a JSON string, copied into the arena. Absent when out of memory. */
struct span order_item_escape(struct arena *arena, const char *text);

#endif
