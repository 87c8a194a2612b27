#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/dynamodb.h"
#include "scripted_aws.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

static struct scripted_aws aws;
static struct dynamodb db;
static struct arena arena;
static struct await await_;
static struct dynamodb_call call;
static bool is_done;

static const struct dynamodb_key key = {"P#1", "#"};
static const struct dynamodb_write put = {
	.action = DYNAMODB_PUT,
	.key = key,
	.item = "\"version\":{\"N\":\"4\"}",
	.condition = "version = :v",
	.values = "{\":v\":{\"N\":\"3\"}}",
	.expected_version = 3,
};

static void on_done(struct dynamodb_call *done)
{
	ck_assert_ptr_eq(done, &call);
	ck_assert(!is_done);
	is_done = true;
}

static void fresh_call(void)
{
	is_done = false;
	await_ = (struct await){.deadline_us = aws.script.now_us + 10 * SECOND, .arena = &arena};
	call = (struct dynamodb_call){.await = &await_, .done = on_done, .context = &aws};
}

static void set_up(void)
{
	scripted_aws_init(&aws);
	db = (struct dynamodb){.client = aws.client,
			       .loop = aws.script.loop,
			       .table = "shop",
			       .partition_key = "pk"};
	fresh_call();
}

static void tear_down(void)
{
	dynamodb_call_clear(&call);
	arena_clear(&arena);
	scripted_aws_clear(&aws);
}

static void run(void)
{
	ck_assert_msg(!is_done, "done was called from within the start");
	script_run(&aws.script, &is_done, 30 * SECOND);
	ck_assert(is_done);
	ck_assert_ptr_eq(call.context, &aws);
}

static void ck_assert_result(enum result expected)
{
	ck_assert_str_eq(result_name(call.result), result_name(expected));
}

#define ck_assert_target(request, name)                                                      \
	do {                                                                                 \
		char target_[64];                                                            \
		ck_assert_str_eq(script_header(&aws.script, (request), "X-Amz-Target", target_, \
					       sizeof(target_)), "DynamoDB_20120810." name); \
	} while (0)

#define TEXT(text) {.status = 200, .body = text}
#define LOST {.end = EXCHANGE_NO_ANSWER, .was_sent = true}
#define FAILED(old)                                                                          \
	{.status = 400,                                                                      \
	 .body = "{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":" old "}"}
#define CANCELLED(reasons)                                                                   \
	{.status = 400,                                                                      \
	 .body = "{\"__type\":\"a#TransactionCanceledException\",\"CancellationReasons\":[" reasons "]}"}
#define CONFLICT "{\"Code\":\"TransactionConflict\"}"
#define NONE "{\"Code\":\"None\"}"

/* ------------------------------------------------------------------ reads */

START_TEST(get_gives_the_item_and_counts_its_cost)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"Item\":{\"a\":{\"N\":\"1\"}},"
				      "\"ConsumedCapacity\":{\"CapacityUnits\":0.5}}"));
	dynamodb_get(&db, &call, key, false);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.item, "{\"a\":{\"N\":\"1\"}}"));
	ck_assert_uint_eq(await_.usage.read_millis, 500);
	ck_assert_uint_eq(await_.usage.write_millis, 0);
	ck_assert_uint_eq(await_.usage.calls, 1);
	ck_assert_uint_eq(metric_get(&aws.metrics.read_millis), 500);
	ck_assert_target(0, "GetItem");
}
END_TEST

START_TEST(get_of_nothing_is_not_found_and_costs_too)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"ConsumedCapacity\":{\"CapacityUnits\":1.0}}"));
	dynamodb_get(&db, &call, key, true);
	run();
	ck_assert_result(RESULT_NOT_FOUND);
	ck_assert_uint_eq(await_.usage.read_millis, 1000);
}
END_TEST

