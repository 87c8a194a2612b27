#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/text.h"
#include "domain/field.h"
#include "trees.h"

static const char *const colours[] = {"red", "green", NULL};
static const char *const many[] = {
	"a-rather-long-value-1", "a-rather-long-value-2", "a-rather-long-value-3",
	"a-rather-long-value-4", "a-rather-long-value-5", "a-rather-long-value-6",
	"a-rather-long-value-7", "a-rather-long-value-8", NULL,
};

static const struct field line = {"line", .check = field_check_line, .min = 1, .max = 5};
static const struct field free_line = {"free", .check = field_check_line, .max = 5};
static const struct field text = {"text", .check = field_check_text, .max = 8};
static const struct field lines = {"lines", .check = field_check_lines, .max = 3};
static const struct field url = {"url", .check = field_check_url, .max = 40};
static const struct field amount = {"amount", .check = field_check_amount};
static const struct field count = {"count", .check = field_check_integer, .largest = "9999"};
static const struct field quantity = {"quantity", .check = field_check_integer, .smallest = "1",
				      .largest = "9999"};
static const struct field delta = {"delta", .check = field_check_integer, .smallest = "-999",
				   .largest = "999"};
static const struct field currency = {"currency", .check = field_check_currency};
static const struct field flag = {"flag", .check = field_check_boolean};
static const struct field colour = {"colour", .check = field_check_choice, .choices = colours};
static const struct field choice = {"choice", .check = field_check_choice, .choices = many};
static const struct field id = {"id", .check = field_check_id};

static struct arena arena;
static struct validation validation;

static void tear_down(void)
{
	arena_clear(&arena);
}

/* The first mistake's code; "" when there is none. */
static const char *judge(const struct field *field, const char *value)
{
	json_t *tree = tree_of(value);

	validation_init(&validation, &arena);
	field->check(field, field->name, tree, &validation);
	json_decref(tree);
	return validation.first ? mistake_code_name(validation.first->code) : "";
}

