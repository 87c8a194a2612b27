#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/profile.h"
#include "written.h"

static struct profiles profiles;
static struct buf mistake;

static void set_up(void)
{
	written_set_up();
	buf_init(&mistake, 1000);
}

static void tear_down(void)
{
	profiles_clear(&profiles);
	buf_clear(&mistake);
	written_tear_down();
}

static bool read_files(const char *config, const char *credentials)
{
	return profiles_read(&profiles, config ? written("config", config) : NULL,
			     credentials ? written("credentials", credentials) : NULL, &mistake);
}

static void assert_is(struct span value, const char *text)
{
	if (text)
		ck_assert_msg(span_equals(value, text), "%.*s is not %s", (int)value.len,
			      value.data ? value.data : "", text);
	else
		ck_assert_ptr_null(value.data);
}

START_TEST(profiles_are_found_in_both_files)
{
	ck_assert(read_files("[default]\nregion=a\n[profile shop]\nregion = b\n[other]\nregion=c\n"
			     "[profile \"my shop\"]\nregion = d\n",
			     "[default]\naws_access_key_id = AKID\n[third]\nregion = e\n"));
	assert_is(profiles_find(&profiles, "default", "region"), "a");
	assert_is(profiles_find(&profiles, "default", "AWS_ACCESS_KEY_ID"), "AKID");
	assert_is(profiles_find(&profiles, "shop", "region"), "b");
	assert_is(profiles_find(&profiles, "my shop", "region"), "d");
	assert_is(profiles_find(&profiles, "third", "region"), "e");
	ck_assert_msg(!profiles_have(&profiles, "other"), "it lacks the word profile");
	ck_assert(profiles_have(&profiles, "default"));
	ck_assert(profiles_have(&profiles, "third"));
	ck_assert(!profiles_have(&profiles, "profile shop"));
	ck_assert(!profiles_have(&profiles, "sho"));
}
END_TEST

START_TEST(the_credentials_file_goes_first_and_the_last_of_equals)
{
	ck_assert(read_files("[profile a]\nx=1\ny=1\n[profile a]\nz=1\ny=2\n", "[a]\nx=2\nz=\n"));
	assert_is(profiles_find(&profiles, "a", "x"), "2");
	assert_is(profiles_find(&profiles, "a", "y"), "2");
	assert_is(profiles_find(&profiles, "a", "z"), "1");
}
END_TEST

START_TEST(what_belongs_together_is_of_one_file)
{
	ck_assert(read_files("[profile a]\nkey=1\nsecret=1\ntoken=1\n[profile b]\nkey=1\ntoken=1\n",
			     "[a]\nkey=2\nsecret=2\n[b]\ntoken=2\nkey=\n"));
	assert_is(profiles_find_beside(&profiles, "a", "key", "secret"), "2");
	assert_is(profiles_find_beside(&profiles, "a", "key", "token"), NULL);
	assert_is(profiles_find_beside(&profiles, "b", "key", "token"), "1");
	assert_is(profiles_find_beside(&profiles, "b", "secret", "token"), NULL);
}
END_TEST

START_TEST(profile_default_goes_before_default)
{
	ck_assert(
		read_files("[default]\nx=1\ny=1\n[profile default]\nx=2\n[default]\nx=3\n", NULL));
	assert_is(profiles_find(&profiles, "default", "x"), "2");
	assert_is(profiles_find(&profiles, "default", "y"), NULL);
}
END_TEST

START_TEST(services_have_sections_of_their_own)
{
	ck_assert(
		read_files("[profile a]\nservices = local\n[services local]\ndynamodb =\n"
			   "  endpoint_url = http://x\n  other = y\nsts =\n endpoint_url=http://z\n"
			   "[services b]\ndynamodb = \n  endpoint_url = http://no\n",
			   "[services local]\nsns =\n  endpoint_url = http://no\n"));
	assert_is(profiles_find_service(&profiles, span_of("local"), "dynamodb", "endpoint_url"),
		  "http://x");
	assert_is(profiles_find_service(&profiles, span_of("local"), "sts", "endpoint_url"),
		  "http://z");
	assert_is(profiles_find_service(&profiles, span_of("local"), "sns", "endpoint_url"), NULL);
	assert_is(profiles_find_service(&profiles, span_of("loca"), "sts", "endpoint_url"), NULL);
	assert_is(profiles_find_service(&profiles, (struct span){0}, "sts", "x"), NULL);
}
END_TEST

START_TEST(files_that_are_not_there_are_empty)
{
	ck_assert(profiles_read(&profiles, written_path("none"), NULL, &mistake));
	ck_assert(!profiles_have(&profiles, "default"));
	assert_is(profiles_find(&profiles, "default", "region"), NULL);
}
END_TEST

START_TEST(what_makes_no_sense_is_told_with_its_line)
{
	ck_assert(!read_files("[default]\n\nregion\n", NULL));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&mistake), "config: line 3 is neither [section] nor"));
	buf_reset(&mistake);
	profiles_clear(&profiles);
	ck_assert(!profiles_read(&profiles, "/", NULL, &mistake));
	ck_assert_str_eq(buf_text(&mistake), "/ cannot be read: Is a directory");
	buf_reset(&mistake);
	profiles_clear(&profiles);
	ck_assert(!profiles_read(&profiles, NULL, written_long("long", PROFILE_FILE_MAX + 1),
				 &mistake));
	ck_assert_ptr_nonnull(strstr(buf_text(&mistake), "long cannot be read: File too large"));
}
END_TEST

static void read_both(void *context)
{
	(void)context;
	buf_reset(&mistake);
	ck_assert(read_files("[default]\nx=1", "[default]\ny=2") != alloc_has_failed());
	profiles_clear(&profiles);
}

START_TEST(a_lack_of_memory_is_told)
{
	ck_assert_ptr_nonnull(buf_reserve(&mistake, 500));
	alloc_fail_each(read_both, NULL);
}
END_TEST

Suite *profile_suite(void)
{
	Suite *all = suite_create("profile");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, profiles_are_found_in_both_files);
	tcase_add_test(cases, the_credentials_file_goes_first_and_the_last_of_equals);
	tcase_add_test(cases, what_belongs_together_is_of_one_file);
	tcase_add_test(cases, profile_default_goes_before_default);
	tcase_add_test(cases, services_have_sections_of_their_own);
	tcase_add_test(cases, files_that_are_not_there_are_empty);
	tcase_add_test(cases, what_makes_no_sense_is_told_with_its_line);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
