#include <check.h>
#include <stdio.h>
#include <string.h>

#include "domain/cart.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"

static struct cart cart;
static struct cart other;

static struct cart_product product_of(const char *id, const char *price, const char *currency)
{
	struct cart_product product = {.name = span_of("n"),
				       .price = span_of(price),
				       .currency = span_of(currency),
				       .level = span_of("in")};

	memcpy(product.id, id, ID_SIZE);
	return product;
}

static enum cart_refusal change(enum cart_act act, const char *id, int64_t quantity)
{
	const struct cart_product product = product_of(id, "1.5", "EUR");

	return cart_apply(&cart, &(struct cart_change){act, id, quantity}, &product);
}

static void number_id(int number, char id[static ID_SIZE])
{
	snprintf(id, ID_SIZE, "00000000-0000-4000-8000-%012d", number);
}

static void fill(struct cart *full, int from, int count)
{
	for (int i = 0; i < count; i++) {
		char id[ID_SIZE];
		struct cart_product product;

		number_id(from + i, id);
		product = product_of(id, "1", "EUR");
		ck_assert_int_eq(cart_apply(full, &(struct cart_change){CART_SET, id, 1}, &product),
				 CART_FINE);
	}
}

static void set_up(void)
{
	cart = (struct cart){.version = 3};
	other = (struct cart){.version = 7};
}

START_TEST(statuses_have_names)
{
	enum cart_status status = CART_OPEN;

	ck_assert_str_eq(cart_status_name(CART_OPEN), "open");
	ck_assert_str_eq(cart_status_name(CART_ORDERED), "ordered");
	ck_assert(cart_status_find(span_of("merged"), &status));
	ck_assert_int_eq(status, CART_MERGED);
	ck_assert(!cart_status_find(span_of("closed"), &status));
	ck_assert(!cart_status_find((struct span){0}, &status));
	ck_assert_int_eq(status, CART_MERGED);
}
END_TEST

START_TEST(a_guests_cart_lives_a_day_and_a_users_thirty)
{
	ck_assert_int_eq(cart_seconds(&cart), 86400);
	memcpy(cart.user_id, A, ID_SIZE);
	ck_assert_int_eq(cart_seconds(&cart), 30 * 86400);
}
END_TEST

START_TEST(a_new_line_keeps_what_the_product_is_then)
{
	ck_assert_int_eq(change(CART_ADD, A, 2), CART_FINE);
	ck_assert_uint_eq(cart.count, 1);
	ck_assert_str_eq(cart.lines[0].product_id, A);
	ck_assert_int_eq(cart.lines[0].quantity, 2);
	ck_assert(span_equals(cart.lines[0].name, "n"));
	ck_assert(span_equals(cart.lines[0].price, "1.5"));
	ck_assert(span_equals(cart.lines[0].currency, "EUR"));
	ck_assert(span_equals(cart.currency, "EUR"));
}
END_TEST

START_TEST(adding_adds_and_setting_sets)
{
	ck_assert_int_eq(change(CART_SET, A, 5), CART_FINE);
	ck_assert_int_eq(change(CART_ADD, A, 2), CART_FINE);
	ck_assert_int_eq(cart_find_line(&cart, A)->quantity, 7);
	ck_assert_int_eq(change(CART_SET, A, 3), CART_FINE);
	ck_assert_int_eq(cart_find_line(&cart, A)->quantity, 3);
	ck_assert_uint_eq(cart.count, 1);
}
END_TEST

START_TEST(removing_takes_one_line_out)
{
	change(CART_SET, A, 1);
	change(CART_SET, B, 2);
	change(CART_SET, C, 3);
	ck_assert_int_eq(cart_apply(&cart,
				    &(struct cart_change){.act = CART_REMOVE, .product_id = B},
				    NULL),
			 CART_FINE);
	ck_assert_uint_eq(cart.count, 2);
	ck_assert_str_eq(cart.lines[1].product_id, C);
	ck_assert_int_eq(change(CART_REMOVE, B, 0), CART_NO_LINE);
	ck_assert_ptr_null(cart_find_line(&cart, B));
}
END_TEST

START_TEST(there_are_at_most_9999_of_one_product)
{
	ck_assert_int_eq(change(CART_SET, A, 9999), CART_FINE);
	ck_assert_int_eq(change(CART_ADD, A, 1), CART_TOO_MANY);
	ck_assert_int_eq(change(CART_SET, A, 1), CART_FINE);
	ck_assert_int_eq(change(CART_ADD, A, 9998), CART_FINE);
	ck_assert_int_eq(cart.lines[0].quantity, 9999);
}
END_TEST

