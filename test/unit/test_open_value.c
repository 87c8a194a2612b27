#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/open_value.h"
#include "trees.h"

static struct arena arena;
static struct validation validation;

static void tear_down(void)
{
	arena_clear(&arena);
}

static void check(const char *name, const char *value)
{
	json_t *tree = tree_of(value);

	validation_init(&validation, &arena);
	open_value_check(name, tree, &validation);
	json_decref(tree);
}

START_TEST(whatever_can_be_kept_is_fine)
{
	static const char *const table[] = {
		"null",
		"true",
		"\"\"",
		"\"\\u0001\\n\"",
		"[]",
		"{}",
		"[[[{\"a\":[null]}]]]",
		"12345678901234567890123456789012345678",
		"-1e-130",
		"9e125",
		"0e999",
		"{\"with space\":1,\"with.dot\":2,\"\xc3\xa9\":3}",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		check("x", table[i]);
		ck_assert_msg(validation_passes(&validation), "%s", table[i]);
	}
}
END_TEST

START_TEST(a_mistake_is_told_with_its_place)
{
	static const struct {
		const char *name, *value, *field;
		enum mistake_code code;
	} table[] = {
		{"x", "1e126", "x", MISTAKE_OUT_OF_RANGE},
		{"x", "1e-131", "x", MISTAKE_OUT_OF_RANGE},
		{"x", "123456789012345678901234567890123456789", "x", MISTAKE_TOO_PRECISE},
		{"x", "[1,[2,1e999]]", "x[1][1]", MISTAKE_OUT_OF_RANGE},
		{"x", "{\"a\":{\"b\":[{\"c\":1e999}]}}", "x.a.b[0].c", MISTAKE_OUT_OF_RANGE},
		{"", "1", "", MISTAKE_TOO_SHORT},
		{"x", "{\"\":1}", "x.", MISTAKE_TOO_SHORT},
		{"a\tb", "1", "a\tb", MISTAKE_INVALID_TEXT},
		{"x", "{\"\\u007f\":1}", "x.\x7f", MISTAKE_INVALID_TEXT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		check(table[i].name, table[i].value);
		ck_assert_uint_eq(validation.count, 1);
		ck_assert_str_eq(validation.first->field, table[i].field);
		ck_assert_int_eq(validation.first->code, table[i].code);
	}
}
END_TEST

START_TEST(a_name_has_at_most_255_characters)
{
	char name[2 * OPEN_NAME_MAX + 3] = "";

	for (int i = 0; i < OPEN_NAME_MAX; i++)
		strcat(name, "\xc3\xa9");
	check(name, "1");
	ck_assert(validation_passes(&validation));
	strcat(name, "x");
	check(name, "1");
	ck_assert_int_eq(validation.first->code, MISTAKE_TOO_LONG);
}
END_TEST

START_TEST(all_mistakes_of_one_value_are_told)
{
	check("x", "[1e999,{\"\":1e999},1]");
	ck_assert_uint_eq(validation.count, 3);
}
END_TEST

START_TEST(sizes_are_those_of_dynamodb_or_a_little_more)
{
	static const struct {
		const char *value;
		size_t size;
	} table[] = {
		{"null", 1},
		{"true", 1},
		{"\"\"", 0},
		{"\"\xc3\xa9\"", 2},
		{"1", 3},
		{"-12345678901234567890123456789012345678", 21},
		{"[]", 3},
		{"{}", 3},
		{"[null]", 5},
		{"{\"ab\":true}", 3 + 1 + 2 + 1},
		{"[[],\"abc\"]", 3 + 4 + 4},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *tree = tree_of(table[i].value);

		ck_assert_uint_eq(open_value_size(tree), table[i].size);
		json_decref(tree);
	}
}
END_TEST

static void check_once(void *context)
{
	struct arena own = {0};
	struct validation list;
	json_t *tree = tree_of("{\"a\":[1e999]}");

	(void)context;
	validation_init(&list, &own);
	if (tree)
		open_value_check("x", tree, &list);
	ck_assert(!validation_passes(&list) || alloc_has_failed());
	json_decref(tree);
	arena_clear(&own);
}

START_TEST(a_mistake_is_never_lost_for_want_of_memory)
{
	alloc_fail_each(check_once, NULL);
}
END_TEST

Suite *open_value_suite(void)
{
	Suite *suite = suite_create("open_value");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, whatever_can_be_kept_is_fine);
	tcase_add_test(tests, a_mistake_is_told_with_its_place);
	tcase_add_test(tests, a_name_has_at_most_255_characters);
	tcase_add_test(tests, all_mistakes_of_one_value_are_told);
	tcase_add_test(tests, sizes_are_those_of_dynamodb_or_a_little_more);
	tcase_add_test(tests, a_mistake_is_never_lost_for_want_of_memory);
	suite_add_tcase(suite, tests);
	return suite;
}
