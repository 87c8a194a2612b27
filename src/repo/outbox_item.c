#include "repo/outbox_item.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws/attribute.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

enum {
	SUBJECT_SIZE = ID_SIZE + 32,
	GROUP_ITEM_MAX = 256 * 1024, /* events of 90 products are a tenth of that */
};

void outbox_item_key(const char *subject_id, uint32_t write_shards,
		     char key[static OUTBOX_KEY_SIZE])
{
	snprintf(key, OUTBOX_KEY_SIZE, "OUT#%" PRIu32, id_hash(subject_id) & (write_shards - 1));
}

bool outbox_item_shard(const char *pk, uint32_t *shard)
{
	uint64_t number;

	if (strncmp(pk, "OUT#", 4) != 0 || !text_parse_u64(span_of(pk + 4), &number) ||
	    number > UINT32_MAX)
		return false;
	*shard = (uint32_t)number;
	return true;
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	if (text)
		attribute_add_string(out, name, text, strlen(text));
}

void outbox_item_write(const struct outbox_event *event, struct buf *out)
{
	char subject[SUBJECT_SIZE];
	char time[CLOCK_RFC3339_SIZE];

	snprintf(subject, sizeof(subject), "%s/%s", event->subject_kind, event->subject_id);
	clock_format_rfc3339(event->wall_ms, time);
	add_text(out, "type", event_name(event->type));
	add_text(out, "subject", subject);
	add_text(out, "time", time);
	add_text(out, "data", event->data);
	attribute_add_number(out, "attempts", "0");
	add_text(out, "by", event->by);
	add_text(out, "product_id", event->product_id);
	add_text(out, "order_id", event->order_id);
	add_text(out, "user_id", event->user_id);
}

/* ------------------------------------------------------------------ several in one item */

static void add_member(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	buf_add_format(out, ",\"%s\":", name);
	buf_add_json_string(out, text, strlen(text));
}

/* One element of the array. */
static void add_event(const struct outbox_event *event, struct buf *out)
{
	char id[ID_SIZE];
	char time[CLOCK_RFC3339_SIZE];

	id_make_ordered(event->wall_ms, id);
	clock_format_rfc3339(event->wall_ms, time);
	buf_add_format(out, "%s{\"id\":\"%s\",\"type\":\"%s\",\"subject\":\"%s/%s\"",
		       out->len > 1 ? "," : "", id, event_name(event->type), event->subject_kind,
		       event->subject_id);
	buf_add_format(out, ",\"time\":\"%s\",\"data\":", time);
	buf_add_str(out, event->data);
	add_member(out, "product_id", event->product_id);
	add_member(out, "order_id", event->order_id);
	add_member(out, "user_id", event->user_id);
	buf_add_char(out, '}');
}

static struct outbox_group_item *begin_item(struct outbox_group *group, const char *key,
					    int64_t wall_ms)
{
	struct outbox_group_item *item = &group->items[group->count++];

	snprintf(item->key, sizeof(item->key), "%s", key);
	id_make_ordered(wall_ms, item->id);
	buf_init(&item->members, GROUP_ITEM_MAX);
	return item;
}

static void add_alone(const struct outbox_event *event, const char *key, struct outbox_group *group)
{
	outbox_item_write(event, &begin_item(group, key, event->wall_ms)->members);
}

/* The members are the array's text until all events are in it. */
static void add_to_others(const struct outbox_event *event, const char *key, size_t room,
			  struct outbox_group *group)
{
	struct outbox_group_item *item = NULL;

	for (size_t i = 0; i < group->count; i++) {
		if (strcmp(group->items[i].key, key) == 0)
			item = &group->items[i];
	}
	if (!item && group->count == room)
		item = &group->items[room - 1];
	if (!item) {
		item = begin_item(group, key, event->wall_ms);
		buf_add_char(&item->members, '[');
	}
	add_event(event, &item->members);
}

static void finish_array(const char *by, struct buf *members)
{
	struct buf array = {0};

	buf_add_char(members, ']');
	buf_move(&array, members);
	attribute_add_string(members, "events", buf_text(&array), array.len);
	attribute_add_number(members, "attempts", "0");
	add_text(members, "by", by);
	if (!buf_ok(&array))
		members->failed = true;
	buf_clear(&array);
}

bool outbox_group_make(const struct outbox_event *events, size_t count, uint32_t write_shards,
		       size_t room, struct outbox_group *out)
{
	char key[OUTBOX_KEY_SIZE];
	bool is_ok = true;

	assert(room >= 1 && room <= OUTBOX_GROUP_MAX);
	for (size_t i = 0; i < count; i++) {
		outbox_item_key(events[i].subject_id, write_shards, key);
		if (count <= room)
			add_alone(&events[i], key, out);
		else
			add_to_others(&events[i], key, room, out);
	}
	for (size_t i = 0; i < out->count; i++) {
		if (count > room)
			finish_array(events[0].by, &out->items[i].members);
		is_ok &= buf_ok(&out->items[i].members);
	}
	return is_ok;
}

void outbox_group_clear(struct outbox_group *group)
{
	for (size_t i = 0; i < group->count; i++)
		buf_clear(&group->items[i].members);
	group->count = 0;
}

void outbox_group_write(const struct outbox_group *group, struct dynamodb_write *writes)
{
	for (size_t i = 0; i < group->count; i++) {
		writes[i] = (struct dynamodb_write){
			.action = DYNAMODB_PUT,
			.key = {group->items[i].key, group->items[i].id},
			.item = buf_text(&group->items[i].members),
		};
	}
}
