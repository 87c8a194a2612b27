#include <check.h>
#include <string.h>

#include "base/buf.h"
#include "base/decimal.h"

#define DIGITS_38 "12345678901234567890123456789012345678"

static const struct {
	const char *in;
	const char *out;
} forms[] = {
	{"0", "0"},
	{"-0", "0"},
	{"0.0", "0"},
	{"-0.000", "0"},
	{"0e5", "0"},
	{"0E-999999999999999999999", "0"},
	{"0.0e+999999999999999999999", "0"},
	{"1", "1"},
	{"-1", "-1"},
	{"10", "10"},
	{"100", "100"},
	{"1999", "1999"},
	{"19.99", "19.99"},
	{"-19.99", "-19.99"},
	{"0.1", "0.1"},
	{"1.50", "1.5"},
	{"1.00", "1"},
	{"100.00", "100"},
	{"10.01", "10.01"},
	{"0.001", "0.001"},
	{"0.0010", "0.001"},
	{"1e0", "1"},
	{"1e2", "100"},
	{"1E+2", "100"},
	{"1.5e1", "15"},
	{"1.5e2", "150"},
	{"1.23e1", "12.3"},
	{"123e-2", "1.23"},
	{"123e-3", "0.123"},
	{"123e-5", "0.00123"},
	{"120e-1", "12"},
	{"1e-7", "0.0000001"},
	{"0.0000001", "0.0000001"},
	{"1e-00000000000000000000000000007", "0.0000001"},
	{"9007199254740993", "9007199254740993"},
	{"18446744073709551616", "18446744073709551616"},
	{DIGITS_38, DIGITS_38},
	{"-" DIGITS_38, "-" DIGITS_38},
	{DIGITS_38 "00", DIGITS_38 "00"},
	{DIGITS_38 "000", "1.2345678901234567890123456789012345678E+40"},
	{DIGITS_38 ".000", DIGITS_38},
	{DIGITS_38 "0e-1", DIGITS_38},
	{"0." DIGITS_38, "0." DIGITS_38},
	{"0.0" DIGITS_38, "0.0" DIGITS_38},
	{"0.00" DIGITS_38, "1.2345678901234567890123456789012345678E-3"},
	{"0.00000" DIGITS_38, "1.2345678901234567890123456789012345678E-6"},
	{"1234567890123456789.0123456789012345678", "1234567890123456789.0123456789012345678"},
	{"1e39", "1000000000000000000000000000000000000000"},
	{"1e40", "1E+40"},
	{"1e-39", "0.000000000000000000000000000000000000001"},
	{"1e-40", "1E-40"},
	{"12e-41", "1.2E-40"},
	{"1e100", "1E+100"},
	{"1.5e100", "1.5E+100"},
	{"-1.50e100", "-1.5E+100"},
	{"1E+125", "1E+125"},
	{"10E+124", "1E+125"},
	{"0.1E+126", "1E+125"},
	{"9.9999999999999999999999999999999999999E+125",
	 "9.9999999999999999999999999999999999999E+125"},
	{"-9.9999999999999999999999999999999999999E+125",
	 "-9.9999999999999999999999999999999999999E+125"},
	{"1E-130", "1E-130"},
	{"0.1E-129", "1E-130"},
	{"10E-131", "1E-130"},
	{"1.2345E-130", "1.2345E-130"},
};

START_TEST(each_number_has_one_canonical_form)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char out[DECIMAL_SIZE] = "";

		ck_assert_msg(decimal_normalize(span_of(forms[i].in), out) == DECIMAL_FINE, "%s",
			      forms[i].in);
		ck_assert_str_eq(out, forms[i].out);
	}
}
END_TEST

START_TEST(the_canonical_form_is_its_own)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char out[DECIMAL_SIZE] = "";

		ck_assert_int_eq(decimal_normalize(span_of(forms[i].out), out), DECIMAL_FINE);
		ck_assert_str_eq(out, forms[i].out);
	}
}
END_TEST

