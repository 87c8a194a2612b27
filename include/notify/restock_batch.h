/*
 * Telling up to ten subscribers of a product that it is back: to the topic in one batch, then in
 * person those who want that, and then their subscriptions go, each only after its own message was
 * accepted. Subscriptions of users who are gone just go.
 *
 * Whatever ends it in the middle, it can be done again: who has a subscription left is told
 * (again), but for what was done by this worker and could only not be written down (unsaved.h).
 */
#ifndef SHOPD_NOTIFY_RESTOCK_BATCH_H
#define SHOPD_NOTIFY_RESTOCK_BATCH_H

#include "aws/sns.h"
#include "base/metrics.h"
#include "notify/follower.h"
#include "notify/restock_event.h"
#include "notify/unsaved.h"
#include "repo/subscriber.h"

struct restock_metrics {
	metric_counter told; /* subscribers */
	metric_counter left; /* whom SNS refused to tell; they stay subscribed */
	metric_counter done; /* restocks that are over */
	metric_counter failures;
};

struct restock_means {
	struct repo *repo;
	const struct sns *sns; /* without a topic messages go to the log */
	struct loop *loop;
	struct restock_metrics *metrics;
};

struct restock_batch {
	/* in; zeroed at birth but for these */
	const struct restock_means *means;
	const struct restock *restock;
	struct subscriber *subscribers; /* SNS_BATCH_MAX at most */
	size_t count;
	struct unsaved *unsaved; /* of this restock, by the subscriptions' marks */
	uint64_t deadline_us;    /* on the monotonic clock */
	void (*done)(struct restock_batch *batch);
	void *context;

	/* out */
	enum result result; /* RESULT_OK, or the failure for which it is to be done again */
	uint64_t told;
	uint64_t left; /* refused */

	/* private */
	int phase;
	struct arena arena;
	struct loop_task task;
	struct await await; /* of the batch for the topic */
	struct sns_call call;
	size_t send_count;
	struct restock_recipient {
		struct restock_batch *batch;
		const struct subscriber *subscriber;
		struct restock_event event;
		struct following following;
		struct await await;
		enum stage stage;
		bool is_busy;
	} recipients[SNS_BATCH_MAX];
	struct restock_recipient *sending[SNS_BATCH_MAX];
};

/* Its end is announced by done, never from within. */
void restock_batch_start(struct restock_batch *batch);

/* After done. What was given in stays. */
void restock_batch_clear(struct restock_batch *batch);

#endif
