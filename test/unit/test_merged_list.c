/* What lists have in common is seen in test_product_list.c and test_partition_list.c, too. */
#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/cursor.h"
#include "repo/merged_list.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ENTRY(position) "{\"n\":{\"N\":\"" position "\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")
#define MORE_FOR(units, items, key)                             \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":" key \
	     ",\"ConsumedCapacity\":{\"CapacityUnits\":" units "}}")

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

static int by_text(struct span a, struct span b)
{
	return strcmp(a.data, b.data);
}

static void write_number(const struct item *entry, const void *context, struct buf *out)
{
	struct span digits = item_number(entry, context);

	buf_add(out, digits.data, digits.len);
}

static const char *const values[] = {"{\":p\":{\"S\":\"a\"}}", "{\":p\":{\"S\":\"b\"}}"};

static const struct merged_list_query plain = {
	.condition = "k = :p",
	.values = values,
	.part_count = 2,
	.is_in_order = true,
	.order = by_text,
	.position = write_number,
	.context = "n",
	.limit = 2,
	.scope = {"scope", 5},
};

static enum result find(struct merged_list_query query)
{
	page = (struct list_page){.count = 99};
	merged_list_find(&on.repo, &query, &page, &on.await);
	return scripted_repo_run(&on);
}

static void ck_assert_listed(const char *expected)
{
	char listed[100] = "";
	size_t len = 0;

	for (size_t i = 0; i < page.count; i++)
		listed[len++] = page.entries[i].data[page.entries[i].len - 4];
	listed[len] = '\0';
	ck_assert_str_eq(listed, expected);
}

START_TEST(the_first_of_all_parts_are_the_page)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("4")),
		    PAGE(ENTRY("2") "," ENTRY("3")));
	ck_assert_int_eq(find(plain), RESULT_OK);
	ck_assert_listed("12");
	ck_assert_ptr_nonnull(page.next);
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"a\"}}");
	ck_assert_sent(&on, 1, "{\":p\":{\"S\":\"b\"}}");
	ck_assert_sent(&on, 0, "\"Limit\":4,"); /* half of three, rounded up, and a margin */
}
END_TEST

START_TEST(a_part_that_cannot_have_more_of_the_first_is_not_read_on)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("1") "," ENTRY("2") "," ENTRY("3")),
		    PAGE_AND_MORE(ENTRY("4")));
	ck_assert_int_eq(find(plain), RESULT_OK);
	ck_assert_listed("12");
	ck_assert_uint_eq(on.aws.script.request_count, 2);
}
END_TEST

START_TEST(parts_out_of_order_are_read_to_their_end)
{
	struct merged_list_query query = plain;

	query.is_in_order = false;
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("7") "," ENTRY("8") "," ENTRY("9")),
		    PAGE(ENTRY("5")), PAGE(ENTRY("1")));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("15");
	ck_assert_sent(&on, 0, "\"Limit\":1000,");
	ck_assert_uint_eq(on.aws.script.request_count, 3);
}
END_TEST

START_TEST(a_page_that_repeats_the_last_entry_reads_one_more)
{
	struct merged_list_query query = plain;

	query.part_count = 1;
	query.repeats_after = true;
	query.after = span_of("1");
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("2")));
	ck_assert_int_eq(find(query), RESULT_OK);
	ck_assert_listed("2");
	ck_assert_sent(&on, 0, "\"Limit\":4,");
	ck_assert_ptr_null(page.next);
}
END_TEST

