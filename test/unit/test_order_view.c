#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/order_view.h"

static struct arena arena;
static struct stored_order order;
static struct buf out;

static void set_up(void)
{
	static const char items[] =
		"[" HEAD_ITEM("confirmed", "paid", "partial", "4",
			      ",\"note\":{\"S\":\"a \\\"n\\\"\"},\"cash_on_delivery\":{\"BOOL\":"
			      "true}") "," DELIVERY_ITEM("shipped", "2") "," ENTRY_ITEM
									 "," SNAP_ITEM "]";

	ck_assert_int_eq(order_item_read(span_of(items), ORDER, &arena, &order), RESULT_OK);
	buf_init(&out, ORDER_VIEW_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
	arena_clear(&arena);
}

#define SHOWN_HEAD                                                 \
	"{\"id\":\"" ORDER "\",\"user_id\":\"" USER                \
	"\",\"status\":\"confirmed\",\"payment_status\":\"paid\"," \
	"\"fulfillment_status\":\"partial\",\"cash_on_delivery\":true,"
#define SHOWN_LINE(id, numbers) \
	"{\"product_id\":\"" id "\",\"name\":\"a \\\"" id "\\\"\",\"price\":1.5," numbers "}"
#define SHOWN_LINES                                                                  \
	SHOWN_LINE(TEA, "\"quantity\":3,\"total\":4.5,\"shipped\":2,\"returned\":0") \
	"," SHOWN_LINE(POT, "\"quantity\":2,\"total\":3,\"shipped\":0,\"returned\":0")
#define SHOWN_DELIVERY                                                          \
	"{\"id\":\"" DELIVERY "\",\"status\":\"shipped\",\"carrier\":\"post\"," \
	"\"tracking_number\":\"T1\",\"lines\":[{\"product_id\":\"" TEA "\",\"quantity\":2}]}"
#define SHOWN                                                                        \
	SHOWN_HEAD "\"lines\":[" SHOWN_LINES "],\"total\":7.5,\"currency\":\"EUR\"," \
		   "\"paid\":0,\"refunded\":0,\"address\":{\"city\":\"Ulm\"},"       \
		   "\"note\":\"a \\\"n\\\"\",\"deliveries\":[" SHOWN_DELIVERY "]"
#define HISTORY                                                                \
	",\"history\":[{\"time\":\"T\",\"what\":\"placed\",\"to\":\"placed\"," \
	"\"by\":\"staff\"}]"
#define STAMPS ",\"version\":4,\"created_at\":\"" BEFORE "\",\"updated_at\":\"" BEFORE "\"}"

START_TEST(an_order_is_shown_with_all_that_there_is)
{
	char tag[ORDER_TAG_SIZE];

	order_view_write(&order, false, &out);
	ck_assert_str_eq(buf_text(&out), SHOWN STAMPS);
	order_view_tag(&order.head, tag);
	ck_assert_str_eq(tag, "4");
}
END_TEST

#define PAYMENT_OF(reference, status, amount, more, created)                           \
	",{\"sk\":{\"S\":\"PAY#" reference "\"},\"reference\":{\"S\":\"" reference     \
	"\"},\"status\":{\"S\":\"" status "\"},\"amount\":{\"N\":\"" amount "\"}" more \
	",\"created_at\":{\"S\":\"" created "\"},\"updated_at\":{\"S\":\"" LATER "\"}}"
#define SHOWN_PAYMENT(reference, status, amount, more, created)                              \
	"{\"reference\":\"" reference "\",\"status\":\"" status "\",\"amount\":" amount more \
	",\"created_at\":\"" created "\",\"updated_at\":\"" LATER "\"}"

/* They are stored by reference. */
START_TEST(payments_are_shown_in_the_order_in_which_they_came)
{
	static const char items[] =
		"[" HEAD_ITEM("cancelled", "voided", "unfulfilled", "4",
			      "") "," ENTRY_ITEM PAYMENT_OF("a \\\"1\\\"", "refunded", "1.5", "",
							    NOW)
			PAYMENT_OF("b", "paid", "7.5", ",\"is_orphaned\":{\"BOOL\":true}", BEFORE)
				PAYMENT_OF("c", "failed", "0", "", BEFORE) "," SNAP_ITEM "]";

	ck_assert_int_eq(order_item_read(span_of(items), ORDER, &arena, &order), RESULT_OK);
	order_view_write(&order, false, &out);
	ck_assert_ptr_nonnull(strstr(
		buf_text(&out),
		"\"refunded\":0,\"payments\":[" SHOWN_PAYMENT(
			"b", "paid", "7.5", ",\"is_orphaned\":true",
			BEFORE) "," SHOWN_PAYMENT("c", "failed", "0", "",
						  BEFORE) "," SHOWN_PAYMENT("a \\\"1\\\"",
									    "refunded", "1.5", "",
									    NOW) "],\"address\":"));
}
END_TEST

START_TEST(as_many_as_an_order_can_have_are_all_shown)
{
	struct order_payment payments[ORDER_PAYMENTS_MAX + ORDER_ROOM];
	size_t shown = 0;

	for (size_t i = 0; i < ORDER_PAYMENTS_MAX + ORDER_ROOM; i++)
		payments[i] = (struct order_payment){.reference = span_of("p")};
	order.payments = payments;
	order.payment_count = ORDER_PAYMENTS_MAX + ORDER_ROOM;
	order_view_write(&order, false, &out);
	for (const char *at = buf_text(&out); (at = strstr(at, "{\"reference\"")) != NULL; at++)
		shown++;
	ck_assert_uint_eq(shown, order.payment_count);
}
END_TEST

START_TEST(its_history_is_shown_when_it_is_asked_for)
{
	order_view_write(&order, true, &out);
	ck_assert_str_eq(buf_text(&out), SHOWN HISTORY STAMPS);
}
END_TEST

START_TEST(what_will_not_come_any_more_is_shown)
{
	order.head.is_rest_cancelled = true;
	ck_assert(order_item_count(&order));
	order_view_write(&order, false, &out);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"shipped\":2,\"returned\":0,\"cancelled\":1}"));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"shipped\":0,\"returned\":0,\"cancelled\":2}"));
}
END_TEST

