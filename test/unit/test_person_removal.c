#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/person_removal.h"
#include "scripted_repo.h"

#define SECOND "30000000-0000-7000-8000-000000000002"
#define NOTE(sk) "{\"sk\":{\"S\":\"" sk "\"}}"
#define NOTE_UNTIL(sk, ttl) "{\"sk\":{\"S\":\"" sk "\"},\"ttl\":{\"N\":\"" ttl "\"}}"
#define USED TEXT("{\"Item\":" CHECKOUT_ITEM("used", LATER, "2", "") "}")
#define ENDED FOUND_ITEMS(HEAD_ITEM("cancelled", "none", "unfulfilled", "4", ""))
#define UNDER_WAY FOUND_ITEMS(HEAD_ITEM("confirmed", "paid", "unfulfilled", "4", ""))
#define NONE_LEFT FOUND_ITEMS("")
#define SUBSCRIPTIONS FOUND_ITEMS("{\"pk\":{\"S\":\"SUB#" TEA "#3\"}}")
#define DONE TEXT("{}")
#define RANGE(from, to) \
	"{\":p\":{\"S\":\"U#" USER "\"},\":from\":{\"S\":\"" from "\"},\":to\":{\"S\":\"" to "\"}}"
#define OPEN_MARK TEXT("{\"Item\":{\"sk\":{\"S\":\"GONE\"},\"g2s\":{\"S\":\"x\"}}}")
#define CLOSED_MARK TEXT("{\"Item\":{\"sk\":{\"S\":\"GONE\"},\"ttl\":{\"N\":\"1\"}}}")
#define MARK "\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"GONE\"}"

static struct scripted_repo on;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void on_over(struct person_removal *removal, enum result result)
{
	await_finish(removal->await, result);
}

/* As who has just removed the user does. */
static void go_on(enum result expected)
{
	struct person_removal removal = {
		.repo = &on.repo,
		.await = &on.await,
		.user_id = USER,
		.done = on_over,
	};

	await_start(&on.await);
	person_removal_run(&removal);
	scripted_repo_expect(&on, expected);
}

static void sweep(enum result expected)
{
	person_removal_go_on(&on.repo, USER, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(who_comes_later_goes_on_while_the_mark_is_open)
{
	SCRIPT_PLAY(&on.aws.script, OPEN_MARK, NONE_LEFT, NONE_LEFT, NONE_LEFT, DONE);
	sweep(RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"GONE\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, RANGE("K!", "K$"));
	ck_assert_sent(&on, 4, MARK ",\"ttl\":");
}
END_TEST

/* The id may be a new user's by now, from whom nothing must be taken. */
START_TEST(who_comes_too_late_touches_nothing)
{
	static const struct script_step marks[] = {CLOSED_MARK, TEXT("{}")};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		script_play(&on.aws.script, &marks[i], 1);
		sweep(RESULT_OK);
		ck_assert_uint_eq(on.aws.script.request_count, 1);
		scripted_repo_renew(&on);
	}
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	sweep(RESULT_REFUSED);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(where_nothing_was_noted_the_mark_is_closed)
{
	SCRIPT_PLAY(&on.aws.script, NONE_LEFT, NONE_LEFT, NONE_LEFT, DONE);
	go_on(RESULT_OK);
	ck_assert_sent(&on, 0, "\"#p = :p AND sk BETWEEN :from AND :to\"");
	ck_assert_sent(&on, 0, RANGE("K!", "K$"));
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, RANGE("I!", "I$"));
	ck_assert_sent(&on, 2, "\"IndexName\":\"gsi1\""); /* subscriptions */
	ck_assert_operation(&on, 3, "PutItem");
	ck_assert_sent(&on, 3, MARK ",\"ttl\":{\"N\":\"1440938221\"}"); /* a minute from now */
	ck_assert_not_sent(&on, 3, "g2p");
	ck_assert_sent(&on, 3, "attribute_exists(#p)");
}
END_TEST

START_TEST(each_order_is_anonymised_page_by_page)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[" NOTE("K#" ORDER) "," NOTE(
			    "K#" SECOND) "],"
					 "\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}"),
		    USED, ENDED, DONE, DONE, NONE_LEFT, DONE, NONE_LEFT, NONE_LEFT, NONE_LEFT,
		    DONE);
	go_on(RESULT_OK);
	ck_assert_sent(&on, 3, "\"sk\":{\"S\":\"K#" ORDER "\"}");
	ck_assert_sent(&on, 6, "\"sk\":{\"S\":\"K#" SECOND "\"}");
	ck_assert_sent(&on, 7, RANGE("K#" SECOND "!", "K$"));
	ck_assert_sent(&on, 10, MARK ",\"ttl\":");
}
END_TEST

