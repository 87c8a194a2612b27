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

#define SHOWN                                                                                         \
	"{\"id\":\"" ORDER "\",\"user_id\":\"" USER                                                   \
	"\",\"status\":\"confirmed\",\"payment_status\":\"paid\","                                    \
	"\"fulfillment_status\":\"partial\",\"cash_on_delivery\":true,\"lines\":["                    \
	"{\"product_id\":\"" TEA "\",\"name\":\"a \\\"" TEA                                           \
	"\\\"\",\"price\":1.5,\"quantity\":3,\"total\":4.5,\"shipped\":2,\"returned\":0},"            \
	"{\"product_id\":\"" POT "\",\"name\":\"a \\\"" POT                                           \
	"\\\"\",\"price\":1.5,\"quantity\":2,\"total\":3,\"shipped\":0,\"returned\":0}],"             \
	"\"total\":7.5,\"currency\":\"EUR\",\"paid\":0,\"refunded\":0,"                               \
	"\"address\":{\"city\":\"Ulm\"},\"note\":\"a \\\"n\\\"\",\"deliveries\":[{\"id\":\"" DELIVERY \
	"\",\"status\":\"shipped\",\"carrier\":\"post\",\"tracking_number\":\"T1\","                  \
	"\"lines\":[{\"product_id\":\"" TEA "\",\"quantity\":2}]}]"
#define HISTORY \
	",\"history\":[{\"time\":\"T\",\"what\":\"placed\",\"to\":\"placed\",\"by\":\"staff\"}]"
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

START_TEST(its_history_is_shown_when_it_is_asked_for)
{
	order_view_write(&order, true, &out);
	ck_assert_str_eq(buf_text(&out), SHOWN HISTORY STAMPS);
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
	tcase_add_test(tests, its_history_is_shown_when_it_is_asked_for);
	tcase_add_test(tests, an_entry_of_a_list_has_what_the_index_has);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