static const struct {
	const char *text;
	enum decimal_fault fault;
} faults[] = {
	{"", DECIMAL_NOT_A_NUMBER},
	{"-", DECIMAL_NOT_A_NUMBER},
	{"+1", DECIMAL_NOT_A_NUMBER},
	{" 1", DECIMAL_NOT_A_NUMBER},
	{"1 ", DECIMAL_NOT_A_NUMBER},
	{"01", DECIMAL_NOT_A_NUMBER},
	{"00", DECIMAL_NOT_A_NUMBER},
	{"-01", DECIMAL_NOT_A_NUMBER},
	{".5", DECIMAL_NOT_A_NUMBER},
	{"1.", DECIMAL_NOT_A_NUMBER},
	{"1.e5", DECIMAL_NOT_A_NUMBER},
	{"1e", DECIMAL_NOT_A_NUMBER},
	{"1e+", DECIMAL_NOT_A_NUMBER},
	{"1e5.0", DECIMAL_NOT_A_NUMBER},
	{"1.2.3", DECIMAL_NOT_A_NUMBER},
	{"--1", DECIMAL_NOT_A_NUMBER},
	{"0x10", DECIMAL_NOT_A_NUMBER},
	{"1,5", DECIMAL_NOT_A_NUMBER},
	{"NaN", DECIMAL_NOT_A_NUMBER},
	{"Infinity", DECIMAL_NOT_A_NUMBER},
	{"\"1\"", DECIMAL_NOT_A_NUMBER},
	{DIGITS_38 "9", DECIMAL_TOO_PRECISE},
	{DIGITS_38 ".1", DECIMAL_TOO_PRECISE},
	{"1." DIGITS_38, DECIMAL_TOO_PRECISE},
	{"1000000000000000000000000000000000000000001", DECIMAL_TOO_PRECISE},
	{"1E+126", DECIMAL_OUT_OF_RANGE},
	{"-1E+126", DECIMAL_OUT_OF_RANGE},
	{"10E+125", DECIMAL_OUT_OF_RANGE},
	{"1E-131", DECIMAL_OUT_OF_RANGE},
	{"0.1E-130", DECIMAL_OUT_OF_RANGE},
	{"9E-131", DECIMAL_OUT_OF_RANGE},
	{"1e999999999999999999999", DECIMAL_OUT_OF_RANGE},
	{"-1e-999999999999999999999", DECIMAL_OUT_OF_RANGE},
	{"1e9223372036854775807", DECIMAL_OUT_OF_RANGE},
	{"1e-9223372036854775808", DECIMAL_OUT_OF_RANGE},
	{"1e18446744073709551617", DECIMAL_OUT_OF_RANGE},
};

START_TEST(what_cannot_be_kept_is_told_by_its_kind)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char out[DECIMAL_SIZE] = "untouched";

		ck_assert_msg(decimal_normalize(span_of(faults[i].text), out) == faults[i].fault,
			      "%s", faults[i].text);
		ck_assert_str_eq(out, "untouched");
	}
	ck_assert_int_eq(decimal_normalize((struct span){0}, (char[DECIMAL_SIZE]){0}),
			 DECIMAL_NOT_A_NUMBER);
}
END_TEST

/* `before`, `count` times `c`, `behind`. */
static enum decimal_fault normalize_long(const char *before, char c, const char *behind, char *out)
{
	enum { COUNT = 400 };
	enum decimal_fault fault;
	struct buf text;

	buf_init(&text, 1000);
	buf_add_str(&text, before);
	for (int i = 0; i < COUNT; i++)
		buf_add_char(&text, c);
	buf_add_str(&text, behind);
	fault = decimal_normalize((struct span){text.data, text.len}, out);
	buf_clear(&text);
	return fault;
}

START_TEST(an_exponent_may_have_hundreds_of_digits)
{
	char out[DECIMAL_SIZE];

	ck_assert_int_eq(normalize_long("1e", '9', "", out), DECIMAL_OUT_OF_RANGE);
	ck_assert_int_eq(normalize_long("1e-", '9', "", out), DECIMAL_OUT_OF_RANGE);
	ck_assert_int_eq(normalize_long("1e", '0', "5", out), DECIMAL_FINE);
	ck_assert_str_eq(out, "100000");
}
END_TEST

