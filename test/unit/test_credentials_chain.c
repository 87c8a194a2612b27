#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/credentials_chain.h"
#include "providing.h"
#include "written.h"

static struct buf text;

static void set_up(void)
{
	providing_set_up();
	buf_init(&text, 10000);
}

static void tear_down(void)
{
	buf_clear(&text);
	providing_tear_down();
}

static void assert_chosen(const char *name)
{
	const struct provider_kind *kind;

	buf_reset(&text);
	kind = credentials_chain_choose(&providing.config, &text);
	ck_assert_str_eq(kind ? kind->name : "none", name);
}

START_TEST(providers_have_an_order)
{
	providing.config.is_metadata_disabled = true;
	assert_chosen("none");
	providing.config.is_metadata_disabled = false;
	assert_chosen("instance role");
	providing.config.container_relative_uri = "/x";
	assert_chosen("container");
	providing.config.config_file = written("config", "[default]\nregion = x\n");
	assert_chosen("container");
	providing.config.config_file = written("config", "[default]\ncredential_process = x\n");
	assert_chosen("profile");
	providing.config.config_file = written("config", "[default]\nrole_arn = x\n");
	assert_chosen("none");
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "; profile: profile default has a role_arn"));
	providing.config.role_arn = "arn:a";
	providing.config.web_identity_token_file = "/t";
	assert_chosen("web identity");
	providing.config.access_key_id = "AKID";
	providing.config.secret_access_key = "s";
	assert_chosen("environment");
	ck_assert_str_eq(buf_text(&text), "");
}
END_TEST

START_TEST(who_was_passed_over_is_told_with_the_reason)
{
	assert_chosen("instance role");
	ck_assert_str_eq(buf_text(&text),
			 "environment: AWS_ACCESS_KEY_ID is not set; "
			 "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; "
			 "profile: profile default is in neither file; "
			 "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not "
			 "set");
}
END_TEST

START_TEST(all_are_described)
{
	providing.config.container_relative_uri = "/x";
	ck_assert(credentials_chain_describe(&providing.config, &text));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "  environment    -      AWS_ACC"));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "  container      used   http://169"));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "  instance role  unused http://169"));
}
END_TEST

START_TEST(a_description_says_when_there_is_none_that_works)
{
	providing.config.config_file = written("config", "[default]\nrole_arn = x\n");
	ck_assert(!credentials_chain_describe(&providing.config, &text));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "  profile        wrong  profile default "
						      "has a role_arn, but"));
	providing.config.config_file = NULL;
	providing.config.is_metadata_disabled = true;
	ck_assert(!credentials_chain_describe(&providing.config, &text));
}
END_TEST

START_TEST(the_one_that_is_chosen_says_whether_trust_is_needed)
{
	providing.config.endpoint_sts = "https://sts.eu-west-1.amazonaws.com";
	ck_assert(!credentials_chain_needs_trust(&providing.config));
	providing.config.role_arn = "arn:a";
	providing.config.web_identity_token_file = "/t";
	ck_assert(credentials_chain_needs_trust(&providing.config));
	providing.config.access_key_id = "AKID";
	providing.config.secret_access_key = "s";
	ck_assert(!credentials_chain_needs_trust(&providing.config));
	providing.config = (struct config){.is_metadata_disabled = true, .profile = "default"};
	ck_assert(!credentials_chain_needs_trust(&providing.config));
}
END_TEST

static void choose(void *context)
{
	(void)context;
	ck_assert_ptr_nonnull(credentials_chain_choose(&providing.config, &text));
	buf_clear(&text);
}

START_TEST(a_lack_of_memory_costs_the_words_at_most)
{
	alloc_fail_each(choose, NULL);
}
END_TEST

Suite *credentials_chain_suite(void)
{
	Suite *all = suite_create("credentials_chain");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, providers_have_an_order);
	tcase_add_test(cases, who_was_passed_over_is_told_with_the_reason);
	tcase_add_test(cases, all_are_described);
	tcase_add_test(cases, a_description_says_when_there_is_none_that_works);
	tcase_add_test(cases, the_one_that_is_chosen_says_whether_trust_is_needed);
	tcase_add_test(cases, a_lack_of_memory_costs_the_words_at_most);
	suite_add_tcase(all, cases);
	return all;
}
