#include <check.h>
#include <stdio.h>
#include <string.h>

#include "aws/aws_metrics.h"

static void ck_assert_has_line(const struct buf *text, const char *line)
{
	char framed[256];

	snprintf(framed, sizeof(framed), "\n%s\n", line);
	ck_assert_msg(strstr(buf_text(text), framed) != NULL, "%s is not in\n%s", line,
		      buf_text(text));
}

START_TEST(the_workers_are_added_up_and_services_told_apart)
{
	struct aws_metrics one = {0};
	struct aws_metrics two = {0};
	struct aws_metrics sum = {0};
	struct aws_metrics other = {0};
	struct aws_metrics_sum sums[] = {{"dynamodb", &sum}, {"sns", &other}};
	struct buf out;

	metric_add(&one.attempts, 3);
	metric_add(&two.attempts, 4);
	metric_add(&one.results[RESULT_OK], 2);
	metric_add(&two.results[RESULT_THROTTLED], 1);
	metric_add(&one.read_millis, 1500);
	metric_add(&two.write_millis, 4000);
	metric_observe(&one.attempt_time, 3000);
	metric_observe(&two.attempt_time, 5000);
	aws_metrics_add(&sum, &one);
	aws_metrics_add(&sum, &two);
	buf_init(&out, 1 << 20);
	aws_metrics_write(&out, sums, 2);
	ck_assert(buf_ok(&out));
	ck_assert_has_line(&out, "shopd_aws_attempts_total{service=\"dynamodb\"} 7");
	ck_assert_has_line(&out, "shopd_aws_attempts_total{service=\"sns\"} 0");
	ck_assert_has_line(&out, "shopd_aws_calls_total{service=\"dynamodb\",result=\"ok\"} 2");
	ck_assert_has_line(&out,
			   "shopd_aws_calls_total{service=\"dynamodb\",result=\"throttled\"} 1");
	ck_assert_has_line(&out, "shopd_aws_read_units_total{service=\"dynamodb\"} 1.500");
	ck_assert_has_line(&out, "shopd_aws_write_units_total{service=\"dynamodb\"} 4.000");
	ck_assert_has_line(&out, "shopd_aws_attempt_seconds_count{service=\"dynamodb\"} 2");
	buf_clear(&out);
}
END_TEST

START_TEST(each_name_has_its_head_once)
{
	struct aws_metrics sum = {0};
	struct aws_metrics_sum sums[] = {{"dynamodb", &sum}, {"sns", &sum}};
	struct buf out;
	size_t heads = 0;

	buf_init(&out, 1 << 20);
	aws_metrics_write(&out, sums, 2);
	for (const char *at = buf_text(&out); (at = strstr(at, "# TYPE ")); at++)
		heads++;
	ck_assert_uint_eq(heads, 8);
	buf_clear(&out);
}
END_TEST

Suite *aws_metrics_suite(void)
{
	Suite *all = suite_create("aws_metrics");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, the_workers_are_added_up_and_services_told_apart);
	tcase_add_test(cases, each_name_has_its_head_once);
	suite_add_tcase(all, cases);
	return all;
}
