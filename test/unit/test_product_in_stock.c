#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_in_stock.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ID(n) "00000000-0000-4000-8000-00000000000" n
#define ENTRY(n) "{\"pk\":{\"S\":\"P#" ID(n) "\"},\"g1s\":{\"S\":\"n" n "\\t" ID(n) "\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define EMPTY_AND_MORE(n)                                                 \
	TEXT("{\"Items\":[],\"LastEvaluatedKey\":{\"pk\":{\"S\":\"P#" ID( \
		n) "\"},\"g2s\":{\"S\":\"2026-0" n                        \
		   "#" ID(n) "\"}},\"ConsumedCapacity\":{\"Capacity"      \
			     "Units\":1281}}")
#define STOCK(n, available)                                         \
	"{\"pk\":{\"S\":\"P#" ID(n) "\"},\"sk\":{\"S\":\"STOCK\"}," \
				    "\"available\":{\"N\":\"" available "\"}}"
#define STOCKS(units, items)                          \
	TEXT("{\"Responses\":{\"shop\":[" items "]}," \
	     "\"ConsumedCapacity\":[{\"CapacityUnits\":" units "}]}")

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

static void start(const char *cursor)
{
	page = (struct list_page){.count = 99};
	product_in_stock_find(&on.repo,
			      &(struct product_list_query){.category = "k",
							   .order = PRODUCT_BY_NAME,
							   .is_in_stock = true,
							   .limit = 2,
							   .cursor = cursor},
			      &page, &on.await);
}

static void ck_assert_listed(const char *expected)
{
	char ids[LIST_PAGE_MAX + 2] = "";
	size_t len = 0;

	for (size_t i = 0; i < page.count; i++)
		ids[len++] = strstr(page.entries[i].data, "P#")[2 + ID_LEN - 1];
	if (page.next)
		ids[len++] = '+';
	ids[len] = '\0';
	ck_assert_str_eq(ids, expected);
}

START_TEST(the_stock_of_a_page_decides_what_is_shown)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("2")),
		    STOCKS("1", STOCK("2", "1") "," STOCK("1", "0")));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("2");
	ck_assert_operation(&on, 0, "Query");
	ck_assert_operation(&on, 1, "BatchGetItem");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"P#" ID("1") "\"},\"sk\":{\"S\":\"STOCK\"}");
	ck_assert_not_sent(&on, 1, "ConsistentRead");
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_uint_eq(on.await.usage.read_millis, 1000);
}
END_TEST

START_TEST(a_product_without_a_stock_item_is_not_in_stock)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("2")), STOCKS("1", STOCK("2", "-1")));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("");
}
END_TEST

START_TEST(it_goes_on_until_the_page_is_full_and_the_cursor_names_what_was_shown_last)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("2") "," ENTRY("3") "," ENTRY("4")),
		    STOCKS("1.5", STOCK("1", "0") "," STOCK("2", "5") "," STOCK("3", "0")),
		    PAGE(ENTRY("4") "," ENTRY("5") "," ENTRY("6")),
		    STOCKS("1.5", STOCK("4", "1") "," STOCK("5", "1") "," STOCK("6", "1")));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("24+");
	ck_assert_sent(&on, 0, "\"Limit\":4,");
	ck_assert_sent(&on, 2, "n3\\t" ID("3"));
	ck_assert_sent(&on, 2, "\"Limit\":7,");
}
END_TEST

START_TEST(the_next_page_begins_behind_the_cursor)
{
	char cursor[400];

	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1") "," ENTRY("2") "," ENTRY("3")),
		    STOCKS("1", STOCK("1", "1") "," STOCK("2", "5") "," STOCK("3", "2")),
		    PAGE(ENTRY("3")), STOCKS("0.5", STOCK("3", "2")));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("12+");
	ck_assert_uint_lt(strlen(page.next), sizeof(cursor));
	memcpy(cursor, page.next, strlen(page.next) + 1);
	scripted_repo_renew(&on);
	start(cursor);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 0, "n2\\t" ID("2"));
	ck_assert_listed("3");
}
END_TEST

START_TEST(a_cursor_of_all_products_is_not_taken)
{
	const char *cursor = product_list_cursor(
		&on.repo,
		&(struct product_list_query){.category = "k", .order = PRODUCT_BY_NAME, .limit = 2},
		span_of(ENTRY("1")), &on.arena);

	ck_assert_ptr_nonnull(cursor);
	start(cursor);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	ck_assert_uint_eq(page.count, 99);
}
END_TEST

