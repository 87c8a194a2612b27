/*
 * The publisher of one worker: takes events from the outbox to the topic, or without a topic to the
 * log. Nothing is ever lost: an event is in the table from the very transaction that it tells of
 * until SNS has accepted it.
 *
 * Two things start a pass over a shard (publish_pass.h). The bell, rung by each write of events, so
 * that they leave right after their commit. And the sweep: whoever holds the shard's lease looks
 * every second for what others have left behind. docs/notifications.md has the whole of it.
 *
 * At most one pass of a shard is under way. When SNS or DynamoDB fail as a whole, the shard is left
 * alone for a while, at most PUBLISHER_PAUSE_MAX_US.
 */
#ifndef SHOPD_NOTIFY_PUBLISHER_H
#define SHOPD_NOTIFY_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/sns.h"
#include "io/loop.h"
#include "notify/publisher_metrics.h"
#include "repo/repo.h"

enum {
	PUBLISHER_PAUSE_US = 100 * 1000, /* after the first failure; twice as long after others */
	PUBLISHER_PAUSE_MAX_US = 3 * 1000 * 1000,
	PUBLISHER_LOOK_US = 20 * 1000, /* before another look for what others are about to do */
	PUBLISHER_LOOKS_MAX = 10,
};

struct publisher_options {
	struct loop *loop;
	struct repo *repo; /* its bell is set */
	const struct sns *sns;
};

struct publisher;

/* New; NULL when out of memory. Everything in the options is borrowed. */
struct publisher *publisher_new(const struct publisher_options *options);

/*
 * Until when the lease of the shard of this number is ours, on the monotonic clock; 0: it is not.
 * Looks for what is there, so it is to be called every second or so.
 */
void publisher_hold(struct publisher *publisher, uint32_t number, uint64_t until_us);

/* True while no pass is under way or about to begin: what could be published has been. */
bool publisher_is_idle(const struct publisher *publisher);

/* Begins nothing more; passes under way end after their present step. What is left stays. */
void publisher_stop(struct publisher *publisher);

/* It must be stopped and idle. NULL is fine. */
void publisher_free(struct publisher *publisher);

const struct publisher_metrics *publisher_get_metrics(const struct publisher *publisher);

#endif
