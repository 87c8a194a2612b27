/*
 * Which events of a page may be published now, and by whom: pure rules, without I/O.
 *
 * An event's first second belongs to the worker that wrote it, which publishes it right after the
 * commit and has until PUBLISH_WRITER_MS for it. From PUBLISH_HOLDER_MS on it belongs to whoever
 * holds the shard's lease. In between nobody begins with it, and the gap is wider than clocks are
 * allowed to differ (aws/service_clock.h): so nothing is published twice as long as nothing fails.
 *
 * Events of one subject leave in their order: one that is held up holds up those behind it, of its
 * subject alone. No two of them go in one batch, since SNS may refuse the first of a batch and take
 * the second.
 */
#ifndef SHOPD_NOTIFY_PUBLISH_CHOICE_H
#define SHOPD_NOTIFY_PUBLISH_CHOICE_H

#include "aws/sns.h"
#include "repo/outbox_page.h"

enum {
	PUBLISH_BEGIN_MS = 1000,  /* how old an event may be when its writer begins */
	PUBLISH_WRITER_MS = 1500, /* … and when it must be done */
	PUBLISH_HOLDER_MS = 2500, /* how old it is when the lease's holder begins */
	PUBLISH_BLOCKED_MAX = 1024,
	PUBLISH_TRY_MS = 1000, /* after the first refusal; twice as long after each other one */
	PUBLISH_TRY_MAX_MS = 5 * 60 * 1000,
};

/* Subjects that are held up by what an earlier page of the same pass had. Zeroed at birth. */
struct publish_blocked {
	size_t count;
	bool is_full; /* then nothing behind may be published */
	uint64_t keys[PUBLISH_BLOCKED_MAX];
};

struct publish_choice {
	struct outbox_page *page;
	const char *writer; /* this worker */
	int64_t now_ms;
	bool is_holder; /* of the shard's lease */
	const struct publish_blocked *blocked;
	bool *may_go; /* for each of the page's events; see publish_choice_begin */
};

/* Fills in may_go: which events are this worker's to publish now, whatever is before them. */
void publish_choice_begin(const struct publish_choice *choice);

/*
 * The next batch, in order, of what may go and still is this worker's: its length, 0 when nothing
 * can go. Events that are sent already are among it when it is time to go on with what follows from
 * them.
 */
size_t publish_choice_pick(const struct publish_choice *choice,
			   struct outbox_told *batch[static SNS_BATCH_MAX]);

/* True if one of this worker's events waits only for another's that is still young. */
bool publish_choice_waits(const struct publish_choice *choice);

/* How long an event waits that is refused, and was so many times before. */
int64_t publish_choice_delay_ms(uint64_t attempts);

/* Adds the subjects of what is left of a page. */
void publish_choice_block(const struct outbox_page *page, struct publish_blocked *blocked);

#endif