START_TEST(an_entry_of_a_list_has_what_the_index_has)
{
	const struct repo repo = {.db = {.partition_key = "pk"}};

	order_view_write_entry(
		&repo,
		span_of("{\"pk\":{\"S\":\"O#" ORDER "\"},\"status\":{\"S\":\"placed\"},"
			"\"total\":{\"N\":\"7.5\"},\"g2p\":{\"S\":\"OS#placed#1\"}}"),
		&out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"id\":\"" ORDER "\",\"status\":\"placed\",\"total\":7.5}");
	buf_reset(&out);
	order_view_write_entry(&repo, span_of("7"), &out);
	ck_assert_str_eq(buf_text(&out), "{}");
}
END_TEST

static void show_once(void *context)
{
	struct buf own = {0};

	(void)context;
	buf_init(&own, ORDER_VIEW_MAX);
	order_view_write(&order, true, &own);
	ck_assert_int_eq(buf_ok(&own), !alloc_has_failed());
	buf_clear(&own);
}

START_TEST(short_memory_is_noticed)
{
	alloc_fail_each(show_once, NULL);
}
END_TEST

Suite *order_view_suite(void)
{
	Suite *suite = suite_create("order_view");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_order_is_shown_with_all_that_there_is);
	tcase_add_test(tests, payments_are_shown_in_the_order_in_which_they_came);
	tcase_add_test(tests, as_many_as_an_order_can_have_are_all_shown);
	tcase_add_test(tests, its_history_is_shown_when_it_is_asked_for);
	tcase_add_test(tests, what_will_not_come_any_more_is_shown);
	tcase_add_test(tests, an_entry_of_a_list_has_what_the_index_has);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