START_TEST(it_consumes_what_it_may)
{
	struct merged_list_query query = plain;

	query.part_count = 1;
	query.is_in_order = false;
	query.read_units = 10;
	on.await.usage.read_millis = 1000000; /* consumed before */
	SCRIPT_PLAY(&on.aws.script, MORE_FOR("10", "", ENTRY("1")),
		    MORE_FOR("0.5", ENTRY("1"), ENTRY("1")));
	ck_assert_int_eq(find(query), RESULT_TOO_LARGE);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

static void ck_assert_goes_on_behind(const char *position)
{
	ck_assert_str_eq(page.next,
			 cursor_make(&on.repo, plain.scope, span_of(position), &on.arena));
}

START_TEST(parts_in_order_that_have_consumed_enough_give_what_is_certain)
{
	static const struct {
		struct script_step first, second;
		const char *listed, *end;
	} table[] = {
		/* Behind 2 the second part was not read. */
		{MORE_FOR("9", ENTRY("1") "," ENTRY("5"), ENTRY("5")),
		 MORE_FOR("9", ENTRY("2"), ENTRY("2")), "12", "2"},
		{MORE_FOR("9", ENTRY("3") "," ENTRY("4"), ENTRY("4")),
		 MORE_FOR("9", ENTRY("1"), ENTRY("1")), "1", "1"},
		/* A filter took out what was between the last entry and the key. */
		{MORE_FOR("9", ENTRY("3"), ENTRY("8")), MORE_FOR("9", "", ENTRY("6")), "3", "6"},
		{MORE_FOR("9", ENTRY("7"), ENTRY("8")), MORE_FOR("9", "", ENTRY("6")), "", "6"},
		{PAGE(ENTRY("2") "," ENTRY("7")), MORE_FOR("11", "", ENTRY("6")), "2", "6"},
		/* A full page ends where it is full. */
		{MORE_FOR("9", ENTRY("1") "," ENTRY("2") "," ENTRY("3"), ENTRY("3")),
		 MORE_FOR("9", "", ENTRY("9")), "12", "2"},
	};
	struct merged_list_query query = plain;

	query.read_units = 10;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, table[i].first, table[i].second);
		ck_assert_int_eq(find(query), RESULT_OK);
		ck_assert_listed(table[i].listed);
		ck_assert_goes_on_behind(table[i].end);
		ck_assert_uint_eq(on.aws.script.request_count, 2);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(there_is_no_going_on_from_what_is_no_position)
{
	struct merged_list_query query = plain;

	query.read_units = 10;
	SCRIPT_PLAY(&on.aws.script, MORE_FOR("9", ENTRY("1"), ENTRY("1")),
		    MORE_FOR("9", "", "{\"k\":{\"S\":\"1\"}}"));
	ck_assert_int_eq(find(query), RESULT_TOO_LARGE);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

struct list {
	uint64_t read_units;
	const char *listed;
};

static void list_once(void *context)
{
	const struct list *list = context;
	struct merged_list_query query = plain;
	enum result result;

	query.read_units = list->read_units;
	if (!scripted_repo_enter(&on))
		return;
	result = find(query);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	else if (!alloc_has_failed())
		ck_assert_listed(list->listed);
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	struct list whole = {0, "12"};
	struct list cut = {10, "12"};
	struct list empty = {10, ""};

	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(ENTRY("2")), PAGE(ENTRY("4")),
		    PAGE(ENTRY("1") "," ENTRY("3")));
	alloc_fail_each(list_once, &whole);
	SCRIPT_PLAY(&on.aws.script, MORE_FOR("9", ENTRY("1"), ENTRY("2")),
		    MORE_FOR("9", ENTRY("2"), ENTRY("3")));
	alloc_fail_each(list_once, &cut);
	SCRIPT_PLAY(&on.aws.script, MORE_FOR("9", "", ENTRY("2")), MORE_FOR("9", "", ENTRY("3")));
	alloc_fail_each(list_once, &empty);
}
END_TEST

Suite *merged_list_suite(void)
{
	Suite *suite = suite_create("merged_list");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_first_of_all_parts_are_the_page);
	tcase_add_test(tests, a_part_that_cannot_have_more_of_the_first_is_not_read_on);
	tcase_add_test(tests, parts_out_of_order_are_read_to_their_end);
	tcase_add_test(tests, a_page_that_repeats_the_last_entry_reads_one_more);
	tcase_add_test(tests, it_consumes_what_it_may);
	tcase_add_test(tests, parts_in_order_that_have_consumed_enough_give_what_is_certain);
	tcase_add_test(tests, there_is_no_going_on_from_what_is_no_position);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
