#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_placing.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct order_placed placed;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&placed, 0, sizeof(placed));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void place(bool is_cash)
{
	order_placing_run(&on.repo, &(struct order_placing){ORDER, is_cash}, &placed, &on.await);
}

static void expect(bool is_cash, enum result result, enum checkout_refusal refusal)
{
	place(is_cash);
	scripted_repo_expect(&on, result);
	if (result == RESULT_INVALID)
		ck_assert_int_eq(placed.refusal, refusal);
}

START_TEST(an_order_takes_over_what_the_checkout_has)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), DONE);
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "#s = :held AND version = :v AND expires_at > :now");
	ck_assert_sent(&on, 1, "\"lines\":{\"L\":[" FROZEN(TEA, "3"));
	ck_assert_sent(&on, 1, "#s = :open AND checkout_id = :id");
	ck_assert_sent(&on, 1, "order.placed");
	ck_assert_not_sent(&on, 1, "order.confirmed");
	ck_assert(placed.is_new);
	ck_assert_int_eq(placed.order.head.status, ORDER_PLACED);
	ck_assert_int_eq(placed.order.head.total, 750);
	ck_assert_uint_eq(placed.order.line_count, 2);
	ck_assert_uint_eq(placed.order.history_count, 1);
}
END_TEST

START_TEST(cash_on_delivery_is_confirmed_at_once)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD), DONE);
	expect(true, RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 1, "order.placed");
	ck_assert_sent(&on, 1, "order.confirmed");
	ck_assert_int_eq(placed.order.head.status, ORDER_CONFIRMED);
	ck_assert(placed.order.head.is_cash_on_delivery);
}
END_TEST

START_TEST(a_checkout_that_is_used_has_its_order)
{
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("used", BEFORE, "2", "")),
		    FOUND_ITEMS(PLACED_ORDER));
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert(!placed.is_new);
	ck_assert_uint_eq(placed.order.head.version, 1);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING, FOUND_ITEMS(PLACED_ORDER));
	expect(false, RESULT_OK, CHECKOUT_FINE);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT_NOTHING, FOUND_ITEMS(""));
	expect(false, RESULT_INVALID, CHECKOUT_NOT_FOUND);
}
END_TEST

#define ENDING(reason) CANCELLED(reason "," NONE "," NONE)

/* Else somebody who asked in time, and whose write comes late, could still make an order of it. */
START_TEST(what_is_over_is_ended_before_that_is_said)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), GOT(OVER), BATCH(STOCKS), DONE);
	expect(false, RESULT_INVALID, CHECKOUT_ENDED);
	ck_assert_operation(&on, 3, "TransactWriteItems");
	ck_assert_sent(&on, 3, "#s = :held AND version = :v AND expires_at <= :by");
	ck_assert_sent(&on, 3, "\":end\":{\"S\":\"expired\"}");
}
END_TEST

START_TEST(an_order_that_came_late_is_what_is_told)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), GOT(OVER), BATCH(STOCKS), ENDING(UNMET(OVER)),
		    GOT(CHECKOUT_ITEM("used", NOW, "2", "")),
		    GOT(CHECKOUT_ITEM("used", NOW, "2", "")), FOUND_ITEMS(PLACED_ORDER));
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert_int_eq(placed.refusal, CHECKOUT_FINE);
	ck_assert(!placed.is_new);
}
END_TEST

START_TEST(what_somebody_else_has_ended_or_extended_is_read_again)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), GOT(CHECKOUT_ITEM("expired", NOW, "2", "")),
		    GOT(CHECKOUT_ITEM("expired", NOW, "2", "")));
	expect(false, RESULT_INVALID, CHECKOUT_ENDED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), GOT(HELD), GOT(HELD), DONE);
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert(placed.is_new);
}
END_TEST

START_TEST(what_has_ended_and_what_is_no_id_is_told_at_once)
{
	SCRIPT_PLAY(&on.aws.script, GOT(CHECKOUT_ITEM("released", LATER, "2", "")));
	expect(false, RESULT_INVALID, CHECKOUT_ENDED);
	scripted_repo_renew(&on);
	order_placing_run(&on.repo, &(struct order_placing){"no id", false}, &placed, &on.await);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(placed.refusal, CHECKOUT_NOT_FOUND);
}
END_TEST

START_TEST(whoever_was_faster_has_made_it)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD),
		    CANCELLED(UNMET(HELD) "," UNMET_NOTHING "," NONE "," NONE "," UNMET_NOTHING
					  "," NONE),
		    GOT(CHECKOUT_ITEM("used", LATER, "2", "")), FOUND_ITEMS(PLACED_ORDER));
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert(!placed.is_new);
}
END_TEST

START_TEST(a_cart_that_is_gone_is_no_reason_not_to_order)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD),
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," UNMET_NOTHING "," NONE),
		    GOT(HELD), DONE);
	expect(false, RESULT_OK, CHECKOUT_FINE);
	ck_assert_sent(&on, 1, "\"C#" CART "\"");
	ck_assert_not_sent(&on, 3, "\"C#" CART "\"");
	ck_assert(placed.is_new);
}
END_TEST

START_TEST(too_many_others_are_told_to_come_again)
{
	struct script_step steps[2 * ORDER_PLACING_TRIES + 2];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i += 2) {
		steps[i] = (struct script_step)GOT(HELD);
		steps[i + 1] = (struct script_step)CANCELLED(UNMET(HELD) "," NONE "," NONE "," NONE
									 "," NONE "," NONE);
	}
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	expect(false, RESULT_THROTTLED, CHECKOUT_FINE);
}
END_TEST

static void place_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	place(true);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

static void end_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	place(false);
	result = scripted_repo_run(&on);
	if (result != RESULT_INVALID)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_also_when_it_is_over)
{
	SCRIPT_PLAY(&on.aws.script, GOT(OVER), GOT(OVER), BATCH(STOCKS), DONE);
	alloc_fail_each(end_once, NULL);
}
END_TEST

START_TEST(short_memory_is_a_failure)
{
	SCRIPT_PLAY(&on.aws.script, GOT(HELD_FOR_LONG), GOT(HELD_FOR_LONG));
	alloc_fail_each(place_once, NULL);
}
END_TEST

Suite *order_placing_suite(void)
{
	Suite *suite = suite_create("order_placing");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_order_takes_over_what_the_checkout_has);
	tcase_add_test(tests, cash_on_delivery_is_confirmed_at_once);
	tcase_add_test(tests, a_checkout_that_is_used_has_its_order);
	tcase_add_test(tests, what_is_over_is_ended_before_that_is_said);
	tcase_add_test(tests, an_order_that_came_late_is_what_is_told);
	tcase_add_test(tests, what_somebody_else_has_ended_or_extended_is_read_again);
	tcase_add_test(tests, what_has_ended_and_what_is_no_id_is_told_at_once);
	tcase_add_test(tests, whoever_was_faster_has_made_it);
	tcase_add_test(tests, a_cart_that_is_gone_is_no_reason_not_to_order);
	tcase_add_test(tests, too_many_others_are_told_to_come_again);
	tcase_add_test(tests, short_memory_is_a_failure);
	tcase_add_test(tests, short_memory_is_a_failure_also_when_it_is_over);
	suite_add_tcase(suite, tests);
	return suite;
}
