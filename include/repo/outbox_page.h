/*
 * What is in the outbox, read for publishing: the items of one shard, the oldest first, and the
 * events in them. An item is usually one event; several share one only where a transaction had no
 * room (outbox_item.h). Either form is read here, so that nobody else needs to know of them.
 *
 * Order. The items come by the time in their ids, but that is the time of the process that wrote
 * them, and two in one millisecond have none. What an event tells of has a version, though, that
 * grows with each change: so of two events of a subject the one with the lower version is the
 * earlier one, see outbox_event_is_before.
 */
#ifndef SHOPD_REPO_OUTBOX_PAGE_H
#define SHOPD_REPO_OUTBOX_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "domain/event.h"
#include "repo/repo.h"

enum {
	OUTBOX_PAGE_MAX = 50, /* items */
};

struct outbox_stored {
	char id[ID_SIZE];
	struct span text;   /* the whole item */
	int64_t written_ms; /* as its id says */
	struct span by;     /* the worker that wrote it; absent in those of older versions */
	uint64_t attempts;
	int64_t next_at_ms; /* not to be tried before; 0: at once */
	bool is_group;
	size_t first; /* of the page's events */
	size_t count;
};

/* One event. All but data have neither quotes nor escapes. */
struct outbox_told {
	const struct outbox_stored *in;
	struct span text; /* in a group: the event as it is in the array */
	enum event_type type;
	struct span id;
	struct span subject; /* "order/<id>" */
	struct span time;
	struct span data; /* a JSON object */
	struct span user_id;
	struct span order_id;
	struct span product_id;
	uint64_t version; /* of what it tells of; 0: not known */
	uint64_t key;     /* the subject as a number; two subjects may share one */
	bool is_sent;     /* the topic has it, but what follows from it is not over */
	bool is_over;     /* nothing is left to be done; set by the publisher */
};

/* In the arena of the await that it was read with, but for the calls. */
struct outbox_page {
	uint32_t shard;
	size_t count;
	struct outbox_stored *items;
	size_t event_count;
	struct outbox_told *events; /* the items' one after the other */
	size_t unreadable;          /* items that are none of ours; they stay where they are */
	bool has_more;
	char last[ID_SIZE]; /* the last item's id; the next page begins behind it */
};

/*
 * A page, consistently. `after`: the last id of the page before, or NULL. RESULT_OK, also for an
 * empty one.
 */
void outbox_page_read(struct repo *repo, uint32_t shard, const char *after, struct outbox_page *out,
		      struct await *await);

/* True if both are of one subject and `a` must be published first. Both are of one page. */
bool outbox_event_is_before(const struct outbox_told *a, const struct outbox_told *b);

#endif
