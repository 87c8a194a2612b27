#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_view.h"

#define ID "00000000-0000-4000-8000-000000000001"

static const char items[] =
	"[{\"pk\":{\"S\":\"P#" ID
	"\"},\"sk\":{\"S\":\"#\"},\"g1s\":{\"S\":\"x\"},\"wt\":{\"S\":\"t\"},"
	"\"updated_at\":{\"S\":\"U\"},\"created_at\":{\"S\":\"C\"},\"version\":{\"N\":\"3\"},"
	"\"extra\":{\"M\":{\"z\":{\"N\":\"1.5\"},\"a\\\"b\":{\"L\":[{\"NULL\":true},{\"S\":\"\"}]}}},"
	"\"backorder\":{\"BOOL\":true},\"tags\":{\"L\":[{\"S\":\"t\"}]},\"weight_grams\":{\"N\":\"5\"},"
	"\"image_url\":{\"S\":\"http:\\/\\/i\"},\"description\":{\"S\":\"\\u00e9\\n\"},"
	"\"category\":{\"S\":\"k\"},\"currency\":{\"S\":\"EUR\"},"
	"\"price\":{\"N\":\"12345678901234567890123456789012345678\"},\"name\":{\"S\":\"n\"}},"
	"{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"4\"},\"reserved\":{\"N\":\"2\"},"
	"\"level\":{\"S\":\"low\"},\"low_stock_at\":{\"N\":\"5\"},\"version\":{\"N\":\"17\"}}]";

static struct stored_product product;
static struct buf out;

static void view(const char *text)
{
	product = (struct stored_product){.id = ID};
	ck_assert(product_item_find(span_of(text), NULL, &product));
	buf_reset(&out);
	product_view_write(&product, &out);
}

static void set_up(void)
{
	buf_init(&out, PRODUCT_ITEM_MAX);
}

static void tear_down(void)
{
	buf_clear(&out);
}

START_TEST(a_product_is_shown_in_a_fixed_order_with_numbers_as_they_are)
{
	char tag[PRODUCT_TAG_SIZE];

	view(items);
	ck_assert_str_eq(
		buf_text(&out),
		"{\"id\":\"" ID
		"\",\"name\":\"n\",\"price\":12345678901234567890123456789012345678,"
		"\"currency\":\"EUR\",\"category\":\"k\",\"description\":\"\\u00e9\\n\","
		"\"image_url\":\"http:\\/\\/i\",\"weight_grams\":5,\"tags\":[\"t\"],\"backorder\":true,"
		"\"z\":1.5,\"a\\\"b\":[null,\"\"],"
		"\"stock\":{\"available\":4,\"reserved\":2,\"on_hand\":6,\"level\":\"low\","
		"\"low_stock_at\":5},\"version\":3,\"created_at\":\"C\",\"updated_at\":\"U\"}");
	product_view_tag(&product, tag);
	ck_assert_str_eq(tag, "3.17");
}
END_TEST

