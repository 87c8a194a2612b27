/*
 * The three states of an order and how each may change: one table, from which changes are judged,
 * refusals are made ("invalid-transition"), and which a test compares with the one in docs/api.md.
 *
 * An order is "placed" and then goes its way; its payment and its fulfilment are states of their
 * own. What moves them together (a payment confirms) is the business of who changes an order.
 *
 * Checklist for a new state: a value here, its row in order_state.c, the rows from which it can be
 * reached, test_order_state.c, which then tells what docs/api.md should have.
 */
#ifndef SHOPD_DOMAIN_ORDER_STATE_H
#define SHOPD_DOMAIN_ORDER_STATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

enum order_field { ORDER_STATUS, ORDER_PAYMENT, ORDER_FULFILLMENT, ORDER_FIELDS };

enum order_status {
	ORDER_PLACED,
	ORDER_CONFIRMED,
	ORDER_COMPLETED,
	ORDER_EXPIRED,
	ORDER_CANCELLED,
	ORDER_STATUSES
};

enum payment_status {
	PAYMENT_NONE,
	PAYMENT_AUTHORIZED,
	PAYMENT_PAID,
	PAYMENT_FAILED,
	PAYMENT_VOIDED,
	PAYMENT_PARTIALLY_REFUNDED,
	PAYMENT_REFUNDED,
	PAYMENT_STATUSES
};

enum fulfillment_status {
	FULFILLMENT_UNFULFILLED,
	FULFILLMENT_PARTIAL,
	FULFILLMENT_SHIPPED,
	FULFILLMENT_DELIVERED,
	FULFILLMENT_RETURNED,
	FULFILLMENT_STATUSES
};

/* A state is a value of the field's own enum. */

/* "status", "payment_status", "fulfillment_status": as stored and shown. */
const char *order_field_name(enum order_field field);

/* "partially_refunded": as stored and shown. */
const char *order_state_name(enum order_field field, unsigned state);

/* False when the field has no state of this name. */
bool order_state_find(enum order_field field, struct span name, unsigned *state);

/*
 * True when a change from one state to the other is in the table. To stay as it is is in the table
 * only where the same may happen again (a second partial refund).
 */
bool order_state_may_change(enum order_field field, unsigned from, unsigned to);

/*
 * Appends what a refusal tells: `"field":"status","current":"expired","allowed":[]`. Not "status",
 * which is the HTTP status in a problem (RFC 9457).
 */
void order_state_write_refusal(enum order_field field, unsigned current, struct buf *out);

#endif
