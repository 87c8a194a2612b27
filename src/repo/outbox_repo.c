#include "repo/outbox_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/outbox_item.h"
#include "repo/repo_write.h"

enum {
	ITEM_MAX = 512 * 1024, /* as JSON */
	CONDITION_SIZE = 128,
	DEAD_SECONDS = 90 * 24 * 60 * 60,
	TRACE_SECONDS = 30 * 24 * 60 * 60,
};

struct run {
	struct repo *repo;
	struct await *await;
	char pk[OUTBOX_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char id[ID_SIZE];
	void (*on_over)(struct dynamodb_call *call);
	struct dynamodb_call call;
};

static const char letters[] = "DLQ";
static const char traces[] = "RETRIED";

static void on_written(struct dynamodb_call *call);

static struct run *begin(struct repo *repo, uint32_t shard, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return NULL;
	run->repo = repo;
	run->await = await;
	run->on_over = on_written;
	snprintf(run->pk, sizeof(run->pk), "OUT#%" PRIu32, shard);
	repo_key_names(repo, run->names);
	return run;
}

static void finish(struct run *run, enum result result)
{
	dynamodb_call_clear(&run->call);
	await_finish(run->await, result);
}

static void on_written(struct dynamodb_call *call)
{
	finish(call->context, call->result);
}

static void start(struct run *run, const struct dynamodb_write *writes, size_t count, bool is_ok)
{
	enum result result = RESULT_NO_MEMORY;

	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){
		.await = run->await,
		.done = run->on_over,
		.context = run,
	};
	if (is_ok)
		result = repo_write(run->repo, &run->call, writes, count);
	if (result != RESULT_OK)
		finish(run, result);
}

/* ------------------------------------------------------------------ gone */

/* Without conditions: it has been published, whoever else says what of it. */
void outbox_repo_delete(struct repo *repo, uint32_t shard, const struct outbox_stored *const *items,
			size_t count, struct await *await)
{
	struct dynamodb_write writes[DYNAMODB_BATCH_WRITE_MAX];
	struct run *run = begin(repo, shard, await);

	if (!run)
		return;
	for (size_t i = 0; i < count; i++)
		writes[i] = (struct dynamodb_write){
			.action = DYNAMODB_DELETE,
			.key = {run->pk, items[i]->id},
		};
	run->call.await = await;
	run->call.done = on_written;
	run->call.context = run;
	dynamodb_batch_write(&repo->db, &run->call, writes, count);
}

/* ------------------------------------------------------------------ what is left */

/* An event of a group, marked if it is sent and was not marked before. */
static void add_rest(const struct outbox_told *event, struct buf *out)
{
	bool is_marked = json_scan_member(event->text, "sent").data;

	buf_add_str(out, out->len > 1 ? "," : "");
	if (event->is_sent && !is_marked) {
		buf_add(out, event->text.data, event->text.len - 1);
		buf_add_str(out, ",\"sent\":true}");
	} else {
		buf_add(out, event->text.data, event->text.len);
	}
}

/* Appends the attribute `name`: a JSON array as text of the group's events that are not over. */
static void add_group(const struct outbox_page *page, const struct outbox_stored *item,
		      const char *name, struct buf *out)
{
	struct buf array = {0};

	buf_init(&array, ITEM_MAX);
	buf_add_char(&array, '[');
	for (size_t i = 0; i < item->count; i++) {
		if (!page->events[item->first + i].is_over)
			add_rest(&page->events[item->first + i], &array);
	}
	buf_add_char(&array, ']');
	if (buf_ok(&array))
		attribute_add_string(out, name, array.data, array.len);
	else
		out->failed = true;
	buf_clear(&array);
}

static void add_try(const struct outbox_stored *item, const struct outbox_note *note,
		    struct buf *update, struct buf *values)
{
	buf_add_str(update, "next_at = :n");
	attribute_add_integer(values, ":n", note->next_at_ms);
	if (!note->reason)
		return;
	buf_add_str(update, ", attempts = :a, reason = :r");
	attribute_add_integer(values, ":a", (int64_t)item->attempts + 1);
	attribute_add_string(values, ":r", note->reason, strlen(note->reason));
}

static void add_progress(const struct outbox_page *page, const struct outbox_stored *item,
			 struct buf *update, struct buf *values)
{
	bool is_sent = page->events[item->first].is_sent;

	if (!item->is_group && !is_sent)
		return;
	buf_add_str(update, item->is_group ? ", events = :e" : ", sent = :e");
	if (item->is_group)
		add_group(page, item, ":e", values);
	else
		buf_add_str(values, ",\":e\":{\"BOOL\":true}");
}

void outbox_repo_note(struct repo *repo, const struct outbox_page *page,
		      const struct outbox_stored *item, const struct outbox_note *note,
		      struct await *await)
{
	struct run *run = begin(repo, page->shard, await);
	struct buf update = {0};
	struct buf values = {0};

	if (!run)
		return;
	buf_init(&update, CONDITION_SIZE);
	buf_init(&values, ITEM_MAX);
	buf_add_str(&update, "SET ");
	buf_add_char(&values, '{');
	add_try(item, note, &update, &values);
	add_progress(page, item, &update, &values);
	attribute_add_integer(&values, ":old", (int64_t)item->attempts);
	buf_add_char(&values, '}');
	start(run,
	      &(struct dynamodb_write){
		      .action = DYNAMODB_UPDATE,
		      .key = {run->pk, item->id},
		      .update = buf_text(&update),
		      .condition = "attempts = :old",
		      .values = buf_text(&values),
	      },
	      1, buf_ok(&update) && buf_ok(&values));
	buf_clear(&update);
	buf_clear(&values);
}

/* ------------------------------------------------------------------ dead letters */

