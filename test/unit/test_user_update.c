/* The loop that all changes share is tested by test_product_update.c as well. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/user.h"
#include "repo/user_update.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define ID "01900000-0000-7000-8000-000000000001"
#define FOUND(version)                                                              \
	TEXT("{\"Item\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"},"         \
	     "\"name\":{\"S\":\"Jo\"},\"email\":{\"S\":\"Jo@Shop.Example\"},"       \
	     "\"version\":{\"N\":\"" version "\"},\"address_count\":{\"N\":\"2\"}," \
	     "\"created_at\":{\"S\":\"C\"},\"theirs\":{\"S\":\"x\"}}}")
#define NEWER "{\"version\":{\"N\":\"4\"}}"
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"
#define OLD_LOCK "e97b714bb09fefc3828442332cb55728c6a81c9a20833422643f11f0c02da706"

static struct scripted_repo on;
static struct record user;
static const char *makes;
static enum result says;
static unsigned count;

static void set_up(void)
{
	user = (struct record){0};
	makes = "{\"name\":\"J\",\"email\":\"Jo@Shop.Example\"}";
	says = RESULT_OK;
	count = 0;
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	ck_assert_ptr_nonnull(stored);
	ck_assert_ptr_eq(context, &count);
	count++;
	if (says != RESULT_OK)
		return says;
	*changed = tree_of(makes);
	return *changed ? RESULT_OK : RESULT_NO_MEMORY;
}

static void start(uint64_t expected_version)
{
	user_update_run(&on.repo,
			&(struct user_update){.id = ID,
					      .expected_version = expected_version,
					      .change = make_changed,
					      .context = &count},
			&user, &on.await);
}

START_TEST(fields_are_updated_on_the_version_that_was_read)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), TEXT("{}"));
	start(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "UpdateItem");
	ck_assert_sent(&on, 1, "\"Key\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 1,
		       "version = :version, updated_at = :updated_at, #f0 = :f0, "
		       "#f1 = :f1 REMOVE #f2, #f3");
	ck_assert_sent(&on, 1, "(version = :v)");
	ck_assert_sent(&on, 1, "\":version\":{\"N\":\"4\"}");
	ck_assert_sent(&on, 1, "\":v\":{\"N\":\"3\"}");
	ck_assert_not_sent(&on, 1, "address_count");
	ck_assert_not_sent(&on, 1, "created_at");
	ck_assert_uint_eq(user.version, 4);
	ck_assert_str_eq(user.id, ID);
	ck_assert(span_equals(item_raw_string(&user.item, "created_at"), "C"));
	ck_assert(span_equals(item_raw_string(&user.item, "name"), "J"));
}
END_TEST

START_TEST(another_case_of_the_address_leaves_the_lock)
{
	makes = "{\"name\":\"Jo\",\"email\":\"jo@shop.example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "UpdateItem");
}
END_TEST

START_TEST(with_another_address_the_lock_moves)
{
	makes = "{\"name\":\"Jo\",\"email\":\"j@shop.example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(
		&on, 1,
		"{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"EMAIL#" OLD_LOCK
		"\"},\"sk\":{\"S\":\"#\"}},\"ConditionExpression\":"
		"\"attribute_not_exists(#p) OR user_id = :u\"");
	ck_assert_sent(&on, 1, "{\":u\":{\"S\":\"" ID "\"}}");
	ck_assert_sent(&on, 1,
		       "\"user_id\":{\"S\":\"" ID "\"}},\"ConditionExpression\":"
		       "\"attribute_not_exists(#p)\"");
	ck_assert_uint_eq(user.version, 4);
}
END_TEST

START_TEST(an_address_that_another_user_has_is_refused)
{
	makes = "{\"name\":\"Jo\",\"email\":\"j@shop.example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), CANCELLED(NONE "," NONE "," BROKEN));
	start(0);
	scripted_repo_expect(&on, RESULT_EXISTS);
}
END_TEST

START_TEST(a_lock_tells_nothing_when_the_user_has_changed)
{
	makes = "{\"name\":\"Jo\",\"email\":\"j@shop.example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), CANCELLED(BROKEN "," NONE "," BROKEN), FOUND("4"),
		    TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(user.version, 5);
}
END_TEST

START_TEST(somebody_faster_is_a_conflict_only_with_an_expected_version)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), FAILED(NEWER), FOUND("4"), TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), FAILED(NEWER), FOUND("4"));
	start(3);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("3"));
	start(2);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(what_changes_nothing_is_not_written)
{
	makes = "{\"email\":\"Jo@Shop.Example\",\"name\":\"Jo\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(user.version, 3);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	user_update_run(&on.repo, &(struct user_update){.id = "x"}, &user, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	says = RESULT_INVALID;
	SCRIPT_PLAY(&on.aws.script, FOUND("3"));
	start(0);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_uint_eq(user.version, 0);
}
END_TEST

static void update_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	start(0);
	result = scripted_repo_run(&on);
	/* An answer that was lost for want of memory is a step less: the next one has no user. */
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	makes = "{\"name\":\"Jo\",\"email\":\"j@shop.example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"), TEXT("{}"));
	alloc_fail_each(update_once, NULL);
	makes = "{\"name\":\"Jo\",\"email\":\"Jo@Shop.Example\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3"));
	alloc_fail_each(update_once, NULL);
}
END_TEST

Suite *user_update_suite(void)
{
	Suite *suite = suite_create("user_update");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, fields_are_updated_on_the_version_that_was_read);
	tcase_add_test(tests, another_case_of_the_address_leaves_the_lock);
	tcase_add_test(tests, with_another_address_the_lock_moves);
	tcase_add_test(tests, an_address_that_another_user_has_is_refused);
	tcase_add_test(tests, a_lock_tells_nothing_when_the_user_has_changed);
	tcase_add_test(tests, somebody_faster_is_a_conflict_only_with_an_expected_version);
	tcase_add_test(tests, what_changes_nothing_is_not_written);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
