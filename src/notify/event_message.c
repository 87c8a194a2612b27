#include "notify/event_message.h"

#include <stdio.h>
#include <string.h>

#include "domain/event.h"

enum { ATTRIBUTES_MAX = 5, MESSAGE_MAX = SNS_SIZE_MAX, TEXT_MAX = 160 };

/* ------------------------------------------------------------------ the JSON form */

static void add_span(struct buf *out, struct span text)
{
	buf_add(out, text.data, text.len);
}

static void write_body(const struct outbox_told *event, struct buf *out)
{
	buf_add_str(out, "{\"id\":\"");
	add_span(out, event->id);
	buf_add_format(out, "\",\"type\":\"%s\",\"time\":\"", event_name(event->type));
	add_span(out, event->time);
	buf_add_str(out, "\",\"subject\":\"");
	add_span(out, event->subject);
	buf_add_str(out, "\",\"data\":");
	add_span(out, event->data);
	buf_add_char(out, '}');
}

static const char *keep(struct arena *arena, struct buf *text)
{
	const char *kept = buf_ok(text) ? arena_copy(arena, text->data, text->len) : NULL;

	buf_clear(text);
	return kept;
}

struct making {
	struct arena *arena;
	struct sns_attribute *attributes;
	size_t count;
	bool has_failed;
};

static void add_attribute(struct making *making, const char *name, struct span value)
{
	const char *copy;

	if (!value.data || value.len == 0)
		return;
	copy = arena_copy(making->arena, value.data, value.len);
	making->has_failed |= !copy;
	making->attributes[making->count++] = (struct sns_attribute){name, copy};
}

static struct span subject_id(struct span subject)
{
	const char *slash = memchr(subject.data, '/', subject.len);

	if (!slash)
		return subject;
	slash++;
	return (struct span){slash, subject.len - (size_t)(slash - subject.data)};
}

bool event_message_make(const struct outbox_told *event, struct arena *arena,
			struct sns_message *out)
{
	struct making making = {
		.arena = arena,
		.attributes = arena_alloc(arena, ATTRIBUTES_MAX * sizeof(*making.attributes)),
	};
	struct span group = subject_id(event->subject);
	struct buf body = {0};

	if (!making.attributes)
		return false;
	buf_init(&body, MESSAGE_MAX);
	write_body(event, &body);
	add_attribute(&making, "event_type", span_of(event_name(event->type)));
	add_attribute(&making, "event_id", event->id);
	add_attribute(&making, "user_id", event->user_id);
	add_attribute(&making, "order_id", event->order_id);
	add_attribute(&making, "product_id", event->product_id);
	*out = (struct sns_message){
		.body = keep(arena, &body),
		.attributes = making.attributes,
		.attribute_count = making.count,
		.group = arena_copy(arena, group.data, group.len),
		.deduplication_id = arena_copy(arena, event->id.data, event->id.len),
	};
	return !making.has_failed && out->body && out->group && out->deduplication_id;
}

/* ------------------------------------------------------------------ for phones */

bool event_message_make_text(const struct outbox_told *event, struct arena *arena,
			     struct sns_message *out)
{
	struct buf text = {0};

	buf_init(&text, TEXT_MAX);
	buf_add_str(&text, event_text(event->type));
	if (event->order_id.data) {
		buf_add_str(&text, " (order ");
		add_span(&text, event->order_id);
		buf_add_char(&text, ')');
	}
	*out = (struct sns_message){.body = keep(arena, &text)};
	return out->body != NULL;
}

/* ------------------------------------------------------------------ documentation */

void event_message_describe(struct buf *out)
{
	for (int i = 0; i < EVENT_TYPES; i++) {
		enum event_type type = (enum event_type)i;
		const char *example = event_example(type);
		const char *subject = event_subject(type);
		/* The first member of each example is the id of what it is about. */
		struct span id = {strchr(example, ':') + 2, ID_LEN};
		char path[ID_SIZE + 16];
		struct outbox_told event = {
			.type = type,
			.id = span_of("0193658c-1a2b-7c3d-8e4f-5a6b7c8d9e0f"),
			.time = span_of("2024-11-26T09:15:00.123Z"),
			.data = span_of(example),
		};

		snprintf(path, sizeof(path), "%s/%.*s", subject, (int)id.len, id.data);
		event.subject = span_of(path);
		buf_add_format(out, "**`%s`**%s %s\n\n```json\n", event_name(type),
			       event_is_for_users(type) ? " (for users too):" : ":",
			       event_meaning(type));
		write_body(&event, out);
		buf_add_str(out, "\n```\n\n");
	}
}
