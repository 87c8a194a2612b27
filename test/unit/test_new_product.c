#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/new_product.h"
#include "scripted_repo.h"
#include "trees.h"

#define ID "00000000-0000-4000-8000-000000000001"

static struct scripted_repo on;
static struct new_product_items items;
static json_t *product;

static void set_up(void)
{
	scripted_repo_init(&on);
	product = tree_of("{\"name\":\"n\",\"x\":1}");
}

static void tear_down(void)
{
	new_product_clear(&items);
	json_decref(product);
	scripted_repo_clear(&on);
}

static void make(const char *id, int64_t on_hand)
{
	const struct new_product new = {id, product, {on_hand, false, 0}, NULL};

	ck_assert(new_product_make(&on.repo, &new, &items));
}

START_TEST(a_product_with_stock_is_three_items)
{
	struct dynamodb_write writes[NEW_PRODUCT_ITEMS];

	make(ID, 7);
	ck_assert_str_eq(items.id, ID);
	ck_assert_uint_eq(new_product_writes(&items, "{}", writes), 3);
	ck_assert_str_eq(writes[0].key.pk, "P#" ID);
	ck_assert_str_eq(writes[0].key.sk, "#");
	ck_assert_ptr_nonnull(strstr(writes[0].item, "\"version\":{\"N\":\"1\"}"));
	ck_assert_str_eq(writes[0].condition, "attribute_not_exists(#p)");
	ck_assert_str_eq(writes[1].key.pk, "P#" ID);
	ck_assert_str_eq(writes[1].key.sk, "STOCK");
	ck_assert_ptr_nonnull(strstr(writes[1].item, "\"available\":{\"N\":\"7\"}"));
	ck_assert_str_eq(writes[1].condition, "attribute_not_exists(#p)");
	ck_assert_str_eq(writes[2].key.pk, "M#" ID);
	ck_assert(id_is_valid(writes[2].key.sk));
	ck_assert_ptr_nonnull(strstr(writes[2].item, "\"delta\":{\"N\":\"7\"}"));
	ck_assert_ptr_null(writes[2].condition);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(writes[i].action, DYNAMODB_PUT);
}
END_TEST

START_TEST(without_stock_it_is_two_and_without_an_id_it_gets_one)
{
	struct dynamodb_write writes[NEW_PRODUCT_ITEMS];

	make(NULL, 0);
	ck_assert(id_is_valid(items.id));
	ck_assert_uint_eq(new_product_writes(&items, "{}", writes), 2);
}
END_TEST

static void make_once(void *context)
{
	const struct new_product new = {ID, product, {7, false, 0}, "staff"};

	(void)context;
	ck_assert(new_product_make(&on.repo, &new, &items) != alloc_has_failed());
	new_product_clear(&items);
}

START_TEST(short_memory_is_told)
{
	alloc_fail_each(make_once, NULL);
}
END_TEST

Suite *new_product_suite(void)
{
	Suite *suite = suite_create("new_product");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_product_with_stock_is_three_items);
	tcase_add_test(tests, without_stock_it_is_two_and_without_an_id_it_gets_one);
	tcase_add_test(tests, short_memory_is_told);
	suite_add_tcase(suite, tests);
	return suite;
}