START_TEST(a_missing_table_is_no_missing_item)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ResourceNotFoundException"));
	dynamodb_get(&db, &call, key, false);
	run();
	ck_assert_result(RESULT_REFUSED);
}
END_TEST

START_TEST(a_read_whose_answer_is_lost_is_just_read_again)
{
	SCRIPT_PLAY(&aws.script, LOST, TEXT("{\"Item\":{}}"));
	dynamodb_get(&db, &call, key, false);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(await_.usage.calls, 2);
}
END_TEST

START_TEST(a_query_gives_a_page_and_where_the_next_begins)
{
	static const struct dynamodb_query query = {.condition = "pk = :p", .values = "{}"};

	SCRIPT_PLAY(&aws.script,
		    TEXT("{\"Items\":[],\"LastEvaluatedKey\":{\"pk\":{\"S\":\"x\"}}}"));
	dynamodb_query(&db, &call, &query);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.items, "[]"));
	ck_assert(span_equals(call.last_key, "{\"pk\":{\"S\":\"x\"}}"));
	dynamodb_call_clear(&call);

	fresh_call();
	SCRIPT_PLAY(&aws.script, TEXT("{\"Items\":[{}]}"));
	dynamodb_query(&db, &call, &query);
	run();
	ck_assert_ptr_null(call.last_key.data);
	dynamodb_call_clear(&call);

	fresh_call();
	SCRIPT_PLAY(&aws.script, TEXT("{}"));
	dynamodb_query(&db, &call, &query);
	run();
	ck_assert_result(RESULT_GARBLED);
}
END_TEST

START_TEST(transact_get_keeps_the_order_and_the_gaps)
{
	static const struct dynamodb_key keys[] = {{"a", "#"}, {"b", "#"}};

	SCRIPT_PLAY(&aws.script, CANCELLED(CONFLICT "," NONE),
		    TEXT("{\"Responses\":[{},{\"Item\":{\"a\":{\"N\":\"1\"}}}]}"));
	dynamodb_transact_get(&db, &call, keys, 2);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.items, "[{},{\"a\":{\"N\":\"1\"}}]"));
}
END_TEST

/* ------------------------------------------------------------------ single writes */

START_TEST(a_write_counts_its_cost)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"ConsumedCapacity\":{\"CapacityUnits\":2.0}}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(await_.usage.write_millis, 2000);
	ck_assert_uint_eq(metric_get(&aws.metrics.write_millis), 2000);
	ck_assert_target(0, "PutItem");
}
END_TEST

START_TEST(an_update_gives_the_new_item)
{
	static const struct dynamodb_write update = {
		.action = DYNAMODB_UPDATE, .key = key, .update = "SET a = :a", .values = "{}"};

	SCRIPT_PLAY(&aws.script, TEXT("{\"Attributes\":{\"a\":{\"N\":\"1\"}}}"));
	dynamodb_write(&db, &call, &update);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.item, "{\"a\":{\"N\":\"1\"}}"));
	ck_assert_target(0, "UpdateItem");
}
END_TEST

