#include <check.h>

#include "aws/service_clock.h"
#include "base/log.h"

static int64_t machine_ms;

static uint64_t monotonic_us(void *context)
{
	(void)context;
	return 7;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return machine_ms;
}

static const struct clock machine = {monotonic_us, wall_ms, NULL};
static struct service_clock clock;

static void set_up(void)
{
	log_set_level(LOG_ERROR);
	machine_ms = 1000000500;
	service_clock_init(&clock, &machine);
}

/* An answer of this whole second, after so many milliseconds. */
static int64_t offset_after(int64_t date_ms, uint64_t took_ms)
{
	service_clock_note(&clock, date_ms, took_ms * 1000);
	return clock_wall_ms(&clock.clock) - machine_ms;
}

START_TEST(a_clock_that_agrees_counts_to_the_millisecond)
{
	ck_assert_uint_eq(clock_monotonic_us(&clock.clock), 7);
	ck_assert_int_eq(offset_after(1000000000, 0), 0);
	ck_assert_int_eq(offset_after(1000001000, 0), 0);   /* half a second behind */
	ck_assert_int_eq(offset_after(999999000, 0), 0);    /* as much ahead, or more */
	ck_assert_int_eq(offset_after(999996000, 4000), 0); /* it took its time */
}
END_TEST

START_TEST(one_that_is_off_is_corrected_by_what_is_missing)
{
	ck_assert_int_eq(offset_after(1000002000, 0), 1500);
	ck_assert_int_eq(clock_wall_ms(&clock.clock), 1000002000);
	set_up();
	ck_assert_int_eq(offset_after(999998000, 0), -1501);
	ck_assert_int_eq(clock_wall_ms(&clock.clock), 999998999);
}
END_TEST

START_TEST(one_that_is_set_is_followed_and_one_that_is_set_right_is_believed)
{
	machine_ms += 3600000;
	ck_assert_int_eq(offset_after(1000000000, 0), -3599501);
	machine_ms += 2000; /* time passes */
	ck_assert_int_eq(offset_after(1000002000, 0), -3599501);
	machine_ms -= 3600000;
	ck_assert_int_eq(offset_after(1000002000, 0), 0);
	machine_ms -= 3600000;
	ck_assert_int_eq(offset_after(1000002000, 0), 3599500);
	machine_ms += 1800000; /* half the way */
	ck_assert_int_eq(offset_after(1000003000, 0) / 1000, 1801);
}
END_TEST

Suite *service_clock_suite(void)
{
	Suite *suite = suite_create("service_clock");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_clock_that_agrees_counts_to_the_millisecond);
	tcase_add_test(tests, one_that_is_off_is_corrected_by_what_is_missing);
	tcase_add_test(tests, one_that_is_set_is_followed_and_one_that_is_set_right_is_believed);
	suite_add_tcase(suite, tests);
	return suite;
}
