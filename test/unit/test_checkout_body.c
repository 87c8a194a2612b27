#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/checkout_body.h"
#include "order_texts.h"
#include "trees.h"

#define ADDRESS "{\"name\":\"A\",\"line1\":\"L\",\"city\":\"Ulm\",\"country\":\"DE\"}"

static struct arena arena;
static struct validation validation;
static struct checkout_body body;
static struct order_body order;
static const char *note;
static json_t *tree;

static void set_up(void)
{
	validation_init(&validation, &arena);
	body = (struct checkout_body){0};
	tree = NULL;
	note = "";
}

static void tear_down(void)
{
	checkout_body_clear(&body);
	json_decref(tree);
	arena_clear(&arena);
}

/* Of the mistakes that were made, each as "field code ". */
static void ck_assert_mistakes(const char *expected)
{
	char found[512] = "";

	for (const struct mistake *mistake = validation.first; mistake; mistake = mistake->next) {
		strncat(found, mistake->field, 100);
		strcat(found, " ");
		strncat(found, mistake_code_name(mistake->code), 50);
		strcat(found, ";");
	}
	ck_assert_str_eq(found, expected);
}

START_TEST(a_new_checkout_has_a_cart_and_an_address)
{
	tree = tree_of("{\"cart_id\":\"" CART "\",\"email\":\"a@b.cc\",\"address\":" ADDRESS "}");
	ck_assert(checkout_body_read_new(tree, &validation, &body));
	ck_assert_str_eq(body.cart_id, CART);
	ck_assert_str_eq(body.email, "a@b.cc");
	ck_assert_str_eq(json_string_value(json_object_get(body.address, "city")), "Ulm");
}
END_TEST

START_TEST(mistakes_of_a_new_checkout_are_all_told)
{
	static const struct {
		const char *text;
		const char *mistakes;
	} rows[] = {
		{"7", " wrong-type;"},
		{"{}", "cart_id required;address required;"},
		{"{\"cart_id\":\"x\",\"address\":null}", "cart_id invalid-id;address required;"},
		{"{\"cart_id\":\"" CART "\",\"address\":[]}", "address wrong-type;"},
		{"{\"cart_id\":\"" CART "\",\"address\":" ADDRESS ",\"extend\":true,\"lines\":[]}",
		 "extend unknown-field;lines read-only;"},
		{"{\"cart_id\":\"" CART "\",\"address\":{\"name\":\"A\",\"line1\":\"L\","
		 "\"city\":\"\",\"country\":\"DE\"},\"email\":\"x\"}",
		 "email invalid-email;address.city too-short;"},
	};

	tree = tree_of(rows[_i].text);
	ck_assert(!checkout_body_read_new(tree, &validation, &body));
	ck_assert_mistakes(rows[_i].mistakes);
}
END_TEST

START_TEST(a_patch_is_merged_into_what_is_there)
{
	json_t *stored = tree_of("{\"address\":" ADDRESS ",\"email\":\"a@b.cc\"}");

	tree = tree_of("{\"address\":{\"city\":\"Bonn\",\"line2\":null},\"email\":null,"
		       "\"extend\":true}");
	ck_assert(checkout_body_read_patch(tree, stored, &validation, &body));
	ck_assert_str_eq(json_string_value(json_object_get(body.address, "city")), "Bonn");
	ck_assert_str_eq(json_string_value(json_object_get(body.address, "name")), "A");
	ck_assert_ptr_null(body.email);
	ck_assert(body.wants_extension);
	checkout_body_clear(&body);
	json_decref(tree);
	tree = tree_of("{}");
	ck_assert(checkout_body_read_patch(tree, stored, &validation, &body));
	ck_assert_str_eq(body.email, "a@b.cc");
	ck_assert(!body.wants_extension);
	json_decref(stored);
}
END_TEST

START_TEST(a_patch_cannot_take_away_what_is_needed)
{
	json_t *stored = tree_of("{\"address\":" ADDRESS "}");

	tree = tree_of("{\"address\":{\"city\":null},\"extend\":7,\"cart_id\":\"" CART "\"}");
	ck_assert(!checkout_body_read_patch(tree, stored, &validation, &body));
	ck_assert_mistakes("extend wrong-type;cart_id read-only;address.city required;");
	json_decref(stored);
}
END_TEST

START_TEST(an_order_names_its_checkout)
{
	tree = tree_of("{\"checkout_id\":\"" ORDER "\"}");
	ck_assert(order_body_read_new(tree, &validation, &order));
	ck_assert_str_eq(order.checkout_id, ORDER);
	ck_assert(!order.is_cash_on_delivery);
	json_decref(tree);
	tree = tree_of("{\"checkout_id\":\"" ORDER "\",\"cash_on_delivery\":true}");
	ck_assert(order_body_read_new(tree, &validation, &order));
	ck_assert(order.is_cash_on_delivery);
	json_decref(tree);
	tree = tree_of("{\"cash_on_delivery\":\"yes\",\"x\":1}");
	ck_assert(!order_body_read_new(tree, &validation, &order));
	ck_assert_mistakes("cash_on_delivery wrong-type;x unknown-field;checkout_id required;");
}
END_TEST

START_TEST(a_note_is_set_removed_or_not_named)
{
	tree = tree_of("{\"note\":\"ring\\ntwice\"}");
	ck_assert(order_body_read_patch(tree, &validation, &note));
	ck_assert_str_eq(note, "ring\ntwice");
	json_decref(tree);
	tree = tree_of("{\"note\":null}");
	ck_assert(order_body_read_patch(tree, &validation, &note));
	ck_assert_ptr_null(note);
	json_decref(tree);
	note = "as it was";
	tree = tree_of("{}");
	ck_assert(order_body_read_patch(tree, &validation, &note));
	ck_assert_str_eq(note, "as it was");
	json_decref(tree);
	tree = tree_of("{\"note\":7,\"total\":1}");
	ck_assert(!order_body_read_patch(tree, &validation, &note));
	ck_assert_mistakes("note wrong-type;total read-only;");
}
END_TEST

static void read_once(void *context)
{
	struct arena own = {0};
	struct validation told;
	struct checkout_body made = {0};

	validation_init(&told, &own);
	ck_assert_int_eq(checkout_body_read_new(context, &told, &made), !alloc_has_failed());
	checkout_body_clear(&made);
	arena_clear(&own);
}

START_TEST(short_memory_is_noticed)
{
	tree = tree_of("{\"cart_id\":\"" CART "\",\"address\":" ADDRESS "}");
	alloc_fail_each(read_once, tree);
}
END_TEST

Suite *checkout_body_suite(void)
{
	Suite *suite = suite_create("checkout_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_new_checkout_has_a_cart_and_an_address);
	tcase_add_loop_test(tests, mistakes_of_a_new_checkout_are_all_told, 0, 6);
	tcase_add_test(tests, a_patch_is_merged_into_what_is_there);
	tcase_add_test(tests, a_patch_cannot_take_away_what_is_needed);
	tcase_add_test(tests, an_order_names_its_checkout);
	tcase_add_test(tests, a_note_is_set_removed_or_not_named);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
