#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/subscription_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define OTHER "00000000-0000-4000-8000-00000000000b"
#define USER "01900000-0000-7000-8000-000000000001"
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"
#define IN_STOCK "{\"Code\":\"ConditionalCheckFailed\",\"Item\":{\"available\":{\"N\":\"1\"}}}"
#define KEY(product) "{\"pk\":{\"S\":\"SUB#" product "#3\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")

static struct scripted_repo on;
static struct subscription subscription;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_put(enum result result)
{
	subscription_repo_put(&on.repo, PRODUCT, USER, &subscription, &on.await);
	scripted_repo_expect(&on, result);
	scripted_repo_renew(&on);
}

START_TEST(it_is_put_while_nothing_is_available_for_a_user_who_is_there)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	subscription_repo_put(&on.repo, PRODUCT, USER, &subscription, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0,
		       "{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":\"SUB#" PRODUCT
		       "#");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"U#" USER "\"}");
	ck_assert_sent(&on, 0,
		       "\"Key\":{\"pk\":{\"S\":\"P#" PRODUCT "\"},\"sk\":{\"S\":\"STOCK\"}},"
		       "\"ConditionExpression\":\"available <= :none\"");
	ck_assert_sent(&on, 0,
		       "\"Key\":{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"#\"}},"
		       "\"ConditionExpression\":\"attribute_exists(#p)\"");
	ck_assert_sent(&on, 0, subscription.mark);
	ck_assert_str_eq(subscription.user_id, USER);
}
END_TEST

START_TEST(why_it_cannot_be_is_told)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," IN_STOCK "," NONE));
	ck_assert_put(RESULT_IN_USE);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," BROKEN "," NONE));
	ck_assert_put(RESULT_NOT_FOUND);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," NONE "," BROKEN));
	ck_assert_put(RESULT_NO_OWNER);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," BROKEN "," BROKEN));
	ck_assert_put(RESULT_NOT_FOUND);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," IN_STOCK "," BROKEN));
	ck_assert_put(RESULT_NO_OWNER);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_put(RESULT_REFUSED);
}
END_TEST

START_TEST(ids_that_are_none_are_not_asked_for)
{
	subscription_repo_put(&on.repo, "x", USER, &subscription, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	subscription_repo_put(&on.repo, PRODUCT, "x", &subscription, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	subscription_repo_remove(&on.repo, "x", USER, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	subscription_repo_remove(&on.repo, PRODUCT, "", &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(it_is_removed_while_it_counts)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	subscription_repo_remove(&on.repo, PRODUCT, USER, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "DeleteItem");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"U#" USER "\"}");
	ck_assert_sent(&on, 0, "\"#t > :now\"");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"ttl\":{\"N\":\"1\"}}"));
	subscription_repo_remove(&on.repo, PRODUCT, USER, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(all_of_a_user_are_removed_page_by_page)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(KEY(PRODUCT) "," KEY(OTHER)), TEXT("{}"),
		    PAGE(KEY(OTHER)), TEXT("{}"));
	subscription_repo_remove_all(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "\"IndexName\":\"gsi1\"");
	ck_assert_sent(&on, 0, "{\":u\":{\"S\":\"U#" USER "\"},\":s\":{\"S\":\"SUB#\"}}");
	ck_assert_operation(&on, 1, "BatchWriteItem");
	ck_assert_sent(&on, 1,
		       "{\"DeleteRequest\":{\"Key\":{\"pk\":{\"S\":\"SUB#" PRODUCT
		       "#3\"},\"sk\":{\"S\":\"U#" USER "\"}}}}");
	ck_assert_sent(&on, 1, "SUB#" OTHER "#3");
	ck_assert_sent(&on, 2, "\"ExclusiveStartKey\":{\"k\":{\"S\":\"1\"}}");
	ck_assert_operation(&on, 3, "BatchWriteItem");
	ck_assert_not_sent(&on, 3, PRODUCT);
}
END_TEST

START_TEST(a_user_without_any_costs_one_query)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	subscription_repo_remove_all(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_page_without_any_is_not_the_end)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(""), PAGE(KEY(PRODUCT)), TEXT("{}"));
	subscription_repo_remove_all(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 2, "BatchWriteItem");
}
END_TEST

START_TEST(that_some_of_a_user_are_left_is_told)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	subscription_repo_remove_all(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(KEY(PRODUCT)),
		    AWS_ERROR("AccessDeniedException"));
	subscription_repo_remove_all(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

static void put(void)
{
	subscription_repo_put(&on.repo, PRODUCT, USER, &subscription, &on.await);
}

static void remove_one(void)
{
	subscription_repo_remove(&on.repo, PRODUCT, USER, &on.await);
}

static void remove_all(void)
{
	subscription_repo_remove_all(&on.repo, USER, &on.await);
}

static void run_once(void *context)
{
	void (*const *start)(void) = context;

	scripted_repo_run_short(&on, *start);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	static void (*const starts[])(void) = {put, remove_one, remove_all};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(KEY(PRODUCT)), TEXT("{}"), PAGE(""));
		alloc_fail_each(run_once, (void *)&starts[i]);
	}
}
END_TEST

Suite *subscription_repo_suite(void)
{
	Suite *suite = suite_create("subscription_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_is_put_while_nothing_is_available_for_a_user_who_is_there);
	tcase_add_test(tests, why_it_cannot_be_is_told);
	tcase_add_test(tests, ids_that_are_none_are_not_asked_for);
	tcase_add_test(tests, it_is_removed_while_it_counts);
	tcase_add_test(tests, all_of_a_user_are_removed_page_by_page);
	tcase_add_test(tests, a_user_without_any_costs_one_query);
	tcase_add_test(tests, a_page_without_any_is_not_the_end);
	tcase_add_test(tests, that_some_of_a_user_are_left_is_told);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
