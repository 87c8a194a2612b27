#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/cursor.h"

static struct arena arena;
static struct repo repo;

static void set_up(void)
{
	repo = (struct repo){.digest = digest_new(), .cursor_key = "a key"};
	ck_assert_ptr_nonnull(repo.digest);
}

static void tear_down(void)
{
	digest_free(repo.digest);
	arena_clear(&arena);
}

static const struct span position = {"apple\0id", 8};

static enum result read_back(const char *scope, const char *cursor)
{
	struct span found = {0};
	enum result result = cursor_read(&repo, span_of(scope), cursor, &arena, &found);

	if (result == RESULT_OK) {
		ck_assert_uint_eq(found.len, position.len);
		ck_assert_mem_eq(found.data, position.data, position.len);
	} else {
		ck_assert_ptr_null(found.data);
	}
	return result;
}

START_TEST(a_cursor_leads_back_to_its_position)
{
	const char *cursor = cursor_make(&repo, span_of("list"), position, &arena);

	ck_assert_uint_eq(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-_"),
			  strlen(cursor));
	ck_assert_int_eq(read_back("list", cursor), RESULT_OK);
}
END_TEST

START_TEST(a_cursor_is_good_for_its_own_query_and_table_only)
{
	const char *cursor = cursor_make(&repo, span_of("list"), position, &arena);

	ck_assert_int_eq(read_back("lists", cursor), RESULT_INVALID);
	ck_assert_int_eq(read_back("", cursor), RESULT_INVALID);
	ck_assert_int_eq(read_back("listapple", cursor), RESULT_INVALID);
	repo.cursor_key[0] ^= 1;
	ck_assert_int_eq(read_back("list", cursor), RESULT_INVALID);
}
END_TEST

START_TEST(a_changed_cursor_is_refused)
{
	const char *cursor = cursor_make(&repo, span_of("list"), position, &arena);
	char changed[256];

	for (size_t i = 0; i < strlen(cursor); i++) {
		for (const char *c = "ABcd19-_=. "; *c; c++) {
			strcpy(changed, cursor);
			if (changed[i] == *c)
				continue;
			changed[i] = *c;
			ck_assert_int_eq(read_back("list", changed), RESULT_INVALID);
		}
		strcpy(changed, cursor);
		changed[i] = '\0';
		ck_assert_int_eq(read_back("list", changed), RESULT_INVALID);
	}
	strcpy(changed, cursor);
	strcat(changed, "A");
	ck_assert_int_eq(read_back("list", changed), RESULT_INVALID);
}
END_TEST

START_TEST(what_never_was_a_cursor_is_refused)
{
	char long_one[4001];

	memset(long_one, 'A', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	ck_assert_int_eq(read_back("list", ""), RESULT_INVALID);
	ck_assert_int_eq(read_back("list", "A"), RESULT_INVALID);
	ck_assert_int_eq(read_back("list", "AAAAAAAAAAAAAAAAAAAAAA"), RESULT_INVALID);
	ck_assert_int_eq(read_back("list", long_one), RESULT_INVALID);
	ck_assert_int_eq(read_back("list", "{}"), RESULT_INVALID);
}
END_TEST

START_TEST(the_longest_position_fits)
{
	char bytes[CURSOR_POSITION_MAX];
	struct span found = {0};
	const char *cursor;

	memset(bytes, 'x', sizeof(bytes));
	cursor = cursor_make(&repo, span_of("s"), (struct span){bytes, sizeof(bytes)}, &arena);
	ck_assert_int_eq(cursor_read(&repo, span_of("s"), cursor, &arena, &found), RESULT_OK);
	ck_assert_uint_eq(found.len, sizeof(bytes));
}
END_TEST

static void make_and_read(void *context)
{
	struct arena own = {0};
	struct span found = {0};
	const char *cursor = cursor_make(&repo, span_of("list"), position, &own);
	enum result result = RESULT_NO_MEMORY;

	(void)context;
	if (cursor)
		result = cursor_read(&repo, span_of("list"), cursor, &own, &found);
	ck_assert_int_eq(result, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	arena_clear(&own);
}

START_TEST(short_memory_is_no_invalid_cursor)
{
	alloc_fail_each(make_and_read, NULL);
}
END_TEST

Suite *cursor_suite(void)
{
	Suite *suite = suite_create("cursor");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_cursor_leads_back_to_its_position);
	tcase_add_test(tests, a_cursor_is_good_for_its_own_query_and_table_only);
	tcase_add_test(tests, a_changed_cursor_is_refused);
	tcase_add_test(tests, what_never_was_a_cursor_is_refused);
	tcase_add_test(tests, the_longest_position_fits);
	tcase_add_test(tests, short_memory_is_no_invalid_cursor);
	suite_add_tcase(suite, tests);
	return suite;
}
