#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/lending.h"

static struct lending lending;

static void set_up(void)
{
	lending = (struct lending){0};
}

static void tear_down(void)
{
	lending_clear(&lending);
}

START_TEST(an_arena_is_lent_again_empty)
{
	struct arena arena = lending_take_arena(&lending);
	const void *first = arena_alloc(&arena, 100);

	ck_assert_ptr_nonnull(arena_alloc(&arena, 100000));
	lending_give_arena(&lending, &arena);
	ck_assert_ptr_null(arena.blocks);
	arena = lending_take_arena(&lending);
	ck_assert_ptr_eq(arena_alloc(&arena, 100), first);
	lending_give_arena(&lending, &arena);
}
END_TEST

START_TEST(an_arena_without_memory_is_not_kept)
{
	struct arena arena = {0};

	lending_give_arena(&lending, &arena);
	ck_assert_uint_eq(lending.arena_count, 0);
}
END_TEST

START_TEST(a_body_is_lent_again_empty_with_another_maximum)
{
	struct buf body = lending_take_body(&lending, 1000000);
	const char *memory;

	buf_add_str(&body, "some text");
	memory = body.data;
	lending_give_body(&lending, &body);
	ck_assert_ptr_null(body.data);
	body = lending_take_body(&lending, 500000);
	ck_assert_ptr_eq(body.data, memory);
	ck_assert_uint_eq(body.len, 0);
	ck_assert_uint_eq(body.max, 500000);
	ck_assert_str_eq(buf_text(&body), "");
	buf_clear(&body);
}
END_TEST

START_TEST(a_failed_body_is_whole_again)
{
	struct buf body = {0};

	buf_init(&body, 10);
	buf_add_str(&body, "12345");
	buf_add_str(&body, "1234567");
	ck_assert(!buf_ok(&body));
	lending_give_body(&lending, &body);
	body = lending_take_body(&lending, 1000000);
	ck_assert(buf_ok(&body));
	buf_add_str(&body, "1234567890123");
	ck_assert_str_eq(buf_text(&body), "1234567890123");
	buf_clear(&body);
}
END_TEST

START_TEST(a_small_maximum_is_never_exceeded)
{
	struct buf body = lending_take_body(&lending, 1000000);

	buf_reserve(&body, LENDING_BODY_ROOM_MAX / 2);
	lending_give_body(&lending, &body);
	body = lending_take_body(&lending, 10);
	ck_assert_ptr_null(body.data);
	buf_add_str(&body, "12345678901");
	ck_assert(!buf_ok(&body));
	buf_clear(&body);
}
END_TEST

START_TEST(a_large_body_is_not_kept)
{
	struct buf body = lending_take_body(&lending, 1000000);

	buf_reserve(&body, LENDING_BODY_ROOM_MAX + 1);
	lending_give_body(&lending, &body);
	ck_assert_ptr_null(body.data);
	ck_assert_uint_eq(lending.body_count, 0);
}
END_TEST

START_TEST(only_so_many_are_kept)
{
	static struct arena arenas[LENDING_MAX + 5];
	static struct buf bodies[LENDING_MAX + 5];

	for (size_t i = 0; i < LENDING_MAX + 5; i++) {
		arenas[i] = lending_take_arena(&lending);
		bodies[i] = lending_take_body(&lending, 1000000);
		arena_alloc(&arenas[i], 10);
		buf_add_str(&bodies[i], "x");
	}
	for (size_t i = 0; i < LENDING_MAX + 5; i++) {
		lending_give_arena(&lending, &arenas[i]);
		lending_give_body(&lending, &bodies[i]);
	}
	ck_assert_uint_eq(lending.arena_count, LENDING_MAX);
	ck_assert_uint_eq(lending.body_count, LENDING_MAX);
}
END_TEST

/* Lends so many at once, and takes them back. */
static void lend_at_once(size_t count)
{
	struct arena arenas[8];
	struct buf bodies[8];

	for (size_t i = 0; i < count; i++) {
		arenas[i] = lending_take_arena(&lending);
		bodies[i] = lending_take_body(&lending, 1000000);
		ck_assert_ptr_nonnull(arena_alloc(&arenas[i], 10));
		buf_add_str(&bodies[i], "x");
	}
	for (size_t i = 0; i < count; i++) {
		lending_give_arena(&lending, &arenas[i]);
		lending_give_body(&lending, &bodies[i]);
	}
}

START_TEST(what_was_not_needed_for_a_while_is_given_back)
{
	static const struct {
		size_t at_once;
		size_t kept;
	} rounds[] = {{8, 8}, {3, 3}, {3, 3}, {5, 5}, {1, 1}, {0, 0}, {0, 0}, {2, 2}};

	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		lend_at_once(rounds[i].at_once);
		lending_trim(&lending);
		ck_assert_uint_eq(lending.arena_count, rounds[i].kept);
		ck_assert_uint_eq(lending.body_count, rounds[i].kept);
	}
}
END_TEST

START_TEST(what_was_lent_last_is_not_what_is_given_back)
{
	struct arena arena;
	const void *last;

	lend_at_once(4);
	lending_trim(&lending);
	arena = lending_take_arena(&lending);
	last = arena_alloc(&arena, 10);
	lending_give_arena(&lending, &arena);
	lending_trim(&lending);
	ck_assert_uint_eq(lending.arena_count, 1);
	arena = lending_take_arena(&lending);
	ck_assert_ptr_eq(arena_alloc(&arena, 10), last);
	lending_give_arena(&lending, &arena);
}
END_TEST

static void lend(void *context)
{
	struct lending own = {0};

	(void)context;
	for (int i = 0; i < 3; i++) {
		struct arena arena = lending_take_arena(&own);
		struct buf body = lending_take_body(&own, 1000000);

		(void)arena_alloc(&arena, 10);
		buf_add_str(&body, "x");
		lending_give_arena(&own, &arena);
		lending_give_body(&own, &body);
		lending_trim(&own);
	}
	lending_clear(&own);
}

START_TEST(short_memory_leaves_less_to_lend)
{
	alloc_fail_each(lend, NULL);
}
END_TEST

Suite *lending_suite(void)
{
	Suite *suite = suite_create("lending");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, an_arena_is_lent_again_empty);
	tcase_add_test(tcase, an_arena_without_memory_is_not_kept);
	tcase_add_test(tcase, a_body_is_lent_again_empty_with_another_maximum);
	tcase_add_test(tcase, a_failed_body_is_whole_again);
	tcase_add_test(tcase, a_small_maximum_is_never_exceeded);
	tcase_add_test(tcase, a_large_body_is_not_kept);
	tcase_add_test(tcase, only_so_many_are_kept);
	tcase_add_test(tcase, what_was_not_needed_for_a_while_is_given_back);
	tcase_add_test(tcase, what_was_lent_last_is_not_what_is_given_back);
	tcase_add_test(tcase, short_memory_leaves_less_to_lend);
	suite_add_tcase(suite, tcase);
	return suite;
}
