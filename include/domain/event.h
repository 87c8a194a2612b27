/*
 * The events that a store tells of: one table of their names, from which messages, preferences and
 * documentation are made.
 *
 * Checklist for a new event: a value here, its row in event.c, the place that raises it.
 */
#ifndef SHOPD_DOMAIN_EVENT_H
#define SHOPD_DOMAIN_EVENT_H

#include <stdbool.h>

#include "base/text.h"

enum event_type {
	EVENT_ORDER_PLACED,
	EVENT_ORDER_CONFIRMED,
	EVENT_ORDER_CANCELLED,
	EVENT_ORDER_EXPIRED,
	EVENT_ORDER_COMPLETED,
	EVENT_ORDER_REFUNDED,
	EVENT_DELIVERY_CREATED,
	EVENT_DELIVERY_SHIPPED,
	EVENT_DELIVERY_OUT_FOR_DELIVERY,
	EVENT_DELIVERY_DELIVERED,
	EVENT_DELIVERY_FAILED,
	EVENT_DELIVERY_RETURNED,
	EVENT_STOCK_LOW,
	EVENT_STOCK_OUT,
	EVENT_STOCK_IN,
	EVENT_STOCK_BACK,
	EVENT_PAYMENT_ORPHANED,
	EVENT_TYPES,
};

/* "order.placed" */
const char *event_name(enum event_type type);

/* When it is raised: a sentence for documentation. */
const char *event_meaning(enum event_type type);

/* What a user is told of it on a phone: a sentence in ASCII. NULL: it is not for users. */
const char *event_text(enum event_type type);

/* What it is about, which is how its subject begins: "order" or "product". */
const char *event_subject(enum event_type type);

/* Data as a message of it has, a JSON object. */
const char *event_example(enum event_type type);

/* True for what a user may ask to be told of; the others are for the shop's own systems. */
bool event_is_for_users(enum event_type type);

/* False when there is no event of this name. */
bool event_find(struct span name, enum event_type *type);

#endif