START_TEST(a_failed_condition_is_a_conflict_with_the_old_item)
{
	SCRIPT_PLAY(&aws.script, FAILED("{\"version\":{\"N\":\"9\"}}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_CONFLICT);
	ck_assert(span_equals(call.item, "{\"version\":{\"N\":\"9\"}}"));
	ck_assert_uint_eq(await_.usage.calls, 1);
}
END_TEST

/* The token that the first request carried. */
static const char *sent_token(void)
{
	static char token[ID_SIZE];
	const char *at = strstr(script_body(&aws.script, 0), "\"wt\":{\"S\":\"");

	ck_assert_ptr_nonnull(at);
	memcpy(token, at + strlen("\"wt\":{\"S\":\""), ID_LEN);
	return token;
}

START_TEST(a_write_that_had_succeeded_unheard_is_a_success)
{
	static char body[256];
	struct script_step steps[] = {LOST, {.status = 400, .body = body}};

	script_play(&aws.script, steps, 2);
	dynamodb_write(&db, &call, &put);
	snprintf(body, sizeof(body),
		 "{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":{\"wt\":{\"S\":\"%s\"},"
		 "\"version\":{\"N\":\"4\"}}}", sent_token());
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_str_eq(script_body(&aws.script, 0), script_body(&aws.script, 1));
	ck_assert_ptr_nonnull(call.item.data);
}
END_TEST

START_TEST(a_write_that_somebody_else_forestalled_is_a_conflict)
{
	SCRIPT_PLAY(&aws.script, LOST, FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"4\"}}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_CONFLICT);
}
END_TEST

START_TEST(a_write_of_which_nobody_can_tell_is_unknown)
{
	SCRIPT_PLAY(&aws.script, LOST, FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"6\"}}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_delete_whose_item_is_gone_is_a_success)
{
	static const struct dynamodb_write write = {
		.action = DYNAMODB_DELETE, .key = key, .condition = "version = :v", .values = "{}",
		.expected_version = 3};

	SCRIPT_PLAY(&aws.script, {.end = EXCHANGE_TIMEOUT, .was_sent = true},
		    AWS_ERROR("ConditionalCheckFailedException"));
	dynamodb_write(&db, &call, &write);
	run();
	ck_assert_result(RESULT_OK);
	dynamodb_call_clear(&call);

	fresh_call();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ConditionalCheckFailedException"));
	dynamodb_write(&db, &call, &write);
	run();
	ck_assert_result(RESULT_CONFLICT);
}
END_TEST

START_TEST(a_write_that_meets_a_transaction_waits_its_turn)
{
	SCRIPT_PLAY(&aws.script, AWS_ERROR("TransactionConflictException"),
		    AWS_ERROR("TransactionConflictException"), TEXT("{}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(aws.script.request_count, 3);
	ck_assert_uint_ge(aws.script.requests[1].at_us - aws.script.requests[0].at_us,
			  25 * MILLISECOND);
	ck_assert_uint_ge(aws.script.requests[2].at_us - aws.script.requests[1].at_us,
			  50 * MILLISECOND);
	ck_assert_uint_eq(metric_get(&aws.metrics.conflicts), 2);
}
END_TEST

START_TEST(doubt_survives_a_meeting_with_others)
{
	SCRIPT_PLAY(&aws.script, LOST, AWS_ERROR("TransactionConflictException"),
		    FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"6\"}}"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_UNKNOWN);
}
END_TEST

START_TEST(an_item_that_is_too_large_is_told_from_a_wrong_request)
{
	SCRIPT_PLAY(&aws.script,
		    {.status = 400, .body = "{\"__type\":\"a#ValidationException\",\"message\":"
					    "\"Item size has exceeded the maximum allowed size\"}"});
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_TOO_LARGE);
	dynamodb_call_clear(&call);

	fresh_call();
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ValidationException"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_REFUSED);
}
END_TEST

START_TEST(throttled_writes_did_nothing)
{
	await_.deadline_us = aws.script.now_us + SECOND / 2;
	SCRIPT_PLAY(&aws.script, AWS_ERROR("ProvisionedThroughputExceededException"));
	dynamodb_write(&db, &call, &put);
	run();
	ck_assert_result(RESULT_THROTTLED);
}
END_TEST

/* ------------------------------------------------------------------ transactions */

static const struct dynamodb_write two[] = {
	{.action = DYNAMODB_PUT, .key = {"a", "#"}, .condition = "attribute_not_exists(pk)"},
	{.action = DYNAMODB_CHECK, .key = {"b", "#"}, .condition = "attribute_exists(pk)"},
};

START_TEST(a_transaction_is_repeated_with_its_token)
{
	SCRIPT_PLAY(&aws.script, LOST, CANCELLED(CONFLICT "," NONE),
		    AWS_ERROR("TransactionInProgressException"),
		    TEXT("{\"ConsumedCapacity\":[{\"WriteCapacityUnits\":4.0,\"CapacityUnits\":4.0}]}"));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(aws.script.request_count, 4);
	for (size_t i = 1; i < 4; i++)
		ck_assert_str_eq(script_body(&aws.script, 0), script_body(&aws.script, i));
	ck_assert_uint_eq(await_.usage.write_millis, 4000);
	ck_assert_uint_eq(await_.usage.calls, 4);
}
END_TEST

START_TEST(a_transaction_takes_the_callers_token)
{
	SCRIPT_PLAY(&aws.script, TEXT("{}"));
	dynamodb_transact_write(&db, &call, two, 2, "my-own-token");
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_ptr_nonnull(
		strstr(script_body(&aws.script, 0), "\"ClientRequestToken\":\"my-own-token\""));
}
END_TEST

START_TEST(a_failed_condition_comes_with_all_reasons)
{
	SCRIPT_PLAY(&aws.script, CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\",\"Item\":{}}"));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 2);
	ck_assert(!call.reasons[0].is_condition);
	ck_assert(call.reasons[1].is_condition);
	ck_assert(span_equals(call.reasons[1].item, "{}"));
	ck_assert_uint_eq(await_.usage.calls, 1);
}
END_TEST

START_TEST(a_failed_condition_is_an_answer_also_after_doubt)
{
	SCRIPT_PLAY(&aws.script, LOST, CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}"));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 2);
}
END_TEST

START_TEST(conflicts_end_after_five_tries)
{
	SCRIPT_PLAY(&aws.script, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_THROTTLED);
	ck_assert_uint_eq(aws.script.request_count, DYNAMODB_TRANSACTION_TRIES);
}
END_TEST

START_TEST(a_cancelled_transaction_leaves_no_doubt)
{
	await_.deadline_us = aws.script.now_us + 60 * MILLISECOND;
	SCRIPT_PLAY(&aws.script, LOST, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_TIMEOUT);
}
END_TEST

START_TEST(a_transaction_in_doubt_at_the_end_is_unknown)
{
	SCRIPT_PLAY(&aws.script, {.status = 500});
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
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

	script_play(&aws.script, &table[_i], 1);
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_REFUSED);
	ck_assert_uint_eq(aws.script.request_count, 1);
}
END_TEST

START_TEST(a_transaction_that_is_too_large_is_told)
{
	SCRIPT_PLAY(&aws.script, CANCELLED("{\"Code\":\"ValidationError\",\"Message\":\"Item size to "
					   "update has exceeded the maximum allowed size\"}"));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	run();
	ck_assert_result(RESULT_TOO_LARGE);
}
END_TEST

START_TEST(a_stop_ends_a_transaction_that_waits_its_turn)
{
	SCRIPT_PLAY(&aws.script, CANCELLED(NONE "," CONFLICT));
	dynamodb_transact_write(&db, &call, two, 2, NULL);
	script_pass(&aws.script, MILLISECOND);
	ck_assert(!is_done);
	aws_client_stop(aws.client);
	loop_turn(aws.script.loop, 0);
	ck_assert(is_done);
	ck_assert_result(RESULT_SHUTDOWN);
}
END_TEST

/* ------------------------------------------------------------------ batches */

static const struct dynamodb_key keys3[] = {{"a", "#"}, {"b", "#"}, {"c", "#"}};

START_TEST(a_batch_that_comes_whole_is_not_copied)
{
	SCRIPT_PLAY(&aws.script,
		    TEXT("{\"Responses\":{\"shop\":[{\"a\":{}}]},\"UnprocessedKeys\":{},"
			 "\"ConsumedCapacity\":[{\"CapacityUnits\":1.5}]}"));
	dynamodb_batch_get(&db, &call, keys3, 3, false);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.items, "[{\"a\":{}}]"));
	ck_assert_uint_eq(await_.usage.read_millis, 1500);
}
END_TEST

START_TEST(the_rest_of_a_batch_is_fetched_too)
{
	SCRIPT_PLAY(&aws.script,
		    TEXT("{\"Responses\":{\"shop\":[{\"a\":{}}]},"
			 "\"UnprocessedKeys\":{\"shop\":{\"Keys\":[1,2]}}}"),
		    TEXT("{\"Responses\":{},\"UnprocessedKeys\":{\"shop\":{\"Keys\":[2]}}}"),
		    TEXT("{\"Responses\":{\"shop\":[{\"b\":{}},{\"c\":{}}]}}"));
	dynamodb_batch_get(&db, &call, keys3, 3, false);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.items, "[{\"a\":{}},{\"b\":{}},{\"c\":{}}]"));
	ck_assert_str_eq(script_body(&aws.script, 1),
			 "{\"RequestItems\":{\"shop\":{\"Keys\":[1,2]}},\"ReturnConsumedCapacity\":\"TOTAL\"}");
	ck_assert_uint_ge(aws.script.requests[2].at_us - aws.script.requests[1].at_us,
			  100 * MILLISECOND);
}
END_TEST

