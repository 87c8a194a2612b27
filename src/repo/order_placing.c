#include "repo/order_placing.h"

#include <stdio.h>
#include <string.h>

#include "repo/cart_item.h"
#include "repo/checkout_repo.h"
#include "repo/order_draft.h"
#include "repo/order_read.h"
#include "repo/outbox_item.h"
#include "repo/repo_write.h"

enum { VALUES_MAX = 1024, EVENT_MAX = 64 * 1024, EVENTS_MAX = 2 };

struct run {
	struct repo *repo;
	struct await *await;
	struct order_placing what;
	struct order_placed *out;
	struct stored_checkout *stored;
	struct order_read read;
	struct dynamodb_call call;
	unsigned tries;
	bool spares_cart; /* it is not there any more, or not open */
	int64_t now_ms;
	char now[CLOCK_RFC3339_SIZE];
	char entry_key[ORDER_SORT_SIZE];

	/* texts of the writes */
	struct buf head;
	struct buf snapshot;
	struct buf entry;
	struct buf checkout_values;
	struct buf cart_values;
	size_t event_count;
	char event_ids[EVENTS_MAX][ID_SIZE];
	struct buf events[EVENTS_MAX];
};

static void clear_texts(struct run *run)
{
	buf_clear(&run->head);
	buf_clear(&run->snapshot);
	buf_clear(&run->entry);
	buf_clear(&run->checkout_values);
	buf_clear(&run->cart_values);
	for (size_t i = 0; i < EVENTS_MAX; i++)
		buf_clear(&run->events[i]);
}

static bool are_texts_ok(const struct run *run)
{
	return buf_ok(&run->head) && buf_ok(&run->snapshot) && buf_ok(&run->entry) &&
	       buf_ok(&run->checkout_values) && buf_ok(&run->cart_values) &&
	       buf_ok(&run->events[0]) && buf_ok(&run->events[1]);
}

static void finish(struct run *run, enum result result)
{
	dynamodb_call_clear(&run->call);
	clear_texts(run);
	await_finish(run->await, result);
}

static void refuse(struct run *run, enum checkout_refusal refusal)
{
	run->out->refusal = refusal;
	finish(run, RESULT_INVALID);
}

static void start_read(struct run *run);

/* ------------------------------------------------------------------ the order that is there */

static void on_order(struct order_read *read, enum result result)
{
	struct run *run = read->context;

	run->out->is_new = false;
	if (result == RESULT_NOT_FOUND)
		refuse(run, CHECKOUT_NOT_FOUND);
	else
		finish(run, result);
}

/* A checkout is forgotten some days after it was used, its order is not. */
static void show_order(struct run *run)
{
	dynamodb_call_clear(&run->call);
	run->read = (struct order_read){
		.repo = run->repo,
		.await = run->await,
		.id = run->what.checkout_id,
		.out = &run->out->order,
		.done = on_order,
		.context = run,
	};
	order_read(&run->read);
}

/* ------------------------------------------------------------------ the new one */

static void fill_head(const struct run *run, struct order *head)
{
	const struct checkout *checkout = &run->stored->checkout;

	*head = (struct order){
		.email = checkout->email,
		.status = run->what.is_cash_on_delivery ? ORDER_CONFIRMED : ORDER_PLACED,
		.is_cash_on_delivery = run->what.is_cash_on_delivery,
		.total = checkout->total,
		.line_count = checkout->count,
		.version = 1,
	};
	memcpy(head->id, checkout->id, ID_SIZE);
	memcpy(head->user_id, checkout->user_id, ID_SIZE);
	snprintf(head->currency, sizeof(head->currency), "%.*s", (int)checkout->currency.len,
		 checkout->currency.data);
	memcpy(head->created_at, run->now, CLOCK_RFC3339_SIZE);
	memcpy(head->updated_at, run->now, CLOCK_RFC3339_SIZE);
}

static void write_snapshot(const struct stored_checkout *stored, struct buf *out)
{
	buf_init(out, ORDER_ITEM_MAX);
	buf_add_str(out, "\"lines\":");
	buf_add(out, stored->lines.data, stored->lines.len);
	buf_add_str(out, ",\"address\":");
	buf_add(out, stored->checkout.address.data, stored->checkout.address.len);
}

static void write_entry(struct run *run, const struct order *head)
{
	char id[ID_SIZE];

	id_make_ordered(run->now_ms, id);
	snprintf(run->entry_key, sizeof(run->entry_key), "H#%s", id);
	buf_init(&run->entry, VALUES_MAX);
	order_item_write_entry(
		&(struct order_entry){
			.time = span_of(run->now),
			.what = span_of("placed"),
			.to = span_of(order_state_name(ORDER_STATUS, head->status)),
			.by = span_of(await_by(run->await)),
		},
		&run->entry);
}

