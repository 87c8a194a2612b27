#include "domain/event.h"

#include <assert.h>

static const struct {
	const char *name;
	bool is_for_users;
} events[EVENT_TYPES] = {
	[EVENT_ORDER_PLACED] = {"order.placed", true},
	[EVENT_ORDER_CONFIRMED] = {"order.confirmed", true},
	[EVENT_ORDER_CANCELLED] = {"order.cancelled", true},
	[EVENT_ORDER_EXPIRED] = {"order.expired", true},
	[EVENT_ORDER_COMPLETED] = {"order.completed", true},
	[EVENT_ORDER_REFUNDED] = {"order.refunded", true},
	[EVENT_DELIVERY_CREATED] = {"delivery.created", true},
	[EVENT_DELIVERY_SHIPPED] = {"delivery.shipped", true},
	[EVENT_DELIVERY_OUT_FOR_DELIVERY] = {"delivery.out_for_delivery", true},
	[EVENT_DELIVERY_DELIVERED] = {"delivery.delivered", true},
	[EVENT_DELIVERY_FAILED] = {"delivery.failed", true},
	[EVENT_DELIVERY_RETURNED] = {"delivery.returned", true},
	[EVENT_STOCK_LOW] = {"stock.low", false},
	[EVENT_STOCK_OUT] = {"stock.out", false},
	[EVENT_STOCK_IN] = {"stock.in", false},
	[EVENT_STOCK_BACK] = {"stock.back", true},
	[EVENT_PAYMENT_ORPHANED] = {"payment.orphaned", false},
};

const char *event_name(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].name;
}

bool event_is_for_users(enum event_type type)
{
	assert(type < EVENT_TYPES);
	return events[type].is_for_users;
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
