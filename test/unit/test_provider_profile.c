#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/provider_profile.h"
#include "pidfd.h"
#include "providing.h"
#include "written.h"

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = secret\n"
#define ROLE(arn) "role_arn = arn:" arn "\n"

static void configure(const char *text)
{
	providing.config.config_file = written("config", text);
}

static const char *credential(size_t request)
{
	static char value[300];

	return script_header(&providing.script, request, "Authorization", value, sizeof(value));
}

START_TEST(keys_in_the_file_are_read_again_each_time)
{
	configure("[default]\n" KEYS);
	providing_assert_look(&provider_profile, PROVIDER_SET, "profile default, keys in the file");
	ck_assert(!provider_profile.needs_trust(&providing.config));
	providing_fetch(&provider_profile);
	providing_assert_key("AKID");
	providing.config.credentials_file = written("credentials", "[default]\n"
								   "aws_access_key_id=AKID2\n"
								   "aws_secret_access_key=s\n");
	providing_fetch(&provider_profile);
	providing_assert_key("AKID2");
	ck_assert_uint_eq(providing.script.request_count, 0);
}
END_TEST

START_TEST(roles_are_assumed_one_after_the_other)
{
	configure("[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" ROLE(
		"b") "role_session_name = n\nsource_profile = c\n[profile c]\n" KEYS);
	SCRIPT_PLAY(&providing.script, PROVIDING_STS("AssumeRole", "ASIA1"),
		    PROVIDING_STS("AssumeRole", "ASIA2"));
	providing_fetch(&provider_profile);
	providing_assert_key("ASIA2");
	ck_assert_uint_eq(providing.script.request_count, 2);
	ck_assert_ptr_nonnull(strstr(credential(0), "Credential=AKID/"));
	ck_assert_ptr_nonnull(
		strstr(script_body(&providing.script, 0), "RoleArn=arn%3Ab&RoleSessionName=n"));
	ck_assert_ptr_nonnull(strstr(credential(1), "Credential=ASIA1/"));
	ck_assert_ptr_nonnull(
		strstr(script_body(&providing.script, 1), "RoleArn=arn%3Aa&RoleSessionName=shopd"));
}
END_TEST

START_TEST(a_role_may_be_had_for_a_token)
{
	char text[400] = "[default]\n" ROLE("a") "web_identity_token_file = ";

	strcat(text, written("token", "jwt"));
	configure(text);
	SCRIPT_PLAY(&providing.script, PROVIDING_STS("AssumeRoleWithWebIdentity", "ASIA1"));
	providing_fetch(&provider_profile);
	providing_assert_key("ASIA1");
	ck_assert_str_eq(credential(0), "");
}
END_TEST

START_TEST(other_providers_may_be_the_source_of_a_role)
{
	configure("[default]\n" ROLE("a") "credential_source = Ec2InstanceMetadata\n");
	SCRIPT_PLAY(&providing.script, PROVIDING_TEXT("TOKEN"), PROVIDING_TEXT("role"),
		    PROVIDING_JSON("ASIA1"), PROVIDING_STS("AssumeRole", "ASIA2"));
	providing_fetch(&provider_profile);
	providing_assert_key("ASIA2");
	ck_assert_ptr_nonnull(strstr(credential(3), "Credential=ASIA1/"));

	configure("[default]\n" ROLE("a") "credential_source = EcsContainer\n");
	providing.config.container_relative_uri = "/x";
	script_forget_requests(&providing.script);
	SCRIPT_PLAY(&providing.script, PROVIDING_JSON("ASIA3"),
		    PROVIDING_STS("AssumeRole", "ASIA4"));
	providing_fetch(&provider_profile);
	providing_assert_key("ASIA4");

	configure("[default]\n" ROLE("a") "credential_source = Environment\n");
	providing.config.access_key_id = "AKID";
	providing.config.secret_access_key = "secret";
	script_forget_requests(&providing.script);
	SCRIPT_PLAY(&providing.script, PROVIDING_STS("AssumeRole", "ASIA5"));
	providing_fetch(&provider_profile);
	providing_assert_key("ASIA5");
	ck_assert_ptr_nonnull(strstr(credential(0), "Credential=AKID/"));
}
END_TEST

