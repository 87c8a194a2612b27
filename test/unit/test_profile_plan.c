#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/profile_plan.h"

static struct profile_plan plan;
static struct buf why;

static void set_up(void)
{
	buf_init(&why, 1000);
}

static void tear_down(void)
{
	profile_plan_clear(&plan);
	buf_clear(&why);
}

static enum profile_plan_result make_of_both(const char *config, const char *credentials,
					     const char *profile)
{
	struct profiles profiles = {0};
	enum profile_plan_result result;

	buf_init(&profiles.config, 10000);
	buf_add_str(&profiles.config, config);
	buf_init(&profiles.credentials, 10000);
	buf_add_str(&profiles.credentials, credentials);
	profile_plan_clear(&plan);
	buf_reset(&why);
	result = profile_plan_make(&profiles, profile, &plan, &why);
	buf_clear(&profiles.config);
	buf_clear(&profiles.credentials);
	return result;
}

static enum profile_plan_result make(const char *config, const char *profile)
{
	return make_of_both(config, "", profile);
}

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = s/e+c==\n"
#define ROLE(arn) "role_arn = arn:" arn "\n"

static const struct {
	const char *config;
	const char *plan;
} good[] = {
	{"[default]\n" KEYS, "keys in the file"},
	{"[default]\n" KEYS "credential_process = x\n", "keys in the file"},
	{"[default]\ncredential_process = x y\nregion = z\n", "credential_process"},
	{"[default]\n" ROLE("a") "web_identity_token_file = /t\n" KEYS,
	 "role arn:a by a web identity token"},
	{"[default]\n" ROLE("a") "credential_source = Environment\n",
	 "role arn:a by keys of the environment"},
	{"[default]\n" ROLE("a") "credential_source = EcsContainer\n",
	 "role arn:a by the container's endpoint"},
	{"[default]\n" ROLE("a") "credential_source = ec2instancemetadata\n",
	 "role arn:a by the instance's role"},
	{"[default]\n" ROLE("a") "source_profile = default\n" KEYS,
	 "role arn:a by keys in the file"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" KEYS,
	 "role arn:a by keys in the file"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" ROLE(
		 "b") "source_profile = c\n[profile c]\ncredential_process = x\n",
	 "role arn:a by role arn:b by credential_process"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" KEYS ROLE(
		 "b") "source_profile = c\n[profile c]\ncredential_process = x\n",
	 "role arn:a by keys in the file"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" KEYS ROLE(
		 "b") "source_profile = default\n",
	 "role arn:a by keys in the file"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" KEYS ROLE(
		 "b") "web_identity_token_file = /t\n",
	 "role arn:a by role arn:b by a web identity token"},
};

START_TEST(a_profile_leads_to_a_plan)
{
	struct buf text;

	buf_init(&text, 1000);
	ck_assert_msg(make(good[_i].config, "default") == PROFILE_PLAN_OK, "%s", buf_text(&why));
	profile_plan_describe(&plan, &text);
	ck_assert_str_eq(buf_text(&text), good[_i].plan);
	buf_clear(&text);
}
END_TEST

START_TEST(the_details_are_in_the_plan)
{
	ck_assert_int_eq(make("[default]\n" ROLE("a") "source_profile = b\nexternal_id = e\n"
						      "duration_seconds = 900\n[profile b]\n" ROLE(
							      "b") "role_session_name = n\n"
								   "source_profile = c\n"
								   "[profile c]\n" KEYS
								   "aws_session_token = t\n",
			      "default"),
			 PROFILE_PLAN_OK);
	ck_assert_uint_eq(plan.role_count, 2);
	ck_assert_str_eq(plan.roles[0].arn, "arn:b");
	ck_assert_str_eq(plan.roles[0].session_name, "n");
	ck_assert_uint_eq(plan.roles[0].duration_s, 0);
	ck_assert_str_eq(plan.roles[1].arn, "arn:a");
	ck_assert_str_eq(plan.roles[1].external_id, "e");
	ck_assert_uint_eq(plan.roles[1].duration_s, 900);
	ck_assert_str_eq(plan.keys.secret, "s/e+c==");
	ck_assert_str_eq(plan.keys.token, "t");
}
END_TEST

