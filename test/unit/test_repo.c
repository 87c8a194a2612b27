#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/repo.h"

static struct arena arena;
static struct await await;
static unsigned ends;

static void on_end(struct await *ended)
{
	(void)ended;
	ends++;
}

static void set_up(void)
{
	arena = (struct arena){0};
	await = (struct await){.arena = &arena, .resume = on_end};
	ends = 0;
}

static void tear_down(void)
{
	arena_clear(&arena);
}

START_TEST(an_operation_begins_with_memory_of_its_own)
{
	const int *memory = repo_begin(&await, sizeof(*memory),
				       "00000000-0000-4000-8000-000000000000", RESULT_NOT_FOUND);

	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(*memory, 0);
	ck_assert(await.is_pending);
	ck_assert_uint_eq(ends, 0);
}
END_TEST

START_TEST(what_is_no_id_is_missing)
{
	ck_assert_ptr_null(repo_begin(&await, 1, "no id", RESULT_NO_OWNER));
	ck_assert(!await.is_pending);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(await.result, RESULT_NO_OWNER);
}
END_TEST

START_TEST(short_memory_ends_it)
{
	alloc_fail_at(1);
	ck_assert_ptr_null(
		repo_begin(&await, 1, "00000000-0000-4000-8000-000000000000", RESULT_NOT_FOUND));
	alloc_fail_at(0);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(await.result, RESULT_NO_MEMORY);
}
END_TEST

START_TEST(the_partition_key_is_named_whatever_it_is_called)
{
	struct repo repo = {.db = {.partition_key = "sku"}};
	char names[REPO_NAMES_SIZE];

	repo_key_names(&repo, names);
	ck_assert_str_eq(names, "{\"#p\":\"sku\"}");
}
END_TEST

START_TEST(the_longest_name_has_room)
{
	char longest[256];
	struct repo repo = {.db = {.partition_key = longest}};
	char names[REPO_NAMES_SIZE];

	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	repo_key_names(&repo, names);
	ck_assert_ptr_nonnull(strstr(names, longest));
	ck_assert_str_eq(names + strlen(names) - 3, "k\"}");
}
END_TEST

Suite *repo_suite(void)
{
	Suite *suite = suite_create("repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_operation_begins_with_memory_of_its_own);
	tcase_add_test(tests, what_is_no_id_is_missing);
	tcase_add_test(tests, short_memory_ends_it);
	tcase_add_test(tests, the_partition_key_is_named_whatever_it_is_called);
	tcase_add_test(tests, the_longest_name_has_room);
	suite_add_tcase(suite, tests);
	return suite;
}