static const struct {
	const struct field *field;
	const char *value;
	const char *code;
} values[] = {
	{&line, "\"a\"", ""},
	{&line, "\"12345\"", ""},
	{&line, "\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"", ""},
	{&line, "\"123456\"", "too-long"},
	{&line, "\"\"", "too-short"},
	{&line, "\" \\u00a0\\u200b\"", "too-short"},
	{&line, "\"a\\nb\"", "invalid-text"},
	{&line, "\"a\\u007fb\"", "invalid-text"},
	{&line, "\"\\u0085\"", "invalid-text"},
	{&line, "1", "wrong-type"},
	{&line, "{}", "wrong-type"},
	{&line, "[\"a\"]", "wrong-type"},
	{&line, "true", "wrong-type"},
	{&free_line, "\"\"", ""},
	{&free_line, "\"  \"", ""},

	{&text, "\"\"", ""},
	{&text, "\"a\\n\\tb\\r\"", ""},
	{&text, "\"\\n\\n\\n\"", ""},
	{&text, "\"a\\n\\u0001\"", "invalid-text"},
	{&text, "\"\\u0001\\n\"", "invalid-text"},
	{&text, "\"\\n\\u009f\"", "invalid-text"},
	{&text, "\"123456789\"", "too-long"},
	{&text, "[]", "wrong-type"},

	{&lines, "[]", ""},
	{&lines, "[\"a\",\"b\",\"c\"]", ""},
	{&lines, "[\"a\",\"b\",\"c\",\"d\"]", "too-many"},
	{&lines, "[\"a\",\"\"]", "too-short"},
	{&lines, "[null]", "wrong-type"},
	{&lines, "[\"a\\nb\"]", "invalid-text"},
	{&lines, "[\"123456789 123456789 123456789 123456789 1234567890\"]", ""},
	{&lines, "[\"123456789 123456789 123456789 123456789 12345678901\"]", "too-long"},
	{&lines, "\"a\"", "wrong-type"},
	{&lines, "{}", "wrong-type"},

	{&url, "\"http://a\"", ""},
	{&url, "\"HTTPS://shop.example/a%20b?c=d#e\"", ""},
	{&url, "\"http://\"", "invalid-url"},
	{&url, "\"https://\"", "invalid-url"},
	{&url, "\"https:///a\"", "invalid-url"},
	{&url, "\"https://?a\"", "invalid-url"},
	{&url, "\"https://:80\"", "invalid-url"},
	{&url, "\"https://@a\"", "invalid-url"},
	{&url, "\"ftp://a\"", "invalid-url"},
	{&url, "\"javascript:alert(1)\"", "invalid-url"},
	{&url, "\"https://a b\"", "invalid-url"},
	{&url, "\"https://a\\n\"", "invalid-url"},
	{&url, "\"https://a/<b>\"", "invalid-url"},
	{&url, "\"https://m\xc3\xbcnchen\"", "invalid-url"},
	{&url, "\"\"", "invalid-url"},
	{&url, "\"https://shop.example/123456789012345678901\"", "too-long"},
	{&url, "1", "wrong-type"},

	{&amount, "0", ""},
	{&amount, "-0", ""},
	{&amount, "19.99", ""},
	{&amount, "1e100", ""},
	{&amount, "-0.01", "negative"},
	{&amount, "1e200", "out-of-range"},
	{&amount, "1.00000000000000000000000000000000000001", "too-precise"},
	{&amount, "\"1\"", "wrong-type"},

	{&count, "0", ""},
	{&count, "-0.0", ""},
	{&count, "9999", ""},
	{&count, "1e3", ""},
	{&count, "10000", "too-large"},
	{&count, "1e100", "too-large"},
	{&count, "123e43", "too-large"},
	{&count, "-1", "negative"},
	{&count, "-1.5", "negative"},
	{&count, "1.5", "not-an-integer"},
	{&count, "1e-3", "not-an-integer"},
	{&count, "1e-100", "not-an-integer"},
	{&count, "\"1\"", "wrong-type"},
	{&quantity, "1", ""},
	{&quantity, "0", "zero"},
	{&quantity, "-1", "negative"},
	{&quantity, "10000", "too-large"},
	{&delta, "-999", ""},
	{&delta, "0", ""},
	{&delta, "999", ""},
	{&delta, "-1000", "too-large"},
	{&delta, "-1e50", "too-large"},
	{&delta, "1000", "too-large"},
	{&delta, "-0.5", "not-an-integer"},

	{&currency, "\"EUR\"", ""},
	{&currency, "\"eur\"", "unknown-currency"},
	{&currency, "\"\"", "unknown-currency"},
	{&currency, "978", "wrong-type"},

	{&flag, "true", ""},
	{&flag, "false", ""},
	{&flag, "\"true\"", "wrong-type"},
	{&flag, "1", "wrong-type"},

	{&colour, "\"red\"", ""},
	{&colour, "\"green\"", ""},
	{&colour, "\"Red\"", "not-one-of"},
	{&colour, "\"\"", "not-one-of"},
	{&colour, "\"re\"", "not-one-of"},
	{&colour, "1", "wrong-type"},

	{&id, "\"00000000-0000-4000-8000-00000000000a\"", ""},
	{&id, "\"00000000-0000-4000-8000-00000000000A\"", "invalid-id"},
	{&id, "\"00000000-0000-4000-8000-00000000000\"", "invalid-id"},
	{&id, "\"\"", "invalid-id"},
	{&id, "1", "wrong-type"},
};

START_TEST(each_kind_of_field_knows_what_it_may_hold)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *code = judge(values[i].field, values[i].value);

		ck_assert_msg(strcmp(code, values[i].code) == 0, "%s: %s, expected %s",
			      values[i].value, code, values[i].code);
		ck_assert_uint_eq(validation.count, values[i].code[0] ? 1 : 0);
	}
}
END_TEST

START_TEST(mistakes_are_told_where_they_are)
{
	judge(&line, "1");
	ck_assert_str_eq(validation.first->field, "line");
	judge(&lines, "[\"a\",1,\"\"]");
	ck_assert_str_eq(validation.first->field, "lines[1]");
	ck_assert_str_eq(validation.first->next->field, "lines[2]");
}
END_TEST

