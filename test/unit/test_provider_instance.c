#include <check.h>

#include "alloc_fail.h"
#include "aws/provider_instance.h"
#include "providing.h"

START_TEST(the_metadata_service_is_asked)
{
	providing_assert_look(&provider_instance, PROVIDER_SET, "http://169.254.169.254");
	ck_assert(!provider_instance.needs_trust(&providing.config));
	SCRIPT_PLAY(&providing.script, PROVIDING_TEXT("TOKEN"), PROVIDING_TEXT("role"),
		    PROVIDING_JSON("ASIA1"), {.status = 503});
	providing_fetch(&provider_instance);
	providing_assert_key("ASIA1");
	providing_fetch(&provider_instance);
	providing_assert_why("answers 503");
}
END_TEST

START_TEST(unless_that_is_forbidden)
{
	providing.config.is_metadata_disabled = true;
	providing_assert_look(&provider_instance, PROVIDER_UNSET, "AWS_EC2_METADATA_DISABLED");
	providing_fetch(&provider_instance);
	providing_assert_why("AWS_EC2_METADATA_DISABLED is true");
	ck_assert_uint_eq(providing.script.request_count, 0);
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	SCRIPT_PLAY(&providing.script, PROVIDING_TEXT("TOKEN"), PROVIDING_TEXT("role"),
		    PROVIDING_JSON("ASIA1"));
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_instance);
}
END_TEST

Suite *provider_instance_suite(void)
{
	Suite *all = suite_create("provider_instance");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, the_metadata_service_is_asked);
	tcase_add_test(cases, unless_that_is_forbidden);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
