#include "repo/delivery_tracking.h"

#include <string.h>

#include "repo/delivery_item.h"
#include "repo/delivery_step.h"

struct tracking {
	struct delivery_name name;
	const struct delivery_report *report;
	struct delivery_outcome *out;
};

static void apply(struct order_draft *draft, const struct tracking *tracking,
		  const struct tracking_effect *effect, struct order_delivery *delivery)
{
	const struct delivery_report *report = tracking->report;

	if (effect->is_newest) {
		delivery->tracking_status = span_of(tracking_status_names[report->status]);
		delivery->tracked_at = span_of(report->time);
	}
	if (effect->delivers)
		delivery->status = DELIVERY_DELIVERED;
	if (effect->is_told && effect->event == EVENT_DELIVERY_OUT_FOR_DELIVERY)
		delivery->was_out = true;
	if (effect->is_newest || effect->delivers)
		delivery_step_put(draft, delivery);
}

/* NULL when out of memory, or when there is none yet. */
static const char *copy_status(struct order_draft *draft, struct span status)
{
	const char *copy = NULL;

	if (status.data) {
		copy = arena_copy(draft->arena, status.data, status.len);
		if (!copy)
			order_draft_fail(draft, RESULT_NO_MEMORY);
	}
	return copy;
}

/*
 * A delivery's end may be the order's too, which the entry then tells by itself. It ends in our
 * hands as well: what it brings back may have been returned before the carrier says so.
 */
static void log_report(struct order_draft *draft, const struct tracking *tracking,
		       const struct tracking_effect *effect)
{
	const char *status = tracking_status_names[tracking->report->status];

	if (effect->delivers)
		order_draft_log(draft, "delivery.delivered", NULL, NULL);
	else if (draft->order->head.status != draft->before->status)
		order_draft_log(draft, "delivery.returned", NULL, NULL);
	else if (effect->is_newest)
		order_draft_log(draft, "tracking",
				copy_status(draft, tracking->out->before.tracking_status), status);
	else
		order_draft_log(draft, "tracking.late", NULL, status);
}

static enum order_decision decide(struct order_draft *draft, void *context)
{
	struct tracking *tracking = context;
	struct delivery_outcome *out = tracking->out;
	struct order_delivery *delivery = delivery_step_find(draft, &tracking->name, out);
	const struct tracking_report report = {tracking->report->status, tracking->report->time};
	struct tracking_effect effect;

	if (!delivery)
		return ORDER_REFUSE;
	out->verdict = delivery_judge_report(delivery, &report, &effect);
	if (out->verdict != DELIVERY_FINE)
		return ORDER_REFUSE;
	apply(draft, tracking, &effect, delivery);
	log_report(draft, tracking, &effect);
	delivery_item_put_seen(draft, delivery->id, tracking->report);
	if (effect.is_told)
		delivery_step_tell(draft, effect.event, delivery);
	order_draft_tell_end(draft);
	out->delivery = *delivery;
	return ORDER_WRITE;
}

void delivery_tracking_take(struct repo *repo, const struct delivery_name *name,
			    const struct delivery_report *report, struct delivery_outcome *out,
			    struct await *await)
{
	struct tracking *tracking = arena_alloc(await->arena, sizeof(*tracking));

	if (!tracking) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	tracking->name = *name;
	tracking->report = report;
	tracking->out = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = name->order_id,
				 .by = "carrier",
				 .decide = decide,
				 .context = tracking,
			 },
			 &out->order, await);
}
