#include "repo/order_ending_repo.h"

#include <string.h>

#include "repo/delivery_item.h"
#include "repo/repo_write.h"

struct run {
	struct span reason; /* absent: none */
	const struct return_body *body;
	struct order_cancelled *cancelled;
	struct order_returned *returned;
};

/* NULL when out of memory; the await is finished then. */
static struct run *make_run(const char *reason, struct await *await)
{
	struct run *run = arena_alloc(await->arena, sizeof(*run));

	if (run && reason)
		run->reason = order_item_escape(await->arena, reason);
	if (run && (run->reason.data || !reason))
		return run;
	await_start(await);
	await_finish(await, RESULT_NO_MEMORY);
	return NULL;
}

/* ------------------------------------------------------------------ cancelling */

/* Beside head, history, event, a line's stock each, and one item for all levels that change. */
static bool has_room_for_numbers(const struct stored_order *order)
{
	size_t count = 4 + order->line_count;

	for (size_t i = 0; i < order->delivery_count; i++) {
		if (order->deliveries[i].status == DELIVERY_PENDING)
			count++;
	}
	return count <= REPO_USER_WRITES_MAX;
}

/* That pending deliveries are cancelled follows from the order; that others may have their numbers
 * does not. */
static void free_numbers(struct order_draft *draft)
{
	const struct stored_order *order = draft->order;
	char key[DELIVERY_KEY_SIZE];

	for (size_t i = 0; i < order->delivery_count; i++) {
		if (order->deliveries[i].status != DELIVERY_PENDING)
			continue;
		if (delivery_item_tracking_key(draft->repo, &order->deliveries[i], key))
			delivery_item_free_number(draft, key);
		else
			order_draft_fail(draft, RESULT_NO_MEMORY);
	}
}

static void release(struct order_draft *draft)
{
	const struct stored_order *order = draft->order;

	for (size_t i = 0; i < order->line_count; i++) {
		int64_t reserved = order_reserved(&order->lines[i]);

		if (reserved > 0)
			order_draft_move(draft, order->lines[i].product_id, STOCK_RELEASE,
					 reserved);
	}
}

static enum order_decision cancel(struct order_draft *draft, void *context)
{
	struct run *run = context;
	struct stored_order *order = draft->order;

	run->cancelled->is_too_large = false;
	if (!order_cancel(&order->head, order->lines, order->line_count, &run->cancelled->obstacle))
		return ORDER_REFUSE;
	run->cancelled->is_too_large = !has_room_for_numbers(order);
	if (run->cancelled->is_too_large)
		return ORDER_REFUSE;
	free_numbers(draft);
	release(draft);
	order_cancel_deliveries(order->deliveries, order->delivery_count, draft->now);
	order_draft_follow(draft);
	order_draft_log(draft, "cancelled", NULL, NULL);
	order_draft_give_reason(draft, run->reason);
	if (order->head.status == ORDER_CANCELLED)
		order_draft_tell(draft, EVENT_ORDER_CANCELLED, NULL);
	order_draft_tell_end(draft);
	return ORDER_WRITE;
}

void order_ending_repo_cancel(struct repo *repo, const char *order_id, const char *reason,
			      struct order_cancelled *out, struct await *await)
{
	struct run *run = make_run(reason, await);

	if (!run)
		return;
	run->cancelled = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = order_id,
				 .by = await_by(await),
				 .decide = cancel,
				 .context = run,
			 },
			 &out->order, await);
}

/* ------------------------------------------------------------------ returning */

static bool judge_return(struct order_draft *draft, struct run *run)
{
	struct stored_order *order = draft->order;
	struct order_returned *out = run->returned;

	out->has_room = order->return_count < ORDER_RETURNS_MAX;
	out->excess_count = order_return_excess(order->lines, order->line_count, run->body->parts,
						run->body->part_count, out->excess);
	return out->has_room && out->excess_count == 0;
}

static enum order_decision take_back(struct order_draft *draft, void *context)
{
	struct run *run = context;
	struct stored_order *order = draft->order;
	struct order_return *made;

	if (!judge_return(draft, run))
		return ORDER_REFUSE;
	made = &order->returns[order->return_count++];
	*made = (struct order_return){
		.reason = run->reason,
		.parts = run->body->parts,
		.part_count = run->body->part_count,
		.created_at = draft->now,
	};
	id_make_ordered(draft->wall_ms, made->id);
	order_draft_put_return(draft, made);
	order_draft_follow(draft);
	for (size_t i = 0; i < made->part_count; i++)
		order_draft_move(draft, made->parts[i].product_id, STOCK_GIVE_BACK,
				 made->parts[i].quantity);
	order_draft_log(draft, "returned", NULL, NULL);
	order_draft_give_reason(draft, run->reason);
	order_draft_tell_end(draft);
	return ORDER_WRITE;
}

void order_ending_repo_return(struct repo *repo, const char *order_id,
			      const struct return_body *body, struct order_returned *out,
			      struct await *await)
{
	struct run *run = make_run(body->reason, await);

	if (!run)
		return;
	run->body = body;
	run->returned = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = order_id,
				 .by = await_by(await),
				 .decide = take_back,
				 .context = run,
			 },
			 &out->order, await);
}
