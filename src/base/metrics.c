#include "base/metrics.h"

#include <inttypes.h>

/* Upper bounds in microseconds, and as Prometheus writes them in seconds. */
static const struct {
	uint64_t us;
	const char *seconds;
} bounds[METRIC_BUCKETS] = {
	{500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
	{25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
	{1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"},
};

void metric_observe(struct metric_histogram *histogram, uint64_t microseconds)
{
	size_t bucket = 0;

	while (bucket < METRIC_BUCKETS && microseconds > bounds[bucket].us)
		bucket++;
	metric_add(&histogram->buckets[bucket], 1);
	metric_add(&histogram->sum_us, microseconds);
}

void metric_histogram_add(struct metric_histogram *sum, const struct metric_histogram *from)
{
	for (size_t i = 0; i <= METRIC_BUCKETS; i++)
		metric_add(&sum->buckets[i], metric_get(&from->buckets[i]));
	metric_add(&sum->sum_us, metric_get(&from->sum_us));
}

uint64_t metric_histogram_count(const struct metric_histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= METRIC_BUCKETS; i++)
		count += metric_get(&histogram->buckets[i]);
	return count;
}

void metric_write_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_add_format(out, "# HELP %s ", name);
	for (; *help; help++) {
		if (*help == '\n')
			buf_add_str(out, "\\n");
		else if (*help == '\\')
			buf_add_str(out, "\\\\");
		else
			buf_add_char(out, *help);
	}
	buf_add_format(out, "\n# TYPE %s %s\n", name, type);
}

/* "name_suffix{labels} " */
static void write_name(struct buf *out, const char *name, const char *suffix, const char *labels)
{
	buf_add_str(out, name);
	buf_add_str(out, suffix);
	if (*labels)
		buf_add_format(out, "{%s}", labels);
	buf_add_char(out, ' ');
}

void metric_write(struct buf *out, const char *name, const char *labels, uint64_t value)
{
	write_name(out, name, "", labels);
	buf_add_u64(out, value);
	buf_add_char(out, '\n');
}

void metric_write_total(struct buf *out, const char *name, const char *help, uint64_t value)
{
	metric_write_head(out, name, "counter", help);
	metric_write(out, name, "", value);
}

void metric_write_millis(struct buf *out, const char *name, const char *labels, uint64_t millis)
{
	write_name(out, name, "", labels);
	buf_add_format(out, "%" PRIu64 ".%03" PRIu64 "\n", millis / 1000, millis % 1000);
}

static void write_bucket(struct buf *out, const char *name, const char *labels, const char *bound,
			 uint64_t value)
{
	buf_add_format(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels,
		       *labels ? "," : "", bound, value);
}

void metric_write_histogram(struct buf *out, const char *name, const char *labels,
			    const struct metric_histogram *histogram)
{
	uint64_t sum_us = metric_get(&histogram->sum_us);
	uint64_t count = 0;

	for (size_t i = 0; i < METRIC_BUCKETS; i++) {
		count += metric_get(&histogram->buckets[i]);
		write_bucket(out, name, labels, bounds[i].seconds, count);
	}
	count += metric_get(&histogram->buckets[METRIC_BUCKETS]);
	write_bucket(out, name, labels, "+Inf", count);
	write_name(out, name, "_sum", labels);
	buf_add_format(out, "%" PRIu64 ".%06" PRIu64 "\n", sum_us / 1000000, sum_us % 1000000);
	/* The count comes from the same reading of the buckets, so that it agrees with "+Inf". */
	write_name(out, name, "_count", labels);
	buf_add_u64(out, count);
	buf_add_char(out, '\n');
}