START_TEST(what_is_not_there_or_not_readable_is_left_out)
{
	static const char *const table[][2] = {
		{"[{\"sk\":{\"S\":\"#\"}}]", "{\"id\":\"" ID "\"}"},
		{"[{\"sk\":{\"S\":\"#\"},\"name\":{\"S\":1},\"extra\":{\"L\":[]},\"version\":{\"N\":\"x\"}}]",
		 "{\"id\":\"" ID "\"}"},
		{"[{\"sk\":{\"S\":\"#\"},\"extra\":{\"M\":{\"a\":{\"N\":\"x\"},\"b\":{\"N\":\"1\"}}}}]",
		 "{\"id\":\"" ID "\",\"b\":1}"},
		{"[{\"sk\":{\"S\":\"#\"}},{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"S\":\"x\"}}]",
		 "{\"id\":\"" ID "\",\"stock\":{\"available\":0,\"reserved\":0,\"on_hand\":0}}"},
		{"[{\"sk\":{\"S\":\"#\"}},{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"-3\"},"
		 "\"reserved\":{\"N\":\"1\"}}]",
		 "{\"id\":\"" ID "\",\"stock\":{\"available\":-3,\"reserved\":1,\"on_hand\":-2}}"},
		{"[{\"sk\":{\"S\":\"#\"}},{\"sk\":{\"S\":\"STOCK\"},"
		 "\"available\":{\"N\":\"9223372036854775807\"},\"reserved\":{\"N\":\"1\"}}]",
		 "{\"id\":\"" ID "\",\"stock\":{\"available\":9223372036854775807,\"reserved\":1,"
		 "\"on_hand\":9223372036854775807}}"},
		{"[{\"sk\":{\"S\":\"#\"}},{\"sk\":{\"S\":\"STOCK\"},"
		 "\"available\":{\"N\":\"-9223372036854775808\"}}]",
		 "{\"id\":\"" ID "\",\"stock\":{\"available\":-9223372036854775808,\"reserved\":0,"
		 "\"on_hand\":-9223372036854775808}}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		view(table[i][0]);
		ck_assert_str_eq(buf_text(&out), table[i][1]);
	}
}
END_TEST

START_TEST(a_line_is_what_could_be_imported_again)
{
	view(items);
	buf_reset(&out);
	product_view_write_line(&product, &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"id\":\"" ID
			 "\",\"name\":\"n\",\"price\":12345678901234567890123456789012345678,"
			 "\"currency\":\"EUR\",\"category\":\"k\",\"description\":\"\\u00e9\\n\","
			 "\"image_url\":\"http:\\/\\/i\",\"weight_grams\":5,\"tags\":[\"t\"],"
			 "\"backorder\":true,\"z\":1.5,\"a\\\"b\":[null,\"\"],\"on_hand\":6,"
			 "\"low_stock_at\":5}");
	product.stock.count = 0;
	buf_reset(&out);
	product_view_write_line(&product, &out);
	ck_assert_ptr_null(strstr(buf_text(&out), "on_hand"));
}
END_TEST

START_TEST(an_entry_of_a_list_shows_the_fields_that_are_asked_for)
{
	static const char entry[] = "{\"pk\":{\"S\":\"P#" ID "\"},\"name\":{\"S\":\"n\"},"
				    "\"price\":{\"N\":\"1\"},\"updated_at\":{\"S\":\"U\"},"
				    "\"g1s\":{\"S\":\"x\"}}";
	static const struct {
		int fields;
		const char *text;
	} table[] = {
		{PRODUCT_LIST_FIELDS_ALL,
		 "{\"id\":\"" ID "\",\"name\":\"n\",\"price\":1,\"updated_at\":\"U\"}"},
		{1, "{\"id\":\"" ID "\"}"},
		{2 | 4, "{\"name\":\"n\",\"price\":1}"},
		{8, "{}"},
		{0, "{}"},
	};
	const struct repo repo = {.db = {.partition_key = "pk"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buf_reset(&out);
		product_view_write_entry(&repo, span_of(entry), table[i].fields, &out);
		ck_assert_str_eq(buf_text(&out), table[i].text);
	}
}
END_TEST

START_TEST(an_id_is_found_in_keys_of_products_only)
{
	static const struct {
		const char *item;
		const char *id;
	} table[] = {
		{"{\"pk\":{\"S\":\"P#" ID "\"}}", ID},  {"{\"pk\":{\"S\":\"M#" ID "\"}}", NULL},
		{"{\"pk\":{\"S\":\"P#short\"}}", NULL}, {"{\"pk\":{\"S\":\"\"}}", NULL},
		{"{\"pk\":{\"N\":\"1\"}}", NULL},       {"{\"sku\":{\"S\":\"P#" ID "\"}}", NULL},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct item item;
		struct span id;

		ck_assert(item_view(&item, span_of(table[i].item)));
		id = product_view_id(&item, "pk");
		ck_assert_int_eq(id.data != NULL, table[i].id != NULL);
		ck_assert(!table[i].id || span_equals(id, table[i].id));
	}
}
END_TEST

static void write_once(void *context)
{
	struct buf own = {0};

	(void)context;
	buf_init(&own, PRODUCT_ITEM_MAX);
	product_view_write(&product, &own);
	ck_assert(buf_ok(&own) != alloc_has_failed());
	buf_clear(&own);
}

START_TEST(short_memory_is_noticed)
{
	view(items);
	alloc_fail_each(write_once, NULL);
}
END_TEST

Suite *product_view_suite(void)
{
	Suite *suite = suite_create("product_view");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_product_is_shown_in_a_fixed_order_with_numbers_as_they_are);
	tcase_add_test(tests, what_is_not_there_or_not_readable_is_left_out);
	tcase_add_test(tests, a_line_is_what_could_be_imported_again);
	tcase_add_test(tests, an_entry_of_a_list_shows_the_fields_that_are_asked_for);
	tcase_add_test(tests, an_id_is_found_in_keys_of_products_only);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
