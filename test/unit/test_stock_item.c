#include <check.h>
#include <string.h>

#include "repo/stock_item.h"

#define ID "00000000-0000-4000-8000-000000000001"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, STOCK_ITEM_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
}

START_TEST(a_new_stock_is_written)
{
	stock_item_write(&(struct stock_opening){7, true, 3}, ID, &out);
	ck_assert_str_eq(buf_text(&out), "\"available\":{\"N\":\"7\"},\"reserved\":{\"N\":\"0\"},"
					 "\"level\":{\"S\":\"in\"},\"low_stock_at\":{\"N\":\"3\"},"
					 "\"version\":{\"N\":\"1\"}");
}
END_TEST

START_TEST(what_is_low_or_out_is_on_a_shelf)
{
	stock_item_write(&(struct stock_opening){0, false, 0}, ID, &out);
	ck_assert_str_eq(buf_text(&out), "\"available\":{\"N\":\"0\"},\"reserved\":{\"N\":\"0\"},"
					 "\"level\":{\"S\":\"out\"},\"version\":{\"N\":\"1\"},"
					 "\"g2p\":{\"S\":\"LVL#out\"},\"g2s\":{\"S\":\"" ID "\"}");
	buf_reset(&out);
	stock_item_write(&(struct stock_opening){3, true, 3}, ID, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"g2p\":{\"S\":\"LVL#low\"}"));
}
END_TEST

START_TEST(a_movement_is_written)
{
	struct movement movement = {.delta = 7, .reason = "opening", .wall_ms = 1000};

	movement_item_write(&movement, &out);
	ck_assert_str_eq(buf_text(&out),
			 "\"delta\":{\"N\":\"7\"},\"reason\":{\"S\":\"opening\"},"
			 "\"time\":{\"S\":\"1970-01-01T00:00:01.000Z\"},\"by\":{\"S\":\"staff\"},"
			 "\"ttl\":{\"N\":\"34560001\"}");
	buf_reset(&out);
	movement.delta = -STOCK_MAX;
	movement.reference = "a \"b\"";
	movement_item_write(&movement, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"delta\":{\"N\":\"-999999999\"}"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"reference\":{\"S\":\"a \\\"b\\\"\"}"));
}
END_TEST

START_TEST(what_was_written_is_read)
{
	static const struct stock_opening table[] = {{7, true, 3},
						     {0, false, 0},
						     {2, true, 3},
						     {STOCK_MAX, true, STOCK_MAX}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stock expected = stock_open(&table[i]);
		struct stock stock;
		struct item item;

		buf_reset(&out);
		buf_add_char(&out, '{');
		stock_item_write(&table[i], ID, &out);
		buf_add_char(&out, '}');
		ck_assert(item_view(&item, (struct span){buf_text(&out), out.len}));
		ck_assert(stock_item_read(&item, &stock));
		ck_assert_int_eq(stock.available, expected.available);
		ck_assert_int_eq(stock.reserved, 0);
		ck_assert_int_eq(stock.has_low_mark, expected.has_low_mark);
		ck_assert_int_eq(stock.low_stock_at, expected.low_stock_at);
		ck_assert_int_eq(stock.level, expected.level);
		ck_assert_uint_eq(stock.version, 1);
	}
}
END_TEST

START_TEST(what_another_tool_has_spoilt_is_no_stock)
{
	static const char *const table[] = {
		"{}",
		"{\"available\":{\"N\":\"1\"},\"reserved\":{\"N\":\"0\"},\"level\":{\"S\":\"in\"}}",
		"{\"available\":{\"N\":\"1\"},\"reserved\":{\"N\":\"0\"},\"version\":{\"N\":\"1\"}}",
		"{\"available\":{\"N\":\"1\"},\"reserved\":{\"N\":\"0\"},\"level\":{\"S\":\"on\"},"
		"\"version\":{\"N\":\"1\"}}",
		"{\"available\":{\"N\":\"1\"},\"level\":{\"S\":\"in\"},\"version\":{\"N\":\"1\"}}",
		"{\"available\":{\"N\":\"1.5\"},\"reserved\":{\"N\":\"0\"},\"level\":{\"S\":\"in\"},"
		"\"version\":{\"N\":\"1\"}}",
		"{\"available\":{\"N\":\"1\"},\"reserved\":{\"N\":\"999999999001\"},"
		"\"level\":{\"S\":\"in\"},\"version\":{\"N\":\"1\"}}",
		"{\"available\":{\"N\":\"1\"},\"reserved\":{\"N\":\"0\"},\"level\":{\"S\":\"in\"},"
		"\"version\":{\"N\":\"1\"},\"low_stock_at\":{\"S\":\"1\"}}",
	};
	struct stock stock = {.version = 9};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct item item;

		ck_assert(item_view(&item, span_of(table[i])));
		ck_assert(!stock_item_read(&item, &stock));
	}
	ck_assert_uint_eq(stock.version, 9);
}
END_TEST

Suite *stock_item_suite(void)
{
	Suite *suite = suite_create("stock_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_new_stock_is_written);
	tcase_add_test(tests, what_is_low_or_out_is_on_a_shelf);
	tcase_add_test(tests, a_movement_is_written);
	tcase_add_test(tests, what_was_written_is_read);
	tcase_add_test(tests, what_another_tool_has_spoilt_is_no_stock);
	suite_add_tcase(suite, tests);
	return suite;
}
