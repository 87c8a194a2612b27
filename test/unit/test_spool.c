#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "base/spool.h"

static struct spool spool;

static void set_up(void)
{
	spool_init(&spool, "/tmp");
}

static void tear_down(void)
{
	spool_clear(&spool);
}

static char byte_at(uint64_t position)
{
	return (char)('a' + position * 7 % 26 + position / 1000 % 3);
}

static void fill(uint64_t until, size_t step)
{
	static char bytes[100 * 1000];

	while (spool_len(&spool) < until && spool_ok(&spool)) {
		uint64_t begin = spool_len(&spool);
		size_t len = until - begin < step ? (size_t)(until - begin) : step;

		for (size_t i = 0; i < len; i++)
			bytes[i] = byte_at(begin + i);
		spool_add(&spool, bytes, len);
	}
}

static void ck_assert_holds(uint64_t expected, size_t step)
{
	static char bytes[100 * 1000];
	uint64_t at = 0;
	bool is_same = true; /* an assertion for each byte would take seconds */
	size_t len;

	while ((len = spool_read(&spool, at, bytes, step)) > 0) {
		for (size_t i = 0; i < len && is_same; i++)
			is_same = bytes[i] == byte_at(at + i);
		at += len;
	}
	ck_assert(is_same);
	ck_assert_uint_eq(at, expected);
	ck_assert(spool_ok(&spool));
}

START_TEST(what_was_added_can_be_read)
{
	static const struct {
		uint64_t len;
		size_t step;
		bool is_filed;
	} table[] = {
		{0, 1, false},
		{1, 1, false},
		{SPOOL_MEMORY, 1000, false},
		{SPOOL_MEMORY + 1, 1000, true},
		{SPOOL_MEMORY + 1, 100000, true},
		{10 * SPOOL_MEMORY, SPOOL_MEMORY, true},
		{1000 * 1000 + 1, 777, true},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		spool_clear(&spool);
		spool_init(&spool, "/tmp");
		fill(table[i].len, table[i].step);
		ck_assert_uint_eq(spool_len(&spool), table[i].len);
		ck_assert_int_eq(spool.fd >= 0, table[i].is_filed);
		ck_assert_holds(table[i].len, 1000);
		ck_assert_holds(table[i].len, 100 * 1000);
		fill(table[i].len + 100, 100);
		ck_assert_holds(table[i].len + 100, 4096);
	}
}
END_TEST

START_TEST(a_file_has_no_name)
{
	char *folder = mkdtemp((char[]){"/tmp/spool-XXXXXX"});

	spool_clear(&spool);
	spool_init(&spool, folder);
	fill(2 * SPOOL_MEMORY, 1000);
	ck_assert_int_ge(spool.fd, 0);
	ck_assert_int_eq(rmdir(folder), 0); /* which takes only empty ones */
	ck_assert_holds(2 * SPOOL_MEMORY, 1000);
}
END_TEST

START_TEST(a_failure_is_remembered)
{
	static const char *const folders[] = {"/nowhere/at/all", "/dev/null", ""};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		spool_clear(&spool);
		spool_init(&spool, folders[i][0] ? folders[i] : "/proc");
		fill(SPOOL_MEMORY, 1000);
		ck_assert(spool_ok(&spool));
		fill(SPOOL_MEMORY + 1, 1000);
		ck_assert(!spool_ok(&spool));
		spool_add(&spool, "x", 1);
		ck_assert(!spool_ok(&spool));
	}
}
END_TEST

START_TEST(a_full_disk_is_a_failure)
{
	/* Everything that is written to /dev/full finds it full. */
	fill(SPOOL_MEMORY + 1, 1000);
	ck_assert(freopen("/dev/full", "r+", stdin) != NULL);
	spool_clear(&spool);
	spool_init(&spool, "/tmp");
	spool.fd = 0;
	fill(SPOOL_MEMORY + 1, 1000);
	ck_assert(!spool_ok(&spool));
}
END_TEST

static void spool_much(void *context)
{
	(void)context;
	spool_init(&spool, "/tmp");
	fill(3 * SPOOL_MEMORY, 50 * 1000);
	ck_assert(spool_ok(&spool) != alloc_has_failed());
	spool_clear(&spool);
}

START_TEST(short_memory_is_a_failure)
{
	alloc_fail_each(spool_much, NULL);
}
END_TEST

Suite *spool_suite(void)
{
	Suite *suite = suite_create("spool");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_was_added_can_be_read);
	tcase_add_test(tests, a_file_has_no_name);
	tcase_add_test(tests, a_failure_is_remembered);
	tcase_add_test(tests, a_full_disk_is_a_failure);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
