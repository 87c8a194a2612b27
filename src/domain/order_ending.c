#include "domain/order_ending.h"

#include <string.h>

static bool is_begun(const struct order_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (lines[i].shipped > 0)
			return true;
	}
	return false;
}

int64_t order_reserved(const struct order_line *line)
{
	return line->quantity - line->shipped - line->cancelled;
}

static bool has_rest(const struct order_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (order_reserved(&lines[i]) > 0)
			return true;
	}
	return false;
}

bool order_cancel(struct order *order, const struct order_line *lines, size_t count,
		  enum order_field *obstacle)
{
	if (!order_state_may_change(ORDER_STATUS, order->status, ORDER_CANCELLED)) {
		*obstacle = ORDER_STATUS;
		return false;
	}
	if (!has_rest(lines, count)) {
		*obstacle = ORDER_FULFILLMENT;
		return false;
	}
	if (is_begun(lines, count)) {
		order->is_rest_cancelled = true;
		return true;
	}
	order->status = ORDER_CANCELLED;
	if (order->payment_status == PAYMENT_AUTHORIZED)
		order->payment_status = PAYMENT_VOIDED;
	return true;
}

void order_cancel_deliveries(struct order_delivery *deliveries, size_t count, struct span time)
{
	for (size_t i = 0; i < count; i++) {
		if (deliveries[i].status != DELIVERY_PENDING)
			continue;
		deliveries[i].status = DELIVERY_CANCELLED;
		deliveries[i].version++;
		if (time.data)
			deliveries[i].updated_at = time;
	}
}

size_t order_return_excess(struct order_line *lines, size_t count, const struct order_part *parts,
			   size_t part_count, struct order_excess *excess)
{
	size_t found = 0;

	for (size_t i = 0; i < part_count; i++) {
		const struct order_line *line = order_find_line(lines, count, parts[i].product_id);
		int64_t possible = line ? line->shipped - line->returned : 0;

		if (parts[i].quantity <= possible)
			continue;
		excess[found].requested = parts[i].quantity;
		excess[found].possible = possible;
		memcpy(excess[found].product_id, parts[i].product_id, ID_SIZE);
		found++;
	}
	return found;
}