static bool is_dropped(const struct repo *repo, struct span name)
{
	static const char *const dropped[] = {"sk",      "wt",     "attempts", "next_at", "reason",
					      "dead_at", "events", "shard",    "ttl"};

	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		if (span_equals(name, dropped[i]))
			return true;
	}
	return span_equals(name, repo->db.partition_key);
}

/* What an item has that stays the same wherever it is. */
static bool add_lasting(const struct repo *repo, struct span text, struct buf *out)
{
	struct item item;

	if (!item_view(&item, text))
		return false;
	for (size_t i = 0; i < item.count; i++) {
		if (is_dropped(repo, item.attribute[i].name))
			continue;
		buf_add_str(out, out->len > 0 ? ",\"" : "\"");
		buf_add(out, item.attribute[i].name.data, item.attribute[i].name.len);
		buf_add_str(out, "\":");
		buf_add(out, item.attribute[i].value.data, item.attribute[i].value.len);
	}
	return true;
}

static bool write_letter(struct run *run, const struct outbox_page *page,
			 const struct outbox_stored *item, const char *reason, struct buf *out)
{
	char now[CLOCK_RFC3339_SIZE];
	int64_t now_ms = clock_wall_ms(run->repo->clock);

	clock_format_rfc3339(now_ms, now);
	buf_init(out, ITEM_MAX);
	if (!add_lasting(run->repo, item->text, out))
		return false;
	if (item->is_group)
		add_group(page, item, "events", out);
	attribute_add_integer(out, "attempts", (int64_t)item->attempts + 1);
	attribute_add_integer(out, "shard", page->shard);
	attribute_add_string(out, "reason", reason, strlen(reason));
	attribute_add_string(out, "dead_at", now, strlen(now));
	attribute_add_integer(out, "ttl", now_ms / 1000 + DEAD_SECONDS);
	return buf_ok(out);
}

/*
 * From one partition to another, on the condition that it is where it was. `trace`: the members of
 * an item that tells of it afterwards, or NULL.
 */
static void move(struct run *run, struct dynamodb_key from, const char *to, struct buf *members,
		 const struct buf *trace)
{
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT, .key = {to, from.sk}, .item = buf_text(members)},
		{.action = DYNAMODB_DELETE,
		 .key = from,
		 .condition = "attribute_exists(#p)",
		 .names = run->names},
		{.action = DYNAMODB_PUT,
		 .key = {traces, from.sk},
		 .item = trace ? buf_text(trace) : NULL},
	};

	start(run, writes, trace ? 3 : 2, buf_ok(members) && (!trace || buf_ok(trace)));
	buf_clear(members);
}

void outbox_repo_bury(struct repo *repo, const struct outbox_page *page,
		      const struct outbox_stored *item, const char *reason, struct await *await)
{
	struct run *run = begin(repo, page->shard, await);
	struct buf members = {0};

	if (!run)
		return;
	if (!write_letter(run, page, item, reason, &members))
		members.failed = true;
	move(run, (struct dynamodb_key){run->pk, item->id}, letters, &members, NULL);
}

/* ------------------------------------------------------------------ back to life */

static bool write_revived(struct run *run, struct buf *out)
{
	struct span text = run->call.item;
	struct span events;
	struct item item;
	uint64_t shard;

	buf_init(out, ITEM_MAX);
	if (!item_view(&item, text) || !item_u64(&item, "shard", &shard) || shard > UINT32_MAX ||
	    !add_lasting(run->repo, text, out))
		return false;
	snprintf(run->pk, sizeof(run->pk), "OUT#%" PRIu32, (uint32_t)shard);
	events = item_get(&item, "events");
	if (events.data) {
		buf_add_str(out, out->len > 0 ? ",\"events\":" : "\"events\":");
		buf_add(out, events.data, events.len);
	}
	attribute_add_number(out, "attempts", "0");
	return true;
}

static void write_trace(const struct run *run, struct buf *out)
{
	char now[CLOCK_RFC3339_SIZE];
	int64_t now_ms = clock_wall_ms(run->repo->clock);

	clock_format_rfc3339(now_ms, now);
	buf_init(out, CONDITION_SIZE);
	attribute_add_text(out, "retried_at", now);
	attribute_add_integer(out, "ttl", now_ms / 1000 + TRACE_SECONDS);
}

static void read_item(struct run *run, const char *pk, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){
		.await = run->await,
		.done = done,
		.context = run,
	};
	dynamodb_get(&run->repo->db, &run->call, (struct dynamodb_key){pk, run->id}, true);
}

/* It is not where it was: because somebody has brought it back, perhaps we ourselves? */
static void look_for_trace(struct run *run)
{
	read_item(run, traces, on_written);
}

static void on_revived(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result == RESULT_CONFLICT)
		look_for_trace(run);
	else
		finish(run, call->result);
}

static void on_letter_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct buf members = {0};
	struct buf trace = {0};

	if (call->result == RESULT_NOT_FOUND) {
		look_for_trace(run);
		return;
	}
	if (call->result != RESULT_OK) {
		finish(run, call->result);
		return;
	}
	if (write_revived(run, &members)) {
		write_trace(run, &trace);
		run->on_over = on_revived;
		move(run, (struct dynamodb_key){letters, run->id}, run->pk, &members, &trace);
		buf_clear(&trace);
		return;
	}
	buf_clear(&members);
	finish(run, RESULT_GARBLED);
}

void outbox_repo_revive(struct repo *repo, const char *id, struct await *await)
{
	struct run *run = begin(repo, 0, await);

	if (!run)
		return;
	if (!id_is_valid(id)) {
		finish(run, RESULT_NOT_FOUND);
		return;
	}
	memcpy(run->id, id, ID_SIZE);
	read_item(run, letters, on_letter_read);
}
