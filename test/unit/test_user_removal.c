#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/user_removal.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ID "01900000-0000-7000-8000-000000000001"
#define CART "01900000-0000-7000-8000-00000000000c"
#define ADDRESS(n) "01900000-0000-7000-8000-00000000aaa" n
#define USER(version, count)                                                  \
	"{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"},"                  \
	"\"email\":{\"S\":\"Jo@Shop.Example\"},\"version\":{\"N\":\"" version \
	"\"},\"address_count\":{\"N\":\"" count "\"}}"
#define THEIRS(sk) ",{\"sk\":{\"S\":\"" sk "\"}}"
#define HOME(n) THEIRS("A#" ADDRESS(n))
#define POINTER ",{\"sk\":{\"S\":\"CART\"},\"cart_id\":{\"S\":\"" CART "\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")
#define BROKEN(old) "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" old "}"
#define GONE "{\"Code\":\"ConditionalCheckFailed\"}"
#define DELETE(pk, sk)                                                     \
	"{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"" pk \
	"\"},\"sk\":{\"S\":\"" sk "\"}}"
/* What comes when the user is gone: nothing was noted, and the mark is closed. */
#define ELSEWHERE PAGE(""), PAGE(""), PAGE(""), TEXT("{}")
#define LOCK "EMAIL#e97b714bb09fefc3828442332cb55728c6a81c9a20833422643f11f0c02da706"

static struct scripted_repo on;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_removal(uint64_t expected_version, enum result result)
{
	user_removal_run(&on.repo, ID, expected_version, &on.await);
	scripted_repo_expect(&on, result);
}

START_TEST(everything_goes_in_one_transaction)
{
	SCRIPT_PLAY(&on.aws.script,
		    PAGE(USER("3", "2") HOME("1") HOME("2") POINTER THEIRS("NOTIFY")), TEXT("{}"),
		    ELSEWHERE);
	ck_assert_removal(3, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"#p = :p AND sk BETWEEN :from AND :to\"");
	ck_assert_sent(&on, 0,
		       "{\":p\":{\"S\":\"U#" ID "\"},\":from\":{\"S\":\"#\"},"
		       "\":to\":{\"S\":\"GONE\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1,
		       DELETE("U#" ID, "#") ",\"ConditionExpression\":"
					    "\"version = :v AND address_count = :n\"");
	ck_assert_sent(&on, 1, "{\":v\":{\"N\":\"3\"},\":n\":{\"N\":\"2\"}}");
	ck_assert_sent(&on, 1, DELETE(LOCK, "#") "}}");
	ck_assert_sent(&on, 1, DELETE("U#" ID, "NOTIFY") "}}");
	ck_assert_sent(&on, 1, DELETE("U#" ID, "CART") ",\"ConditionExpression\":\"cart_id = :c\"");
	ck_assert_sent(&on, 1,
		       "{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":\"U#" ID
		       "\"},\"sk\":{\"S\":\"GONE\"},\"g2p\":{\"S\":\"EXP#3\"},\"g2s\":{\"S\":"
		       "\"2015-08-30T12:37:00.000Z#" ID "\"}}}}");
	ck_assert_sent(&on, 1, DELETE("C#" CART, "#") "}}");
	ck_assert_sent(&on, 1,
		       DELETE("U#" ID, "A#" ADDRESS("1")) ",\"ConditionExpression\":"
							  "\"attribute_exists(#p)\"");
	ck_assert_sent(&on, 1, DELETE("U#" ID, "A#" ADDRESS("2")));
}
END_TEST

START_TEST(what_may_be_made_meanwhile_is_thought_of)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "0")), TEXT("{}"), ELSEWHERE);
	ck_assert_removal(0, RESULT_OK);
	ck_assert_sent(&on, 1, DELETE("U#" ID, "NOTIFY") "}}");
	ck_assert_sent(&on, 1,
		       DELETE("U#" ID, "CART") ",\"ConditionExpression\":"
					       "\"attribute_not_exists(#p)\"");
	ck_assert_not_sent(&on, 1, "\"C#");
}
END_TEST

START_TEST(a_user_on_several_pages_is_read_to_the_end)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(USER("1", "1")),
		    PAGE("{\"sk\":{\"S\":\"x\"}}" HOME("1")), TEXT("{}"), ELSEWHERE);
	ck_assert_removal(0, RESULT_OK);
	ck_assert_sent(&on, 1, "\"ExclusiveStartKey\":{\"k\":{\"S\":\"1\"}}");
	ck_assert_sent(&on, 2, DELETE("U#" ID, "A#" ADDRESS("1")));
}
END_TEST

START_TEST(what_others_do_meanwhile_makes_it_read_again)
{
	static const char *const reasons[] = {
		BROKEN("{\"version\":{\"N\":\"2\"}}") "," NONE "," NONE "," NONE "," NONE "," NONE,
		BROKEN("{\"version\":{\"N\":\"1\"}}") "," NONE "," NONE "," NONE "," NONE "," NONE,
		NONE "," NONE "," NONE "," BROKEN("{}") "," NONE "," NONE,
		NONE "," NONE "," NONE "," NONE "," NONE "," GONE,
	};
	static char answer[1000];

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		snprintf(answer, sizeof(answer),
			 "{\"__type\":\"a#TransactionCanceledException\","
			 "\"CancellationReasons\":[%s]}",
			 reasons[i]);
		SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "1") HOME("1")),
			    {.status = 400, .body = answer}, PAGE(USER("2", "1") HOME("2")),
			    TEXT("{}"), ELSEWHERE);
		ck_assert_removal(0, RESULT_OK);
		ck_assert_uint_eq(on.aws.script.request_count, 8);
		ck_assert_sent(&on, 3, ADDRESS("2"));
		ck_assert_not_sent(&on, 3, ADDRESS("1"));
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(a_count_that_does_not_fit_what_was_found_is_read_again_some_times)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "1")), PAGE(USER("1", "1") HOME("1")),
		    TEXT("{}"), ELSEWHERE);
	ck_assert_removal(0, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 7);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "5")), PAGE(USER("1", "5")),
		    PAGE(USER("1", "5")), TEXT("{}"), ELSEWHERE);
	ck_assert_removal(0, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 8);
}
END_TEST

