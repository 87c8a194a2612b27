#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_repo.h"
#include "repo/product_view.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define PRODUCT "{\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"n\"},\"version\":{\"N\":\"3\"}}"
#define STOCK "{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"4\"},\"version\":{\"N\":\"17\"}}"
#define FAILED_CONDITION "{\"Code\":\"ConditionalCheckFailed\"}"

static struct scripted_repo on;
static struct stored_product product;

static void set_up(void)
{
	scripted_repo_init(&on);
	product = (struct stored_product){0};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_viewed(const char *expected)
{
	struct buf out = {0};

	buf_init(&out, PRODUCT_ITEM_MAX);
	product_view_write(&product, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

/* ------------------------------------------------------------------ reading */

START_TEST(one_query_reads_product_and_stock)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" PRODUCT "," STOCK "],"
					 "\"ConsumedCapacity\":{\"CapacityUnits\":0.5}}"));
	product_repo_find(&on.repo, ID, false, &product, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0,
		       "\"KeyConditionExpression\":\"#p = :p\","
		       "\"ExpressionAttributeNames\":{\"#p\":\"pk\"},"
		       "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"P#" ID "\"}}");
	ck_assert_not_sent(&on, 0, "ConsistentRead");
	ck_assert_uint_eq(on.await.usage.read_millis, 500);
	ck_assert_uint_eq(product.version, 3);
	ck_assert_uint_eq(product.stock_version, 17);
	ck_assert_viewed("{\"id\":\"" ID "\",\"name\":\"n\",\"stock\":{\"available\":4,"
			 "\"reserved\":0,\"on_hand\":4},\"version\":3}");
}
END_TEST

START_TEST(a_read_may_be_consistent_and_the_key_have_another_name)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" PRODUCT "]}"));
	on.repo.db.partition_key = "sku";
	product_repo_find(&on.repo, ID, true, &product, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "\"ExpressionAttributeNames\":{\"#p\":\"sku\"}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_uint_eq(product.stock_version, 0);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	static const char *const answers[] = {"{\"Items\":[]}", "{\"Items\":[" STOCK "]}"};

	for (size_t i = 0; i < 2; i++) {
		SCRIPT_PLAY(&on.aws.script, TEXT(answers[i]));
		product_repo_find(&on.repo, ID, false, &product, &on.await);
		scripted_repo_expect(&on, RESULT_NOT_FOUND);
		scripted_repo_renew(&on);
	}
	ck_assert_uint_eq(product.version, 0);
}
END_TEST

static const char *const no_ids[] = {
	"",
	"1",
	"00000000-0000-4000-8000-00000000000",
	"00000000-0000-4000-8000-0000000000011",
	"00000000-0000-4000-8000-00000000000A",
	"00000000000040008000000000000001",
	"\"}},\"x\":{\"S\":\"0000000000000000000",
};

START_TEST(what_is_no_id_is_not_found_without_a_call)
{
	for (size_t i = 0; i < sizeof(no_ids) / sizeof(no_ids[0]); i++) {
		product_repo_find(&on.repo, no_ids[i], false, &product, &on.await);
		scripted_repo_expect(&on, RESULT_NOT_FOUND);
		scripted_repo_renew(&on);
		product_repo_remove(&on.repo, no_ids[i], 0, &on.await);
		scripted_repo_expect(&on, RESULT_NOT_FOUND);
		scripted_repo_renew(&on);
	}
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_failure_is_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	product_repo_find(&on.repo, ID, false, &product, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(product.version, 0);
}
END_TEST

/* ------------------------------------------------------------------ creating */

static void create(const char *id, const char *text, int64_t on_hand)
{
	json_t *tree = tree_of(text);
	const struct new_product new = {.id = id, .product = tree, .opening = {on_hand, false, 0}};

	product_repo_create(&on.repo, &new, &product, &on.await);
	json_decref(tree); /* it is needed during the call only */
}

START_TEST(product_and_stock_are_made_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	create(ID, "{\"name\":\"N\",\"price\":1.50,\"x\":[1]}", 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(
		&on, 0,
		"{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":\"P#" ID "\"},"
		"\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"N\"},\"price\":{\"N\":\"1.5\"},"
		"\"extra\":{\"M\":{\"x\":{\"L\":[{\"N\":\"1\"}]}}},\"version\":{\"N\":\"1\"},"
		"\"created_at\":{\"S\":\"2015-08-30T12:36:00.000Z\"},"
		"\"updated_at\":{\"S\":\"2015-08-30T12:36:00.000Z\"},"
		"\"g1s\":{\"S\":\"n\\t" ID "\"},\"g2p\":{\"S\":\"PROD#2\"},"
		"\"g2s\":{\"S\":\"2015-08-30T12:36:00.000Z#" ID "\"}},"
		"\"ConditionExpression\":\"attribute_not_exists(#p)\"");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"0\"}");
	ck_assert_sent(&on, 0, "\"ClientRequestToken\":\"");
	ck_assert_not_sent(&on, 0, "opening");
	ck_assert_viewed("{\"id\":\"" ID "\",\"name\":\"N\",\"price\":1.5,\"x\":[1],"
			 "\"stock\":{\"available\":0,\"reserved\":0,\"on_hand\":0,"
			 "\"level\":\"out\"},\"version\":1,"
			 "\"created_at\":\"2015-08-30T12:36:00.000Z\","
			 "\"updated_at\":\"2015-08-30T12:36:00.000Z\"}");
}
END_TEST

START_TEST(opening_stock_begins_the_ledger)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	create(NULL, "{\"name\":\"N\"}", 7);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(id_is_valid(product.id));
	ck_assert_sent(&on, 0, "\"available\":{\"N\":\"7\"}");
	ck_assert_sent(&on, 0, "\"delta\":{\"N\":\"7\"},\"reason\":{\"S\":\"opening\"}");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"M#");
	ck_assert_uint_eq(product.version, 1);
	ck_assert_uint_eq(product.stock_version, 1);
}
END_TEST

