#include <check.h>
#include <string.h>

#include "order_texts.h"
#include "repo/order_part.h"

static struct arena arena;
static struct buf out;
static const struct order head = {.id = ORDER, .currency = "EUR"};
static const struct order_part parts[] = {{TEA, 3}, {POT, 1}};

static void set_up(void)
{
	buf_init(&out, ORDER_ITEM_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
	arena_clear(&arena);
}

/* What was written, as an item with this sort key. */
static struct item written(const char *sk)
{
	struct item item;
	struct buf text = {0};
	const char *kept;

	buf_init(&text, ORDER_ITEM_MAX);
	buf_add_format(&text, "{\"sk\":{\"S\":\"%s\"},%s}", sk, buf_text(&out));
	kept = arena_copy(&arena, buf_text(&text), text.len);
	ck_assert(item_view(&item, (struct span){kept, text.len}));
	buf_clear(&text);
	return item;
}

START_TEST(a_payment_is_read_as_it_was_written)
{
	const struct order_payment payment = {
		.reference = span_of("r-1"),
		.status = PAYMENT_PARTIALLY_REFUNDED,
		.amount = 1950,
		.is_orphaned = true,
		.created_at = span_of(BEFORE),
		.updated_at = span_of(NOW),
	};
	struct order_payment again;
	struct item item;
	char sk[ORDER_SORT_SIZE];

	order_part_payment_key(&payment, sk);
	ck_assert_str_eq(sk, "PAY#r-1");
	order_part_write_payment(&payment, &head, &out);
	item = written(sk);
	ck_assert(order_part_read_payment(&item, &head, &again));
	ck_assert(span_equals(again.reference, "r-1"));
	ck_assert_int_eq(again.status, PAYMENT_PARTIALLY_REFUNDED);
	ck_assert_int_eq(again.amount, 1950);
	ck_assert(again.is_orphaned);
	ck_assert(span_equals(item_number(&item, "amount"), "19.5"));
}
END_TEST

START_TEST(a_delivery_is_read_as_it_was_written)
{
	struct order_delivery delivery = {
		.number = 7,
		.id = DELIVERY,
		.status = DELIVERY_SHIPPED,
		.carrier = span_of("post"),
		.tracking_number = span_of("T1"),
		.tracking_status = span_of("in_transit"),
		.tracked_at = span_of(BEFORE),
		.parts = parts,
		.part_count = 2,
		.version = 3,
	};
	struct order_delivery again;
	struct item item;
	char sk[ORDER_SORT_SIZE];

	order_part_delivery_key(&delivery, sk);
	ck_assert_str_eq(sk, "D#0007");
	order_part_write_delivery(&delivery, &out);
	item = written(sk);
	ck_assert(order_part_read_delivery(&item, &arena, &again));
	ck_assert_str_eq(again.id, DELIVERY);
	ck_assert_uint_eq(again.number, 7);
	ck_assert_int_eq(again.status, DELIVERY_SHIPPED);
	ck_assert(span_equals(again.tracking_status, "in_transit"));
	ck_assert_uint_eq(again.part_count, 2);
	ck_assert_str_eq(again.parts[1].product_id, POT);
	ck_assert_int_eq(again.parts[0].quantity, 3);
	ck_assert(!item_raw_string(&item, "g1p").data); /* no index has it */
}
END_TEST

START_TEST(a_return_is_read_as_it_was_written)
{
	const struct order_return returned = {
		.id = RETURN,
		.reason = span_of("broken"),
		.parts = parts,
		.part_count = 2,
		.created_at = span_of(NOW),
	};
	struct order_return again;
	struct item item;
	char sk[ORDER_SORT_SIZE];

	order_part_return_key(&returned, sk);
	ck_assert_str_eq(sk, "R#" RETURN);
	order_part_write_return(&returned, &out);
	item = written(sk);
	ck_assert(order_part_read_return(&item, &arena, &again));
	ck_assert_str_eq(again.id, RETURN);
	ck_assert(span_equals(again.reason, "broken"));
	ck_assert_uint_eq(again.part_count, 2);
}
END_TEST

START_TEST(more_lines_than_there_can_be_are_beyond_understanding)
{
	struct order_part many[ORDER_PART_LINES_MAX + 1];
	struct order_return returned = {.id = RETURN, .parts = many};
	struct item item;

	for (size_t i = 0; i <= ORDER_PART_LINES_MAX; i++)
		many[i] = parts[0];
	returned.part_count = ORDER_PART_LINES_MAX + 1;
	order_part_write_return(&returned, &out);
	item = written("R#" RETURN);
	ck_assert(!order_part_read_return(&item, &arena, &returned));
	buf_reset(&out);
	returned = (struct order_return){.id = RETURN, .parts = many};
	order_part_write_return(&returned, &out);
	buf_truncate(&out, out.len);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"L\":[]"));
}
END_TEST

Suite *order_part_suite(void)
{
	Suite *suite = suite_create("order_part");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_payment_is_read_as_it_was_written);
	tcase_add_test(tests, a_delivery_is_read_as_it_was_written);
	tcase_add_test(tests, a_return_is_read_as_it_was_written);
	tcase_add_test(tests, more_lines_than_there_can_be_are_beyond_understanding);
	suite_add_tcase(suite, tests);
	return suite;
}
