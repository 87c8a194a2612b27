#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/key_process.h"
#include "aws/provider_profile.h"
#include "pidfd.h"
#include "providing.h"
#include "written.h"

/* By way of a profile, which is the only one who runs programs. */
static void run(const char *command)
{
	char text[600] = "[default]\ncredential_process = ";

	ck_assert_uint_lt(strlen(command), 500);
	strcat(text, command);
	providing.config.config_file = written("config", text);
	providing_fetch(&provider_profile);
}

static const struct {
	const char *command;
	const char *why;
} failures[] = {
	{"/none/such", "cannot be run: No such file"},
	{"'a", "cannot be run: its quotes do not match"},
	{"true", "what credential_process printed is not JSON"},
	{"echo {}", "printed has no keys that can be used"},
	{"sh -c 'echo first >&2; echo second >&2; exit 7'", "ended with status 7: first"},
	{"sh -c 'kill -9 $$'", "ended with status 137"},
	{"yes", "printed more than 65536 bytes"},
};

START_TEST(what_does_not_work_is_told)
{
	run(failures[_i].command);
	providing_assert_why(failures[_i].why);
	ck_assert_ptr_null(strstr(providing.why, "second"));
}
END_TEST

START_TEST(long_complaints_are_cut)
{
	run("sh -c 'printf %0300d 7 >&2; exit 1'");
	ck_assert_uint_lt(strlen(providing.why), 250);
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	providing.config.config_file = written(
		"config",
		"[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"A\","
		"\"SecretAccessKey\":\"s\"}'\n");
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_profile);
}
END_TEST

Suite *key_process_suite(void)
{
	Suite *all = suite_create("key_process");
	TCase *cases = tcase_create("all");

	suite_add_tcase(all, cases);
	if (!programs_can_run())
		return all;
	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_loop_test(cases, what_does_not_work_is_told, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(cases, long_complaints_are_cut);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	return all;
}
