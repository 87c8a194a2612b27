#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_anonymising.h"
#include "scripted_repo.h"

#define USED CHECKOUT_ITEM("used", LATER, "2", "")
#define ENDED HEAD_ITEM("cancelled", "none", "unfulfilled", "4", "")
#define GOT(item) TEXT("{\"Item\":" item "}")
#define BATCH(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define WITH_REASON(sk) ",{\"sk\":{\"S\":\"" sk "\"},\"reason\":{\"S\":\"mine\"}}"
#define UPDATE(sk) \
	"\"Key\":{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"" sk "\"}},\"UpdateExpression\":"
#define DELETE(pk, sk)                                                     \
	"{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"" pk \
	"\"},\"sk\":{\"S\":\"" sk "\"}}}}"
#define OTHER_VERSION CANCELLED("{\"Code\":\"ConditionalCheckFailed\",\"Item\":{}}," NONE "," NONE)

static struct scripted_repo on;
static struct order_anonymising one;
static enum result result;

static void set_up(void)
{
	scripted_repo_init(&on);
	one = (struct order_anonymising){0};
}

static void tear_down(void)
{
	order_anonymising_clear(&one);
	scripted_repo_clear(&on);
}

static void on_done(struct order_anonymising *done, enum result what)
{
	ck_assert_ptr_eq(done, &one);
	ck_assert_ptr_eq(done->context, &on);
	ck_assert(!on.is_done);
	result = what;
	on.is_done = true;
}

static void start(void)
{
	one.repo = &on.repo;
	one.await = &on.await;
	one.user_pk = "U#" USER;
	one.done = on_done;
	one.context = &on;
	strcpy(one.id, ORDER);
	on.is_done = false;
	order_anonymising_run(&one);
}

static void ck_assert_comes_to(enum result expected)
{
	start();
	script_run(&on.aws.script, &on.is_done, 30000000);
	ck_assert(on.is_done);
	ck_assert_str_eq(result_name(result), result_name(expected));
}

START_TEST(an_order_that_has_ended_keeps_nothing_of_the_person)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USED),
		    FOUND_ITEMS(ENDED WITH_REASON("H#1") "," ENTRY_ITEM WITH_REASON(
			    "R#1") "," SNAP_ITEM),
		    TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert(!one.is_open);
	ck_assert_sent(&on, 1, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(
		&on, 2,
		UPDATE("#") "\"REMOVE email, note, user_id, g1p, g1s SET is_anonymised = :yes "
			    "ADD version :one\","
			    "\"ConditionExpression\":\"version = :v\"");
	ck_assert_sent(&on, 2,
		       "{\":v\":{\"N\":\"4\"},\":one\":{\"N\":\"1\"},\":yes\":{\"BOOL\":true}}");
	ck_assert_sent(&on, 2, UPDATE("H#1") "\"REMOVE reason\"");
	ck_assert_sent(&on, 2, UPDATE("R#1") "\"REMOVE reason\"");
	ck_assert_not_sent(&on, 2, "H#" RETURN);
	ck_assert_sent(&on, 2, UPDATE("SNAP") "\"SET address = :a\"");
	ck_assert_sent(&on, 2, "{\":a\":{\"M\":{}}}"); /* it had no country */
	ck_assert_sent(&on, 2, DELETE("K#" ORDER, "#"));
	ck_assert_sent(&on, 2, DELETE("U#" USER, "K#" ORDER));
}
END_TEST

START_TEST(of_the_address_the_country_stays)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USED),
		    FOUND_ITEMS(ENDED
				",{\"sk\":{\"S\":\"SNAP\"},\"address\":{\"M\":{\"city\":{\"S\":"
				"\"Ulm\"},\"country\":{\"S\":\"DE\"}}}}"),
		    TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 2, "{\":a\":{\"M\":{\"country\":{\"S\":\"DE\"}}}}");
}
END_TEST