static void write_event(struct run *run, const struct order *head, enum event_type type)
{
	struct buf data = {0};
	struct buf *out = &run->events[run->event_count];

	/* So that they leave in this order. */
	id_make_ordered(run->now_ms + (int64_t)run->event_count, run->event_ids[run->event_count]);
	run->event_count++;
	buf_init(&data, EVENT_MAX);
	order_draft_describe(head, NULL, &data);
	buf_init(out, 2 * EVENT_MAX);
	outbox_item_write(
		&(struct outbox_event){
			.type = type,
			.subject_kind = "order",
			.subject_id = head->id,
			.data = buf_text(&data),
			.wall_ms = run->now_ms,
			.order_id = head->id,
			.user_id = head->user_id[0] ? head->user_id : NULL,
			.by = run->repo->writer[0] ? run->repo->writer : NULL,
		},
		out);
	if (!buf_ok(&data))
		out->failed = true;
	buf_clear(&data);
}

/* The caller sees what a reader would: the same items are read. */
static enum result show_new(struct run *run)
{
	struct buf items = {0};
	enum result result = RESULT_NO_MEMORY;

	buf_init(&items, 2 * ORDER_ITEM_MAX);
	buf_add_format(&items, "[{\"sk\":{\"S\":\"#\"},%s},{\"sk\":{\"S\":\"%s\"},%s},",
		       buf_text(&run->head), run->entry_key, buf_text(&run->entry));
	buf_add_str(&items, "{\"sk\":{\"S\":\"SNAP\"},");
	buf_add_str(&items, buf_text(&run->snapshot));
	buf_add_str(&items, "}]");
	if (buf_ok(&items))
		result =
			order_item_read((struct span){buf_text(&items), items.len},
					run->what.checkout_id, run->await->arena, &run->out->order);
	run->out->is_new = true;
	buf_clear(&items);
	return result;
}

/* ------------------------------------------------------------------ the write */

enum { CHECKOUT_WRITE, HEAD_WRITE, SNAPSHOT_WRITE, ENTRY_WRITE, CART_WRITE, EVENT_WRITES };

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;
	bool was_cart = !run->spares_cart && call->result == RESULT_CONFLICT &&
			call->reasons[CART_WRITE].is_condition;

	if (call->result != RESULT_CONFLICT) {
		finish(run, call->result);
	} else if (run->tries == ORDER_PLACING_TRIES) {
		finish(run, RESULT_THROTTLED);
	} else {
		run->spares_cart |= was_cart;
		start_read(run);
	}
}

static void write_checkout_values(struct run *run)
{
	struct buf *values = &run->checkout_values;

	buf_init(values, VALUES_MAX);
	buf_add_char(values, '{');
	attribute_add_text(values, ":held", "held");
	attribute_add_text(values, ":used", "used");
	attribute_add_text(values, ":now", run->now);
	attribute_add_integer(values, ":ttl", run->now_ms / 1000 + CHECKOUT_KEPT_SECONDS);
	attribute_add_integer(values, ":v", (int64_t)run->stored->checkout.version);
	attribute_add_integer(values, ":one", 1);
	buf_add_char(values, '}');
}

static void write_cart_values(struct run *run)
{
	struct buf *values = &run->cart_values;

	buf_init(values, VALUES_MAX);
	buf_add_char(values, '{');
	attribute_add_text(values, ":open", "open");
	attribute_add_text(values, ":ordered", "ordered");
	attribute_add_text(values, ":id", run->what.checkout_id);
	attribute_add_text(values, ":time", run->now);
	attribute_add_integer(values, ":one", 1);
	buf_add_char(values, '}');
}

/* Another checkout of the same cart would have set another id there. */
static struct dynamodb_write cart_write(const struct run *run, const char *pk)
{
	return (struct dynamodb_write){
		.action = DYNAMODB_UPDATE,
		.key = {pk, "#"},
		.update = "SET #s = :ordered, updated_at = :time ADD version :one",
		.condition = "#s = :open AND checkout_id = :id",
		.names = "{\"#s\":\"status\"}",
		.values = buf_text(&run->cart_values),
	};
}

static size_t add_events(const struct run *run, const char *outbox, struct dynamodb_write *writes)
{
	for (size_t i = 0; i < run->event_count; i++)
		writes[i] = (struct dynamodb_write){
			.action = DYNAMODB_PUT,
			.key = {outbox, run->event_ids[i]},
			.item = buf_text(&run->events[i]),
		};
	return run->event_count;
}

