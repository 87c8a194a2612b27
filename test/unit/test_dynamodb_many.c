/*
 * DynamoDB's operations on many items at once: transactions and batches.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "scripted_dynamodb.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

static struct scripted_dynamodb on;

static void set_up(void)
{
	scripted_dynamodb_init(&on);
}

static void tear_down(void)
{
	scripted_dynamodb_clear(&on);
}

static void ck_assert_result(enum result expected)
{
	ck_assert_str_eq(result_name(on.call.result), result_name(expected));
}

static const struct dynamodb_write put = {
	.action = DYNAMODB_PUT,
	.key = {"P#1", "#"},
	.item = "\"version\":{\"N\":\"4\"}",
	.condition = "version = :v",
	.values = "{\":v\":{\"N\":\"3\"}}",
	.expected_version = 3,
};

/* ------------------------------------------------------------------ transactions */

static const struct dynamodb_write two[] = {
	{.action = DYNAMODB_PUT, .key = {"a", "#"}, .condition = "attribute_not_exists(pk)"},
	{.action = DYNAMODB_CHECK, .key = {"b", "#"}, .condition = "attribute_exists(pk)"},
};

START_TEST(a_transaction_is_repeated_with_its_token)
{
	SCRIPT_PLAY(
		&on.aws.script, LOST, CANCELLED(CONFLICT "," NONE),
		AWS_ERROR("TransactionInProgressException"),
		TEXT("{\"ConsumedCapacity\":[{\"WriteCapacityUnits\":4.0,\"CapacityUnits\":4.0}]}"));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	for (size_t i = 1; i < 4; i++)
		ck_assert_str_eq(script_body(&on.aws.script, 0), script_body(&on.aws.script, i));
	ck_assert_uint_eq(on.await.usage.write_millis, 4000);
	ck_assert_uint_eq(on.await.usage.calls, 4);
}
END_TEST

START_TEST(a_transaction_takes_the_callers_token)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	dynamodb_transact_write(&on.db, &on.call, two, 2, "my-own-token");
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_ptr_nonnull(
		strstr(script_body(&on.aws.script, 0), "\"ClientRequestToken\":\"my-own-token\""));
}
END_TEST

START_TEST(a_failed_condition_comes_with_all_reasons)
{
	SCRIPT_PLAY(&on.aws.script,
		    CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\",\"Item\":{}}"));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_CONFLICT);
	ck_assert_uint_eq(on.call.failed_count, 2);
	ck_assert(!on.call.reasons[0].is_condition);
	ck_assert(on.call.reasons[1].is_condition);
	ck_assert(span_equals(on.call.reasons[1].item, "{}"));
	ck_assert_uint_eq(on.await.usage.calls, 1);
}
END_TEST

START_TEST(a_failed_condition_is_an_answer_also_after_doubt)
{
	SCRIPT_PLAY(&on.aws.script, LOST, CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}"));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_CONFLICT);
	ck_assert_uint_eq(on.call.failed_count, 2);
}
END_TEST

START_TEST(conflicts_end_after_five_tries)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_THROTTLED);
	ck_assert_uint_eq(on.aws.script.request_count, DYNAMODB_CONFLICT_TRIES);
}
END_TEST

START_TEST(a_cancelled_transaction_leaves_no_doubt)
{
	on.await.deadline_us = on.aws.script.now_us + 60 * MILLISECOND;
	SCRIPT_PLAY(&on.aws.script, LOST, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_TIMEOUT);
}
END_TEST

START_TEST(a_transaction_in_doubt_at_the_end_is_unknown)
{
	SCRIPT_PLAY(&on.aws.script, {.status = 500});
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_UNKNOWN);
}
END_TEST

START_TEST(wrong_transactions_are_refused)
{
	static const struct script_step table[] = {
		CANCELLED(NONE ",{\"Code\":\"ValidationError\",\"Message\":\"x\"}"),
		CANCELLED(""),
		AWS_ERROR("IdempotentParameterMismatchException"),
		AWS_ERROR("ValidationException"),
	};

	script_play(&on.aws.script, &table[_i], 1);
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_REFUSED);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_transaction_that_is_too_large_is_told)
{
	SCRIPT_PLAY(&on.aws.script,
		    CANCELLED("{\"Code\":\"ValidationError\",\"Message\":\"Item size to "
			      "update has exceeded the maximum allowed size\"}"));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_TOO_LARGE);
}
END_TEST

START_TEST(a_stop_ends_a_transaction_that_waits_its_turn)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
	script_pass(&on.aws.script, MILLISECOND);
	ck_assert(!on.is_done);
	aws_client_stop(on.aws.client);
	loop_turn(on.aws.script.loop, 0);
	ck_assert(on.is_done);
	ck_assert_result(RESULT_SHUTDOWN);
}
END_TEST

/* ------------------------------------------------------------------ batches */

static const struct dynamodb_key keys3[] = {{"a", "#"}, {"b", "#"}, {"c", "#"}};

START_TEST(a_batch_that_comes_whole_is_not_copied)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Responses\":{\"shop\":[{\"a\":{}}]},\"UnprocessedKeys\":{},"
			 "\"ConsumedCapacity\":[{\"CapacityUnits\":1.5}]}"));
	dynamodb_batch_get(&on.db, &on.call, keys3, 3, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.items, "[{\"a\":{}}]"));
	ck_assert_uint_eq(on.await.usage.read_millis, 1500);
}
END_TEST

