/*
 * What the calls to one AWS service came to, in numbers for /metrics.
 *
 * Each worker's client has its own; see base/metrics.h.
 */
#ifndef SHOPD_AWS_AWS_METRICS_H
#define SHOPD_AWS_AWS_METRICS_H

#include <stddef.h>

#include "aws/aws_answer.h"
#include "base/buf.h"
#include "base/metrics.h"
#include "base/result.h"

enum {
	AWS_METRICS_RESULTS = RESULT_NO_MEMORY + 1,
	AWS_METRICS_ERRORS = 48, /* at least as many as aws_metrics.c knows names */
	AWS_METRICS_OPERATIONS = 16,
};

struct aws_metrics {
	metric_counter attempts;
	metric_counter retries;       /* attempts that were not a call's first */
	metric_counter throttles;     /* answers that asked us to slow down */
	metric_counter conflicts;     /* transactions begun again because they met another */
	metric_counter cut_off;       /* attempts that the circuit did not let through */
	metric_counter circuits_open; /* 1 while the circuit is open; summed: how many are */
	metric_counter results[AWS_METRICS_RESULTS]; /* calls, by what they came to */
	metric_counter errors[AWS_METRICS_ERRORS];   /* attempts that failed, by name */
	metric_counter read_millis;                  /* capacity units × 1000 */
	metric_counter write_millis;
	struct metric_histogram attempt_time[AWS_METRICS_OPERATIONS];
};

/*
 * One attempt at "Service.Operation" has ended: what the exchange came to and how it was judged,
 * and how long it took, waiting for a connection included.
 */
void aws_metrics_count_attempt(struct aws_metrics *metrics, const char *target,
			       const struct exchange *exchange, const struct aws_verdict *verdict,
			       uint64_t took_us);

/* Adds `from` to `sum`, which no other thread uses. */
void aws_metrics_add(struct aws_metrics *sum, const struct aws_metrics *from);

/* One service's sum over all workers. */
struct aws_metrics_sum {
	const char *service;
	const struct aws_metrics *metrics;
};

/* All lines for /metrics, named shopd_aws_… and labelled by service; times by operation too. */
void aws_metrics_write(struct buf *out, const struct aws_metrics_sum *sums, size_t count);

#endif
