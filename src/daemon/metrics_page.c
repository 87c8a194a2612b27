#include "daemon/metrics_page.h"

#include <malloc.h>
#include <stdlib.h>

#include "api/routes.h"
#include "base/log.h"
#include "base/version.h"
#include "http/http_metrics.h"

static void write_http(const struct worker *workers, size_t count, struct buf *out)
{
	const struct http_metrics **metrics = calloc(count, sizeof(*metrics));

	if (metrics == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		metrics[i] = server_metrics(workers[i].server);
	http_metrics_write(out, api_routes, metrics, count);
	free(metrics);
}

/* The workers' and, last, the operators'. */
static const struct backend *backend_at(const struct metrics_page *page, size_t i)
{
	return i < page->count ? &page->workers[i].backend : page->operators;
}

static void write_aws(const struct metrics_page *page, struct buf *out)
{
	struct aws_metrics dynamodb = {0};
	struct aws_metrics sns = {0};
	const struct aws_metrics_sum sums[] = {{"dynamodb", &dynamodb}, {"sns", &sns}};

	for (size_t i = 0; i <= page->count; i++) {
		aws_metrics_add(&dynamodb, &backend_at(page, i)->metrics);
		aws_metrics_add(&sns, &backend_at(page, i)->sns_metrics);
	}
	aws_metrics_write(out, sums, sizeof(sums) / sizeof(sums[0]));
}

struct client_sums {
	uint64_t opened;
	uint64_t failed;
	uint64_t closed;
	uint64_t reused;
	uint64_t overload;
};

static void write_client(const struct metrics_page *page, struct buf *out)
{
	struct client_sums sums = {0};

	for (size_t i = 0; i <= page->count; i++) {
		const struct http_client_metrics *metrics =
			http_client_get_metrics(backend_at(page, i)->http_client);

		sums.opened += metric_get(&metrics->opened);
		sums.failed += metric_get(&metrics->failed);
		sums.closed += metric_get(&metrics->closed);
		sums.reused += metric_get(&metrics->reused);
		sums.overload += metric_get(&metrics->overload);
	}
	metric_write_head(out, "shopd_client_connections", "gauge", "Outgoing connections open.");
	metric_write(out, "shopd_client_connections", "", sums.opened - sums.closed);
	metric_write_head(out, "shopd_client_connections_total", "counter",
			  "Outgoing connections, by what became of them.");
	metric_write(out, "shopd_client_connections_total", "outcome=\"opened\"", sums.opened);
	metric_write(out, "shopd_client_connections_total", "outcome=\"failed\"", sums.failed);
	metric_write_total(out, "shopd_client_reused_total",
			   "Calls on a connection that had carried one before.", sums.reused);
	metric_write_total(out, "shopd_client_overload_total",
			   "Calls refused because too many waited.", sums.overload);
}

struct credentials_sums {
	uint64_t expires_s; /* the earliest, 0: none expires */
	uint64_t fetched;
	uint64_t failed;
};

static void write_credentials(const struct metrics_page *page, struct buf *out)
{
	struct credentials_sums sums = {0};

	for (size_t i = 0; i <= page->count; i++) {
		const struct credentials_metrics *metrics =
			credentials_get_metrics(backend_at(page, i)->credentials);
		uint64_t expires_s = metric_get(&metrics->expires_s);

		if (expires_s > 0 && (sums.expires_s == 0 || expires_s < sums.expires_s))
			sums.expires_s = expires_s;
		sums.fetched += metric_get(&metrics->fetched);
		sums.failed += metric_get(&metrics->failed);
	}
	metric_write_head(out, "shopd_aws_credentials_expire_seconds", "gauge",
			  "Unix time when the first thread's AWS credentials expire; 0: never.");
	metric_write(out, "shopd_aws_credentials_expire_seconds", "", sums.expires_s);
	metric_write_head(out, "shopd_aws_credentials_fetches_total", "counter",
			  "Questions for AWS credentials, by what came of them.");
	metric_write(out, "shopd_aws_credentials_fetches_total", "outcome=\"fetched\"",
		     sums.fetched);
	metric_write(out, "shopd_aws_credentials_fetches_total", "outcome=\"failed\"", sums.failed);
}

static void write_sweeper(const struct worker *workers, size_t count, struct buf *out)
{
	struct sweeper_metrics sum = {0};

	for (size_t i = 0; i < count; i++)
		sweeper_metrics_add(&sum, sweeper_get_metrics(workers[i].sweeper));
	sweeper_metrics_write(out, &sum);
}

static void write_publisher(const struct worker *workers, size_t count, struct buf *out)
{
	struct publisher_metrics *sum = calloc(1, sizeof(*sum));

	if (sum == NULL || count == 0 || workers[0].publisher == NULL) {
		free(sum);
		return;
	}
	for (size_t i = 0; i < count; i++)
		publisher_metrics_add(sum, publisher_get_metrics(workers[i].publisher));
	publisher_metrics_write(out, sum, clock_monotonic_us(clock_system()));
	free(sum);
}

static void write_restocker(const struct worker *workers, size_t count, struct buf *out)
{
	struct restock_metrics sum = {0};

	for (size_t i = 0; i < count; i++) {
		if (workers[i].restocker == NULL)
			return;
		restock_metrics_add(&sum, restocker_get_metrics(workers[i].restocker));
	}
	restock_metrics_write(out, &sum);
}

/* Resident memory does not show whether what is in use grows, or the holes between. */
static void write_heap(struct buf *out)
{
	struct mallinfo2 heap = mallinfo2();

	metric_write_head(out, "process_heap_bytes", "gauge", "Memory allocated and not freed.");
	metric_write(out, "process_heap_bytes", "", heap.uordblks + heap.hblkhd);
}

void metrics_page_write(const struct metrics_page *page, struct buf *out)
{
	const struct worker *workers = page->workers;
	size_t count = page->count;

	metric_write_head(out, "shopd_build_info", "gauge", "The version.");
	metric_write(out, "shopd_build_info", "version=\"" SHOPD_VERSION "\"", 1);
	write_heap(out);
	write_http(workers, count, out);
	write_aws(page, out);
	write_client(page, out);
	write_credentials(page, out);
	write_sweeper(workers, count, out);
	write_publisher(workers, count, out);
	write_restocker(workers, count, out);
	metric_write_total(out, "shopd_log_lost_total", "Log lines that could not be written.",
			   log_lost());
}
