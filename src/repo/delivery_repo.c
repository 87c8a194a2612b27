#include "repo/delivery_repo.h"

#include <string.h>

#include "repo/delivery_item.h"
#include "repo/delivery_step.h"

/* NULL when out of memory; the await is finished then. */
static void *make_run(size_t size, struct await *await)
{
	void *run = arena_alloc(await->arena, size);

	if (!run) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
	}
	return run;
}

/* A text as it is kept; stays absent for NULL. False when out of memory, likewise. */
static bool escape(const char *text, struct span *out, struct await *await)
{
	if (text)
		*out = order_item_escape(await->arena, text);
	if (!text || out->data)
		return true;
	await_start(await);
	await_finish(await, RESULT_NO_MEMORY);
	return false;
}

/* ------------------------------------------------------------------ finding */

struct search {
	struct await *await;
	struct dynamodb_call call;
	char *order_id;
};

static void on_found(struct dynamodb_call *call)
{
	struct search *search = call->context;
	enum result result = call->result;
	struct item item;
	struct span id = {0};

	if (result == RESULT_OK && item_view(&item, call->item))
		id = item_raw_string(&item, "order_id");
	if (result == RESULT_OK && !id_take(id, search->order_id))
		result = RESULT_GARBLED;
	dynamodb_call_clear(call);
	await_finish(search->await, result);
}

void delivery_repo_find_order(struct repo *repo, const char *id, char order_id[static ID_SIZE],
			      struct await *await)
{
	struct search *search = repo_begin(await, sizeof(*search), id, RESULT_NOT_FOUND);
	char key[DELIVERY_KEY_SIZE];

	if (!search)
		return;
	delivery_item_key(id, key);
	search->await = await;
	search->order_id = order_id;
	search->call = (struct dynamodb_call){
		.await = await,
		.done = on_found,
		.context = search,
	};
	dynamodb_get(&repo->db, &search->call, (struct dynamodb_key){key, "#"}, true);
}

/* ------------------------------------------------------------------ creating */

struct creation {
	const struct repo *repo;
	const struct delivery_body *body;
	struct delivery_outcome *out;
	char id[ID_SIZE]; /* the same whenever it is decided again */
	struct span carrier;
	struct span tracking_number;
};

static enum delivery_verdict judge_creation(const struct creation *creation,
					    const struct stored_order *order)
{
	if (order->head.status != ORDER_CONFIRMED)
		return DELIVERY_ORDER_STATE;
	if (order->delivery_count == ORDER_DELIVERIES_MAX)
		return DELIVERY_ONE_TOO_MANY;
	return delivery_plan_make(order->lines, order->line_count, creation->body->parts,
				  creation->body->part_count, &creation->out->plan);
}

static struct order_delivery *add_delivery(struct order_draft *draft, struct creation *creation)
{
	struct stored_order *order = draft->order;
	struct order_delivery *made = &order->deliveries[order->delivery_count];

	if (!creation->id[0])
		id_make_ordered(draft->wall_ms, creation->id);
	*made = (struct order_delivery){
		.number = order->delivery_count > 0 ? made[-1].number + 1 : 1,
		.status = creation->body->is_pending ? DELIVERY_PENDING : DELIVERY_SHIPPED,
		.carrier = creation->carrier,
		.tracking_number = creation->tracking_number,
		.parts = creation->out->plan.parts,
		.part_count = creation->out->plan.part_count,
		.created_at = draft->now,
	};
	memcpy(made->id, creation->id, ID_SIZE);
	order->delivery_count++;
	return made;
}

static void take_number(struct order_draft *draft, const struct repo *repo,
			const struct order_delivery *delivery)
{
	char key[DELIVERY_KEY_SIZE];

	if (delivery_item_tracking_key(repo, delivery, key))
		delivery_item_take_number(draft, key, delivery->id);
	else
		order_draft_fail(draft, RESULT_NO_MEMORY);
}

static enum order_decision create(struct order_draft *draft, void *context)
{
	struct creation *creation = context;
	struct delivery_outcome *out = creation->out;
	struct order_delivery *made;

	out->verdict = judge_creation(creation, draft->order);
	if (out->verdict != DELIVERY_FINE)
		return ORDER_REFUSE;
	made = add_delivery(draft, creation);
	delivery_step_put(draft, made);
	delivery_item_put_pointer(draft, made->id);
	take_number(draft, creation->repo, made);
	delivery_step_tell(draft, EVENT_DELIVERY_CREATED, made);
	order_draft_log(draft, "delivery.created", NULL, delivery_status_name(made->status));
	if (made->status == DELIVERY_SHIPPED) {
		delivery_step_ship(draft, made);
		delivery_step_tell(draft, EVENT_DELIVERY_SHIPPED, made);
	}
	out->delivery = *made;
	return ORDER_WRITE;
}

void delivery_repo_create(struct repo *repo, const char *order_id, const struct delivery_body *body,
			  struct delivery_outcome *out, struct await *await)
{
	struct creation *creation = make_run(sizeof(*creation), await);

	if (!creation || !escape(body->carrier, &creation->carrier, await) ||
	    !escape(body->tracking_number, &creation->tracking_number, await))
		return;
	creation->repo = repo;
	creation->body = body;
	creation->out = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = order_id,
				 .by = await_by(await),
				 .decide = create,
				 .context = creation,
			 },
			 &out->order, await);
}

