/* Addresses, and what belongs to a user at all (user_owner.h). */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/address_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define USER_ID "01900000-0000-7000-8000-000000000001"
#define ID(n) "01900000-0000-7000-8000-00000000aaa" n
#define USER "{\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"1\"}}"
#define HOME(n, version)                                            \
	"{\"sk\":{\"S\":\"A#" ID(n) "\"},\"name\":{\"S\":\"Jo\"},"  \
				    "\"version\":{\"N\":\"" version \
				    "\"},\"created_at\":{\"S\":\"C\"}}"
#define FOUND(item) TEXT("{\"Item\":" item "}")
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define BROKEN(old) "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" old "}"
#define GONE "{\"Code\":\"ConditionalCheckFailed\"}"

static const struct address_key key = {USER_ID, ID("1")};
static struct scripted_repo on;
static struct record address;
static struct address_list list;

static void set_up(void)
{
	address = (struct record){0};
	list = (struct address_list){.count = 99};
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

/* ------------------------------------------------------------------ listing */

START_TEST(one_query_reads_the_user_and_all_addresses)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER "," HOME("1", "1") "," HOME("2", "3") ",{}"));
	address_repo_list(&on.repo, USER_ID, &list, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"#p = :p AND sk BETWEEN :low AND :high\"");
	ck_assert_sent(&on, 0,
		       "{\":p\":{\"S\":\"U#" USER_ID "\"},\":low\":{\"S\":\"#\"},"
		       "\":high\":{\"S\":\"A$\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.addresses[0].id, ID("1"));
	ck_assert_str_eq(list.addresses[1].id, ID("2"));
	ck_assert_uint_eq(list.addresses[1].version, 3);
}
END_TEST

START_TEST(a_user_without_addresses_is_not_nobody)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER));
	address_repo_list(&on.repo, USER_ID, &list, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(list.count, 0);
	list.count = 99;
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	address_repo_list(&on.repo, USER_ID, &list, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(HOME("1", "1")));
	address_repo_list(&on.repo, USER_ID, &list, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	address_repo_list(&on.repo, "x", &list, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	address_repo_list(&on.repo, USER_ID, &list, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(list.count, 99);
}
END_TEST

/* ------------------------------------------------------------------ reading */

START_TEST(an_address_is_one_consistent_read)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(HOME("1", "2")));
	address_repo_find(&on.repo, &key, &address, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0,
		       "{\"pk\":{\"S\":\"U#" USER_ID "\"},\"sk\":{\"S\":\"A#" ID("1") "\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_str_eq(address.id, ID("1"));
	ck_assert_uint_eq(address.version, 2);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(another_look_tells_what_is_missing)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), FOUND(USER));
	address_repo_find(&on.repo, &key, &address, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"U#" USER_ID "\"},\"sk\":{\"S\":\"#\"}}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), TEXT("{}"));
	address_repo_find(&on.repo, &key, &address, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), AWS_ERROR("AccessDeniedException"));
	address_repo_find(&on.repo, &key, &address, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert_uint_eq(address.version, 0);
}
END_TEST

START_TEST(of_what_is_no_id_only_the_user_is_looked_for)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(USER));
	address_repo_find(&on.repo, &(struct address_key){USER_ID, "x"}, &address, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"#\"}}");
	scripted_repo_renew(&on);
	address_repo_find(&on.repo, &(struct address_key){"x", ID("1")}, &address, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

/* ------------------------------------------------------------------ changing */

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	ck_assert_ptr_nonnull(stored);
	(void)context;
	*changed = tree_of("{\"name\":\"J\",\"line2\":\"2\"}");
	return *changed ? RESULT_OK : RESULT_NO_MEMORY;
}

static void start_update(uint64_t expected_version)
{
	address_repo_update(&on.repo,
			    &(struct address_update){.key = key,
						     .expected_version = expected_version,
						     .change = make_changed},
			    &address, &on.await);
}

START_TEST(an_address_is_updated_on_its_own_version)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(HOME("1", "2")), TEXT("{}"));
	start_update(2);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "UpdateItem");
	ck_assert_sent(&on, 1, "\"sk\":{\"S\":\"A#" ID("1") "\"}}");
	ck_assert_sent(&on, 1, "\":v\":{\"N\":\"2\"}");
	ck_assert_sent(&on, 1, " REMOVE #f1, ");
	ck_assert_uint_eq(address.version, 3);
	ck_assert_str_eq(address.id, ID("1"));
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND(HOME("1", "3")));
	start_update(2);
	scripted_repo_expect(&on, RESULT_CONFLICT);
}
END_TEST

START_TEST(an_update_of_nothing_tells_what_is_missing)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), FOUND(USER));
	start_update(0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND(HOME("1", "2")),
		    {.status = 400, .body = "{\"__type\":\"a#ConditionalCheckFailedException\"}"},
		    TEXT("{}"), TEXT("{}"));
	start_update(0);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
}
END_TEST

/* ------------------------------------------------------------------ creating */

static void start_create(void)
{
	json_t *tree = tree_of("{\"name\":\"Jo\",\"line1\":\"x\"}");

	if (!tree)
		return;
	address_repo_create(&on.repo, USER_ID, tree, &address, &on.await);
	json_decref(tree);
}

