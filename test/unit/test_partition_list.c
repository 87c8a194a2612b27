#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/partition_list.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ROW(sk) "{\"pk\":{\"S\":\"M#1\"},\"sk\":{\"S\":\"" sk "\"}}"
#define ENTRY(key) "{\"pk\":{\"S\":\"U#1\"},\"sk\":{\"S\":\"#\"},\"g2s\":{\"S\":\"" key "\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")

static const struct partition_list_query ledger = {.partition = "M#1",
						   .is_descending = true,
						   .limit = 2};
static const struct partition_list_query newest = {.index = PARTITION_GSI2,
						   .partition = "USER",
						   .is_sharded = true,
						   .is_descending = true,
						   .limit = 2};

static struct scripted_repo on;
static struct list_page page;
static char cursor[2048];

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static enum result find(struct partition_list_query query)
{
	page = (struct list_page){.count = 99};
	partition_list_find(&on.repo, &query, &page, &on.await);
	return scripted_repo_run(&on);
}

/* The sort keys' last characters, and a "+" when there is a next page. */
static void ck_assert_listed(const char *expected)
{
	char keys[200] = "";
	size_t len = 0;

	for (size_t i = 0; i < page.count; i++)
		keys[len++] = page.entries[i].data[page.entries[i].len - 4];
	if (page.next)
		keys[len++] = '+';
	keys[len] = '\0';
	ck_assert_str_eq(keys, expected);
}

/* Finds the first page, and then the one that its cursor leads to. */
static enum result turn_page(struct partition_list_query query, struct script_step step)
{
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_ptr_nonnull(page.next);
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	scripted_repo_renew(&on);
	script_play(&on.aws.script, &step, 1);
	query.cursor = cursor;
	return find(query);
}

START_TEST(a_partition_of_the_table_is_one_query)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ROW("b") "," ROW("a")));
	ck_assert_int_eq(find(ledger), RESULT_OK);
	ck_assert_listed("ba");
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0,
		       "\"KeyConditionExpression\":\"#p = :p\","
		       "\"ExpressionAttributeNames\":{\"#p\":\"pk\"},"
		       "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"M#1\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":3,");
	ck_assert_sent(&on, 0, "\"ScanIndexForward\":false");
	ck_assert_not_sent(&on, 0, "IndexName");
	ck_assert_not_sent(&on, 0, "ConsistentRead");
}
END_TEST

START_TEST(it_can_be_read_consistently_and_in_ascending_order)
{
	struct partition_list_query query = ledger;

	query.is_descending = false;
	query.is_consistent = true;
	SCRIPT_PLAY(&on.aws.script, PAGE(ROW("a") "," ROW("b") "," ROW("c")));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("ab+");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_not_sent(&on, 0, "ScanIndexForward");
}
END_TEST

START_TEST(shards_are_read_at_once_and_merged)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1")), PAGE(ENTRY("4")), PAGE(""),
		    PAGE(ENTRY("3") "," ENTRY("2")));
	ck_assert_int_eq(find(newest), RESULT_OK);
	ck_assert_listed("43+");
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	for (size_t i = 0; i < 4; i++) {
		char values[80];

		snprintf(values, sizeof(values), "{\":p\":{\"S\":\"USER#%zu\"}}", i);
		ck_assert_sent(&on, i, values);
		ck_assert_sent(&on, i, "\"IndexName\":\"gsi2\"");
		ck_assert_sent(&on, i, "\"KeyConditionExpression\":\"g2p = :p\"");
		ck_assert_not_sent(&on, i, "ExpressionAttributeNames");
	}
}
END_TEST

START_TEST(several_partitions_are_read_at_once_and_merged)
{
	static const char *const both[] = {"A", "B", NULL};
	struct partition_list_query query = newest;

	on.repo.write_shards = 2;
	query.partitions = both;
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1")), PAGE(ENTRY("4")), PAGE(""),
		    PAGE(ENTRY("3") "," ENTRY("2")));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("43+");
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	for (size_t i = 0; i < 4; i++) {
		char values[80];

		snprintf(values, sizeof(values), "{\":p\":{\"S\":\"%s#%zu\"}}", both[i / 2], i % 2);
		ck_assert_sent(&on, i, values);
	}
}
END_TEST

/* So cursors that were given out before there was more than one still hold. */
START_TEST(a_list_of_one_is_the_list_of_that_partition)
{
	static const char *const one[] = {"USER", NULL};
	static const char *const two[] = {"USER", "USER", NULL};
	struct partition_list_query query = newest;

	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("9") "," ENTRY("8") "," ENTRY("7")), PAGE(""));
	ck_assert_int_eq(find(newest), RESULT_OK);
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	query.cursor = cursor;
	query.partition = NULL;
	query.partitions = one;
	scripted_repo_renew(&on);
	ck_assert_int_eq(find(query), RESULT_OK);
	query.partitions = two;
	scripted_repo_renew(&on);
	ck_assert_int_eq(find(query), RESULT_INVALID);
}
END_TEST

