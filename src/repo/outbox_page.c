#include "repo/outbox_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/json_string.h"
#include "repo/outbox_item.h"

enum {
	VALUES_SIZE = 256,
	TEXT_MAX = 512 * 1024, /* an item's JSON in its decoded form */
	GROUP_EVENTS_MAX = 512,
};

struct reading {
	struct repo *repo;
	struct await *await;
	struct outbox_page *out;
	size_t room; /* of out->events */
	struct dynamodb_call call;
};

/* ------------------------------------------------------------------ events */

/* A number of 64 bits for a subject (FNV-1a): to compare, not to keep. */
static uint64_t subject_key(struct span subject)
{
	uint64_t key = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < subject.len; i++)
		key = (key ^ (unsigned char)subject.data[i]) * UINT64_C(1099511628211);
	return key;
}

static bool is_plain(struct span text)
{
	return text.data && text.len > 0 && !memchr(text.data, '\\', text.len);
}

static uint64_t version_in(struct span data)
{
	uint64_t version = 0;

	(void)text_parse_u64(json_scan_member(data, "version"), &version);
	return version;
}

/* The rest of an event of which type and data are known. */
static bool take_event(struct outbox_told *event, struct span type)
{
	if (!is_plain(event->id) || !is_plain(event->subject) || !is_plain(event->time) ||
	    !event->data.data || event->data.data[0] != '{' || !event_find(type, &event->type))
		return false;
	event->version = version_in(event->data);
	event->key = subject_key(event->subject);
	return true;
}

static bool add_event(struct reading *reading, const struct outbox_told *event)
{
	struct outbox_page *out = reading->out;
	struct outbox_told *more;
	size_t room = reading->room ? 2 * reading->room : OUTBOX_PAGE_MAX;

	if (out->event_count == reading->room) {
		more = arena_alloc(reading->await->arena, room * sizeof(*more));
		if (!more)
			return false;
		if (out->event_count > 0)
			memcpy(more, out->events, out->event_count * sizeof(*more));
		out->events = more;
		reading->room = room;
	}
	out->events[out->event_count++] = *event;
	return true;
}

/* A string attribute that is JSON itself; absent when it is not. */
static struct span decode(struct reading *reading, const struct item *item, const char *name)
{
	struct buf text = {0};
	struct span decoded = {0};
	const char *copy;

	buf_init(&text, TEXT_MAX);
	json_string_decode(json_scan_member(item_get(item, name), "S"), &text);
	copy = buf_ok(&text) && text.len > 0
		       ? arena_copy(reading->await->arena, text.data, text.len)
		       : NULL;
	if (copy && json_scan_check((struct span){copy, text.len}))
		decoded = (struct span){copy, text.len};
	buf_clear(&text);
	return decoded;
}

/* ------------------------------------------------------------------ items */

static bool take_single(struct reading *reading, const struct item *item,
			struct outbox_stored *stored)
{
	struct outbox_told event = {
		.id = {stored->id, ID_LEN},
		.subject = item_raw_string(item, "subject"),
		.time = item_raw_string(item, "time"),
		.data = decode(reading, item, "data"),
		.user_id = item_raw_string(item, "user_id"),
		.order_id = item_raw_string(item, "order_id"),
		.product_id = item_raw_string(item, "product_id"),
		.is_sent = item_get(item, "sent").data != NULL,
	};

	return take_event(&event, item_raw_string(item, "type")) && add_event(reading, &event);
}

static struct span text_in(struct span object, const char *name)
{
	return json_scan_raw_string(json_scan_member(object, name));
}

static bool take_element(struct reading *reading, struct span text)
{
	struct outbox_told event = {
		.text = text,
		.id = text_in(text, "id"),
		.subject = text_in(text, "subject"),
		.time = text_in(text, "time"),
		.data = json_scan_member(text, "data"),
		.user_id = text_in(text, "user_id"),
		.order_id = text_in(text, "order_id"),
		.product_id = text_in(text, "product_id"),
		.is_sent = json_scan_is_true(json_scan_member(text, "sent")),
	};

	return take_event(&event, text_in(text, "type")) && add_event(reading, &event);
}

