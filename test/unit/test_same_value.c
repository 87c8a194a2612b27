#include <check.h>

#include "domain/same_value.h"
#include "trees.h"

static bool same(const char *a, const char *b)
{
	json_t *first = tree_of(a);
	json_t *second = tree_of(b);
	bool is_same = same_value(first, second);

	ck_assert_int_eq(is_same, same_value(second, first));
	json_decref(first);
	json_decref(second);
	return is_same;
}

START_TEST(numbers_are_compared_by_value_and_objects_without_order)
{
	static const char *const table[][2] = {
		{"1", "1.0"},
		{"1.50", "15e-1"},
		{"-0", "0"},
		{"100", "1E2"},
		{"\"a\"", "\"a\""},
		{"null", "null"},
		{"true", "true"},
		{"[]", "[]"},
		{"{}", "{}"},
		{"[1,[2,\"x\"]]", "[1.0,[2,\"x\"]]"},
		{"{\"a\":1,\"b\":{\"c\":2,\"d\":[3]}}", "{\"b\":{\"d\":[3.0],\"c\":2},\"a\":1}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(same(table[i][0], table[i][1]), "%s", table[i][0]);
}
END_TEST

START_TEST(what_differs_differs)
{
	static const char *const table[][2] = {
		{"1", "2"},
		{"1", "\"1\""},
		{"\"a\"", "\"A\""},
		{"true", "false"},
		{"null", "false"},
		{"[1,2]", "[2,1]"},
		{"[1]", "[1,1]"},
		{"{}", "[]"},
		{"{\"a\":1}", "{\"b\":1}"},
		{"{\"a\":1}", "{}"},
		{"{\"a\":1}", "{\"a\":null}"},
		{"\"\"", "0"},
		{"0.1", "0.10000000000000001"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(!same(table[i][0], table[i][1]), "%s", table[i][0]);
}
END_TEST

Suite *same_value_suite(void)
{
	Suite *suite = suite_create("same_value");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, numbers_are_compared_by_value_and_objects_without_order);
	tcase_add_test(tests, what_differs_differs);
	suite_add_tcase(suite, tests);
	return suite;
}
