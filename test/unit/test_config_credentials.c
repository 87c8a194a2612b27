#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/config_credentials.h"
#include "written.h"

static struct config config;
static struct buf mistakes;

static void set_up(void)
{
	written_set_up();
	buf_init(&mistakes, 10000);
}

static void tear_down(void)
{
	config_clear(&config);
	buf_clear(&mistakes);
	written_tear_down();
}

/* The folder of what a test writes. */
static const char *folder(void)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s", written_path("x"));
	*strrchr(path, '/') = '\0';
	return path;
}

enum { VARIABLES_MAX = 4 };

static bool read_with(const char *const *variables)
{
	char directory[320];
	char *environment[VARIABLES_MAX + 3] = {"AWS_REGION=eu-west-1", directory};

	snprintf(directory, sizeof(directory), "CREDENTIALS_DIRECTORY=%s", folder());
	for (size_t i = 0; variables[i]; i++)
		environment[i + 2] = (char *)(uintptr_t)variables[i];
	config_clear(&config);
	buf_reset(&mistakes);
	return config_read(&config, environment, &mistakes);
}

#define READ(...) read_with((const char *const[]){__VA_ARGS__, NULL})

START_TEST(what_systemd_hands_over_is_found_by_its_name)
{
	const char *keys = written("api-keys", "");
	const char *certificate = written("tls-cert", "");
	const char *key = written("tls-key", "");

	ck_assert_msg(READ("X=1"), "%s", buf_text(&mistakes));
	ck_assert_str_eq(config.api_keys_file, keys);
	ck_assert_str_eq(config.tls_certificate_file, certificate);
	ck_assert_str_eq(config.tls_key_file, key);
	ck_assert_ptr_null(config.jwks_file);
}
END_TEST

START_TEST(a_setting_goes_first)
{
	written("api-keys", "");
	ck_assert(READ("SHOPD_API_KEYS=/elsewhere"));
	ck_assert_str_eq(config.api_keys_file, "/elsewhere");
}
END_TEST

START_TEST(a_certificate_and_a_key_come_together_from_wherever)
{
	written("tls-cert", "");
	ck_assert(!READ("X=1"));
	ck_assert_str_eq(buf_text(&mistakes), "there is SHOPD_TLS_CERT, but no SHOPD_TLS_KEY; they "
					      "come together\n");
	ck_assert(READ("SHOPD_TLS_KEY=/elsewhere"));
	ck_assert_str_eq(config.tls_key_file, "/elsewhere");
}
END_TEST

START_TEST(without_a_folder_there_is_nothing)
{
	char *environment[] = {"AWS_REGION=eu-west-1", "SHOPD_TLS_KEY=/k", NULL};

	written("api-keys", "");
	ck_assert(!config_read(&config, environment, &mistakes));
	ck_assert_ptr_null(config.api_keys_file);
	ck_assert_ptr_nonnull(strstr(buf_text(&mistakes), "no SHOPD_TLS_CERT"));
}
END_TEST

static void find_them(void *context)
{
	struct config found = {.credentials_directory = folder()};

	(void)context;
	ck_assert(config_credentials_find(&found) != alloc_has_failed());
	config_clear(&found);
}

START_TEST(without_memory_it_fails)
{
	written("api-keys", "");
	alloc_fail_each(find_them, NULL);
}
END_TEST

Suite *config_credentials_suite(void)
{
	Suite *suite = suite_create("config_credentials");
	TCase *tests = tcase_create("config_credentials");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_systemd_hands_over_is_found_by_its_name);
	tcase_add_test(tests, a_setting_goes_first);
	tcase_add_test(tests, a_certificate_and_a_key_come_together_from_wherever);
	tcase_add_test(tests, without_a_folder_there_is_nothing);
	tcase_add_test(tests, without_memory_it_fails);
	suite_add_tcase(suite, tests);
	return suite;
}
