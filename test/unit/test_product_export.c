#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_export.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define KEY(id) "{\"pk\":{\"S\":\"P#" id "\"}}"
#define PRODUCT(id) "{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"n\"}}"
#define STOCK(id) \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"4\"}}"
#define IDS(keys) TEXT("{\"Items\":[" keys "]}")
#define MORE_IDS(keys, last) TEXT("{\"Items\":[" keys "],\"LastEvaluatedKey\":" last "}")
#define ITEMS(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define LINE(id) "{\"id\":\"" id "\",\"name\":\"n\",\"on_hand\":4}\n"
#define TOO_LONG                                           \
	{                                                  \
		.end = EXCHANGE_TOO_LONG, .was_sent = true \
	}

static struct scripted_repo on;
static struct product_export export;
static struct buf out;
static uint64_t lines;

static void set_up(void)
{
	scripted_repo_init(&on);
	export = (struct product_export){0};
	buf_init(&out, PRODUCT_EXPORT_MAX);
	lines = 0;
}

static void tear_down(void)
{
	product_export_clear(&export);
	buf_clear(&out);
	scripted_repo_clear(&on);
}

static void next(enum result expected)
{
	buf_reset(&out);
	scripted_repo_renew(&on);
	product_export_next(&on.repo, &export, &out, &lines, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(ids_come_from_the_index_and_products_from_the_table)
{
	SCRIPT_PLAY(&on.aws.script, IDS(KEY(A) "," KEY(B)),
		    ITEMS(STOCK(B) "," PRODUCT(A) "," PRODUCT(B) "," STOCK(A)));
	next(RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"IndexName\":\"gsi2\"");
	ck_assert_sent(&on, 0, "{\":p\":{\"S\":\"PROD#0\"}}");
	ck_assert_sent(&on, 0, "\"ProjectionExpression\":\"#p\"");
	ck_assert_not_sent(&on, 0, "ExclusiveStartKey");
	ck_assert_operation(&on, 1, "BatchGetItem");
	ck_assert_sent(&on, 1, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"P#" B "\"},\"sk\":{\"S\":\"STOCK\"}}");
	ck_assert_str_eq(buf_text(&out), LINE(A) LINE(B));
	ck_assert_uint_eq(lines, 2);
	ck_assert(!export.is_over);
}
END_TEST

START_TEST(it_goes_on_behind_the_last_page_and_then_in_the_next_part)
{
	SCRIPT_PLAY(&on.aws.script, MORE_IDS(KEY(A), "{\"k\":1}"), ITEMS(PRODUCT(A) "," STOCK(A)),
		    IDS(KEY(B)), ITEMS(PRODUCT(B) "," STOCK(B)), IDS(""), IDS(""), IDS(""));
	next(RESULT_OK);
	ck_assert_str_eq(buf_text(&out), LINE(A));
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "\"ExclusiveStartKey\":{\"k\":1}");
	ck_assert_sent(&on, 0, "PROD#0");
	ck_assert_str_eq(buf_text(&out), LINE(B));
	ck_assert(!export.is_over);
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "PROD#1");
	ck_assert_not_sent(&on, 0, "ExclusiveStartKey");
	ck_assert_sent(&on, 2, "PROD#3");
	ck_assert_uint_eq(out.len, 0);
	ck_assert(export.is_over);
	ck_assert_uint_eq(lines, 2);
}
END_TEST