START_TEST(there_are_at_most_90_lines)
{
	fill(&cart, 100, CART_LINES_MAX);
	ck_assert_int_eq(change(CART_ADD, A, 1), CART_FULL);
	ck_assert_uint_eq(cart.count, CART_LINES_MAX);
	ck_assert_int_eq(change(CART_ADD, "00000000-0000-4000-8000-000000000100", 1), CART_FINE);
}
END_TEST

START_TEST(all_lines_are_in_one_currency)
{
	const struct cart_product yen = product_of(B, "9", "JPY");
	const struct cart_change one = {CART_SET, B, 1};

	change(CART_SET, A, 1);
	ck_assert_int_eq(cart_apply(&cart, &one, &yen), CART_OTHER_CURRENCY);
	change(CART_REMOVE, A, 0);
	ck_assert_int_eq(cart_apply(&cart, &one, &yen), CART_FINE); /* it is empty: any will do */
	ck_assert(span_equals(cart.currency, "JPY"));
}
END_TEST

START_TEST(a_product_that_is_not_there_cannot_be_added)
{
	const struct cart_change one = {CART_ADD, A, 1};
	struct cart_product gone = product_of(A, "1", "EUR");

	gone.price = (struct span){0};
	ck_assert_int_eq(cart_apply(&cart, &one, NULL), CART_NO_PRODUCT);
	ck_assert_int_eq(cart_apply(&cart, &one, &gone), CART_NO_PRODUCT);
}
END_TEST

START_TEST(a_closed_cart_does_not_change)
{
	change(CART_SET, A, 1);
	cart.status = CART_ORDERED;
	ck_assert_int_eq(change(CART_SET, A, 2), CART_CLOSED);
	ck_assert_int_eq(change(CART_REMOVE, A, 0), CART_CLOSED);
	ck_assert_int_eq(change(CART_ADD, B, 1), CART_CLOSED);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_CLOSED);
	ck_assert_int_eq(cart_merge(&other, &cart, CART_SUM), CART_CLOSED);
}
END_TEST

START_TEST(lines_stand_in_the_order_in_which_they_came)
{
	change(CART_SET, C, 1);
	cart.version++;
	change(CART_SET, A, 1);
	cart.version++;
	change(CART_SET, C, 2); /* stays where it is */
	change(CART_SET, B, 1);
	cart_sort(&cart);
	ck_assert_str_eq(cart.lines[0].product_id, C);
	ck_assert_str_eq(cart.lines[1].product_id, A);
	ck_assert_str_eq(cart.lines[2].product_id, B);
	cart.lines[0].place = cart.lines[1].place; /* at once: by the id */
	cart_sort(&cart);
	ck_assert_str_eq(cart.lines[0].product_id, A);
	ck_assert_str_eq(cart.lines[1].product_id, C);
}
END_TEST

START_TEST(merging_puts_new_lines_behind_the_old_ones_in_their_order)
{
	change(CART_SET, C, 1);
	fill(&other, 10, 3);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_FINE);
	ck_assert_uint_eq(cart.count, 4);
	cart_sort(&cart);
	ck_assert_str_eq(cart.lines[0].product_id, C);
	for (int i = 0; i < 3; i++) {
		char id[ID_SIZE];

		number_id(10 + i, id);
		ck_assert_str_eq(cart.lines[1 + i].product_id, id);
	}
	cart.version++;
	ck_assert_int_eq(change(CART_SET, B, 1), CART_FINE);
	cart_sort(&cart);
	ck_assert_str_eq(cart.lines[4].product_id, B);
}
END_TEST

START_TEST(a_strategy_says_what_happens_to_products_that_both_have)
{
	static const struct {
		enum cart_strategy strategy;
		int64_t quantity;
	} table[] = {{CART_SUM, 7}, {CART_REPLACE, 5}, {CART_KEEP, 2}};

	for (size_t i = 0; i < 3; i++) {
		set_up();
		change(CART_SET, A, 5);
		change(CART_SET, B, 1);
		other = cart;
		cart = (struct cart){.version = 1};
		change(CART_SET, A, 2);
		ck_assert_int_eq(cart_merge(&cart, &other, table[i].strategy), CART_FINE);
		ck_assert_int_eq(cart_find_line(&cart, A)->quantity, table[i].quantity);
		ck_assert_int_eq(cart_find_line(&cart, B)->quantity, 1);
	}
}
END_TEST

