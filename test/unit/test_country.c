#include <check.h>

#include "domain/country.h"

START_TEST(there_are_249_countries)
{
	size_t count = 0;
	char code[3] = "";

	for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
		for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
			count += country_exists(span_of(code));
	ck_assert_uint_eq(count, 249);
}
END_TEST

START_TEST(codes_are_two_capital_letters_that_are_assigned)
{
	static const struct {
		const char *code;
		bool exists;
	} table[] = {
		{"DE", true},  {"AT", true},  {"US", true},   {"GB", true},        {"XK", false},
		{"UK", false}, {"EU", false}, {"AN", false},  {"SU", false},       {"ZZ", false},
		{"de", false}, {"D", false},  {"DEU", false}, {"", false},         {"D1", false},
		{"1D", false}, {"D ", false}, {"[A", false},  {"\xc3\x84", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(country_exists(span_of(table[i].code)) == table[i].exists, "%s",
			      table[i].code);
	ck_assert(!country_exists((struct span){"D\0", 2}));
}
END_TEST

Suite *country_suite(void)
{
	Suite *suite = suite_create("country");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, there_are_249_countries);
	tcase_add_test(tests, codes_are_two_capital_letters_that_are_assigned);
	suite_add_tcase(suite, tests);
	return suite;
}
