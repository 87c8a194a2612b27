#include "notify/publisher_metrics.h"

void publisher_metrics_add(struct publisher_metrics *sum, const struct publisher_metrics *from)
{
	metric_add(&sum->accepted, metric_get(&from->accepted));
	metric_add(&sum->refused, metric_get(&from->refused));
	metric_add(&sum->failed, metric_get(&from->failed));
	metric_add(&sum->dead, metric_get(&from->dead));
	metric_histogram_add(&sum->delay, &from->delay);
	for (size_t i = 0; i < PUBLISHER_SHARDS_MAX; i++) {
		uint64_t oldest = metric_get(&from->oldest_us[i]);
		uint64_t known = metric_get(&sum->oldest_us[i]);

		metric_add(&sum->pending[i], metric_get(&from->pending[i]));
		if (oldest != 0 && (known == 0 || oldest < known))
			metric_set(&sum->oldest_us[i], oldest);
	}
}

void publisher_metrics_write(struct buf *out, const struct publisher_metrics *sum, uint64_t now_us)
{
	uint64_t oldest = now_us;
	uint64_t pending = 0;

	for (size_t i = 0; i < PUBLISHER_SHARDS_MAX; i++) {
		uint64_t of_shard = metric_get(&sum->oldest_us[i]);

		pending += metric_get(&sum->pending[i]);
		if (of_shard != 0 && of_shard < oldest)
			oldest = of_shard;
	}
	metric_write_total(out, "shopd_outbox_published_total",
			   "Events that the topic has accepted, or the log.",
			   metric_get(&sum->accepted));
	metric_write_total(out, "shopd_outbox_refused_total",
			   "Tries that SNS refused because of the event or its target.",
			   metric_get(&sum->refused));
	metric_write_total(out, "shopd_outbox_failures_total",
			   "Passes that SNS or DynamoDB made to end early; they are repeated.",
			   metric_get(&sum->failed));
	metric_write_total(out, "shopd_outbox_dead_total", "Events put away as dead letters.",
			   metric_get(&sum->dead));
	metric_write_head(
		out, "shopd_outbox_pending", "gauge",
		"Items of the outbox, in the shards whose leases are held here; of each at "
		"most 50 are counted while SNS or DynamoDB fail.");
	metric_write(out, "shopd_outbox_pending", "", pending);
	metric_write_head(out, "shopd_outbox_oldest_seconds", "gauge",
			  "How old the oldest of them is.");
	metric_write_millis(out, "shopd_outbox_oldest_seconds", "", (now_us - oldest) / 1000);
	metric_write_head(out, "shopd_outbox_publish_seconds", "histogram",
			  "From an event to its acceptance.");
	metric_write_histogram(out, "shopd_outbox_publish_seconds", "", &sum->delay);
}
