#include <check.h>
#include <string.h>

#include "base/result.h"

START_TEST(answers_are_no_failures)
{
	for (enum result r = RESULT_OK; r <= RESULT_TOO_LARGE; r++)
		ck_assert_msg(!result_is_failure(r), "%s", result_name(r));
}
END_TEST

START_TEST(failures_are)
{
	for (enum result r = RESULT_THROTTLED; r <= RESULT_REPEATED; r++)
		ck_assert_msg(result_is_failure(r), "%s", result_name(r));
}
END_TEST

START_TEST(each_value_has_its_own_name_in_snake_case)
{
	for (enum result r = RESULT_OK; r <= RESULT_REPEATED; r++) {
		ck_assert_ptr_nonnull(result_name(r));
		ck_assert_uint_eq(strspn(result_name(r), "abcdefghijklmnopqrstuvwxyz_"),
				  strlen(result_name(r)));
		for (enum result other = RESULT_OK; other < r; other++)
			ck_assert_str_ne(result_name(r), result_name(other));
	}
}
END_TEST

Suite *result_suite(void)
{
	Suite *all = suite_create("result");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, answers_are_no_failures);
	tcase_add_test(cases, failures_are);
	tcase_add_test(cases, each_value_has_its_own_name_in_snake_case);
	suite_add_tcase(all, cases);
	return all;
}
