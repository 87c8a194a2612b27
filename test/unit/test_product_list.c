#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_list.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ID(n) "00000000-0000-4000-8000-00000000000" n
#define ENTRY(n, name, price)                                                          \
	"{\"pk\":{\"S\":\"P#" ID(n) "\"},\"g1s\":{\"S\":\"" name                       \
				    "\\t" ID(n) "\"},"                                 \
						"\"name\":{\"S\":\"" name              \
						"\"},\"price\":{\"N\":\"" price "\"}," \
						"\"created_at\":{\"S\":\"2026-0" n "\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")
#define MORE_FOR(units, items)                                                    \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}," \
	     "\"ConsumedCapacity\":{\"CapacityUnits\":" units "}}")

static struct scripted_repo on;
static struct list_page page;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static enum result find(struct product_list_query query)
{
	page = (struct list_page){.count = 99};
	product_list_find(&on.repo, &query, &page, &on.await);
	return scripted_repo_run(&on);
}

/* The entries by the last digit of their ids, and a "+" when there is a next page. */
static void ck_assert_listed(const char *expected)
{
	char ids[200] = "";
	size_t len = 0;

	for (size_t i = 0; i < page.count; i++) {
		const char *id = strstr(page.entries[i].data, "P#");

		ids[len++] = id[2 + ID_LEN - 1];
	}
	if (page.next)
		ids[len++] = '+';
	ids[len] = '\0';
	ck_assert_str_eq(ids, expected);
}

static const struct product_list_query in_category = {.category = "k",
						      .order = PRODUCT_BY_NAME,
						      .limit = 2};
static const struct product_list_query newest = {.order = PRODUCT_BY_CREATED, .limit = 2};

/* ------------------------------------------------------------------ what is asked for */

START_TEST(a_category_is_one_query_by_name)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1", "a", "9") "," ENTRY("2", "b", "8")));
	ck_assert_int_eq(find(in_category), RESULT_OK);
	ck_assert_listed("12");
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0,
		       "\"IndexName\":\"gsi1\",\"KeyConditionExpression\":\"g1p = :p\","
		       "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"CAT#k\"}},"
		       "\"Limit\":3,");
	ck_assert_not_sent(&on, 0, "Filter");
	ck_assert_not_sent(&on, 0, "ScanIndexForward");
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(a_prefix_in_a_category_is_a_range_of_its_key)
{
	struct product_list_query query = in_category;

	query.prefix = "TE\xc3\x89\"";
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("");
	ck_assert_sent(&on, 0, "\"g1p = :p AND begins_with(g1s, :q)\"");
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"CAT#k\"},\":q\":{\"S\":\"te\xc3\xa9\\\"\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":3,");
}
END_TEST

START_TEST(everything_is_a_query_of_each_shard_newest_first)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1", "a", "1")), PAGE(ENTRY("4", "b", "1")),
		    PAGE(""), PAGE(ENTRY("3", "c", "1") "," ENTRY("2", "d", "1")));
	ck_assert_int_eq(find(newest), RESULT_OK);
	ck_assert_listed("43+");
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	for (size_t i = 0; i < 4; i++) {
		char values[80];

		snprintf(values, sizeof(values),
			 "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"PROD#%zu\"}}", i);
		ck_assert_sent(&on, i, values);
		ck_assert_sent(&on, i, "\"IndexName\":\"gsi2\"");
		ck_assert_sent(&on, i, "\"ScanIndexForward\":false");
		ck_assert_sent(&on, i, "\"Limit\":2,");
	}
}
END_TEST

START_TEST(a_prefix_without_a_category_is_a_filter)
{
	struct product_list_query query = newest;

	query.prefix = "A";
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_sent(&on, 0, "\"FilterExpression\":\"begins_with(g1s, :q)\"");
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"PROD#0\"},\":q\":{\"S\":\"a\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":100,");
}
END_TEST

START_TEST(an_empty_prefix_is_none)
{
	struct product_list_query query = newest;

	query.prefix = "";
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_not_sent(&on, 0, ":q");
}
END_TEST

/* ------------------------------------------------------------------ orders */

