#include <check.h>
#include <stdio.h>
#include <string.h>

#include "aws/dynamodb_request.h"
#include "base/json_scan.h"

static const struct dynamodb db = {.table = "shop", .partition_key = "id"};
static const struct dynamodb_key key = {"P#1", "#"};
static struct buf out;

static void set_up(void)
{
	buf_init(&out, 1 << 16);
}

static void tear_down(void)
{
	buf_clear(&out);
}

static void ck_assert_request(const char *expected)
{
	ck_assert(buf_ok(&out));
	ck_assert(json_scan_check((struct span){out.data, out.len}));
	ck_assert_str_eq(buf_text(&out), expected);
}

#define KEY "{\"id\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"}}"
#define USAGE "\"ReturnConsumedCapacity\":\"TOTAL\"}"

START_TEST(get)
{
	dynamodb_request_get(&out, &db, key, false);
	ck_assert_request("{\"TableName\":\"shop\",\"Key\":" KEY "," USAGE);
	buf_reset(&out);
	dynamodb_request_get(&out, &db, key, true);
	ck_assert_request("{\"TableName\":\"shop\",\"Key\":" KEY ",\"ConsistentRead\":true," USAGE);
}
END_TEST

START_TEST(texts_in_keys_are_escaped)
{
	dynamodb_request_get(&out, &db, (struct dynamodb_key){"a\"b\\\n", "\x01"}, false);
	ck_assert_request("{\"TableName\":\"shop\",\"Key\":{\"id\":{\"S\":\"a\\\"b\\\\\\n\"},"
			  "\"sk\":{\"S\":\"\\u0001\"}}," USAGE);
}
END_TEST

START_TEST(query)
{
	const struct dynamodb_query all = {
		.index = "gsi1",
		.condition = "g1p = :p",
		.filter = "#t > :now",
		.projection = "id, #n",
		.names = "{\"#t\":\"ttl\"}",
		.values = "{\":p\":{\"S\":\"x\"}}",
		.start_key = {"{\"id\":{\"S\":\"y\"}}", 16},
		.limit = 20,
		.is_backwards = true,
		.is_consistent = true,
	};
	const struct dynamodb_query least = {.condition = "id = :p", .values = "{}"};

	dynamodb_request_query(&out, &db, &all);
	ck_assert_request(
		"{\"TableName\":\"shop\",\"IndexName\":\"gsi1\",\"KeyConditionExpression\":\"g1p = :p\","
		"\"FilterExpression\":\"#t > :now\",\"ProjectionExpression\":\"id, #n\","
		"\"ExpressionAttributeNames\":{\"#t\":\"ttl\"},"
		"\"ExpressionAttributeValues\":{\":p\":{\"S\":\"x\"}},"
		"\"ExclusiveStartKey\":{\"id\":{\"S\":\"y\"}},\"Limit\":20,\"ScanIndexForward\":false,"
		"\"ConsistentRead\":true," USAGE);
	buf_reset(&out);
	dynamodb_request_query(&out, &db, &least);
	ck_assert_request("{\"TableName\":\"shop\",\"KeyConditionExpression\":\"id = :p\","
			  "\"ExpressionAttributeValues\":{}," USAGE);
}
END_TEST

