#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/validation.h"

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

static void ck_assert_written(const char *expected)
{
	struct buf out = {0};

	buf_init(&out, 64 * 1024);
	validation_write(&validation, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

START_TEST(without_mistakes_it_passes_and_takes_no_memory)
{
	ck_assert(validation_passes(&validation));
	ck_assert_uint_eq(arena.total, 0);
	ck_assert_written("\"errors\":[]");
}
END_TEST

START_TEST(mistakes_are_written_in_order)
{
	validation_add(&validation, "price", MISTAKE_NEGATIVE, "no %s", "way");
	validation_add(&validation, "a\"b", MISTAKE_TOO_MANY_DECIMALS, "x");
	ck_assert(!validation_passes(&validation));
	ck_assert_written(
		"\"errors\":["
		"{\"field\":\"price\",\"code\":\"negative\",\"detail\":\"no way\"},"
		"{\"field\":\"a\\\"b\",\"code\":\"too-many-decimals\",\"detail\":\"x\"}]");
}
END_TEST

START_TEST(beyond_the_bound_mistakes_are_only_counted)
{
	struct buf out = {0};

	for (int i = 0; i < VALIDATION_MAX + 7; i++)
		validation_add(&validation, "f", MISTAKE_REQUIRED, "d");
	buf_init(&out, 64 * 1024);
	validation_write(&validation, &out);
	ck_assert_str_eq(strstr(buf_text(&out), "],"), "],\"omitted\":7");
	buf_clear(&out);
}
END_TEST

START_TEST(a_long_field_is_cut_between_characters)
{
	char field[VALIDATION_FIELD_MAX + 10];

	memset(field, 'x', sizeof(field));
	memcpy(field + VALIDATION_FIELD_MAX - 1, "\xc3\xa9", 3);
	validation_add(&validation, field, MISTAKE_REQUIRED, "d");
	ck_assert_uint_eq(strlen(validation.first->field), VALIDATION_FIELD_MAX - 1);
}
END_TEST

START_TEST(each_code_has_a_name_of_its_own)
{
	for (int a = 0; a < MISTAKE_CODES; a++) {
		ck_assert_ptr_nonnull(mistake_code_name((enum mistake_code)a));
		ck_assert_ptr_nonnull(mistake_code_meaning((enum mistake_code)a));
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(mistake_code_name((enum mistake_code)a),
					 mistake_code_name((enum mistake_code)b));
	}
}
END_TEST

static void add_mistakes(void *context)
{
	struct arena own = {0};
	struct validation list;

	(void)context;
	validation_init(&list, &own);
	validation_add(&list, "a", MISTAKE_REQUIRED, "b");
	validation_add(&list, "c", MISTAKE_REQUIRED, "d");
	ck_assert(!validation_passes(&list));
	ck_assert_int_eq(list.has_failed, alloc_has_failed());
	arena_clear(&own);
}

START_TEST(a_list_that_memory_was_short_for_says_so)
{
	alloc_fail_each(add_mistakes, NULL);
}
END_TEST

Suite *validation_suite(void)
{
	Suite *suite = suite_create("validation");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, without_mistakes_it_passes_and_takes_no_memory);
	tcase_add_test(tests, mistakes_are_written_in_order);
	tcase_add_test(tests, beyond_the_bound_mistakes_are_only_counted);
	tcase_add_test(tests, a_long_field_is_cut_between_characters);
	tcase_add_test(tests, each_code_has_a_name_of_its_own);
	tcase_add_test(tests, a_list_that_memory_was_short_for_says_so);
	suite_add_tcase(suite, tests);
	return suite;
}
