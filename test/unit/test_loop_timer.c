#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "io/loop.h"
#include "looping.h"

enum { TIMERS = 200 };

static void note_timer(struct loop_timer *timer)
{
	looping_note(timer->context);
}

#define TIMER(name)                                   \
	{                                             \
		.fire = note_timer, .context = (name) \
	}

START_TEST(timers_fire_once_in_the_order_of_their_times)
{
	struct loop_timer a = TIMER("a");
	struct loop_timer b = TIMER("b");
	struct loop_timer c = TIMER("c");

	ck_assert(loop_timer_set(looping.loop, &c, LOOPING_START_US + 30));
	ck_assert(loop_timer_set(looping.loop, &a, LOOPING_START_US + 10));
	ck_assert(loop_timer_set(looping.loop, &b, LOOPING_START_US + 20));
	looping_turn_after(9);
	ck_assert_str_eq(looping.notes, "");
	looping_turn_after(1);
	ck_assert_str_eq(looping.notes, "a");
	looping_turn_after(100);
	ck_assert_str_eq(looping.notes, "abc");
	looping_turn_after(100);
	ck_assert_str_eq(looping.notes, "abc");
}
END_TEST

START_TEST(a_timer_that_is_set_again_forgets_its_first_time)
{
	struct loop_timer a = TIMER("a");
	struct loop_timer b = TIMER("b");

	ck_assert(loop_timer_set(looping.loop, &a, LOOPING_START_US + 10));
	ck_assert(loop_timer_set(looping.loop, &b, LOOPING_START_US + 30));
	ck_assert(loop_timer_set(looping.loop, &a, LOOPING_START_US + 40)); /* later */
	looping_turn_after(20);
	ck_assert_str_eq(looping.notes, "");
	ck_assert(loop_timer_set(looping.loop, &b, LOOPING_START_US + 20)); /* sooner */
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "b");
	looping_turn_after(20);
	ck_assert_str_eq(looping.notes, "ba");
}
END_TEST

START_TEST(a_timer_that_is_off_does_not_fire)
{
	struct loop_timer a = TIMER("a");

	loop_timer_off(looping.loop, &a); /* harmless when it never was on */
	ck_assert(loop_timer_set(looping.loop, &a, LOOPING_START_US));
	loop_timer_off(looping.loop, &a);
	loop_timer_off(looping.loop, &a);
	looping_turn_after(10);
	ck_assert_str_eq(looping.notes, "");
}
END_TEST

static void switch_off_another(struct loop_timer *timer)
{
	looping_note("!");
	loop_timer_off(looping.loop, timer->context);
}

START_TEST(a_handler_may_switch_off_a_timer_that_is_due_too)
{
	struct loop_timer victim = TIMER("v");
	struct loop_timer killer = {.fire = switch_off_another, .context = &victim};

	ck_assert(loop_timer_set(looping.loop, &killer, LOOPING_START_US + 1));
	ck_assert(loop_timer_set(looping.loop, &victim, LOOPING_START_US + 2));
	looping_turn_after(5);
	ck_assert_str_eq(looping.notes, "!");
}
END_TEST

static void set_for_the_past(struct loop_timer *timer)
{
	looping_note("x");
	ck_assert(loop_timer_set(looping.loop, timer, LOOPING_START_US));
}

START_TEST(a_timer_that_sets_itself_for_the_past_waits_for_the_next_turn)
{
	struct loop_timer timer = {.fire = set_for_the_past};

	ck_assert(loop_timer_set(looping.loop, &timer, LOOPING_START_US));
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "x");
	looping_turn_after(1);
	ck_assert_str_eq(looping.notes, "xx");
	loop_timer_off(looping.loop, &timer);
}
END_TEST

/* Each of many timers checks that it is not early and that none before it was later. */
static uint64_t last_due_us;
static size_t fired;

static void check_order(struct loop_timer *timer)
{
	ck_assert_uint_le(timer->due_us, looping.now_us);
	ck_assert_uint_ge(timer->due_us, last_due_us);
	last_due_us = timer->due_us;
	fired++;
}

START_TEST(many_timers_set_moved_and_removed_in_any_order_stay_sorted)
{
	static struct loop_timer timers[TIMERS];
	size_t left = 0;

	srand(1);
	for (size_t i = 0; i < 20 * TIMERS; i++) {
		struct loop_timer *timer = &timers[(size_t)rand() % TIMERS];

		timer->fire = check_order;
		if (rand() % 4 == 0)
			loop_timer_off(looping.loop, timer);
		else
			ck_assert(loop_timer_set(looping.loop, timer,
						 LOOPING_START_US + (uint64_t)rand() % 500));
	}
	for (size_t i = 0; i < TIMERS; i++)
		left += timers[i].position != 0;
	ck_assert_uint_gt(left, TIMERS / 2);
	for (int i = 0; i < 50; i++)
		looping_turn_after(10);
	ck_assert_uint_eq(fired, left);
}
END_TEST

START_TEST(a_turn_waits_for_the_next_timer_and_no_longer)
{
	const struct clock *clock = clock_system();
	struct loop *loop = loop_new(clock);
	struct loop_timer timer = TIMER("t");
	uint64_t start_us = clock_monotonic_us(clock);

	ck_assert(loop_timer_set(loop, &timer, start_us + 20 * 1000));
	loop_turn(loop, UINT64_MAX);
	ck_assert_str_eq(looping.notes, "t");
	ck_assert_uint_ge(loop_now_us(loop), start_us + 20 * 1000);
	ck_assert_uint_lt(loop_now_us(loop), start_us + 500 * 1000);
	ck_assert_uint_eq(loop_heartbeat_us(loop), loop_now_us(loop));
	loop_free(loop);
}
END_TEST

/* ---- out of memory ---- */

static void fill_a_loop(void *context)
{
	static struct loop_timer timers[TIMERS];
	struct loop *loop = loop_new(&looping.clock);
	bool all_set = true;

	(void)context;
	memset(timers, 0, sizeof(timers));
	if (loop == NULL) {
		ck_assert(alloc_has_failed());
		return;
	}
	for (size_t i = 0; i < TIMERS; i++) {
		bool is_set = loop_timer_set(loop, &timers[i], LOOPING_START_US + TIMERS - i);

		ck_assert(is_set == (timers[i].position != 0));
		all_set = all_set && is_set;
	}
	ck_assert(all_set != alloc_has_failed());
	for (size_t i = 0; i < TIMERS; i++)
		loop_timer_off(loop, &timers[i]);
	loop_free(loop);
}

START_TEST(a_loop_without_memory_fails_as_it_says)
{
	alloc_fail_each(fill_a_loop, NULL);
}
END_TEST

Suite *loop_timer_suite(void)
{
	Suite *suite = suite_create("loop_timer");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, looping_set_up, looping_tear_down);
	tcase_add_test(tcase, timers_fire_once_in_the_order_of_their_times);
	tcase_add_test(tcase, a_timer_that_is_set_again_forgets_its_first_time);
	tcase_add_test(tcase, a_timer_that_is_off_does_not_fire);
	tcase_add_test(tcase, a_handler_may_switch_off_a_timer_that_is_due_too);
	tcase_add_test(tcase, a_timer_that_sets_itself_for_the_past_waits_for_the_next_turn);
	tcase_add_test(tcase, many_timers_set_moved_and_removed_in_any_order_stay_sorted);
	tcase_add_test(tcase, a_turn_waits_for_the_next_timer_and_no_longer);
	tcase_add_test(tcase, a_loop_without_memory_fails_as_it_says);
	suite_add_tcase(suite, tcase);
	return suite;
}
