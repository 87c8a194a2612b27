#include <check.h>
#include <string.h>

#include "aws/circuit.h"
#include "scripted_aws.h"

/*
 * The rules of retries as callers meet them: what is sent when, on a clock that only the test
 * moves. The same rules as pure figures are in test_retry.c; the circuit's are in test_circuit.c.
 */

enum { SECOND = 1000000, MILLISECOND = 1000, STEPS = 6 };

static struct scripted_aws aws;

static void set_up(void)
{
	scripted_aws_init(&aws);
}

static void tear_down(void)
{
	scripted_aws_clear(&aws);
}

static uint64_t pause_us(size_t request)
{
	return aws.script.requests[request].at_us - aws.script.requests[request - 1].at_us;
}

struct story {
	const char *name;
	const struct retry_policy *policy;
	uint64_t max_attempts;           /* AWS_MAX_ATTEMPTS */
	uint64_t deadline_ms;            /* 0: ten seconds */
	struct script_step steps[STEPS]; /* the last one is played on */
	size_t step_count;
	enum result result;
	uint64_t pauses_ms[STEPS]; /* before each attempt but the first; 0: there is no other */
};

#define DYNAMODB &retry_policy_dynamodb
#define STANDARD &retry_policy_standard
#define OK                                  \
	{                                   \
		.status = 200, .body = "{}" \
	}
#define WISH(ms)                                                          \
	{                                                                 \
		.status = 503, .headers = "x-amz-retry-after: " ms "\r\n" \
	}
#define SKEWED                                                                       \
	{                                                                            \
		.status = 400, .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n", \
		.body = "{\"__type\":\"a#RequestTimeTooSkewed\"}"                    \
	}

/* All with random(0..1) = 1. */
static const struct story stories[] = {
	{"AWS's example: two errors, then success",
	 STANDARD,
	 0,
	 0,
	 {{.status = 500}, {.status = 500}, OK},
	 3,
	 RESULT_OK,
	 {50, 100}},
	{"three attempts are all of them",
	 STANDARD,
	 0,
	 0,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {50, 100}},
	{"DynamoDB: sooner, and four",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {25, 50, 100}},
	{"AWS_MAX_ATTEMPTS: fewer",
	 DYNAMODB,
	 2,
	 0,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {25}},
	{"AWS_MAX_ATTEMPTS: more",
	 STANDARD,
	 5,
	 0,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {50, 100, 200, 400}},
	{"AWS_MAX_ATTEMPTS: one",
	 STANDARD,
	 1,
	 0,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {0}},
	{"throttling has a longer base",
	 DYNAMODB,
	 0,
	 0,
	 {AWS_ERROR("ThrottlingException"), AWS_ERROR("ProvisionedThroughputExceededException"),
	  OK},
	 3,
	 RESULT_OK,
	 {1000, 2000}},
	{"each failure's own base, the call's own count",
	 DYNAMODB,
	 0,
	 0,
	 {{.status = 503}, AWS_ERROR("SlowDown"), {.status = 504}, OK},
	 4,
	 RESULT_OK,
	 {25, 2000, 100}},
	{"the service's wish", STANDARD, 0, 0, {WISH("700"), OK}, 2, RESULT_OK, {700}},
	{"a wish for less than the delay", STANDARD, 0, 0, {WISH("0"), OK}, 2, RESULT_OK, {50}},
	{"a wish for too much", STANDARD, 0, 0, {WISH("10000"), OK}, 2, RESULT_OK, {5050}},
	{"a wish that is no number", STANDARD, 0, 0, {WISH("soon"), OK}, 2, RESULT_OK, {50}},
	{"a wish beyond the deadline ends the call at once",
	 STANDARD,
	 0,
	 3000,
	 {WISH("4000"), OK},
	 2,
	 RESULT_UNKNOWN,
	 {0}},
	{"no retry is begun that the deadline would overtake",
	 DYNAMODB,
	 0,
	 60,
	 {{.end = EXCHANGE_NOT_SENT}},
	 1,
	 RESULT_UNREACHABLE,
	 {25}},
	{"a clock that is off by an hour", DYNAMODB, 0, 0, {SKEWED, OK}, 2, RESULT_OK, {25}},
	{"and that no correction helps", DYNAMODB, 0, 0, {SKEWED}, 1, RESULT_REFUSED, {25}},
	{"refusals of the request itself",
	 DYNAMODB,
	 0,
	 0,
	 {AWS_ERROR("ValidationException"), OK},
	 2,
	 RESULT_REFUSED,
	 {0}},
	{"met others: the caller decides, see dynamodb.c",
	 DYNAMODB,
	 0,
	 0,
	 {AWS_ERROR("TransactionConflictException"), OK},
	 2,
	 RESULT_CONFLICT,
	 {0}},
	{"a transaction with the same token is under way",
	 DYNAMODB,
	 0,
	 0,
	 {AWS_ERROR("TransactionInProgressException"), OK},
	 2,
	 RESULT_OK,
	 {1000}},
	{"the connection breaks",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_NO_ANSWER, .was_sent = true}, OK},
	 2,
	 RESULT_OK,
	 {25}},
	{"the answer breaks",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_BROKEN, .was_sent = true}, OK},
	 2,
	 RESULT_OK,
	 {25}},
	{"the answer is longer than we take: so it would be again",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_TOO_LONG, .was_sent = true}, OK},
	 2,
	 RESULT_UNKNOWN,
	 {0}},
	{"no answer in time: 1.5 s, and the delay",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_TIMEOUT, .was_sent = true}, OK},
	 2,
	 RESULT_OK,
	 {1525}},
	{"our own queue is full",
	 DYNAMODB,
	 0,
	 0,
	 {{.end = EXCHANGE_OVERLOADED}, OK},
	 2,
	 RESULT_OVERLOADED,
	 {0}},
};