START_TEST(a_place_that_is_too_long_is_cut_between_characters)
{
	char path[VALIDATION_FIELD_MAX + 50];
	struct span field;
	json_t *value = tree_of("[1]");

	for (size_t lead = 0; lead < 4; lead++) {
		memset(path, 'a', lead);
		for (size_t at = lead; at < sizeof(path); at += 2)
			memcpy(path + at, "\xc3\xa4", at + 2 <= sizeof(path) ? 2 : 1);
		path[VALIDATION_FIELD_MAX + 20 + lead % 2] = '\0';
		validation_init(&validation, &arena);
		field_check_lines(&lines, path, value, &validation);
		field = span_of(validation.first->field);
		ck_assert_uint_le(field.len, VALIDATION_FIELD_MAX);
		ck_assert(text_is_utf8(field));
	}
	json_decref(value);
}
END_TEST

START_TEST(details_say_what_is_possible)
{
	judge(&colour, "\"blue\"");
	ck_assert_str_eq(validation.first->detail, "It must be one of: red, green.");
	judge(&quantity, "0");
	ck_assert_str_eq(validation.first->detail, "It is at least 1.");
	judge(&count, "1e9");
	ck_assert_str_eq(validation.first->detail, "It is at most 9999.");
	judge(&delta, "-1000");
	ck_assert_str_eq(validation.first->detail, "It is at least -999.");
}
END_TEST

START_TEST(choices_that_are_too_many_to_be_told_are_not_told_in_part)
{
	ck_assert_str_eq(judge(&choice, "\"blue\""), "not-one-of");
	ck_assert_str_eq(validation.first->detail, "It is none of the values that there are.");
	ck_assert_str_eq(judge(&choice, "\"a-rather-long-value-8\""), "");
}
END_TEST

START_TEST(a_field_is_found_by_its_whole_name)
{
	static const struct field table[] = {{"a", .min = 1}, {"ab", .min = 2}, {NULL, .min = 3}};

	ck_assert_ptr_eq(field_find(table, "ab"), &table[1]);
	ck_assert_ptr_null(field_find(table, ""));
	ck_assert_ptr_null(field_find(table, "abc"));
	ck_assert_ptr_null(field_find(table + 2, "a"));
}
END_TEST

START_TEST(an_integer_is_read_in_any_notation)
{
	static const struct {
		const char *value;
		int64_t number;
	} table[] = {{"0", 0}, {"12", 12}, {"1.20e1", 12}, {"-7", -7}, {"\"7\"", 0}, {"null", 0}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *value = tree_of(table[i].value);

		ck_assert_int_eq(field_integer(value), table[i].number);
		json_decref(value);
	}
	ck_assert_int_eq(field_integer(NULL), 0);
}
END_TEST

static void check_once(void *context)
{
	const struct field *field = context;
	json_t *value = tree_of("\"x\"");

	if (!value)
		return;
	validation_init(&validation, &arena);
	field->check(field, field->name, value, &validation);
	ck_assert(!validation_passes(&validation));
	ck_assert(validation.has_failed || validation.first);
	json_decref(value);
	arena_clear(&arena);
}

START_TEST(short_memory_is_no_reason_to_pass)
{
	struct field some = colour;

	alloc_fail_each(check_once, &some);
	some = lines;
	alloc_fail_each(check_once, &some);
}
END_TEST

Suite *field_suite(void)
{
	Suite *suite = suite_create("field");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, each_kind_of_field_knows_what_it_may_hold);
	tcase_add_test(tests, mistakes_are_told_where_they_are);
	tcase_add_test(tests, a_place_that_is_too_long_is_cut_between_characters);
	tcase_add_test(tests, details_say_what_is_possible);
	tcase_add_test(tests, choices_that_are_too_many_to_be_told_are_not_told_in_part);
	tcase_add_test(tests, a_field_is_found_by_its_whole_name);
	tcase_add_test(tests, an_integer_is_read_in_any_notation);
	tcase_add_test(tests, short_memory_is_no_reason_to_pass);
	suite_add_tcase(suite, tests);
	return suite;
}
