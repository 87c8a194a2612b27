#include <check.h>

#include "alloc_fail.h"
#include "aws/provider_environment.h"
#include "providing.h"

START_TEST(keys_of_the_environment_are_there_at_once)
{
	providing_assert_look(&provider_environment, PROVIDER_UNSET,
			      "AWS_ACCESS_KEY_ID is not set");
	providing.config.access_key_id = "AKID";
	providing.config.secret_access_key = "secret";
	providing_assert_look(&provider_environment, PROVIDER_SET, "AWS_ACCESS_KEY_ID");
	providing_fetch(&provider_environment);
	providing_assert_key("AKID");
	ck_assert_ptr_null(providing.keys.token);
	ck_assert_int_eq(providing.keys.expires_ms, 0);
	ck_assert_uint_eq(providing.script.request_count, 0);
}
END_TEST

START_TEST(none_and_bad_ones_are_told)
{
	providing_fetch(&provider_environment);
	providing_assert_why("is not set");
	providing.config.access_key_id = "AK ID";
	providing.config.secret_access_key = "secret";
	providing_fetch(&provider_environment);
	providing_assert_why("characters that no key has");
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	providing.config.access_key_id = "AKID";
	providing.config.secret_access_key = "secret";
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_environment);
}
END_TEST

Suite *provider_environment_suite(void)
{
	Suite *all = suite_create("provider_environment");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, keys_of_the_environment_are_there_at_once);
	tcase_add_test(cases, none_and_bad_ones_are_told);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
