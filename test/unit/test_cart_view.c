#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "cart_texts.h"
#include "repo/cart_view.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct cart_answer answer;
static struct buf out;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&answer, 0, sizeof(answer));
	buf_init(&out, CART_VIEW_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
	scripted_repo_clear(&on);
}

static void take(const char *item)
{
	ck_assert_int_eq(cart_item_read(&on.repo, span_of(item), CART, &on.arena, &answer.cart),
			 RESULT_OK);
}

static void know(const char *id, const char *price, const char *currency)
{
	struct cart_product *product = &answer.products.items[answer.products.count++];

	memcpy(product->id, id, ID_SIZE);
	product->name = span_of("now \\\"new\\\"");
	product->price = price ? span_of(price) : (struct span){0};
	product->currency = span_of(currency);
	product->level = span_of("low");
}

static void ck_assert_shown(const char *expected)
{
	buf_reset(&out);
	cart_view_write(&answer, &out);
	ck_assert_str_eq(buf_text(&out), expected);
}

#define TIMES                                        \
	"\"created_at\":\"C\",\"updated_at\":\"U\"," \
	"\"expires_at\":\"2015-08-30T12:36:01.000Z\"}"

START_TEST(an_empty_cart_has_neither_total_nor_currency)
{
	take(OPEN_CART("1", ""));
	ck_assert_shown("{\"id\":\"" CART
			"\",\"status\":\"open\",\"lines\":[],\"version\":1," TIMES);
}
END_TEST

START_TEST(lines_show_what_products_are_now)
{
	take(CART_ITEM(CART, "open", ALIVE, "7", LINE(TEA, "2", "100") "," LINE(POT, "3", "200"),
		       ",\"user_id\":{\"S\":\"" USER "\"}"));
	know(POT, "1.50", "EUR");
	know(TEA, "2.25", "EUR");
	ck_assert_shown("{\"id\":\"" CART "\",\"user_id\":\"" USER
			"\",\"status\":\"open\",\"lines\":["
			"{\"product_id\":\"" TEA "\",\"name\":\"now \\\"new\\\"\",\"price\":2.25,"
			"\"quantity\":2,\"total\":4.5,\"level\":\"low\",\"price_was\":1.5},"
			"{\"product_id\":\"" POT "\",\"name\":\"now \\\"new\\\"\",\"price\":1.50,"
			"\"quantity\":3,\"total\":4.5,\"level\":\"low\"}],"
			"\"total\":9,\"currency\":\"EUR\",\"version\":7," TIMES);
}
END_TEST

START_TEST(what_is_gone_is_unavailable_and_counts_nothing)
{
	take(CART_ITEM(CART, "merged", ALIVE, "7", LINE(TEA, "2", "100") "," LINE(POT, "3", "200"),
		       ",\"merged_into\":{\"S\":\"" OTHER "\"}"));
	know(POT, NULL, "EUR");
	know(TEA, "1.5", "USD"); /* as good as gone: it cannot be counted with the others */
	ck_assert_shown("{\"id\":\"" CART "\",\"status\":\"merged\",\"merged_into\":\"" OTHER
			"\",\"lines\":["
			"{\"product_id\":\"" TEA "\",\"name\":\"old " TEA "\",\"quantity\":2,"
			"\"unavailable\":true},"
			"{\"product_id\":\"" POT "\",\"name\":\"old " POT "\",\"quantity\":3,"
			"\"unavailable\":true}],\"version\":7," TIMES);
}
END_TEST

START_TEST(totals_are_exact_beyond_64_bits)
{
	take(OPEN_CART("7", LINE(TEA, "9999", "100") "," LINE(POT, "1", "200")));
	know(TEA, "92233720368547758.07", "EUR");
	know(POT, "0.01", "EUR");
	cart_view_write(&answer, &out);
	ck_assert(strstr(buf_text(&out), "\"total\":922244969965109032941.93,\"level\""));
	ck_assert(strstr(buf_text(&out), "\"total\":922244969965109032941.94,\"currency\""));
}
END_TEST

START_TEST(the_tag_names_the_version_and_all_that_is_shown)
{
	char tag[CART_TAG_SIZE];
	char again[CART_TAG_SIZE];

	take(OPEN_CART("7", LINE(TEA, "2", "100")));
	know(TEA, "1.5", "EUR");
	cart_view_write(&answer, &out);
	ck_assert(cart_view_tag(&on.repo, &answer.cart, &out, tag));
	ck_assert_int_eq(strncmp(tag, "7.", 2), 0);
	ck_assert_uint_eq(strlen(tag), 18);
	ck_assert(cart_view_tag(&on.repo, &answer.cart, &out, again));
	ck_assert_str_eq(tag, again);
	buf_reset(&out);
	answer.products.items[0].price = span_of("1.6");
	cart_view_write(&answer, &out);
	ck_assert(cart_view_tag(&on.repo, &answer.cart, &out, again));
	ck_assert_str_ne(tag, again);
	out.failed = true;
	ck_assert(!cart_view_tag(&on.repo, &answer.cart, &out, again));
	out.failed = false;
}
END_TEST

Suite *cart_view_suite(void)
{
	Suite *suite = suite_create("cart_view");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_empty_cart_has_neither_total_nor_currency);
	tcase_add_test(tests, lines_show_what_products_are_now);
	tcase_add_test(tests, what_is_gone_is_unavailable_and_counts_nothing);
	tcase_add_test(tests, totals_are_exact_beyond_64_bits);
	tcase_add_test(tests, the_tag_names_the_version_and_all_that_is_shown);
	suite_add_tcase(suite, tests);
	return suite;
}