START_TEST(put_carries_key_and_write_token)
{
	struct dynamodb_write write = {
		.action = DYNAMODB_PUT,
		.key = key,
		.item = "\"a\":{\"N\":\"1\"}",
		.condition = "attribute_not_exists(id)",
	};

	dynamodb_request_write(&out, &db, &write, "TOKEN");
	ck_assert_request(
		"{\"TableName\":\"shop\",\"Item\":{\"id\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},"
		"\"a\":{\"N\":\"1\"},\"wt\":{\"S\":\"TOKEN\"}},"
		"\"ConditionExpression\":\"attribute_not_exists(id)\","
		"\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"," USAGE);
	buf_reset(&out);
	write.item = NULL;
	write.condition = NULL;
	dynamodb_request_write(&out, &db, &write, "TOKEN");
	ck_assert_request(
		"{\"TableName\":\"shop\",\"Item\":{\"id\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},"
		"\"wt\":{\"S\":\"TOKEN\"}}," USAGE);
}
END_TEST

#define NOT_OURS "(attribute_not_exists(wt) OR wt <> :wt)"

START_TEST(update_sets_the_write_token_and_is_not_applied_to_its_own_effect)
{
	static const char *const updates[][2] = {
		{"SET a = :a ADD version :one", "SET wt = :wt, a = :a ADD version :one"},
		{"ADD version :one", "SET wt = :wt ADD version :one"},
		{"REMOVE a", "SET wt = :wt REMOVE a"},
	};

	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
		const struct dynamodb_write write = {
			.action = DYNAMODB_UPDATE,
			.key = key,
			.update = updates[i][0],
			.condition = "version = :v OR a > :v",
			.names = "{\"#n\":\"name\"}",
			.values = "{\":v\":{\"N\":\"1\"}}",
		};
		char expected[1024];

		snprintf(
			expected, sizeof(expected),
			"{\"TableName\":\"shop\",\"Key\":" KEY ",\"UpdateExpression\":\"%s\","
			"\"ConditionExpression\":\"(version = :v OR a > :v) AND " NOT_OURS "\","
			"\"ExpressionAttributeNames\":{\"#n\":\"name\"},"
			"\"ExpressionAttributeValues\":{\":v\":{\"N\":\"1\"},\":wt\":{\"S\":\"TOKEN\"}},"
			"\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\","
			"\"ReturnValues\":\"ALL_NEW\"," USAGE,
			updates[i][1]);
		buf_reset(&out);
		dynamodb_request_write(&out, &db, &write, "TOKEN");
		ck_assert_request(expected);
	}
}
END_TEST

START_TEST(update_without_condition_or_values)
{
	struct dynamodb_write write = {.action = DYNAMODB_UPDATE, .key = key, .update = "REMOVE a"};
	static const char expected[] =
		"{\"TableName\":\"shop\",\"Key\":" KEY
		",\"UpdateExpression\":\"SET wt = :wt REMOVE a\","
		"\"ConditionExpression\":\"" NOT_OURS "\","
		"\"ExpressionAttributeValues\":{\":wt\":{\"S\":\"TOKEN\"}},"
		"\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\",\"ReturnValues\":\"ALL_NEW\"," USAGE;

	dynamodb_request_write(&out, &db, &write, "TOKEN");
	ck_assert_request(expected);
	buf_reset(&out);
	write.values = "{}";
	dynamodb_request_write(&out, &db, &write, "TOKEN");
	ck_assert_request(expected);
}
END_TEST

START_TEST(delete_carries_no_token)
{
	const struct dynamodb_write write = {
		.action = DYNAMODB_DELETE,
		.key = key,
		.condition = "version = :v",
		.values = "{\":v\":{\"N\":\"1\"}}",
	};

	dynamodb_request_write(&out, &db, &write, "TOKEN");
	ck_assert_request("{\"TableName\":\"shop\",\"Key\":" KEY
			  ",\"ConditionExpression\":\"version = :v\","
			  "\"ExpressionAttributeValues\":{\":v\":{\"N\":\"1\"}},"
			  "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"," USAGE);
}
END_TEST

START_TEST(transact_write_has_one_token_for_all)
{
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT, .key = key, .item = "\"a\":{\"N\":\"1\"}"},
		{.action = DYNAMODB_UPDATE,
		 .key = key,
		 .update = "SET a = :a",
		 .values = "{\":a\":{\"N\":\"1\"}}"},
		{.action = DYNAMODB_DELETE, .key = key, .condition = "attribute_exists(id)"},
		{.action = DYNAMODB_CHECK,
		 .key = key,
		 .condition = "a = :a",
		 .values = "{\":a\":{\"N\":\"1\"}}"},
	};

	dynamodb_request_transact_write(&out, &db, writes, 4, "TOKEN");
	ck_assert_request(
		"{\"TransactItems\":["
		"{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"id\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},"
		"\"a\":{\"N\":\"1\"}}}},"
		"{\"Update\":{\"TableName\":\"shop\",\"Key\":" KEY
		",\"UpdateExpression\":\"SET a = :a\","
		"\"ExpressionAttributeValues\":{\":a\":{\"N\":\"1\"}}}},"
		"{\"Delete\":{\"TableName\":\"shop\",\"Key\":" KEY
		",\"ConditionExpression\":\"attribute_exists(id)\","
		"\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}},"
		"{\"ConditionCheck\":{\"TableName\":\"shop\",\"Key\":" KEY
		",\"ConditionExpression\":\"a = :a\","
		"\"ExpressionAttributeValues\":{\":a\":{\"N\":\"1\"}},"
		"\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}}"
		"],\"ClientRequestToken\":\"TOKEN\"," USAGE);
}
END_TEST

