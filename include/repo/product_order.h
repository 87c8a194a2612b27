/*
 * The orders in which products are listed, as positions that can be compared and put into a cursor:
 * the value that is sorted by, a NUL, and the id, which makes each position unique.
 */
#ifndef SHOPD_REPO_PRODUCT_ORDER_H
#define SHOPD_REPO_PRODUCT_ORDER_H

#include "aws/attribute.h"
#include "base/buf.h"
#include "base/text.h"
#include "repo/selection.h"

enum product_order {
	PRODUCT_BY_NAME,    /* ascending, without regard to case */
	PRODUCT_BY_PRICE,   /* ascending, by number alone whatever the currency */
	PRODUCT_BY_CREATED, /* the newest first */
};

selection_order product_order_compare(enum product_order order);

/*
 * Writes the position of an index's entry with this id; `out` is emptied first. Of the order that
 * the index has, the entry's keys suffice.
 */
void product_order_position(enum product_order order, const struct item *entry, struct span id,
			    struct buf *out);

/* A position's two halves as one index sort key: joined by `joint` instead of the NUL. */
void product_order_key(struct span position, char joint, struct buf *out);

#endif
