#include <check.h>
#include <stdio.h>
#include <string.h>

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

static void ck_assert_target(size_t request, const char *expected)
{
	char target[64];

	script_header(&on.aws.script, request, "X-Amz-Target", target, sizeof(target));
	ck_assert_str_eq(target, expected);
}

#define KEY                \
	{                  \
		"P#1", "#" \
	}
static const struct dynamodb_key key = KEY;
static const struct dynamodb_write put = {
	.action = DYNAMODB_PUT,
	.key = KEY,
	.item = "\"version\":{\"N\":\"4\"}",
	.condition = "version = :v",
	.values = "{\":v\":{\"N\":\"3\"}}",
	.expected_version = 3,
};

/* ------------------------------------------------------------------ reads */

START_TEST(get_gives_the_item_and_counts_its_cost)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Item\":{\"a\":{\"N\":\"1\"}},"
					 "\"ConsumedCapacity\":{\"CapacityUnits\":0.5}}"));
	dynamodb_get(&on.db, &on.call, key, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.item, "{\"a\":{\"N\":\"1\"}}"));
	ck_assert_uint_eq(on.await.usage.read_millis, 500);
	ck_assert_uint_eq(on.await.usage.write_millis, 0);
	ck_assert_uint_eq(on.await.usage.calls, 1);
	ck_assert_uint_eq(metric_get(&on.aws.metrics.read_millis), 500);
	ck_assert_target(0, "DynamoDB_20120810.GetItem");
}
END_TEST

START_TEST(get_of_nothing_is_not_found_and_costs_too)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"ConsumedCapacity\":{\"CapacityUnits\":1.0}}"));
	dynamodb_get(&on.db, &on.call, key, true);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.await.usage.read_millis, 1000);
}
END_TEST

START_TEST(a_missing_table_is_no_missing_item)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ResourceNotFoundException"));
	dynamodb_get(&on.db, &on.call, key, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_REFUSED);
}
END_TEST

START_TEST(a_read_whose_answer_is_lost_is_just_read_again)
{
	SCRIPT_PLAY(&on.aws.script, LOST, TEXT("{\"Item\":{}}"));
	dynamodb_get(&on.db, &on.call, key, false);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(on.await.usage.calls, 2);
}
END_TEST

START_TEST(a_query_gives_a_page_and_where_the_next_begins)
{
	static const struct dynamodb_query query = {.condition = "pk = :p", .values = "{}"};

	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[],\"LastEvaluatedKey\":{\"pk\":{\"S\":\"x\"}}}"));
	dynamodb_query(&on.db, &on.call, &query);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.items, "[]"));
	ck_assert(span_equals(on.call.last_key, "{\"pk\":{\"S\":\"x\"}}"));
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[{}]}"));
	dynamodb_query(&on.db, &on.call, &query);
	scripted_dynamodb_run(&on);
	ck_assert_ptr_null(on.call.last_key.data);
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	dynamodb_query(&on.db, &on.call, &query);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_GARBLED);
}
END_TEST

START_TEST(transact_get_keeps_the_order_and_the_gaps)
{
	static const struct dynamodb_key keys[] = {{"a", "#"}, {"b", "#"}};

	SCRIPT_PLAY(&on.aws.script, CANCELLED(CONFLICT "," NONE),
		    TEXT("{\"Responses\":[{},{\"Item\":{\"a\":{\"N\":\"1\"}}}]}"));
	dynamodb_transact_get(&on.db, &on.call, keys, 2);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.items, "[{},{\"a\":{\"N\":\"1\"}}]"));
}
END_TEST

/* ------------------------------------------------------------------ single writes */

START_TEST(a_write_counts_its_cost)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"ConsumedCapacity\":{\"CapacityUnits\":2.0}}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(on.await.usage.write_millis, 2000);
	ck_assert_uint_eq(metric_get(&on.aws.metrics.write_millis), 2000);
	ck_assert_target(0, "DynamoDB_20120810.PutItem");
}
END_TEST

START_TEST(an_update_gives_the_new_item)
{
	static const struct dynamodb_write update = {.action = DYNAMODB_UPDATE,
						     .key = KEY,
						     .update = "SET a = :a",
						     .values = "{}"};

	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Attributes\":{\"a\":{\"N\":\"1\"}}}"));
	dynamodb_write(&on.db, &on.call, &update);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.item, "{\"a\":{\"N\":\"1\"}}"));
	ck_assert_target(0, "DynamoDB_20120810.UpdateItem");
}
END_TEST

START_TEST(a_failed_condition_is_a_conflict_with_the_old_item)
{
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"version\":{\"N\":\"9\"}}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_CONFLICT);
	ck_assert(span_equals(on.call.item, "{\"version\":{\"N\":\"9\"}}"));
	ck_assert_uint_eq(on.await.usage.calls, 1);
}
END_TEST

/* The token that the first request carried. */
static const char *sent_token(void)
{
	static char token[ID_SIZE];
	const char *at = strstr(script_body(&on.aws.script, 0), "\"wt\":{\"S\":\"");

	ck_assert_ptr_nonnull(at);
	memcpy(token, at + strlen("\"wt\":{\"S\":\""), ID_LEN);
	return token;
}

