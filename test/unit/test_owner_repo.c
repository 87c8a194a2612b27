#include <check.h>
#include <stdio.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/owner_repo.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct owner owner;

static void set_up(void)
{
	scripted_repo_init(&on);
	owner = (struct owner){"untouched"};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void look(enum owner_of of, enum result expected)
{
	owner_repo_find(&on.repo, of, CART, &owner, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(it_is_read_consistently_where_the_thing_is)
{
	static const char *const keys[] = {
		[OWNER_OF_CART] = "{\"pk\":{\"S\":\"C#" CART "\"},\"sk\":{\"S\":\"#\"}}",
		[OWNER_OF_CHECKOUT] = "{\"pk\":{\"S\":\"K#" CART "\"},\"sk\":{\"S\":\"#\"}}",
		[OWNER_OF_ORDER] = "{\"pk\":{\"S\":\"O#" CART "\"},\"sk\":{\"S\":\"#\"}}",
	};

	SCRIPT_PLAY(&on.aws.script, GOT("{\"user_id\":{\"S\":\"" USER "\"}}"));
	look((enum owner_of)_i, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, keys[_i]);
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_str_eq(owner.user_id, USER);
}
END_TEST

START_TEST(what_has_none_is_a_guests)
{
	SCRIPT_PLAY(&on.aws.script, GOT("{\"status\":{\"S\":\"open\"}}"));
	look(OWNER_OF_CART, RESULT_OK);
	ck_assert_str_eq(owner.user_id, "");
}
END_TEST

START_TEST(an_owner_that_cannot_be_told_is_not_none)
{
	static const char *const odd[] = {
		"{\"user_id\":{\"S\":\"\"}}",
		"{\"user_id\":{\"S\":\"jo\"}}",
		"{\"user_id\":{\"N\":\"1\"}}",
		"{\"user_id\":{\"NULL\":true}}",
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char text[100];

		snprintf(text, sizeof(text), "{\"Item\":%s}", odd[i]);
		SCRIPT_PLAY(&on.aws.script, TEXT(text));
		look(OWNER_OF_CART, RESULT_GARBLED);
		ck_assert_str_eq(owner.user_id, "untouched");
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(an_order_whose_owner_was_removed_is_not_a_guests)
{
	SCRIPT_PLAY(&on.aws.script, GOT("{\"is_anonymised\":{\"BOOL\":true}}"));
	look(OWNER_OF_ORDER, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING, GOT("{\"is_anonymised\":{\"BOOL\":true}}"));
	look(OWNER_OF_CHECKOUT, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING);
	look(OWNER_OF_ORDER, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	owner_repo_find(&on.repo, OWNER_OF_ORDER, "x", &owner, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_checkout_that_is_gone_has_the_owner_of_its_order)
{
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING, GOT("{\"user_id\":{\"S\":\"" USER "\"}}"));
	look(OWNER_OF_CHECKOUT, RESULT_OK);
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"K#" CART "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"O#" CART "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_str_eq(owner.user_id, USER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING, GOT_NOTHING);
	look(OWNER_OF_CHECKOUT, RESULT_NOT_FOUND);
}
END_TEST

static void find_one(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	SCRIPT_PLAY(&on.aws.script, GOT("{\"user_id\":{\"S\":\"" USER "\"}}"));
	owner_repo_find(&on.repo, OWNER_OF_CART, CART, &owner, &on.await);
	result = scripted_repo_run(&on);
	/* Some of what is missing below can be done without. */
	ck_assert(result == RESULT_OK || (alloc_has_failed() && result == RESULT_NO_MEMORY));
	scripted_repo_leave(&on);
}

START_TEST(memory_that_is_out_is_said_so)
{
	alloc_fail_each(find_one, NULL);
}
END_TEST

Suite *owner_repo_suite(void)
{
	Suite *suite = suite_create("owner_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, it_is_read_consistently_where_the_thing_is, OWNER_OF_CART,
			    OWNER_OF_ORDER + 1);
	tcase_add_test(tests, what_has_none_is_a_guests);
	tcase_add_test(tests, an_owner_that_cannot_be_told_is_not_none);
	tcase_add_test(tests, an_order_whose_owner_was_removed_is_not_a_guests);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, a_checkout_that_is_gone_has_the_owner_of_its_order);
	tcase_add_test(tests, memory_that_is_out_is_said_so);
	suite_add_tcase(suite, tests);
	return suite;
}