START_TEST(key_secret_and_token_are_of_one_file)
{
	static const char config[] = "[default]\n" KEYS "aws_session_token = t\n";

	ck_assert_int_eq(make_of_both(config,
				      "[default]\naws_access_key_id = AKID2\n"
				      "aws_secret_access_key = s2\n",
				      "default"),
			 PROFILE_PLAN_OK);
	ck_assert_str_eq(plan.keys.access_key, "AKID2");
	ck_assert_str_eq(plan.keys.secret, "s2");
	ck_assert_ptr_null(plan.keys.token);
	ck_assert_int_eq(make_of_both(config, "[default]\naws_session_token = other\n", "default"),
			 PROFILE_PLAN_OK);
	ck_assert_str_eq(plan.keys.access_key, "AKID");
	ck_assert_str_eq(plan.keys.token, "t");
	ck_assert_int_eq(make_of_both(config, "[default]\naws_access_key_id = AKID2\n", "default"),
			 PROFILE_PLAN_WRONG);
	ck_assert_ptr_nonnull(strstr(buf_text(&why), "but not both in one file"));
}
END_TEST

static const struct {
	const char *config;
	const char *why;
} bad[] = {
	{"[default]\naws_access_key_id = A\n", "but not both"},
	{"[default]\naws_access_key_id = A\naws_secret_access_key = a b\n", "characters"},
	{"[default]\n" ROLE("a"), "neither source_profile nor credential_source"},
	{"[default]\n" ROLE("a") "source_profile = b\ncredential_source = Environment\n", "which?"},
	{"[default]\n" ROLE("a") "credential_source = Moon\n", "other than Environment"},
	{"[default]\n" ROLE("a") "source_profile = b\n",
	 "a source_profile that is in neither file"},
	{"[default]\n" ROLE("a") "source_profile = default\n", "but not both"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\nregion = c\n",
	 "profile b is a source_profile, but has no credentials"},
	{"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" ROLE(
		 "b") "source_profile = default\n",
	 "profile b has a source_profile that leads back"},
	{"[default]\n" ROLE("a") "mfa_serial = m\nsource_profile = b\n", "mfa_serial"},
	{"[default]\n" ROLE("a") "duration_seconds = 5\nsource_profile = b\n", "900 to 43200"},
	{"[default]\n" ROLE("a") "duration_seconds = 1h\nsource_profile = b\n", "900 to 43200"},
	{"[default]\nsso_session = x\n", "Identity Center"},
};

START_TEST(what_cannot_work_is_told)
{
	ck_assert_int_eq(make(bad[_i].config, "default"), PROFILE_PLAN_WRONG);
	ck_assert_msg(strstr(buf_text(&why), bad[_i].why) != NULL, "%s", buf_text(&why));
}
END_TEST

START_TEST(a_profile_without_credentials_is_no_mistake)
{
	ck_assert_int_eq(make("[default]\nregion = x\n", "default"), PROFILE_PLAN_NONE);
	ck_assert_str_eq(buf_text(&why), "profile default has no credentials");
	ck_assert_int_eq(make("", "default"), PROFILE_PLAN_NONE);
	ck_assert_str_eq(buf_text(&why), "profile default is in neither file");
}
END_TEST

START_TEST(the_number_of_roles_has_a_limit)
{
	char config[2000] = "";

	for (int i = 0; i <= PROFILE_ROLES_MAX; i++) {
		size_t len = strlen(config);

		snprintf(config + len, sizeof(config) - len,
			 "[profile p%d]\nrole_arn = arn:%d\nsource_profile = p%d\n", i, i, i + 1);
	}
	ck_assert_int_eq(make(config, "p0"), PROFILE_PLAN_WRONG);
	ck_assert_ptr_nonnull(strstr(buf_text(&why), "too many"));
}
END_TEST

static void make_once(void *context)
{
	enum profile_plan_result result = make(context, "default");

	ck_assert(result == PROFILE_PLAN_OK || alloc_has_failed());
	profile_plan_clear(&plan);
}

START_TEST(a_lack_of_memory_is_told)
{
	ck_assert_ptr_nonnull(buf_reserve(&why, 500));
	alloc_fail_each(make_once,
			(char[]){"[default]\n" ROLE("a") "source_profile = b\n[profile b]\n" KEYS});
	alloc_fail_each(make_once, (char[]){"[default]\ncredential_process = x\n"});
}
END_TEST

Suite *profile_plan_suite(void)
{
	Suite *all = suite_create("profile_plan");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, a_profile_leads_to_a_plan, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_test(cases, the_details_are_in_the_plan);
	tcase_add_test(cases, key_secret_and_token_are_of_one_file);
	tcase_add_loop_test(cases, what_cannot_work_is_told, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(cases, a_profile_without_credentials_is_no_mistake);
	tcase_add_test(cases, the_number_of_roles_has_a_limit);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