static enum result start_write(struct run *run)
{
	char order[ORDER_KEY_SIZE];
	char checkout[CHECKOUT_KEY_SIZE];
	char cart[CART_KEY_SIZE];
	char outbox[OUTBOX_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	size_t count = CART_WRITE;
	struct dynamodb_write writes[EVENT_WRITES + EVENTS_MAX] = {
		[CHECKOUT_WRITE] = {.action = DYNAMODB_UPDATE,
				    .key = {checkout, "#"},
				    .update = "SET #s = :used, updated_at = :now, #t = :ttl "
					      "REMOVE g2p, g2s ADD version :one",
				    .condition = "#s = :held AND version = :v AND "
						 "expires_at > :now",
				    .names = "{\"#s\":\"status\",\"#t\":\"ttl\"}",
				    .values = buf_text(&run->checkout_values)},
		[HEAD_WRITE] = {.action = DYNAMODB_PUT,
				.key = {order, "#"},
				.item = buf_text(&run->head),
				.condition = "attribute_not_exists(#p)",
				.names = names},
		[SNAPSHOT_WRITE] = {.action = DYNAMODB_PUT,
				    .key = {order, "SNAP"},
				    .item = buf_text(&run->snapshot)},
		[ENTRY_WRITE] = {.action = DYNAMODB_PUT,
				 .key = {order, run->entry_key},
				 .item = buf_text(&run->entry)},
	};

	order_item_key(run->what.checkout_id, order);
	checkout_item_key(run->what.checkout_id, checkout);
	cart_item_key("C#", run->stored->checkout.cart_id, cart);
	outbox_item_key(run->what.checkout_id, run->repo->write_shards, outbox);
	repo_key_names(run->repo, names);
	if (!run->spares_cart)
		writes[count++] = cart_write(run, cart);
	count += add_events(run, outbox, writes + count);
	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){
		.await = run->await,
		.done = on_written,
		.context = run,
	};
	return repo_write(run->repo, &run->call, writes, count);
}

static void write_all(struct run *run)
{
	struct order head;
	enum result result = RESULT_NO_MEMORY;

	run->tries++;
	clear_texts(run);
	run->event_count = 0;
	fill_head(run, &head);
	buf_init(&run->head, ORDER_ITEM_MAX);
	order_item_write_head(&head, run->repo->write_shards, &run->head);
	write_snapshot(run->stored, &run->snapshot);
	write_entry(run, &head);
	write_event(run, &head, EVENT_ORDER_PLACED);
	if (run->what.is_cash_on_delivery)
		write_event(run, &head, EVENT_ORDER_CONFIRMED);
	write_checkout_values(run);
	write_cart_values(run);
	if (are_texts_ok(run))
		result = show_new(run);
	if (result == RESULT_OK)
		result = start_write(run);
	if (result != RESULT_OK)
		finish(run, result);
}

/* ------------------------------------------------------------------ the checkout */

/* Not ended by us: by an order, by somebody else, or it has been extended meanwhile. */
static void on_ended(void *context, enum result result)
{
	struct run *run = context;

	if (result == RESULT_OK)
		refuse(run, CHECKOUT_ENDED);
	else if (result != RESULT_INVALID)
		finish(run, result);
	else if (run->tries == ORDER_PLACING_TRIES)
		finish(run, RESULT_THROTTLED);
	else
		start_read(run);
}

/*
 * That its time is over is not enough to say so: whoever asked in time may have their write still
 * under way, and it may come late. Both take the checkout from "held" to something else, so once it
 * is ended there will be no order.
 */
static void end_checkout(struct run *run)
{
	struct checkout_answer *out = arena_alloc(run->await->arena, sizeof(*out));

	run->tries++;
	run->out->refusal = CHECKOUT_ENDED; /* what a kept answer says */
	dynamodb_call_clear(&run->call);
	if (!out) {
		finish(run, RESULT_NO_MEMORY);
		return;
	}
	checkout_repo_expire_within(run->repo,
				    &(struct checkout_expiry){
					    .id = run->what.checkout_id,
					    .out = out,
					    .done = on_ended,
					    .context = run,
				    },
				    run->await);
}

static void judge(struct run *run)
{
	enum checkout_refusal refusal;

	run->now_ms = clock_wall_ms(run->repo->clock);
	clock_format_rfc3339(run->now_ms, run->now);
	run->out->refusal = CHECKOUT_FINE;
	refusal = checkout_judge(&run->stored->checkout, run->now);
	if (refusal == CHECKOUT_IS_USED)
		show_order(run);
	else if (checkout_is_over(&run->stored->checkout, run->now))
		end_checkout(run);
	else if (refusal != CHECKOUT_FINE)
		refuse(run, refusal);
	else
		write_all(run);
}

static void on_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = checkout_item_read(call->item, run->what.checkout_id,
					    cart_item_now(run->repo), run->await->arena,
					    run->stored);
	if (result == RESULT_OK)
		judge(run);
	else if (result == RESULT_NOT_FOUND)
		show_order(run);
	else
		finish(run, result);
}

static void start_read(struct run *run)
{
	char pk[CHECKOUT_KEY_SIZE];

	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){.await = run->await, .done = on_read, .context = run};
	checkout_item_key(run->what.checkout_id, pk);
	dynamodb_get(&run->repo->db, &run->call, (struct dynamodb_key){pk, "#"}, true);
}

void order_placing_run(struct repo *repo, const struct order_placing *placing,
		       struct order_placed *out, struct await *await)
{
	struct run *run = arena_alloc(await->arena, sizeof(*run));
	struct stored_checkout *stored = arena_alloc(await->arena, sizeof(*stored));

	await_start(await);
	if (!run || !stored) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	run->repo = repo;
	run->await = await;
	run->what = *placing;
	run->out = out;
	run->stored = stored;
	if (id_is_valid(placing->checkout_id))
		start_read(run);
	else
		refuse(run, CHECKOUT_NOT_FOUND);
}
