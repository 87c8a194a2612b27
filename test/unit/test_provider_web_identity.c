#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/provider_web_identity.h"
#include "providing.h"
#include "written.h"

START_TEST(the_token_is_read_again_each_time)
{
	providing.config.role_arn = "arn:a";
	providing_assert_look(&provider_web_identity, PROVIDER_UNSET, "TOKEN_FILE is not set");
	providing.config.web_identity_token_file = written("token", "first");
	providing_assert_look(&provider_web_identity, PROVIDER_SET, "role arn:a for the token in");
	SCRIPT_PLAY(&providing.script, PROVIDING_STS("AssumeRoleWithWebIdentity", "ASIA1"),
		    PROVIDING_STS("AssumeRoleWithWebIdentity", "ASIA2"));
	providing_fetch(&provider_web_identity);
	providing_assert_key("ASIA1");
	written("token", "second");
	providing_fetch(&provider_web_identity);
	providing_assert_key("ASIA2");
	ck_assert_ptr_nonnull(strstr(script_body(&providing.script, 0), "&WebIdentityToken=first"));
	ck_assert_ptr_nonnull(
		strstr(script_body(&providing.script, 1), "&WebIdentityToken=second"));
	ck_assert_ptr_nonnull(strstr(script_body(&providing.script, 1), "&RoleSessionName=shopd&"));
}
END_TEST

START_TEST(a_token_without_a_role_is_not_enough)
{
	providing.config.web_identity_token_file = "/t";
	providing_assert_look(&provider_web_identity, PROVIDER_UNSET, "AWS_ROLE_ARN is not set");
}
END_TEST

START_TEST(sts_is_trusted_as_its_url_says)
{
	ck_assert(!provider_web_identity.needs_trust(&providing.config));
	providing.config.endpoint_sts = "https://sts.eu-west-1.amazonaws.com";
	ck_assert(provider_web_identity.needs_trust(&providing.config));
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	providing.config.role_arn = "arn:a";
	providing.config.web_identity_token_file = written("token", "first");
	SCRIPT_PLAY(&providing.script, PROVIDING_STS("AssumeRoleWithWebIdentity", "ASIA1"));
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_web_identity);
}
END_TEST

Suite *provider_web_identity_suite(void)
{
	Suite *all = suite_create("provider_web_identity");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, the_token_is_read_again_each_time);
	tcase_add_test(cases, a_token_without_a_role_is_not_enough);
	tcase_add_test(cases, sts_is_trusted_as_its_url_says);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