START_TEST(any_other_order_reads_all_and_keeps_the_first)
{
	static const struct {
		struct product_list_query query;
		const char *listed;
	} table[] = {
		{{.category = "k", .order = PRODUCT_BY_PRICE, .limit = 3}, "213+"},
		{{.category = "k", .order = PRODUCT_BY_CREATED, .limit = 3}, "432+"},
		{{.category = "k", .order = PRODUCT_BY_PRICE, .limit = 4}, "2134"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&on.aws.script,
			    PAGE_AND_MORE(ENTRY("1", "a", "9") "," ENTRY("2", "b", "8.5")),
			    PAGE_AND_MORE(""),
			    PAGE(ENTRY("3", "c", "9") "," ENTRY("4", "d", "100")));
		ck_assert_int_eq(find(table[i].query), RESULT_OK);
		ck_assert_listed(table[i].listed);
		ck_assert_sent(&on, 0, "\"Limit\":1000,");
		ck_assert_sent(&on, 1, "\"ExclusiveStartKey\":{\"k\":{\"S\":\"1\"}}");
		ck_assert_uint_eq(on.aws.script.request_count, 3);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(names_without_a_category_are_read_from_all_shards)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1", "d", "1")), PAGE(ENTRY("2", "b", "1")),
		    PAGE(ENTRY("3", "a", "1")), PAGE(ENTRY("4", "c", "1")));
	ck_assert_int_eq(find((struct product_list_query){.order = PRODUCT_BY_NAME, .limit = 3}),
			 RESULT_OK);
	ck_assert_listed("324+");
}
END_TEST

START_TEST(a_shard_is_read_on_only_while_more_of_it_could_be_among_the_first)
{
	on.repo.write_shards = 2;
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("9", "a", "1") "," ENTRY("8", "b", "1")),
		    PAGE_AND_MORE(ENTRY("3", "c", "1") "," ENTRY("2", "d", "1")),
		    PAGE_AND_MORE(ENTRY("7", "e", "1") "," ENTRY("1", "f", "1")));
	ck_assert_int_eq(find(newest), RESULT_OK);
	ck_assert_listed("98+");
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	ck_assert_sent(&on, 2, "PROD#0");
	ck_assert_sent(&on, 2, "ExclusiveStartKey");
	ck_assert_sent(&on, 2, "\"Limit\":8,");
}
END_TEST

START_TEST(a_page_that_the_filter_has_emptied_is_not_the_end)
{
	struct product_list_query query = newest;

	query.prefix = "x";
	on.repo.write_shards = 1;
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(""), PAGE_AND_MORE(""),
		    PAGE(ENTRY("1", "x", "1")));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("1");
	ck_assert_sent(&on, 1, "\"Limit\":200,");
	ck_assert_sent(&on, 2, "\"Limit\":400,");
}
END_TEST

START_TEST(what_is_no_product_is_left_out)
{
	SCRIPT_PLAY(&on.aws.script,
		    PAGE("{\"pk\":{\"S\":\"X#1\"}},{},{\"pk\":1}," ENTRY("1", "a", "1")));
	ck_assert_int_eq(find(in_category), RESULT_OK);
	ck_assert_listed("1");
}
END_TEST

/* ------------------------------------------------------------------ pages */

/* Finds the first page, and then the one that its cursor leads to. */
static enum result turn_page(struct product_list_query query, struct script_step step)
{
	static char cursor[2048];

	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_ptr_nonnull(page.next);
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	scripted_repo_renew(&on);
	script_play(&on.aws.script, &step, 1);
	query.cursor = cursor;
	return find(query);
}

START_TEST(a_category_goes_on_behind_the_last_name)
{
	SCRIPT_PLAY(&on.aws.script,
		    PAGE(ENTRY("1", "a", "9") "," ENTRY("2", "b", "8") "," ENTRY("3", "c", "7")));
	ck_assert_int_eq(turn_page(in_category, (struct script_step)PAGE(ENTRY("3", "c", "7"))),
			 RESULT_OK);
	ck_assert_listed("3");
	ck_assert_sent(&on, 0, "\"g1p = :p AND g1s > :after\"");
	ck_assert_sent(&on, 0, "\":after\":{\"S\":\"b\\t" ID("2") "\"}}");
}
END_TEST

