#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "scripted_aws.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

static struct scripted_aws aws;
static struct await await_;
static struct aws_call call;
static bool is_done;
static unsigned done_count;

static void on_done(struct aws_call *done)
{
	ck_assert_ptr_eq(done, &call);
	is_done = true;
	done_count++;
}

static void set_up(void)
{
	scripted_aws_init(&aws);
	await_ = (struct await){.deadline_us = aws.script.now_us + 10 * SECOND};
	call = (struct aws_call){0};
	is_done = false;
	done_count = 0;
}

static void tear_down(void)
{
	aws_call_clear(&call);
	scripted_aws_clear(&aws);
}

static void prepare(void)
{
	call.target = "DynamoDB_20120810.PutItem";
	call.await = &await_;
	call.done = on_done;
	buf_init(&call.body, 4096);
	buf_add_str(&call.body, "{\"a\":1}");
}

static void start(void)
{
	prepare();
	aws_call_start(aws.client, &call);
	ck_assert_msg(!is_done, "done was called from within the start");
}

static void run(void)
{
	start();
	script_run(&aws.script, &is_done, 30 * SECOND);
	ck_assert(is_done);
	ck_assert_uint_eq(done_count, 1);
}

/* Milliseconds between two requests. */
static uint64_t pause_ms(size_t request)
{
	return (aws.script.requests[request].at_us - aws.script.requests[request - 1].at_us) / 1000;
}

START_TEST(a_call_gets_its_answer)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{\"b\":2}"});
	run();
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_int_eq(call.status, 200);
	ck_assert(span_equals(call.answer, "{\"b\":2}"));
	ck_assert(!call.is_uncertain);
	ck_assert_uint_eq(call.attempts, 1);
	ck_assert_uint_eq(await_.usage.calls, 1);
	ck_assert_str_eq(script_body(&aws.script, 0), "{\"a\":1}");
	ck_assert_uint_eq(aws.script.requests[0].deadline_us, 1000000000 + 1500000);
	ck_assert_uint_eq(metric_get(&aws.metrics.attempts), 1);
	ck_assert_uint_eq(metric_get(&aws.metrics.results[RESULT_OK]), 1);
}
END_TEST

START_TEST(no_attempt_goes_beyond_the_deadline)
{
	await_.deadline_us = aws.script.now_us + SECOND;
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_TIMEOUT, .was_sent = true});
	run();
	ck_assert_uint_eq(aws.script.requests[0].deadline_us, await_.deadline_us);
	ck_assert_uint_eq(aws.script.request_count, 1);
	ck_assert_int_eq(call.result, RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_transient_error_is_overcome)
{
	SCRIPT_PLAY(&aws.script, {.status = 500}, {.end = EXCHANGE_NOT_SENT},
		    {.status = 200, .body = "{}"});
	run();
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_uint_eq(call.attempts, 3);
	ck_assert_uint_eq(await_.usage.calls, 3);
	ck_assert_msg(call.is_uncertain, "the first attempt may have had an effect");
	ck_assert_uint_eq(pause_ms(1), 25);
	ck_assert_uint_eq(pause_ms(2), 50);
	ck_assert_uint_eq(metric_get(&aws.metrics.retries), 2);
}
END_TEST

START_TEST(throttling_is_waited_out_longer)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"), {.status = 200, .body = "{}"});
	run();
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_uint_eq(pause_ms(1), 1000);
	ck_assert(!call.is_uncertain);
	ck_assert_uint_eq(metric_get(&aws.metrics.throttles), 1);
}
END_TEST

START_TEST(a_wait_that_would_end_too_late_is_not_begun)
{
	uint64_t began_us = aws.script.now_us;

	await_.deadline_us = aws.script.now_us + SECOND;
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"));
	run();
	ck_assert_int_eq(call.result, RESULT_THROTTLED);
	ck_assert_uint_lt(aws.script.now_us - began_us, SECOND / 10);
}
END_TEST

START_TEST(the_services_wish_counts)
{
	SCRIPT_PLAY(&aws.script, {.status = 503, .headers = "x-amz-retry-after: 700\r\n"},
		    {.status = 200, .body = "{}"});
	run();
	ck_assert_uint_eq(pause_ms(1), 700);
}
END_TEST

START_TEST(four_attempts_are_all)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NOT_SENT});
	run();
	ck_assert_int_eq(call.result, RESULT_UNREACHABLE);
	ck_assert_uint_eq(call.attempts, 4);
	ck_assert(!call.is_uncertain);
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
	run();
	ck_assert_int_eq(call.result, RESULT_UNKNOWN);
	ck_assert(call.is_uncertain);
	ck_assert_uint_eq(call.attempts, 4);
}
END_TEST

