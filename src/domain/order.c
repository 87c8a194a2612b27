#include "domain/order.h"

#include <string.h>

static const char *const delivery_statuses[] = {
	[DELIVERY_PENDING] = "pending",
	[DELIVERY_SHIPPED] = "shipped",
	[DELIVERY_DELIVERED] = "delivered",
	[DELIVERY_CANCELLED] = "cancelled",
};

const char *delivery_status_name(enum delivery_status status)
{
	return delivery_statuses[status];
}

bool delivery_status_find(struct span name, enum delivery_status *status)
{
	for (size_t i = 0; i < sizeof(delivery_statuses) / sizeof(delivery_statuses[0]); i++) {
		if (span_equals(name, delivery_statuses[i])) {
			*status = (enum delivery_status)i;
			return true;
		}
	}
	return false;
}

unsigned order_state_of(const struct order *order, enum order_field field)
{
	switch (field) {
	case ORDER_PAYMENT:
		return order->payment_status;
	case ORDER_FULFILLMENT:
		return order->fulfillment_status;
	case ORDER_STATUS:
	case ORDER_FIELDS:
		break;
	}
	return order->status;
}

struct order_line *order_find_line(struct order_line *lines, size_t count, const char *product_id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(lines[i].product_id, product_id) == 0)
			return &lines[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ counting */

static void count_part(struct order_line *line, enum delivery_status status, int64_t quantity)
{
	switch (status) {
	case DELIVERY_PENDING:
		line->planned += quantity;
		break;
	case DELIVERY_DELIVERED:
		line->delivered += quantity;
		line->shipped += quantity;
		break;
	case DELIVERY_SHIPPED:
		line->shipped += quantity;
		break;
	case DELIVERY_CANCELLED:
		break;
	}
}

static bool is_within(const struct order_part *part, const struct order_line *line)
{
	return line && part->quantity >= 1 && part->quantity <= line->quantity;
}

bool order_count_deliveries(struct order_line *lines, size_t count,
			    const struct order_delivery *deliveries, size_t delivery_count)
{
	for (size_t i = 0; i < delivery_count; i++) {
		for (size_t p = 0; p < deliveries[i].part_count; p++) {
			const struct order_part *part = &deliveries[i].parts[p];
			struct order_line *line = order_find_line(lines, count, part->product_id);

			if (!is_within(part, line))
				return false;
			count_part(line, deliveries[i].status, part->quantity);
			if (line->planned + line->shipped > line->quantity)
				return false;
		}
	}
	return true;
}

bool order_count_returns(struct order_line *lines, size_t count, const struct order_return *returns,
			 size_t return_count)
{
	for (size_t i = 0; i < return_count; i++) {
		for (size_t p = 0; p < returns[i].part_count; p++) {
			const struct order_part *part = &returns[i].parts[p];
			struct order_line *line = order_find_line(lines, count, part->product_id);

			if (!is_within(part, line))
				return false;
			line->returned += part->quantity;
			if (line->returned > line->shipped)
				return false;
		}
	}
	return true;
}

/* ------------------------------------------------------------------ what follows */

enum fulfillment_status order_fulfillment(const struct order_line *lines, size_t count)
{
	bool is_all_shipped = true;
	bool is_all_delivered = true;
	bool is_all_returned = true;
	bool is_begun = false;

	for (size_t i = 0; i < count; i++) {
		int64_t due = lines[i].quantity - lines[i].cancelled;

		is_begun |= lines[i].shipped > 0;
		is_all_shipped &= lines[i].shipped == due;
		is_all_delivered &= lines[i].delivered == due;
		is_all_returned &= lines[i].returned == due;
	}
	if (!is_begun)
		return FULFILLMENT_UNFULFILLED;
	if (is_all_returned)
		return FULFILLMENT_RETURNED;
	if (is_all_delivered)
		return FULFILLMENT_DELIVERED;
	return is_all_shipped ? FULFILLMENT_SHIPPED : FULFILLMENT_PARTIAL;
}

bool order_awaits_payment(const struct order *order)
{
	return order->status == ORDER_PLACED &&
	       (order->payment_status == PAYMENT_NONE || order->payment_status == PAYMENT_FAILED);
}

void order_waits_since(const struct order *order, const struct order_payment *payments,
		       size_t payment_count, char since[static CLOCK_RFC3339_SIZE])
{
	enum { LEN = CLOCK_RFC3339_SIZE - 1 };

	memcpy(since, order->created_at, CLOCK_RFC3339_SIZE);
	for (size_t i = 0; i < payment_count; i++) {
		struct span told = payments[i].updated_at;

		if (told.len == LEN && memcmp(told.data, since, LEN) > 0)
			memcpy(since, told.data, LEN);
	}
}