START_TEST(a_category_with_a_prefix_goes_on_in_a_range)
{
	struct product_list_query query = in_category;

	query.prefix = "B";
	SCRIPT_PLAY(&on.aws.script,
		    PAGE(ENTRY("1", "ba", "9") "," ENTRY("2", "bb", "8") "," ENTRY("3", "bc",
										   "7")));
	/* The range begins with the last entry itself, which does not count again. */
	ck_assert_int_eq(turn_page(query, (struct script_step)PAGE(
						  ENTRY("2", "bb", "8") "," ENTRY("3", "bc", "7"))),
			 RESULT_OK);
	ck_assert_listed("3");
	ck_assert_sent(&on, 0, "\"g1p = :p AND g1s BETWEEN :after AND :end\"");
	ck_assert_sent(&on, 0,
		       "\":after\":{\"S\":\"bb\\t" ID(
			       "2") "\"},"
				    "\":end\":{\"S\":\"b\xf4\x8f\xbf\xbf\"}}");
	ck_assert_not_sent(&on, 0, ":q");
}
END_TEST

START_TEST(everything_goes_on_before_the_last_time)
{
	on.repo.write_shards = 1;
	SCRIPT_PLAY(&on.aws.script,
		    PAGE(ENTRY("3", "a", "9") "," ENTRY("2", "b", "8") "," ENTRY("1", "c", "7")));
	ck_assert_int_eq(turn_page(newest, (struct script_step)PAGE(ENTRY("1", "c", "7"))),
			 RESULT_OK);
	ck_assert_listed("1");
	ck_assert_sent(&on, 0, "\"g2p = :p AND g2s < :after\"");
	ck_assert_sent(&on, 0, "\":after\":{\"S\":\"2026-02#" ID("2") "\"}}");
}
END_TEST

START_TEST(another_order_reads_all_again_and_skips_what_was_shown)
{
	const struct product_list_query query = {.category = "k",
						 .order = PRODUCT_BY_PRICE,
						 .limit = 2};
	static const struct script_step all = PAGE(ENTRY("1", "a", "9") "," ENTRY(
		"2", "b", "8") "," ENTRY("3", "c", "9") "," ENTRY("4", "d", "7"));

	script_play(&on.aws.script, &all, 1);
	ck_assert_int_eq(turn_page(query, all), RESULT_OK);
	ck_assert_listed("13");
	ck_assert_sent(&on, 0, "\"KeyConditionExpression\":\"g1p = :p\"");
	ck_assert_not_sent(&on, 0, ":after");
}
END_TEST

START_TEST(a_cursor_of_another_list_is_invalid_before_anything_is_asked)
{
	struct product_list_query others[] = {
		{.category = "l", .order = PRODUCT_BY_NAME, .limit = 2},
		{.category = "k", .order = PRODUCT_BY_PRICE, .limit = 2},
		{.category = "k", .order = PRODUCT_BY_NAME, .limit = 2, .prefix = "b"},
		{.order = PRODUCT_BY_NAME, .limit = 2},
		{.order = PRODUCT_BY_CREATED, .limit = 2},
	};
	static char cursor[2048];

	SCRIPT_PLAY(&on.aws.script,
		    PAGE(ENTRY("1", "a", "9") "," ENTRY("2", "b", "8") "," ENTRY("3", "c", "7")));
	ck_assert_int_eq(find(in_category), RESULT_OK);
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

START_TEST(the_limit_may_change_from_page_to_page)
{
	static char cursor[2048];
	struct product_list_query query = in_category;

	SCRIPT_PLAY(&on.aws.script,
		    PAGE(ENTRY("1", "a", "9") "," ENTRY("2", "b", "8") "," ENTRY("3", "c", "7")));
	ck_assert_int_eq(find(query), RESULT_OK);
	snprintf(cursor, sizeof(cursor), "%s", page.next);
	scripted_repo_renew(&on);
	query.cursor = cursor;
	query.limit = 100;
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_sent(&on, 0, "\"Limit\":101,");
}
END_TEST

/* ------------------------------------------------------------------ limits and failures */

START_TEST(reading_too_much_is_too_large)
{
	const struct product_list_query query = {.order = PRODUCT_BY_PRICE, .limit = 2};

	on.repo.write_shards = 2;
	SCRIPT_PLAY(&on.aws.script, MORE_FOR("400", ENTRY("1", "a", "1")));
	ck_assert_int_eq(find(query), RESULT_TOO_LARGE);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

START_TEST(few_names_that_begin_so_are_found_page_by_page)
{
	struct product_list_query query = newest;

	query.prefix = "x";
	on.repo.write_shards = 1;
	SCRIPT_PLAY(
		&on.aws.script,
		TEXT("{\"Items\":[],\"LastEvaluatedKey\":{\"pk\":{\"S\":\"P#" ID(
			"5") "\"},\"g2s\":{\"S\":\"2026-05#" ID("5") "\"}},"
								     "\"ConsumedCapacity\":{"
								     "\"CapacityUnits\":1281}}"));
	ck_assert_int_eq(turn_page(query, (struct script_step)PAGE(ENTRY("3", "x", "1"))),
			 RESULT_OK);
	ck_assert_listed("3");
	ck_assert_sent(&on, 0, "\"g2p = :p AND g2s < :after\"");
	ck_assert_sent(&on, 0, "\":after\":{\"S\":\"2026-05#" ID("5") "\"}");
}
END_TEST

START_TEST(what_was_consumed_before_does_not_count)
{
	on.await.usage.read_millis = 5000000;
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("1", "a", "1")), PAGE(""));
	ck_assert_int_eq(find(in_category), RESULT_OK);
	ck_assert_listed("1");
}
END_TEST

