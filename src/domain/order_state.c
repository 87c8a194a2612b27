#include "domain/order_state.h"

#include <assert.h>

enum { STATES_MAX = PAYMENT_STATUSES };

#define TO(state) (1U << (state))

static const struct {
	const char *name;
	struct {
		const char *name; /* NULL: there is no such state */
		unsigned next;
	} states[STATES_MAX];
} fields[ORDER_FIELDS] = {
	[ORDER_STATUS] = {"status",
			  {
				  [ORDER_PLACED] = {"placed", TO(ORDER_CONFIRMED) |
								      TO(ORDER_EXPIRED) |
								      TO(ORDER_CANCELLED)},
				  [ORDER_CONFIRMED] = {"confirmed",
						       TO(ORDER_COMPLETED) | TO(ORDER_CANCELLED)},
				  [ORDER_COMPLETED] = {"completed", 0},
				  [ORDER_EXPIRED] = {"expired", 0},
				  [ORDER_CANCELLED] = {"cancelled", 0},
			  }},
	[ORDER_PAYMENT] =
		{"payment_status",
		 {
			 [PAYMENT_NONE] = {"none", TO(PAYMENT_AUTHORIZED) | TO(PAYMENT_PAID) |
							   TO(PAYMENT_FAILED)},
			 [PAYMENT_AUTHORIZED] = {"authorized", TO(PAYMENT_PAID) |
								       TO(PAYMENT_FAILED) |
								       TO(PAYMENT_VOIDED)},
			 [PAYMENT_PAID] = {"paid",
					   TO(PAYMENT_PARTIALLY_REFUNDED) | TO(PAYMENT_REFUNDED)},
			 [PAYMENT_FAILED] = {"failed", TO(PAYMENT_AUTHORIZED) | TO(PAYMENT_PAID) |
							       TO(PAYMENT_FAILED)},
			 [PAYMENT_VOIDED] = {"voided", 0},
			 [PAYMENT_PARTIALLY_REFUNDED] = {"partially_refunded",
							 TO(PAYMENT_PARTIALLY_REFUNDED) |
								 TO(PAYMENT_REFUNDED)},
			 [PAYMENT_REFUNDED] = {"refunded", 0},
		 }},
	[ORDER_FULFILLMENT] =
		{"fulfillment_status",
		 {
			 [FULFILLMENT_UNFULFILLED] = {"unfulfilled",
						      TO(FULFILLMENT_PARTIAL) |
							      TO(FULFILLMENT_SHIPPED)},
			 [FULFILLMENT_PARTIAL] = {"partial", TO(FULFILLMENT_PARTIAL) |
								     TO(FULFILLMENT_SHIPPED) |
								     TO(FULFILLMENT_DELIVERED) |
								     TO(FULFILLMENT_RETURNED)},
			 [FULFILLMENT_SHIPPED] = {"shipped", TO(FULFILLMENT_DELIVERED) |
								     TO(FULFILLMENT_RETURNED)},
			 [FULFILLMENT_DELIVERED] = {"delivered", TO(FULFILLMENT_RETURNED)},
			 [FULFILLMENT_RETURNED] = {"returned", 0},
		 }},
};

const char *order_field_name(enum order_field field)
{
	return fields[field].name;
}

const char *order_state_name(enum order_field field, unsigned state)
{
	assert(state < STATES_MAX && fields[field].states[state].name);
	return fields[field].states[state].name;
}

bool order_state_find(enum order_field field, struct span name, unsigned *state)
{
	for (unsigned i = 0; i < STATES_MAX && fields[field].states[i].name; i++) {
		if (span_equals(name, fields[field].states[i].name)) {
			*state = i;
			return true;
		}
	}
	return false;
}

bool order_state_may_change(enum order_field field, unsigned from, unsigned to)
{
	return (fields[field].states[from].next & TO(to)) != 0;
}

void order_state_write_refusal(enum order_field field, unsigned current, struct buf *out)
{
	const char *before = "";

	buf_add_format(out, "\"field\":\"%s\",\"current\":\"%s\",\"allowed\":[",
		       order_field_name(field), order_state_name(field, current));
	for (unsigned to = 0; to < STATES_MAX; to++) {
		if (!order_state_may_change(field, current, to))
			continue;
		buf_add_format(out, "%s\"%s\"", before, order_state_name(field, to));
		before = ",";
	}
	buf_add_char(out, ']');
}
