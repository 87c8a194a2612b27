#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/notification.h"
#include "repo/notification_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define USER_ID "01900000-0000-7000-8000-000000000001"
#define USER TEXT("{\"Item\":{\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"1\"}}}")
#define SET(version)                                                              \
	TEXT("{\"Item\":{\"sk\":{\"S\":\"NOTIFY\"},\"channel\":{\"S\":\"none\"}," \
	     "\"events\":{\"L\":[]},\"version\":{\"N\":\"" version "\"}}}")
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"

static struct scripted_repo on;
static struct record preference;

static void set_up(void)
{
	preference = (struct record){.version = 99};
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void start(const char *text, uint64_t expected_version)
{
	json_t *tree = tree_of(text);

	if (!tree)
		return;
	notification_repo_set(&on.repo,
			      &(struct notification_setting){.user_id = USER_ID,
							     .expected_version = expected_version,
							     .preference = tree},
			      &preference, &on.await);
	json_decref(tree);
}

static const char topic[] = "{\"channel\":\"topic\",\"events\":[\"order.placed\"]}";
static const char none[] = "{\"channel\":\"none\",\"events\":[]}";

static void ck_assert_shown(const char *expected)
{
	struct buf out = {0};

	buf_init(&out, 4096);
	record_show(notification_fields, &preference, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

START_TEST(preferences_are_read_beside_their_user)
{
	SCRIPT_PLAY(&on.aws.script, SET("4"));
	notification_repo_find(&on.repo, USER_ID, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"U#" USER_ID "\"},\"sk\":{\"S\":\"NOTIFY\"}}");
	ck_assert_shown("{\"channel\":\"none\",\"events\":[],\"version\":4}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), USER);
	notification_repo_find(&on.repo, USER_ID, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	notification_repo_find(&on.repo, USER_ID, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	notification_repo_find(&on.repo, "x", &preference, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
}
END_TEST

START_TEST(none_is_version_0)
{
	ck_assert(notification_repo_none(&preference, &on.arena));
	ck_assert_uint_eq(preference.version, 0);
	ck_assert_shown("{\"channel\":\"none\",\"events\":[],\"version\":0}");
}
END_TEST

START_TEST(the_first_ones_are_made_for_a_user_who_is_there)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	start(none, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"sk\":{\"S\":\"NOTIFY\"}}");
	ck_assert_sent(&on, 1, "\"ConditionExpression\":\"attribute_not_exists(#p)\"");
	ck_assert_sent(
		&on, 1,
		"{\"ConditionCheck\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"U#" USER_ID
		"\"},\"sk\":{\"S\":\"#\"}},"
		"\"ConditionExpression\":\"attribute_exists(#p)\"");
	ck_assert_shown("{\"channel\":\"none\",\"events\":[],\"version\":1}");
}
END_TEST

START_TEST(later_ones_replace_all_on_the_version_that_was_read)
{
	SCRIPT_PLAY(&on.aws.script, SET("4"), TEXT("{}"));
	start(topic, 4);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "SET version = :version, #f0 = :f0, #f3 = :f3 REMOVE #f1, #f2");
	ck_assert_sent(&on, 1, "\"version = :v\"");
	ck_assert_sent(&on, 1, ":f3\":{\"L\":[{\"S\":\"order.placed\"}]}");
	ck_assert_not_sent(&on, 1, "updated_at");
	ck_assert_shown("{\"channel\":\"topic\",\"events\":[\"order.placed\"],\"version\":5}");
}
END_TEST

START_TEST(the_same_again_is_not_written)
{
	SCRIPT_PLAY(&on.aws.script, SET("4"));
	start(none, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(preference.version, 4);
}
END_TEST

START_TEST(another_version_is_a_conflict_unless_it_says_the_same)
{
	SCRIPT_PLAY(&on.aws.script, SET("4"));
	start(topic, 3);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, SET("4"));
	start(none, 3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(preference.version, 4);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), USER);
	start(topic, 3);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	start(topic, 3);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
}
END_TEST

START_TEST(the_first_ones_can_be_asked_to_be_the_first)
{
	json_t *tree = tree_of(topic);
	json_t *same = tree_of(none);
	struct notification_setting setting = {.user_id = USER_ID,
					       .must_be_first = true,
					       .preference = tree};

	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	notification_repo_set(&on.repo, &setting, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), CANCELLED(BROKEN "," NONE), SET("1"));
	notification_repo_set(&on.repo, &setting, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	scripted_repo_renew(&on);
	setting.preference = same;
	SCRIPT_PLAY(&on.aws.script, SET("1"));
	notification_repo_set(&on.repo, &setting, &preference, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	json_decref(same);
	json_decref(tree);
}
END_TEST

START_TEST(somebody_faster_makes_it_read_again)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), CANCELLED(BROKEN "," NONE), SET("1"), TEXT("{}"));
	start(topic, 0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(preference.version, 2);
}
END_TEST

START_TEST(without_the_user_nothing_is_written)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), CANCELLED(NONE "," BROKEN));
	start(topic, 0);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	scripted_repo_renew(&on);
	notification_repo_set(&on.repo, &(struct notification_setting){.user_id = "x"}, &preference,
			      &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
}
END_TEST

static void set_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	start(topic, 0);
	if (on.await.is_pending || on.is_done) {
		result = scripted_repo_run(&on);
		ck_assert(result == RESULT_OK || (alloc_has_failed() && result_is_failure(result)));
	}
	scripted_repo_leave(&on);
}

static void make_none_once(void *context)
{
	struct arena arena = {0};

	(void)context;
	ck_assert(notification_repo_none(&preference, &arena) != alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, SET("4"), TEXT("{}"));
	alloc_fail_each(set_once, NULL);
	alloc_fail_each(make_none_once, NULL);
}
END_TEST

Suite *notification_repo_suite(void)
{
	Suite *suite = suite_create("notification_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, preferences_are_read_beside_their_user);
	tcase_add_test(tests, none_is_version_0);
	tcase_add_test(tests, the_first_ones_are_made_for_a_user_who_is_there);
	tcase_add_test(tests, later_ones_replace_all_on_the_version_that_was_read);
	tcase_add_test(tests, the_same_again_is_not_written);
	tcase_add_test(tests, another_version_is_a_conflict_unless_it_says_the_same);
	tcase_add_test(tests, the_first_ones_can_be_asked_to_be_the_first);
	tcase_add_test(tests, somebody_faster_makes_it_read_again);
	tcase_add_test(tests, without_the_user_nothing_is_written);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
