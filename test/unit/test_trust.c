#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificate.h"

static char path[] = "/tmp/shopd-test-XXXXXX";

static void write_file(const char *text)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(authorities_are_read_from_a_file)
{
	struct authority authority;
	struct trust *trust;

	authority_init(&authority);
	trust = authority_trust(&authority);
	ck_assert_int_eq(sk_X509_OBJECT_num(X509_STORE_get0_objects(trust_store(trust))), 1);
	trust_free(trust);
	authority_clear(&authority);
}
END_TEST

START_TEST(without_a_name_it_is_the_systems_own)
{
	struct trust *trust = trust_new(NULL);

	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) != 0)
		return; /* a machine without any */
	ck_assert_ptr_nonnull(trust);
	ck_assert_int_gt(sk_X509_OBJECT_num(X509_STORE_get0_objects(trust_store(trust))), 10);
	trust_free(trust);
}
END_TEST

START_TEST(a_file_without_authorities_is_refused)
{
	static const char *const texts[] = {
		"",
		"nothing of the kind\n",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	};

	ck_assert_ptr_null(trust_new("/nowhere/at/all.pem"));
	ck_assert_ptr_null(trust_new("/"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		strcpy(path + strlen(path) - 6, "XXXXXX");
		write_file(texts[i]);
		ck_assert_ptr_null(trust_new(path));
		unlink(path);
	}
	trust_free(NULL);
}
END_TEST

Suite *trust_suite(void)
{
	Suite *suite = suite_create("trust");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, authorities_are_read_from_a_file);
	tcase_add_test(tcase, without_a_name_it_is_the_systems_own);
	tcase_add_test(tcase, a_file_without_authorities_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
