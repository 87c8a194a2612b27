#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_step.h"

static struct arena arena;
static struct repo repo;
static struct await await;
static struct stored_order order;
static struct order_line lines[2];
static struct order_delivery deliveries[2];
static struct order_part parts[] = {{TEA, 2}, {POT, 1}};
static struct order_draft draft;
static struct delivery_outcome outcome;

static void begin(void)
{
	lines[0] = (struct order_line){.product_id = TEA, .quantity = 2};
	lines[1] = (struct order_line){.product_id = POT, .quantity = 1};
	deliveries[0] = (struct order_delivery){.number = 1,
						.id = PARCEL,
						.status = DELIVERY_SHIPPED,
						.carrier = span_of("dhl"),
						.tracking_number = span_of("1"),
						.parts = parts,
						.part_count = 2,
						.version = 4};
	order = (struct stored_order){
		.head = {.id = ORDER, .status = ORDER_CONFIRMED, .currency = "EUR"},
		.lines = lines,
		.line_count = 2,
		.deliveries = deliveries,
		.delivery_count = 1,
	};
	draft = (struct order_draft){
		.order = &order,
		.before = &order.head,
		.now = span_of("NOW"),
		.arena = &arena,
		.repo = &repo,
		.await = &await,
	};
}

static void tear_down(void)
{
	arena_clear(&arena);
}

START_TEST(shipping_moves_every_part)
{
	delivery_step_ship(&draft, &deliveries[0]);
	ck_assert_uint_eq(draft.moves->count, 2);
	ck_assert_int_eq(draft.moves->lines[0].move, STOCK_SHIP);
	ck_assert_int_eq(draft.moves->lines[0].quantity, 2);
	ck_assert_str_eq(draft.moves->lines[1].product_id, POT);
}
END_TEST

START_TEST(the_order_follows_its_deliveries)
{
	delivery_step_put(&draft, &deliveries[0]);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_SHIPPED);
	ck_assert_int_eq(order.head.status, ORDER_CONFIRMED);
	ck_assert_uint_eq(deliveries[0].version, 5);
	ck_assert(span_equals(deliveries[0].updated_at, "NOW"));
	deliveries[0].status = DELIVERY_DELIVERED;
	delivery_step_put(&draft, &deliveries[0]);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_DELIVERED);
	ck_assert_int_eq(order.head.status, ORDER_COMPLETED);
	ck_assert_str_eq(draft.writes[1].key.sk, "D#0001");
	ck_assert_int_eq(draft.failed, RESULT_OK);
}
END_TEST

START_TEST(what_came_back_before_it_was_delivered_completes_the_order_too)
{
	struct order_return back = {.parts = parts, .part_count = 2};

	order.returns = &back;
	order.return_count = 1;
	deliveries[0].status = DELIVERY_DELIVERED;
	delivery_step_put(&draft, &deliveries[0]);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_RETURNED);
	ck_assert_int_eq(order.head.status, ORDER_COMPLETED);
}
END_TEST

START_TEST(a_delivery_that_does_not_fit_its_order_fails_the_draft)
{
	lines[0].quantity = 1;
	delivery_step_put(&draft, &deliveries[0]);
	ck_assert_int_eq(draft.failed, RESULT_GARBLED);
}
END_TEST

START_TEST(events_tell_of_the_delivery)
{
	delivery_step_tell(&draft, EVENT_DELIVERY_SHIPPED, &deliveries[0]);
	ck_assert_uint_eq(draft.event_count, 1);
	ck_assert_int_eq(draft.events[0].type, EVENT_DELIVERY_SHIPPED);
	ck_assert_str_eq(draft.events[0].extra,
			 "\"delivery\":{\"id\":\"" PARCEL
			 "\",\"status\":\"shipped\",\"carrier\":\"dhl\",\"tracking_number\":\"1\","
			 "\"lines\":[{\"product_id\":\"" TEA
			 "\",\"quantity\":2},{\"product_id\":\"" POT "\",\"quantity\":1}]}");
}
END_TEST

START_TEST(a_delivery_is_found_by_its_id)
{
	struct delivery_name name = {ORDER, PARCEL, 4};

	ck_assert_ptr_eq(delivery_step_find(&draft, &name, &outcome), &deliveries[0]);
	ck_assert_int_eq(outcome.verdict, DELIVERY_FINE);
	ck_assert_uint_eq(outcome.before.version, 4);
	name.id = ORDER;
	ck_assert_ptr_null(delivery_step_find(&draft, &name, &outcome));
	ck_assert_int_eq(outcome.verdict, DELIVERY_UNKNOWN);
}
END_TEST

static void step_once(void *context)
{
	(void)context;
	begin();
	delivery_step_put(&draft, &deliveries[0]);
	delivery_step_ship(&draft, &deliveries[0]);
	delivery_step_tell(&draft, EVENT_DELIVERY_SHIPPED, &deliveries[0]);
	ck_assert_int_eq(draft.failed, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	arena_clear(&arena);
}

START_TEST(short_memory_fails_the_draft)
{
	alloc_fail_each(step_once, NULL);
}
END_TEST

Suite *delivery_step_suite(void)
{
	Suite *suite = suite_create("delivery_step");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, begin, tear_down);
	tcase_add_test(tests, shipping_moves_every_part);
	tcase_add_test(tests, the_order_follows_its_deliveries);
	tcase_add_test(tests, what_came_back_before_it_was_delivered_completes_the_order_too);
	tcase_add_test(tests, a_delivery_that_does_not_fit_its_order_fails_the_draft);
	tcase_add_test(tests, events_tell_of_the_delivery);
	tcase_add_test(tests, a_delivery_is_found_by_its_id);
	tcase_add_test(tests, short_memory_fails_the_draft);
	suite_add_tcase(suite, tests);
	return suite;
}
