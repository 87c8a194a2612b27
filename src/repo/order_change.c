#include "repo/order_change.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "domain/money.h"
#include "repo/order_read.h"
#include "repo/outbox_item.h"
#include "repo/repo_write.h"

enum {
	VALUES_MAX = 16 * 1024, /* a note may be mostly escapes */
	NAMES_SIZE = 64,
	EVENT_MAX = 64 * 1024,
};

struct run {
	struct repo *repo;
	struct await *await;
	struct order_change what;
	struct stored_order *out;
	struct order_read read;
	struct stored_order order; /* as it was read, then as it will be */
	struct order before;
	struct order_draft draft;
	struct dynamodb_call call;
	unsigned tries;
	uint64_t misfit_version; /* that the order had when stocks did not fit it; 0: never */
	size_t stock_at;         /* index of the first stock among the writes */
	char entry_key[ORDER_SORT_SIZE];
	struct buf entry;
	char event_ids[ORDER_EVENTS_MAX][ID_SIZE];
	struct buf events[ORDER_EVENTS_MAX];
};

static void clear_texts(struct run *run)
{
	buf_clear(&run->entry);
	for (size_t i = 0; i < ORDER_EVENTS_MAX; i++)
		buf_clear(&run->events[i]);
}

static void finish(struct run *run, enum result result)
{
	if (run->draft.moves)
		stock_moves_clear(run->draft.moves);
	dynamodb_call_clear(&run->call);
	clear_texts(run);
	await_finish(run->await, result);
}

static void start_read(struct run *run);
static void decide_stock(struct run *run);

/* ------------------------------------------------------------------ after the write */

static bool has_failed(const struct run *run, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		if (run->call.reasons[i].is_condition)
			return true;
	}
	return false;
}

/* The head's write is the first. If it is as it was read, it was the stocks, or the draft's own. */
static void take_conflict(struct run *run)
{
	enum result result = RESULT_OK;

	if (has_failed(run, 0, 1)) {
		start_read(run);
		return;
	}
	if (has_failed(run, 1, run->stock_at - 1)) {
		finish(run, RESULT_EXISTS);
		return;
	}
	if (run->draft.moves)
		result = stock_moves_take(run->draft.moves, run->call.reasons + run->stock_at);
	if (result == RESULT_CONFLICT)
		decide_stock(run);
	else
		finish(run, RESULT_GARBLED);
}

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result != RESULT_CONFLICT)
		finish(run, call->result);
	else if (run->tries >= ORDER_CHANGE_TRIES)
		finish(run, RESULT_THROTTLED);
	else
		take_conflict(run);
}

/* ------------------------------------------------------------------ the writes */

static void write_values(const struct run *run, const struct order_index *index, struct buf *values)
{
	const struct order *head = &run->order.head;
	char paid[MONEY_SIZE];
	char refunded[MONEY_SIZE];

	order_item_amount(head, head->paid, paid);
	order_item_amount(head, head->refunded, refunded);
	buf_init(values, VALUES_MAX);
	buf_add_char(values, '{');
	attribute_add_text(values, ":s", order_state_name(ORDER_STATUS, head->status));
	attribute_add_text(values, ":p", order_state_name(ORDER_PAYMENT, head->payment_status));
	attribute_add_text(values, ":f",
			   order_state_name(ORDER_FULFILLMENT, head->fulfillment_status));
	attribute_add_number(values, ":paid", paid);
	attribute_add_number(values, ":refunded", refunded);
	attribute_add_text(values, ":time", head->updated_at);
	attribute_add_text(values, ":g2p", index->g2p);
	attribute_add_text(values, ":g2s", index->g2s);
	attribute_add_integer(values, ":v", (int64_t)run->before.version);
	attribute_add_integer(values, ":next", (int64_t)head->version);
	order_item_add_raw(values, ":note", head->note);
	if (head->is_rest_cancelled)
		buf_add_str(values, ",\":rest\":{\"BOOL\":true}");
	buf_add_char(values, '}');
}

#define STATES                                                                      \
	"SET #s = :s, payment_status = :p, fulfillment_status = :f, paid = :paid, " \
	"refunded = :refunded, updated_at = :time, g2p = :g2p, g2s = :g2s, version = :next"
#define REST ", rest_cancelled = :rest"

static void add_head(struct run *run, const char *pk, const struct buf *values,
		     struct dynamodb_write *write)
{
	static const char *const updates[2][2] = {
		/* without a note, with one */
		{STATES " REMOVE note", STATES ", note = :note"},
		{STATES REST " REMOVE note", STATES REST ", note = :note"},
	};
	const struct order *head = &run->order.head;

