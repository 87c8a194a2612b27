#include "repo/outbox_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws/attribute.h"
#include "base/clock.h"
#include "base/id.h"

enum { SUBJECT_SIZE = ID_SIZE + 32 };

void outbox_item_key(const char *subject_id, uint32_t write_shards,
		     char key[static OUTBOX_KEY_SIZE])
{
	snprintf(key, OUTBOX_KEY_SIZE, "OUT#%" PRIu32, id_hash(subject_id) & (write_shards - 1));
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
	add_text(out, "product_id", event->product_id);
	add_text(out, "order_id", event->order_id);
	add_text(out, "user_id", event->user_id);
}
