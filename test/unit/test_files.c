#include <check.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc_fail.h"
#include "certificate.h"
#include "daemon/files.h"
#include "written.h"

#define KEY_LINE(id)                                         \
	id " office admin 00112233445566778899aabbccddeeff " \
	   "1cb66fa6a51716761a0bb12e3d507e3685ca8e61d5edb25d385b60ddf342973a\n"

enum { DAY_S = 86400 };

static struct authority authority;
static struct config config;
static struct files files;

static void write_identity(void)
{
	const struct identity_paths paths = {written_path("cert"), written_path("key"), DAY_S, 0};
	EVP_PKEY *key = EVP_EC_gen("P-256");

	authority_write(&authority, key, NULL, &paths);
	EVP_PKEY_free(key);
}

static void set_up(void)
{
	written_set_up();
	authority_init(&authority);
	log_configure(LOG_ERROR, LOG_TEXT);
	write_identity();
	files = (struct files){0};
	config = (struct config){
		.api_keys_file = written("keys", KEY_LINE("0123456789ab")),
		.tls_certificate_file = written_path("cert"),
		.tls_key_file = written_path("key"),
	};
}

static void tear_down(void)
{
	files_clear(&files);
	authority_clear(&authority);
	written_tear_down();
}

START_TEST(all_are_read)
{
	ck_assert(files_read(&files, &config));
	ck_assert_uint_eq(api_keys_count(files.keys), 1);
	ck_assert_ptr_nonnull(files.identity);
}
END_TEST

START_TEST(what_is_not_configured_is_not_read)
{
	config = (struct config){0};
	ck_assert(files_read(&files, &config));
	ck_assert_ptr_null(files.keys);
	ck_assert_ptr_null(files.identity);
}
END_TEST

START_TEST(what_is_sound_is_taken_though_others_are_not)
{
	struct tls_identity *before;

	ck_assert(files_read(&files, &config));
	before = files.identity;
	written("keys", KEY_LINE("0123456789ab") KEY_LINE("0123456789ac"));
	written("key", "nothing");
	ck_assert(!files_read(&files, &config));
	ck_assert_uint_eq(api_keys_count(files.keys), 2);
	ck_assert_ptr_eq(files.identity, before);
	written("keys", "nothing\n");
	tls_identity_hold(before);
	write_identity();
	ck_assert(!files_read(&files, &config));
	ck_assert_uint_eq(api_keys_count(files.keys), 2);
	ck_assert_ptr_ne(files.identity, before);
	tls_identity_release(before);
}
END_TEST

START_TEST(every_mistake_is_told)
{
	struct buf mistakes;

	buf_init(&mistakes, 10000);
	ck_assert(files_check(&config, &mistakes));
	ck_assert_uint_eq(mistakes.len, 0);
	written("keys", "nothing\n");
	written("cert", "nothing");
	ck_assert(!files_check(&config, &mistakes));
	ck_assert_ptr_nonnull(strstr(buf_text(&mistakes), "SHOPD_API_KEYS: "));
	ck_assert_ptr_nonnull(strstr(buf_text(&mistakes), "\nSHOPD_TLS_CERT, SHOPD_TLS_KEY: "));
	ck_assert_ptr_nonnull(strstr(buf_text(&mistakes), config.tls_certificate_file));
	buf_clear(&mistakes);
}
END_TEST

static void read_all(void *context)
{
	struct files some = {0};

	(void)context;
	ck_assert(files_read(&some, &config) != alloc_has_failed());
	files_clear(&some);
}

START_TEST(without_memory_it_fails)
{
	log_configure(LOG_ERROR, LOG_TEXT);
	alloc_fail_each(read_all, NULL);
}
END_TEST

Suite *files_suite(void)
{
	Suite *suite = suite_create("files");
	TCase *tests = tcase_create("files");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, all_are_read);
	tcase_add_test(tests, what_is_not_configured_is_not_read);
	tcase_add_test(tests, what_is_sound_is_taken_though_others_are_not);
	tcase_add_test(tests, every_mistake_is_told);
	tcase_add_test(tests, without_memory_it_fails);
	suite_add_tcase(suite, tests);
	return suite;
}