START_TEST(a_taken_id_exists_and_a_lost_answer_is_asked_for_with_the_same_token)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILED_CONDITION "," NONE));
	create(ID, "{\"name\":\"N\"}", 0);
	scripted_repo_expect(&on, RESULT_EXISTS);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, LOST, TEXT("{}"));
	create(ID, "{\"name\":\"N\"}", 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_str_eq(script_body(&on.aws.script, 0), script_body(&on.aws.script, 1));
}
END_TEST

START_TEST(what_dynamodb_finds_too_large_is_too_large)
{
	SCRIPT_PLAY(
		&on.aws.script,
		CANCELLED(
			"{\"Code\":\"ValidationError\","
			"\"Message\":\"Item size has exceeded the maximum allowed size\"}," NONE));
	create(ID, "{\"name\":\"N\"}", 0);
	scripted_repo_expect(&on, RESULT_TOO_LARGE);
}
END_TEST

/* ------------------------------------------------------------------ removing */

START_TEST(both_items_are_removed_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	product_repo_remove(&on.repo, ID, 0, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0, "\"ConditionExpression\":\"attribute_exists(#p)\"");
	ck_assert_sent(&on, 0,
		       "\"ConditionExpression\":"
		       "\"attribute_not_exists(reserved) OR reserved = :zero\"");
	ck_assert_not_sent(&on, 0, "\":v\"");
	scripted_repo_renew(&on);
	product_repo_remove(&on.repo, ID, 3, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "\"attribute_exists(#p) AND version = :v\"");
	ck_assert_sent(&on, 0, "{\":v\":{\"N\":\"3\"}}");
}
END_TEST

START_TEST(why_it_was_not_removed_is_told_apart)
{
	static const struct {
		struct script_step step;
		enum result result;
	} table[] = {
		{CANCELLED(FAILED_CONDITION "," NONE), RESULT_NOT_FOUND},
		{CANCELLED(FAILED_CONDITION "," FAILED_CONDITION), RESULT_NOT_FOUND},
		{CANCELLED("{\"Code\":\"ConditionalCheckFailed\",\"Item\":" PRODUCT "}," NONE),
		 RESULT_CONFLICT},
		{CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\",\"Item\":" STOCK "}"),
		 RESULT_IN_USE},
		{CANCELLED(FAILED_CONDITION), RESULT_GARBLED},
		{AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		product_repo_remove(&on.repo, ID, 3, &on.await);
		scripted_repo_expect(&on, table[i].result);
		scripted_repo_renew(&on);
	}
}
END_TEST

/* ------------------------------------------------------------------ short of memory */

static void ck_assert_fails_for_memory_only(void)
{
	enum result result = scripted_repo_run(&on);

	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	else
		ck_assert_uint_ne(product.version, 0);
}

static void find_once(void *context)
{
	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	product = (struct stored_product){0};
	product_repo_find(&on.repo, ID, false, &product, &on.await);
	ck_assert_fails_for_memory_only();
	scripted_repo_leave(&on);
}

static void create_once(void *context)
{
	json_t *tree = tree_of("{\"name\":\"N\"}");
	const struct new_product new = {.id = ID, .product = tree, .opening = {7, false, 0}};

	(void)context;
	if (tree && scripted_repo_enter(&on)) {
		product = (struct stored_product){0};
		product_repo_create(&on.repo, &new, &product, &on.await);
		ck_assert_fails_for_memory_only();
		scripted_repo_leave(&on);
	}
	json_decref(tree);
}

static void remove_once(void *context)
{
	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	product_repo_remove(&on.repo, ID, 0, &on.await);
	ck_assert(scripted_repo_run(&on) == RESULT_IN_USE || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" PRODUCT "," STOCK "]}"));
	alloc_fail_each(find_once, NULL);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	alloc_fail_each(create_once, NULL);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILED_CONDITION));
	alloc_fail_each(remove_once, NULL);
}
END_TEST

Suite *product_repo_suite(void)
{
	Suite *suite = suite_create("product_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, one_query_reads_product_and_stock);
	tcase_add_test(tests, a_read_may_be_consistent_and_the_key_have_another_name);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, what_is_no_id_is_not_found_without_a_call);
	tcase_add_test(tests, a_failure_is_passed_on);
	tcase_add_test(tests, product_and_stock_are_made_in_one_transaction);
	tcase_add_test(tests, opening_stock_begins_the_ledger);
	tcase_add_test(tests, a_taken_id_exists_and_a_lost_answer_is_asked_for_with_the_same_token);
	tcase_add_test(tests, what_dynamodb_finds_too_large_is_too_large);
	tcase_add_test(tests, both_items_are_removed_in_one_transaction);
	tcase_add_test(tests, why_it_was_not_removed_is_told_apart);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
