#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "scripted_aws.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

static struct scripted_aws aws;

static void set_up(void)
{
	scripted_aws_init(&aws);
}

static void tear_down(void)
{
	scripted_aws_clear(&aws);
}

/* Milliseconds between two requests. */
static uint64_t pause_ms(size_t request)
{
	return (aws.script.requests[request].at_us - aws.script.requests[request - 1].at_us) / 1000;
}

START_TEST(a_call_gets_its_answer)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{\"b\":2}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_int_eq(aws.call.status, 200);
	ck_assert(span_equals(aws.call.answer, "{\"b\":2}"));
	ck_assert(!aws.call.is_uncertain);
	ck_assert_uint_eq(aws.call.attempts, 1);
	ck_assert_uint_eq(aws.await.usage.calls, 1);
	ck_assert_str_eq(script_body(&aws.script, 0), "{\"a\":1}");
	ck_assert_uint_eq(aws.script.requests[0].deadline_us, 1000000000 + 1500000);
	ck_assert_uint_eq(metric_get(&aws.metrics.attempts), 1);
	ck_assert_uint_eq(metric_get(&aws.metrics.results[RESULT_OK]), 1);
}
END_TEST

START_TEST(no_attempt_goes_beyond_the_deadline)
{
	aws.await.deadline_us = aws.script.now_us + SECOND;
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_TIMEOUT, .was_sent = true});
	scripted_aws_run(&aws);
	ck_assert_uint_eq(aws.script.requests[0].deadline_us, aws.await.deadline_us);
	ck_assert_uint_eq(aws.script.request_count, 1);
	ck_assert_int_eq(aws.call.result, RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_transient_error_is_overcome)
{
	SCRIPT_PLAY(&aws.script, {.status = 500}, {.end = EXCHANGE_NOT_SENT},
		    {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_uint_eq(aws.call.attempts, 3);
	ck_assert_uint_eq(aws.await.usage.calls, 3);
	ck_assert_msg(aws.call.is_uncertain, "the first attempt may have had an effect");
	ck_assert_uint_eq(pause_ms(1), 25);
	ck_assert_uint_eq(pause_ms(2), 50);
	ck_assert_uint_eq(metric_get(&aws.metrics.retries), 2);
}
END_TEST

START_TEST(throttling_is_waited_out_longer)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"), {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_uint_eq(pause_ms(1), 1000);
	ck_assert(!aws.call.is_uncertain);
	ck_assert_uint_eq(metric_get(&aws.metrics.throttles), 1);
}
END_TEST

START_TEST(a_wait_that_would_end_too_late_is_not_begun)
{
	uint64_t began_us = aws.script.now_us;

	aws.await.deadline_us = aws.script.now_us + SECOND;
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_THROTTLED);
	ck_assert_uint_lt(aws.script.now_us - began_us, SECOND / 10);
}
END_TEST

START_TEST(the_services_wish_counts)
{
	SCRIPT_PLAY(&aws.script, {.status = 503, .headers = "x-amz-retry-after: 700\r\n"},
		    {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_uint_eq(pause_ms(1), 700);
}
END_TEST

START_TEST(four_attempts_are_all)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NOT_SENT});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_UNREACHABLE);
	ck_assert_uint_eq(aws.call.attempts, 4);
	ck_assert(!aws.call.is_uncertain);
}
END_TEST

START_TEST(a_write_whose_fate_is_open_ends_as_unknown)
{
	static const struct script_step lost[] = {
		{.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		{.end = EXCHANGE_BROKEN, .was_sent = true},
		{.status = 500},
		{.status = 200, .body = "<html>"},
		{.status = 200, .body = "{}", .headers = "x-amz-crc32: 1\r\n"},
	};

	script_play(&aws.script, &lost[_i], 1);
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_UNKNOWN);
	ck_assert(aws.call.is_uncertain);
	ck_assert_uint_eq(aws.call.attempts, 4);
}
END_TEST

START_TEST(a_read_has_no_fate)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true});
	aws.call.is_read = true;
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_UNREACHABLE);
	ck_assert(!aws.call.is_uncertain);
}
END_TEST

START_TEST(doubt_stays_whatever_comes_after)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		    AWS_ERROR("ConditionalCheckFailedException"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_CONFLICT);
	ck_assert(aws.call.is_uncertain);
	ck_assert_str_eq(aws.call.error, "ConditionalCheckFailedException");
}
END_TEST