START_TEST(the_rest_of_a_batch_is_fetched_too)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Responses\":{\"shop\":[{\"a\":{}}]},"
			 "\"UnprocessedKeys\":{\"shop\":{\"Keys\":[1,2]}}}"),
		    TEXT("{\"Responses\":{},\"UnprocessedKeys\":{\"shop\":{\"Keys\":[2]}}}"),
		    TEXT("{\"Responses\":{\"shop\":[{\"b\":{}},{\"c\":{}}]}}"));
	dynamodb_batch_get(&on.db, &on.call, keys3, 3, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.items, "[{\"a\":{}},{\"b\":{}},{\"c\":{}}]"));
	ck_assert_str_eq(
		script_body(&on.aws.script, 1),
		"{\"RequestItems\":{\"shop\":{\"Keys\":[1,2]}},\"ReturnConsumedCapacity\":\"TOTAL\"}");
	ck_assert_uint_ge(on.aws.script.requests[2].at_us - on.aws.script.requests[1].at_us,
			  100 * MILLISECOND);
}
END_TEST

START_TEST(a_rest_that_the_deadline_leaves_is_throttling)
{
	on.await.deadline_us = on.aws.script.now_us + 300 * MILLISECOND;
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Responses\":{},\"UnprocessedKeys\":{\"shop\":{\"Keys\":[2]}}}"));
	dynamodb_batch_get(&on.db, &on.call, keys3, 3, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_THROTTLED);
}
END_TEST

START_TEST(the_rest_of_a_batch_is_written_too)
{
	static const struct dynamodb_write writes[] = {{.action = DYNAMODB_PUT, .key = {"a", "#"}},
						       {.action = DYNAMODB_DELETE,
							.key = {"b", "#"}}};

	SCRIPT_PLAY(&on.aws.script, TEXT("{\"UnprocessedItems\":{\"shop\":[{}]}}"), TEXT("{}"));
	dynamodb_batch_write(&on.db, &on.call, writes, 2);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_str_eq(script_body(&on.aws.script, 1),
			 "{\"RequestItems\":{\"shop\":[{}]},\"ReturnConsumedCapacity\":\"TOTAL\"}");
}
END_TEST

/* ------------------------------------------------------------------ memory */

static void begin_write(void)
{
	dynamodb_write(&on.db, &on.call, &put);
}

static void begin_transaction(void)
{
	dynamodb_transact_write(&on.db, &on.call, two, 2, NULL);
}

static void begin_batch(void)
{
	dynamodb_batch_get(&on.db, &on.call, keys3, 3, false);
}

static void begin_transact_get(void)
{
	dynamodb_transact_get(&on.db, &on.call, keys3, 3);
}

static const struct {
	void (*begin)(void);
	struct script_step steps[2];
	enum result result;
} scenarios[] = {
	{begin_write, {FAILED("{\"version\":{\"N\":\"9\"}}")}, RESULT_CONFLICT},
	{begin_transaction,
	 {CANCELLED(CONFLICT "," NONE), CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}")},
	 RESULT_CONFLICT},
	{begin_batch,
	 {TEXT("{\"Responses\":{\"shop\":[{\"a\":{}}]},\"UnprocessedKeys\":{\"shop\":{}}}"),
	  TEXT("{\"Responses\":{\"shop\":[{\"b\":{}}]}}")},
	 RESULT_OK},
	{begin_transact_get, {TEXT("{\"Responses\":[{},{},{\"Item\":{}}]}")}, RESULT_OK},
};

static void run_scenario(void *context)
{
	int i = *(int *)context;

	on.db.client = aws_client_new(&on.aws.options);
	if (!on.db.client)
		return;
	script_forget_requests(&on.aws.script);
	script_play(&on.aws.script, scenarios[i].steps, scenarios[i].steps[1].status ? 2 : 1);
	scripted_dynamodb_renew(&on);
	scenarios[i].begin();
	scripted_dynamodb_run(&on);
	if (on.call.result != scenarios[i].result)
		ck_assert(alloc_has_failed() && result_is_failure(on.call.result));
	dynamodb_call_clear(&on.call);
	on.call = (struct dynamodb_call){0};
	arena_clear(&on.arena);
	aws_client_free(on.db.client);
}

START_TEST(each_operation_fails_in_order_when_memory_is_short)
{
	alloc_fail_each(run_scenario, &_i);
}
END_TEST

Suite *dynamodb_many_suite(void)
{
	Suite *all = suite_create("dynamodb_many");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_transaction_is_repeated_with_its_token);
	tcase_add_test(cases, a_transaction_takes_the_callers_token);
	tcase_add_test(cases, a_failed_condition_comes_with_all_reasons);
	tcase_add_test(cases, a_failed_condition_is_an_answer_also_after_doubt);
	tcase_add_test(cases, conflicts_end_after_five_tries);
	tcase_add_test(cases, a_cancelled_transaction_leaves_no_doubt);
	tcase_add_test(cases, a_transaction_in_doubt_at_the_end_is_unknown);
	tcase_add_loop_test(cases, wrong_transactions_are_refused, 0, 4);
	tcase_add_test(cases, a_transaction_that_is_too_large_is_told);
	tcase_add_test(cases, a_stop_ends_a_transaction_that_waits_its_turn);
	tcase_add_test(cases, a_batch_that_comes_whole_is_not_copied);
	tcase_add_test(cases, the_rest_of_a_batch_is_fetched_too);
	tcase_add_test(cases, a_rest_that_the_deadline_leaves_is_throttling);
	tcase_add_test(cases, the_rest_of_a_batch_is_written_too);
	tcase_add_loop_test(cases, each_operation_fails_in_order_when_memory_is_short, 0, 4);
	suite_add_tcase(all, cases);
	return all;
}
