#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/rate_limit.h"

#define SECOND_US UINT64_C(1000000)
#define START_US (17 * SECOND_US)

static struct rate_limit *limit;
static uint64_t now_us;

static void begin(uint64_t rate, uint64_t burst)
{
	now_us = START_US;
	limit = rate_limit_new(rate, burst, now_us);
	ck_assert_ptr_nonnull(limit);
}

static void tear_down(void)
{
	rate_limit_free(limit);
	limit = NULL;
}

/* A caller in the first set, by the part of his hash that tells him from others there. */
static uint64_t neighbour(uint64_t number)
{
	return number << 44;
}

static bool take(uint64_t caller)
{
	return rate_limit_take(limit, caller, now_us) == 0;
}

static unsigned take_all(uint64_t caller)
{
	unsigned taken = 0;

	while (take(caller))
		taken++;
	return taken;
}

static const struct {
	uint64_t rate;
	uint64_t burst;
	uint64_t window_s;
} limits[] = {{1, 1, 1},     {1, 5, 5},  {10, 5, 1},
	      {100, 200, 2}, {3, 10, 4}, {RATE_MAX, RATE_BURST_MAX, 10}};

START_TEST(a_burst_is_served_at_once_and_then_the_rate)
{
	uint64_t rate = limits[_i].rate;
	uint64_t burst = limits[_i].burst;
	unsigned later = 0;

	begin(rate, burst);
	ck_assert_uint_eq(rate_limit_burst(limit), burst);
	ck_assert_uint_eq(rate_limit_window_s(limit), limits[_i].window_s);
	ck_assert_uint_eq(take_all(neighbour(1)), burst);
	for (int step = 0; step < 10000; step++) {
		now_us += SECOND_US / 1000;
		later += take_all(neighbour(1));
	}
	ck_assert_uint_ge(later, 10 * rate * 99 / 100);
	ck_assert_uint_le(later, 10 * rate * 101 / 100);
}
END_TEST

START_TEST(who_waits_as_told_is_served_and_who_does_not_is_not)
{
	uint64_t wait_us;

	begin(100, 20);
	ck_assert_uint_eq(take_all(neighbour(1)), 20);
	wait_us = rate_limit_take(limit, neighbour(1), now_us);
	ck_assert_uint_gt(wait_us, 9900);
	ck_assert_uint_le(wait_us, 10000);
	now_us += wait_us - 16;
	ck_assert(!take(neighbour(1)));
	now_us += 16;
	ck_assert(take(neighbour(1)));
	ck_assert(!take(neighbour(1)));
}
END_TEST

START_TEST(a_bucket_gets_full_but_not_fuller)
{
	begin(10, 5);
	ck_assert_uint_eq(take_all(neighbour(1)), 5);
	now_us += SECOND_US / 5;
	ck_assert_uint_eq(take_all(neighbour(1)), 2);
	now_us += 1000 * SECOND_US;
	ck_assert_uint_eq(take_all(neighbour(1)), 5);
}
END_TEST

START_TEST(callers_do_not_hinder_each_other)
{
	static const char name[] = "admin";

	begin(10, 5);
	for (enum rate_kind kind = 0; kind < RATE_KINDS; kind++) {
		ck_assert_uint_eq(take_all(rate_limit_caller(limit, kind, name, 5)), 5);
		ck_assert_uint_eq(take_all(rate_limit_caller(limit, kind, name, 4)), 5);
		ck_assert_uint_eq(take_all(rate_limit_caller(limit, kind, name, 5)), 0);
	}
}
END_TEST

START_TEST(nobody_knows_whose_bucket_is_where)
{
	struct rate_limit *other = rate_limit_new(10, 5, START_US);

	begin(10, 5);
	ck_assert_uint_ne(rate_limit_caller(limit, RATE_USER, "jo", 2),
			  rate_limit_caller(other, RATE_USER, "jo", 2));
	rate_limit_free(other);
}
END_TEST

START_TEST(a_clock_that_is_a_bit_behind_does_no_harm)
{
	begin(10, 5);
	now_us = START_US - SECOND_US;
	ck_assert_uint_eq(take_all(neighbour(1)), 5);
}
END_TEST

