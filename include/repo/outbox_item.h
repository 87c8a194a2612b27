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
 *	by           S  the worker that wrote it (struct repo), which is the first to publish it
 *	product_id   S  the parts of the store that it is about, each only where there is one
 *	order_id     S
 *	user_id      S
 *
 * A transaction has no room for 90 such items beside 90 stocks. When more events than fit are to
 * be written at once, those of a shard share an item, which has instead of all the above:
 *
 *	events       S  a JSON array as text, in their order: [{"id","type","subject","time","data",
 *	                "product_id"?,"order_id"?,"user_id"?}], `data` an object
 *	attempts     N  0
 *	by           S
 */
#ifndef SHOPD_REPO_OUTBOX_ITEM_H
#define SHOPD_REPO_OUTBOX_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/dynamodb.h"
#include "base/buf.h"
#include "base/id.h"
#include "domain/event.h"

enum {
	OUTBOX_KEY_SIZE = 16, /* "OUT#" and a shard */
	OUTBOX_GROUP_MAX = 6, /* items of one transaction for the events of its stocks */
};

struct outbox_event {
	enum event_type type;
	const char *subject_kind; /* "product": the resource's path without its first slash */
	const char *subject_id;
	const char *data;
	int64_t wall_ms;
	const char *product_id; /* NULL: none; so the others */
	const char *order_id;
	const char *user_id;
	const char *by; /* of the first one for all in an item */
};

/* The partition that the events of a subject are in. */
void outbox_item_key(const char *subject_id, uint32_t write_shards,
		     char key[static OUTBOX_KEY_SIZE]);

/* The shard that a partition is, or false: it has no events. */
bool outbox_item_shard(const char *pk, uint32_t *shard);

/* Appends the members of the item but for its key. */
void outbox_item_write(const struct outbox_event *event, struct buf *out);

/* Outbox items of one transaction, and the texts that they point to. Zeroed at birth. */
struct outbox_group {
	size_t count;
	struct outbox_group_item {
		char key[OUTBOX_KEY_SIZE];
		char id[ID_SIZE];
		struct buf members;
	} items[OUTBOX_GROUP_MAX];
};

/*
 * Puts events into at most `room` items (1 to OUTBOX_GROUP_MAX): each into its own if they fit,
 * else those of one shard together. Where there are more shards than room, the last item takes the
 * rest. False when out of memory. Either way it must be cleared.
 */
bool outbox_group_make(const struct outbox_event *events, size_t count, uint32_t write_shards,
		       size_t room, struct outbox_group *out);
void outbox_group_clear(struct outbox_group *group);

/* Fills in group->count writes, which borrow from the group. */
void outbox_group_write(const struct outbox_group *group, struct dynamodb_write *writes);

#endif