START_TEST(an_order_under_way_is_left_for_later)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(NOTE("K#" ORDER)), USED, UNDER_WAY, NONE_LEFT,
		    NONE_LEFT, DONE);
	go_on(RESULT_OK);
	ck_assert_operation(&on, 5, "PutItem");
	ck_assert_sent(&on, 5, MARK);
	ck_assert_sent(&on, 5, "\"g2p\":{\"S\":\"EXP#");
	ck_assert_sent(&on, 5, "\"g2s\":{\"S\":\"2015-08-30T12:46:00.000Z#" USER "\"}");
	ck_assert_not_sent(&on, 5, "ttl");
}
END_TEST

START_TEST(answers_are_replaced_by_what_says_that_they_are_gone)
{
	SCRIPT_PLAY(&on.aws.script, NONE_LEFT,
		    FOUND_ITEMS(
			    NOTE_UNTIL("I#a", "1440938161") "," NOTE_UNTIL("I#b", "1440938160")),
		    DONE, NONE_LEFT, NONE_LEFT, DONE);
	go_on(RESULT_OK);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(
		&on, 2,
		"{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":\"I#a\"},\"sk\":{\"S\":"
		"\"#\"},\"fingerprint\":{\"S\":\"removed\"},\"answer_status\":{\"N\":\"410\"},"
		"\"ttl\":{\"N\":\"1441024560\"}}");
	ck_assert_sent(&on, 2, "\"sk\":{\"S\":\"I#a\"}");
	ck_assert_sent(&on, 2, "\"sk\":{\"S\":\"I#b\"}");
	ck_assert_not_sent(&on, 2, "\"pk\":{\"S\":\"I#b\"}"); /* its time is over */
}
END_TEST

START_TEST(a_mark_that_is_open_has_no_time_to_live)
{
	struct item item;

	ck_assert(item_view(&item, span_of("{\"sk\":{\"S\":\"GONE\"},\"g2s\":{\"S\":\"x\"}}")));
	ck_assert(person_removal_is_open(&item));
	ck_assert(item_view(&item, span_of("{\"sk\":{\"S\":\"GONE\"},\"ttl\":{\"N\":\"1\"}}")));
	ck_assert(!person_removal_is_open(&item));
}
END_TEST

START_TEST(a_mark_that_another_took_away_is_fine)
{
	SCRIPT_PLAY(&on.aws.script, NONE_LEFT, NONE_LEFT, NONE_LEFT,
		    AWS_ERROR("ConditionalCheckFailedException"));
	go_on(RESULT_OK);
}
END_TEST

START_TEST(whatever_fails_leaves_the_mark)
{
	static const struct script_step failure = AWS_ERROR("AccessDeniedException");
	static const struct script_step whole[] = {
		FOUND_ITEMS(NOTE("K#" ORDER)),
		USED,
		ENDED,
		DONE,
		FOUND_ITEMS(NOTE("I#a")),
		DONE,
		NONE_LEFT,
		SUBSCRIPTIONS,
		DONE,
	};
	enum { STEPS = sizeof(whole) / sizeof(whole[0]) };

	for (size_t failing = 0; failing < STEPS; failing++) {
		struct script_step steps[STEPS];

		memcpy(steps, whole, sizeof(whole));
		steps[failing] = failure;
		script_play(&on.aws.script, steps, failing + 1);
		go_on(RESULT_REFUSED);
		ck_assert_uint_eq(on.aws.script.request_count, failing + 1);
		ck_assert_not_sent(&on, failing, MARK);
		scripted_repo_renew(&on);
	}
}
END_TEST

static void go_on_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	person_removal_go_on(&on.repo, USER, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, OPEN_MARK, FOUND_ITEMS(NOTE("K#" ORDER)), USED, ENDED, DONE,
		    FOUND_ITEMS(NOTE("I#a")), DONE, NONE_LEFT, NONE_LEFT, DONE);
	alloc_fail_each(go_on_once, NULL);
}
END_TEST

Suite *person_removal_suite(void)
{
	Suite *suite = suite_create("person_removal");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, who_comes_later_goes_on_while_the_mark_is_open);
	tcase_add_test(tests, who_comes_too_late_touches_nothing);
	tcase_add_test(tests, where_nothing_was_noted_the_mark_is_closed);
	tcase_add_test(tests, each_order_is_anonymised_page_by_page);
	tcase_add_test(tests, an_order_under_way_is_left_for_later);
	tcase_add_test(tests, answers_are_replaced_by_what_says_that_they_are_gone);
	tcase_add_test(tests, a_mark_that_is_open_has_no_time_to_live);
	tcase_add_test(tests, a_mark_that_another_took_away_is_fine);
	tcase_add_test(tests, whatever_fails_leaves_the_mark);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
