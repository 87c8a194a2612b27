#include "http/http_metrics.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "http/router.h"

enum { LABELS_SIZE = 160 };

/* The last column stands for every other status. */
static const int statuses[HTTP_METRICS_STATUSES] = {200, 201, 204, 304, 400, 401, 403,
						    404, 405, 409, 410, 412, 413, 415,
						    422, 428, 429, 431, 503, 0};

static size_t status_column(int status)
{
	size_t column = 0;

	while (statuses[column] != 0 && statuses[column] != status)
		column++;
	return column;
}

static size_t route_row(const struct route *routes, const struct route *route)
{
	if (route == NULL)
		return HTTP_METRICS_ROUTES;
	assert(route - routes < HTTP_METRICS_ROUTES);
	return (size_t)(route - routes);
}

void http_metrics_count(struct http_metrics *metrics, const struct route *routes,
			const struct route *route, int status, uint64_t duration_us)
{
	size_t row = route_row(routes, route);

	metric_add(&metrics->requests[row][status_column(status)], 1);
	metric_observe(&metrics->duration[row], duration_us);
}

static void route_labels(const struct route *routes, size_t row, char labels[static LABELS_SIZE])
{
	if (row == HTTP_METRICS_ROUTES)
		snprintf(labels, LABELS_SIZE, "route=\"none\",method=\"any\"");
	else
		snprintf(labels, LABELS_SIZE, "route=\"%s\",method=\"%s\"", routes[row].path,
			 router_method_name(routes[row].method));
}

static void write_requests(struct buf *out, const struct route *routes, size_t row,
			   const struct http_metrics *const *metrics, size_t count)
{
	char labels[LABELS_SIZE];
	char with_status[LABELS_SIZE + 32];

	route_labels(routes, row, labels);
	for (size_t column = 0; column < HTTP_METRICS_STATUSES; column++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < count; i++)
			sum += metric_get(&metrics[i]->requests[row][column]);
		if (sum == 0)
			continue;
		if (statuses[column] != 0)
			snprintf(with_status, sizeof(with_status), "%s,status=\"%d\"", labels,
				 statuses[column]);
		else
			snprintf(with_status, sizeof(with_status), "%s,status=\"other\"", labels);
		metric_write(out, "shopd_http_requests_total", with_status, sum);
	}
}

static void write_duration(struct buf *out, const struct route *routes, size_t row,
			   const struct http_metrics *const *metrics, size_t count)
{
	struct metric_histogram sum = {0};
	char labels[LABELS_SIZE];
	uint64_t observations = 0;

	for (size_t i = 0; i < count; i++)
		metric_histogram_add(&sum, &metrics[i]->duration[row]);
	for (size_t i = 0; i <= METRIC_BUCKETS; i++)
		observations += metric_get(&sum.buckets[i]);
	if (observations == 0)
		return;
	route_labels(routes, row, labels);
	metric_write_histogram(out, "shopd_http_request_duration_seconds", labels, &sum);
}

static void write_connections(struct buf *out, const struct http_metrics *const *metrics,
			      size_t count)
{
	uint64_t open = 0;
	uint64_t total = 0;
	uint64_t refused = 0;
	uint64_t aborted = 0;

	for (size_t i = 0; i < count; i++) {
		open += metric_get(&metrics[i]->connections_open);
		total += metric_get(&metrics[i]->connections_total);
		refused += metric_get(&metrics[i]->connections_refused);
		aborted += metric_get(&metrics[i]->aborted);
	}
	metric_write_head(out, "shopd_http_connections", "gauge", "Client connections open.");
	metric_write(out, "shopd_http_connections", "", open);
	metric_write_total(out, "shopd_http_connections_total", "Client connections accepted.",
			   total);
	metric_write_total(out, "shopd_http_connections_refused_total",
			   "Client connections closed at once: too many from one address.",
			   refused);
	metric_write_total(out, "shopd_http_aborted_total",
			   "Requests whose client went away or was too slow.", aborted);
}

static void write_streams(struct buf *out, const struct http_metrics *const *metrics, size_t count)
{
	uint64_t in = 0;
	uint64_t outgoing = 0;
	uint64_t lines = 0;

	for (size_t i = 0; i < count; i++) {
		in += metric_get(&metrics[i]->stream_bytes_in);
		outgoing += metric_get(&metrics[i]->stream_bytes_out);
		lines += metric_get(&metrics[i]->stream_lines);
	}
	metric_write_head(out, "shopd_http_stream_bytes_total", "counter",
			  "Bytes of streamed bodies and replies.");
	metric_write(out, "shopd_http_stream_bytes_total", "direction=\"in\"", in);
	metric_write(out, "shopd_http_stream_bytes_total", "direction=\"out\"", outgoing);
	metric_write_total(out, "shopd_http_stream_lines_total",
			   "Lines of streams that have ended.", lines);
}

/* Requests that were refused, counted by a label. */
struct refusals {
	const char *name, *help, *label;
	const char *const *values;
	size_t count;  /* of values */
	size_t offset; /* of as many counters in struct http_metrics */
};

static const struct refusals refusals[] = {
	{"shopd_http_throttled_total", "Requests refused because their caller made too many.", "by",
	 rate_kind_names, RATE_KINDS, offsetof(struct http_metrics, throttled)},
	{"shopd_http_overload_total",
	 "Requests refused because there was no room, by what was too much.", "what",
	 capacity_names, CAPACITY_KINDS, offsetof(struct http_metrics, overload)},
};

static void write_refusals(struct buf *out, const struct http_metrics *const *metrics, size_t count,
			   const struct refusals *of)
{
	char labels[LABELS_SIZE];

	metric_write_head(out, of->name, "counter", of->help);
	for (size_t value = 0; value < of->count; value++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < count; i++) {
			const void *counters = (const char *)metrics[i] + of->offset;

			sum += metric_get((const metric_counter *)counters + value);
		}
		snprintf(labels, sizeof(labels), "%s=\"%s\"", of->label, of->values[value]);
		metric_write(out, of->name, labels, sum);
	}
}

void http_metrics_write(struct buf *out, const struct route *routes,
			const struct http_metrics *const *metrics, size_t count)
{
	metric_write_head(out, "shopd_http_requests_total", "counter", "Requests answered.");
	for (size_t row = 0; routes[row].path != NULL; row++)
		write_requests(out, routes, row, metrics, count);
	write_requests(out, routes, HTTP_METRICS_ROUTES, metrics, count);
	metric_write_head(out, "shopd_http_request_duration_seconds", "histogram",
			  "From a request's head to the end of its answer.");
	for (size_t row = 0; routes[row].path != NULL; row++)
		write_duration(out, routes, row, metrics, count);
	write_duration(out, routes, HTTP_METRICS_ROUTES, metrics, count);
	write_connections(out, metrics, count);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		write_refusals(out, metrics, count, &refusals[i]);
	write_streams(out, metrics, count);
}
