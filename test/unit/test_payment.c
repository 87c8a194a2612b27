#include <check.h>
#include <string.h>

#include "domain/payment.h"

#define REFERENCE "pay-1"

static const struct order placed = {
	.status = ORDER_PLACED,
	.currency = "EUR",
	.total = 1950,
};

static struct order_payment one(const char *reference, enum payment_status status, int64_t amount)
{
	return (struct order_payment){
		.reference = span_of(reference),
		.status = status,
		.amount = amount,
		.created_at = span_of("C"),
		.updated_at = span_of("U"),
	};
}

static struct payment_decision decide(const struct order *order,
				      const struct order_payment *earlier,
				      enum payment_status status, const char *amount)
{
	const struct payment told = {span_of(REFERENCE), status, span_of(amount)};

	return payment_decide(order, earlier, earlier ? 1 : 0, &told);
}

START_TEST(a_payment_in_full_confirms_a_placed_order)
{
	struct payment_decision made = decide(&placed, NULL, PAYMENT_PAID, "19.50");

	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert(made.is_new && made.place == 0);
	ck_assert_int_eq(made.status, ORDER_CONFIRMED);
	ck_assert_int_eq(made.payment_status, PAYMENT_PAID);
	ck_assert_int_eq(made.paid, 1950);
	ck_assert_int_eq(made.payment.amount, 1950);
	ck_assert_int_eq(made.payment.status, PAYMENT_PAID);
	ck_assert(!made.payment.is_orphaned);
	ck_assert_str_eq(made.what, "paid");
	ck_assert_uint_eq(made.event_count, 1);
	ck_assert_int_eq(made.events[0], EVENT_ORDER_CONFIRMED);
	made = decide(&placed, NULL, PAYMENT_AUTHORIZED, "195e-1");
	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert_int_eq(made.status, ORDER_CONFIRMED);
	ck_assert_int_eq(made.paid, 0);
}
END_TEST

START_TEST(what_is_confirmed_already_is_not_confirmed_again)
{
	struct order order = placed;
	struct payment_decision made;

	order.status = ORDER_COMPLETED; /* cash on delivery */
	made = decide(&order, NULL, PAYMENT_PAID, "19.5");
	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert_int_eq(made.status, ORDER_COMPLETED);
	ck_assert_int_eq(made.payment_status, PAYMENT_PAID);
	ck_assert_uint_eq(made.event_count, 0);
}
END_TEST

START_TEST(the_amount_is_the_total)
{
	static const char *const wrong[] = {"19.49", "19.51", "0",  "-19.5", "19.501",
					    "1950",  "1e99",  "{}", ""};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct payment_decision made = decide(&placed, NULL, PAYMENT_PAID, wrong[i]);

		ck_assert_int_eq(made.verdict, PAY_WRONG_AMOUNT);
		ck_assert_int_eq(made.expected, 1950);
		made = decide(&placed, NULL, PAYMENT_AUTHORIZED, wrong[i]);
		ck_assert_int_eq(made.verdict, PAY_WRONG_AMOUNT);
	}
}
END_TEST

START_TEST(a_failed_payment_needs_no_amount_and_leaves_the_order_placed)
{
	struct payment_decision made =
		payment_decide(&placed, NULL, 0,
			       &(struct payment){span_of("r"), PAYMENT_FAILED, {0}});

	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert_int_eq(made.status, ORDER_PLACED);
	ck_assert_int_eq(made.payment_status, PAYMENT_FAILED);
	ck_assert_int_eq(made.payment.amount, 0);
	ck_assert_uint_eq(made.event_count, 0);
	ck_assert_str_eq(made.what, "payment_failed");
}
END_TEST

/* A capture that fails; another attempt that fails takes nothing away from what is authorized. */
START_TEST(an_authorization_fails_by_its_own_reference_only)
{
	struct order order = placed;
	const struct order_payment earlier[] = {
		{.reference = span_of("r"), .status = PAYMENT_AUTHORIZED, .amount = 1950}};
	struct payment told = {span_of("r"), PAYMENT_FAILED, {0}};
	struct payment_decision made;

	order.status = ORDER_CONFIRMED;
	order.payment_status = PAYMENT_AUTHORIZED;
	made = payment_decide(&order, earlier, 1, &told);
	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert_int_eq(made.status, ORDER_CONFIRMED);
	ck_assert_int_eq(made.payment_status, PAYMENT_FAILED);
	ck_assert(!made.is_new);
	told.reference = span_of("another");
	ck_assert_int_eq(payment_decide(&order, earlier, 1, &told).verdict, PAY_REFUSED);
}
END_TEST