static bool take_group(struct reading *reading, const struct item *item,
		       struct outbox_stored *stored)
{
	struct json_walk walk;

	stored->is_group = true;
	json_walk_init(&walk, decode(reading, item, "events"));
	while (json_walk_next(&walk)) {
		if (reading->out->event_count - stored->first == GROUP_EVENTS_MAX ||
		    !take_element(reading, walk.value))
			return false;
	}
	return reading->out->event_count > stored->first;
}

static bool take_id(struct span id, struct outbox_stored *stored)
{
	if (!id_read_time(id, &stored->written_ms))
		return false;
	memcpy(stored->id, id.data, ID_LEN);
	stored->id[ID_LEN] = '\0';
	return true;
}

static bool take_item(struct reading *reading, struct span text)
{
	struct outbox_page *out = reading->out;
	struct outbox_stored stored = {.text = text, .first = out->event_count};
	struct item item;
	bool is_readable;

	if (!item_view(&item, text) || !take_id(item_raw_string(&item, "sk"), &stored))
		return false;
	stored.by = item_raw_string(&item, "by");
	(void)item_u64(&item, "attempts", &stored.attempts);
	(void)item_i64(&item, "next_at", &stored.next_at_ms);
	is_readable = item_get(&item, "events").data ? take_group(reading, &item, &stored)
						     : take_single(reading, &item, &stored);
	memcpy(out->last, stored.id, ID_SIZE);
	if (!is_readable) {
		out->event_count = stored.first;
		return false;
	}
	stored.count = out->event_count - stored.first;
	out->items[out->count++] = stored;
	return true;
}

/* ------------------------------------------------------------------ all of it */

/* Ids and items move while they are collected, so who points to them is told in the end. */
static void tie(struct outbox_page *out)
{
	for (size_t i = 0; i < out->count; i++) {
		struct outbox_stored *stored = &out->items[i];

		for (size_t e = 0; e < stored->count; e++) {
			out->events[stored->first + e].in = stored;
			if (!stored->is_group)
				out->events[stored->first].id = (struct span){stored->id, ID_LEN};
		}
	}
}

static enum result take_page(struct reading *reading, const struct dynamodb_call *call)
{
	struct outbox_page *out = reading->out;
	const char *copy = arena_copy(reading->await->arena, call->items.data, call->items.len);
	struct json_walk walk;

	out->items = arena_alloc(reading->await->arena, OUTBOX_PAGE_MAX * sizeof(*out->items));
	if (!copy || !out->items)
		return RESULT_NO_MEMORY;
	json_walk_init(&walk, (struct span){copy, call->items.len});
	while (json_walk_next(&walk) && out->count < OUTBOX_PAGE_MAX) {
		if (!take_item(reading, walk.value))
			out->unreadable++;
	}
	tie(out);
	out->has_more = call->last_key.data && out->last[0];
	return RESULT_OK;
}

static void on_read(struct dynamodb_call *call)
{
	struct reading *reading = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = take_page(reading, call);
	dynamodb_call_clear(call);
	await_finish(reading->await, result);
}

void outbox_page_read(struct repo *repo, uint32_t shard, const char *after, struct outbox_page *out,
		      struct await *await)
{
	struct reading *reading = await_begin(await, sizeof(*reading));
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	if (!reading)
		return;
	*out = (struct outbox_page){.shard = shard};
	*reading = (struct reading){.repo = repo, .await = await, .out = out};
	reading->call = (struct dynamodb_call){
		.await = await,
		.done = on_read,
		.context = reading,
	};
	repo_key_names(repo, names);
	snprintf(values, sizeof(values),
		 "{\":p\":{\"S\":\"OUT#%" PRIu32 "\"},\":after\":{\"S\":\"%s\"}}", shard,
		 after ? after : "!");
	dynamodb_query(&repo->db, &reading->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p AND sk > :after",
			       .names = names,
			       .values = values,
			       .limit = OUTBOX_PAGE_MAX,
			       .is_consistent = true,
		       });
}

bool outbox_event_is_before(const struct outbox_told *a, const struct outbox_told *b)
{
	if (a->key != b->key)
		return false;
	if (a->version != b->version && a->version != 0 && b->version != 0)
		return a->version < b->version;
	return a < b;
}
