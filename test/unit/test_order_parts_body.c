#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/order_parts_body.h"
#include "trees.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define LINE(id, quantity) "{\"product_id\":\"" id "\",\"quantity\":" quantity "}"

static const struct field field = {"lines", .check = order_parts_check, .max = 2};
static struct arena arena;
static struct validation validation;
static json_t *lines;

static void check(const char *text)
{
	json_decref(lines);
	lines = tree_of(text);
	validation_init(&validation, &arena);
	order_parts_check(&field, "lines", lines, &validation);
}

static void tear_down(void)
{
	json_decref(lines);
	lines = NULL;
	arena_clear(&arena);
}

START_TEST(lines_are_read_in_their_order)
{
	struct order_part parts[ORDER_PART_LINES_MAX];

	check("[" LINE(B, "9999") "," LINE(A, "1e1") "]");
	ck_assert(validation_passes(&validation));
	ck_assert_uint_eq(order_parts_read(lines, parts), 2);
	ck_assert_str_eq(parts[0].product_id, B);
	ck_assert_int_eq(parts[0].quantity, 9999);
	ck_assert_str_eq(parts[1].product_id, A);
	ck_assert_int_eq(parts[1].quantity, 10);
	ck_assert_uint_eq(order_parts_read(NULL, parts), 0);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
	static const struct {
		const char *text;
		const char *field;
		enum mistake_code code;
	} table[] = {
		{"{}", "lines", MISTAKE_WRONG_TYPE},
		{"[]", "lines", MISTAKE_TOO_SHORT},
		{"[1,2,3]", "lines", MISTAKE_TOO_MANY},
		{"[1]", "lines[0]", MISTAKE_WRONG_TYPE},
		{"[" LINE(A, "0") "]", "lines[0].quantity", MISTAKE_ZERO},
		{"[" LINE(A, "10000") "]", "lines[0].quantity", MISTAKE_TOO_LARGE},
		{"[" LINE(A, "1.5") "]", "lines[0].quantity", MISTAKE_NOT_AN_INTEGER},
		{"[" LINE("x", "1") "]", "lines[0].product_id", MISTAKE_INVALID_ID},
		{"[{\"quantity\":1}]", "lines[0].product_id", MISTAKE_REQUIRED},
		{"[" LINE(A, "1") "," LINE(A, "2") "]", "lines[1].product_id", MISTAKE_DUPLICATE},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		check(table[i].text);
		ck_assert_msg(validation.count == 1, "%s", table[i].text);
		ck_assert_str_eq(validation.first->field, table[i].field);
		ck_assert_int_eq(validation.first->code, table[i].code);
	}
}
END_TEST

static void check_once(void *context)
{
	(void)context;
	validation_init(&validation, &arena);
	order_parts_check(&field, "lines", lines, &validation);
	ck_assert_int_eq(validation.has_failed, alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(short_memory_is_no_mistake)
{
	check("[" LINE(A, "1") "," LINE(A, "2") "]");
	arena_clear(&arena);
	alloc_fail_each(check_once, NULL);
}
END_TEST

Suite *order_parts_body_suite(void)
{
	Suite *suite = suite_create("order_parts_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, lines_are_read_in_their_order);
	tcase_add_test(tests, what_is_wrong_is_told_with_its_place);
	tcase_add_test(tests, short_memory_is_no_mistake);
	suite_add_tcase(suite, tests);
	return suite;
}
