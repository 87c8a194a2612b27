/*
 * What is kept of a delivery beside the order that it belongs to (D#0001 under O#id is
 * order_part.h's): items of their own, written by the transactions that change the order.
 *
 * D#id / #         which order it belongs to: deliveries are asked for by their id alone. An
 *                  order's id may be all that protects a guest's order, so it cannot be part of the
 *                  delivery's, which carriers know.
 * TRK#sha256 / #   that this carrier's tracking number is taken, and by which delivery
 * DE#sha256 / #    that this carrier's event was seen, and what it said
 */
#ifndef SHOPD_REPO_DELIVERY_ITEM_H
#define SHOPD_REPO_DELIVERY_ITEM_H

#include "domain/delivery_body.h"
#include "repo/order_draft.h"

enum {
	DELIVERY_KEY_SIZE = 72, /* a prefix and 64 hexadecimal digits */
	DELIVERY_SEEN_SECONDS = 30 * 24 * 60 * 60,
};

/* "D#id" */
void delivery_item_key(const char *id, char key[static DELIVERY_KEY_SIZE]);

/* "TRK#…" of texts as they stand in JSON strings, whichever escapes they have. False: no memory. */
MUST_CHECK bool delivery_item_tracking_key(const struct repo *repo,
					   const struct order_delivery *delivery,
					   char key[static DELIVERY_KEY_SIZE]);

/* Each adds a write to a draft; what fails, fails the draft. */

/* Of a new delivery. */
void delivery_item_put_pointer(struct order_draft *draft, const char *delivery_id);

/* On the condition that the number is free. */
void delivery_item_take_number(struct order_draft *draft, const char *key, const char *delivery_id);
void delivery_item_free_number(struct order_draft *draft, const char *key);

/* On the condition that the delivery's event was not seen in the last 30 days. */
void delivery_item_put_seen(struct order_draft *draft, const char *delivery_id,
			    const struct delivery_report *report);

#endif
