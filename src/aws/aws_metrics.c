#include "aws/aws_metrics.h"

#include <stddef.h>
#include <stdio.h>

enum { LABELS_SIZE = 128 };

/* The plain counters: where each is, and what it is called. */
static const struct {
	size_t offset;
	bool is_millis;
	const char *name;
	const char *help;
} counters[] = {
	{offsetof(struct aws_metrics, attempts), false, "shopd_aws_attempts_total",
	 "Requests sent to AWS, retries included."},
	{offsetof(struct aws_metrics, retries), false, "shopd_aws_retries_total",
	 "Requests sent to AWS again after a failed attempt."},
	{offsetof(struct aws_metrics, throttles), false, "shopd_aws_throttles_total",
	 "Answers of AWS that asked to slow down."},
	{offsetof(struct aws_metrics, conflicts), false, "shopd_aws_conflicts_total",
	 "Writes begun again because they met a transaction on the same item."},
	{offsetof(struct aws_metrics, read_millis), true, "shopd_aws_read_units_total",
	 "Read capacity units consumed."},
	{offsetof(struct aws_metrics, write_millis), true, "shopd_aws_write_units_total",
	 "Write capacity units consumed."},
};

enum { COUNTERS = sizeof(counters) / sizeof(counters[0]) };

static metric_counter *counter_of(struct aws_metrics *metrics, size_t i)
{
	return (metric_counter *)((char *)metrics + counters[i].offset);
}

static uint64_t value_of(const struct aws_metrics *metrics, size_t i)
{
	return metric_get((const metric_counter *)((const char *)metrics + counters[i].offset));
}

void aws_metrics_add(struct aws_metrics *sum, const struct aws_metrics *from)
{
	for (size_t i = 0; i < COUNTERS; i++)
		metric_add(counter_of(sum, i), value_of(from, i));
	for (size_t i = 0; i < AWS_METRICS_RESULTS; i++)
		metric_add(&sum->results[i], metric_get(&from->results[i]));
	metric_histogram_add(&sum->attempt_time, &from->attempt_time);
}

static void write_results(struct buf *out, const struct aws_metrics_sum *sum)
{
	char labels[LABELS_SIZE];

	for (size_t i = 0; i < AWS_METRICS_RESULTS; i++) {
		snprintf(labels, sizeof(labels), "service=\"%s\",result=\"%s\"", sum->service,
			 result_name((enum result)i));
		metric_write(out, "shopd_aws_calls_total", labels,
			     metric_get(&sum->metrics->results[i]));
	}
}

static void write_counter(struct buf *out, const struct aws_metrics_sum *sum, size_t i)
{
	char labels[LABELS_SIZE];

	snprintf(labels, sizeof(labels), "service=\"%s\"", sum->service);
	if (counters[i].is_millis)
		metric_write_millis(out, counters[i].name, labels, value_of(sum->metrics, i));
	else
		metric_write(out, counters[i].name, labels, value_of(sum->metrics, i));
}

static void write_time(struct buf *out, const struct aws_metrics_sum *sum)
{
	char labels[LABELS_SIZE];

	snprintf(labels, sizeof(labels), "service=\"%s\"", sum->service);
	metric_write_histogram(out, "shopd_aws_attempt_seconds", labels,
			       &sum->metrics->attempt_time);
}

void aws_metrics_write(struct buf *out, const struct aws_metrics_sum *sums, size_t count)
{
	metric_write_head(out, "shopd_aws_calls_total", "counter",
			  "Calls to AWS by what they came to, each with its retries.");
	for (size_t i = 0; i < count; i++)
		write_results(out, &sums[i]);
	for (size_t i = 0; i < COUNTERS; i++) {
		metric_write_head(out, counters[i].name, "counter", counters[i].help);
		for (size_t k = 0; k < count; k++)
			write_counter(out, &sums[k], i);
	}
	metric_write_head(out, "shopd_aws_attempt_seconds", "histogram",
			  "Time of one request to AWS, waiting for a connection included.");
	for (size_t i = 0; i < count; i++)
		write_time(out, &sums[i]);
}
