#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_draft.h"

static struct arena arena;
static struct stored_order order;
static struct order before;
static struct order_draft draft;

static void set_up(void)
{
	before = (struct order){.id = ORDER, .currency = "EUR", .total = 750, .version = 2};
	order = (struct stored_order){.head = before};
	draft = (struct order_draft){.order = &order, .before = &before, .arena = &arena};
}

static void tear_down(void)
{
	arena_clear(&arena);
}

START_TEST(parts_are_put_beside_the_head)
{
	static const struct order_part parts[] = {{TEA, 1}};

	order_draft_put_payment(&draft, &(struct order_payment){.reference = span_of("r"),
								.status = PAYMENT_PAID,
								.amount = 750});
	order_draft_put_delivery(&draft, &(struct order_delivery){.number = 1,
								  .id = DELIVERY,
								  .parts = parts,
								  .part_count = 1});
	order_draft_put_return(&draft, &(struct order_return){.id = RETURN,
							      .parts = parts,
							      .part_count = 1});
	ck_assert_int_eq(draft.failed, RESULT_OK);
	ck_assert_uint_eq(draft.write_count, 3);
	ck_assert_str_eq(draft.writes[0].key.pk, "O#" ORDER);
	ck_assert_str_eq(draft.writes[0].key.sk, "PAY#r");
	ck_assert_ptr_nonnull(strstr(draft.writes[0].item, "\"amount\":{\"N\":\"7.5\"}"));
	ck_assert_str_eq(draft.writes[1].key.sk, "D#0001");
	ck_assert_str_eq(draft.writes[2].key.sk, "R#" RETURN);
}
END_TEST

START_TEST(other_writes_are_copied)
{
	char text[] = "SET a = :a";

	order_draft_write(&draft, &(struct dynamodb_write){.action = DYNAMODB_UPDATE,
							   .key = {"X#1", "#"},
							   .update = text});
	memset(text, 'x', sizeof(text) - 1);
	ck_assert_str_eq(draft.writes[0].update, "SET a = :a");
	ck_assert_ptr_null(draft.writes[0].condition);
}
END_TEST

START_TEST(stocks_are_moved_for_the_order)
{
	order_draft_move(&draft, TEA, STOCK_SHIP, 3);
	order_draft_move(&draft, POT, STOCK_GIVE_BACK, 1);
	ck_assert_uint_eq(draft.moves->count, 2);
	ck_assert_str_eq(draft.moves->reference, ORDER);
	ck_assert_str_eq(draft.moves->lines[1].product_id, POT);
	ck_assert_int_eq(draft.moves->lines[1].move, STOCK_GIVE_BACK);
}
END_TEST

/* With the rest cancelled, a tea is all that is to come. */
START_TEST(the_order_follows_what_became_of_its_parts)
{
	static const struct order_part parts[] = {{TEA, 1}};
	struct order_line line = {.product_id = TEA, .quantity = 2};
	struct order_delivery delivery = {.status = DELIVERY_SHIPPED,
					  .parts = parts,
					  .part_count = 1};
	struct order_return back = {.parts = parts, .part_count = 1};

	before.status = order.head.status = ORDER_CONFIRMED;
	order.lines = &line;
	order.line_count = 1;
	order.deliveries = &delivery;
	order.delivery_count = 1;
	order.returns = &back;
	order_draft_follow(&draft);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_PARTIAL);
	order.head.is_rest_cancelled = true;
	order_draft_follow(&draft);
	order_draft_tell_end(&draft);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_SHIPPED);
	ck_assert_int_eq(order.head.status, ORDER_CONFIRMED);
	ck_assert_uint_eq(draft.event_count, 0);
	order.return_count = 1;
	order_draft_follow(&draft);
	order_draft_tell_end(&draft);
	ck_assert_int_eq(order.head.fulfillment_status, FULFILLMENT_RETURNED);
	ck_assert_int_eq(order.head.status, ORDER_COMPLETED);
	ck_assert_uint_eq(draft.event_count, 1);
	ck_assert_int_eq(draft.events[0].type, EVENT_ORDER_COMPLETED);
	before.status = ORDER_COMPLETED;
	order_draft_follow(&draft);
	order_draft_tell_end(&draft);
	ck_assert_uint_eq(draft.event_count, 1);
	ck_assert_int_eq(draft.failed, RESULT_OK);
	line.quantity = 0;
	order_draft_follow(&draft);
	ck_assert_int_eq(draft.failed, RESULT_GARBLED);
}
END_TEST

START_TEST(an_event_tells_what_the_order_has_come_to_but_not_whose_it_is)
{
	struct buf out = {0};

	before.email = span_of("a\\\"");
	memcpy(before.user_id, USER, ID_SIZE);
	buf_init(&out, 4096);
	order_draft_describe(&before, "\"more\":{}", &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"order_id\":\"" ORDER "\",\"user_id\":\"" USER
			 "\",\"status\":\"placed\",\"payment_status\":\"none\","
			 "\"fulfillment_status\":\"unfulfilled\",\"total\":7.5,\"paid\":0,"
			 "\"refunded\":0,\"currency\":\"EUR\",\"line_count\":0,\"version\":2,"
			 "\"more\":{}}");
	buf_clear(&out);
}
END_TEST

static void draft_once(void *context)
{
	(void)context;
	set_up();
	order_draft_move(&draft, TEA, STOCK_SHIP, 3);
	order_draft_put_payment(&draft, &(struct order_payment){.reference = span_of("r")});
	ck_assert_int_eq(draft.failed, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	arena_clear(&arena);
}

START_TEST(short_memory_is_remembered)
{
	alloc_fail_each(draft_once, NULL);
}
END_TEST

Suite *order_draft_suite(void)
{
	Suite *suite = suite_create("order_draft");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, parts_are_put_beside_the_head);
	tcase_add_test(tests, other_writes_are_copied);
	tcase_add_test(tests, stocks_are_moved_for_the_order);
	tcase_add_test(tests, the_order_follows_what_became_of_its_parts);
	tcase_add_test(tests, an_event_tells_what_the_order_has_come_to_but_not_whose_it_is);
	tcase_add_test(tests, short_memory_is_remembered);
	suite_add_tcase(suite, tests);
	return suite;
}