START_TEST(an_address_is_made_while_the_user_has_room)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	start_create();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0, "\"UpdateExpression\":\"ADD address_count :one\"");
	ck_assert_sent(&on, 0,
		       "\"attribute_exists(#p) AND (attribute_not_exists(address_count) OR "
		       "address_count < :max)\"");
	ck_assert_sent(&on, 0, "{\":one\":{\"N\":\"1\"},\":max\":{\"N\":\"50\"}}");
	ck_assert_sent(&on, 0, "\"sk\":{\"S\":\"A#");
	ck_assert_sent(&on, 0,
		       "\"name\":{\"S\":\"Jo\"},\"line1\":{\"S\":\"x\"},"
		       "\"version\":{\"N\":\"1\"},\"created_at\":");
	ck_assert_uint_eq(address.version, 1);
	ck_assert(id_is_valid(address.id) && address.id[14] == '7');
}
END_TEST

START_TEST(reasons_tell_why_none_was_made)
{
	static const struct {
		struct script_step step;
		enum result result;
	} table[] = {
		{CANCELLED(GONE "," NONE), RESULT_NO_OWNER},
		{CANCELLED(BROKEN(USER) "," NONE), RESULT_IN_USE},
		{CANCELLED(NONE "," GONE), RESULT_UNKNOWN},
		{CANCELLED(GONE), RESULT_GARBLED},
		{AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
	};
	json_t *tree = tree_of("{}");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		start_create();
		scripted_repo_expect(&on, table[i].result);
		scripted_repo_renew(&on);
	}
	address_repo_create(&on.repo, "x", tree, &address, &on.await);
	scripted_repo_expect(&on, RESULT_NO_OWNER);
	json_decref(tree);
}
END_TEST

/* ------------------------------------------------------------------ removing */

START_TEST(an_address_goes_and_the_user_counts_one_less)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	address_repo_remove(&on.repo, &key, 0, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0,
		       "{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"U#" USER_ID
		       "\"},\"sk\":{\"S\":\"A#" ID(
			       "1") "\"}},"
				    "\"ConditionExpression\":\"attribute_exists(#p)\"");
	ck_assert_sent(&on, 0, "\"ADD address_count :less\"");
	ck_assert_sent(&on, 0, "{\":less\":{\"N\":\"-1\"}}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	address_repo_remove(&on.repo, &key, 7, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "\"attribute_exists(#p) AND version = :v\"");
	ck_assert_sent(&on, 0, "{\":v\":{\"N\":\"7\"}}");
}
END_TEST

START_TEST(reasons_tell_why_none_has_gone)
{
	static const struct {
		struct script_step step;
		enum result result;
	} table[] = {
		{CANCELLED(GONE "," GONE), RESULT_NO_OWNER},
		{CANCELLED(GONE "," NONE), RESULT_NOT_FOUND},
		{CANCELLED(BROKEN(USER) "," NONE), RESULT_CONFLICT},
		{CANCELLED(GONE), RESULT_GARBLED},
		{AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		address_repo_remove(&on.repo, &key, 7, &on.await);
		scripted_repo_expect(&on, table[i].result);
		scripted_repo_renew(&on);
	}
}
END_TEST

/* ------------------------------------------------------------------ short memory */

static void do_once(void *context)
{
	const char *what = context;
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	if (what[0] == 'l')
		address_repo_list(&on.repo, USER_ID, &list, &on.await);
	else if (what[0] == 'f')
		address_repo_find(&on.repo, &key, &address, &on.await);
	else if (what[0] == 'c')
		start_create();
	else if (what[0] == 'u')
		start_update(0);
	else
		address_repo_remove(&on.repo, &key, 7, &on.await);
	if (on.await.is_pending || on.is_done) {
		result = scripted_repo_run(&on);
		/* An answer that was lost for want of memory is a step less. */
		ck_assert(alloc_has_failed() || result == RESULT_OK || what[0] == 'f');
	}
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(USER "," HOME("1", "1")));
	alloc_fail_each(do_once, "list");
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), FOUND(USER));
	alloc_fail_each(do_once, "find");
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	alloc_fail_each(do_once, "create");
	alloc_fail_each(do_once, "remove");
	SCRIPT_PLAY(&on.aws.script, FOUND(HOME("1", "2")), TEXT("{}"));
	alloc_fail_each(do_once, "update");
}
END_TEST

Suite *address_repo_suite(void)
{
	Suite *suite = suite_create("address_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, one_query_reads_the_user_and_all_addresses);
	tcase_add_test(tests, a_user_without_addresses_is_not_nobody);
	tcase_add_test(tests, an_address_is_one_consistent_read);
	tcase_add_test(tests, another_look_tells_what_is_missing);
	tcase_add_test(tests, of_what_is_no_id_only_the_user_is_looked_for);
	tcase_add_test(tests, an_address_is_updated_on_its_own_version);
	tcase_add_test(tests, an_update_of_nothing_tells_what_is_missing);
	tcase_add_test(tests, an_address_is_made_while_the_user_has_room);
	tcase_add_test(tests, reasons_tell_why_none_was_made);
	tcase_add_test(tests, an_address_goes_and_the_user_counts_one_less);
	tcase_add_test(tests, reasons_tell_why_none_has_gone);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
