#include "repo/delivery_step.h"

#include <string.h>

#include "repo/order_view.h"

enum { EXTRA_MAX = 32 * 1024 };

void delivery_step_ship(struct order_draft *draft, const struct order_delivery *delivery)
{
	for (size_t i = 0; i < delivery->part_count; i++)
		order_draft_move(draft, delivery->parts[i].product_id, STOCK_SHIP,
				 delivery->parts[i].quantity);
}

void delivery_step_put(struct order_draft *draft, struct order_delivery *delivery)
{
	delivery->version++;
	delivery->updated_at = draft->now;
	order_draft_follow(draft);
	order_draft_put_delivery(draft, delivery);
}

void delivery_step_tell(struct order_draft *draft, enum event_type type,
			const struct order_delivery *delivery)
{
	struct buf text = {0};
	const char *extra = NULL;

	buf_init(&text, EXTRA_MAX);
	buf_add_str(&text, "\"delivery\":");
	order_view_write_delivery(delivery, &text);
	if (buf_ok(&text))
		extra = arena_copy(draft->arena, text.data, text.len);
	if (extra)
		order_draft_tell(draft, type, extra);
	else
		order_draft_fail(draft, RESULT_NO_MEMORY);
	buf_clear(&text);
}

struct order_delivery *delivery_repo_pick(const struct stored_order *order, const char *id)
{
	for (size_t i = 0; i < order->delivery_count; i++) {
		if (strcmp(order->deliveries[i].id, id) == 0)
			return &order->deliveries[i];
	}
	return NULL;
}

struct order_delivery *delivery_step_find(struct order_draft *draft,
					  const struct delivery_name *name,
					  struct delivery_outcome *out)
{
	struct order_delivery *found = delivery_repo_pick(draft->order, name->id);

	out->verdict = DELIVERY_UNKNOWN;
	if (!found)
		return NULL;
	out->before = *found;
	out->delivery = *found;
	out->verdict = DELIVERY_FINE;
	return found;
}
