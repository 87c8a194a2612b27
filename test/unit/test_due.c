#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/due.h"
#include "scripted_repo.h"

#define ENTRY(prefix, time) \
	"{\"pk\":{\"S\":\"" prefix ORDER "\"},\"g2s\":{\"S\":\"" time "#" ORDER "\"}}"

static struct scripted_repo on;
static struct due due;
static struct due_query query;

static void set_up(void)
{
	scripted_repo_init(&on);
	query = (struct due_query){DUE_CHECKOUTS, 3, 1440938160000, NULL};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(enum result expected)
{
	due_find(&on.repo, &query, &due, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(what_is_due_is_found_by_the_index_the_oldest_first)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(ENTRY("K#", BEFORE) ",{\"pk\":{\"S\":\"x\"}}"));
	find(RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"IndexName\":\"gsi2\"");
	ck_assert_sent(&on, 0,
		       "\":p\":{\"S\":\"EXP#3\"},\":from\":{\"S\":\"!\"},\":to\":{\"S\":\"" NOW
		       "$\"}");
	ck_assert_uint_eq(due.count, 1);
	ck_assert_str_eq(due.ids[0], ORDER);
	ck_assert(!due.is_person[0]);
	ck_assert(!due.has_more);
}
END_TEST

START_TEST(a_removal_that_is_not_over_is_found_among_the_checkouts)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(ENTRY("U#", BEFORE) "," ENTRY("K#", BEFORE)));
	find(RESULT_OK);
	ck_assert_uint_eq(due.count, 2);
	ck_assert(due.is_person[0] && !due.is_person[1]);
}
END_TEST

START_TEST(orders_are_those_that_are_placed)
{
	query.kind = DUE_ORDERS;
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	find(RESULT_OK);
	ck_assert_sent(&on, 0, "\":p\":{\"S\":\"OS#placed#3\"}");
	ck_assert_uint_eq(due.count, 0);
}
END_TEST

START_TEST(where_there_is_more_the_next_page_begins_behind_the_last_one)
{
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[" ENTRY("K#", BEFORE) "],\"LastEvaluatedKey\":{}}"),
		    FOUND_ITEMS(""));
	find(RESULT_OK);
	ck_assert(due.has_more);
	query.after = due.last;
	scripted_repo_renew(&on);
	find(RESULT_OK);
	ck_assert_sent(&on, 0, "\":from\":{\"S\":\"" BEFORE "#" ORDER "!\"}");
}
END_TEST

START_TEST(nothing_is_asked_for_behind_the_end)
{
	query.after = LATER "#" ORDER;
	find(RESULT_OK);
	ck_assert_uint_eq(due.count, 0);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	due_find(&on.repo, &query, &due, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(ENTRY("K#", BEFORE)));
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *due_suite(void)
{
	Suite *suite = suite_create("due");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_is_due_is_found_by_the_index_the_oldest_first);
	tcase_add_test(tests, a_removal_that_is_not_over_is_found_among_the_checkouts);
	tcase_add_test(tests, orders_are_those_that_are_placed);
	tcase_add_test(tests, where_there_is_more_the_next_page_begins_behind_the_last_one);
	tcase_add_test(tests, nothing_is_asked_for_behind_the_end);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
