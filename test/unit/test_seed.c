#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/seed.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define TAKEN CANCELLED("{\"Code\":\"ConditionalCheckFailed\"}," NONE "," NONE)
#define TAKEN_WITHOUT_STOCK CANCELLED("{\"Code\":\"ConditionalCheckFailed\"}," NONE)

#define TAKEN_EMAIL CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\"}")

enum { PRODUCTS = 12 };

static struct scripted_repo on;
static size_t made;
static size_t present;

static void set_up(void)
{
	scripted_repo_init(&on);
	made = 0;
	present = 0;
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

START_TEST(products_and_users_with_their_addresses_are_made_one_by_one)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"ConsumedCapacity\":[{\"CapacityUnits\":8}]}"));
	seed_demo(&on.repo, &made, &present, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_ge(made, 10);
	ck_assert_uint_eq(present, 0);
	ck_assert_uint_eq(on.aws.script.request_count, made);
	ck_assert_uint_eq(on.await.usage.write_millis, made * 8000);
	for (size_t i = 0; i < made; i++) {
		ck_assert_operation(&on, i, "TransactWriteItems");
		ck_assert_sent(&on, i,
			       i < PRODUCTS              ? "\"currency\":{\"S\":\"USD\"}"
			       : (i - PRODUCTS) % 2 == 0 ? "\"email\":"
							 : "\"country\":");
	}
}
END_TEST

START_TEST(what_is_there_is_left_alone)
{
	/* The seventh has no stock, and so no movement. */
	SCRIPT_PLAY(&on.aws.script, TAKEN, TEXT("{}"), TAKEN, TAKEN, TAKEN, TAKEN,
		    TAKEN_WITHOUT_STOCK, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN_EMAIL);
	seed_demo(&on.repo, &made, &present, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(made, 1);
	ck_assert_uint_eq(present, on.aws.script.request_count - 1);
}
END_TEST

START_TEST(it_ends_with_the_first_failure)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), AWS_ERROR("AccessDeniedException"));
	seed_demo(&on.repo, &made, &present, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(made, 1);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

static void seed_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	seed_demo(&on.repo, &made, &present, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_REFUSED)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	alloc_fail_each(seed_once, NULL);
}
END_TEST

Suite *seed_suite(void)
{
	Suite *suite = suite_create("seed");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, products_and_users_with_their_addresses_are_made_one_by_one);
	tcase_add_test(tests, what_is_there_is_left_alone);
	tcase_add_test(tests, it_ends_with_the_first_failure);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