	*write = (struct dynamodb_write){
		.action = DYNAMODB_UPDATE,
		.key = {pk, "#"},
		.update = updates[head->is_rest_cancelled][head->note.data != NULL],
		.condition = "version = :v",
		.names = "{\"#s\":\"status\"}",
		.values = buf_text(values),
		.expected_version = run->before.version,
	};
}

/* A change that says nothing of `from` and `to` tells how the status changed. */
static bool add_entry(struct run *run, const char *pk, struct dynamodb_write *writes, size_t *count)
{
	struct order_entry entry = run->draft.entry;
	const struct order *head = &run->order.head;
	char id[ID_SIZE];

	if (!entry.what.data || run->order.history_count >= ORDER_HISTORY_MAX)
		return true;
	entry.time = run->draft.now;
	entry.by = span_of(run->what.by);
	if (!entry.from.data && !entry.to.data && head->status != run->before.status) {
		entry.from = span_of(order_state_name(ORDER_STATUS, run->before.status));
		entry.to = span_of(order_state_name(ORDER_STATUS, head->status));
	}
	run->order.history[run->order.history_count++] = entry;
	id_make_ordered(run->draft.wall_ms, id);
	snprintf(run->entry_key, sizeof(run->entry_key), "H#%s", id);
	buf_init(&run->entry, EVENT_MAX);
	order_item_write_entry(&entry, &run->entry);
	writes[(*count)++] = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {pk, run->entry_key},
		.item = buf_text(&run->entry),
	};
	return buf_ok(&run->entry);
}

static bool write_event(struct run *run, size_t index, struct buf *out)
{
	const struct order *head = &run->order.head;
	struct buf data = {0};
	bool is_ok;

	buf_init(&data, EVENT_MAX);
	order_draft_describe(head, run->draft.events[index].extra, &data);
	buf_init(out, 2 * EVENT_MAX);
	outbox_item_write(
		&(struct outbox_event){
			.type = run->draft.events[index].type,
			.subject_kind = "order",
			.subject_id = head->id,
			.data = buf_text(&data),
			.wall_ms = run->draft.wall_ms,
			.order_id = head->id,
			.user_id = head->user_id[0] ? head->user_id : NULL,
			.by = run->repo->writer[0] ? run->repo->writer : NULL,
		},
		out);
	is_ok = buf_ok(&data) && buf_ok(out);
	buf_clear(&data);
	return is_ok;
}

static bool add_events(struct run *run, const char *outbox, struct dynamodb_write *writes,
		       size_t *count)
{
	for (size_t i = 0; i < run->draft.event_count; i++) {
		/* So that they leave in this order. */
		id_make_ordered(run->draft.wall_ms + (int64_t)i, run->event_ids[i]);
		if (!write_event(run, i, &run->events[i]))
			return false;
		writes[(*count)++] = (struct dynamodb_write){
			.action = DYNAMODB_PUT,
			.key = {outbox, run->event_ids[i]},
			.item = buf_text(&run->events[i]),
		};
	}
	return true;
}

static enum result add_stocks(struct run *run, struct dynamodb_write *writes, size_t *count)
{
	size_t added = 0;
	enum result result = RESULT_OK;

	run->stock_at = *count;
	if (run->draft.moves)
		result = stock_moves_make(run->draft.moves, writes + *count,
					  REPO_USER_WRITES_MAX - *count, &added);
	*count += added;
	return result;
}

static void start_write(struct run *run, const char *pk, const struct buf *values)
{
	struct dynamodb_write writes[REPO_USER_WRITES_MAX];
	char outbox[OUTBOX_KEY_SIZE];
	enum result result = RESULT_NO_MEMORY;
	size_t history_count = run->order.history_count;
	size_t count = 1;

	outbox_item_key(run->before.id, run->repo->write_shards, outbox);
	add_head(run, pk, values, &writes[0]);
	if (add_entry(run, pk, writes, &count) && add_events(run, outbox, writes, &count)) {
		memcpy(writes + count, run->draft.writes, run->draft.write_count * sizeof(*writes));
		count += run->draft.write_count;
		result = add_stocks(run, writes, &count);
	}
	*run->out = run->order;
	run->order.history_count = history_count; /* if it is made again */
	run->call = (struct dynamodb_call){
		.await = run->await,
		.done = on_written,
		.context = run,
	};
	if (result == RESULT_OK)
		result = repo_write(run->repo, &run->call, writes, count);
	if (result != RESULT_OK)
		finish(run, result);
}

