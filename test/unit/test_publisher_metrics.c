#include "notify/publisher_metrics.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct publisher_metrics *one;
static struct publisher_metrics *other;
static struct publisher_metrics *sum;

static void set_up(void)
{
	one = calloc(1, sizeof(*one));
	other = calloc(1, sizeof(*other));
	sum = calloc(1, sizeof(*sum));
}

static void tear_down(void)
{
	free(one);
	free(other);
	free(sum);
}

static void ck_assert_written(uint64_t now_us, const char *line)
{
	struct buf out = {0};

	buf_init(&out, 64 * 1024);
	publisher_metrics_write(&out, sum, now_us);
	ck_assert_msg(strstr(buf_text(&out), line) != NULL, "%s\nnot in\n%s", line, buf_text(&out));
	buf_clear(&out);
}

START_TEST(workers_are_added_up)
{
	metric_add(&one->accepted, 5);
	metric_add(&other->accepted, 2);
	metric_add(&one->refused, 1);
	metric_add(&other->failed, 3);
	metric_add(&other->dead, 4);
	metric_observe(&one->delay, 2000);
	publisher_metrics_add(sum, one);
	publisher_metrics_add(sum, other);
	ck_assert_written(1, "\nshopd_outbox_published_total 7\n");
	ck_assert_written(1, "\nshopd_outbox_refused_total 1\n");
	ck_assert_written(1, "\nshopd_outbox_failures_total 3\n");
	ck_assert_written(1, "\nshopd_outbox_dead_total 4\n");
	ck_assert_written(1, "\nshopd_outbox_publish_seconds_count 1\n");
}
END_TEST

START_TEST(what_waits_is_added_up_and_of_the_oldest_the_older_counts)
{
	metric_set(&one->pending[0], 2);
	metric_set(&one->oldest_us[0], 9000000);
	metric_set(&other->pending[3], 3);
	metric_set(&other->oldest_us[3], 7500000);
	publisher_metrics_add(sum, one);
	publisher_metrics_add(sum, other);
	ck_assert_written(10000000, "\nshopd_outbox_pending 5\n");
	ck_assert_written(10000000, "\nshopd_outbox_oldest_seconds 2.500\n");
}
END_TEST

START_TEST(when_two_know_of_a_shard_the_older_counts)
{
	metric_set(&one->oldest_us[0], 9000000);
	metric_set(&other->oldest_us[0], 8000000);
	publisher_metrics_add(sum, one);
	publisher_metrics_add(sum, other);
	publisher_metrics_add(sum, one);
	ck_assert_written(10000000, "\nshopd_outbox_oldest_seconds 2.000\n");
}
END_TEST

START_TEST(nothing_that_waits_has_no_age)
{
	ck_assert_written(10000000, "\nshopd_outbox_pending 0\n");
	ck_assert_written(10000000, "\nshopd_outbox_oldest_seconds 0.000\n");
}
END_TEST

Suite *publisher_metrics_suite(void)
{
	Suite *suite = suite_create("publisher_metrics");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, workers_are_added_up);
	tcase_add_test(tests, what_waits_is_added_up_and_of_the_oldest_the_older_counts);
	tcase_add_test(tests, when_two_know_of_a_shard_the_older_counts);
	tcase_add_test(tests, nothing_that_waits_has_no_age);
	suite_add_tcase(suite, tests);
	return suite;
}
