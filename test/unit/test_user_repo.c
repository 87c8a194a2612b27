/* Reading, listing and making users; their keys (user_item.h), too. */
#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/user.h"
#include "repo/user_item.h"
#include "repo/user_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define ID "01900000-0000-7000-8000-000000000001"
#define GIVEN "5b2c7d3e-0000-4000-8000-000000000001" /* by an issuer */
#define FOUND                                                                             \
	TEXT("{\"Item\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"},"               \
	     "\"name\":{\"S\":\"Jo\"},\"email\":{\"S\":\"e\"},\"version\":{\"N\":\"3\"}," \
	     "\"address_count\":{\"N\":\"2\"},\"created_at\":{\"S\":\"C\"}}}")
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"

static struct scripted_repo on;
static struct record user;

static void set_up(void)
{
	user = (struct record){0};
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_shown(const char *expected)
{
	struct buf out = {0};

	buf_init(&out, 4096);
	record_show(user_fields, &user, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

/* ------------------------------------------------------------------ keys */

START_TEST(a_lock_is_the_hash_of_the_folded_address)
{
	char key[RECORD_KEY_SIZE];
	char other[RECORD_KEY_SIZE];

	ck_assert(user_item_email_key(&on.repo, span_of("Jo@Shop.Example"), key));
	/* printf jo@shop.example | sha256sum */
	ck_assert_str_eq(key,
			 "EMAIL#e97b714bb09fefc3828442332cb55728c6a81c9a20833422643f11f0c02da706");
	ck_assert(user_item_email_key(&on.repo, span_of("jO@SHOP.example"), other));
	ck_assert_str_eq(key, other);
	ck_assert(user_item_email_key(&on.repo, span_of("j@shop.example"), other));
	ck_assert_str_ne(key, other);
}
END_TEST

/* ------------------------------------------------------------------ reading */

START_TEST(a_user_is_one_consistent_read)
{
	SCRIPT_PLAY(&on.aws.script, FOUND);
	user_repo_find(&on.repo, ID, &user, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "\"Key\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_shown("{\"id\":\"" ID "\",\"name\":\"Jo\",\"email\":\"e\",\"version\":3,"
			"\"created_at\":\"C\"}");
}
END_TEST

START_TEST(what_is_no_id_is_not_found_without_asking)
{
	user_repo_find(&on.repo, "x", &user, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	user_repo_find(&on.repo, ID, &user, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(user.version, 0);
}
END_TEST

START_TEST(the_list_is_that_of_all_shards_of_the_index)
{
	struct list_page page = {0};
	struct buf out = {0};

	on.repo.write_shards = 2;
	SCRIPT_PLAY(&on.aws.script,
		    TEXT("{\"Items\":[{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"},"
			 "\"email\":{\"S\":\"e\"},\"name\":{\"S\":\"n\"},\"version\":{\"N\":\"1\"},"
			 "\"g2s\":{\"S\":\"2026#" ID "\"}}]}"),
		    TEXT("{\"Items\":[]}"));
	user_repo_list(&on.repo, 10, NULL, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"USER#0\"}}");
	ck_assert_sent(&on, 1, "{\":p\":{\"S\":\"USER#1\"}}");
	ck_assert_sent(&on, 1, "\"ScanIndexForward\":false");
	ck_assert_uint_eq(page.count, 1);
	buf_init(&out, 1000);
	user_repo_show_entry(&on.repo, page.entries[0], &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"id\":\"" ID "\",\"name\":\"n\",\"email\":\"e\",\"version\":1}");
	buf_reset(&out);
	user_repo_show_entry(&on.repo, span_of("1"), &out);
	ck_assert_str_eq(buf_text(&out), "{}");
	buf_clear(&out);
}
END_TEST

/* ------------------------------------------------------------------ creating */

static void start_create_with(const char *id)
{
	json_t *tree = tree_of("{\"name\":\"Jo\",\"email\":\"Jo@Shop.Example\"}");

	if (!tree)
		return;
	user_repo_create(&on.repo, id, tree, &user, &on.await);
	json_decref(tree);
}

static void start_create(void)
{
	start_create_with(NULL);
}

START_TEST(a_user_is_made_with_the_lock_on_the_address)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	start_create();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0, "\"Item\":{\"pk\":{\"S\":\"U#");
	ck_assert_sent(&on, 0,
		       "\"name\":{\"S\":\"Jo\"},\"email\":{\"S\":\"Jo@Shop.Example\"},"
		       "\"version\":{\"N\":\"1\"},\"created_at\":{\"S\":\"2015-08-30T12:36:0");
	ck_assert_sent(&on, 0, "\"address_count\":{\"N\":\"0\"},\"g2p\":{\"S\":\"USER#");
	ck_assert_sent(
		&on, 0,
		"\"Item\":{\"pk\":{\"S\":\"EMAIL#e97b714bb09fefc3828442332cb55728c6a81c9a20833422643f11f0c02da706\"},"
		"\"sk\":{\"S\":\"#\"},\"user_id\":{\"S\":\"");
	ck_assert_sent(&on, 0, "\"ConditionExpression\":\"attribute_not_exists(#p)\"");
	ck_assert_uint_eq(user.version, 1);
	ck_assert(id_is_valid(user.id) && user.id[14] == '7');
	ck_assert_not_sent(&on, 0, "GONE");
}
END_TEST

/* The script's time is 1440938160 s. */
START_TEST(a_user_whose_id_is_given_takes_the_place_of_one_who_is_gone)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	start_create_with(GIVEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "\"Item\":{\"pk\":{\"S\":\"U#" GIVEN "\"},\"sk\":{\"S\":\"#\"}");
	ck_assert_sent(&on, 0, "\"user_id\":{\"S\":\"" GIVEN "\"}");
	ck_assert_sent(&on, 0,
		       "{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"U#" GIVEN
		       "\"},\"sk\":{\"S\":\"GONE\"}},\"ConditionExpression\":"
		       "\"attribute_not_exists(#p) OR #t <= :now\"");
	ck_assert_sent(&on, 0, "{\"#p\":\"pk\",\"#t\":\"ttl\"}");
	ck_assert_sent(&on, 0, "{\":now\":{\"N\":\"1440938160\"}}");
	ck_assert_str_eq(user.id, GIVEN);
}
END_TEST

START_TEST(reasons_tell_what_was_there)
{
	static const struct {
		const char *id;
		struct script_step step;
		enum result result;
	} table[] = {
		{NULL, CANCELLED(NONE "," BROKEN), RESULT_EXISTS},
		{NULL, CANCELLED(BROKEN "," NONE), RESULT_UNKNOWN},
		{NULL, CANCELLED(BROKEN), RESULT_GARBLED},
		{NULL, AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
		{GIVEN, CANCELLED(BROKEN "," NONE "," NONE), RESULT_CONFLICT},
		{GIVEN, CANCELLED(BROKEN "," BROKEN "," NONE), RESULT_CONFLICT},
		{GIVEN, CANCELLED(NONE "," NONE "," BROKEN), RESULT_IN_USE},
		{GIVEN, CANCELLED(NONE "," BROKEN "," BROKEN), RESULT_IN_USE},
		{GIVEN, CANCELLED(NONE "," BROKEN "," NONE), RESULT_EXISTS},
		{GIVEN, CANCELLED(NONE "," BROKEN), RESULT_GARBLED},
		{GIVEN, AWS_ERROR("AccessDeniedException"), RESULT_REFUSED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		start_create_with(table[i].id);
		scripted_repo_expect(&on, table[i].result);
		scripted_repo_renew(&on);
	}
}
END_TEST

static void create_once(void *context)
{
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	start_create_with(context);
	if (on.await.is_pending || on.is_done) {
		result = scripted_repo_run(&on);
		ck_assert(result == RESULT_OK || (alloc_has_failed() && result_is_failure(result)));
	}
	scripted_repo_leave(&on);
}

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	user_repo_find(&on.repo, ID, &user, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || (alloc_has_failed() && result_is_failure(result)));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	alloc_fail_each(create_once, NULL);
	alloc_fail_each(create_once, (char[]){GIVEN});
	SCRIPT_PLAY(&on.aws.script, FOUND);
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *user_repo_suite(void)
{
	Suite *suite = suite_create("user_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_lock_is_the_hash_of_the_folded_address);
	tcase_add_test(tests, a_user_is_one_consistent_read);
	tcase_add_test(tests, what_is_no_id_is_not_found_without_asking);
	tcase_add_test(tests, the_list_is_that_of_all_shards_of_the_index);
	tcase_add_test(tests, a_user_is_made_with_the_lock_on_the_address);
	tcase_add_test(tests, a_user_whose_id_is_given_takes_the_place_of_one_who_is_gone);
	tcase_add_test(tests, reasons_tell_what_was_there);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