START_TEST(a_program_may_print_the_keys)
{
	configure("[default]\ncredential_process = sh -c 'echo "
		  "\"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKID\\\","
		  "\\\"SecretAccessKey\\\":\\\"s\\\"}\"'\n");
	providing_assert_look(&provider_profile, PROVIDER_SET, "credential_process");
	providing_fetch(&provider_profile);
	providing_assert_key("AKID");
	ck_assert_ptr_null(providing.keys.token);
	configure("[default]\ncredential_process = false\n");
	providing_fetch(&provider_profile);
	providing_assert_why("credential_process ended with status 1");
}
END_TEST

static void on_stopped(void *context, const struct aws_keys *keys, const char *why)
{
	ck_assert_ptr_null(keys);
	ck_assert_str_eq(why, "shutting down");
	*(bool *)context = true;
}

START_TEST(a_stop_does_not_wait_for_a_program)
{
	bool is_stopped = false;

	configure("[default]\ncredential_process = sleep 20\n");
	providing.provider = provider_profile.make(&providing.context);
	provider_profile.fetch(providing.provider, on_stopped, &is_stopped);
	provider_profile.stop(providing.provider);
	ck_assert(is_stopped);
	provider_profile.stop(providing.provider);
}
END_TEST

START_TEST(what_does_not_work_is_told)
{
	providing_assert_look(&provider_profile, PROVIDER_UNSET, "default is in neither file");
	configure("[default]\nregion = x\n");
	providing_assert_look(&provider_profile, PROVIDER_UNSET, "has no credentials");
	configure("[default]\n" ROLE("a"));
	providing_assert_look(&provider_profile, PROVIDER_WRONG, "neither source_profile nor");
	providing_fetch(&provider_profile);
	providing_assert_why("neither source_profile nor");
	configure("[default\n");
	providing_assert_look(&provider_profile, PROVIDER_WRONG, "line 1");
	configure("[default]\n" ROLE("a") "source_profile=default\n" KEYS);
	SCRIPT_PLAY(&providing.script, {.status = 403, .body = "no"});
	providing_fetch(&provider_profile);
	providing_assert_why("answers 403");
}
END_TEST

START_TEST(only_roles_need_to_know_whom_to_trust)
{
	configure("[default]\n" ROLE("a") "source_profile=default\n" KEYS);
	ck_assert(!provider_profile.needs_trust(&providing.config));
	providing.config.endpoint_sts = "https://sts.eu-west-1.amazonaws.com";
	ck_assert(provider_profile.needs_trust(&providing.config));
	configure("[default]\n" KEYS);
	ck_assert(!provider_profile.needs_trust(&providing.config));
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	configure("[default]\n" ROLE("a") "credential_source = Ec2InstanceMetadata\n");
	SCRIPT_PLAY(&providing.script, PROVIDING_TEXT("TOKEN"), PROVIDING_TEXT("role"),
		    PROVIDING_JSON("ASIA1"), PROVIDING_STS("AssumeRole", "ASIA2"));
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_profile);
}
END_TEST

Suite *provider_profile_suite(void)
{
	Suite *all = suite_create("provider_profile");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, keys_in_the_file_are_read_again_each_time);
	tcase_add_test(cases, roles_are_assumed_one_after_the_other);
	tcase_add_test(cases, a_role_may_be_had_for_a_token);
	tcase_add_test(cases, other_providers_may_be_the_source_of_a_role);
	if (programs_can_run()) {
		tcase_add_test(cases, a_program_may_print_the_keys);
		tcase_add_test(cases, a_stop_does_not_wait_for_a_program);
	}
	tcase_add_test(cases, what_does_not_work_is_told);
	tcase_add_test(cases, only_roles_need_to_know_whom_to_trust);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
