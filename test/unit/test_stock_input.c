#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/stock_input.h"
#include "trees.h"

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

static bool read_adjustment(const char *text, struct stock_adjustment *out)
{
	json_t *body = tree_of(text);
	bool is_read = stock_input_adjustment(body, out, &validation);

	json_decref(body);
	return is_read;
}

static bool read_count(const char *text, struct stock_count *out)
{
	json_t *body = tree_of(text);
	bool is_read = stock_input_count(body, out, &validation);

	json_decref(body);
	return is_read;
}

START_TEST(an_adjustment_is_taken)
{
	json_t *body = tree_of("{\"delta\":-5,\"reason\":\"sold\",\"reference\":\"#1\"}");
	struct stock_adjustment adjustment;

	ck_assert(stock_input_adjustment(body, &adjustment, &validation));
	ck_assert_int_eq(adjustment.delta, -5);
	ck_assert_str_eq(adjustment.reason, "sold");
	ck_assert_str_eq(adjustment.reference, "#1");
	json_decref(body);
	ck_assert(read_adjustment("{\"delta\":1e3,\"reason\":\"r\",\"reference\":null}",
				  &adjustment));
	ck_assert_int_eq(adjustment.delta, 1000);
	ck_assert_ptr_null(adjustment.reference);
}
END_TEST

START_TEST(an_adjustment_has_mistakes)
{
	static const char *const table[][2] = {
		{"[]", " wrong-type"},
		{"{}", "delta required, reason required"},
		{"{\"delta\":0,\"reason\":\"r\"}", "delta zero"},
		{"{\"delta\":-0.0,\"reason\":\"r\"}", "delta zero"},
		{"{\"delta\":0.5,\"reason\":\"r\"}", "delta not-an-integer"},
		{"{\"delta\":\"1\",\"reason\":\"r\"}", "delta wrong-type"},
		{"{\"delta\":null,\"reason\":\"r\"}", "delta required"},
		{"{\"delta\":1000000000,\"reason\":\"r\"}", "delta too-large"},
		{"{\"delta\":-1000000000,\"reason\":\"r\"}", "delta too-large"},
		{"{\"delta\":1,\"reason\":\" \"}", "reason too-short"},
		{"{\"delta\":1,\"reason\":\"a\\nb\"}", "reason invalid-text"},
		{"{\"delta\":1,\"reason\":\"r\",\"reference\":\"\"}", "reference too-short"},
		{"{\"delta\":1,\"reason\":\"r\",\"refrence\":\"x\"}", "refrence unknown-field"},
		{"{\"delta\":1,\"reason\":\"r\",\"on_hand\":1}", "on_hand unknown-field"},
	};
	struct stock_adjustment adjustment = {.delta = 9};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert(!read_adjustment(table[i][0], &adjustment));
		ck_assert_str_eq(mistakes(), table[i][1]);
	}
	ck_assert_int_eq(adjustment.delta, 9);
}
END_TEST

START_TEST(reason_and_reference_have_lengths)
{
	char body[512];
	struct stock_adjustment adjustment;

	snprintf(body, sizeof(body), "{\"delta\":1,\"reason\":\"%0100d\",\"reference\":\"%0200d\"}",
		 1, 1);
	ck_assert(read_adjustment(body, &adjustment));
	snprintf(body, sizeof(body), "{\"delta\":1,\"reason\":\"%0101d\",\"reference\":\"%0201d\"}",
		 1, 1);
	ck_assert(!read_adjustment(body, &adjustment));
	ck_assert_str_eq(mistakes(), "reason too-long, reference too-long");
}
END_TEST

START_TEST(a_count_is_taken)
{
	struct stock_count count;

	ck_assert(read_count("{\"on_hand\":5,\"change_from\":0,\"low_stock_at\":2}", &count));
	ck_assert(count.has_on_hand && count.has_change_from);
	ck_assert(count.sets_low_mark && count.has_low_mark);
	ck_assert_int_eq(count.on_hand, 5);
	ck_assert_int_eq(count.change_from, 0);
	ck_assert_int_eq(count.low_stock_at, 2);
	ck_assert(read_count("{\"on_hand\":0}", &count));
	ck_assert(count.has_on_hand && !count.has_change_from && !count.sets_low_mark);
	ck_assert(read_count("{\"low_stock_at\":null}", &count));
	ck_assert(!count.has_on_hand && count.sets_low_mark && !count.has_low_mark);
}
END_TEST

START_TEST(a_count_has_mistakes)
{
	static const char *const table[][2] = {
		{"3", " wrong-type"},
		{"{}", "on_hand required"},
		{"{\"change_from\":1}", "on_hand required"},
		{"{\"change_from\":1,\"low_stock_at\":1}", "on_hand required"},
		{"{\"on_hand\":null}", "on_hand required"},
		{"{\"on_hand\":1,\"change_from\":null}", "change_from required"},
		{"{\"on_hand\":-1}", "on_hand negative"},
		{"{\"on_hand\":1.5}", "on_hand not-an-integer"},
		{"{\"on_hand\":1000000000}", "on_hand too-large"},
		{"{\"low_stock_at\":-1}", "low_stock_at negative"},
		{"{\"low_stock_at\":{}}", "low_stock_at wrong-type"},
		{"{\"on_hand\":1,\"available\":1}", "available read-only"},
	};
	struct stock_count count = {.on_hand = 9};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert(!read_count(table[i][0], &count));
		ck_assert_str_eq(mistakes(), table[i][1]);
	}
	ck_assert_int_eq(count.on_hand, 9);
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct validation its;
	json_t *body = tree_of("{\"on_hand\":-1,\"x\":1}");
	struct stock_count count;

	(void)context;
	validation_init(&its, &own);
	if (body) {
		ck_assert(!stock_input_count(body, &count, &its));
		ck_assert(its.count == 2 || alloc_has_failed());
	}
	json_decref(body);
	arena_clear(&own);
}

START_TEST(short_memory_is_no_input)
{
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *stock_input_suite(void)
{
	Suite *suite = suite_create("stock_input");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_adjustment_is_taken);
	tcase_add_test(tests, an_adjustment_has_mistakes);
	tcase_add_test(tests, reason_and_reference_have_lengths);
	tcase_add_test(tests, a_count_is_taken);
	tcase_add_test(tests, a_count_has_mistakes);
	tcase_add_test(tests, short_memory_is_no_input);
	suite_add_tcase(suite, tests);
	return suite;
}
