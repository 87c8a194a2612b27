/*
 * What a server counts: requests by route and status, how long they took, connections.
 */
#ifndef SHOPD_HTTP_HTTP_METRICS_H
#define SHOPD_HTTP_HTTP_METRICS_H

#include "base/metrics.h"
#include "http/capacity.h"
#include "http/rate_limit.h"
#include "http/request.h"

enum { HTTP_METRICS_ROUTES = 96, HTTP_METRICS_STATUSES = 20 };

struct http_metrics {
	/* One row more, for requests that fit no route. */
	metric_counter requests[HTTP_METRICS_ROUTES + 1][HTTP_METRICS_STATUSES];
	struct metric_histogram duration[HTTP_METRICS_ROUTES + 1];
	metric_counter connections_open;
	metric_counter connections_total;
	metric_counter connections_refused; /* too many from one address */
	metric_counter stream_bytes_in;     /* of bodies that were taken as they came */
	metric_counter stream_bytes_out;
	metric_counter stream_lines;
	metric_counter throttled[RATE_KINDS];
	metric_counter overload[CAPACITY_KINDS];
	metric_counter aborted; /* requests whose client went away or was too slow */
};

/* Counts one answered request. `route` is NULL for none. */
void http_metrics_count(struct http_metrics *metrics, const struct route *routes,
			const struct route *route, int status, uint64_t duration_us);

/* Writes the sum of several servers that serve the same routes. */
void http_metrics_write(struct buf *out, const struct route *routes,
			const struct http_metrics *const *metrics, size_t count);

#endif