static void write_all(struct run *run)
{
	struct order *head = &run->order.head;
	struct order_index index;
	struct buf values = {0};
	char pk[ORDER_KEY_SIZE];

	run->tries++;
	dynamodb_call_clear(&run->call);
	clear_texts(run);
	head->version = run->before.version + 1;
	clock_format_rfc3339(run->draft.wall_ms, head->updated_at);
	order_item_key(head->id, pk);
	order_item_index(head, run->order.payments, run->order.payment_count,
			 run->repo->write_shards, &index);
	write_values(run, &index, &values);
	if (buf_ok(&values))
		start_write(run, pk, &values);
	else
		finish(run, RESULT_NO_MEMORY);
	buf_clear(&values);
}

/* ------------------------------------------------------------------ before it */

/* That an order's stock does not add up is nobody's fault who asks for it now. */
static enum result judge_stock(const struct stock_moves *moves, const char *order_id)
{
	char digest[ID_DIGEST_SIZE];

	for (size_t i = 0; i < moves->count; i++) {
		if (moves->lines[i].verdict == STOCK_TOO_MUCH)
			return RESULT_TOO_LARGE;
		if (moves->lines[i].verdict == STOCK_FINE)
			continue;
		log_event(LOG_ERROR, "less is reserved than an order has",
			  LOG_F_STR("id_digest", id_digest(order_id, digest)),
			  LOG_F_STR("product", moves->lines[i].product_id));
	}
	return RESULT_GARBLED;
}

/*
 * The stocks were read after the order. If they do not fit it, somebody else may have moved them
 * meanwhile, and the order with them: that is seen by reading it again.
 */
static void take_misfit(struct run *run)
{
	if (run->misfit_version == run->before.version) {
		finish(run, judge_stock(run->draft.moves, run->before.id));
		return;
	}
	run->misfit_version = run->before.version;
	if (run->tries++ < ORDER_CHANGE_TRIES)
		start_read(run);
	else
		finish(run, RESULT_THROTTLED);
}

static void decide_stock(struct run *run)
{
	struct stock_moves *moves = run->draft.moves;

	if (!moves || stock_moves_decide(moves))
		write_all(run);
	else
		take_misfit(run);
}

static void on_stock(struct stock_moves *moves, enum result result)
{
	struct run *run = moves->context;

	if (result == RESULT_OK)
		decide_stock(run);
	else
		finish(run, result);
}

static bool begin_draft(struct run *run)
{
	char now[CLOCK_RFC3339_SIZE];
	int64_t wall_ms = clock_wall_ms(run->repo->clock);
	const char *text;

	clock_format_rfc3339(wall_ms, now);
	text = arena_copy(run->await->arena, now, CLOCK_RFC3339_SIZE - 1);
	run->before = run->order.head;
	run->draft = (struct order_draft){
		.order = &run->order,
		.before = &run->before,
		.wall_ms = wall_ms,
		.now = {text, CLOCK_RFC3339_SIZE - 1},
		.arena = run->await->arena,
		.repo = run->repo,
		.await = run->await,
	};
	return text;
}

static bool is_expected(const struct run *run)
{
	uint64_t expected = run->what.expected_version;

	return expected == 0 || expected == run->before.version;
}

static void decide(struct run *run)
{
	enum order_decision decision;

	if (!begin_draft(run)) {
		finish(run, RESULT_NO_MEMORY);
		return;
	}
	*run->out = run->order;
	decision = run->what.decide(&run->draft, run->what.context);
	if (decision != ORDER_LEAVE && !is_expected(run))
		finish(run, RESULT_CONFLICT);
	else if (run->draft.failed != RESULT_OK)
		finish(run, run->draft.failed);
	else if (decision != ORDER_WRITE)
		finish(run, decision == ORDER_LEAVE ? RESULT_OK : RESULT_INVALID);
	else if (run->draft.moves)
		stock_moves_read(run->draft.moves, on_stock, run);
	else
		write_all(run);
}

static void on_read(struct order_read *read, enum result result)
{
	struct run *run = read->context;

	if (result == RESULT_OK)
		decide(run);
	else
		finish(run, result);
}

static void start_read(struct run *run)
{
	dynamodb_call_clear(&run->call);
	if (run->draft.moves)
		stock_moves_clear(run->draft.moves);
	run->draft.moves = NULL;
	run->read = (struct order_read){
		.repo = run->repo,
		.await = run->await,
		.id = run->what.order_id,
		.out = &run->order,
		.done = on_read,
		.context = run,
	};
	order_read(&run->read);
}

void order_change_run(struct repo *repo, const struct order_change *change,
		      struct stored_order *out, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return;
	run->repo = repo;
	run->await = await;
	run->what = *change;
	run->out = out;
	start_read(run);
}
