#include <check.h>

#include "domain/stock.h"

START_TEST(the_level_follows_what_is_there_and_the_mark)
{
	static const struct {
		struct stock_opening stock;
		const char *level;
	} table[] = {
		{{0, false, 0}, "out"}, {{1, false, 0}, "in"},        {{0, true, 0}, "out"},
		{{0, true, 5}, "out"},  {{1, true, 0}, "in"},         {{4, true, 5}, "low"},
		{{5, true, 5}, "low"},  {{6, true, 5}, "in"},         {{1, true, STOCK_MAX}, "low"},
		{{-1, true, 5}, "out"}, {{STOCK_MAX, true, 1}, "in"}, {{1, false, STOCK_MAX}, "in"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_str_eq(stock_level_name(stock_level_of(&table[i].stock)), table[i].level);
}
END_TEST

Suite *stock_suite(void)
{
	Suite *suite = suite_create("stock");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_level_follows_what_is_there_and_the_mark);
	suite_add_tcase(suite, tests);
	return suite;
}
