#include "domain/event.h"

#include <assert.h>
#include <stddef.h>

/* The examples are messages of one store: an order of a user, a product of which it has two. */
#define USER "01936580-11f0-7c42-8a6d-0c9e6f7b2d10"
#define THE_ORDER "0193658a-4c00-7d15-9a3e-5b1f3c8e2a01"
#define THE_DELIVERY "0193658b-9d20-7e31-b2c4-7a9d1e5f4c02"
#define PRODUCT "3f0c6d2e-8b1a-4e57-9c3d-2a6f1b7e8d90"

#define ORDER(status, payment, fulfillment, paid, refunded, version, more)              \
	"{\"order_id\":\"" THE_ORDER "\",\"user_id\":\"" USER "\",\"status\":\"" status \
	"\",\"payment_status\":\"" payment "\",\"fulfillment_status\":\"" fulfillment   \
	"\",\"total\":39.8,\"paid\":" paid ",\"refunded\":" refunded                    \
	",\"currency\":\"EUR\",\"line_count\":1,\"version\":" version more "}"
#define PAYMENT(status) \
	",\"payment\":{\"reference\":\"pi_3Q\",\"status\":\"" status "\",\"amount\":39.8}"
#define TRACKED "\",\"tracking_status\":\""
#define PARCEL(status)                                                    \
	",\"delivery\":{\"id\":\"" THE_DELIVERY "\",\"status\":\"" status \
	"\",\"carrier\":\"dhl\",\"tracking_number\":\"JD0146\""           \
	",\"lines\":[{\"product_id\":\"" PRODUCT "\",\"quantity\":2}]}"
#define STOCK(level, available, on_hand)                                                   \
	"{\"product_id\":\"" PRODUCT "\",\"level\":\"" level "\",\"available\":" available \
	",\"on_hand\":" on_hand ",\"low_stock_at\":5,\"version\":12}"

static const struct {
	const char *name;
	const char *subject;
	const char *meaning;
	const char *text; /* NULL: not for users */
	const char *example;
} events[EVENT_TYPES] = {
	[EVENT_ORDER_PLACED] = {"order.placed", "order", "A checkout became an order.",
				"Thank you: we have your order.",
				ORDER("placed", "none", "unfulfilled", "0", "0", "1", "")},
	[EVENT_ORDER_CONFIRMED] = {"order.confirmed", "order",
				   "An order was paid, or is paid on delivery.",
				   "Your order is confirmed.",
				   ORDER("confirmed", "paid", "unfulfilled", "39.8", "0", "2",
					 PAYMENT("paid"))},
	[EVENT_ORDER_CANCELLED] = {"order.cancelled", "order",
				   "An order was cancelled; its stock was given back.",
				   "Your order was cancelled.",
				   ORDER("cancelled", "voided", "unfulfilled", "0", "0", "2", "")},
	[EVENT_ORDER_EXPIRED] = {"order.expired", "order",
				 "An order was not paid in time; its stock was given back.",
				 "Your order was not paid in time and has ended.",
				 ORDER("expired", "none", "unfulfilled", "0", "0", "2", "")},
	[EVENT_ORDER_COMPLETED] =
		{"order.completed", "order",
		 "Nothing of an order is to come any more: all is delivered, has come "
		 "back or was cancelled.",
		 "Your order is complete.",
		 ORDER("completed", "paid", "delivered", "39.8", "0", "6", "")},
	[EVENT_ORDER_REFUNDED] = {"order.refunded", "order",
				  "Money of an order was given back, all or a part of it.",
				  "You have been refunded.",
				  ORDER("cancelled", "refunded", "unfulfilled", "39.8", "39.8", "4",
					PAYMENT("refunded"))},
	[EVENT_DELIVERY_CREATED] = {"delivery.created", "order", "A delivery of an order was made.",
				    "Your delivery is being prepared.",
				    ORDER("confirmed", "paid", "unfulfilled", "39.8", "0", "3",
					  PARCEL("pending"))},
	[EVENT_DELIVERY_SHIPPED] = {"delivery.shipped", "order",
				    "A delivery was handed to the carrier.",
				    "Your delivery is on its way.",
				    ORDER("confirmed", "paid", "shipped", "39.8", "0", "4",
					  PARCEL("shipped"))},
	[EVENT_DELIVERY_OUT_FOR_DELIVERY] = {"delivery.out_for_delivery", "order",
					     "The carrier brings it today.",
					     "Your delivery is out for delivery.",
					     ORDER("confirmed", "paid", "shipped", "39.8", "0", "5",
						   PARCEL("shipped" TRACKED "out_for_delivery"))},
	[EVENT_DELIVERY_DELIVERED] = {"delivery.delivered", "order",
				      "The carrier has delivered it.", "Your delivery has arrived.",
				      ORDER("completed", "paid", "delivered", "39.8", "0", "6",
					    PARCEL("delivered" TRACKED "delivered"))},
	[EVENT_DELIVERY_FAILED] = {"delivery.failed", "order", "The carrier could not deliver it.",
				   "Your delivery could not be delivered.",
				   ORDER("confirmed", "paid", "shipped", "39.8", "0", "5",
					 PARCEL("shipped" TRACKED "failure"))},
	[EVENT_DELIVERY_RETURNED] = {"delivery.returned", "order",
				     "The carrier takes it back to the sender.",
				     "Your delivery goes back to us.",
				     ORDER("confirmed", "paid", "shipped", "39.8", "0", "5",
					   PARCEL("shipped" TRACKED "return_to_sender"))},
	[EVENT_STOCK_LOW] = {"stock.low", "product",
			     "A stock fell to its mark, or rose to it from nothing.", NULL,
			     STOCK("low", "4", "4")},
	[EVENT_STOCK_OUT] = {"stock.out", "product", "The last piece was sold or held.", NULL,
			     STOCK("out", "0", "2")},
	[EVENT_STOCK_IN] = {"stock.in", "product", "There is more again than the mark.", NULL,
			    STOCK("in", "40", "40")},
	[EVENT_STOCK_BACK] = {"stock.back", "product",
			      "There is something again, for each who has asked to be told.",
			      "What you were waiting for is back in stock.",
			      STOCK("in", "40", "40")},
	[EVENT_PAYMENT_ORPHANED] =
		{"payment.orphaned", "order",
		 "A payment came for an order that had ended, or was paid already: give it back.",
		 NULL, ORDER("expired", "none", "unfulfilled", "0", "0", "3", PAYMENT("paid"))},
};

const char *event_name(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].name;
}

const char *event_meaning(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].meaning;
}

const char *event_text(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].text;
}

const char *event_subject(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].subject;
}

const char *event_example(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].example;
}

bool event_is_for_users(enum event_type type)
{
	return event_text(type) != NULL;
}

bool event_find(struct span name, enum event_type *type)
{
	for (int i = 0; i < EVENT_TYPES; i++) {
		if (span_equals(name, events[i].name)) {
			*type = (enum event_type)i;
			return true;
		}
	}
	return false;
}
