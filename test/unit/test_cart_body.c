#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/cart_body.h"
#include "trees.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"

static struct arena arena;
static struct validation validation;
static json_t *body;

static void read_body(const char *text)
{
	json_decref(body);
	body = tree_of(text);
	validation_init(&validation, &arena);
}

static void tear_down(void)
{
	json_decref(body);
	body = NULL;
	arena_clear(&arena);
}

static void ck_assert_mistake(const char *field, enum mistake_code code)
{
	ck_assert_uint_eq(validation.count, 1);
	ck_assert_str_eq(validation.first->field, field);
	ck_assert_int_eq(validation.first->code, code);
}

START_TEST(a_new_cart_may_name_its_user)
{
	const char *user_id = "untouched";

	read_body("{\"user_id\":\"" A "\"}");
	ck_assert(cart_body_read_new(body, &validation, &user_id));
	ck_assert_str_eq(user_id, A);
	read_body("{}");
	ck_assert(cart_body_read_new(body, &validation, &user_id));
	ck_assert_ptr_null(user_id);
	read_body("{\"user_id\":null}");
	ck_assert(cart_body_read_new(body, &validation, &user_id));
	ck_assert_ptr_null(user_id);
}
END_TEST

START_TEST(what_a_new_cart_cannot_have_is_told)
{
	static const struct {
		const char *body;
		const char *field;
		enum mistake_code code;
	} table[] = {
		{"[]", "", MISTAKE_WRONG_TYPE},
		{"{\"user_id\":1}", "user_id", MISTAKE_WRONG_TYPE},
		{"{\"user_id\":\"me\"}", "user_id", MISTAKE_INVALID_ID},
		{"{\"lines\":[]}", "lines", MISTAKE_READ_ONLY},
		{"{\"x\":1}", "x", MISTAKE_UNKNOWN_FIELD},
	};
	const char *user_id = "untouched";

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		read_body(table[i].body);
		ck_assert(!cart_body_read_new(body, &validation, &user_id));
		ck_assert_mistake(table[i].field, table[i].code);
		ck_assert_str_eq(user_id, "untouched");
	}
}
END_TEST

START_TEST(a_line_has_a_quantity_from_1_to_9999)
{
	static const struct {
		const char *body;
		bool is_required;
		int64_t quantity; /* 0: a mistake */
		enum mistake_code code;
	} table[] = {
		{"{\"quantity\":1}", true, 1, 0},
		{"{\"quantity\":9999}", true, 9999, 0},
		{"{\"quantity\":1e1}", true, 10, 0},
		{"{}", false, 1, 0},
		{"{\"quantity\":null}", false, 1, 0},
		{"{\"quantity\":3}", false, 3, 0},
		{"{}", true, 0, MISTAKE_REQUIRED},
		{"{\"quantity\":null}", true, 0, MISTAKE_REQUIRED},
		{"{\"quantity\":0}", true, 0, MISTAKE_ZERO},
		{"{\"quantity\":0}", false, 0, MISTAKE_ZERO},
		{"{\"quantity\":-1}", true, 0, MISTAKE_NEGATIVE},
		{"{\"quantity\":1.5}", true, 0, MISTAKE_NOT_AN_INTEGER},
		{"{\"quantity\":10000}", true, 0, MISTAKE_TOO_LARGE},
		{"{\"quantity\":10000}", false, 0, MISTAKE_TOO_LARGE},
		{"{\"quantity\":\"2\"}", false, 0, MISTAKE_WRONG_TYPE},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t quantity = 0;

		read_body(table[i].body);
		ck_assert_int_eq(cart_body_read_line(body, table[i].is_required, &validation,
						     &quantity),
				 table[i].quantity > 0);
		ck_assert_int_eq(quantity, table[i].quantity);
		if (quantity == 0)
			ck_assert_mistake("quantity", table[i].code);
	}
	read_body("{\"quantity\":1,\"price\":1}");
	ck_assert(!cart_body_read_line(body, true, &validation, &(int64_t){0}));
	ck_assert_mistake("price", MISTAKE_READ_ONLY);
}
END_TEST

START_TEST(a_merge_names_another_cart_and_maybe_a_strategy)
{
	static const struct {
		const char *more;
		enum cart_strategy strategy;
	} table[] = {
		{"", CART_SUM},
		{",\"strategy\":null", CART_SUM},
		{",\"strategy\":\"sum\"", CART_SUM},
		{",\"strategy\":\"replace\"", CART_REPLACE},
		{",\"strategy\":\"keep\"", CART_KEEP},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cart_merge_body merge = {0};
		char text[120] = "{\"into\":\"" B "\"";

		strcat(strcat(text, table[i].more), "}");
		read_body(text);
		ck_assert(cart_body_read_merge(body, A, &validation, &merge));
		ck_assert_str_eq(merge.into, B);
		ck_assert_int_eq(merge.strategy, table[i].strategy);
	}
}
END_TEST

START_TEST(what_a_merge_cannot_be_is_told)
{
	static const struct {
		const char *body;
		const char *field;
		enum mistake_code code;
	} table[] = {
		{"{}", "into", MISTAKE_REQUIRED},
		{"{\"into\":null}", "into", MISTAKE_REQUIRED},
		{"{\"into\":\"x\"}", "into", MISTAKE_INVALID_ID},
		{"{\"into\":\"" A "\"}", "into", MISTAKE_INVALID_ID},
		{"{\"into\":\"" B "\",\"strategy\":\"add\"}", "strategy", MISTAKE_NOT_ONE_OF},
		{"{\"into\":\"" B "\",\"strategy\":1}", "strategy", MISTAKE_WRONG_TYPE},
		{"{\"into\":\"" B "\",\"from\":1}", "from", MISTAKE_UNKNOWN_FIELD},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cart_merge_body merge = {0};

		read_body(table[i].body);
		ck_assert(!cart_body_read_merge(body, A, &validation, &merge));
		ck_assert_mistake(table[i].field, table[i].code);
		ck_assert_ptr_null(merge.into);
	}
}
END_TEST

static void read_once(void *context)
{
	struct cart_merge_body merge = {0};

	(void)context;
	validation_init(&validation, &arena);
	ck_assert_int_eq(cart_body_read_merge(body, A, &validation, &merge), !alloc_has_failed());
	ck_assert_int_eq(validation.has_failed, alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(short_memory_is_no_mistake)
{
	read_body("{\"into\":\"" B "\",\"strategy\":\"keep\"}");
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *cart_body_suite(void)
{
	Suite *suite = suite_create("cart_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_new_cart_may_name_its_user);
	tcase_add_test(tests, what_a_new_cart_cannot_have_is_told);
	tcase_add_test(tests, a_line_has_a_quantity_from_1_to_9999);
	tcase_add_test(tests, a_merge_names_another_cart_and_maybe_a_strategy);
	tcase_add_test(tests, what_a_merge_cannot_be_is_told);
	tcase_add_test(tests, short_memory_is_no_mistake);
	suite_add_tcase(suite, tests);
	return suite;
}
