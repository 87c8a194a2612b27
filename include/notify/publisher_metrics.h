/*
 * What publishers count, for /metrics.
 */
#ifndef SHOPD_NOTIFY_PUBLISHER_METRICS_H
#define SHOPD_NOTIFY_PUBLISHER_METRICS_H

#include "base/metrics.h"

enum { PUBLISHER_SHARDS_MAX = 256 };

struct publisher_metrics {
	metric_counter accepted; /* events that the topic, or the log, has */
	metric_counter refused;  /* tries that SNS refused because of the event or its target */
	metric_counter failed;   /* passes that ended early: SNS or DynamoDB failed as a whole */
	metric_counter dead;     /* put away after OUTBOX_TRIES */
	struct metric_histogram delay; /* from an event's time to its acceptance */
	/* By shard, as whoever holds its lease has seen last; 0 where another does. */
	metric_counter pending[PUBLISHER_SHARDS_MAX];
	metric_counter oldest_us[PUBLISHER_SHARDS_MAX]; /* monotonic clock; 0: nothing is pending */
};

/* Adds `from` to `sum`; of the oldest, the older. */
void publisher_metrics_add(struct publisher_metrics *sum, const struct publisher_metrics *from);

/* The lines for /metrics. */
void publisher_metrics_write(struct buf *out, const struct publisher_metrics *sum, uint64_t now_us);

#endif