START_TEST(a_read_has_no_fate)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true});
	call.is_read = true;
	run();
	ck_assert_int_eq(call.result, RESULT_UNREACHABLE);
	ck_assert(!call.is_uncertain);
}
END_TEST

START_TEST(doubt_stays_whatever_comes_after)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		    AWS_ERROR("ConditionalCheckFailedException"));
	run();
	ck_assert_int_eq(call.result, RESULT_CONFLICT);
	ck_assert(call.is_uncertain);
	ck_assert_str_eq(call.error, "ConditionalCheckFailedException");
}
END_TEST

START_TEST(a_refusal_after_doubt_is_unknown_too)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		    AWS_ERROR("AccessDeniedException"));
	run();
	ck_assert_int_eq(call.result, RESULT_UNKNOWN);
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
	run();
	ck_assert_str_eq(result_name(call.result), result_name(table[_i].result));
	ck_assert_uint_eq(call.attempts, 1);
}
END_TEST

START_TEST(each_attempt_is_signed_anew)
{
	char date[32];
	char later[32];
	char signature[512];
	char other[512];

	SCRIPT_PLAY(&aws.script, AWS_ERROR("SlowDown"), {.status = 200, .body = "{}"});
	run();
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
	run();
	ck_assert_int_eq(call.result, RESULT_OK);
	script_header(&aws.script, 1, "X-Amz-Date", date, sizeof(date));
	ck_assert_str_eq(date, "20150830T133600Z");
	is_done = false;
	done_count = 0;
	aws_call_clear(&call);
	call = (struct aws_call){0};
	run();
	script_header(&aws.script, 2, "X-Amz-Date", date, sizeof(date));
	ck_assert_str_eq(date, "20150830T133600Z");
}
END_TEST

START_TEST(clocks_that_agree_are_not_the_reason)
{
	SCRIPT_PLAY(&aws.script, {.status = 400,
				  .headers = "Date: Sun, 30 Aug 2015 12:39:59 GMT\r\n",
				  .body = "{\"__type\":\"a#InvalidSignatureException\"}"});
	run();
	ck_assert_int_eq(call.result, RESULT_REFUSED);
	ck_assert_uint_eq(call.attempts, 1);
}
END_TEST

START_TEST(a_clock_that_no_correction_helps_is_not_corrected_for_ever)
{
	SCRIPT_PLAY(&aws.script, {.status = 400,
				  .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
				  .body = "{\"__type\":\"a#InvalidSignatureException\"}"});
	run();
	ck_assert_int_eq(call.result, RESULT_REFUSED);
	ck_assert_uint_eq(call.attempts, 2);
}
END_TEST

START_TEST(without_keys_it_fails_and_does_not_wait)
{
	const struct credentials_options options = {
		.is_metadata_disabled = true,
		.loop = aws.script.loop,
		.transport = &aws.script.transport,
	};

	aws.options.credentials = credentials_new(&options);
	scripted_aws_make_client(&aws);
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	run();
	ck_assert_int_eq(call.result, RESULT_UNREACHABLE);
	ck_assert_uint_eq(aws.script.request_count, 0);
	credentials_free(aws.options.credentials);
}
END_TEST

#define ROLE_KEYS(key)                                                                       \
	{.status = 200,                                                                      \
	 .body = "{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","      \
		 "\"Expiration\":\"2015-08-30T18:36:00Z\"}"}
#define TEXT(text) {.status = 200, .body = text}

static struct credentials *role;

static void on_ready(void *context)
{
	*(bool *)context = true;
}

/* A client whose keys come from an instance's role: ASIA1. */
static void use_role(void)
{
	const struct credentials_options options = {
		.metadata_endpoint = "http://169.254.169.254",
		.loop = aws.script.loop,
		.transport = &aws.script.transport,
	};
	bool is_ready = false;

	SCRIPT_PLAY(&aws.script, TEXT("TOKEN"), TEXT("role"), ROLE_KEYS("ASIA1"));
	role = credentials_new(&options);
	credentials_start(role, on_ready, &is_ready);
	script_run(&aws.script, &is_ready, SECOND);
	ck_assert(is_ready);
	script_forget_requests(&aws.script);
	aws.options.credentials = role;
	scripted_aws_make_client(&aws);
}