START_TEST(a_write_that_had_succeeded_unheard_is_a_success)
{
	static char body[256];
	struct script_step steps[] = {LOST, {.status = 400, .body = body}};

	script_play(&on.aws.script, steps, 2);
	dynamodb_write(&on.db, &on.call, &put);
	snprintf(
		body, sizeof(body),
		"{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":{\"wt\":{\"S\":\"%s\"},"
		"\"version\":{\"N\":\"4\"}}}",
		sent_token());
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_str_eq(script_body(&on.aws.script, 0), script_body(&on.aws.script, 1));
	ck_assert_ptr_nonnull(on.call.item.data);
}
END_TEST

START_TEST(a_write_that_somebody_else_forestalled_is_a_conflict)
{
	SCRIPT_PLAY(&on.aws.script, LOST,
		    FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"4\"}}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_CONFLICT);
}
END_TEST

START_TEST(a_write_of_which_nobody_can_tell_is_unknown)
{
	SCRIPT_PLAY(&on.aws.script, LOST,
		    FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"6\"}}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_UNKNOWN);
}
END_TEST

START_TEST(a_delete_whose_item_is_gone_is_a_success)
{
	static const struct dynamodb_write write = {.action = DYNAMODB_DELETE,
						    .key = KEY,
						    .condition = "version = :v",
						    .values = "{}",
						    .expected_version = 3};

	SCRIPT_PLAY(&on.aws.script, {.end = EXCHANGE_TIMEOUT, .was_sent = true},
		    AWS_ERROR("ConditionalCheckFailedException"));
	dynamodb_write(&on.db, &on.call, &write);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ConditionalCheckFailedException"));
	dynamodb_write(&on.db, &on.call, &write);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_CONFLICT);
}
END_TEST

START_TEST(a_write_that_meets_a_transaction_waits_its_turn)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("TransactionConflictException"),
		    AWS_ERROR("TransactionConflictException"), TEXT("{}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	ck_assert_uint_ge(on.aws.script.requests[1].at_us - on.aws.script.requests[0].at_us,
			  25 * MILLISECOND);
	ck_assert_uint_ge(on.aws.script.requests[2].at_us - on.aws.script.requests[1].at_us,
			  50 * MILLISECOND);
	ck_assert_uint_eq(metric_get(&on.aws.metrics.conflicts), 2);
}
END_TEST

START_TEST(doubt_survives_a_meeting_with_others)
{
	SCRIPT_PLAY(&on.aws.script, LOST, AWS_ERROR("TransactionConflictException"),
		    FAILED("{\"wt\":{\"S\":\"x\"},\"version\":{\"N\":\"6\"}}"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_UNKNOWN);
}
END_TEST

START_TEST(an_item_that_is_too_large_is_told_from_a_wrong_request)
{
	SCRIPT_PLAY(&on.aws.script,
		    {.status = 400,
		     .body = "{\"__type\":\"a#ValidationException\",\"message\":"
			     "\"Item size has exceeded the maximum allowed size\"}"});
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_TOO_LARGE);
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ValidationException"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_REFUSED);
}
END_TEST

START_TEST(throttled_writes_did_nothing)
{
	on.await.deadline_us = on.aws.script.now_us + SECOND / 2;
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ProvisionedThroughputExceededException"));
	dynamodb_write(&on.db, &on.call, &put);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_THROTTLED);
}
END_TEST

/* ------------------------------------------------------------------ the table */

START_TEST(a_table_is_described_or_not_there)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Table\":{\"TableStatus\":\"ACTIVE\"}}"),
		    AWS_ERROR("ResourceNotFoundException"));
	dynamodb_describe_table(&on.db, &on.call);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.table, "{\"TableStatus\":\"ACTIVE\"}"));
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	dynamodb_describe_table(&on.db, &on.call);
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_NOT_FOUND);
}
END_TEST

START_TEST(a_table_is_made_once)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"TableDescription\":{}}"),
		    AWS_ERROR("ResourceInUseException"));
	dynamodb_create_table(&on.db, &on.call, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert(span_equals(on.call.table, "{}"));
	dynamodb_call_clear(&on.call);

	scripted_dynamodb_renew(&on);
	dynamodb_create_table(&on.db, &on.call, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_EXISTS);
}
END_TEST

#define TTL(status, attribute)                                            \
	TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"" status \
	     "\",\"AttributeName\":\"" attribute "\"}}")

START_TEST(ttl_is_switched_on_when_it_is_off)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}"),
		    TEXT("{}"));
	dynamodb_enable_ttl(&on.db, &on.call, "ttl");
	scripted_dynamodb_run(&on);
	ck_assert_result(RESULT_OK);
	ck_assert_target(0, "DynamoDB_20120810.DescribeTimeToLive");
	ck_assert_target(1, "DynamoDB_20120810.UpdateTimeToLive");
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

	script_play(&on.aws.script, &table[_i].step, 1);
	dynamodb_enable_ttl(&on.db, &on.call, "ttl");
	scripted_dynamodb_run(&on);
	ck_assert_result(table[_i].result);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

Suite *dynamodb_suite(void)
{
	Suite *all = suite_create("dynamodb");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
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
	tcase_add_test(cases, a_table_is_described_or_not_there);
	tcase_add_test(cases, a_table_is_made_once);
	tcase_add_test(cases, ttl_is_switched_on_when_it_is_off);
	tcase_add_loop_test(cases, ttl_that_is_on_is_left_alone, 0, 4);
	suite_add_tcase(all, cases);
	return all;
}
