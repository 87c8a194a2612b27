#include <check.h>
#include <string.h>
#include <time.h>

#include "alloc_fail.h"
#include "certificate.h"
#include "http/tls_identity.h"
#include "written.h"

enum { DAY_S = 86400 };

static struct authority authority;
static struct identity_paths paths;
static char why[TLS_IDENTITY_WHY_SIZE];

static void set_up(void)
{
	written_set_up();
	authority_init(&authority);
	paths = (struct identity_paths){written_path("cert"), written_path("key"), DAY_S, 0};
	why[0] = '\0';
}

static void tear_down(void)
{
	authority_clear(&authority);
	written_tear_down();
}

static void write_with(EVP_PKEY *key, const char *passphrase)
{
	ck_assert_ptr_nonnull(key);
	authority_write(&authority, key, passphrase, &paths);
	EVP_PKEY_free(key);
}

static struct tls_identity *read_it(void)
{
	return tls_identity_read(paths.certificate, paths.key, why);
}

static void assert_read(void)
{
	struct tls_identity *identity = read_it();

	ck_assert_msg(identity != NULL, "%s", why);
	tls_identity_release(identity);
}

static void assert_refused(const char *path, const char *reason)
{
	ck_assert_ptr_null(read_it());
	ck_assert_msg(strstr(why, path) != NULL && strstr(why, reason) != NULL, "%s", why);
}

START_TEST(a_certificate_and_its_key_are_read_and_told_of)
{
	struct tls_identity *identity;
	const struct tls_identity_facts *facts;
	int64_t now_ms = (int64_t)time(NULL) * 1000;

	write_with(EVP_EC_gen("P-256"), NULL);
	identity = read_it();
	ck_assert_msg(identity != NULL, "%s", why);
	facts = tls_identity_facts(identity);
	ck_assert_str_eq(facts->subject, "CN=the test's server");
	ck_assert_int_lt(facts->from_ms, now_ms);
	ck_assert_int_gt(facts->until_ms, now_ms + (DAY_S - 60) * INT64_C(1000));
	ck_assert_ptr_eq(tls_identity_hold(identity), identity);
	tls_identity_release(identity);
	ck_assert_str_eq(tls_identity_facts(identity)->subject, "CN=the test's server");
	tls_identity_release(identity);
	tls_identity_release(NULL);
}
END_TEST

START_TEST(keys_that_are_strong_enough_are_taken)
{
	write_with(EVP_RSA_gen(2048), NULL);
	assert_read();
	write_with(EVP_EC_gen("P-384"), NULL);
	assert_read();
	write_with(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
	assert_read();
	paths.between = 15;
	write_with(EVP_EC_gen("P-256"), NULL);
	assert_read();
}
END_TEST

START_TEST(one_that_is_out_of_date_is_taken)
{
	paths.until_s = -60;
	write_with(EVP_EC_gen("P-256"), NULL);
	assert_read();
}
END_TEST

START_TEST(what_cannot_be_read_is_named)
{
	assert_refused(paths.certificate, "No such file");
	write_with(EVP_EC_gen("P-256"), NULL);
	paths.key = written_path("none");
	assert_refused(paths.key, "No such file");
	written("cert", "");
	assert_refused(paths.certificate, "empty");
	written_long("cert", TLS_IDENTITY_FILE_MAX + 1);
	assert_refused(paths.certificate, "too large");
}
END_TEST

START_TEST(what_is_malformed_is_named)
{
	static const char *const wrong[] = {
		"nothing",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\n!\n",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_with(EVP_EC_gen("P-256"), NULL);
		written("key", wrong[i]);
		assert_refused(paths.key, "there is no key in PEM form");
		written("cert", wrong[i]);
		assert_refused(paths.certificate, ": ");
		ck_assert_ptr_null(strstr(why, "AAAA"));
	}
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
	write_with(EVP_EC_gen("P-256"), NULL);
	paths.key = written_path("another");
	paths.certificate = written_path("anothers");
	write_with(EVP_EC_gen("P-256"), NULL);
	paths.certificate = written_path("cert");
	assert_refused(paths.key, "the key does not belong to the certificate");
	write_with(EVP_EC_gen("P-256"), "open sesame");
	assert_refused(paths.key, "passphrase");
	write_with(EVP_RSA_gen(1024), NULL);
	assert_refused(paths.key, "weaker than RSA of 2048 bits");
	paths.between = 16;
	write_with(EVP_EC_gen("P-256"), NULL);
	assert_refused(paths.certificate, "more than 16");
}
END_TEST

static void read_and_release(void *context)
{
	struct tls_identity *identity = read_it();

	(void)context;
	ck_assert((identity != NULL) != alloc_has_failed());
	tls_identity_release(identity);
}

START_TEST(nothing_is_half_read_without_memory)
{
	write_with(EVP_EC_gen("P-256"), NULL);
	alloc_fail_each(read_and_release, NULL);
}
END_TEST

Suite *tls_identity_suite(void)
{
	Suite *suite = suite_create("tls_identity");
	TCase *tests = tcase_create("tls_identity");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_certificate_and_its_key_are_read_and_told_of);
	tcase_add_test(tests, keys_that_are_strong_enough_are_taken);
	tcase_add_test(tests, one_that_is_out_of_date_is_taken);
	tcase_add_test(tests, what_cannot_be_read_is_named);
	tcase_add_test(tests, what_is_malformed_is_named);
	tcase_add_test(tests, what_does_not_fit_is_told);
	tcase_add_test(tests, nothing_is_half_read_without_memory);
	suite_add_tcase(suite, tests);
	return suite;
}
