/*
 * How payments, deliveries and returns of an order are kept: items of their own beside the order's
 * head (order_item.h). Writing them is the business of order_change.h, so that the head's version
 * covers them too.
 */
#ifndef SHOPD_REPO_ORDER_PART_H
#define SHOPD_REPO_ORDER_PART_H

#include "repo/order_item.h"

/* Each reads one item, whose texts stay views. False when it is beyond understanding. */
bool order_part_read_payment(const struct item *item, const struct order *order,
			     struct order_payment *out);
bool order_part_read_delivery(const struct item *item, struct arena *arena,
			      struct order_delivery *out);
bool order_part_read_return(const struct item *item, struct arena *arena, struct order_return *out);

/* "PAY#reference", "D#0001", "R#id" */
void order_part_payment_key(const struct order_payment *payment, char sk[static ORDER_SORT_SIZE]);
void order_part_delivery_key(const struct order_delivery *delivery,
			     char sk[static ORDER_SORT_SIZE]);
void order_part_return_key(const struct order_return *returned, char sk[static ORDER_SORT_SIZE]);

/* Each appends the members of an item but for its key. */
void order_part_write_payment(const struct order_payment *payment, const struct order *order,
			      struct buf *out);
void order_part_write_delivery(const struct order_delivery *delivery, struct buf *out);
void order_part_write_return(const struct order_return *returned, struct buf *out);

#endif
