#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_item.h"
#include "trees.h"

#define ID "00000000-0000-4000-8000-000000000001"

static const struct product_stamp stamp = {
	.id = ID,
	.version = 3,
	.created_at = "2026-11-24T01:02:03.004Z",
	.updated_at = "2026-11-24T02:02:03.004Z",
	.write_shards = 1,
};

static struct buf out;

static void set_up(void)
{
	buf_init(&out, PRODUCT_ITEM_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
}

static const char *written(const char *product, uint32_t shards)
{
	json_t *tree = tree_of(product);
	struct product_stamp own = stamp;

	own.write_shards = shards;
	buf_reset(&out);
	product_item_write(tree, &own, &out);
	ck_assert(buf_ok(&out));
	json_decref(tree);
	return buf_text(&out);
}

START_TEST(a_product_is_written_with_its_index_keys)
{
	ck_assert_str_eq(
		written("{\"x\":[1.50,null],\"name\":\"\xc3\x89"
			"clair \\\"A\\\"\",\"price\":1.0,"
			"\"currency\":\"EUR\",\"category\":\"k\\\"\",\"tags\":[\"a\"],\"pk\":\"p\"}",
			1),
		"\"name\":{\"S\":\"\xc3\x89"
		"clair \\\"A\\\"\"},\"price\":{\"N\":\"1\"},"
		"\"currency\":{\"S\":\"EUR\"},\"category\":{\"S\":\"k\\\"\"},"
		"\"tags\":{\"L\":[{\"S\":\"a\"}]},"
		"\"extra\":{\"M\":{\"x\":{\"L\":[{\"N\":\"1.5\"},{\"NULL\":true}]},"
		"\"pk\":{\"S\":\"p\"}}},"
		"\"version\":{\"N\":\"3\"},\"created_at\":{\"S\":\"2026-11-24T01:02:03.004Z\"},"
		"\"updated_at\":{\"S\":\"2026-11-24T02:02:03.004Z\"},"
		"\"g1p\":{\"S\":\"CAT#k\\\"\"},\"g1s\":{\"S\":\"\xc3\xa9"
		"clair \\\"a\\\"\\t" ID "\"},"
		"\"g2p\":{\"S\":\"PROD#0\"},\"g2s\":{\"S\":\"2026-11-24T01:02:03.004Z#" ID "\"}");
}
END_TEST

START_TEST(what_is_not_given_is_not_written)
{
	const char *text = written("{\"name\":\"n\",\"price\":1,\"currency\":\"EUR\"}", 1);

	ck_assert_ptr_null(strstr(text, "g1p"));
	ck_assert_ptr_null(strstr(text, "extra"));
	ck_assert_ptr_null(strstr(text, "category"));
	ck_assert_ptr_nonnull(strstr(text, "\"g1s\":{\"S\":\"n\\t" ID "\"}"));
}
END_TEST

START_TEST(the_shard_is_part_of_the_layout)
{
	/* Were this to change, products in the table would not be found. */
	ck_assert_ptr_nonnull(strstr(written("{\"name\":\"n\"}", 4), "\"PROD#2\""));
	ck_assert_ptr_nonnull(strstr(written("{\"name\":\"n\"}", 16), "\"PROD#6\""));
}
END_TEST

START_TEST(the_longest_name_and_category_fit_the_index)
{
	struct buf product = {0};
	struct buf before = {0};

	buf_init(&product, 4096);
	buf_add_str(&product, "{\"name\":\"");
	for (int i = 0; i < 200; i++)
		buf_add_str(&product, "\xf0\x90\x90\x80");
	buf_add_str(&product, "\",\"category\":\"");
	for (int i = 0; i < 100; i++)
		buf_add_str(&product, "\xf0\x9f\x98\x80");
	buf_add_str(&product, "\"}");
	ck_assert_ptr_nonnull(strstr(written(buf_text(&product), 1), "\\t" ID));
	buf_init(&before, 4096);
	buf_add_str(&before, "CAT#");
	for (int i = 0; i < 100; i++)
		buf_add_str(&before, "\xf0\x9f\x98\x80");
	ck_assert_ptr_nonnull(strstr(buf_text(&out), buf_text(&before)));
	buf_clear(&before);
	buf_clear(&product);
}
END_TEST

START_TEST(an_item_becomes_the_tree_that_it_was_made_of)
{
	static const char product[] =
		"{\"name\":\"n\\t\\\"\",\"price\":1.5,\"currency\":\"EUR\",\"tags\":[],\"backorder\":false,"
		"\"a\\\"b\":{\"c\":[null,true,{\"d\":-1}]},\"stockings\":\"x\"}";
	struct item item;
	json_t *tree = NULL;
	struct buf text = {0};

	buf_init(&text, 4096);
	buf_add_str(&text, "{\"pk\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},\"wt\":{\"S\":\"t\"},");
	buf_add_str(&text, written(product, 1));
	buf_add_char(&text, '}');
	ck_assert(item_view(&item, (struct span){text.data, text.len}));
	ck_assert_int_eq(product_item_tree(&item, &tree), RESULT_OK);
	ck_assert_tree(tree, product);
	buf_clear(&text);
}
END_TEST

START_TEST(an_item_that_another_tool_has_spoilt_is_read_as_far_as_it_goes)
{
	static const char *const table[][2] = {
		{"{}", "{}"},
		{"{\"name\":{\"NULL\":true}}", "{\"name\":null}"},
		{"{\"name\":{\"S\":1},\"price\":{\"N\":\"1\"}}", "{\"price\":1}"},
		{"{\"extra\":{\"S\":\"x\"},\"name\":{\"S\":\"n\"}}", "{\"name\":\"n\"}"},
		{"{\"extra\":{\"M\":{\"a\":{\"X\":1},\"b\":{\"SS\":[\"c\"]}}}}", "{\"b\":[\"c\"]}"},
		{"{\"price\":{\"N\":\"abc\"}}", "{}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct item item;
		json_t *tree = NULL;

		ck_assert(item_view(&item, span_of(table[i][0])));
		ck_assert_int_eq(product_item_tree(&item, &tree), RESULT_OK);
		ck_assert_tree(tree, table[i][1]);
	}
}
END_TEST

START_TEST(an_item_beyond_understanding_is_garbled)
{
	static const char *const table[] = {
		"{\"name\":{\"S\":\"a\\u0000b\"}}",
		"{\"name\":{\"S\":\"a\"},\"extra\":{\"M\":{\"name\":{\"S\":\"b\"}}}}",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct item item;
		json_t *tree = NULL;

		ck_assert(item_view(&item, span_of(table[i])));
		ck_assert_int_eq(product_item_tree(&item, &tree), RESULT_GARBLED);
		ck_assert_ptr_null(tree);
	}
}
END_TEST

START_TEST(attributes_of_others_are_kept)
{
	struct item item;

	ck_assert(item_view(
		&item,
		span_of("{\"sku\":{\"S\":\"P#1\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"n\"},"
			"\"a\\\"b\":{\"SS\":[\"x\"]},\"wt\":{\"S\":\"t\"},\"g1p\":{\"S\":\"g\"},"
			"\"version\":{\"N\":\"1\"},\"pk\":{\"NULL\":true}}")));
	product_item_keep(&item, "sku", &out);
	ck_assert_str_eq(buf_text(&out), ",\"a\\\"b\":{\"SS\":[\"x\"]},\"pk\":{\"NULL\":true}");
}
END_TEST

START_TEST(both_items_are_found_in_any_order)
{
	static const char *const table[] = {
		"[{\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"3\"}},"
		"{\"sk\":{\"S\":\"STOCK\"},\"version\":{\"N\":\"17\"}}]",
		"[{\"sk\":{\"S\":\"X\"}},{\"sk\":{\"S\":\"STOCK\"},\"version\":{\"N\":\"17\"}},"
		"{\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"3\"}}]",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stored_product found = {0};

		ck_assert(product_item_find(span_of(table[i]), NULL, &found));
		ck_assert_uint_eq(found.version, 3);
		ck_assert_uint_eq(found.stock_version, 17);
	}
}
END_TEST

START_TEST(without_a_product_nothing_is_found)
{
	struct stored_product found = {0};

	ck_assert(!product_item_find(span_of("[]"), NULL, &found));
	ck_assert(!product_item_find(span_of("[{\"sk\":{\"S\":\"STOCK\"}}]"), NULL, &found));
	ck_assert(product_item_find(span_of("[{\"sk\":{\"S\":\"#\"},\"version\":{\"S\":\"1\"}}]"),
				    NULL, &found));
	ck_assert_uint_eq(found.version, 0);
	ck_assert_uint_eq(found.stock.count, 0);
}
END_TEST

static void write_once(void *context)
{
	struct buf own = {0};
	json_t *tree = tree_of("{\"name\":\"n\",\"x\":1}");

	(void)context;
	buf_init(&own, PRODUCT_ITEM_MAX);
	if (tree)
		product_item_write(tree, &stamp, &own);
	ck_assert(!tree || buf_ok(&own) != alloc_has_failed());
	json_decref(tree);
	buf_clear(&own);
}

static void read_once(void *context)
{
	struct item item;
	json_t *tree = NULL;
	enum result result;

	(void)context;
	ck_assert(item_view(&item, span_of("{\"name\":{\"S\":\"n\"},\"tags\":{\"L\":[]}}")));
	result = product_item_tree(&item, &tree);
	ck_assert_int_eq(result, alloc_has_failed() ? RESULT_NO_MEMORY : RESULT_OK);
	ck_assert_int_eq(tree != NULL, result == RESULT_OK);
	json_decref(tree);
}

START_TEST(short_memory_is_noticed)
{
	alloc_fail_each(write_once, NULL);
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *product_item_suite(void)
{
	Suite *suite = suite_create("product_item");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_product_is_written_with_its_index_keys);
	tcase_add_test(tests, what_is_not_given_is_not_written);
	tcase_add_test(tests, the_shard_is_part_of_the_layout);
	tcase_add_test(tests, the_longest_name_and_category_fit_the_index);
	tcase_add_test(tests, an_item_becomes_the_tree_that_it_was_made_of);
	tcase_add_test(tests, an_item_that_another_tool_has_spoilt_is_read_as_far_as_it_goes);
	tcase_add_test(tests, an_item_beyond_understanding_is_garbled);
	tcase_add_test(tests, attributes_of_others_are_kept);
	tcase_add_test(tests, both_items_are_found_in_any_order);
	tcase_add_test(tests, without_a_product_nothing_is_found);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
