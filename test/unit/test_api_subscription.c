#include <check.h>
#include <string.h>

#include "api/subscription.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define USER "01900000-0000-7000-8000-000000000001"
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"
#define IN_STOCK "{\"Code\":\"ConditionalCheckFailed\",\"Item\":{\"available\":{\"N\":\"1\"}}}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static int run(const struct endpoint *endpoint)
{
	asking_query(&asking, "user_id", USER);
	return asking_run(&asking, endpoint, PRODUCT);
}

static void ck_assert_problem(int status, int expected, const char *code)
{
	ck_assert_int_eq(status, expected);
	ck_assert_str_eq(asking.rq.reply.code, code);
	asking_renew(&asking);
}

START_TEST(put_shows_who_waits_for_what_and_how_long)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(run(&put_subscription), 200);
	ck_assert_mem_eq(asking_body(&asking),
			 "{\"product_id\":\"" PRODUCT "\",\"user_id\":\"" USER
			 "\",\"created_at\":\"2",
			 116);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\",\"expires_at\":\"2"));
}
END_TEST

START_TEST(put_says_why_not)
{
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," BROKEN "," NONE));
	ck_assert_problem(run(&put_subscription), 404, "product-not-found");
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," NONE "," BROKEN));
	ck_assert_problem(run(&put_subscription), 404, "user-not-found");
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," IN_STOCK "," NONE));
	ck_assert_problem(run(&put_subscription), 409, "product-in-stock");
}
END_TEST

START_TEST(delete_answers_204_or_404)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(run(&delete_subscription), 204);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FAILED("{}"));
	ck_assert_problem(run(&delete_subscription), 404, "subscription-not-found");
}
END_TEST

START_TEST(who_it_is_about_must_be_said)
{
	ck_assert_problem(asking_run(&asking, &put_subscription, PRODUCT), 400,
			  "invalid-parameter");
	ck_assert_problem(asking_run(&asking, &delete_subscription, PRODUCT), 400,
			  "invalid-parameter");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_shopper_who_names_nobody_means_himself)
{
	asking.rq.caller = (struct caller){CALLER_SHOPPER, USER, 0, "shopper"};
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &put_subscription, PRODUCT), 200);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"user_id\":\"" USER "\""));
}
END_TEST

Suite *api_subscription_suite(void)
{
	Suite *suite = suite_create("api_subscription");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, put_shows_who_waits_for_what_and_how_long);
	tcase_add_test(tests, put_says_why_not);
	tcase_add_test(tests, delete_answers_204_or_404);
	tcase_add_test(tests, who_it_is_about_must_be_said);
	tcase_add_test(tests, a_shopper_who_names_nobody_means_himself);
	suite_add_tcase(suite, tests);
	return suite;
}
