#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/order_state.h"

/* What docs/api.md says, told once more: each state and all that may follow. */
static const struct {
	enum order_field field;
	unsigned state;
	const char *name;
	const char *next; /* with a space before and behind each */
} expected[] = {
	{ORDER_STATUS, ORDER_PLACED, "placed", " confirmed expired cancelled "},
	{ORDER_STATUS, ORDER_CONFIRMED, "confirmed", " completed cancelled "},
	{ORDER_STATUS, ORDER_COMPLETED, "completed", " "},
	{ORDER_STATUS, ORDER_EXPIRED, "expired", " "},
	{ORDER_STATUS, ORDER_CANCELLED, "cancelled", " "},
	{ORDER_PAYMENT, PAYMENT_NONE, "none", " authorized paid failed "},
	{ORDER_PAYMENT, PAYMENT_AUTHORIZED, "authorized", " paid voided "},
	{ORDER_PAYMENT, PAYMENT_PAID, "paid", " partially_refunded refunded "},
	{ORDER_PAYMENT, PAYMENT_FAILED, "failed", " authorized paid failed "},
	{ORDER_PAYMENT, PAYMENT_VOIDED, "voided", " "},
	{ORDER_PAYMENT, PAYMENT_PARTIALLY_REFUNDED, "partially_refunded",
	 " partially_refunded refunded "},
	{ORDER_PAYMENT, PAYMENT_REFUNDED, "refunded", " "},
	{ORDER_FULFILLMENT, FULFILLMENT_UNFULFILLED, "unfulfilled", " partial shipped "},
	{ORDER_FULFILLMENT, FULFILLMENT_PARTIAL, "partial", " partial shipped "},
	{ORDER_FULFILLMENT, FULFILLMENT_SHIPPED, "shipped", " delivered returned "},
	{ORDER_FULFILLMENT, FULFILLMENT_DELIVERED, "delivered", " returned "},
	{ORDER_FULFILLMENT, FULFILLMENT_RETURNED, "returned", " "},
};

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

START_TEST(states_are_known_by_their_names)
{
	unsigned state;

	ck_assert_uint_eq(EXPECTED, ORDER_STATUSES + PAYMENT_STATUSES + FULFILLMENT_STATUSES);
	ck_assert_str_eq(order_state_name(expected[_i].field, expected[_i].state),
			 expected[_i].name);
	ck_assert(order_state_find(expected[_i].field, span_of(expected[_i].name), &state));
	ck_assert_uint_eq(state, expected[_i].state);
	ck_assert(!order_state_find(expected[_i].field, span_of("lost"), &state));
	ck_assert(!order_state_find(expected[_i].field, (struct span){0}, &state));
}
END_TEST

START_TEST(each_change_is_allowed_or_not_as_it_is_told)
{
	char name[32];

	for (size_t to = 0; to < EXPECTED; to++) {
		if (expected[to].field != expected[_i].field)
			continue;
		snprintf(name, sizeof(name), " %s ", expected[to].name);
		ck_assert_int_eq(order_state_may_change(expected[_i].field, expected[_i].state,
							expected[to].state),
				 strstr(expected[_i].next, name) != NULL);
	}
}
END_TEST

static void refuse(void *context)
{
	struct buf out = {0};

	(void)context;
	buf_init(&out, 256);
	order_state_write_refusal(ORDER_STATUS, ORDER_CONFIRMED, &out);
	ck_assert_int_eq(buf_ok(&out), !alloc_has_failed());
	if (buf_ok(&out))
		ck_assert_str_eq(buf_text(&out), "\"field\":\"status\",\"current\":\"confirmed\","
						 "\"allowed\":[\"completed\",\"cancelled\"]");
	buf_clear(&out);
}

START_TEST(a_refusal_names_what_is_and_what_is_allowed)
{
	struct buf out = {0};

	refuse(NULL);
	alloc_fail_each(refuse, NULL);
	buf_init(&out, 256);
	order_state_write_refusal(ORDER_PAYMENT, PAYMENT_VOIDED, &out);
	ck_assert_str_eq(buf_text(&out), "\"field\":\"payment_status\",\"current\":\"voided\","
					 "\"allowed\":[]");
	buf_clear(&out);
}
END_TEST

Suite *order_state_suite(void)
{
	Suite *suite = suite_create("order_state");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, states_are_known_by_their_names, 0, EXPECTED);
	tcase_add_loop_test(tests, each_change_is_allowed_or_not_as_it_is_told, 0, EXPECTED);
	tcase_add_test(tests, a_refusal_names_what_is_and_what_is_allowed);
	suite_add_tcase(suite, tests);
	return suite;
}