START_TEST(an_order_under_way_stays_as_it_is)
{
	static const char *const states[] = {
		HEAD_ITEM("placed", "none", "unfulfilled", "1", ""),
		HEAD_ITEM("confirmed", "paid", "partial", "1", ""),
	};
	static char answer[4000];

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		snprintf(answer, sizeof(answer), "{\"Items\":[%s,%s]}", states[i], SNAP_ITEM);
		SCRIPT_PLAY(&on.aws.script, GOT(USED), {.status = 200, .body = answer});
		ck_assert_comes_to(RESULT_OK);
		ck_assert(one.is_open);
		ck_assert_uint_eq(on.aws.script.request_count, 2);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(a_checkout_that_is_held_ends)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), BATCH(STOCKS), TEXT("{}"), FOUND_ITEMS(""),
		    TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 2, "\":end\":{\"S\":\"released\"}");
	ck_assert_sent(&on, 4, DELETE("K#" ORDER, "#"));
	ck_assert_not_sent(&on, 4, "O#");
	scripted_repo_renew(&on);
	/* Its time is over, but its stock is not given back yet. */
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("held", NOW, "1", "")), BATCH(STOCKS),
		    TEXT("{}"), FOUND_ITEMS(""), TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 2, "\":end\":{\"S\":\"expired\"}");
	ck_assert_uint_eq(on.aws.script.request_count, 5);
}
END_TEST

START_TEST(where_nothing_is_left_the_note_goes)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), FOUND_ITEMS(""), TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 2, DELETE("U#" USER, "K#" ORDER));
}
END_TEST

START_TEST(an_order_that_changes_meanwhile_is_read_again)
{
	struct script_step steps[1 + 2 * ORDER_ANONYMISING_TRIES] = {GOT(USED)};

	SCRIPT_PLAY(&on.aws.script, GOT(USED), FOUND_ITEMS(ENDED), OTHER_VERSION,
		    FOUND_ITEMS(HEAD_ITEM("cancelled", "none", "unfulfilled", "5", "")),
		    TEXT("{}"));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 4, "{\":v\":{\"N\":\"5\"}");
	scripted_repo_renew(&on);
	for (size_t i = 1; i < sizeof(steps) / sizeof(steps[0]); i += 2) {
		steps[i] = (struct script_step)FOUND_ITEMS(ENDED);
		steps[i + 1] = (struct script_step)OTHER_VERSION;
	}
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	ck_assert_comes_to(RESULT_THROTTLED);
}
END_TEST

START_TEST(what_is_no_order_is_not_touched)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USED), FOUND_ITEMS("{\"sk\":{\"S\":\"#\"}}"));
	ck_assert_comes_to(RESULT_GARBLED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(USED),
		    TEXT("{\"Items\":[" ENDED "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}"));
	ck_assert_comes_to(RESULT_GARBLED);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_comes_to(RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(USED), AWS_ERROR("AccessDeniedException"));
	ck_assert_comes_to(RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(USED), FOUND_ITEMS(ENDED),
		    AWS_ERROR("AccessDeniedException"));
	ck_assert_comes_to(RESULT_REFUSED);
}
END_TEST

static void run_once(void *context)
{
	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	one = (struct order_anonymising){0};
	start();
	script_run(&on.aws.script, &on.is_done, 30000000);
	/* An answer that was lost for want of memory is a step less. */
	ck_assert(result == RESULT_OK || alloc_has_failed());
	order_anonymising_clear(&one);
	one = (struct order_anonymising){0};
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, GOT(USED), FOUND_ITEMS(ENDED WITH_REASON("H#1") "," SNAP_ITEM),
		    TEXT("{}"));
	alloc_fail_each(run_once, NULL);
}
END_TEST

Suite *order_anonymising_suite(void)
{
	Suite *suite = suite_create("order_anonymising");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_order_that_has_ended_keeps_nothing_of_the_person);
	tcase_add_test(tests, of_the_address_the_country_stays);
	tcase_add_test(tests, an_order_under_way_stays_as_it_is);
	tcase_add_test(tests, a_checkout_that_is_held_ends);
	tcase_add_test(tests, where_nothing_is_left_the_note_goes);
	tcase_add_test(tests, an_order_that_changes_meanwhile_is_read_again);
	tcase_add_test(tests, what_is_no_order_is_not_touched);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
