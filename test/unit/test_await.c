#include <check.h>
#include <signal.h>
#include <time.h>

#include "base/await.h"

static unsigned resumed;
static bool was_pending;

static void resume(struct await *await)
{
	resumed++;
	was_pending = await->is_pending;
}

START_TEST(finishing_wakes_the_waiter_once_and_says_what_came_of_it)
{
	struct await await = {.resume = resume};

	await_start(&await);
	ck_assert(await.is_pending);
	ck_assert_uint_eq(resumed, 0);
	await_finish(&await, RESULT_NOT_FOUND);
	ck_assert(!await.is_pending);
	ck_assert_uint_eq(resumed, 1);
	ck_assert_msg(!was_pending, "the waiter may start the next operation at once");
	ck_assert_int_eq(await.result, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(without_a_waiter_the_result_is_just_there)
{
	struct await await = {0};

	await_start(&await);
	await_finish(&await, RESULT_OK);
	ck_assert_int_eq(await.result, RESULT_OK);
}
END_TEST

START_TEST(waiting_times_add_up)
{
	const struct timespec pause = {.tv_nsec = 3000000};
	struct await await = {0};

	for (int i = 0; i < 2; i++) {
		await_start(&await);
		nanosleep(&pause, NULL);
		await_finish(&await, RESULT_OK);
	}
	ck_assert_uint_ge(await.usage.wait_us, 6000);
	ck_assert_uint_lt(await.usage.wait_us, 2000000);
}
END_TEST

static void start_next(struct await *await)
{
	if (resumed++ == 0)
		await_start(await);
}

START_TEST(the_waiter_may_start_the_next_operation_when_it_is_woken)
{
	struct await await = {.resume = start_next};

	await_start(&await);
	await_finish(&await, RESULT_OK);
	ck_assert(await.is_pending);
	await_finish(&await, RESULT_TIMEOUT);
	ck_assert_uint_eq(resumed, 2);
}
END_TEST

START_TEST(an_operation_without_memory_is_over_when_it_begins)
{
	struct arena arena = {0};
	struct await await = {.resume = resume, .arena = &arena};
	const char *memory = await_begin(&await, 100);

	ck_assert(await.is_pending);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(memory[i], 0);
	await_finish(&await, RESULT_OK);
	ck_assert_ptr_null(await_begin(&await, ARENA_MAX + 1));
	ck_assert(!await.is_pending);
	ck_assert_int_eq(await.result, RESULT_NO_MEMORY);
	ck_assert_uint_eq(resumed, 2);
	arena_clear(&arena);
}
END_TEST

START_TEST(starting_twice_is_a_mistake_of_ours)
{
	struct await await = {0};

	await_start(&await);
	await_start(&await);
}
END_TEST

START_TEST(finishing_twice_is_a_mistake_of_ours)
{
	struct await await = {0};

	await_start(&await);
	await_finish(&await, RESULT_OK);
	await_finish(&await, RESULT_OK);
}
END_TEST

Suite *await_suite(void)
{
	Suite *all = suite_create("await");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, finishing_wakes_the_waiter_once_and_says_what_came_of_it);
	tcase_add_test(cases, without_a_waiter_the_result_is_just_there);
	tcase_add_test(cases, waiting_times_add_up);
	tcase_add_test(cases, the_waiter_may_start_the_next_operation_when_it_is_woken);
	tcase_add_test(cases, an_operation_without_memory_is_over_when_it_begins);
	tcase_add_test_raise_signal(cases, starting_twice_is_a_mistake_of_ours, SIGABRT);
	tcase_add_test_raise_signal(cases, finishing_twice_is_a_mistake_of_ours, SIGABRT);
	suite_add_tcase(all, cases);
	return all;
}
