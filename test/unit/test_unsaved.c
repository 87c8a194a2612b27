#include "notify/unsaved.h"

#include <check.h>
#include <stdio.h>

#include "alloc_fail.h"

static struct unsaved unsaved;

static void tear_down(void)
{
	unsaved_clear(&unsaved);
}

/* One of many ids, valid until the next one. */
static struct span id_of(unsigned number)
{
	static char id[ID_SIZE];

	snprintf(id, sizeof(id), "01900000-0000-7000-8000-%012u", number);
	return span_of(id);
}

START_TEST(what_is_set_is_found_until_it_is_saved)
{
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(1)), STAGE_NONE);
	unsaved_set(&unsaved, id_of(1), STAGE_SENT);
	unsaved_set(&unsaved, id_of(2), STAGE_LEFT);
	unsaved_set(&unsaved, id_of(1), STAGE_DONE);
	ck_assert_uint_eq(unsaved.count, 2);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(1)), STAGE_DONE);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(2)), STAGE_LEFT);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(3)), STAGE_NONE);
	unsaved_set(&unsaved, id_of(1), STAGE_NONE);
	unsaved_set(&unsaved, id_of(3), STAGE_NONE);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(1)), STAGE_NONE);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(2)), STAGE_LEFT);
	ck_assert_ptr_nonnull(unsaved.entries);
	unsaved_set(&unsaved, id_of(2), STAGE_NONE);
	ck_assert_ptr_null(unsaved.entries);
}
END_TEST

START_TEST(when_it_is_full_the_oldest_make_room)
{
	for (unsigned i = 0; i < UNSAVED_MAX + 3; i++)
		unsaved_set(&unsaved, id_of(i), STAGE_DONE);
	ck_assert_uint_eq(unsaved.count, UNSAVED_MAX);
	for (unsigned i = 0; i < UNSAVED_MAX + 3; i++)
		ck_assert_int_eq(unsaved_find(&unsaved, id_of(i)), i < 3 ? STAGE_NONE : STAGE_DONE);
	unsaved_set(&unsaved, id_of(50), STAGE_NONE);
	unsaved_set(&unsaved, id_of(0), STAGE_SENT);
	ck_assert_uint_eq(unsaved.count, UNSAVED_MAX);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(0)), STAGE_SENT);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(3)), STAGE_DONE);
}
END_TEST

START_TEST(what_is_no_id_is_not_kept)
{
	unsaved_set(&unsaved, span_of("x"), STAGE_DONE);
	unsaved_set(&unsaved, (struct span){0}, STAGE_DONE);
	ck_assert_uint_eq(unsaved.count, 0);
	ck_assert_int_eq(unsaved_find(&unsaved, span_of("x")), STAGE_NONE);
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
	alloc_fail_at(1);
	unsaved_set(&unsaved, id_of(1), STAGE_DONE);
	ck_assert(alloc_has_failed());
	alloc_fail_at(0);
	ck_assert_int_eq(unsaved_find(&unsaved, id_of(1)), STAGE_NONE);
	ck_assert_uint_eq(unsaved.count, 0);
}
END_TEST

Suite *unsaved_suite(void)
{
	Suite *suite = suite_create("unsaved");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, what_is_set_is_found_until_it_is_saved);
	tcase_add_test(tests, when_it_is_full_the_oldest_make_room);
	tcase_add_test(tests, what_is_no_id_is_not_kept);
	tcase_add_test(tests, without_memory_nothing_is_kept);
	suite_add_tcase(suite, tests);
	return suite;
}
