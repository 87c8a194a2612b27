#include "repo/notification_target.h"

#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define PHONE "+4930123456"
#define ENDPOINT "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1"
#define CHOSEN "\"events\":{\"L\":[{\"S\":\"stock.back\"},{\"S\":\"order.placed\"}]}"
#define WISHES(members) "{\"Item\":{\"version\":{\"N\":\"7\"}," members "}}"
#define SMS "\"channel\":{\"S\":\"sms\"},\"phone\":{\"S\":\"" PHONE "\"}"
#define TARGET(arn) "\"channel\":{\"S\":\"endpoint\"},\"target_arn\":{\"S\":\"" arn "\"}"

static struct scripted_repo on;
static struct notification_target target;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(void)
{
	notification_target_find(&on.repo, USER, EVENT_ORDER_PLACED, &target, &on.await);
}

static const struct {
	const char *answer;
	enum notification_channel channel;
	const char *address;
} wishes[] = {
	{WISHES(SMS "," CHOSEN), NOTIFICATION_SMS, PHONE},
	{WISHES(TARGET(ENDPOINT) "," CHOSEN), NOTIFICATION_ENDPOINT, ENDPOINT},
	{WISHES(SMS ",\"events\":{\"L\":[{\"S\":\"order.refunded\"}]}"), NOTIFICATION_NOWHERE,
	 NULL},
	{WISHES(SMS), NOTIFICATION_NOWHERE, NULL},
	{WISHES(SMS "," CHOSEN ",\"refused\":{\"S\":\"OptedOut\"}"), NOTIFICATION_NOWHERE, NULL},
	{WISHES("\"channel\":{\"S\":\"topic\"}," CHOSEN), NOTIFICATION_NOWHERE, NULL},
	{WISHES("\"channel\":{\"S\":\"sms\"}," CHOSEN), NOTIFICATION_NOWHERE, NULL},
	{WISHES(TARGET("arn:aws:sns:eu-west-1:123456789012:shop") "," CHOSEN), NOTIFICATION_NOWHERE,
	 NULL},
	{WISHES(TARGET(ENDPOINT "\\n") "," CHOSEN), NOTIFICATION_NOWHERE, NULL},
	{"{}", NOTIFICATION_NOWHERE, NULL},
};

START_TEST(a_user_is_told_where_the_preferences_say)
{
	SCRIPT_PLAY(&on.aws.script, {.status = 200, .body = wishes[_i].answer});
	find();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(target.channel, wishes[_i].channel);
	if (wishes[_i].address) {
		ck_assert_str_eq(target.address, wishes[_i].address);
		ck_assert_uint_eq(target.version, 7);
	}
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"NOTIFY\"}}");
	ck_assert_not_sent(&on, 0, "\"ConsistentRead\":true");
}
END_TEST

START_TEST(preferences_that_nobody_can_read_are_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Item\":{" SMS "," CHOSEN "}}"));
	find();
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

START_TEST(who_is_no_user_is_not_looked_for)
{
	notification_target_find(&on.repo, "x", EVENT_ORDER_PLACED, &target, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(target.channel, NOTIFICATION_NOWHERE);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

static void refuse(void)
{
	notification_target_refuse(&on.repo, USER, 7, "OptedOut", &on.await);
}

START_TEST(a_refusal_is_noted_in_the_preferences_that_were_read)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	refuse();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "UpdateItem");
	ck_assert_sent(&on, 0, "refused = :why, version = :next");
	ck_assert_sent(&on, 0, "(version = :v)");
	ck_assert_sent(&on, 0,
		       "\":why\":{\"S\":\"OptedOut\"},\":v\":{\"N\":\"7\"},"
		       "\":next\":{\"N\":\"8\"}");
}
END_TEST

/* Its token is not ours, and the version has taken one step: that was somebody else's. */
START_TEST(after_a_lost_answer_it_is_told_whose_write_it_was)
{
	SCRIPT_PLAY(&on.aws.script, LOST,
		    FAILED("{\"version\":{\"N\":\"8\"},\"wt\":{\"S\":\"other\"}}"));
	refuse();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

START_TEST(preferences_that_were_set_anew_stay_as_they_are)
{
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"version\":{\"N\":\"8\"}}"));
	refuse();
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

static void run_once(void *context)
{
	void (*const *start)(void) = context;

	scripted_repo_run_short(&on, *start);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	static void (*const starts[])(void) = {find, refuse};

	SCRIPT_PLAY(&on.aws.script, {.status = 200, .body = wishes[0].answer});
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		alloc_fail_each(run_once, (void *)&starts[i]);
}
END_TEST

Suite *notification_target_suite(void)
{
	Suite *suite = suite_create("notification_target");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, a_user_is_told_where_the_preferences_say, 0,
			    (int)(sizeof(wishes) / sizeof(wishes[0])));
	tcase_add_test(tests, preferences_that_nobody_can_read_are_a_failure);
	tcase_add_test(tests, who_is_no_user_is_not_looked_for);
	tcase_add_test(tests, a_refusal_is_noted_in_the_preferences_that_were_read);
	tcase_add_test(tests, after_a_lost_answer_it_is_told_whose_write_it_was);
	tcase_add_test(tests, preferences_that_were_set_anew_stay_as_they_are);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