START_TEST(one_failing_shard_fails_the_list_when_all_have_ended)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1", "a", "1")), AWS_ERROR("AccessDeniedException"),
		    PAGE_AND_MORE(ENTRY("2", "a", "1")));
	ck_assert_int_eq(find(newest), RESULT_REFUSED);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

static void list_once(void *context)
{
	struct product_list_query query = *(const struct product_list_query *)context;
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	result = find(query);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	else if (
		!alloc_has_failed()) /* an answer that was lost for want of memory is a step less */
		ck_assert_listed("12+");
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	struct product_list_query query = {.category = "k",
					   .order = PRODUCT_BY_PRICE,
					   .limit = 2,
					   .prefix = "a"};

	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("3", "ab", "9") "," ENTRY("2", "ac", "8")),
		    PAGE(ENTRY("1", "ad", "7")));
	alloc_fail_each(list_once, &query);
}
END_TEST

Suite *product_list_suite(void)
{
	Suite *suite = suite_create("product_list");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_category_is_one_query_by_name);
	tcase_add_test(tests, a_prefix_in_a_category_is_a_range_of_its_key);
	tcase_add_test(tests, everything_is_a_query_of_each_shard_newest_first);
	tcase_add_test(tests, a_prefix_without_a_category_is_a_filter);
	tcase_add_test(tests, an_empty_prefix_is_none);
	tcase_add_test(tests, any_other_order_reads_all_and_keeps_the_first);
	tcase_add_test(tests, names_without_a_category_are_read_from_all_shards);
	tcase_add_test(tests, a_shard_is_read_on_only_while_more_of_it_could_be_among_the_first);
	tcase_add_test(tests, a_page_that_the_filter_has_emptied_is_not_the_end);
	tcase_add_test(tests, what_is_no_product_is_left_out);
	tcase_add_test(tests, a_category_goes_on_behind_the_last_name);
	tcase_add_test(tests, a_category_with_a_prefix_goes_on_in_a_range);
	tcase_add_test(tests, everything_goes_on_before_the_last_time);
	tcase_add_test(tests, another_order_reads_all_again_and_skips_what_was_shown);
	tcase_add_test(tests, a_cursor_of_another_list_is_invalid_before_anything_is_asked);
	tcase_add_test(tests, the_limit_may_change_from_page_to_page);
	tcase_add_test(tests, reading_too_much_is_too_large);
	tcase_add_test(tests, few_names_that_begin_so_are_found_page_by_page);
	tcase_add_test(tests, what_was_consumed_before_does_not_count);
	tcase_add_test(tests, one_failing_shard_fails_the_list_when_all_have_ended);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
