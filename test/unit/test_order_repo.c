#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_repo.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct stored_order order;
static struct list_page page;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(const char *id, enum result expected)
{
	order_repo_find(&on.repo, id, &order, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(an_order_is_read_by_one_consistent_query)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	find(ORDER, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 0, "\":p\":{\"S\":\"O#" ORDER "\"}");
	ck_assert_str_eq(order.head.id, ORDER);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	find(ORDER, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	find("no id", RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(one_of_several_pages_was_not_written_by_us)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[" PLACED_ORDER "],\"LastEvaluatedKey\":{}}"));
	find(ORDER, RESULT_GARBLED);
}
END_TEST

START_TEST(those_of_a_status_are_in_all_shards)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	order_repo_list(&on.repo, &(struct order_list){ORDER_CONFIRMED, BEFORE, NOW, 20, NULL},
			&page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_sent(&on, 0, "\"OS#confirmed#0\"");
	ck_assert_sent(&on, 3, "\":low\":{\"S\":\"" BEFORE "#\"},\":high\":{\"S\":\"" NOW "$\"}");
	ck_assert_sent(&on, 0, "\"ScanIndexForward\":false");
}
END_TEST

#define LISTED(id, status, time)                                                                  \
	"{\"pk\":{\"S\":\"O#" id "\"},\"g2p\":{\"S\":\"OS#" status "#0\"},\"g2s\":{\"S\":\"" time \
	"#" id "\"}}"

/* Five statuses in four shards each; of the first page two entries were newer. */
START_TEST(those_of_every_status_are_merged_and_a_cursor_is_of_that_list_only)
{
	static char cursor[1024];
	struct order_list list = {ORDER_STATUSES, NULL, NULL, 2, NULL};

	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(LISTED(TEA, "placed", BEFORE)), FOUND_ITEMS(""),
		    FOUND_ITEMS(""), FOUND_ITEMS(""), FOUND_ITEMS(LISTED(POT, "confirmed", NOW)),
		    FOUND_ITEMS(LISTED(ORDER, "confirmed", LATER)), FOUND_ITEMS(""));
	order_repo_list(&on.repo, &list, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 4 * ORDER_STATUSES);
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"OS#placed#0\"}}");
	ck_assert_sent(&on, 7, "{\":p\":{\"S\":\"OS#confirmed#3\"}}");
	ck_assert_sent(&on, 19, "{\":p\":{\"S\":\"OS#cancelled#3\"}}");
	ck_assert_uint_eq(page.count, 2);
	ck_assert(strstr(page.entries[0].data, ORDER) && strstr(page.entries[1].data, POT));
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	list.cursor = cursor;
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(LISTED(TEA, "placed", BEFORE)), FOUND_ITEMS(""));
	order_repo_list(&on.repo, &list, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(page.count, 1);
	ck_assert_sent(&on, 0, ":high\":{\"S\":\"" NOW "#" POT "\"}");
	for (unsigned status = 0; status < ORDER_STATUSES; status++) {
		scripted_repo_renew(&on);
		list.status = (enum order_status)status;
		order_repo_list(&on.repo, &list, &page, &on.await);
		scripted_repo_expect(&on, RESULT_INVALID);
	}
}
END_TEST

START_TEST(those_of_a_user_are_in_one_partition)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(""));
	order_repo_list_of(&on.repo, &(struct order_user_list){USER, 20, NULL}, &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_sent(&on, 0, "\"IndexName\":\"gsi1\"");
	ck_assert_sent(&on, 0, "\"U#" USER "\"");
}
END_TEST

#define NOTED_ORDER HEAD_ITEM_AT(NOW, "placed", "failed", "unfulfilled", "2", "")
#define FAILED_PAYMENT(time)                                                                     \
	"{\"sk\":{\"S\":\"PAY#p1\"},\"reference\":{\"S\":\"p1\"},\"status\":{\"S\":\"failed\"}," \
	"\"amount\":{\"N\":\"0\"},\"created_at\":{\"S\":\"" BEFORE                               \
	"\"},\"updated_at\":{\"S\":\"" time "\"}}"

/* It was placed a minute ago. */
START_TEST(only_what_was_not_paid_in_time_expires)
{
	static const struct {
		const char *items;
		int64_t payment_ms;
		enum result expected;
	} rows[] = {
		{PLACED_ORDER, 60000, RESULT_OK},
		{PLACED_ORDER, 60001, RESULT_INVALID},
		{HEAD_ITEM("placed", "failed", "unfulfilled", "1", "") "," SNAP_ITEM, 60000,
		 RESULT_OK},
		{HEAD_ITEM("placed", "paid", "unfulfilled", "1", "") "," SNAP_ITEM, 60000,
		 RESULT_INVALID},
		{HEAD_ITEM("confirmed", "none", "unfulfilled", "1", "") "," SNAP_ITEM, 60000,
		 RESULT_INVALID},
		{NOTED_ORDER "," SNAP_ITEM, 60000, RESULT_OK},
		{NOTED_ORDER "," SNAP_ITEM "," FAILED_PAYMENT(BEFORE), 60000, RESULT_OK},
		{NOTED_ORDER "," SNAP_ITEM "," FAILED_PAYMENT(NOW), 60000, RESULT_INVALID},
	};
	char text[8192];

	snprintf(text, sizeof(text), "{\"Items\":[%s]}", rows[_i].items);
	SCRIPT_PLAY(&on.aws.script, {.status = 200, .body = text}, BATCH(STOCKS), DONE);
	order_repo_expire(&on.repo, ORDER, rows[_i].payment_ms, &on.await);
	scripted_repo_expect(&on, rows[_i].expected);
	if (rows[_i].expected != RESULT_OK)
		return;
	ck_assert_sent(&on, 2, "\":s\":{\"S\":\"expired\"}");
	ck_assert_sent(&on, 2, "\"by\":{\"S\":\"system\"}");
	ck_assert_sent(&on, 2, "order.expired");
	ck_assert_sent(&on, 2, "\":held\":{\"N\":\"-3\"}");
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	order_repo_find(&on.repo, ORDER, &order, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK || alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, FOUND_ITEMS(PLACED_ORDER));
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *order_repo_suite(void)
{
	Suite *suite = suite_create("order_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_order_is_read_by_one_consistent_query);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, one_of_several_pages_was_not_written_by_us);
	tcase_add_test(tests, those_of_a_status_are_in_all_shards);
	tcase_add_test(tests, those_of_every_status_are_merged_and_a_cursor_is_of_that_list_only);
	tcase_add_test(tests, those_of_a_user_are_in_one_partition);
	tcase_add_loop_test(tests, only_what_was_not_paid_in_time_expires, 0, 8);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
