#include <check.h>

#include "http/scope.h"

START_TEST(each_scope_is_found_by_its_name)
{
	enum scope scope;

	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		ck_assert_ptr_nonnull(scope_names[i]);
		ck_assert(scope_find(span_of(scope_names[i]), &scope));
		ck_assert_uint_eq(scope, i);
	}
	ck_assert_ptr_null(scope_names[SCOPE_COUNT]);
	ck_assert(!scope_find(span_of("product:"), &scope));
	ck_assert(!scope_find(span_of(""), &scope));
}
END_TEST

START_TEST(admin_is_all_of_them_and_no_other_is)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		ck_assert(scope_is_in(scope_bit(SCOPE_ADMIN), (enum scope)i));
		ck_assert(!scope_is_in(0, (enum scope)i));
		ck_assert_int_eq(scope_is_in(scope_bit(SCOPE_STOCK_WRITE), (enum scope)i),
				 i == SCOPE_STOCK_WRITE);
	}
}
END_TEST

Suite *scope_suite(void)
{
	Suite *suite = suite_create("scope");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, each_scope_is_found_by_its_name);
	tcase_add_test(tests, admin_is_all_of_them_and_no_other_is);
	suite_add_tcase(suite, tests);
	return suite;
}