START_TEST(a_user_without_a_count_can_go)
{
	SCRIPT_PLAY(
		&on.aws.script,
		PAGE("{\"sk\":{\"S\":\"#\"},\"email\":{\"S\":\"e\"},\"version\":{\"N\":\"1\"}}"),
		TEXT("{}"), ELSEWHERE);
	ck_assert_removal(0, RESULT_OK);
	ck_assert_sent(&on, 1, "version = :v AND attribute_not_exists(address_count)");
}
END_TEST

START_TEST(another_version_than_the_expected_one_is_a_conflict)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("3", "0")));
	ck_assert_removal(2, RESULT_CONFLICT);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("3", "0")),
		    CANCELLED(BROKEN("{\"version\":{\"N\":\"4\"}}") "," NONE "," NONE "," NONE
								    "," NONE));
	ck_assert_removal(3, RESULT_CONFLICT);
	scripted_repo_renew(&on);
	/* Only an address has come: the version is still the expected one. */
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("3", "0")),
		    CANCELLED(BROKEN("{\"version\":{\"N\":\"3\"}}") "," NONE "," NONE "," NONE
								    "," NONE),
		    PAGE(USER("3", "1") HOME("1")), TEXT("{}"), ELSEWHERE);
	ck_assert_removal(3, RESULT_OK);
}
END_TEST

START_TEST(a_removal_that_broke_off_is_gone_on_with)
{
	SCRIPT_PLAY(&on.aws.script, PAGE("{\"sk\":{\"S\":\"GONE\"}}"), ELSEWHERE);
	ck_assert_removal(7, RESULT_OK);
	ck_assert_operation(&on, 1, "Query");
	ck_assert_sent(&on, 4, "\"sk\":{\"S\":\"GONE\"}");
	ck_assert_uint_eq(on.aws.script.request_count, 5);
}
END_TEST

/* Of a failure before it the caller may hear that nothing was changed. */
START_TEST(what_fails_when_the_user_is_gone_leaves_the_caller_in_doubt)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "0")), TEXT("{}"),
		    AWS_ERROR("AccessDeniedException"));
	ck_assert_removal(0, RESULT_UNKNOWN);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE("{\"sk\":{\"S\":\"GONE\"}}"), PAGE(""),
		    AWS_ERROR("AccessDeniedException"));
	ck_assert_removal(0, RESULT_UNKNOWN);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "0")), TEXT("{}"), PAGE(""), PAGE(""),
		    AWS_ERROR("AccessDeniedException")); /* the subscriptions */
	ck_assert_removal(0, RESULT_UNKNOWN);
}
END_TEST

START_TEST(who_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script,
		    PAGE("{\"sk\":{\"S\":\"GONE\"},\"ttl\":{\"N\":\"1440938221\"}}"));
	ck_assert_removal(0, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	ck_assert_removal(0, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "0")),
		    CANCELLED(GONE "," NONE "," NONE "," NONE "," NONE));
	ck_assert_removal(0, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	user_removal_run(&on.repo, "x", 0, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(too_many_others_are_a_conflict_in_the_end)
{
	struct script_step steps[2 * USER_REMOVAL_TRIES + 2];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i += 2) {
		steps[i] = (struct script_step)PAGE(USER("1", "0"));
		steps[i + 1] = (struct script_step)CANCELLED(
			BROKEN("{\"version\":{\"N\":\"1\"}}") "," NONE "," NONE "," NONE "," NONE);
	}
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	ck_assert_removal(0, RESULT_CONFLICT);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_removal(0, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(USER("1", "0")), AWS_ERROR("AccessDeniedException"));
	ck_assert_removal(0, RESULT_REFUSED);
}
END_TEST

static void remove_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	user_removal_run(&on.repo, ID, 0, &on.await);
	result = scripted_repo_run(&on);
	/* An answer that was lost for want of memory is a step less: the next one has no user. */
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(USER("1", "1")), PAGE("{}" HOME("1") POINTER),
		    TEXT("{}"), ELSEWHERE);
	alloc_fail_each(remove_once, NULL);
}
END_TEST

Suite *user_removal_suite(void)
{
	Suite *suite = suite_create("user_removal");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, everything_goes_in_one_transaction);
	tcase_add_test(tests, what_may_be_made_meanwhile_is_thought_of);
	tcase_add_test(tests, a_user_on_several_pages_is_read_to_the_end);
	tcase_add_test(tests, what_others_do_meanwhile_makes_it_read_again);
	tcase_add_test(tests, a_count_that_does_not_fit_what_was_found_is_read_again_some_times);
	tcase_add_test(tests, a_user_without_a_count_can_go);
	tcase_add_test(tests, another_version_than_the_expected_one_is_a_conflict);
	tcase_add_test(tests, a_removal_that_broke_off_is_gone_on_with);
	tcase_add_test(tests, what_fails_when_the_user_is_gone_leaves_the_caller_in_doubt);
	tcase_add_test(tests, who_is_not_there_is_not_found);
	tcase_add_test(tests, too_many_others_are_a_conflict_in_the_end);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
