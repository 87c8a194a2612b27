#include "base/resident.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

static int written = 1;
static const char *const constants[] = {"relocated", "tables"};

static long resident_pages(void)
{
	long total, resident = -1;
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &total, &resident), 2);
	fclose(file);
	return resident;
}

START_TEST(code_is_dropped_and_comes_back_when_it_is_needed)
{
	unsigned char before[EVP_MAX_MD_SIZE], after[EVP_MAX_MD_SIZE];
	long pages;

	written = 2;
	ck_assert(EVP_Digest("shop", 4, before, NULL, EVP_sha256(), NULL));
	pages = resident_pages();
	resident_drop_code();
	ck_assert_int_lt(resident_pages(), pages);
	ck_assert(EVP_Digest("shop", 4, after, NULL, EVP_sha256(), NULL));
	ck_assert_mem_eq(before, after, 32);
	ck_assert_int_eq(written, 2);
	ck_assert_str_eq(constants[1], "tables");
}
END_TEST

Suite *resident_suite(void)
{
	Suite *suite = suite_create("resident");
	TCase *tcase = tcase_create("resident");

	tcase_add_test(tcase, code_is_dropped_and_comes_back_when_it_is_needed);
	suite_add_tcase(suite, tcase);
	return suite;
}