START_TEST(what_would_be_too_much_cannot_be_merged)
{
	change(CART_SET, A, 9000);
	other = cart;
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_TOO_MANY);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_REPLACE), CART_FINE);
	cart = (struct cart){0};
	other = (struct cart){0};
	fill(&cart, 100, 60);
	fill(&other, 130, 61);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_FULL);
	cart = (struct cart){0};
	fill(&cart, 100, 60);
	other.count--; /* 60 and 60 of which 30 are the same */
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_FINE);
	ck_assert_uint_eq(cart.count, 90);
}
END_TEST

START_TEST(currencies_must_agree_in_a_merge_unless_one_is_empty)
{
	const struct cart_product yen = product_of(B, "9", "JPY");

	change(CART_SET, A, 1);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_FINE);
	ck_assert(span_equals(cart.currency, "EUR"));
	cart_apply(&other, &(struct cart_change){CART_SET, B, 1}, &yen);
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_OTHER_CURRENCY);
	cart.count = 0;
	ck_assert_int_eq(cart_merge(&cart, &other, CART_SUM), CART_FINE);
	ck_assert(span_equals(cart.currency, "JPY"));
}
END_TEST

START_TEST(prices_count_in_the_carts_currency_only)
{
	static const struct {
		const char *price;
		const char *currency;
		int64_t amount; /* -1: cannot be counted */
	} table[] = {
		{"1.5", "EUR", 150},  {"2E+1", "EUR", 2000}, {"1.5", "USD", -1},
		{"1.555", "EUR", -1}, {"x", "EUR", -1},
	};
	int64_t amount = -1;

	cart.currency = span_of("EUR");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cart_product product = product_of(A, table[i].price, table[i].currency);

		amount = -1;
		ck_assert_int_eq(cart_price(&cart, &product, &amount), table[i].amount >= 0);
		ck_assert_int_eq(amount, table[i].amount);
	}
	ck_assert(!cart_price(&cart, NULL, &amount));
	cart.currency = (struct span){0};
	ck_assert(!cart_price(&cart, &(struct cart_product){.price = span_of("1")}, &amount));
}
END_TEST

START_TEST(a_price_has_changed_when_it_counts_another_amount)
{
	change(CART_SET, A, 1);
	ck_assert(!cart_price_has_changed(&cart, &cart.lines[0], 150));
	ck_assert(cart_price_has_changed(&cart, &cart.lines[0], 151));
	cart.lines[0].price = span_of("1.50");
	ck_assert(!cart_price_has_changed(&cart, &cart.lines[0], 150));
	cart.lines[0].price = (struct span){0};
	ck_assert(!cart_price_has_changed(&cart, &cart.lines[0], 150));
}
END_TEST

Suite *cart_suite(void)
{
	Suite *suite = suite_create("cart");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, statuses_have_names);
	tcase_add_test(tests, a_guests_cart_lives_a_day_and_a_users_thirty);
	tcase_add_test(tests, a_new_line_keeps_what_the_product_is_then);
	tcase_add_test(tests, adding_adds_and_setting_sets);
	tcase_add_test(tests, removing_takes_one_line_out);
	tcase_add_test(tests, there_are_at_most_9999_of_one_product);
	tcase_add_test(tests, there_are_at_most_90_lines);
	tcase_add_test(tests, all_lines_are_in_one_currency);
	tcase_add_test(tests, a_product_that_is_not_there_cannot_be_added);
	tcase_add_test(tests, a_closed_cart_does_not_change);
	tcase_add_test(tests, lines_stand_in_the_order_in_which_they_came);
	tcase_add_test(tests, merging_puts_new_lines_behind_the_old_ones_in_their_order);
	tcase_add_test(tests, a_strategy_says_what_happens_to_products_that_both_have);
	tcase_add_test(tests, what_would_be_too_much_cannot_be_merged);
	tcase_add_test(tests, currencies_must_agree_in_a_merge_unless_one_is_empty);
	tcase_add_test(tests, prices_count_in_the_carts_currency_only);
	tcase_add_test(tests, a_price_has_changed_when_it_counts_another_amount);
	suite_add_tcase(suite, tests);
	return suite;
}