START_TEST(a_refusal_after_doubt_is_unknown_too)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		    AWS_ERROR("AccessDeniedException"));
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_UNKNOWN);
}
END_TEST

START_TEST(what_cannot_help_is_not_repeated)
{
	static const struct {
		struct script_step step;
		enum result result;
	} table[] = {
		{AWS_ERROR("ValidationException"), RESULT_REFUSED},
		{AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
		{AWS_ERROR("ResourceNotFoundException"), RESULT_NOT_FOUND},
		{AWS_ERROR("ResourceInUseException"), RESULT_EXISTS},
		{AWS_ERROR("ConditionalCheckFailedException"), RESULT_CONFLICT},
		{AWS_ERROR("InvalidSignatureException"), RESULT_REFUSED},
		{AWS_ERROR("ExpiredTokenException"), RESULT_REFUSED},
		{{.end = EXCHANGE_OVERLOADED}, RESULT_OVERLOADED},
		{{.end = EXCHANGE_SHUTDOWN}, RESULT_SHUTDOWN},
		{{.end = EXCHANGE_NO_MEMORY}, RESULT_NO_MEMORY},
	};

	script_play(&aws.script, &table[_i].step, 1);
	scripted_aws_run(&aws);
	ck_assert_str_eq(result_name(aws.call.result), result_name(table[_i].result));
	ck_assert_uint_eq(aws.call.attempts, 1);
}
END_TEST

START_TEST(each_attempt_is_signed_anew)
{
	char date[32];
	char later[32];
	char signature[512];
	char other[512];

	SCRIPT_PLAY(&aws.script, AWS_ERROR("SlowDown"), {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	script_header(&aws.script, 0, "X-Amz-Date", date, sizeof(date));
	script_header(&aws.script, 1, "X-Amz-Date", later, sizeof(later));
	ck_assert_str_eq(date, "20150830T123600Z");
	ck_assert_str_eq(later, "20150830T123601Z");
	script_header(&aws.script, 0, "Authorization", signature, sizeof(signature));
	script_header(&aws.script, 1, "Authorization", other, sizeof(other));
	ck_assert_str_ne(signature, other);
}
END_TEST

START_TEST(a_wrong_clock_is_corrected_and_stays_so)
{
	char date[32];

	SCRIPT_PLAY(&aws.script,
		    {.status = 400,
		     .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
		     .body = "{\"__type\":\"a#InvalidSignatureException\"}"},
		    {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	script_header(&aws.script, 1, "X-Amz-Date", date, sizeof(date));
	ck_assert_str_eq(date, "20150830T133600Z");
	aws.is_done = false;
	aws_call_clear(&aws.call);
	aws.call = (struct aws_call){0};
	scripted_aws_run(&aws);
	script_header(&aws.script, 2, "X-Amz-Date", date, sizeof(date));
	ck_assert_str_eq(date, "20150830T133600Z");
}
END_TEST

enum { MANY = 100 };

static struct aws_call many[MANY];
static unsigned many_done;

static void on_one_of_many(struct aws_call *call)
{
	ck_assert_int_eq(call->result, *(const enum result *)call->context);
	many_done++;
}

static void start_many(const enum result *expected)
{
	many_done = 0;
	for (size_t i = 0; i < MANY; i++) {
		many[i] = (struct aws_call){.target = "T",
					    .await = &aws.await,
					    .done = on_one_of_many,
					    .context = (void *)(uintptr_t)expected};
		buf_init(&many[i].body, 16);
		aws_call_start_later(aws.client, &many[i], 100 * MILLISECOND + i % 7);
	}
}

static void clear_many(void)
{
	for (size_t i = 0; i < MANY; i++)
		aws_call_clear(&many[i]);
}

START_TEST(a_correction_is_for_all_that_were_dated_before_it)
{
	static const struct script_step skewed = {
		.status = 400,
		.headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
		.body = "{\"__type\":\"a#InvalidSignatureException\"}",
	};
	static const enum result ok = RESULT_OK;

	SCRIPT_PLAY(&aws.script, {.hangs = true});
	aws.script.is_forgetful = true;
	start_many(&ok);
	for (int i = 0; i < 100; i++)
		script_pass(&aws.script, 10 * MILLISECOND);
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	script_answer_hanging(&aws.script, &skewed);
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_uint_eq(many_done, MANY);
	clear_many();
}
END_TEST

START_TEST(clocks_that_agree_are_not_the_reason)
{
	SCRIPT_PLAY(&aws.script, {.status = 400,
				  .headers = "Date: Sun, 30 Aug 2015 12:39:59 GMT\r\n",
				  .body = "{\"__type\":\"a#InvalidSignatureException\"}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_REFUSED);
	ck_assert_uint_eq(aws.call.attempts, 1);
}
END_TEST

START_TEST(a_clock_that_no_correction_helps_is_not_corrected_for_ever)
{
	SCRIPT_PLAY(&aws.script, {.status = 400,
				  .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
				  .body = "{\"__type\":\"a#InvalidSignatureException\"}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_REFUSED);
	ck_assert_uint_eq(aws.call.attempts, 2);
}
END_TEST

START_TEST(a_deadline_that_is_over_sends_nothing)
{
	aws.await.deadline_us = aws.script.now_us;
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_TIMEOUT);
	ck_assert_uint_eq(aws.script.request_count, 0);
}
END_TEST

START_TEST(a_body_that_could_not_be_built_is_not_sent)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	scripted_aws_prepare(&aws);
	aws.call.body.failed = true;
	aws_call_start(aws.client, &aws.call);
	ck_assert(!aws.is_done);
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_int_eq(aws.call.result, RESULT_NO_MEMORY);
	ck_assert_uint_eq(aws.script.request_count, 0);
}
END_TEST

START_TEST(a_start_may_be_put_off)
{
	uint64_t began_us = aws.script.now_us;

	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	scripted_aws_prepare(&aws);
	aws_call_start_later(aws.client, &aws.call, 300 * MILLISECOND);
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert_uint_eq(aws.script.requests[0].at_us - began_us, 300 * MILLISECOND);
}
END_TEST

START_TEST(a_call_may_be_used_again)
{
	SCRIPT_PLAY(&aws.script, {.status = 500}, {.status = 200, .body = "{}"},
		    {.status = 200, .body = "{\"c\":3}"});
	scripted_aws_run(&aws);
	ck_assert(aws.call.is_uncertain);
	aws.is_done = false;
	buf_reset(&aws.call.body);
	buf_add_str(&aws.call.body, "{}");
	aws_call_start(aws.client, &aws.call);
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_int_eq(aws.call.result, RESULT_OK);
	ck_assert(!aws.call.is_uncertain);
	ck_assert_uint_eq(aws.call.attempts, 1);
	ck_assert(span_equals(aws.call.answer, "{\"c\":3}"));
	ck_assert_str_eq(script_body(&aws.script, 2), "{}");
}
END_TEST

START_TEST(the_quota_is_shared_by_all_calls_of_a_client)
{
	/* 500 / 14: 35 retries, which 11 calls use up and the 12th has only the rest of. */
	SCRIPT_PLAY(&aws.script, AWS_ERROR("RequestTimeout"));
	for (int i = 0; i < 12; i++) {
		aws.is_done = false;
		aws_call_clear(&aws.call);
		aws.call = (struct aws_call){0};
		script_forget_requests(&aws.script);
		aws.await.deadline_us = aws.script.now_us + 10 * SECOND;
		scripted_aws_run(&aws);
		ck_assert_uint_eq(aws.call.attempts, i < 11 ? 4 : 3);
	}
	ck_assert_uint_eq(metric_get(&aws.metrics.retries), 35);
}
END_TEST

START_TEST(a_stop_ends_calls_between_attempts)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"));
	scripted_aws_start(&aws);
	script_pass(&aws.script, 10 * MILLISECOND);
	ck_assert_uint_eq(aws.script.request_count, 1);
	aws_client_stop(aws.client);
	ck_assert(!aws.is_done);
	loop_turn(aws.script.loop, 0);
	ck_assert(aws.is_done);
	ck_assert_int_eq(aws.call.result, RESULT_SHUTDOWN);
}
END_TEST

START_TEST(many_calls_wait_side_by_side)
{
	static const enum result ok = RESULT_OK;

	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	aws.script.is_forgetful = true;
	start_many(&ok);
	script_run(&aws.script, &aws.is_done, SECOND);
	ck_assert_uint_eq(many_done, MANY);
	clear_many();
}
END_TEST

START_TEST(a_stop_ends_all_that_wait)
{
	static const enum result shutdown = RESULT_SHUTDOWN;

	start_many(&shutdown);
	aws_client_stop(aws.client);
	ck_assert_uint_eq(many_done, 0);
	loop_turn(aws.script.loop, 0);
	ck_assert_uint_eq(many_done, MANY);
	clear_many();
}
END_TEST

START_TEST(after_a_stop_nothing_is_tried_again)
{
	SCRIPT_PLAY(&aws.script, {.hangs = true});
	scripted_aws_start(&aws);
	script_pass(&aws.script, 10 * MILLISECOND);
	aws_client_stop(aws.client);
	loop_turn(aws.script.loop, 0);
	ck_assert_msg(!aws.is_done, "the transport says when a request on the wire is over");
	script_end_all(&aws.script, EXCHANGE_NO_ANSWER);
	loop_turn(aws.script.loop, 0);
	ck_assert(aws.is_done);
	ck_assert_int_eq(aws.call.result, RESULT_UNKNOWN);
	ck_assert_uint_eq(aws.call.attempts, 1);
}
END_TEST

START_TEST(after_a_stop_nothing_begins)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	aws_client_stop(aws.client);
	scripted_aws_run(&aws);
	ck_assert_int_eq(aws.call.result, RESULT_SHUTDOWN);
	ck_assert_uint_eq(aws.script.request_count, 0);
}
END_TEST

static void call_once(void *context)
{
	struct aws_client *client = aws_client_new(&aws.options);

	(void)context;
	ck_assert_int_eq(client != NULL, !alloc_has_failed());
	if (!client)
		return;
	aws.is_done = false;
	aws.await.deadline_us = aws.script.now_us + 10 * SECOND;
	script_forget_requests(&aws.script);
	aws.script.next_step = 0;
	scripted_aws_prepare(&aws);
	aws_call_start(client, &aws.call);
	script_run(&aws.script, &aws.is_done, 30 * SECOND);
	ck_assert(aws.is_done);
	/* The transport's memory may be short too, which a later attempt makes good. */
	if (aws.call.result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(aws.call.result));
	aws_call_clear(&aws.call);
	aws.call = (struct aws_call){0};
	aws_client_free(client);
}

START_TEST(it_ends_in_order_when_memory_is_short)
{
	SCRIPT_PLAY(&aws.script, {.status = 500}, {.status = 200, .body = "{\"Item\":{}}"});
	alloc_fail_each(call_once, NULL);
}
END_TEST

Suite *aws_call_suite(void)
{
	Suite *all = suite_create("aws_call");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_call_gets_its_answer);
	tcase_add_test(cases, no_attempt_goes_beyond_the_deadline);
	tcase_add_test(cases, a_transient_error_is_overcome);
	tcase_add_test(cases, throttling_is_waited_out_longer);
	tcase_add_test(cases, a_wait_that_would_end_too_late_is_not_begun);
	tcase_add_test(cases, the_services_wish_counts);
	tcase_add_test(cases, four_attempts_are_all);
	tcase_add_loop_test(cases, a_write_whose_fate_is_open_ends_as_unknown, 0, 5);
	tcase_add_test(cases, a_read_has_no_fate);
	tcase_add_test(cases, doubt_stays_whatever_comes_after);
	tcase_add_test(cases, a_refusal_after_doubt_is_unknown_too);
	tcase_add_loop_test(cases, what_cannot_help_is_not_repeated, 0, 10);
	tcase_add_test(cases, each_attempt_is_signed_anew);
	tcase_add_test(cases, a_wrong_clock_is_corrected_and_stays_so);
	tcase_add_test(cases, a_correction_is_for_all_that_were_dated_before_it);
	tcase_add_test(cases, clocks_that_agree_are_not_the_reason);
	tcase_add_test(cases, a_clock_that_no_correction_helps_is_not_corrected_for_ever);
	tcase_add_test(cases, a_deadline_that_is_over_sends_nothing);
	tcase_add_test(cases, a_body_that_could_not_be_built_is_not_sent);
	tcase_add_test(cases, a_start_may_be_put_off);
	tcase_add_test(cases, a_call_may_be_used_again);
	tcase_add_test(cases, the_quota_is_shared_by_all_calls_of_a_client);
	tcase_add_test(cases, a_stop_ends_calls_between_attempts);
	tcase_add_test(cases, many_calls_wait_side_by_side);
	tcase_add_test(cases, a_stop_ends_all_that_wait);
	tcase_add_test(cases, after_a_stop_nothing_is_tried_again);
	tcase_add_test(cases, after_a_stop_nothing_begins);
	tcase_add_test(cases, it_ends_in_order_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