START_TEST(while_a_place_is_free_nobody_shares_a_bucket)
{
	begin(10, 5);
	for (uint64_t i = 1; i <= RATE_WAYS; i++)
		ck_assert_uint_eq(take_all(neighbour(i)), 5);
	now_us += SECOND_US / 2; /* all are full again */
	for (uint64_t i = 1; i <= RATE_WAYS; i++)
		ck_assert_uint_eq(take_all(neighbour(100 + i)), 5);
	ck_assert_uint_eq(rate_limit_crowded(limit), 0);
}
END_TEST

START_TEST(in_a_full_set_who_comes_shares_with_who_has_used_the_least)
{
	begin(10, 5);
	for (uint64_t i = 2; i <= RATE_WAYS; i++)
		ck_assert_uint_eq(take_all(neighbour(i)), 5);
	ck_assert(take(neighbour(1)) && take(neighbour(1)));
	ck_assert(take(neighbour(99)));
	ck_assert_uint_eq(rate_limit_crowded(limit), 1);
	ck_assert_uint_eq(take_all(neighbour(1)), 2);
	ck_assert(!take(neighbour(99)));
	ck_assert_uint_eq(take_all(neighbour(2)), 0);
}
END_TEST

/* What an own bucket of each caller would say, to compare with. */
struct own_bucket {
	uint64_t until_us;
};

static bool own_admits(struct own_bucket *bucket, uint64_t interval_us, uint64_t depth_us)
{
	uint64_t until_us = (bucket->until_us > now_us ? bucket->until_us : now_us) + interval_us;

	if (until_us > now_us + depth_us)
		return false;
	bucket->until_us = until_us;
	return true;
}

START_TEST(however_many_push_each_other_out_nobody_gets_more_than_his_own)
{
	enum { CALLERS = 3 * RATE_WAYS, REQUESTS = 100000 };
	static struct own_bucket own[CALLERS];
	uint64_t interval_us = 1000000 / 16 / 10 * 16; /* as whole ticks */
	unsigned served = 0;

	begin(10, 5);
	srand(1);
	for (int i = 0; i < REQUESTS; i++) {
		int caller = rand() % (i / 20000 % 2 == 0 ? CALLERS : RATE_WAYS + 2);

		now_us += (uint64_t)(rand() % 64) * 160;
		if (!take(neighbour((uint64_t)caller + 1)))
			continue;
		served++;
		ck_assert(own_admits(&own[caller], interval_us, 5 * interval_us));
	}
	ck_assert_uint_gt(served, 1000);
	ck_assert_uint_gt(rate_limit_crowded(limit), 100);
}
END_TEST

static void *hammer(void *context)
{
	unsigned *served = context;

	for (int i = 0; i < 20000; i++)
		*served += take(neighbour(1));
	return NULL;
}

START_TEST(workers_count_together)
{
	pthread_t threads[3];
	unsigned served[3] = {0};

	begin(10, RATE_BURST_MAX);
	ck_assert(take(neighbour(1))); /* known already: see rate_limit.h */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, &served[i]), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(1 + served[0] + served[1] + served[2], RATE_BURST_MAX);
}
END_TEST

static void make(void *context)
{
	struct rate_limit *made = rate_limit_new(10, 5, START_US);

	(void)context;
	ck_assert((made != NULL) != alloc_has_failed());
	rate_limit_free(made);
}

START_TEST(without_memory_there_is_none)
{
	alloc_fail_each(make, NULL);
}
END_TEST

Suite *rate_limit_suite(void)
{
	Suite *suite = suite_create("rate_limit");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_loop_test(tests, a_burst_is_served_at_once_and_then_the_rate, 0,
			    sizeof(limits) / sizeof(limits[0]));
	tcase_add_test(tests, who_waits_as_told_is_served_and_who_does_not_is_not);
	tcase_add_test(tests, a_bucket_gets_full_but_not_fuller);
	tcase_add_test(tests, callers_do_not_hinder_each_other);
	tcase_add_test(tests, nobody_knows_whose_bucket_is_where);
	tcase_add_test(tests, a_clock_that_is_a_bit_behind_does_no_harm);
	tcase_add_test(tests, while_a_place_is_free_nobody_shares_a_bucket);
	tcase_add_test(tests, in_a_full_set_who_comes_shares_with_who_has_used_the_least);
	tcase_add_test(tests, however_many_push_each_other_out_nobody_gets_more_than_his_own);
	tcase_add_test(tests, workers_count_together);
	tcase_add_test(tests, without_memory_there_is_none);
	suite_add_tcase(suite, tests);
	return suite;
}
