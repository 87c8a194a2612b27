/*
 * A pass over one shard of the outbox: read what is there, publish what may be published in batches
 * of up to ten, see to what follows from it, and delete what is over. What could not be done stays,
 * with a note of how far it came. What an earlier pass has published and could not delete goes
 * first, and while it does not, nothing else is published.
 *
 * It ends early when SNS or DynamoDB fail as a whole, which counts against no event; and when it
 * has reached the end of what it may do.
 */
#ifndef SHOPD_NOTIFY_PUBLISH_PASS_H
#define SHOPD_NOTIFY_PUBLISH_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/sns.h"
#include "notify/follower.h"
#include "notify/publish_batch.h"
#include "notify/publish_choice.h"
#include "notify/publish_mark.h"
#include "notify/publisher_metrics.h"
#include "repo/outbox_repo.h"

enum { PUBLISH_PAGES_MAX = 200 };

/* What all passes of a worker share. */
struct publish_means {
	struct repo *repo;
	const struct sns *sns; /* without a topic events go to the log */
	struct loop *loop;
	struct publisher_metrics *metrics;
};

struct publish_pass {
	/* in; zeroed at birth but for these */
	const struct publish_means *means;
	uint32_t shard;
	bool is_holder;          /* of the shard's lease */
	bool must_end;           /* may be set at any time: nothing new is begun */
	struct unsaved *unsaved; /* of the shard, from pass to pass */
	void (*done)(struct publish_pass *pass);
	void *context;

	/* out */
	enum result result; /* RESULT_OK, or the failure that ended it early */
	char error[AWS_ERROR_SIZE];
	bool has_more;       /* there may be more for this worker right now */
	bool is_waiting;     /* for another worker's young event: look again soon */
	uint64_t accepted;   /* events */
	uint64_t unreadable; /* items that shopd did not write; they stay where they are */
	bool is_counted;     /* the next two are known */
	uint64_t pending;    /* items that are left, of the pages that were read */
	int64_t oldest_ms;   /* when the oldest of them was written; 0: there is none */

	/* private */
	int phase;
	struct await await;
	struct arena arena;
	struct loop_task task;
	unsigned pages;
	struct outbox_page page;
	struct publish_blocked *blocked;
	bool *may_go;
	struct publish_mark *marks; /* for each item */
	size_t batch_count;
	struct outbox_told *batch[SNS_BATCH_MAX];
	struct publish_batch sending; /* those of the batch that the topic does not have yet */
	struct publish_hand {
		struct publish_pass *pass;
		struct following following;
		struct await await;
		bool is_busy;
	} hands[SNS_BATCH_MAX];
	size_t next; /* item to be noted */
};

/* Starts it. Its end is announced by done, never from within. */
void publish_pass_start(struct publish_pass *pass);

/* After done. */
void publish_pass_clear(struct publish_pass *pass);

#endif
