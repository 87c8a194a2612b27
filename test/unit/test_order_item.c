#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_item.h"
#include "repo/order_part.h"

#define WITH_TEXTS ",\"note\":{\"S\":\"n\"},\"email\":{\"S\":\"e\"}"
#define PARTS_OF_IT DELIVERY_ITEM("shipped", "2") "," ENTRY_ITEM "," PAYMENT_ITEM
#define WHOLE                                                                                   \
	"[" HEAD_ITEM("confirmed", "paid", "partial", "4",                                      \
		      WITH_TEXTS) "," PARTS_OF_IT                                               \
				  "," RETURN_ITEM("1") ",{\"sk\":{\"S\":\"other\"}}," SNAP_ITEM \
						       "]"

static struct arena arena;
static struct stored_order order;

static void set_up(void)
{
	order = (struct stored_order){0};
}

static void tear_down(void)
{
	arena_clear(&arena);
}

static enum result read(const char *items)
{
	return order_item_read(span_of(items), ORDER, &arena, &order);
}

START_TEST(all_of_an_order_is_read_from_its_items)
{
	ck_assert_int_eq(read(WHOLE), RESULT_OK);
	ck_assert_str_eq(order.head.id, ORDER);
	ck_assert_str_eq(order.head.user_id, USER);
	ck_assert_int_eq(order.head.status, ORDER_CONFIRMED);
	ck_assert_int_eq(order.head.payment_status, PAYMENT_PAID);
	ck_assert_int_eq(order.head.total, 750);
	ck_assert_uint_eq(order.head.version, 4);
	ck_assert(span_equals(order.head.note, "n") && span_equals(order.head.email, "e"));
	ck_assert_uint_eq(order.line_count, 2);
	ck_assert_int_eq(order.lines[0].price, 150);
	ck_assert_int_eq(order.lines[0].shipped, 2);
	ck_assert_int_eq(order.lines[0].returned, 1);
	ck_assert_uint_eq(order.payment_count, 1);
	ck_assert_int_eq(order.payments[0].amount, 750);
	ck_assert_uint_eq(order.delivery_count, 1);
	ck_assert_str_eq(order.deliveries[0].id, DELIVERY);
	ck_assert_uint_eq(order.return_count, 1);
	ck_assert_str_eq(order.returns[0].id, RETURN);
	ck_assert_uint_eq(order.history_count, 1);
	ck_assert(span_equals(order.history[0].what, "placed"));
	ck_assert(!order.history[0].from.data);
	ck_assert(order.address.data);
}
END_TEST

START_TEST(counts_can_be_made_anew)
{
	ck_assert_int_eq(read(WHOLE), RESULT_OK);
	order.deliveries[0].status = DELIVERY_DELIVERED;
	ck_assert(order_item_count(&order));
	ck_assert_int_eq(order.lines[0].delivered, 2);
	ck_assert_int_eq(order.lines[0].shipped, 2);
	order.deliveries[0].status = DELIVERY_CANCELLED;
	ck_assert(!order_item_count(&order)); /* but some has come back */
}
END_TEST

#define CANCELLED_ORDER(more)                                  \
	"[" HEAD_ITEM("cancelled", "none", "unfulfilled", "4", \
		      "") "," DELIVERY_ITEM("pending", "2") "," ENTRY_ITEM more "," SNAP_ITEM "]"
#define CANCELLATION                                                                    \
	",{\"sk\":{\"S\":\"H#" DELIVERY "\"},\"time\":{\"S\":\"" NOW                    \
	"\"},\"what\":{\"S\":\"cancelled\"},\"from\":{\"S\":\"placed\"},\"to\":{\"S\":" \
	"\"cancelled\"},\"by\":{\"S\":\"staff\"}}"

START_TEST(a_delivery_that_was_cancelled_with_its_order_is_another_version)
{
	ck_assert_int_eq(read(CANCELLED_ORDER(CANCELLATION)), RESULT_OK);
	ck_assert_int_eq(order.deliveries[0].status, DELIVERY_CANCELLED);
	ck_assert_uint_eq(order.deliveries[0].version, 2);
	ck_assert(span_equals(order.deliveries[0].updated_at, NOW));
	ck_assert_int_eq(read(CANCELLED_ORDER("")), RESULT_OK);
	ck_assert_uint_eq(order.deliveries[0].version, 2);
	ck_assert_ptr_null(order.deliveries[0].updated_at.data);
}
END_TEST

START_TEST(what_was_not_shipped_when_the_rest_was_cancelled_is_cancelled)
{
	ck_assert_int_eq(
		read("[" HEAD_ITEM(
			"confirmed", "paid", "shipped", "4",
			",\"rest_cancelled\":{\"BOOL\":true}") "," DELIVERY_ITEM("shipped",
										 "2") "," SNAP_ITEM
										      "]"),
		RESULT_OK);
	ck_assert(order.head.is_rest_cancelled);
	ck_assert_int_eq(order.lines[0].cancelled, 1);
	ck_assert_int_eq(order.lines[1].cancelled, 2);
	ck_assert_int_eq(
		read("[" HEAD_ITEM(
			"completed", "paid", "shipped", "4",
			",\"rest_cancelled\":{\"BOOL\":true}") "," DELIVERY_ITEM("pending",
										 "2") "," SNAP_ITEM
										      "]"),
		RESULT_OK);
	ck_assert_int_eq(order.deliveries[0].status, DELIVERY_CANCELLED);
	ck_assert_int_eq(order.lines[0].planned, 0);
	ck_assert_int_eq(order.lines[0].cancelled, 3);
	order.head.is_rest_cancelled = false;
	ck_assert(order_item_count(&order));
	ck_assert_int_eq(order.lines[0].cancelled, 0);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	ck_assert_int_eq(read("[]"), RESULT_NOT_FOUND);
	ck_assert_int_eq(read("[" SNAP_ITEM "]"), RESULT_NOT_FOUND);
}
END_TEST

