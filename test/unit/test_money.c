#include <check.h>

#include "domain/money.h"

START_TEST(currencies_have_the_decimals_of_iso_4217)
{
	static const struct {
		const char *code;
		unsigned decimals;
	} table[] = {
		{"EUR", 2}, {"USD", 2}, {"AED", 2}, {"ZWG", 2}, {"XCG", 2}, {"CHF", 2}, {"MGA", 2},
		{"JPY", 0}, {"KRW", 0}, {"BIF", 0}, {"XPF", 0}, {"CLP", 0}, {"ISK", 0}, {"UYI", 0},
		{"BHD", 3}, {"KWD", 3}, {"TND", 3}, {"CLF", 4}, {"UYW", 4},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned decimals = 99;

		ck_assert(money_currency_decimals(span_of(table[i].code), &decimals));
		ck_assert_uint_eq(decimals, table[i].decimals);
	}
}
END_TEST

START_TEST(what_is_no_current_code_is_refused)
{
	static const char *const table[] = {
		"",    "E",   "EU",  "EURO", "eur", "Eur", "XXZ", "XXX", "XAU", "XDR",
		"HRK", "ANG", "   ", "UR ",  " EU", "R F", "978", "DM",  "ED ", "ZWL",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned decimals = 99;

		ck_assert_msg(!money_currency_decimals(span_of(table[i]), &decimals), "%s",
			      table[i]);
		ck_assert_uint_eq(decimals, 99);
	}
}
END_TEST

START_TEST(amounts_are_counted_in_the_smallest_unit)
{
	static const struct {
		const char *text;
		unsigned decimals;
		int64_t amount;
	} table[] = {
		{"0", 2, 0},
		{"-0", 2, 0},
		{"0.00", 0, 0},
		{"19.99", 2, 1999},
		{"0.1", 2, 10},
		{"1.50", 2, 150},
		{"15e-1", 2, 150},
		{"1.5E1", 2, 1500},
		{"900", 0, 900},
		{"900.0", 0, 900},
		{"9e2", 0, 900},
		{"1.234", 3, 1234},
		{"0.001", 3, 1},
		{"0.0001", 4, 1},
		{"92233720368547758.07", 2, INT64_MAX},
		{"9223372036854775807", 0, INT64_MAX},
		{"9223372036854775.807", 3, INT64_MAX},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t amount = -1;

		ck_assert_int_eq(money_parse(span_of(table[i].text), table[i].decimals, &amount),
				 MONEY_FINE);
		ck_assert_int_eq(amount, table[i].amount);
	}
}
END_TEST

START_TEST(what_is_no_amount_has_a_reason)
{
	static const struct {
		const char *text;
		unsigned decimals;
		enum money_fault fault;
	} table[] = {
		{"", 2, MONEY_NOT_A_NUMBER},
		{"x", 2, MONEY_NOT_A_NUMBER},
		{"1.", 2, MONEY_NOT_A_NUMBER},
		{"-0.01", 2, MONEY_NEGATIVE},
		{"-1", 0, MONEY_NEGATIVE},
		{"-1e100", 0, MONEY_NEGATIVE},
		{"19.999", 2, MONEY_TOO_MANY_DECIMALS},
		{"0.001", 2, MONEY_TOO_MANY_DECIMALS},
		{"900.5", 0, MONEY_TOO_MANY_DECIMALS},
		{"1.2345", 3, MONEY_TOO_MANY_DECIMALS},
		{"1e-7", 2, MONEY_TOO_MANY_DECIMALS},
		{"1e-100", 2, MONEY_TOO_MANY_DECIMALS},
		{"0.1234567890123456789012345678901234567891", 2, MONEY_TOO_MANY_DECIMALS},
		{"92233720368547758.08", 2, MONEY_TOO_LARGE},
		{"9223372036854775808", 0, MONEY_TOO_LARGE},
		{"1e30", 2, MONEY_TOO_LARGE},
		{"1e100", 2, MONEY_TOO_LARGE},
		{"1e999", 2, MONEY_TOO_LARGE},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t amount = -1;

		ck_assert_msg(money_parse(span_of(table[i].text), table[i].decimals, &amount) ==
				      table[i].fault,
			      "%s", table[i].text);
		ck_assert_int_eq(amount, -1);
	}
}
END_TEST

START_TEST(sums_are_written_in_canonical_form)
{
	static const struct {
		int64_t amount;
		int64_t count;
		unsigned decimals;
		const char *text;
	} table[] = {
		{0, 5, 2, "0"},
		{1, 0, 2, "0"},
		{1, 1, 2, "0.01"},
		{10, 1, 2, "0.1"},
		{1950, 1, 2, "19.5"},
		{1999, 1, 2, "19.99"},
		{2000, 1, 2, "20"},
		{750, 12, 2, "90"},
		{900, 1, 0, "900"},
		{1000, 3, 0, "3000"},
		{1234, 1, 3, "1.234"},
		{1, 1, 4, "0.0001"},
		{INT64_MAX, 1, 2, "92233720368547758.07"},
		{INT64_MAX, 9999, 2, "922244969965109032941.93"},
		{INT64_MAX, INT64_MAX, 0, "85070591730234615847396907784232501249"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[MONEY_SIZE];

		money_format(money_multiply(table[i].amount, table[i].count), table[i].decimals,
			     text);
		ck_assert_str_eq(text, table[i].text);
	}
}
END_TEST

START_TEST(the_sum_of_the_largest_cart_is_right)
{
	money_sum sum = 0;
	char text[MONEY_SIZE];

	for (int line = 0; line < 90; line++)
		sum += money_multiply(INT64_MAX, 9999);
	money_format(sum, 2, text);
	ck_assert_str_eq(text, "83002047296859812964773.7");
}
END_TEST

Suite *money_suite(void)
{
	Suite *suite = suite_create("money");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, currencies_have_the_decimals_of_iso_4217);
	tcase_add_test(tests, what_is_no_current_code_is_refused);
	tcase_add_test(tests, amounts_are_counted_in_the_smallest_unit);
	tcase_add_test(tests, what_is_no_amount_has_a_reason);
	tcase_add_test(tests, sums_are_written_in_canonical_form);
	tcase_add_test(tests, the_sum_of_the_largest_cart_is_right);
	suite_add_tcase(suite, tests);
	return suite;
}