START_TEST(a_rest_that_the_deadline_leaves_is_throttling)
{
	await_.deadline_us = aws.script.now_us + 300 * MILLISECOND;
	SCRIPT_PLAY(&aws.script,
		    TEXT("{\"Responses\":{},\"UnprocessedKeys\":{\"shop\":{\"Keys\":[2]}}}"));
	dynamodb_batch_get(&db, &call, keys3, 3, false);
	run();
	ck_assert_result(RESULT_THROTTLED);
}
END_TEST

START_TEST(the_rest_of_a_batch_is_written_too)
{
	static const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT, .key = {"a", "#"}}, {.action = DYNAMODB_DELETE, .key = {"b", "#"}}};

	SCRIPT_PLAY(&aws.script, TEXT("{\"UnprocessedItems\":{\"shop\":[{}]}}"), TEXT("{}"));
	dynamodb_batch_write(&db, &call, writes, 2);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(aws.script.request_count, 2);
	ck_assert_str_eq(script_body(&aws.script, 1),
			 "{\"RequestItems\":{\"shop\":[{}]},\"ReturnConsumedCapacity\":\"TOTAL\"}");
}
END_TEST

/* ------------------------------------------------------------------ the table */

START_TEST(a_table_is_described_or_not_there)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"Table\":{\"TableStatus\":\"ACTIVE\"}}"),
		    AWS_ERROR("ResourceNotFoundException"));
	dynamodb_describe_table(&db, &call);
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.table, "{\"TableStatus\":\"ACTIVE\"}"));
	dynamodb_call_clear(&call);

	fresh_call();
	dynamodb_describe_table(&db, &call);
	run();
	ck_assert_result(RESULT_NOT_FOUND);
}
END_TEST

