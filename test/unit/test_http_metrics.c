#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/http_metrics.h"

static const struct route routes[] = {
	{.method = METHOD_GET, .path = "/product"},
	{.method = METHOD_POST, .path = "/product"},
	{.method = METHOD_GET, .path = "/live"},
	{0},
};

static struct http_metrics first;
static struct http_metrics second;
static const struct http_metrics *const both[] = {&first, &second};
static struct buf out;

static void set_up(void)
{
	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	buf_init(&out, 1024 * 1024);
}

static void tear_down(void)
{
	buf_clear(&out);
}

static void expect(const char *line)
{
	ck_assert_msg(strstr(buf_text(&out), line) != NULL, "no \"%s\" in\n%s", line,
		      buf_text(&out));
}

static void expect_not(const char *text)
{
	ck_assert_msg(strstr(buf_text(&out), text) == NULL, "\"%s\" in\n%s", text, buf_text(&out));
}

START_TEST(requests_are_counted_by_route_and_status_over_all_servers)
{
	http_metrics_count(&first, routes, &routes[0], 200, 1000);
	http_metrics_count(&first, routes, &routes[0], 200, 1000);
	http_metrics_count(&second, routes, &routes[0], 200, 1000);
	http_metrics_count(&second, routes, &routes[1], 201, 1000);
	http_metrics_count(&second, routes, &routes[1], 422, 1000);
	http_metrics_write(&out, routes, both, 2);
	expect("\nshopd_http_requests_total{route=\"/product\",method=\"GET\",status=\"200\"} 3\n");
	expect("\nshopd_http_requests_total{route=\"/product\",method=\"POST\",status=\"201\"} 1\n");
	expect("\nshopd_http_requests_total{route=\"/product\",method=\"POST\",status=\"422\"} 1\n");
	expect_not("/live");
}
END_TEST

START_TEST(what_fits_no_route_and_odd_statuses_have_their_own_rows)
{
	http_metrics_count(&first, routes, NULL, 404, 1000);
	http_metrics_count(&first, routes, &routes[2], 418, 1000);
	http_metrics_write(&out, routes, both, 1);
	expect("{route=\"none\",method=\"any\",status=\"404\"} 1\n");
	expect("{route=\"/live\",method=\"GET\",status=\"other\"} 1\n");
}
END_TEST

START_TEST(durations_are_a_histogram_for_each_route_that_was_asked)
{
	http_metrics_count(&first, routes, &routes[0], 200, 3 * 1000);
	http_metrics_count(&second, routes, &routes[0], 503, 2 * 1000 * 1000);
	http_metrics_write(&out, routes, both, 2);
	expect("shopd_http_request_duration_seconds_count{route=\"/product\",method=\"GET\"} 2\n");
	expect("shopd_http_request_duration_seconds_bucket{route=\"/product\",method=\"GET\",le=\"+Inf\"} 2\n");
	expect_not("duration_seconds_count{route=\"/product\",method=\"POST\"}");
}
END_TEST

START_TEST(connections_are_summed)
{
	metric_add(&first.connections_open, 2);
	metric_add(&second.connections_open, 3);
	metric_add(&second.connections_open, UINT64_MAX); /* one less */
	metric_add(&first.connections_total, 10);
	metric_add(&second.aborted, 1);
	metric_add(&first.stream_bytes_in, 10);
	metric_add(&second.stream_bytes_in, 5);
	metric_add(&first.stream_bytes_out, 7);
	metric_add(&second.stream_lines, 3);
	http_metrics_write(&out, routes, both, 2);
	expect("\nshopd_http_connections 4\n");
	expect("\nshopd_http_connections_total 10\n");
	expect("\nshopd_http_aborted_total 1\n");
	expect("\nshopd_http_stream_bytes_total{direction=\"in\"} 15\n");
	expect("\nshopd_http_stream_bytes_total{direction=\"out\"} 7\n");
	expect("\nshopd_http_stream_lines_total 3\n");
}
END_TEST

/* Prometheus refuses a page that describes a metric twice, or has its samples apart. */
START_TEST(each_metric_is_described_once)
{
	static const char *const names[] = {
		"# TYPE shopd_http_requests_total counter\n",
		"# TYPE shopd_http_request_duration_seconds histogram\n",
		"# TYPE shopd_http_connections gauge\n",
		"# TYPE shopd_http_connections_total counter\n",
		"# TYPE shopd_http_aborted_total counter\n",
		"# TYPE shopd_http_stream_bytes_total counter\n",
		"# TYPE shopd_http_stream_lines_total counter\n",
	};

	http_metrics_write(&out, routes, both, 2);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = strstr(buf_text(&out), names[i]);

		ck_assert_ptr_nonnull(at);
		ck_assert_ptr_null(strstr(at + 1, names[i]));
	}
}
END_TEST

static void write_all(void *context)
{
	(void)context;
	http_metrics_count(&first, routes, &routes[0], 200, 1000);
	http_metrics_write(&out, routes, both, 2);
	ck_assert(buf_ok(&out) != alloc_has_failed());
	buf_clear(&out);
}

START_TEST(without_memory_the_buffer_says_so)
{
	alloc_fail_each(write_all, NULL);
}
END_TEST

Suite *http_metrics_suite(void)
{
	Suite *suite = suite_create("http_metrics");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, requests_are_counted_by_route_and_status_over_all_servers);
	tcase_add_test(tcase, what_fits_no_route_and_odd_statuses_have_their_own_rows);
	tcase_add_test(tcase, durations_are_a_histogram_for_each_route_that_was_asked);
	tcase_add_test(tcase, connections_are_summed);
	tcase_add_test(tcase, each_metric_is_described_once);
	tcase_add_test(tcase, without_memory_the_buffer_says_so);
	suite_add_tcase(suite, tcase);
	return suite;
}
