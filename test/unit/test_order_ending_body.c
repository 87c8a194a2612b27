#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/order_ending_body.h"
#include "trees.h"

#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"
#define LINE(id, quantity) "{\"product_id\":\"" id "\",\"quantity\":" quantity "}"

static struct arena arena;
static struct validation validation;

static void set_up(void)
{
	validation_init(&validation, &arena);
}

static void tear_down(void)
{
	arena_clear(&arena);
}

/* "field code, field code" */
static const char *mistakes(void)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (const struct mistake *at = validation.first; at; at = at->next)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
					len > 0 ? ", " : "", at->field,
					mistake_code_name(at->code));
	validation_init(&validation, &arena);
	return text;
}

START_TEST(a_cancellation_may_have_a_reason)
{
	json_t *none = tree_of("{}");
	json_t *some = tree_of("{\"reason\":\"too late\"}");
	json_t *bad = tree_of("{\"reason\":\"\",\"lines\":1}");
	const char *reason = "untouched";

	ck_assert(!order_ending_body_read_cancel(bad, &validation, &reason));
	ck_assert_str_eq(mistakes(), "reason too-short, lines unknown-field");
	ck_assert_str_eq(reason, "untouched");
	ck_assert(order_ending_body_read_cancel(none, &validation, &reason));
	ck_assert_ptr_null(reason);
	ck_assert(order_ending_body_read_cancel(some, &validation, &reason));
	ck_assert_str_eq(reason, "too late");
	json_decref(none);
	json_decref(some);
	json_decref(bad);
}
END_TEST

START_TEST(a_return_has_lines)
{
	json_t *body = tree_of("{\"lines\":[" LINE(TEA, "3") "," LINE(POT, "1e1") "]}");
	struct return_body out = {.reason = "x"};

	ck_assert(order_ending_body_read_return(body, &validation, &out));
	ck_assert_ptr_null(out.reason);
	ck_assert_uint_eq(out.part_count, 2);
	ck_assert_str_eq(out.parts[0].product_id, TEA);
	ck_assert_int_eq(out.parts[0].quantity, 3);
	ck_assert_str_eq(out.parts[1].product_id, POT);
	ck_assert_int_eq(out.parts[1].quantity, 10);
	json_decref(body);
}
END_TEST

START_TEST(a_return_has_mistakes)
{
	static const char *const table[][2] = {
		{"3", " wrong-type"},
		{"{}", "lines required"},
		{"{\"lines\":null}", "lines required"},
		{"{\"lines\":{}}", "lines wrong-type"},
		{"{\"lines\":[]}", "lines too-short"},
		{"{\"lines\":[1]}", "lines[0] wrong-type"},
		{"{\"lines\":[{}]}", "lines[0].product_id required, lines[0].quantity required"},
		{"{\"lines\":[" LINE("x", "0") "]}",
		 "lines[0].product_id invalid-id, lines[0].quantity zero"},
		{"{\"lines\":[" LINE(TEA, "10000") "]}", "lines[0].quantity too-large"},
		{"{\"lines\":[" LINE(TEA, "1") "," LINE(TEA, "1") "]}",
		 "lines[1].product_id duplicate"},
		{"{\"lines\":[" LINE(TEA, "1") "],\"x\":1}", "x unknown-field"},
	};
	struct return_body out = {.part_count = 9};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *body = tree_of(table[i][0]);

		ck_assert(!order_ending_body_read_return(body, &validation, &out));
		ck_assert_str_eq(mistakes(), table[i][1]);
		json_decref(body);
	}
	ck_assert_uint_eq(out.part_count, 9);
}
END_TEST

START_TEST(a_return_has_at_most_40_lines)
{
	json_t *body = tree_of("{\"lines\":[]}");
	json_t *lines = json_object_get(body, "lines");
	char text[128];
	struct return_body out;

	for (int i = 0; i < ORDER_PART_LINES_MAX; i++) {
		snprintf(text, sizeof(text), LINE("00000000-0000-4000-8000-0000000000%02d", "1"),
			 i);
		json_array_append_new(lines, tree_of(text));
	}
	ck_assert(order_ending_body_read_return(body, &validation, &out));
	ck_assert_uint_eq(out.part_count, 40);
	json_array_append_new(lines, tree_of(LINE(TEA, "1")));
	ck_assert(!order_ending_body_read_return(body, &validation, &out));
	ck_assert_str_eq(mistakes(), "lines too-many");
	json_decref(body);
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct validation its;
	json_t *body = tree_of(context);
	struct return_body out;

	validation_init(&its, &own);
	if (body && order_ending_body_read_return(body, &its, &out))
		ck_assert_uint_eq(out.part_count, 1);
	else
		ck_assert(!validation_passes(&its) || alloc_has_failed());
	json_decref(body);
	arena_clear(&own);
}

START_TEST(short_memory_is_no_return)
{
	static char good[] = "{\"lines\":[" LINE(TEA, "1") "]}";
	static char bad[] = "{\"lines\":[" LINE(TEA, "1") "," LINE(TEA, "0") "]}";

	alloc_fail_each(read_once, good);
	alloc_fail_each(read_once, bad);
}
END_TEST

Suite *order_ending_body_suite(void)
{
	Suite *suite = suite_create("order_ending_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_cancellation_may_have_a_reason);
	tcase_add_test(tests, a_return_has_lines);
	tcase_add_test(tests, a_return_has_mistakes);
	tcase_add_test(tests, a_return_has_at_most_40_lines);
	tcase_add_test(tests, short_memory_is_no_return);
	suite_add_tcase(suite, tests);
	return suite;
}