/* ------------------------------------------------------------------ changing */

struct change {
	const struct repo *repo;
	struct delivery_name name;
	const struct delivery_patch *patch;
	struct delivery_outcome *out;
	struct span carrier;         /* absent: as it is */
	struct span tracking_number; /* likewise */
};

static bool is_other(struct span wanted, struct span now)
{
	return wanted.data && !span_same(wanted, now);
}

static bool has_new_texts(const struct change *change, const struct order_delivery *delivery)
{
	return is_other(change->carrier, delivery->carrier) ||
	       is_other(change->tracking_number, delivery->tracking_number);
}

static bool moves(const struct change *change, const struct order_delivery *delivery)
{
	return change->patch->has_status && change->patch->status != delivery->status;
}

/* What has ended is not changed any more. */
static enum delivery_verdict judge_change(const struct change *change,
					  const struct order_draft *draft,
					  const struct order_delivery *delivery)
{
	bool has_ended =
		delivery->status == DELIVERY_DELIVERED || delivery->status == DELIVERY_CANCELLED;

	if (has_ended && has_new_texts(change, delivery))
		return DELIVERY_STATE;
	if (!moves(change, delivery))
		return DELIVERY_FINE;
	if (!delivery_may_change(delivery->status, change->patch->status))
		return DELIVERY_STATE;
	if (change->patch->status == DELIVERY_SHIPPED && draft->before->status != ORDER_CONFIRMED)
		return DELIVERY_ORDER_STATE;
	return DELIVERY_FINE;
}

/* A delivery that is cancelled has no number any more. */
static void swap_number(struct order_draft *draft, const struct change *change,
			const struct order_delivery *before, const struct order_delivery *after)
{
	bool is_kept = after->status != DELIVERY_CANCELLED;
	char old_key[DELIVERY_KEY_SIZE];
	char new_key[DELIVERY_KEY_SIZE];

	if (!delivery_item_tracking_key(change->repo, before, old_key) ||
	    !delivery_item_tracking_key(change->repo, after, new_key)) {
		order_draft_fail(draft, RESULT_NO_MEMORY);
		return;
	}
	if (is_kept && strcmp(old_key, new_key) == 0)
		return;
	delivery_item_free_number(draft, old_key);
	if (is_kept)
		delivery_item_take_number(draft, new_key, after->id);
}

static void log_change(struct order_draft *draft, const struct order_delivery *before,
		       const struct order_delivery *after)
{
	static const char *const what[] = {
		[DELIVERY_PENDING] = "delivery.changed",
		[DELIVERY_SHIPPED] = "delivery.shipped",
		[DELIVERY_DELIVERED] = "delivery.delivered",
		[DELIVERY_CANCELLED] = "delivery.cancelled",
	};

	if (before->status == after->status)
		order_draft_log(draft, "delivery.changed", NULL, NULL);
	else
		order_draft_log(draft, what[after->status], delivery_status_name(before->status),
				delivery_status_name(after->status));
}

static void apply(struct order_draft *draft, const struct change *change,
		  struct order_delivery *delivery)
{
	const struct order_delivery before = *delivery;

	if (change->carrier.data)
		delivery->carrier = change->carrier;
	if (change->tracking_number.data)
		delivery->tracking_number = change->tracking_number;
	if (change->patch->has_status)
		delivery->status = change->patch->status;
	delivery_step_put(draft, delivery);
	swap_number(draft, change, &before, delivery);
	log_change(draft, &before, delivery);
	if (delivery->status == DELIVERY_SHIPPED && before.status != DELIVERY_SHIPPED) {
		delivery_step_ship(draft, delivery);
		delivery_step_tell(draft, EVENT_DELIVERY_SHIPPED, delivery);
	}
}

static bool is_expected(const struct change *change, const struct order_delivery *delivery)
{
	uint64_t expected = change->name.expected_version;

	return expected == 0 || expected == delivery->version;
}

static enum order_decision decide_change(struct order_draft *draft, void *context)
{
	struct change *change = context;
	struct delivery_outcome *out = change->out;
	struct order_delivery *delivery = delivery_step_find(draft, &change->name, out);

	if (!delivery)
		return ORDER_REFUSE;
	out->verdict = judge_change(change, draft, delivery);
	if (out->verdict == DELIVERY_FINE && !moves(change, delivery) &&
	    !has_new_texts(change, delivery))
		return ORDER_LEAVE;
	if (!is_expected(change, delivery))
		out->verdict = DELIVERY_OTHER_VERSION;
	if (out->verdict != DELIVERY_FINE)
		return ORDER_REFUSE;
	apply(draft, change, delivery);
	out->delivery = *delivery;
	return ORDER_WRITE;
}

void delivery_repo_change(struct repo *repo, const struct delivery_name *name,
			  const struct delivery_patch *patch, struct delivery_outcome *out,
			  struct await *await)
{
	struct change *change = make_run(sizeof(*change), await);

	if (!change || !escape(patch->carrier, &change->carrier, await) ||
	    !escape(patch->tracking_number, &change->tracking_number, await))
		return;
	change->repo = repo;
	change->name = *name;
	change->patch = patch;
	change->out = out;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = name->order_id,
				 .by = await_by(await),
				 .decide = decide_change,
				 .context = change,
			 },
			 &out->order, await);
}