static void end_role(void)
{
	credentials_stop(role);
	script_end_all(&aws.script, EXCHANGE_SHUTDOWN);
	credentials_free(role);
}

START_TEST(expired_keys_are_renewed_and_the_call_made_again)
{
	char signature[256];

	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), TEXT("role"), ROLE_KEYS("ASIA2"),
		    TEXT("{}"));
	run();
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_uint_eq(call.attempts, 2);
	script_header(&aws.script, 3, "Authorization", signature, sizeof(signature));
	ck_assert_ptr_nonnull(strstr(signature, "Credential=ASIA2/"));
	end_role();
}
END_TEST

START_TEST(a_call_that_was_signed_with_older_keys_takes_the_newer_ones)
{
	struct credentials_wait wait = {.done = NULL};

	use_role();
	SCRIPT_PLAY(&aws.script, {.hangs = true}, TEXT("role"), ROLE_KEYS("ASIA2"), TEXT("{}"));
	start();
	ck_assert(credentials_refresh(role, &wait));
	credentials_wait_off(role, &wait);
	script_pass(&aws.script, MILLISECOND);
	ck_assert_str_eq(credentials_current(role)->access_key, "ASIA2");
	script_answer_hanging(&aws.script, &(struct script_step)AWS_ERROR("ExpiredTokenException"));
	script_run(&aws.script, &is_done, SECOND);
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_uint_eq(aws.script.request_count, 4);
	end_role();
}
END_TEST

START_TEST(keys_that_stay_refused_end_the_call)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("UnrecognizedClientException"), TEXT("role"),
		    ROLE_KEYS("ASIA2"), AWS_ERROR("UnrecognizedClientException"));
	run();
	ck_assert_int_eq(call.result, RESULT_REFUSED);
	ck_assert_uint_eq(call.attempts, 2);
	end_role();
}
END_TEST

START_TEST(when_there_are_no_other_keys_the_call_ends)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), TEXT("role"), ROLE_KEYS("ASIA1"));
	run();
	ck_assert_int_eq(call.result, RESULT_REFUSED);
	ck_assert_uint_eq(call.attempts, 1);
	end_role();
}
END_TEST

START_TEST(new_keys_are_not_waited_for_beyond_the_deadline)
{
	uint64_t began_us = aws.script.now_us;

	use_role();
	await_.deadline_us = aws.script.now_us + SECOND / 2;
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), {.hangs = true});
	run();
	ck_assert_int_eq(call.result, RESULT_REFUSED);
	ck_assert_uint_lt(aws.script.now_us - began_us, SECOND);
	end_role();
}
END_TEST

START_TEST(a_stop_ends_calls_that_wait_for_keys)
{
	use_role();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ExpiredTokenException"), {.hangs = true});
	start();
	script_pass(&aws.script, MILLISECOND);
	credentials_stop(role);
	aws_client_stop(aws.client);
	loop_turn(aws.script.loop, 0);
	ck_assert(is_done);
	ck_assert_int_eq(call.result, RESULT_SHUTDOWN);
	end_role();
}
END_TEST

START_TEST(a_deadline_that_is_over_sends_nothing)
{
	await_.deadline_us = aws.script.now_us;
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	run();
	ck_assert_int_eq(call.result, RESULT_TIMEOUT);
	ck_assert_uint_eq(aws.script.request_count, 0);
}
END_TEST

START_TEST(a_body_that_could_not_be_built_is_not_sent)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	prepare();
	call.body.failed = true;
	aws_call_start(aws.client, &call);
	ck_assert(!is_done);
	script_run(&aws.script, &is_done, SECOND);
	ck_assert_int_eq(call.result, RESULT_NO_MEMORY);
	ck_assert_uint_eq(aws.script.request_count, 0);
}
END_TEST

START_TEST(a_start_may_be_put_off)
{
	uint64_t began_us = aws.script.now_us;

	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	prepare();
	aws_call_start_later(aws.client, &call, 300 * MILLISECOND);
	script_run(&aws.script, &is_done, SECOND);
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert_uint_eq(aws.script.requests[0].at_us - began_us, 300 * MILLISECOND);
}
END_TEST

