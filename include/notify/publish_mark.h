/*
 * How far each item of a page came in a pass: pure rules, without I/O.
 *
 * What a pass has done is written down when its page is left: items that are over are deleted,
 * others get a note. Where that fails, it is kept in the worker's memory (unsaved.h), and told to
 * the next page that has them.
 */
#ifndef SHOPD_NOTIFY_PUBLISH_MARK_H
#define SHOPD_NOTIFY_PUBLISH_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "notify/unsaved.h"
#include "repo/outbox_page.h"

enum {
	OUTBOX_TRIES = 12,       /* until an event that is refused is a dead letter */
	PUBLISH_AGAIN_MS = 2000, /* after what follows from an event has failed as a whole */
};

struct publish_mark {
	bool is_touched;    /* something of the item is to be written down */
	bool is_delayed;    /* it is to be tried again, but not at once */
	bool is_saved;      /* it has been written down */
	bool is_gone;       /* deleted, or put away */
	const char *reason; /* why it was refused */
};

/* True when nothing is left to be done for any event of the item. */
bool publish_mark_is_over(const struct outbox_page *page, const struct outbox_stored *item);

/* True when this was the last try. */
bool publish_mark_is_dead(const struct publish_mark *mark, const struct outbox_stored *item);

/* When the item is to be tried again; 0: at once. */
int64_t publish_mark_next_ms(const struct publish_mark *mark, const struct outbox_stored *item,
			     int64_t now_ms);

/* Marks the events of a page that was just read as sent and over as far as they are known to be. */
void publish_mark_recall(struct outbox_page *page, const struct unsaved *unsaved);

/* Keeps what of a page that is left could not be written down, and forgets what was. */
void publish_mark_keep(const struct outbox_page *page, const struct publish_mark *marks,
		       struct unsaved *unsaved);

#endif