START_TEST(a_table_is_made_once)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"TableDescription\":{}}"), AWS_ERROR("ResourceInUseException"));
	dynamodb_create_table(&db, &call, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	run();
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(call.table, "{}"));
	dynamodb_call_clear(&call);

	fresh_call();
	dynamodb_create_table(&db, &call, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	run();
	ck_assert_result(RESULT_EXISTS);
}
END_TEST

#define TTL(status, attribute)                                                               \
	TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"" status                    \
	     "\",\"AttributeName\":\"" attribute "\"}}")

START_TEST(ttl_is_switched_on_when_it_is_off)
{
	SCRIPT_PLAY(&aws.script, TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}"),
		    TEXT("{}"));
	dynamodb_enable_ttl(&db, &call, "ttl");
	run();
	ck_assert_result(RESULT_OK);
	ck_assert_target(0, "DescribeTimeToLive");
	ck_assert_target(1, "UpdateTimeToLive");
}
END_TEST

START_TEST(ttl_that_is_on_is_left_alone)
{
	static const struct {
		struct script_step step;
		enum result result;
	} table[] = {
		{TTL("ENABLED", "ttl"), RESULT_OK},
		{TTL("ENABLING", "ttl"), RESULT_OK},
		{TTL("ENABLED", "other"), RESULT_CONFLICT},
		{AWS_ERROR("ResourceNotFoundException"), RESULT_REFUSED},
	};

	script_play(&aws.script, &table[_i].step, 1);
	dynamodb_enable_ttl(&db, &call, "ttl");
	run();
	ck_assert_result(table[_i].result);
	ck_assert_uint_eq(aws.script.request_count, 1);
}
END_TEST