START_TEST(each_story_goes_as_told)
{
	const struct story *story = &stories[_i];
	uint64_t deadline_ms = story->deadline_ms ? story->deadline_ms : 10000;
	size_t attempts = 1;

	aws.options.policy = story->policy;
	aws.options.max_attempts = story->max_attempts;
	scripted_aws_make_client(&aws);
	aws.await.deadline_us = aws.script.now_us + deadline_ms * MILLISECOND;
	script_play(&aws.script, story->steps, story->step_count);
	scripted_aws_run(&aws);
	for (; attempts <= STEPS && story->pauses_ms[attempts - 1]; attempts++) {
		ck_assert_msg(attempts < aws.script.request_count, "%s: %zu", story->name,
			      aws.script.request_count);
		ck_assert_msg(pause_us(attempts) == story->pauses_ms[attempts - 1] * MILLISECOND,
			      "%s: %zu us", story->name, (size_t)pause_us(attempts));
	}
	ck_assert_msg(attempts == aws.script.request_count, "%s: %zu", story->name,
		      aws.script.request_count);
	ck_assert_msg(aws.call.result == story->result, "%s: %s", story->name,
		      result_name(aws.call.result));
}
END_TEST

/* Another call of the same client. */
static void call_within(uint64_t time_us)
{
	aws.is_done = false;
	aws_call_clear(&aws.call);
	aws.call = (struct aws_call){0};
	script_forget_requests(&aws.script);
	aws.await.deadline_us = aws.script.now_us + time_us;
	scripted_aws_run(&aws);
}

/* A source of random numbers that can be wound back. */
struct source {
	uint64_t state;
	uint32_t last;
};

static uint32_t draw(void *context)
{
	struct source *source = context;

	source->state = source->state * 6364136223846793005u + 1442695040888963407u;
	source->last = (uint32_t)(source->state >> 32);
	return source->last;
}

START_TEST(delays_are_spread_over_all_that_is_allowed)
{
	struct source source = {.state = 1};
	uint64_t sum_us = 0;

	aws.options.random = draw;
	aws.options.random_context = &source;
	scripted_aws_make_client(&aws);
	for (int i = 0; i < 1000; i++) {
		uint64_t expected_us;

		SCRIPT_PLAY(&aws.script, AWS_ERROR("RequestTimeout"), OK);
		call_within(10 * SECOND);
		expected_us = retry_backoff_us(25000, 1, source.last);
		/* The script's clock goes by the millisecond. */
		ck_assert_uint_ge(pause_us(1) + MILLISECOND, expected_us);
		ck_assert_uint_le(pause_us(1), expected_us + MILLISECOND);
		sum_us += expected_us;
	}
	ck_assert_uint_ge(sum_us / 1000, 12000);
	ck_assert_uint_le(sum_us / 1000, 13000);
}
END_TEST

START_TEST(a_call_has_one_id_and_its_attempts_are_numbered)
{
	static const char *const attempts[] = {"attempt=1; max=4", "attempt=2; max=4",
					       "attempt=3; max=4", "attempt=1; max=4"};
	char ids[4][64];
	char value[64];

	SCRIPT_PLAY(&aws.script, {.status = 503}, {.status = 503}, OK, OK);
	scripted_aws_run(&aws);
	aws.is_done = false;
	buf_reset(&aws.call.body);
	buf_add_str(&aws.call.body, "{}");
	aws_call_start(aws.client, &aws.call);
	script_run(&aws.script, &aws.is_done, SECOND);
	for (size_t i = 0; i < 4; i++) {
		script_header(&aws.script, i, "amz-sdk-invocation-id", ids[i], sizeof(ids[i]));
		script_header(&aws.script, i, "amz-sdk-request", value, sizeof(value));
		ck_assert_str_eq(value, attempts[i]);
		ck_assert_uint_eq(strlen(ids[i]), 36);
	}
	ck_assert_str_eq(ids[0], ids[1]);
	ck_assert_str_eq(ids[0], ids[2]);
	ck_assert_str_ne(ids[0], ids[3]);
}
END_TEST

