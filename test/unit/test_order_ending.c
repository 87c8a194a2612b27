#include <check.h>
#include <string.h>

#include "domain/order_ending.h"

#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"

static struct order_line lines[2];

static void set_up(void)
{
	lines[0] = (struct order_line){.product_id = TEA, .quantity = 4};
	lines[1] = (struct order_line){.product_id = POT, .quantity = 1};
}

START_TEST(what_has_not_ended_can_be_cancelled)
{
	static const bool can[ORDER_STATUSES] = {
		[ORDER_PLACED] = true,
		[ORDER_CONFIRMED] = true,
	};

	for (int status = 0; status < ORDER_STATUSES; status++) {
		struct order order = {.status = (enum order_status)status};
		enum order_field obstacle = ORDER_FIELDS;

		ck_assert(order_cancel(&order, lines, 2, &obstacle) == can[status]);
		ck_assert_int_eq(obstacle, can[status] ? ORDER_FIELDS : ORDER_STATUS);
		ck_assert_int_eq((int)order.status, can[status] ? ORDER_CANCELLED : status);
	}
}
END_TEST

START_TEST(what_is_all_shipped_cannot_even_when_it_came_back)
{
	struct order order = {.status = ORDER_CONFIRMED};
	enum order_field obstacle = ORDER_FIELDS;

	lines[0].shipped = lines[0].returned = 4;
	lines[1].shipped = lines[1].returned = 1;
	ck_assert(!order_cancel(&order, lines, 2, &obstacle));
	ck_assert_int_eq(obstacle, ORDER_FULFILLMENT);
	ck_assert_int_eq(order.status, ORDER_CONFIRMED);
	ck_assert(!order.is_rest_cancelled);
}
END_TEST

START_TEST(of_what_is_partly_shipped_the_rest_can_once)
{
	struct order order = {.status = ORDER_CONFIRMED, .payment_status = PAYMENT_AUTHORIZED};
	enum order_field obstacle = ORDER_FIELDS;

	lines[0].shipped = 1;
	lines[1].planned = 1;
	ck_assert(order_cancel(&order, lines, 2, &obstacle));
	ck_assert(order.is_rest_cancelled);
	ck_assert_int_eq(order.status, ORDER_CONFIRMED);
	ck_assert_int_eq(order.payment_status, PAYMENT_AUTHORIZED); /* for what was shipped */
	ck_assert_int_eq(order_reserved(&lines[0]), 3);
	ck_assert_int_eq(order_reserved(&lines[1]), 1);
	lines[0].cancelled = 3;
	lines[1].cancelled = 1;
	ck_assert_int_eq(order_reserved(&lines[0]), 0);
	ck_assert(!order_cancel(&order, lines, 2, &obstacle));
	ck_assert_int_eq(obstacle, ORDER_FULFILLMENT);
}
END_TEST

START_TEST(only_what_was_authorized_is_voided)
{
	for (int status = 0; status < PAYMENT_STATUSES; status++) {
		struct order order = {.payment_status = (enum payment_status)status};
		enum order_field obstacle;

		ck_assert(order_cancel(&order, lines, 2, &obstacle));
		ck_assert_int_eq((int)order.payment_status,
				 status == PAYMENT_AUTHORIZED ? PAYMENT_VOIDED : status);
	}
}
END_TEST

START_TEST(pending_deliveries_go_with_the_order)
{
	struct order_delivery deliveries[] = {
		{.status = DELIVERY_PENDING, .version = 1, .updated_at = span_of("then")},
		{.status = DELIVERY_CANCELLED, .version = 2, .updated_at = span_of("then")},
		{.status = DELIVERY_SHIPPED, .version = 3, .updated_at = span_of("then")},
	};

	order_cancel_deliveries(deliveries, 3, span_of("now"));
	ck_assert_int_eq(deliveries[0].status, DELIVERY_CANCELLED);
	ck_assert_int_eq(deliveries[1].status, DELIVERY_CANCELLED);
	ck_assert_int_eq(deliveries[2].status, DELIVERY_SHIPPED);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(deliveries[i].version, i == 0 ? 2 : i + 1);
	ck_assert(span_equals(deliveries[0].updated_at, "now"));
	ck_assert(span_equals(deliveries[1].updated_at, "then"));
	ck_assert(span_equals(deliveries[2].updated_at, "then"));
}
END_TEST

START_TEST(they_keep_their_time_when_nobody_knows_when_that_was)
{
	struct order_delivery delivery = {
		.status = DELIVERY_PENDING,
		.version = 4,
		.updated_at = span_of("then"),
	};

	order_cancel_deliveries(&delivery, 1, (struct span){0});
	ck_assert_uint_eq(delivery.version, 5);
	ck_assert(span_equals(delivery.updated_at, "then"));
}
END_TEST

START_TEST(what_was_shipped_and_has_not_come_back_can_be_returned)
{
	const struct order_part parts[] = {{TEA, 3}, {POT, 1}, {"another", 2}};
	struct order_excess excess[3];

	lines[0].shipped = 4;
	lines[0].returned = 1;
	ck_assert_uint_eq(order_return_excess(lines, 2, parts, 1, excess), 0);
	ck_assert_uint_eq(order_return_excess(lines, 2, parts, 3, excess), 2);
	ck_assert_str_eq(excess[0].product_id, POT);
	ck_assert_int_eq(excess[0].requested, 1);
	ck_assert_int_eq(excess[0].possible, 0);
	ck_assert_str_eq(excess[1].product_id, "another");
	ck_assert_int_eq(excess[1].requested, 2);
	ck_assert_int_eq(excess[1].possible, 0);
	lines[0].returned = 2;
	ck_assert_uint_eq(order_return_excess(lines, 2, parts, 1, excess), 1);
	ck_assert_int_eq(excess[0].possible, 2);
}
END_TEST

Suite *order_ending_suite(void)
{
	Suite *suite = suite_create("order_ending");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, what_has_not_ended_can_be_cancelled);
	tcase_add_test(tests, what_is_all_shipped_cannot_even_when_it_came_back);
	tcase_add_test(tests, of_what_is_partly_shipped_the_rest_can_once);
	tcase_add_test(tests, only_what_was_authorized_is_voided);
	tcase_add_test(tests, pending_deliveries_go_with_the_order);
	tcase_add_test(tests, they_keep_their_time_when_nobody_knows_when_that_was);
	tcase_add_test(tests, what_was_shipped_and_has_not_come_back_can_be_returned);
	suite_add_tcase(suite, tests);
	return suite;
}
