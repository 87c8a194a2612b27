#include "repo/outbox_view.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json_string.h"
#include "repo/partition_list.h"

enum { EVENTS_MAX = 512 * 1024 };

void outbox_view_find(struct repo *repo, const struct outbox_view_query *query,
		      struct list_page *out, struct await *await)
{
	partition_list_find(repo,
			    &(struct partition_list_query){
				    .index = PARTITION_TABLE,
				    .partition = query->is_dead ? "DLQ" : "OUT",
				    .is_sharded = !query->is_dead,
				    .is_consistent = true,
				    .limit = query->limit,
				    .cursor = query->cursor,
			    },
			    out, await);
}

static const char *const told[] = {"type", "subject", "time", "user_id"};

enum { TOLD_COUNT = sizeof(told) / sizeof(told[0]) };

/* ------------------------------------------------------------------ several in one item */

static void show_member(struct span event, const char *name, struct buf *out)
{
	struct span value = json_scan_member(event, name);

	if (!value.data)
		return;
	buf_add_format(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	buf_add(out, value.data, value.len);
}

static void show_event(struct span event, struct buf *out)
{
	buf_add_char(out, '{');
	if (!buf_ok(out))
		return;
	show_member(event, "id", out);
	for (size_t i = 0; i < TOLD_COUNT; i++)
		show_member(event, told[i], out);
	buf_add_char(out, '}');
}

/* They are kept as text. */
static void show_events(const struct item *item, struct buf *out)
{
	struct buf text = {0};
	struct json_walk walk;
	struct span array;
	size_t count = 0;

	buf_init(&text, EVENTS_MAX);
	json_string_decode(json_scan_member(item_get(item, "events"), "S"), &text);
	array = (struct span){buf_text(&text), text.len};
	if (!buf_ok(&text))
		out->failed = true;
	if (buf_ok(&text) && text.len > 0 && json_scan_check(array)) {
		buf_add_str(out, ",\"events\":[");
		json_walk_init(&walk, array);
		while (json_walk_next(&walk)) {
			buf_add_str(out, count++ > 0 ? "," : "");
			show_event(walk.value, out);
		}
		buf_add_char(out, ']');
	}
	buf_clear(&text);
}

/* ------------------------------------------------------------------ an item */

static void show_next_try(const struct item *item, struct buf *out)
{
	char time[CLOCK_RFC3339_SIZE];
	int64_t next_ms;

	if (!item_i64(item, "next_at", &next_ms) || next_ms <= 0)
		return;
	clock_format_rfc3339(next_ms, time);
	buf_add_format(out, ",\"next_try_at\":\"%s\"", time);
}

static void show_age(struct span id, int64_t now_ms, struct buf *out)
{
	int64_t written_ms;

	if (!id_read_time(id, &written_ms))
		return;
	buf_add_format(out, ",\"age_seconds\":%lld",
		       now_ms > written_ms ? (long long)(now_ms - written_ms) / 1000 : 0LL);
}

void outbox_view_show(struct span entry, int64_t now_ms, struct buf *out)
{
	struct item item;

	(void)!item_view(&item, entry); /* an empty one when it is none */
	buf_add_char(out, '{');
	attribute_show(span_of("id"), item_get(&item, "sk"), out);
	for (size_t i = 0; i < TOLD_COUNT; i++)
		attribute_show(span_of(told[i]), item_get(&item, told[i]), out);
	if (item_get(&item, "events").data)
		show_events(&item, out);
	attribute_show(span_of("is_sent"), item_get(&item, "sent"), out);
	attribute_show(span_of("tries"), item_get(&item, "attempts"), out);
	attribute_show(span_of("last_error"), item_get(&item, "reason"), out);
	show_next_try(&item, out);
	attribute_show(span_of("dead_at"), item_get(&item, "dead_at"), out);
	show_age(item_raw_string(&item, "sk"), now_ms, out);
	buf_add_char(out, '}');
}
