/*
 * Counters and histograms that one thread writes and any thread may read: relaxed atomics, no
 * locks.
 *
 * Each worker has its own; whoever answers /metrics adds them up. The text form is Prometheus'
 * exposition format 0.0.4.
 */
#ifndef SHOPD_BASE_METRICS_H
#define SHOPD_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

typedef _Atomic uint64_t metric_counter;

/* Only the owning thread adds, so a load and a store do; no locked instruction is needed. */
static inline void metric_add(metric_counter *counter, uint64_t amount)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + amount, memory_order_relaxed);
}

/* For what goes up and down. */
static inline void metric_set(metric_counter *gauge, uint64_t value)
{
	atomic_store_explicit(gauge, value, memory_order_relaxed);
}

static inline uint64_t metric_get(const metric_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Upper bounds 0.5 ms to 10 s; see metrics.c. The last bucket has none. */
enum { METRIC_BUCKETS = 14 };

struct metric_histogram {
	metric_counter buckets[METRIC_BUCKETS + 1]; /* not cumulative */
	metric_counter sum_us;
};

void metric_observe(struct metric_histogram *histogram, uint64_t microseconds);
/* Adds `from` to `sum`, which no other thread uses. */
void metric_histogram_add(struct metric_histogram *sum, const struct metric_histogram *from);
/* How often it was observed. */
uint64_t metric_histogram_count(const struct metric_histogram *histogram);

/* "# HELP …" and "# TYPE …": `type` is "counter", "gauge" or "histogram". */
void metric_write_head(struct buf *out, const char *name, const char *type, const char *help);
/* One sample; `labels` is `route="/product",method="GET"` or "". */
void metric_write(struct buf *out, const char *name, const char *labels, uint64_t value);
/* Both, for a counter without labels. */
void metric_write_total(struct buf *out, const char *name, const char *help, uint64_t value);
/* One sample with three decimals, of thousandths. */
void metric_write_millis(struct buf *out, const char *name, const char *labels, uint64_t millis);
/* All lines of a histogram in seconds. */
void metric_write_histogram(struct buf *out, const char *name, const char *labels,
			    const struct metric_histogram *histogram);

#endif