START_TEST(a_call_may_be_used_again)
{
	SCRIPT_PLAY(&aws.script, {.status = 500}, {.status = 200, .body = "{}"},
		    {.status = 200, .body = "{\"c\":3}"});
	run();
	ck_assert(call.is_uncertain);
	is_done = false;
	buf_reset(&call.body);
	buf_add_str(&call.body, "{}");
	aws_call_start(aws.client, &call);
	script_run(&aws.script, &is_done, SECOND);
	ck_assert_int_eq(call.result, RESULT_OK);
	ck_assert(!call.is_uncertain);
	ck_assert_uint_eq(call.attempts, 1);
	ck_assert(span_equals(call.answer, "{\"c\":3}"));
	ck_assert_str_eq(script_body(&aws.script, 2), "{}");
}
END_TEST

START_TEST(the_quota_is_shared_by_all_calls_of_a_client)
{
	/* 500 / 14: 35 retries, which 11 calls use up and the 12th has only the rest of. */
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NOT_SENT});
	for (int i = 0; i < 12; i++) {
		is_done = false;
		done_count = 0;
		aws_call_clear(&call);
		call = (struct aws_call){0};
		script_forget_requests(&aws.script);
		await_.deadline_us = aws.script.now_us + 10 * SECOND;
		run();
		ck_assert_uint_eq(call.attempts, i < 11 ? 4 : 3);
	}
	ck_assert_uint_eq(metric_get(&aws.metrics.retries), 35);
}
END_TEST

START_TEST(a_stop_ends_calls_between_attempts)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ThrottlingException"));
	start();
	script_pass(&aws.script, 10 * MILLISECOND);
	ck_assert_uint_eq(aws.script.request_count, 1);
	aws_client_stop(aws.client);
	ck_assert(!is_done);
	loop_turn(aws.script.loop, 0);
	ck_assert(is_done);
	ck_assert_int_eq(call.result, RESULT_SHUTDOWN);
}
END_TEST

START_TEST(after_a_stop_nothing_is_tried_again)
{
	SCRIPT_PLAY(&aws.script, {.hangs = true});
	start();
	script_pass(&aws.script, 10 * MILLISECOND);
	aws_client_stop(aws.client);
	loop_turn(aws.script.loop, 0);
	ck_assert_msg(!is_done, "the transport says when a request on the wire is over");
	script_end_all(&aws.script, EXCHANGE_NO_ANSWER);
	loop_turn(aws.script.loop, 0);
	ck_assert(is_done);
	ck_assert_int_eq(call.result, RESULT_UNKNOWN);
	ck_assert_uint_eq(call.attempts, 1);
}
END_TEST

START_TEST(after_a_stop_nothing_begins)
{
	SCRIPT_PLAY(&aws.script, {.status = 200, .body = "{}"});
	aws_client_stop(aws.client);
	run();
	ck_assert_int_eq(call.result, RESULT_SHUTDOWN);
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
	is_done = false;
	await_.deadline_us = aws.script.now_us + 10 * SECOND;
	script_forget_requests(&aws.script);
	aws.script.next_step = 0;
	prepare();
	aws_call_start(client, &call);
	script_run(&aws.script, &is_done, 30 * SECOND);
	ck_assert(is_done);
	/* The transport's memory may be short too, which a later attempt makes good. */
	if (call.result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(call.result));
	aws_call_clear(&call);
	call = (struct aws_call){0};
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
	tcase_add_test(cases, clocks_that_agree_are_not_the_reason);
	tcase_add_test(cases, a_clock_that_no_correction_helps_is_not_corrected_for_ever);
	tcase_add_test(cases, without_keys_it_fails_and_does_not_wait);
	tcase_add_test(cases, expired_keys_are_renewed_and_the_call_made_again);
	tcase_add_test(cases, a_call_that_was_signed_with_older_keys_takes_the_newer_ones);
	tcase_add_test(cases, keys_that_stay_refused_end_the_call);
	tcase_add_test(cases, when_there_are_no_other_keys_the_call_ends);
	tcase_add_test(cases, new_keys_are_not_waited_for_beyond_the_deadline);
	tcase_add_test(cases, a_stop_ends_calls_that_wait_for_keys);
	tcase_add_test(cases, a_deadline_that_is_over_sends_nothing);
	tcase_add_test(cases, a_body_that_could_not_be_built_is_not_sent);
	tcase_add_test(cases, a_start_may_be_put_off);
	tcase_add_test(cases, a_call_may_be_used_again);
	tcase_add_test(cases, the_quota_is_shared_by_all_calls_of_a_client);
	tcase_add_test(cases, a_stop_ends_calls_between_attempts);
	tcase_add_test(cases, after_a_stop_nothing_is_tried_again);
	tcase_add_test(cases, after_a_stop_nothing_begins);
	tcase_add_test(cases, it_ends_in_order_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