START_TEST(what_cannot_be_understood_is_garbled)
{
	static const char *const texts[] = {
		"[{\"sk\":{\"S\":\"#\"}}]",
		"[" HEAD_ITEM("lost", "none", "unfulfilled", "1", "") "," SNAP_ITEM "]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1", "") "]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1",
			      "") ",{\"sk\":{\"S\":\"SNAP\"}}]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1",
			      "") "," DELIVERY_ITEM("shipped", "4") "," SNAP_ITEM "]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1",
			      "") "," DELIVERY_ITEM("lost", "1") "," SNAP_ITEM "]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1",
			      "") "," RETURN_ITEM("1") "," SNAP_ITEM "]",
		"[" HEAD_ITEM("placed", "none", "unfulfilled", "1",
			      "") ",{\"sk\":{\"S\":\"PAY#x\"}}," SNAP_ITEM "]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(read(texts[i]) == RESULT_GARBLED, "%zu", i);
}
END_TEST

START_TEST(a_head_is_written_as_it_is_read)
{
	struct buf out = {0};
	struct item item;
	struct order again;

	ck_assert_int_eq(read(WHOLE), RESULT_OK);
	buf_init(&out, ORDER_ITEM_MAX);
	buf_add_char(&out, '{');
	order_item_write_head(&order.head, 4, &out);
	buf_add_char(&out, '}');
	ck_assert(item_view(&item, (struct span){buf_text(&out), out.len}));
	ck_assert(order_item_read_head(&item, &again));
	ck_assert_int_eq(again.total, order.head.total);
	ck_assert(span_equals(again.note, "n") && span_equals(again.email, "e"));
	ck_assert(span_equals(item_raw_string(&item, "g1p"), "U#" USER));
	ck_assert(span_equals(item_raw_string(&item, "g1s"), "O#" ORDER));
	ck_assert_int_eq(strncmp(item_raw_string(&item, "g2p").data, "OS#confirmed#", 13), 0);
	ck_assert(span_equals(item_raw_string(&item, "g2s"), BEFORE "#" ORDER));
	buf_clear(&out);
}
END_TEST

START_TEST(a_guests_order_is_in_no_users_list)
{
	struct order head = {.id = ORDER, .updated_at = NOW};
	struct order_index index;

	order_item_index(&head, NULL, 0, 4, &index);
	ck_assert_str_eq(index.g1p, "");
	ck_assert_int_eq(strncmp(index.g2p, "OS#placed#", 10), 0);
}
END_TEST

START_TEST(what_is_placed_is_found_by_how_long_it_waits)
{
	struct order head = {.id = ORDER, .created_at = BEFORE, .updated_at = LATER};
	const struct order_payment failed = {.updated_at = span_of(NOW)};
	struct order_index index;

	order_item_index(&head, NULL, 0, 4, &index);
	ck_assert_str_eq(index.g2s, BEFORE "#" ORDER);
	order_item_index(&head, &failed, 1, 4, &index);
	ck_assert_str_eq(index.g2s, NOW "#" ORDER);
	head.status = ORDER_CONFIRMED;
	order_item_index(&head, &failed, 1, 4, &index);
	ck_assert_str_eq(index.g2s, LATER "#" ORDER);
}
END_TEST

START_TEST(texts_are_escaped_as_json_has_them)
{
	ck_assert(span_equals(order_item_escape(&arena, "a \"b\"\n"), "a \\\"b\\\"\\n"));
	ck_assert(span_equals(order_item_escape(&arena, ""), ""));
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct stored_order out = {0};
	enum result result = order_item_read(span_of(WHOLE), ORDER, &own, &out);

	(void)context;
	ck_assert(result == RESULT_OK ? !alloc_has_failed() : result_is_failure(result));
	arena_clear(&own);
}

START_TEST(short_memory_is_a_failure)
{
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *order_item_suite(void)
{
	Suite *suite = suite_create("order_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, all_of_an_order_is_read_from_its_items);
	tcase_add_test(tests, counts_can_be_made_anew);
	tcase_add_test(tests, a_delivery_that_was_cancelled_with_its_order_is_another_version);
	tcase_add_test(tests, what_was_not_shipped_when_the_rest_was_cancelled_is_cancelled);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, what_cannot_be_understood_is_garbled);
	tcase_add_test(tests, a_head_is_written_as_it_is_read);
	tcase_add_test(tests, a_guests_order_is_in_no_users_list);
	tcase_add_test(tests, what_is_placed_is_found_by_how_long_it_waits);
	tcase_add_test(tests, texts_are_escaped_as_json_has_them);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
