#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/payment_signature.h"

/* By Python's hmac, of "1440938160." and the body. */
#define RIGHT "92474c6eeefa8a7dd441af4735492cd35d3676e80ea0eb0cde6e51a41e33d8ec"
#define OTHERS "1032096bcf1298f4d4b9e3c53c09657804faae1461fdcfbc4687e4a520aa9a11"
#define OF_NOTHING "763a5e8608b649e1910cbeb84ae921a4eeac8e0e85bb95cd82c7189e5e43d8e1"
#define AT "t=1440938160"

enum { NOW = 1440938160 };

static struct digest *digest;

static void set_up(void)
{
	digest = digest_new();
}

static void tear_down(void)
{
	digest_free(digest);
}

static enum result check_at(const char *header, int64_t now_s)
{
	return payment_signature_check(digest, "secret", header, span_of("{\"a\":1}"), now_s);
}

START_TEST(a_right_signature_is_found_wherever_it_stands)
{
	static const char *const table[] = {
		AT ",v1=" RIGHT,
		"v1=" RIGHT "," AT,
		" " AT " , v1=" RIGHT " ",
		AT ",v0=x,v1=" OTHERS ",v1=" RIGHT ",v1=zz,v2",
		"," AT ",,v1=92474C6EEEFA8A7DD441AF4735492CD35D3676E80EA0EB0CDE6E51A41E33D8EC,",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(check_at(table[i], NOW) == RESULT_OK, "%s", table[i]);
	ck_assert_int_eq(payment_signature_check(digest, "secret", AT ",v1=" OF_NOTHING,
						 (struct span){"", 0}, NOW),
			 RESULT_OK);
}
END_TEST

START_TEST(anything_else_is_no_signature)
{
	static const char *const table[] = {
		NULL,
		"",
		",",
		"t",
		AT,
		"v1=" RIGHT,
		AT ",v1=" OTHERS,
		AT ",v1=" OF_NOTHING,
		AT ",v1=",
		AT ",v1=" RIGHT "0",
		AT ",v1= " RIGHT,
		AT ",v0=" RIGHT,
		AT ",v1x=" RIGHT,
		AT "," AT ",v1=" RIGHT,
		AT ",t=,v1=" RIGHT,
		"t=01440938160,v1=" RIGHT,
		"t=+1440938160,v1=" RIGHT,
		"t=1440938160.0,v1=" RIGHT,
		"t=1440938161,v1=" RIGHT,
		"t=9223372036854775807,v1=" RIGHT,
		"t=18446744073709551615,v1=" RIGHT,
		AT ";v1=" RIGHT,
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(check_at(table[i], NOW) == RESULT_INVALID, "%s", table[i]);
}
END_TEST

START_TEST(it_holds_for_five_minutes_before_and_after)
{
	ck_assert_int_eq(check_at(AT ",v1=" RIGHT, NOW + 300), RESULT_OK);
	ck_assert_int_eq(check_at(AT ",v1=" RIGHT, NOW + 301), RESULT_INVALID);
	ck_assert_int_eq(check_at(AT ",v1=" RIGHT, NOW - 300), RESULT_OK);
	ck_assert_int_eq(check_at(AT ",v1=" RIGHT, NOW - 301), RESULT_INVALID);
}
END_TEST

static void check_once(void *context)
{
	enum result result = check_at(context, NOW);

	ck_assert_int_eq(result, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
}

START_TEST(short_memory_is_told)
{
	static char header[] = AT ",v1=" RIGHT;

	alloc_fail_each(check_once, header);
}
END_TEST

Suite *payment_signature_suite(void)
{
	Suite *suite = suite_create("payment_signature");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_right_signature_is_found_wherever_it_stands);
	tcase_add_test(tests, anything_else_is_no_signature);
	tcase_add_test(tests, it_holds_for_five_minutes_before_and_after);
	tcase_add_test(tests, short_memory_is_told);
	suite_add_tcase(suite, tests);
	return suite;
}