START_TEST(transact_get)
{
	const struct dynamodb_key keys[] = {key, {"P#2", "#"}};

	dynamodb_request_transact_get(&out, &db, keys, 2);
	ck_assert_request("{\"TransactItems\":["
			  "{\"Get\":{\"TableName\":\"shop\",\"Key\":" KEY "}},"
			  "{\"Get\":{\"TableName\":\"shop\",\"Key\":{\"id\":{\"S\":\"P#2\"},"
			  "\"sk\":{\"S\":\"#\"}}}}]," USAGE);
}
END_TEST

START_TEST(batches)
{
	const struct dynamodb_key keys[] = {key, key};
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT, .key = key, .item = "\"a\":{\"N\":\"1\"}"},
		{.action = DYNAMODB_DELETE, .key = key},
	};

	dynamodb_request_batch_get(&out, &db, &(struct dynamodb_batch){keys, 2, NULL, NULL, true});
	ck_assert_request("{\"RequestItems\":{\"shop\":{\"Keys\":[" KEY "," KEY
			  "],\"ConsistentRead\":true}}," USAGE);
	buf_reset(&out);
	dynamodb_request_batch_get(&out, &db,
				   &(struct dynamodb_batch){keys, 1, "#n", "{\"#n\":\"name\"}",
							    false});
	ck_assert_request("{\"RequestItems\":{\"shop\":{\"Keys\":[" KEY
			  "],\"ProjectionExpression\":\"#n\","
			  "\"ExpressionAttributeNames\":{\"#n\":\"name\"}}}," USAGE);
	buf_reset(&out);
	dynamodb_request_batch_write(&out, &db, writes, 2);
	ck_assert_request("{\"RequestItems\":{\"shop\":["
			  "{\"PutRequest\":{\"Item\":{\"id\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},"
			  "\"a\":{\"N\":\"1\"}}}},"
			  "{\"DeleteRequest\":{\"Key\":" KEY "}}]}," USAGE);
	buf_reset(&out);
	dynamodb_request_batch_rest(&out, span_of("{\"shop\":[]}"));
	ck_assert_request("{\"RequestItems\":{\"shop\":[]}," USAGE);
}
END_TEST

START_TEST(tables)
{
	dynamodb_request_table(&out, &db);
	ck_assert_request("{\"TableName\":\"shop\"}");
	buf_reset(&out);
	dynamodb_request_create_table(&out, &db, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	ck_assert_request("{\"TableName\":\"shop\",\"BillingMode\":\"PAY_PER_REQUEST\"}");
	buf_reset(&out);
	dynamodb_request_ttl(&out, &db, "ttl");
	ck_assert_request("{\"TableName\":\"shop\",\"TimeToLiveSpecification\":"
			  "{\"AttributeName\":\"ttl\",\"Enabled\":true}}");
}
END_TEST

Suite *dynamodb_request_suite(void)
{
	Suite *all = suite_create("dynamodb_request");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, get);
	tcase_add_test(cases, texts_in_keys_are_escaped);
	tcase_add_test(cases, query);
	tcase_add_test(cases, put_carries_key_and_write_token);
	tcase_add_test(cases, update_sets_the_write_token_and_is_not_applied_to_its_own_effect);
	tcase_add_test(cases, update_without_condition_or_values);
	tcase_add_test(cases, delete_carries_no_token);
	tcase_add_test(cases, transact_write_has_one_token_for_all);
	tcase_add_test(cases, transact_get);
	tcase_add_test(cases, batches);
	tcase_add_test(cases, tables);
	suite_add_tcase(all, cases);
	return all;
}
