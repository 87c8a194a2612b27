/*
 * How an order goes back: cancelled, all of it or what is not shipped yet, or returned afterwards.
 */
#ifndef SHOPD_DOMAIN_ORDER_ENDING_H
#define SHOPD_DOMAIN_ORDER_ENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/order.h"

/*
 * Makes the order cancelled, and a payment that was only authorized voided. Of an order that is
 * partly shipped the rest is cancelled, and its status stays: see is_rest_cancelled. False when
 * that is not possible, with the field that stands in the way.
 */
bool order_cancel(struct order *order, const struct order_line *lines, size_t count,
		  enum order_field *obstacle);

/* So many pieces of a line are reserved: a cancellation gives them back. */
int64_t order_reserved(const struct order_line *line);

/*
 * Of an order that is cancelled, or whose rest is, no delivery is pending any more: they are
 * cancelled with it. That follows from the order's head and is not written, for there would be no
 * room for it beside 90 stocks.
 * It is a change like any other, though: their version is one higher than the one that is stored,
 * and they were changed at `time` (absent: unknown, then that stays). Whoever writes one of them
 * later writes it as it is then, cancelled, and goes on from that version.
 */
void order_cancel_deliveries(struct order_delivery *deliveries, size_t count, struct span time);

/*
 * Which parts are too many to be returned, none when all can be. `excess` has room for as many as
 * there are parts, each of another product.
 */
size_t order_return_excess(struct order_line *lines, size_t count, const struct order_part *parts,
			   size_t part_count, struct order_excess *excess);

#endif
