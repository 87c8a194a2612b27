#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc_fail.h"
#include "base/secret.h"
#include "written.h"

START_TEST(a_file_is_read_whole)
{
	const char *path = written("token", "hush");
	struct buf text;

	ck_assert(secret_read_file(path, 100, &text));
	ck_assert_str_eq(buf_text(&text), "hush");
	secret_clear(&text);
	ck_assert(secret_read_file(path, 4, &text));
	ck_assert_str_eq(buf_text(&text), "hush");
	secret_clear(&text);
}
END_TEST

START_TEST(one_that_is_too_long_or_not_there_is_not_read)
{
	struct buf text;

	ck_assert(!secret_read_file(written("token", "hush"), 3, &text));
	ck_assert_int_eq(errno, EFBIG);
	secret_clear(&text);
	ck_assert(!secret_read_file(written_path("none"), 3, &text));
	ck_assert_int_eq(errno, ENOENT);
	secret_clear(&text);
	ck_assert(!secret_read_file("/", 3, &text));
	ck_assert_int_eq(errno, EISDIR);
	secret_clear(&text);
}
END_TEST

START_TEST(nothing_is_left_behind_a_reset)
{
	struct buf text;
	char *bytes;

	buf_init(&text, 100);
	ck_assert(secret_reserve(&text));
	bytes = text.data;
	buf_add_str(&text, "hush");
	ck_assert_ptr_eq(bytes, text.data);
	secret_reset(&text);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_int_eq(memcmp(bytes, "\0\0\0\0", 4), 0);
	secret_clear(&text);
	ck_assert_ptr_null(text.data);
}
END_TEST

static const char *left;
static bool was_wiped;

static void look_at_what_goes(const void *block)
{
	if (block == left)
		was_wiped = memcmp(block, "\0\0\0\0", 4) == 0;
}

START_TEST(what_needs_more_room_leaves_nothing_behind)
{
	struct buf text;

	buf_init(&text, 100000);
	buf_add_str(&text, "hush");
	left = text.data;
	secret_renew(&text, 4);
	ck_assert_ptr_eq(left, text.data);
	ck_assert_uint_eq(text.len, 0);

	buf_add_str(&text, "hush");
	alloc_on_free(look_at_what_goes);
	secret_renew(&text, 99999);
	alloc_on_free(NULL);
	ck_assert(was_wiped);
	ck_assert(buf_ok(&text));
	ck_assert_uint_ge(text.room, 99999);

	secret_renew(&text, 100001);
	ck_assert(!buf_ok(&text));
	secret_clear(&text);
}
END_TEST

START_TEST(who_else_may_read_a_file_is_known)
{
	static const struct {
		mode_t mode;
		bool is_readable;
		bool is_writable;
	} cases[] = {
		{0600, false, false}, {0400, false, false}, {0640, true, false},
		{0620, false, true},  {0644, true, false},  {0606, true, true},
	};
	const char *path = written("token", "hush");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(chmod(path, cases[i].mode), 0);
		ck_assert_int_eq(secret_is_readable(path), cases[i].is_readable);
		ck_assert_int_eq(secret_is_writable(path), cases[i].is_writable);
	}
	ck_assert(!secret_is_readable(written_path("none")));
	ck_assert(!secret_is_writable(written_path("none")));
}
END_TEST

static void read_it(void *context)
{
	struct buf text;

	ck_assert(secret_read_file(context, 100, &text) != alloc_has_failed());
	secret_clear(&text);
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(read_it, (void *)(uintptr_t)written("token", "hush"));
}
END_TEST

Suite *secret_suite(void)
{
	Suite *all = suite_create("secret");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, written_set_up, written_tear_down);
	tcase_add_test(cases, a_file_is_read_whole);
	tcase_add_test(cases, one_that_is_too_long_or_not_there_is_not_read);
	tcase_add_test(cases, nothing_is_left_behind_a_reset);
	tcase_add_test(cases, what_needs_more_room_leaves_nothing_behind);
	tcase_add_test(cases, who_else_may_read_a_file_is_known);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
