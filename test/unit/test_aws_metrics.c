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
	buf_clear(&out);
}
END_TEST

START_TEST(times_are_told_by_operation)
{
	static const struct {
		const char *target;
		const char *operation;
		int of_one;
		int of_two;
	} table[] = {
		{"DynamoDB_20120810.Query", "Query", 3, 1},
		{"DynamoDB_20120810.TransactWriteItems", "TransactWriteItems", 1, 0},
		{"SNS.PublishBatch", "PublishBatch", 0, 2},
		{"SNS.Publish", "Publish", 1, 1},
		{"DynamoDB_20120810.UpdateTimeToLive", "other", 1, 0},
	};
	static const struct exchange answered = {.end = EXCHANGE_ANSWERED};
	static const struct aws_verdict fine = {.result = RESULT_OK};
	struct aws_metrics one = {0};
	struct aws_metrics two = {0};
	struct aws_metrics sum = {0};
	struct aws_metrics_sum sums[] = {{"some", &sum}};
	struct buf out;
	char line[160];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (int k = 0; k < table[i].of_one; k++)
			aws_metrics_count_attempt(&one, table[i].target, &answered, &fine, 3000);
		for (int k = 0; k < table[i].of_two; k++)
			aws_metrics_count_attempt(&two, table[i].target, &answered, &fine, 6000);
	}
	aws_metrics_add(&sum, &one);
	aws_metrics_add(&sum, &two);
	buf_init(&out, 1 << 20);
	aws_metrics_write(&out, sums, 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(line, sizeof(line),
			 "shopd_aws_attempt_seconds_count{service=\"some\",operation=\"%s\"} %d",
			 table[i].operation, table[i].of_one + table[i].of_two);
		ck_assert_has_line(&out, line);
		snprintf(line, sizeof(line),
			 "shopd_aws_attempt_seconds_bucket{service=\"some\",operation=\"%s\","
			 "le=\"0.005\"} %d",
			 table[i].operation, table[i].of_one);
		ck_assert_has_line(&out, line);
	}
	ck_assert_ptr_null(strstr(buf_text(&out), "GetItem"));
	buf_clear(&out);
}
END_TEST

START_TEST(failed_attempts_are_counted_by_name_and_strange_names_are_one)
{
	static const struct {
		enum exchange_end end;
		struct aws_verdict verdict;
		const char *error;
	} table[] = {
		{EXCHANGE_NOT_SENT, {.result = RESULT_UNREACHABLE}, "not_sent"},
		{EXCHANGE_TIMEOUT, {.result = RESULT_TIMEOUT}, "timeout"},
		{EXCHANGE_BROKEN, {.result = RESULT_GARBLED}, "broken_answer"},
		{EXCHANGE_TOO_LONG, {.result = RESULT_GARBLED}, "long_answer"},
		{EXCHANGE_ANSWERED, {.result = RESULT_GARBLED}, "garbled_answer"},
		{EXCHANGE_ANSWERED,
		 {.result = RESULT_THROTTLED,
		  .retry = RETRY_THROTTLED,
		  .error = "ThrottlingException"},
		 "ThrottlingException"},
		{EXCHANGE_ANSWERED,
		 {.result = RESULT_CONFLICT, .error = "ConditionalCheckFailedException"},
		 "ConditionalCheckFailedException"},
		{EXCHANGE_ANSWERED,
		 {.result = RESULT_REFUSED, .error = "SignatureDoesNotMatch"},
		 "SignatureDoesNotMatch"},
		{EXCHANGE_ANSWERED, {.result = RESULT_REFUSED, .error = "Made\"Up"}, "other"},
		{EXCHANGE_ANSWERED, {.result = RESULT_REFUSED, .error = "not_sent"}, "other"},
		{EXCHANGE_ANSWERED, {.result = RESULT_UNREACHABLE, .error = ""}, "other"},
	};
	struct aws_metrics counted = {0};
	struct aws_metrics_sum sum = {"dynamodb", &counted};
	struct exchange exchange = {0};
	struct buf out;
	char line[160];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		exchange.end = table[i].end;
		aws_metrics_count_attempt(&counted, "DynamoDB_20120810.Query", &exchange,
					  &table[i].verdict, 1000);
	}
	buf_init(&out, 1 << 20);
	aws_metrics_write(&out, &sum, 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool is_other = strcmp(table[i].error, "other") == 0;

		snprintf(line, sizeof(line),
			 "shopd_aws_errors_total{service=\"dynamodb\",error=\"%s\"} %d",
			 table[i].error, is_other ? 3 : 1);
		ck_assert_has_line(&out, line);
	}
	ck_assert_uint_eq(metric_get(&counted.throttles), 1);
	ck_assert_has_line(&out, "shopd_aws_attempt_seconds_count{service=\"dynamodb\","
				 "operation=\"Query\"} 11");
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
	ck_assert_uint_eq(heads, 11);
	buf_clear(&out);
}
END_TEST

Suite *aws_metrics_suite(void)
{
	Suite *all = suite_create("aws_metrics");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, the_workers_are_added_up_and_services_told_apart);
	tcase_add_test(cases, times_are_told_by_operation);
	tcase_add_test(cases, failed_attempts_are_counted_by_name_and_strange_names_are_one);
	tcase_add_test(cases, each_name_has_its_head_once);
	suite_add_tcase(all, cases);
	return all;
}