/* From each payment status, what may be told of a new reference. */
START_TEST(what_the_payment_status_does_not_allow_is_refused)
{
	static const enum payment_status told[] = {PAYMENT_AUTHORIZED, PAYMENT_PAID, PAYMENT_FAILED,
						   PAYMENT_REFUNDED};
	static const struct {
		enum payment_status now;
		int64_t paid;
		int64_t refunded;
		const char *allowed; /* "y" for each that is */
	} table[] = {
		{PAYMENT_NONE, 0, 0, "yyyn"},
		{PAYMENT_AUTHORIZED, 0, 0, "nynn"},
		{PAYMENT_PAID, 1950, 0, "nyny"},
		{PAYMENT_FAILED, 0, 0, "yyyn"},
		{PAYMENT_VOIDED, 0, 0, "nnnn"},
		{PAYMENT_PARTIALLY_REFUNDED, 3900, 1950, "nyny"},
		{PAYMENT_REFUNDED, 1950, 1950, "nynn"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct order order = placed;

		order.status = ORDER_CONFIRMED;
		order.payment_status = table[i].now;
		order.paid = table[i].paid;
		order.refunded = table[i].refunded;
		for (size_t t = 0; t < sizeof(told) / sizeof(told[0]); t++) {
			struct payment_decision made = decide(&order, NULL, told[t], "19.5");

			ck_assert_int_eq(made.verdict,
					 table[i].allowed[t] == 'y' ? PAY_TAKEN : PAY_REFUSED);
		}
	}
}
END_TEST

/* A reference that was told of before, whatever the order's own status is by now. */
START_TEST(the_same_reference_is_known_follows_or_is_reused)
{
	static const struct {
		enum payment_status before;
		enum payment_status after;
		const char *amount;
		enum payment_verdict verdict;
	} table[] = {
		{PAYMENT_PAID, PAYMENT_PAID, "19.5", PAY_KNOWN},
		{PAYMENT_PAID, PAYMENT_PAID, "19.4", PAY_REFERENCE_REUSED},
		{PAYMENT_PAID, PAYMENT_AUTHORIZED, "19.5", PAY_KNOWN},
		{PAYMENT_PAID, PAYMENT_FAILED, "", PAY_REFERENCE_REUSED},
		{PAYMENT_PAID, PAYMENT_REFUNDED, "19.5", PAY_REFERENCE_REUSED},
		{PAYMENT_AUTHORIZED, PAYMENT_AUTHORIZED, "19.5", PAY_KNOWN},
		{PAYMENT_AUTHORIZED, PAYMENT_PAID, "19.5", PAY_TAKEN},
		{PAYMENT_AUTHORIZED, PAYMENT_PAID, "19.4", PAY_REFERENCE_REUSED},
		{PAYMENT_AUTHORIZED, PAYMENT_REFUNDED, "19.5", PAY_REFERENCE_REUSED},
		{PAYMENT_FAILED, PAYMENT_FAILED, "7", PAY_KNOWN},
		{PAYMENT_FAILED, PAYMENT_AUTHORIZED, "19.5", PAY_TAKEN},
		{PAYMENT_FAILED, PAYMENT_PAID, "19.5", PAY_TAKEN},
		{PAYMENT_FAILED, PAYMENT_PAID, "19.4", PAY_WRONG_AMOUNT},
		{PAYMENT_FAILED, PAYMENT_REFUNDED, "19.5", PAY_REFERENCE_REUSED},
		{PAYMENT_REFUNDED, PAYMENT_REFUNDED, "19.5", PAY_KNOWN},
		{PAYMENT_REFUNDED, PAYMENT_REFUNDED, "19.4", PAY_REFERENCE_REUSED},
		{PAYMENT_REFUNDED, PAYMENT_PAID, "19.5", PAY_REFERENCE_REUSED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool has_amount = table[i].before != PAYMENT_FAILED;
		struct order_payment before =
			one(REFERENCE, table[i].before, has_amount ? 1950 : 0);
		struct order order = placed;
		struct payment_decision made;

		order.status = has_amount ? ORDER_CONFIRMED : ORDER_PLACED;
		order.payment_status =
			table[i].before == PAYMENT_REFUNDED ? PAYMENT_PAID : table[i].before;
		made = decide(&order, &before, table[i].after, table[i].amount);
		ck_assert_msg(made.verdict == table[i].verdict, "row %zu: %d", i, made.verdict);
		if (made.verdict != PAY_TAKEN)
			continue;
		ck_assert(!made.is_new && made.place == 0);
		ck_assert(span_equals(made.payment.created_at, "C"));
	}
}
END_TEST

START_TEST(refunds_are_for_what_is_left)
{
	struct order order = placed;
	struct payment_decision made;

	order.status = ORDER_CONFIRMED;
	order.payment_status = PAYMENT_PAID;
	order.paid = 1950;
	made = decide(&order, NULL, PAYMENT_REFUNDED, "0.01");
	ck_assert_int_eq(made.verdict, PAY_TAKEN);
	ck_assert_int_eq(made.payment_status, PAYMENT_PARTIALLY_REFUNDED);
	ck_assert_int_eq(made.refunded, 1);
	ck_assert_int_eq(made.events[0], EVENT_ORDER_REFUNDED);
	order.payment_status = PAYMENT_PARTIALLY_REFUNDED;
	order.refunded = 1949;
	made = decide(&order, NULL, PAYMENT_REFUNDED, "0.02");
	ck_assert_int_eq(made.verdict, PAY_WRONG_AMOUNT);
	ck_assert_int_eq(made.expected, 1);
	ck_assert_int_eq(decide(&order, NULL, PAYMENT_REFUNDED, "0").verdict, PAY_WRONG_AMOUNT);
	ck_assert_int_eq(decide(&order, NULL, PAYMENT_REFUNDED, "x").verdict, PAY_WRONG_AMOUNT);
	made = decide(&order, NULL, PAYMENT_REFUNDED, "0.01");
	ck_assert_int_eq(made.payment_status, PAYMENT_REFUNDED);
	ck_assert_int_eq(made.status, ORDER_CONFIRMED);
	ck_assert_int_eq(made.refunded, 1950);
}
END_TEST

START_TEST(a_dead_order_takes_payments_but_changes_no_state)
{
	static const enum order_status dead[] = {ORDER_EXPIRED, ORDER_CANCELLED};

	for (size_t i = 0; i < 2; i++) {
		struct order order = placed;
		struct payment_decision made;

		order.status = dead[i];
		order.payment_status = PAYMENT_VOIDED;
		made = decide(&order, NULL, PAYMENT_PAID, "19.5");
		ck_assert_int_eq(made.verdict, PAY_TAKEN);
		ck_assert(made.payment.is_orphaned);
		ck_assert_int_eq(made.status, dead[i]);
		ck_assert_int_eq(made.payment_status, PAYMENT_VOIDED);
		ck_assert_int_eq(made.paid, 1950);
		ck_assert_uint_eq(made.event_count, 1);
		ck_assert_int_eq(made.events[0], EVENT_PAYMENT_ORPHANED);
		ck_assert_str_eq(made.what, "payment_orphaned");
		made = decide(&order, NULL, PAYMENT_PAID, "19.4");
		ck_assert_int_eq(made.verdict, PAY_WRONG_AMOUNT);
		made = decide(&order, NULL, PAYMENT_FAILED, "");
		ck_assert_int_eq(made.verdict, PAY_TAKEN);
		ck_assert(!made.payment.is_orphaned && made.event_count == 0);
		order.paid = 3900;
		made = decide(&order, NULL, PAYMENT_REFUNDED, "39");
		ck_assert_int_eq(made.verdict, PAY_TAKEN);
		ck_assert_int_eq(made.payment_status, PAYMENT_VOIDED);
		ck_assert_int_eq(made.refunded, 3900);
	}
}
END_TEST

/* In two tabs, or authorized here and paid there: the money is the shop's to give back. */
START_TEST(what_is_paid_a_second_time_is_recorded_and_changes_no_state)
{
	static const enum payment_status paid[] = {PAYMENT_PAID, PAYMENT_PARTIALLY_REFUNDED,
						   PAYMENT_REFUNDED};
	const struct order_payment authorized = one(REFERENCE, PAYMENT_AUTHORIZED, 1950);

	for (size_t i = 0; i < 6; i++) {
		const struct order_payment *earlier = i < 3 ? NULL : &authorized;
		struct order order = placed;
		struct payment_decision made;

		order.status = ORDER_CONFIRMED;
		order.payment_status = paid[i % 3];
		order.paid = 1950;
		made = decide(&order, earlier, PAYMENT_PAID, "19.5");
		ck_assert_int_eq(made.verdict, PAY_TAKEN);
		ck_assert(made.payment.is_orphaned);
		ck_assert_int_eq(made.status, ORDER_CONFIRMED);
		ck_assert_int_eq(made.payment_status, paid[i % 3]);
		ck_assert_int_eq(made.paid, 3900);
		ck_assert_str_eq(made.what, "payment_orphaned");
		ck_assert_uint_eq(made.event_count, 1);
		ck_assert_int_eq(made.events[0], EVENT_PAYMENT_ORPHANED);
		ck_assert_int_eq(decide(&order, earlier, PAYMENT_PAID, "19.4").verdict,
				 earlier ? PAY_REFERENCE_REUSED : PAY_WRONG_AMOUNT);
	}
}
END_TEST

START_TEST(what_costs_nothing_is_not_paid_twice)
{
	struct order order = placed;

	order.status = ORDER_CONFIRMED;
	order.payment_status = PAYMENT_PAID;
	order.total = 0;
	ck_assert_int_eq(decide(&order, NULL, PAYMENT_PAID, "0").verdict, PAY_REFUSED);
}
END_TEST

START_TEST(what_is_beyond_the_total_goes_back_first)
{
	static const struct {
		enum payment_status now;
		int64_t paid, refunded;
		const char *amount;
		enum payment_status then;
	} rows[] = {
		{PAYMENT_PAID, 3900, 0, "19.5", PAYMENT_PAID},
		{PAYMENT_PAID, 3900, 0, "0.01", PAYMENT_PAID},
		{PAYMENT_PAID, 3900, 0, "19.51", PAYMENT_PARTIALLY_REFUNDED},
		{PAYMENT_PAID, 3900, 0, "39", PAYMENT_REFUNDED},
		{PAYMENT_PAID, 3900, 1950, "1", PAYMENT_PARTIALLY_REFUNDED},
		{PAYMENT_PAID, 3900, 1950, "19.5", PAYMENT_REFUNDED},
		{PAYMENT_PARTIALLY_REFUNDED, 3900, 100, "1", PAYMENT_PARTIALLY_REFUNDED},
		{PAYMENT_REFUNDED, 3900, 1950, "19.5", PAYMENT_REFUNDED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order order = placed;
		struct payment_decision made;

		order.status = ORDER_CONFIRMED;
		order.payment_status = rows[i].now;
		order.paid = rows[i].paid;
		order.refunded = rows[i].refunded;
		made = decide(&order, NULL, PAYMENT_REFUNDED, rows[i].amount);
		ck_assert_int_eq(made.verdict, PAY_TAKEN);
		ck_assert_msg(made.payment_status == rows[i].then, "%zu", i);
	}
}
END_TEST

START_TEST(there_is_no_end_of_payments_but_a_limit)
{
	struct order_payment payments[ORDER_PAYMENTS_MAX];
	const struct payment failed = {span_of("new"), PAYMENT_FAILED, {0}};
	const struct payment paid = {span_of("new"), PAYMENT_PAID, span_of("19.5")};
	struct order order = placed;

	for (size_t i = 0; i < ORDER_PAYMENTS_MAX; i++)
		payments[i] = one("old", PAYMENT_FAILED, 0);
	order.payment_status = PAYMENT_FAILED;
	ck_assert_int_eq(
		payment_decide(&order, payments, PAYMENT_FAILURES_MAX - 1, &failed).verdict,
		PAY_TAKEN);
	ck_assert_int_eq(payment_decide(&order, payments, PAYMENT_FAILURES_MAX, &failed).verdict,
			 PAY_KNOWN);
	ck_assert_int_eq(payment_decide(&order, payments, ORDER_PAYMENTS_MAX - 1, &paid).verdict,
			 PAY_TAKEN);
	ck_assert_int_eq(payment_decide(&order, payments, ORDER_PAYMENTS_MAX, &paid).verdict,
			 PAY_TOO_MANY);
}
END_TEST

START_TEST(money_is_never_more_than_can_be_counted)
{
	struct order order = placed;

	order.status = ORDER_EXPIRED;
	order.total = INT64_MAX;
	ck_assert_int_eq(decide(&order, NULL, PAYMENT_PAID, "92233720368547758.07").verdict,
			 PAY_TAKEN);
	order.paid = 1;
	ck_assert_int_eq(decide(&order, NULL, PAYMENT_PAID, "92233720368547758.07").verdict,
			 PAY_TOO_MANY);
}
END_TEST

Suite *payment_suite(void)
{
	Suite *suite = suite_create("payment");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, a_payment_in_full_confirms_a_placed_order);
	tcase_add_test(tests, what_is_confirmed_already_is_not_confirmed_again);
	tcase_add_test(tests, the_amount_is_the_total);
	tcase_add_test(tests, a_failed_payment_needs_no_amount_and_leaves_the_order_placed);
	tcase_add_test(tests, an_authorization_fails_by_its_own_reference_only);
	tcase_add_test(tests, what_the_payment_status_does_not_allow_is_refused);
	tcase_add_test(tests, the_same_reference_is_known_follows_or_is_reused);
	tcase_add_test(tests, refunds_are_for_what_is_left);
	tcase_add_test(tests, a_dead_order_takes_payments_but_changes_no_state);
	tcase_add_test(tests, what_is_paid_a_second_time_is_recorded_and_changes_no_state);
	tcase_add_test(tests, what_costs_nothing_is_not_paid_twice);
	tcase_add_test(tests, what_is_beyond_the_total_goes_back_first);
	tcase_add_test(tests, there_is_no_end_of_payments_but_a_limit);
	tcase_add_test(tests, money_is_never_more_than_can_be_counted);
	suite_add_tcase(suite, tests);
	return suite;
}
