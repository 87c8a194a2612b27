#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_item.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct cart cart;

static enum result read_item(const char *text)
{
	memset(&cart, 0, sizeof(cart));
	return cart_item_read(&on.repo, span_of(text), CART, &on.arena, &cart);
}

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

START_TEST(an_item_is_read_with_its_lines_in_order)
{
	ck_assert_int_eq(read_item(CART_ITEM(CART, "merged", ALIVE, "7",
					     LINE(TEA, "2", "300") "," LINE(POT, "9999", "200"),
					     ",\"user_id\":{\"S\":\"" USER
					     "\"},\"merged_into\":{\"S\":\"" OTHER "\"}")),
			 RESULT_OK);
	ck_assert_str_eq(cart.id, CART);
	ck_assert_str_eq(cart.user_id, USER);
	ck_assert_str_eq(cart.merged_into, OTHER);
	ck_assert_int_eq(cart.status, CART_MERGED);
	ck_assert_uint_eq(cart.version, 7);
	ck_assert_int_eq(cart.expires_s, 1440938161);
	ck_assert(span_equals(cart.currency, "EUR"));
	ck_assert(span_equals(cart.created_at, "C"));
	ck_assert(span_equals(cart.updated_at, "U"));
	ck_assert_uint_eq(cart.count, 2);
	ck_assert_str_eq(cart.lines[0].product_id, POT);
	ck_assert_int_eq(cart.lines[0].quantity, 9999);
	ck_assert_str_eq(cart.lines[1].product_id, TEA);
	ck_assert(span_equals(cart.lines[1].name, "old " TEA));
	ck_assert(span_equals(cart.lines[1].price, "1.5"));
}
END_TEST

START_TEST(a_guests_cart_has_no_user)
{
	ck_assert_int_eq(read_item(OPEN_CART("1", "")), RESULT_OK);
	ck_assert_str_eq(cart.user_id, "");
	ck_assert_str_eq(cart.merged_into, "");
	ck_assert_uint_eq(cart.count, 0);
}
END_TEST

START_TEST(what_has_expired_is_not_found_at_once)
{
	ck_assert_int_eq(read_item(CART_ITEM(CART, "open", EXPIRED, "1", "", "")),
			 RESULT_NOT_FOUND);
	ck_assert_int_eq(cart_item_read(&on.repo, (struct span){0}, CART, &on.arena, &cart),
			 RESULT_NOT_FOUND);
}
END_TEST

START_TEST(what_makes_no_sense_is_garbled)
{
	static const char *const table[] = {
		"[]",
		"{}",
		CART_ITEM(CART, "lost", ALIVE, "1", "", ""),
		CART_ITEM(CART, "open", "x", "1", "", ""),
		CART_ITEM(CART, "open", ALIVE, "-1", "", ""),
		OPEN_CART("1", LINE("short", "1", "1")),
		OPEN_CART("1", LINE(TEA, "0", "1")),
		OPEN_CART("1", LINE(TEA, "10000", "1")),
		OPEN_CART("1", LINE(TEA, "1", "x")),
		OPEN_CART("1", "\"" TEA "\":{\"S\":\"x\"}"),
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(read_item(table[i]) == RESULT_GARBLED, "%s", table[i]);
}
END_TEST

START_TEST(a_cart_is_written_as_it_is_read)
{
	struct buf out = {0};

	buf_init(&out, CART_ITEM_MAX);
	ck_assert_int_eq(read_item(CART_ITEM(CART, "open", ALIVE, "7",
					     LINE(TEA, "2", "200") "," LINE(POT, "3", "300"),
					     ",\"user_id\":{\"S\":\"" USER "\"}")),
			 RESULT_OK);
	cart_item_write(&cart, &out);
	ck_assert_str_eq(
		buf_text(&out),
		"\"user_id\":{\"S\":\"" USER "\"},\"status\":{\"S\":\"open\"},"
		"\"currency\":{\"S\":\"EUR\"},"
		"\"lines\":{\"M\":{" LINE(TEA, "2", "200") "," LINE(
			POT, "3",
			"300") "}},\"version\":{\"N\":\"7\"},\"created_at\":{\"S\":\"C\"},"
			       "\"updated_at\":{\"S\":\"U\"},\"ttl\":{\"N\":\"1440938161\"}");
	buf_clear(&out);
}
END_TEST

START_TEST(names_are_passed_on_with_their_escapes)
{
	struct cart_line line = {.quantity = 1,
				 .place = 100,
				 .name = span_of("a \\\"b\\\" \\u00e9")};
	struct buf out = {0};

	buf_init(&out, CART_ITEM_MAX);
	cart_item_write_line(&line, &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"M\":{\"quantity\":{\"N\":\"1\"},\"place\":{\"N\":\"100\"},"
			 "\"name\":{\"S\":\"a \\\"b\\\" \\u00e9\"}}}");
	buf_clear(&out);
}
END_TEST

static void read_once(void *context)
{
	(void)context;
	ck_assert_int_eq(read_item(OPEN_CART("1", LINE(TEA, "1", "1"))),
			 alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	arena_clear(&on.arena);
}

START_TEST(short_memory_is_a_failure)
{
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *cart_item_suite(void)
{
	Suite *suite = suite_create("cart_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_item_is_read_with_its_lines_in_order);
	tcase_add_test(tests, a_guests_cart_has_no_user);
	tcase_add_test(tests, what_has_expired_is_not_found_at_once);
	tcase_add_test(tests, what_makes_no_sense_is_garbled);
	tcase_add_test(tests, a_cart_is_written_as_it_is_read);
	tcase_add_test(tests, names_are_passed_on_with_their_escapes);
	tcase_add_test(tests, short_memory_is_a_failure);
	suite_add_tcase(suite, tests);
	return suite;
}