START_TEST(what_limits_the_sort_key_becomes_one_range)
{
	static const struct {
		const char *prefix, *from, *to;
		const char *condition, *values;
	} table[] = {
		{"", NULL, NULL, "g1p = :p\"", "\"p\"}}"},
		{"O#", NULL, NULL, "g1p = :p AND g1s BETWEEN :low AND :high\"",
		 ":low\":{\"S\":\"O#\"},\":high\":{\"S\":\"O#\xf4\x8f\xbf\xbf\"}}"},
		{NULL, "f", NULL, "g1p = :p AND g1s >= :low\"", ":low\":{\"S\":\"f\"}}"},
		{NULL, NULL, "t", "g1p = :p AND g1s <= :high\"", ":high\":{\"S\":\"t\"}}"},
		{NULL, "f", "t", "g1p = :p AND g1s BETWEEN :low AND :high\"",
		 ":low\":{\"S\":\"f\"},\":high\":{\"S\":\"t\"}}"},
		{"f", "fa", "z", "g1p = :p AND g1s BETWEEN :low AND :high\"",
		 ":low\":{\"S\":\"fa\"},\":high\":{\"S\":\"f\xf4\x8f\xbf\xbf\"}}"},
	};

	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_int_eq(find((struct partition_list_query){
					 .index = PARTITION_GSI1,
					 .partition = "p",
					 .prefix = table[i].prefix,
					 .from = table[i].from,
					 .to = table[i].to,
					 .limit = 1,
				 }),
				 RESULT_OK);
		ck_assert_listed("");
		ck_assert_sent(&on, 0, table[i].condition);
		ck_assert_sent(&on, 0, table[i].values);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(an_impossible_range_is_an_empty_page_without_a_query)
{
	struct partition_list_query query = ledger;

	query.from = "b";
	query.to = "a";
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("");
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(the_next_page_begins_at_the_last_entry_and_does_not_show_it_again)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ROW("c") "," ROW("b") "," ROW("a")));
	ck_assert_int_eq(turn_page(ledger, (struct script_step)PAGE(ROW("b") "," ROW("a"))),
			 RESULT_OK);
	ck_assert_listed("a");
	ck_assert_sent(&on, 0, "\"#p = :p AND sk <= :high\"");
	ck_assert_sent(&on, 0, ":high\":{\"S\":\"b\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":4,");
}
END_TEST

START_TEST(an_ascending_page_goes_on_within_its_range)
{
	const struct partition_list_query query = {.partition = "M#1",
						   .from = "a",
						   .to = "y",
						   .limit = 2};

	SCRIPT_PLAY(&on.aws.script, PAGE(ROW("a") "," ROW("b") "," ROW("c")));
	ck_assert_int_eq(turn_page(query, (struct script_step)PAGE(ROW("b") "," ROW("c"))),
			 RESULT_OK);
	ck_assert_listed("c");
	ck_assert_sent(&on, 0, ":low\":{\"S\":\"b\"},\":high\":{\"S\":\"y\"}}");
}
END_TEST

START_TEST(a_cursor_of_another_list_is_invalid_before_anything_is_asked)
{
	struct partition_list_query others[] = {
		{.partition = "M#2", .is_descending = true, .limit = 2},
		{.partition = "M#1", .limit = 2},
		{.partition = "M#1", .is_descending = true, .limit = 2, .prefix = "a"},
		{.partition = "M#1", .is_descending = true, .limit = 2, .from = "a"},
		{.partition = "M#1", .is_descending = true, .limit = 2, .to = "a"},
		{.partition = "M#1", .is_descending = true, .limit = 2, .is_sharded = true},
		{.index = PARTITION_GSI1, .partition = "M#1", .is_descending = true, .limit = 2},
	};

	SCRIPT_PLAY(&on.aws.script, PAGE(ROW("c") "," ROW("b") "," ROW("a")));
	ck_assert_int_eq(find(ledger), RESULT_OK);
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		scripted_repo_renew(&on);
		others[i].cursor = cursor;
		ck_assert_int_eq(find(others[i]), RESULT_INVALID);
		ck_assert_uint_eq(on.aws.script.request_count, 0);
		ck_assert_uint_eq(page.count, 99);
	}
}
END_TEST

START_TEST(what_has_no_sort_key_is_left_out)
{
	SCRIPT_PLAY(&on.aws.script, PAGE("{},{\"sk\":{\"N\":\"1\"}}," ROW("a")));
	ck_assert_int_eq(find(ledger), RESULT_OK);
	ck_assert_listed("a");
}
END_TEST

START_TEST(a_failure_is_the_lists)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1")), AWS_ERROR("AccessDeniedException"), PAGE(""));
	ck_assert_int_eq(find(newest), RESULT_REFUSED);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

static void list_once(void *context)
{
	struct partition_list_query query = newest;
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	query.prefix = "2";
	result = find(query);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	else if (
		!alloc_has_failed()) /* an answer that was lost for want of memory is a step less */
		ck_assert_listed("64+");
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	on.repo.write_shards = 2;
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("26") "," ENTRY("23")), PAGE(ENTRY("24")));
	alloc_fail_each(list_once, NULL);
}
END_TEST

Suite *partition_list_suite(void)
{
	Suite *suite = suite_create("partition_list");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_partition_of_the_table_is_one_query);
	tcase_add_test(tests, it_can_be_read_consistently_and_in_ascending_order);
	tcase_add_test(tests, shards_are_read_at_once_and_merged);
	tcase_add_test(tests, several_partitions_are_read_at_once_and_merged);
	tcase_add_test(tests, a_list_of_one_is_the_list_of_that_partition);
	tcase_add_test(tests, what_limits_the_sort_key_becomes_one_range);
	tcase_add_test(tests, an_impossible_range_is_an_empty_page_without_a_query);
	tcase_add_test(tests, the_next_page_begins_at_the_last_entry_and_does_not_show_it_again);
	tcase_add_test(tests, an_ascending_page_goes_on_within_its_range);
	tcase_add_test(tests, a_cursor_of_another_list_is_invalid_before_anything_is_asked);
	tcase_add_test(tests, what_has_no_sort_key_is_left_out);
	tcase_add_test(tests, a_failure_is_the_lists);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
