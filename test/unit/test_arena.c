#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/arena.h"

static struct arena arena;

static void set_up(void)
{
	arena = (struct arena){0};
}

static void tear_down(void)
{
	arena_clear(&arena);
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

START_TEST(memory_is_zeroed_and_aligned_also_when_it_is_used_again)
{
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 200; size++) {
			unsigned char *memory = arena_alloc(&arena, size);

			ck_assert_ptr_nonnull(memory);
			ck_assert_uint_eq((uintptr_t)memory % alignof(max_align_t), 0);
			ck_assert(is_zero(memory, size));
			memset(memory, 0xaa, size);
		}
		arena_reset(&arena);
	}
}
END_TEST

START_TEST(allocations_do_not_overlap)
{
	unsigned char *blocks[300];

	for (size_t i = 0; i < 300; i++) {
		blocks[i] = arena_alloc(&arena, i * 7 % 90 + 1);
		memset(blocks[i], (int)i & 0xff, i * 7 % 90 + 1);
	}
	for (size_t i = 0; i < 300; i++) {
		for (size_t at = 0; at < i * 7 % 90 + 1; at++)
			ck_assert_uint_eq(blocks[i][at], i & 0xff);
	}
}
END_TEST

START_TEST(even_nothing_has_an_address_of_its_own)
{
	const void *first = arena_alloc(&arena, 0);

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_ne(first, arena_alloc(&arena, 0));
}
END_TEST

START_TEST(a_copy_has_a_nul_behind_it)
{
	ck_assert_str_eq(arena_copy(&arena, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_copy(&arena, NULL, 0), "");
}
END_TEST

START_TEST(one_large_allocation_fits_up_to_the_maximum)
{
	ck_assert_ptr_null(arena_alloc(&arena, ARENA_MAX));
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
	ck_assert_ptr_null(arena_copy(&arena, "", SIZE_MAX));
	ck_assert_ptr_nonnull(arena_alloc(&arena, ARENA_MAX - 64));
	ck_assert_uint_le(arena.total, ARENA_MAX);
}
END_TEST

START_TEST(many_small_ones_end_at_the_maximum)
{
	size_t sum = 0;

	while (arena_alloc(&arena, 1000))
		sum += 1000;
	ck_assert_uint_le(arena.total, ARENA_MAX);
	ck_assert_uint_gt(sum, (size_t)ARENA_MAX / 100 * 95);
	arena_clear(&arena);
	ck_assert_uint_eq(arena.total, 0);
	ck_assert_ptr_nonnull(arena_alloc(&arena, 1000));
}
END_TEST

START_TEST(a_reset_keeps_one_small_block)
{
	const void *first = arena_alloc(&arena, 100);

	for (int i = 0; i < 100; i++)
		arena_alloc(&arena, 1000);
	arena_reset(&arena);
	ck_assert_uint_gt(arena.total, 0);
	ck_assert_uint_le(arena.total, 8 * 1024);
	ck_assert_ptr_eq(arena_alloc(&arena, 100), first);
}
END_TEST

START_TEST(a_reset_gives_a_huge_first_block_back)
{
	arena_alloc(&arena, 1000000);
	arena_reset(&arena);
	ck_assert_uint_eq(arena.total, 0);
	arena_reset(&arena);
}
END_TEST

static void allocate(void *context)
{
	struct arena own = {0};
	bool is_whole = true;

	(void)context;
	for (size_t i = 0; i < 40; i++)
		is_whole = arena_copy(&own, "some text", 9) && arena_alloc(&own, 1000) && is_whole;
	ck_assert(is_whole != alloc_has_failed());
	arena_reset(&own);
	arena_clear(&own);
}

START_TEST(it_is_null_when_there_is_no_memory)
{
	alloc_fail_each(allocate, NULL);
}
END_TEST

Suite *arena_suite(void)
{
	Suite *all = suite_create("arena");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, memory_is_zeroed_and_aligned_also_when_it_is_used_again);
	tcase_add_test(cases, allocations_do_not_overlap);
	tcase_add_test(cases, even_nothing_has_an_address_of_its_own);
	tcase_add_test(cases, a_copy_has_a_nul_behind_it);
	tcase_add_test(cases, one_large_allocation_fits_up_to_the_maximum);
	tcase_add_test(cases, many_small_ones_end_at_the_maximum);
	tcase_add_test(cases, a_reset_keeps_one_small_block);
	tcase_add_test(cases, a_reset_gives_a_huge_first_block_back);
	tcase_add_test(cases, it_is_null_when_there_is_no_memory);
	suite_add_tcase(all, cases);
	return all;
}