START_TEST(what_is_gone_is_left_out_and_pages_of_nothing_are_passed_over)
{
	SCRIPT_PLAY(&on.aws.script, MORE_IDS("", "{\"k\":1}"), MORE_IDS(KEY(A), "{\"k\":2}"),
		    ITEMS(STOCK(A)), IDS(KEY(A) "," KEY(B)), ITEMS(PRODUCT(B)));
	next(RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 5);
	ck_assert_str_eq(buf_text(&out), "{\"id\":\"" B "\",\"name\":\"n\"}\n");
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(what_is_not_ours_is_passed_over)
{
	SCRIPT_PLAY(&on.aws.script, IDS("{\"pk\":{\"S\":\"X#1\"}},{}," KEY(A) "," KEY(A)),
		    ITEMS("1,{},{\"pk\":{\"S\":\"P#" B "\"},\"sk\":{\"S\":\"#\"}}," PRODUCT(A)));
	next(RESULT_OK);
	ck_assert_str_eq(buf_text(&out), "{\"id\":\"" A "\",\"name\":\"n\"}\n");
}
END_TEST

START_TEST(pages_are_as_large_as_makes_a_reasonable_piece_of_text)
{
	static char item[300 * 1000];

	SCRIPT_PLAY(&on.aws.script, MORE_IDS(KEY(A), "{\"k\":1}"), ITEMS(PRODUCT(A)),
		    MORE_IDS(KEY(A), "{\"k\":2}"), TEXT(item), MORE_IDS(KEY(A), "{\"k\":3}"),
		    ITEMS(PRODUCT(A)));
	strcpy(item, "{\"Responses\":{\"shop\":[{\"pk\":{\"S\":\"P#" A "\"},\"sk\":{\"S\":\"#\"},"
		     "\"name\":{\"S\":\"");
	memset(item + strlen(item), 'x', 60 * 1000);
	strcat(item, "\"}}]}}");
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "\"Limit\":10");
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "\"Limit\":50");
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "\"Limit\":2");
}
END_TEST

START_TEST(a_page_that_is_too_much_is_read_again_with_fewer)
{
	SCRIPT_PLAY(&on.aws.script, MORE_IDS(KEY(A) "," KEY(B), "{\"k\":1}"), TOO_LONG,
		    MORE_IDS(KEY(A), "{\"k\":2}"), ITEMS(PRODUCT(A) "," STOCK(A)));
	next(RESULT_OK);
	ck_assert_sent(&on, 0, "\"Limit\":10");
	ck_assert_sent(&on, 2, "\"Limit\":2");
	ck_assert_not_sent(&on, 2, "ExclusiveStartKey");
	ck_assert_str_eq(buf_text(&out), LINE(A));
}
END_TEST

START_TEST(a_failure_is_passed_on_and_nothing_is_written)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	next(RESULT_REFUSED);
	SCRIPT_PLAY(&on.aws.script, IDS(KEY(A)), AWS_ERROR("AccessDeniedException"));
	next(RESULT_REFUSED);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(lines, 0);
	SCRIPT_PLAY(&on.aws.script, IDS(KEY(A)), ITEMS(PRODUCT(A) "," STOCK(A)));
	next(RESULT_OK);
	ck_assert_str_eq(buf_text(&out), LINE(A));
}
END_TEST

static void export_once(void *context)
{
	enum result result;

	(void)context;
	export = (struct product_export){0};
	buf_clear(&out);
	if (scripted_repo_enter(&on)) {
		product_export_next(&on.repo, &export, &out, &lines, &on.await);
		result = scripted_repo_run(&on);
		ck_assert(result == RESULT_OK || alloc_has_failed());
		scripted_repo_leave(&on);
	}
	product_export_clear(&export);
	buf_clear(&out);
}

START_TEST(short_memory_is_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, MORE_IDS(KEY(A), "{\"k\":1}"), ITEMS(PRODUCT(A) "," STOCK(A)));
	alloc_fail_each(export_once, NULL);
}
END_TEST

Suite *product_export_suite(void)
{
	Suite *suite = suite_create("product_export");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, ids_come_from_the_index_and_products_from_the_table);
	tcase_add_test(tests, it_goes_on_behind_the_last_page_and_then_in_the_next_part);
	tcase_add_test(tests, what_is_gone_is_left_out_and_pages_of_nothing_are_passed_over);
	tcase_add_test(tests, what_is_not_ours_is_passed_over);
	tcase_add_test(tests, pages_are_as_large_as_makes_a_reasonable_piece_of_text);
	tcase_add_test(tests, a_page_that_is_too_much_is_read_again_with_fewer);
	tcase_add_test(tests, a_failure_is_passed_on_and_nothing_is_written);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
