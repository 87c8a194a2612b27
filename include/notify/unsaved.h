/*
 * What was done, and could not be written down: which events and subscribers SNS has taken the
 * messages of although their items are still in the table as if it had not. Whoever comes upon them
 * again then does only what is left, so that nothing goes out again and again while writes fail.
 *
 * It is the memory of one worker for one shard. Another one that goes on with the shard, after a
 * restart too, does not have it. When there is no room, or no memory, something is forgotten, and
 * is done again.
 */
#ifndef SHOPD_NOTIFY_UNSAVED_H
#define SHOPD_NOTIFY_UNSAVED_H

#include <stddef.h>

#include "base/id.h"
#include "base/text.h"

enum { UNSAVED_MAX = 128 };

enum stage {
	STAGE_NONE,
	STAGE_SENT, /* the topic has it; what follows from that is left to do */
	STAGE_DONE, /* nothing is left to do but to delete it */
	STAGE_LEFT, /* SNS refuses it; it stays as it is */
};

/* Zeroed at birth; takes memory only while there is something in it. */
struct unsaved {
	size_t count;
	size_t next; /* who makes room when there is none */
	struct unsaved_entry {
		char id[ID_LEN];
		enum stage stage;
	} * entries;
};

/* STAGE_NONE: it is not known. */
enum stage unsaved_find(const struct unsaved *unsaved, struct span id);

/* STAGE_NONE: it is written down now, or gone. What is no id of ours is not kept. */
void unsaved_set(struct unsaved *unsaved, struct span id, enum stage stage);

void unsaved_clear(struct unsaved *unsaved);

#endif