/* ---- the circuit ---- */

static void call_again(void)
{
	call_within(10 * SECOND);
}

/* Calls each 100 ms until they are refused at once. */
static uint64_t open_circuit(void)
{
	uint64_t began_us = aws.script.now_us;

	while (metric_get(&aws.metrics.circuits_open) == 0) {
		call_again();
		script_pass(&aws.script, 100 * MILLISECOND);
		ck_assert_uint_lt(aws.script.now_us - began_us, 60 * SECOND);
	}
	return aws.script.now_us - began_us;
}

START_TEST(calls_to_an_endpoint_that_is_down_end_at_once_unsent)
{
	static const struct script_step down[] = {
		{.end = EXCHANGE_NOT_SENT},
		{.end = EXCHANGE_NO_ANSWER, .was_sent = true},
		{.end = EXCHANGE_TIMEOUT, .was_sent = true},
		{.status = 500},
		{.status = 502, .body = "<html>"},
	};
	uint64_t began_us;

	script_play(&aws.script, &down[_i], 1);
	ck_assert_uint_ge(open_circuit() + 100 * MILLISECOND, CIRCUIT_SPAN_US);
	began_us = aws.script.now_us;
	call_again();
	ck_assert_int_eq(aws.call.result, RESULT_UNREACHABLE);
	ck_assert_msg(!aws.call.is_uncertain, "nothing was sent");
	ck_assert_uint_eq(aws.script.request_count, 0);
	ck_assert_uint_eq(aws.script.now_us, began_us);
}
END_TEST

START_TEST(a_service_that_throttles_or_refuses_is_not_down)
{
	static const struct script_step there[] = {
		AWS_ERROR("ThrottlingException"),
		AWS_ERROR("AccessDeniedException"),
		AWS_ERROR("RequestTimeout"),
		{.status = 503, .body = "{\"__type\":\"SlowDown\"}"},
		{.status = 403, .body = "<html>"},
		{.end = EXCHANGE_TOO_LONG, .was_sent = true},
		{.end = EXCHANGE_OVERLOADED},
	};

	script_play(&aws.script, &there[_i], 1);
	for (int i = 0; i < 100; i++)
		call_again();
	ck_assert_uint_eq(metric_get(&aws.metrics.circuits_open), 0);
}
END_TEST

START_TEST(requests_with_no_time_left_do_not_open_it)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_TIMEOUT, .was_sent = true});
	for (int i = 0; i < 100; i++)
		call_within(400 * MILLISECOND);
	ck_assert_uint_eq(metric_get(&aws.metrics.circuits_open), 0);
}
END_TEST

START_TEST(a_call_between_attempts_is_cut_off_and_keeps_its_doubt)
{
	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NO_ANSWER, .was_sent = true});
	call_again(); /* four failures */
	script_pass(&aws.script, SECOND);
	call_again(); /* eight */
	call_again(); /* with the tenth it opens */
	ck_assert_uint_eq(aws.call.attempts, 2);
	ck_assert_int_eq(aws.call.result, RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_probe_finds_the_endpoint_back_within_a_second)
{
	uint64_t began_us;

	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_NOT_SENT});
	open_circuit();
	for (int i = 0; i < 100; i++) { /* it stays down for a while */
		call_again();
		script_pass(&aws.script, 100 * MILLISECOND);
		ck_assert_uint_le(aws.script.request_count, 1);
	}
	SCRIPT_PLAY(&aws.script, OK);
	for (began_us = aws.script.now_us; aws.call.result != RESULT_OK;) {
		call_again();
		script_pass(&aws.script, 10 * MILLISECOND);
		ck_assert_uint_le(aws.script.now_us - began_us, CIRCUIT_PAUSE_MAX_US);
	}
	ck_assert_uint_eq(metric_get(&aws.metrics.circuits_open), 0);
	call_again();
	ck_assert_int_eq(aws.call.result, RESULT_OK);
}
END_TEST

Suite *aws_call_retries_suite(void)
{
	Suite *all = suite_create("aws_call_retries");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, each_story_goes_as_told, 0,
			    (int)(sizeof(stories) / sizeof(stories[0])));
	tcase_add_test(cases, delays_are_spread_over_all_that_is_allowed);
	tcase_add_test(cases, a_call_has_one_id_and_its_attempts_are_numbered);
	tcase_add_loop_test(cases, calls_to_an_endpoint_that_is_down_end_at_once_unsent, 0, 5);
	tcase_add_loop_test(cases, a_service_that_throttles_or_refuses_is_not_down, 0, 7);
	tcase_add_test(cases, requests_with_no_time_left_do_not_open_it);
	tcase_add_test(cases, a_call_between_attempts_is_cut_off_and_keeps_its_doubt);
	tcase_add_test(cases, a_probe_finds_the_endpoint_back_within_a_second);
	suite_add_tcase(all, cases);
	return all;
}
