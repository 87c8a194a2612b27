#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/delivery.h"
#include "domain/order_state.h"

/* What docs/api.md says, told once more: each state and all that may follow. */
static const struct {
	enum order_field field;
	unsigned state;
	const char *name;
	const char *next; /* with a space before and behind each */
} expected[] = {
	{ORDER_STATUS, ORDER_PLACED, "placed", " confirmed expired cancelled "},
	{ORDER_STATUS, ORDER_CONFIRMED, "confirmed", " completed cancelled "},
	{ORDER_STATUS, ORDER_COMPLETED, "completed", " "},
	{ORDER_STATUS, ORDER_EXPIRED, "expired", " "},
	{ORDER_STATUS, ORDER_CANCELLED, "cancelled", " "},
	{ORDER_PAYMENT, PAYMENT_NONE, "none", " authorized paid failed "},
	{ORDER_PAYMENT, PAYMENT_AUTHORIZED, "authorized", " paid failed voided "},
	{ORDER_PAYMENT, PAYMENT_PAID, "paid", " partially_refunded refunded "},
	{ORDER_PAYMENT, PAYMENT_FAILED, "failed", " authorized paid failed "},
	{ORDER_PAYMENT, PAYMENT_VOIDED, "voided", " "},
	{ORDER_PAYMENT, PAYMENT_PARTIALLY_REFUNDED, "partially_refunded",
	 " partially_refunded refunded "},
	{ORDER_PAYMENT, PAYMENT_REFUNDED, "refunded", " "},
	{ORDER_FULFILLMENT, FULFILLMENT_UNFULFILLED, "unfulfilled", " partial shipped "},
	{ORDER_FULFILLMENT, FULFILLMENT_PARTIAL, "partial", " partial shipped delivered returned "},
	{ORDER_FULFILLMENT, FULFILLMENT_SHIPPED, "shipped", " delivered returned "},
	{ORDER_FULFILLMENT, FULFILLMENT_DELIVERED, "delivered", " returned "},
	{ORDER_FULFILLMENT, FULFILLMENT_RETURNED, "returned", " "},
};

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

START_TEST(states_are_known_by_their_names)
{
	unsigned state;

	ck_assert_uint_eq(EXPECTED, ORDER_STATUSES + PAYMENT_STATUSES + FULFILLMENT_STATUSES);
	ck_assert_str_eq(order_state_name(expected[_i].field, expected[_i].state),
			 expected[_i].name);
	ck_assert(order_state_find(expected[_i].field, span_of(expected[_i].name), &state));
	ck_assert_uint_eq(state, expected[_i].state);
	ck_assert(!order_state_find(expected[_i].field, span_of("lost"), &state));
	ck_assert(!order_state_find(expected[_i].field, (struct span){0}, &state));
}
END_TEST

START_TEST(each_change_is_allowed_or_not_as_it_is_told)
{
	char name[32];

	for (size_t to = 0; to < EXPECTED; to++) {
		if (expected[to].field != expected[_i].field)
			continue;
		snprintf(name, sizeof(name), " %s ", expected[to].name);
		ck_assert_int_eq(order_state_may_change(expected[_i].field, expected[_i].state,
							expected[to].state),
				 strstr(expected[_i].next, name) != NULL);
	}
}
END_TEST

static void refuse(void *context)
{
	struct buf out = {0};

	(void)context;
	buf_init(&out, 256);
	order_state_write_refusal(ORDER_STATUS, ORDER_CONFIRMED, &out);
	ck_assert_int_eq(buf_ok(&out), !alloc_has_failed());
	if (buf_ok(&out))
		ck_assert_str_eq(buf_text(&out), "\"field\":\"status\",\"current\":\"confirmed\","
						 "\"allowed\":[\"completed\",\"cancelled\"]");
	buf_clear(&out);
}

START_TEST(a_refusal_names_what_is_and_what_is_allowed)
{
	struct buf out = {0};

	refuse(NULL);
	alloc_fail_each(refuse, NULL);
	buf_init(&out, 256);
	order_state_write_refusal(ORDER_PAYMENT, PAYMENT_VOIDED, &out);
	ck_assert_str_eq(buf_text(&out), "\"field\":\"payment_status\",\"current\":\"voided\","
					 "\"allowed\":[]");
	buf_clear(&out);
}
END_TEST

/* ---- the table in docs/api.md ---- */

enum { DOCS_MAX = 256 * 1024, TABLE_MAX = 4096 };

static void begin_row(struct buf *table, const char *of, const char *field, const char *state)
{
	buf_add_format(table, "| %s`%s` | %s | ", of, field, state);
}

static void end_row(struct buf *table, const char *separator)
{
	buf_add_str(table, separator[0] ? " |\n" : "\u2013 |\n");
}

static void add_order_row(struct buf *table, enum order_field field, unsigned state)
{
	const char *separator = "";

	begin_row(table, "", order_field_name(field), order_state_name(field, state));
	for (size_t to = 0; to < EXPECTED; to++) {
		if (expected[to].field != field ||
		    !order_state_may_change(field, state, expected[to].state))
			continue;
		buf_add_format(table, "%s%s", separator,
			       order_state_name(field, expected[to].state));
		separator = ", ";
	}
	end_row(table, separator);
}

static void add_delivery_row(struct buf *table, enum delivery_status from)
{
	const char *separator = "";

	begin_row(table, "a delivery's ", "status", delivery_status_name(from));
	for (int to = DELIVERY_PENDING; to <= DELIVERY_CANCELLED; to++) {
		if (!delivery_may_change(from, (enum delivery_status)to))
			continue;
		buf_add_format(table, "%s%s", separator,
			       delivery_status_name((enum delivery_status)to));
		separator = ", ";
	}
	end_row(table, separator);
}

static void read_docs(char docs[static DOCS_MAX])
{
	FILE *file = fopen("docs/api.md", "r");
	size_t len;

	ck_assert_msg(file != NULL, "the unit tests are run from the project's folder");
	len = fread(docs, 1, DOCS_MAX - 1, file);
	ck_assert_uint_lt(len, DOCS_MAX - 1);
	docs[len] = '\0';
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_docs_have_the_table_of_the_code)
{
	static char docs[DOCS_MAX];
	struct buf table = {0};

	buf_init(&table, TABLE_MAX);
	buf_add_str(&table, "\n| field | is | may become |\n|---|---|---|\n");
	for (size_t i = 0; i < EXPECTED; i++)
		add_order_row(&table, expected[i].field, expected[i].state);
	for (int from = DELIVERY_PENDING; from <= DELIVERY_CANCELLED; from++)
		add_delivery_row(&table, (enum delivery_status)from);
	buf_add_char(&table, '\n');
	read_docs(docs);
	ck_assert_msg(strstr(docs, buf_text(&table)) != NULL, "docs/api.md should have:\n%s",
		      buf_text(&table));
	buf_clear(&table);
}
END_TEST

Suite *order_state_suite(void)
{
	Suite *suite = suite_create("order_state");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, states_are_known_by_their_names, 0, EXPECTED);
	tcase_add_loop_test(tests, each_change_is_allowed_or_not_as_it_is_told, 0, EXPECTED);
	tcase_add_test(tests, the_docs_have_the_table_of_the_code);
	tcase_add_test(tests, a_refusal_names_what_is_and_what_is_allowed);
	suite_add_tcase(suite, tests);
	return suite;
}
