#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/metrics.h"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, 10000);
}

static void tear_down(void)
{
	buf_clear(&out);
}

START_TEST(counters_count)
{
	metric_counter counter = 0;

	metric_add(&counter, 2);
	metric_add(&counter, 40);
	ck_assert_uint_eq(metric_get(&counter), 42);
}
END_TEST

START_TEST(the_head_escapes_its_help)
{
	metric_write_head(&out, "shopd_requests_total", "counter", "Requests\\\nby route.");
	ck_assert_str_eq(buf_text(&out), "# HELP shopd_requests_total Requests\\\\\\nby route.\n"
					 "# TYPE shopd_requests_total counter\n");
}
END_TEST

START_TEST(a_counter_without_labels_is_written_as_a_whole)
{
	metric_write_total(&out, "a_total", "All.", 7);
	ck_assert_str_eq(buf_text(&out),
			 "# HELP a_total All.\n# TYPE a_total counter\na_total 7\n");
}
END_TEST

START_TEST(samples_have_labels_or_none)
{
	metric_write(&out, "a_total", "", 5);
	metric_write(&out, "a_total", "route=\"/product\",method=\"GET\"", UINT64_MAX);
	metric_write_millis(&out, "units", "", 1500);
	metric_write_millis(&out, "units", "kind=\"read\"", 7);
	ck_assert_str_eq(buf_text(&out),
			 "a_total 5\n"
			 "a_total{route=\"/product\",method=\"GET\"} 18446744073709551615\n"
			 "units 1.500\n"
			 "units{kind=\"read\"} 0.007\n");
}
END_TEST

START_TEST(a_bucket_holds_its_upper_bound)
{
	struct metric_histogram histogram = {0};

	metric_observe(&histogram, 0);
	metric_observe(&histogram, 500);
	metric_observe(&histogram, 501);
	metric_observe(&histogram, 10000000);
	metric_observe(&histogram, 10000001);
	ck_assert_uint_eq(metric_get(&histogram.buckets[0]), 2);
	ck_assert_uint_eq(metric_get(&histogram.buckets[1]), 1);
	ck_assert_uint_eq(metric_get(&histogram.buckets[METRIC_BUCKETS - 1]), 1);
	ck_assert_uint_eq(metric_get(&histogram.buckets[METRIC_BUCKETS]), 1);
	ck_assert_uint_eq(metric_get(&histogram.sum_us), 20001002);
}
END_TEST

START_TEST(a_histogram_is_written_cumulative_and_in_seconds)
{
	struct metric_histogram histogram = {0};

	metric_observe(&histogram, 400);
	metric_observe(&histogram, 2000);
	metric_observe(&histogram, 20000000);
	metric_write_histogram(&out, "t", "", &histogram);
	ck_assert_str_eq(buf_text(&out), "t_bucket{le=\"0.0005\"} 1\n"
					 "t_bucket{le=\"0.001\"} 1\n"
					 "t_bucket{le=\"0.0025\"} 2\n"
					 "t_bucket{le=\"0.005\"} 2\n"
					 "t_bucket{le=\"0.01\"} 2\n"
					 "t_bucket{le=\"0.025\"} 2\n"
					 "t_bucket{le=\"0.05\"} 2\n"
					 "t_bucket{le=\"0.1\"} 2\n"
					 "t_bucket{le=\"0.25\"} 2\n"
					 "t_bucket{le=\"0.5\"} 2\n"
					 "t_bucket{le=\"1\"} 2\n"
					 "t_bucket{le=\"2.5\"} 2\n"
					 "t_bucket{le=\"5\"} 2\n"
					 "t_bucket{le=\"10\"} 2\n"
					 "t_bucket{le=\"+Inf\"} 3\n"
					 "t_sum 20.002400\n"
					 "t_count 3\n");
}
END_TEST

START_TEST(the_labels_of_a_histogram_stand_before_the_bound)
{
	struct metric_histogram histogram = {0};

	metric_write_histogram(&out, "t", "route=\"/cart\"", &histogram);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "t_bucket{route=\"/cart\",le=\"1\"} 0\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "t_sum{route=\"/cart\"} 0.000000\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "t_count{route=\"/cart\"} 0\n"));
}
END_TEST

START_TEST(histograms_of_several_threads_add_up)
{
	struct metric_histogram one = {0};
	struct metric_histogram other = {0};
	struct metric_histogram sum = {0};

	metric_observe(&one, 100);
	metric_observe(&other, 200);
	metric_observe(&other, 300000000);
	metric_histogram_add(&sum, &one);
	metric_histogram_add(&sum, &other);
	ck_assert_uint_eq(metric_get(&sum.buckets[0]), 2);
	ck_assert_uint_eq(metric_get(&sum.buckets[METRIC_BUCKETS]), 1);
	ck_assert_uint_eq(metric_get(&sum.sum_us), 300000300);
}
END_TEST

static void write_all(void *context)
{
	struct metric_histogram histogram = {0};
	struct buf text;

	(void)context;
	buf_init(&text, 10000);
	metric_write_head(&text, "t", "histogram", "Time.");
	metric_write_histogram(&text, "t", "", &histogram);
	metric_write_millis(&text, "t", "", 1);
	ck_assert(buf_ok(&text) != alloc_has_failed());
	buf_clear(&text);
}

START_TEST(the_buffer_says_when_memory_was_short)
{
	alloc_fail_each(write_all, NULL);
}
END_TEST

Suite *metrics_suite(void)
{
	Suite *all = suite_create("metrics");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, counters_count);
	tcase_add_test(cases, the_head_escapes_its_help);
	tcase_add_test(cases, a_counter_without_labels_is_written_as_a_whole);
	tcase_add_test(cases, samples_have_labels_or_none);
	tcase_add_test(cases, a_bucket_holds_its_upper_bound);
	tcase_add_test(cases, a_histogram_is_written_cumulative_and_in_seconds);
	tcase_add_test(cases, the_labels_of_a_histogram_stand_before_the_bound);
	tcase_add_test(cases, histograms_of_several_threads_add_up);
	tcase_add_test(cases, the_buffer_says_when_memory_was_short);
	suite_add_tcase(all, cases);
	return all;
}
