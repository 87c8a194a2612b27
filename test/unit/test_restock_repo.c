#include <check.h>

#include "alloc_fail.h"
#include "repo/restock_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define EVENT "0193658c-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
#define ITEM(id, product)                                             \
	"{\"sk\":{\"S\":\"" id "\"},\"product_id\":{\"S\":\"" product \
	"\"},\"time\":{\"S\":\"T\"},\"data\":{\"S\":\"{\\\"level\\\":\\\"in\\\"}\"}}"

enum { SHARD = 2 }; /* of the product, of 4 */

static const struct restock restock = {
	.id = EVENT,
	.product_id = PRODUCT,
	.time = "T",
	.data = "{\"level\":\"in\"}",
};
static struct scripted_repo on;
static struct restock found;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_next(const char *answer, enum result result)
{
	SCRIPT_PLAY(&on.aws.script, {.status = 200, .body = answer});
	restock_repo_next(&on.repo, SHARD, &found, &on.await);
	scripted_repo_expect(&on, result);
}

START_TEST(it_is_put_unless_it_is_there)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), FAILED("{}"));
	restock_repo_put(&on.repo, &restock, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert_sent(&on, 0, "\"pk\":{\"S\":\"BACK#");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"" EVENT "\"}");
	ck_assert_sent(&on, 0, "\"data\":{\"S\":\"{\\\"level\\\":\\\"in\\\"}\"}");
	ck_assert_sent(&on, 0, "\"attribute_not_exists(#p)\"");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FAILED("{}"));
	restock_repo_put(&on.repo, &restock, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

START_TEST(the_oldest_comes_first)
{
	ck_assert_next("{\"Items\":[" ITEM(EVENT, PRODUCT) "]}", RESULT_OK);
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"BACK#2\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":10");
	ck_assert_str_eq(found.id, EVENT);
	ck_assert_str_eq(found.product_id, PRODUCT);
	ck_assert_str_eq(found.time, "T");
	ck_assert_str_eq(found.data, "{\"level\":\"in\"}");
}
END_TEST

START_TEST(another_tools_are_passed_over)
{
	ck_assert_next("{\"Items\":[]}", RESULT_NOT_FOUND);
	ck_assert_uint_eq(found.passed_over, 0);
	scripted_repo_renew(&on);
	ck_assert_next("{\"Items\":[" ITEM("x", PRODUCT) "," ITEM(EVENT, "y") "]}",
		       RESULT_NOT_FOUND);
	ck_assert_uint_eq(found.passed_over, 2);
	scripted_repo_renew(&on);
	ck_assert_next("{\"Items\":[{}," ITEM("x", PRODUCT) "," ITEM(EVENT, PRODUCT) "]}",
		       RESULT_OK);
	ck_assert_uint_eq(found.passed_over, 2);
	ck_assert_str_eq(found.id, EVENT);
}
END_TEST

START_TEST(one_in_a_wrong_shard_is_passed_over)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" ITEM(EVENT, PRODUCT) "]}"));
	restock_repo_next(&on.repo, (SHARD + 1) % 4, &found, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(found.passed_over, 1);
}
END_TEST

START_TEST(a_page_of_nothing_but_those_is_followed_by_the_next)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[" ITEM(
			    "x", PRODUCT) "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}"),
		    TEXT("{\"Items\":[" ITEM(EVENT, PRODUCT) "]}"));
	restock_repo_next(&on.repo, SHARD, &found, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\"ExclusiveStartKey\":{\"k\":{\"S\":\"1\"}}");
	ck_assert_uint_eq(found.passed_over, 1);
}
END_TEST

START_TEST(it_goes_once)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	restock_repo_remove(&on.repo, &restock, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "DeleteItem");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FAILED("{}"));
	restock_repo_remove(&on.repo, &restock, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

static void put(void)
{
	restock_repo_put(&on.repo, &restock, &on.await);
}

static void next(void)
{
	restock_repo_next(&on.repo, SHARD, &found, &on.await);
}

static void remove_it(void)
{
	restock_repo_remove(&on.repo, &restock, &on.await);
}

static void run_once(void *context)
{
	void (*const *start)(void) = context;

	scripted_repo_run_short(&on, *start);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	static void (*const starts[])(void) = {put, next, remove_it};

	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" ITEM(EVENT, PRODUCT) "]}"));
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		alloc_fail_each(run_once, (void *)&starts[i]);
}
END_TEST

Suite *restock_repo_suite(void)
{
	Suite *suite = suite_create("restock_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_put_unless_it_is_there);
	tcase_add_test(tests, the_oldest_comes_first);
	tcase_add_test(tests, another_tools_are_passed_over);
	tcase_add_test(tests, one_in_a_wrong_shard_is_passed_over);
	tcase_add_test(tests, a_page_of_nothing_but_those_is_followed_by_the_next);
	tcase_add_test(tests, it_goes_once);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
