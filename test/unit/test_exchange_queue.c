#include <check.h>
#include <string.h>

#include "io/exchange_queue.h"

enum { COUNT = 4 };

static struct exchange exchanges[COUNT];
static struct exchange_queue queue;

static void set_up(void)
{
	memset(exchanges, 0, sizeof(exchanges));
	memset(&queue, 0, sizeof(queue));
	for (size_t i = 0; i < COUNT; i++)
		exchange_queue_add(&queue, &exchanges[i]);
}

/* The queue holds just these, in both directions. */
static void check_order(const size_t *order, size_t count)
{
	struct exchange *at = queue.first;
	struct exchange *previous = NULL;

	ck_assert_uint_eq(queue.count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(at, &exchanges[order[i]]);
		ck_assert_ptr_eq(at->previous, previous);
		ck_assert_ptr_eq(at->queue, &queue);
		previous = at;
		at = at->next;
	}
	ck_assert_ptr_null(at);
	ck_assert_ptr_eq(queue.last, previous);
}

START_TEST(exchanges_stand_in_the_order_in_which_they_came)
{
	check_order((size_t[]){0, 1, 2, 3}, 4);
}
END_TEST

START_TEST(an_exchange_can_leave_from_anywhere)
{
	exchange_queue_remove(&exchanges[1]);
	check_order((size_t[]){0, 2, 3}, 3);
	exchange_queue_remove(&exchanges[0]);
	check_order((size_t[]){2, 3}, 2);
	exchange_queue_remove(&exchanges[3]);
	check_order((size_t[]){2}, 1);
	exchange_queue_remove(&exchanges[2]);
	check_order(NULL, 0);
	ck_assert_ptr_null(exchanges[2].queue);
}
END_TEST

START_TEST(who_left_can_come_back_at_the_end)
{
	exchange_queue_remove(&exchanges[0]);
	exchange_queue_add(&queue, &exchanges[0]);
	check_order((size_t[]){1, 2, 3, 0}, 4);
}
END_TEST

Suite *exchange_queue_suite(void)
{
	Suite *suite = suite_create("exchange_queue");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, exchanges_stand_in_the_order_in_which_they_came);
	tcase_add_test(tcase, an_exchange_can_leave_from_anywhere);
	tcase_add_test(tcase, who_left_can_come_back_at_the_end);
	suite_add_tcase(suite, tcase);
	return suite;
}