/* ------------------------------------------------------------------ memory */

static void begin_write(void)
{
	dynamodb_write(&db, &call, &put);
}

static void begin_transaction(void)
{
	dynamodb_transact_write(&db, &call, two, 2, NULL);
}

static void begin_batch(void)
{
	dynamodb_batch_get(&db, &call, keys3, 3, false);
}

static void begin_transact_get(void)
{
	dynamodb_transact_get(&db, &call, keys3, 3);
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

	script_forget_requests(&aws.script);
	script_play(&aws.script, scenarios[i].steps, scenarios[i].steps[1].status ? 2 : 1);
	fresh_call();
	scenarios[i].begin();
	run();
	if (call.result != scenarios[i].result)
		ck_assert(alloc_has_failed() && result_is_failure(call.result));
	dynamodb_call_clear(&call);
	call = (struct dynamodb_call){0};
	arena_clear(&arena);
}

START_TEST(each_operation_fails_in_order_when_memory_is_short)
{
	/* The signer keeps its buffers, which are tried in test_aws_call.c. */
	run_scenario(&_i);
	alloc_fail_each(run_scenario, &_i);
}
END_TEST

static void add_tests(TCase *cases)
{
	tcase_add_test(cases, get_gives_the_item_and_counts_its_cost);
	tcase_add_test(cases, get_of_nothing_is_not_found_and_costs_too);
	tcase_add_test(cases, a_missing_table_is_no_missing_item);
	tcase_add_test(cases, a_read_whose_answer_is_lost_is_just_read_again);
	tcase_add_test(cases, a_query_gives_a_page_and_where_the_next_begins);
	tcase_add_test(cases, transact_get_keeps_the_order_and_the_gaps);
	tcase_add_test(cases, a_write_counts_its_cost);
	tcase_add_test(cases, an_update_gives_the_new_item);
	tcase_add_test(cases, a_failed_condition_is_a_conflict_with_the_old_item);
	tcase_add_test(cases, a_write_that_had_succeeded_unheard_is_a_success);
	tcase_add_test(cases, a_write_that_somebody_else_forestalled_is_a_conflict);
	tcase_add_test(cases, a_write_of_which_nobody_can_tell_is_unknown);
	tcase_add_test(cases, a_delete_whose_item_is_gone_is_a_success);
	tcase_add_test(cases, a_write_that_meets_a_transaction_waits_its_turn);
	tcase_add_test(cases, doubt_survives_a_meeting_with_others);
	tcase_add_test(cases, an_item_that_is_too_large_is_told_from_a_wrong_request);
	tcase_add_test(cases, throttled_writes_did_nothing);
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
	tcase_add_test(cases, a_table_is_described_or_not_there);
	tcase_add_test(cases, a_table_is_made_once);
	tcase_add_test(cases, ttl_is_switched_on_when_it_is_off);
	tcase_add_loop_test(cases, ttl_that_is_on_is_left_alone, 0, 4);
	tcase_add_loop_test(cases, each_operation_fails_in_order_when_memory_is_short, 0, 4);
}

Suite *dynamodb_suite(void)
{
	Suite *all = suite_create("dynamodb");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	add_tests(cases);
	suite_add_tcase(all, cases);
	return all;
}
