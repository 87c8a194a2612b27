#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/payment_body.h"
#include "trees.h"

#define ID "00000000-0000-7000-8000-000000000001"

static struct arena arena;
static struct validation validation;

static void set_up(void)
{
	validation_init(&validation, &arena);
}

static void tear_down(void)
{
	arena_clear(&arena);
}

/* "field code, field code" */
static const char *mistakes(void)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (const struct mistake *at = validation.first; at; at = at->next)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
					len > 0 ? ", " : "", at->field,
					mistake_code_name(at->code));
	validation_init(&validation, &arena);
	return text;
}

START_TEST(a_payment_is_taken_its_amount_as_it_was_written)
{
	json_t *body = tree_of("{\"reference\":\"a\\\"b\",\"status\":\"paid\",\"amount\":1.50}");
	struct payment_body out;

	ck_assert(payment_body_read(body, &validation, &out));
	ck_assert_str_eq(out.reference, "a\"b");
	ck_assert_int_eq(out.status, PAYMENT_PAID);
	ck_assert(span_equals(out.amount, "1.50"));
	ck_assert_ptr_null(out.order_id);
	json_decref(body);
}
END_TEST

START_TEST(a_failed_one_may_be_without_amount)
{
	static const char *const table[] = {
		"{\"reference\":\"r\",\"status\":\"failed\"}",
		"{\"reference\":\"r\",\"status\":\"failed\",\"amount\":null}",
		"{\"reference\":\"r\",\"status\":\"failed\",\"amount\":3}",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *body = tree_of(table[i]);
		struct payment_body out;

		ck_assert(payment_body_read(body, &validation, &out));
		ck_assert_int_eq(out.status, PAYMENT_FAILED);
		json_decref(body);
	}
}
END_TEST

START_TEST(a_callback_names_the_order)
{
	json_t *body = tree_of("{\"order_id\":\"" ID "\",\"reference\":\"r\","
			       "\"status\":\"refunded\",\"amount\":1}");
	struct payment_body out;

	ck_assert(payment_body_read_callback(body, &validation, &out));
	ck_assert_str_eq(out.order_id, ID);
	ck_assert_int_eq(out.status, PAYMENT_REFUNDED);
	ck_assert(!payment_body_read(body, &validation, &out));
	ck_assert_str_eq(mistakes(), "order_id unknown-field");
	json_decref(body);
}
END_TEST

START_TEST(mistakes_are_told)
{
	static const char *const table[][2] = {
		{"[]", " wrong-type"},
		{"{}", "order_id required, reference required, status required"},
		{"{\"order_id\":\"x\",\"reference\":\"r\",\"status\":\"paid\",\"amount\":1}",
		 "order_id invalid-id"},
		{"{\"order_id\":\"" ID "\",\"reference\":\"r\",\"status\":\"paid\"}",
		 "amount required"},
		{"{\"order_id\":\"" ID
		 "\",\"reference\":\"r\",\"status\":\"paid\",\"amount\":null}",
		 "amount required"},
		{"{\"order_id\":\"" ID
		 "\",\"reference\":\"r\",\"status\":\"voided\",\"amount\":-1}",
		 "status not-one-of, amount negative"},
		{"{\"order_id\":\"" ID "\",\"reference\":\"\",\"status\":1,\"amount\":\"1\"}",
		 "reference too-short, status wrong-type, amount wrong-type"},
		{"{\"order_id\":\"" ID "\",\"reference\":\"a b\",\"status\":\"failed\"}",
		 "reference invalid-text"},
		{"{\"order_id\":\"" ID "\",\"reference\":\"\\u00e4\",\"status\":\"failed\"}",
		 "reference invalid-text"},
		{"{\"order_id\":\"" ID "\",\"reference\":7,\"status\":\"failed\"}",
		 "reference wrong-type"},
	};
	struct payment_body out = {.order_id = "untouched"};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *body = tree_of(table[i][0]);

		ck_assert(!payment_body_read_callback(body, &validation, &out));
		ck_assert_str_eq(mistakes(), table[i][1]);
		json_decref(body);
	}
	ck_assert_str_eq(out.order_id, "untouched");
}
END_TEST

START_TEST(a_reference_has_at_most_100_characters)
{
	char text[256];
	struct payment_body out;

	for (int len = 100; len <= 101; len++) {
		json_t *body;

		snprintf(text, sizeof(text), "{\"reference\":\"%0*d\",\"status\":\"failed\"}", len,
			 1);
		body = tree_of(text);
		ck_assert(payment_body_read(body, &validation, &out) == (len == 100));
		ck_assert_str_eq(mistakes(), len == 100 ? "" : "reference too-long");
		json_decref(body);
	}
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct validation its;
	json_t *body = tree_of(context);
	struct payment_body out;

	validation_init(&its, &own);
	if (body && payment_body_read(body, &its, &out))
		ck_assert_str_eq(out.reference, "r");
	else
		ck_assert(!validation_passes(&its) || alloc_has_failed());
	json_decref(body);
	arena_clear(&own);
}

START_TEST(short_memory_is_no_payment)
{
	static char good[] = "{\"reference\":\"r\",\"status\":\"paid\",\"amount\":1}";
	static char bad[] = "{\"reference\":\"r\",\"status\":\"paid\"}";

	alloc_fail_each(read_once, good);
	alloc_fail_each(read_once, bad);
}
END_TEST

Suite *payment_body_suite(void)
{
	Suite *suite = suite_create("payment_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_payment_is_taken_its_amount_as_it_was_written);
	tcase_add_test(tests, a_failed_one_may_be_without_amount);
	tcase_add_test(tests, a_callback_names_the_order);
	tcase_add_test(tests, mistakes_are_told);
	tcase_add_test(tests, a_reference_has_at_most_100_characters);
	tcase_add_test(tests, short_memory_is_no_payment);
	suite_add_tcase(suite, tests);
	return suite;
}