START_TEST(zeros_and_an_exponent_may_cancel_each_other)
{
	char out[DECIMAL_SIZE];

	ck_assert_int_eq(normalize_long("0.", '0', "1e401", out), DECIMAL_FINE);
	ck_assert_str_eq(out, "1");
	ck_assert_int_eq(normalize_long("1", '0', "e-400", out), DECIMAL_FINE);
	ck_assert_str_eq(out, "1");
}
END_TEST

static const struct {
	const char *text;
	unsigned scale;
	bool fits;
	int64_t scaled;
} scaled[] = {
	{"19.99", 2, true, 1999},
	{"19.990", 2, true, 1999},
	{"-19.99", 2, true, -1999},
	{"19.9", 2, true, 1990},
	{"19", 2, true, 1900},
	{"0", 2, true, 0},
	{"-0.00", 2, true, 0},
	{"0.01", 2, true, 1},
	{"0.10", 2, true, 10},
	{"1e2", 0, true, 100},
	{"1e-2", 2, true, 1},
	{"1500", 0, true, 1500},
	{"0.001", 3, true, 1},
	{"9223372036854775807", 0, true, INT64_MAX},
	{"-9223372036854775808", 0, true, INT64_MIN},
	{"92233720368547758.07", 2, true, INT64_MAX},
	{"9.223372036854775807e18", 0, true, INT64_MAX},
	{"9223372036854775808", 0, false, 0},
	{"-9223372036854775809", 0, false, 0},
	{"92233720368547758.08", 2, false, 0},
	{"9999999999999999999", 0, false, 0},
	{"10000000000000000000", 0, false, 0},
	{"100000000000000000", 2, false, 0},
	{"19.999", 2, false, 0},
	{"0.001", 2, false, 0},
	{"19.9", 0, false, 0},
	{"1e-3", 2, false, 0},
	{"1e999999999999999999999", 2, false, 0},
	{"1e-999999999999999999999", 2, false, 0},
	{"abc", 2, false, 0},
	{"", 2, false, 0},
	{DIGITS_38 "9", 2, false, 0},
};

START_TEST(amounts_become_integers_or_are_refused)
{
	for (size_t i = 0; i < sizeof(scaled) / sizeof(scaled[0]); i++) {
		int64_t out = 77;
		bool fits = decimal_to_scaled(span_of(scaled[i].text), scaled[i].scale, &out);

		ck_assert_msg(fits == scaled[i].fits, "%s", scaled[i].text);
		ck_assert_int_eq(out, fits ? scaled[i].scaled : 77);
	}
}
END_TEST

/* In rising order. */
static const char *const rising[] = {
	"-1E+125", "-1E+40", "-100",   "-99.9", "-12",    "-1.5", "-1",    "-0.5",    "-0.001",
	"-1E-130", "0",      "1E-130", "0.001", "0.0011", "0.5",  "1",     "1.01",    "1.1",
	"1.5",     "2",      "10",     "11",    "99.9",   "100",  "1E+40", "1.1E+40", "1E+125",
};

START_TEST(canonical_numbers_compare_by_their_value)
{
	int count = (int)(sizeof(rising) / sizeof(rising[0]));

	for (int i = 0; i < count; i++) {
		for (int j = 0; j < count; j++) {
			int order = decimal_compare(rising[i], rising[j]);

			ck_assert_msg((order > 0) - (order < 0) == (i > j) - (i < j), "%s %s",
				      rising[i], rising[j]);
		}
	}
}
END_TEST

Suite *decimal_suite(void)
{
	Suite *all = suite_create("decimal");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, each_number_has_one_canonical_form);
	tcase_add_test(cases, the_canonical_form_is_its_own);
	tcase_add_test(cases, what_cannot_be_kept_is_told_by_its_kind);
	tcase_add_test(cases, an_exponent_may_have_hundreds_of_digits);
	tcase_add_test(cases, zeros_and_an_exponent_may_cancel_each_other);
	tcase_add_test(cases, amounts_become_integers_or_are_refused);
	tcase_add_test(cases, canonical_numbers_compare_by_their_value);
	suite_add_tcase(all, cases);
	return all;
}
