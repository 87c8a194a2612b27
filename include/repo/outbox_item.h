/*
 * Events on their way out: each is an item that is written by the very transaction that it tells
 * of, so that there is neither an event without its cause nor a cause without its event. Whoever
 * publishes it deletes it afterwards.
 *
 * OUT#<s> / UUIDv7, where <s> is a write shard. All events of one subject are in one shard, in the
 * order of their times; the sort key is the event's id. Attributes:
 *
 *	type         S  "stock.low" (event.h)
 *	subject      S  "product/<id>"
 *	time         S  RFC 3339, when it was written
 *	data         S  a JSON object as text: what a message about it says
 *	attempts     N  0: how often it could not be published
 *	product_id   S  the parts of the store that it is about, each only where there is one
 *	order_id     S
 *	user_id      S
 */
#ifndef SHOPD_REPO_OUTBOX_ITEM_H
#define SHOPD_REPO_OUTBOX_ITEM_H

#include <stdint.h>

#include "base/buf.h"
#include "domain/event.h"

enum { OUTBOX_KEY_SIZE = 16 /* "OUT#" and a shard */ };

struct outbox_event {
	enum event_type type;
	const char *subject_kind; /* "product": the resource's path without its first slash */
	const char *subject_id;
	const char *data;
	int64_t wall_ms;
	const char *product_id; /* NULL: none; so the others */
	const char *order_id;
	const char *user_id;
};

/* The partition that the events of a subject are in. */
void outbox_item_key(const char *subject_id, uint32_t write_shards,
		     char key[static OUTBOX_KEY_SIZE]);

/* Appends the members of the item but for its key. */
void outbox_item_write(const struct outbox_event *event, struct buf *out);

#endif
