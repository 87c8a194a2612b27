#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "http/problem.h"

START_TEST(each_problem_is_complete_and_found_by_its_code)
{
	size_t count;
	const struct problem *table = problem_table(&count);

	ck_assert_uint_gt(count, 10);
	for (size_t i = 0; i < count; i++) {
		const char *code = table[i].code;

		ck_assert_ptr_eq(problem_find(code), &table[i]); /* so no code is there twice */
		ck_assert_uint_eq(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
		ck_assert_int_ge(table[i].status, 400);
		ck_assert_int_le(table[i].status, 599);
		ck_assert_str_ne(table[i].title, "");
		ck_assert_int_eq(table[i].detail[strlen(table[i].detail) - 1], '.');
	}
}
END_TEST

START_TEST(what_the_server_itself_answers_with_is_there)
{
	static const struct {
		const char *code;
		int status;
	} needed[] = {
		{"invalid-request", 400},
		{"invalid-path", 400},
		{"unknown-parameter", 400},
		{"invalid-parameter", 400},
		{"invalid-header", 400},
		{"invalid-json", 400},
		{"not-found", 404},
		{"method-not-allowed", 405},
		{"precondition-failed", 412},
		{"body-too-large", 413},
		{"unsupported-media-type", 415},
		{"precondition-required", 428},
		{"headers-too-large", 431},
		{"unavailable", 503},
		{"outcome-unknown", 503},
		{"shutting-down", 503},
		{"not-ready", 503},
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		ck_assert_int_eq(problem_find(needed[i].code)->status, needed[i].status);
}
END_TEST

START_TEST(a_code_that_is_not_there_is_our_own_mistake)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* assert's message */
	problem_find("no-such-code");
}
END_TEST

Suite *problem_suite(void)
{
	Suite *suite = suite_create("problem");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, each_problem_is_complete_and_found_by_its_code);
	tcase_add_test(tcase, what_the_server_itself_answers_with_is_there);
	tcase_add_test_raise_signal(tcase, a_code_that_is_not_there_is_our_own_mistake, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}
