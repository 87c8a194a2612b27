#include <check.h>
#include <string.h>

#include "domain/checkout.h"
#include "order_texts.h"

static struct cart cart;
static struct cart_product products[2];
static struct checkout checkout;

static void set_up(void)
{
	cart = (struct cart){.count = 2, .currency = span_of("EUR")};
	cart.lines[0] =
		(struct cart_line){TEA, 3, .price = span_of("1.5"), .currency = span_of("EUR")};
	cart.lines[1] =
		(struct cart_line){POT, 2, .price = span_of("2"), .currency = span_of("EUR")};
	products[0] = (struct cart_product){POT, span_of("pot"), span_of("2"), span_of("EUR"),
					    .level = {0}};
	products[1] = (struct cart_product){TEA, span_of("tea"), span_of("1.50"), span_of("EUR"),
					    .level = {0}};
	checkout = (struct checkout){0};
}

static enum checkout_refusal freeze(void)
{
	return checkout_freeze(&cart, products, 2, &checkout);
}

START_TEST(lines_are_frozen_at_what_products_cost_now)
{
	products[0].price = span_of("2.25");
	ck_assert_int_eq(freeze(), CHECKOUT_FINE);
	ck_assert_uint_eq(checkout.count, 2);
	ck_assert_str_eq(checkout.lines[0].product_id, TEA);
	ck_assert(span_equals(checkout.lines[0].name, "tea"));
	ck_assert_int_eq(checkout.lines[0].amount, 150);
	ck_assert(!checkout.lines[0].was.data); /* 1.5 and 1.50 are the same */
	ck_assert(span_equals(checkout.lines[1].was, "2"));
	ck_assert_int_eq(checkout.total, 900);
	ck_assert(span_equals(checkout.currency, "EUR"));
}
END_TEST

START_TEST(all_that_is_gone_is_named)
{
	products[0].price = (struct span){0};
	ck_assert_int_eq(freeze(), CHECKOUT_GONE);
	ck_assert(checkout.lines[1].is_gone && !checkout.lines[0].is_gone);
	set_up();
	ck_assert_int_eq(checkout_freeze(&cart, products, 1, &checkout), CHECKOUT_GONE);
	ck_assert(checkout.lines[0].is_gone);
	set_up();
	products[0].price = span_of("0.001"); /* another tool's */
	ck_assert_int_eq(freeze(), CHECKOUT_GONE);
}
END_TEST

START_TEST(currencies_must_agree_whatever_they_were)
{
	products[0].currency = span_of("USD");
	ck_assert_int_eq(freeze(), CHECKOUT_CURRENCIES);
	products[1].currency = span_of("USD");
	ck_assert_int_eq(freeze(), CHECKOUT_FINE);
	ck_assert(span_equals(checkout.currency, "USD"));
	ck_assert(checkout.lines[0].was.data);
}
END_TEST

START_TEST(totals_are_counted_to_the_last_and_refused_beyond)
{
	products[0].price = span_of("46116860184273879.03");
	cart.lines[0].quantity = 1;
	products[1].price = span_of("0.01");
	ck_assert_int_eq(freeze(), CHECKOUT_FINE);
	ck_assert_int_eq(checkout.total, INT64_MAX);
	cart.lines[0].quantity = 2;
	ck_assert_int_eq(freeze(), CHECKOUT_TOO_LARGE);
}
END_TEST

START_TEST(it_is_over_from_its_very_moment_on)
{
	static const struct {
		enum checkout_status status;
		const char *now;
		enum checkout_refusal expected;
	} rows[] = {
		{CHECKOUT_HELD, BEFORE, CHECKOUT_FINE},
		{CHECKOUT_HELD, NOW, CHECKOUT_ENDED},
		{CHECKOUT_HELD, LATER, CHECKOUT_ENDED},
		{CHECKOUT_USED, BEFORE, CHECKOUT_IS_USED},
		{CHECKOUT_USED, LATER, CHECKOUT_IS_USED},
		{CHECKOUT_RELEASED, BEFORE, CHECKOUT_ENDED},
		{CHECKOUT_EXPIRED, BEFORE, CHECKOUT_ENDED},
	};

	strcpy(checkout.expires_at, NOW);
	checkout.status = rows[_i].status;
	ck_assert_int_eq(checkout_judge(&checkout, rows[_i].now), rows[_i].expected);
	ck_assert_int_eq(checkout_is_held(&checkout, rows[_i].now),
			 rows[_i].expected == CHECKOUT_FINE);
	ck_assert_int_eq(checkout_is_over(&checkout, rows[_i].now),
			 rows[_i].status == CHECKOUT_HELD && rows[_i].expected == CHECKOUT_ENDED);
}
END_TEST

START_TEST(statuses_are_known_by_their_names)
{
	enum checkout_status status;

	for (int i = CHECKOUT_HELD; i <= CHECKOUT_EXPIRED; i++) {
		const char *name = checkout_status_name((enum checkout_status)i);

		ck_assert(checkout_status_find(span_of(name), &status));
		ck_assert_int_eq(status, i);
	}
	ck_assert(!checkout_status_find(span_of("lost"), &status));
}
END_TEST

Suite *checkout_suite(void)
{
	Suite *suite = suite_create("checkout");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, lines_are_frozen_at_what_products_cost_now);
	tcase_add_test(tests, all_that_is_gone_is_named);
	tcase_add_test(tests, currencies_must_agree_whatever_they_were);
	tcase_add_test(tests, totals_are_counted_to_the_last_and_refused_beyond);
	tcase_add_loop_test(tests, it_is_over_from_its_very_moment_on, 0, 7);
	tcase_add_test(tests, statuses_are_known_by_their_names);
	suite_add_tcase(suite, tests);
	return suite;
}