START_TEST(an_empty_list_needs_no_stock)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(""));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("");
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

#define FIRST_FOUR PAGE(ENTRY("1") "," ENTRY("2") "," ENTRY("3") "," ENTRY("4"))

START_TEST(a_page_for_which_enough_was_read_ends_where_reading_did)
{
	static const struct {
		struct script_step stocks;
		const char *listed;
	} table[] = {
		{STOCKS("1281", STOCK("1", "0")), "+"},
		{STOCKS("1281", STOCK("2", "1")), "2+"},
		{STOCKS("1281", STOCK("2", "1") "," STOCK("3", "1")), "23+"},
		/* Once more as much would be more than it may. */
		{STOCKS("641", STOCK("2", "1")), "2+"},
	};
	char cursor[400];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, FIRST_FOUR, table[i].stocks);
		start(NULL);
		scripted_repo_expect(&on, RESULT_OK);
		ck_assert_listed(table[i].listed);
		ck_assert_uint_eq(on.aws.script.request_count, 2);
		strcpy(cursor, page.next);
		scripted_repo_renew(&on);
		SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("4")), STOCKS("0.5", STOCK("4", "1")));
		start(cursor);
		scripted_repo_expect(&on, RESULT_OK);
		ck_assert_listed("4");
		ck_assert_sent(&on, 0, "n3\\t" ID("3"));
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(it_goes_on_where_half_of_it_was_read)
{
	SCRIPT_PLAY(&on.aws.script, FIRST_FOUR, STOCKS("640", STOCK("1", "0")), PAGE(ENTRY("4")),
		    STOCKS("0.5", STOCK("4", "1")));
	start(NULL);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("4");
}
END_TEST

START_TEST(a_page_of_which_no_name_begins_so_is_not_the_end)
{
	on.repo.write_shards = 1;
	SCRIPT_PLAY(&on.aws.script, EMPTY_AND_MORE("5"));
	page = (struct list_page){.count = 99};
	product_in_stock_find(&on.repo,
			      &(struct product_list_query){.prefix = "x",
							   .order = PRODUCT_BY_CREATED,
							   .is_in_stock = true,
							   .limit = 2},
			      &page, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_listed("+");
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	start(NULL);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(ENTRY("1")), AWS_ERROR("AccessDeniedException"));
	start(NULL);
	scripted_repo_expect(&on, RESULT_REFUSED);
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	start(NULL);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	ck_assert_int_eq(page.count == 99, result != RESULT_OK);
	scripted_repo_leave(&on);
}

/* Answers of both kinds, so that a call that comes again finds what it needs. */
START_TEST(short_memory_is_a_failure_and_nothing_else)
{
#define BOTH(items, stocks)                                                  \
	TEXT("{\"Items\":[" items "],\"Responses\":{\"shop\":[" stocks "]}," \
	     "\"ConsumedCapacity\":{\"CapacityUnits\":1}}")
	SCRIPT_PLAY(&on.aws.script,
		    BOTH(ENTRY("1") "," ENTRY("2") "," ENTRY("3") "," ENTRY("4"), STOCK("1", "1")),
		    BOTH(ENTRY("1") "," ENTRY("2") "," ENTRY("3") "," ENTRY("4"), STOCK("1", "1")),
		    BOTH(ENTRY("5") "," ENTRY("6"), STOCK("5", "1") "," STOCK("6", "1")));
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *product_in_stock_suite(void)
{
	Suite *suite = suite_create("product_in_stock");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_stock_of_a_page_decides_what_is_shown);
	tcase_add_test(tests, a_product_without_a_stock_item_is_not_in_stock);
	tcase_add_test(tests,
		       it_goes_on_until_the_page_is_full_and_the_cursor_names_what_was_shown_last);
	tcase_add_test(tests, the_next_page_begins_behind_the_cursor);
	tcase_add_test(tests, a_cursor_of_all_products_is_not_taken);
	tcase_add_test(tests, an_empty_list_needs_no_stock);
	tcase_add_test(tests, a_page_for_which_enough_was_read_ends_where_reading_did);
	tcase_add_test(tests, it_goes_on_where_half_of_it_was_read);
	tcase_add_test(tests, a_page_of_which_no_name_begins_so_is_not_the_end);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
