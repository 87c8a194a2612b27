#include <check.h>
#include <string.h>

#include "domain/order.h"

#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"
#define CUP "00000000-0000-4000-8000-00000000000c"

static struct order_line lines[2];
static struct order_part teas[1];
static struct order_part pots[1];
static struct order_delivery deliveries[2];
static struct order_return returns[1];

static void set_up(void)
{
	lines[0] = (struct order_line){.product_id = TEA, .quantity = 3};
	lines[1] = (struct order_line){.product_id = POT, .quantity = 2};
	teas[0] = (struct order_part){TEA, 3};
	pots[0] = (struct order_part){POT, 2};
	deliveries[0] =
		(struct order_delivery){.status = DELIVERY_SHIPPED, .parts = teas, .part_count = 1};
	deliveries[1] =
		(struct order_delivery){.status = DELIVERY_SHIPPED, .parts = pots, .part_count = 1};
	returns[0] = (struct order_return){.parts = teas, .part_count = 1};
}

START_TEST(deliveries_count_by_their_status)
{
	static const struct {
		enum delivery_status status;
		int64_t planned, shipped, delivered;
	} rows[] = {
		{DELIVERY_PENDING, 3, 0, 0},
		{DELIVERY_SHIPPED, 0, 3, 0},
		{DELIVERY_DELIVERED, 0, 3, 3},
		{DELIVERY_CANCELLED, 0, 0, 0},
	};

	deliveries[0].status = rows[_i].status;
	ck_assert(order_count_deliveries(lines, 2, deliveries, 1));
	ck_assert_int_eq(lines[0].planned, rows[_i].planned);
	ck_assert_int_eq(lines[0].shipped, rows[_i].shipped);
	ck_assert_int_eq(lines[0].delivered, rows[_i].delivered);
	ck_assert_int_eq(lines[1].shipped, 0);
}
END_TEST

START_TEST(what_cannot_be_is_noticed)
{
	strcpy(teas[0].product_id, CUP);
	ck_assert(!order_count_deliveries(lines, 2, deliveries, 1));
	ck_assert(!order_count_returns(lines, 2, returns, 1));
	set_up();
	teas[0].quantity = 4;
	ck_assert(!order_count_deliveries(lines, 2, deliveries, 1));
	set_up();
	teas[0].quantity = 0;
	ck_assert(!order_count_deliveries(lines, 2, deliveries, 1));
	set_up();
	deliveries[1].parts = teas; /* all of it twice */
	ck_assert(!order_count_deliveries(lines, 2, deliveries, 2));
	set_up();
	ck_assert(!order_count_returns(lines, 2, returns, 1)); /* nothing is shipped */
}
END_TEST

START_TEST(fulfilment_follows_from_the_counts)
{
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_UNFULFILLED);
	lines[0].planned = 3;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_UNFULFILLED);
	lines[0].shipped = 3;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_PARTIAL);
	lines[1].shipped = 2;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_SHIPPED);
	lines[0].delivered = 3;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_SHIPPED);
	lines[1].delivered = 2;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_DELIVERED);
	lines[0].returned = 3;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_DELIVERED);
	lines[1].returned = 2;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_RETURNED);
}
END_TEST

START_TEST(what_is_cancelled_is_not_waited_for)
{
	lines[0].shipped = 1;
	lines[0].cancelled = 2;
	lines[1].cancelled = 2;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_SHIPPED);
	lines[0].delivered = 1;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_DELIVERED);
	lines[0].returned = 1;
	ck_assert_int_eq(order_fulfillment(lines, 2), FULFILLMENT_RETURNED);
}
END_TEST

START_TEST(names_of_a_deliverys_status)
{
	enum delivery_status status;

	for (int i = DELIVERY_PENDING; i <= DELIVERY_CANCELLED; i++) {
		const char *name = delivery_status_name((enum delivery_status)i);

		ck_assert(delivery_status_find(span_of(name), &status));
		ck_assert_int_eq(status, i);
	}
	ck_assert(!delivery_status_find(span_of("lost"), &status));
}
END_TEST

START_TEST(states_are_had_by_their_field)
{
	const struct order order = {.status = ORDER_EXPIRED,
				    .payment_status = PAYMENT_PAID,
				    .fulfillment_status = FULFILLMENT_PARTIAL};

	ck_assert_uint_eq(order_state_of(&order, ORDER_STATUS), ORDER_EXPIRED);
	ck_assert_uint_eq(order_state_of(&order, ORDER_PAYMENT), PAYMENT_PAID);
	ck_assert_uint_eq(order_state_of(&order, ORDER_FULFILLMENT), FULFILLMENT_PARTIAL);
}
END_TEST

START_TEST(only_what_is_placed_and_unpaid_awaits_payment)
{
	struct order order = {.status = ORDER_PLACED};

	ck_assert(order_awaits_payment(&order));
	order.payment_status = PAYMENT_FAILED;
	ck_assert(order_awaits_payment(&order));
	order.payment_status = PAYMENT_AUTHORIZED;
	ck_assert(!order_awaits_payment(&order));
	order = (struct order){.status = ORDER_CONFIRMED};
	ck_assert(!order_awaits_payment(&order));
}
END_TEST

START_TEST(time_to_pay_begins_with_the_order_or_its_last_payment)
{
	static const struct order order = {.created_at = "2026-11-24T01:02:03.004Z",
					   .updated_at = "2026-11-24T01:09:00.000Z"};
	const struct order_payment payments[] = {
		{.updated_at = span_of("2026-11-24T01:05:00.000Z")},
		{.updated_at = span_of("2026-11-24T01:04:00.000Z")},
		{.updated_at = span_of("another tool's")},
	};
	char since[CLOCK_RFC3339_SIZE];

	order_waits_since(&order, NULL, 0, since);
	ck_assert_str_eq(since, "2026-11-24T01:02:03.004Z");
	order_waits_since(&order, payments, 3, since);
	ck_assert_str_eq(since, "2026-11-24T01:05:00.000Z");
}
END_TEST

Suite *order_suite(void)
{
	Suite *suite = suite_create("order");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_loop_test(tests, deliveries_count_by_their_status, 0, 4);
	tcase_add_test(tests, what_cannot_be_is_noticed);
	tcase_add_test(tests, fulfilment_follows_from_the_counts);
	tcase_add_test(tests, what_is_cancelled_is_not_waited_for);
	tcase_add_test(tests, names_of_a_deliverys_status);
	tcase_add_test(tests, states_are_had_by_their_field);
	tcase_add_test(tests, only_what_is_placed_and_unpaid_awaits_payment);
	tcase_add_test(tests, time_to_pay_begins_with_the_order_or_its_last_payment);
	suite_add_tcase(suite, tests);
	return suite;
}
