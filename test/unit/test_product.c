#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/product.h"
#include "domain/product_field.h"
#include "trees.h"

enum { TEXT_SIZE = 512 * 1024 };

static struct arena arena;
static struct validation validation;
static char text[TEXT_SIZE];

static void tear_down(void)
{
	arena_clear(&arena);
}

static const char stored[] =
	"{\"name\":\"Mug\",\"price\":7.5,\"currency\":\"EUR\",\"category\":\"k\","
	"\"tags\":[\"a\"],\"colour\":\"red\",\"size\":{\"w\":1,\"h\":2}}";

static json_t *apply(enum field_change change, const char *before, const char *body)
{
	json_t *old = before ? tree_of(before) : NULL;
	json_t *given = tree_of(body);
	const struct product_input input = {change, given, "EUR"};
	json_t *product = NULL;

	validation_init(&validation, &arena);
	if (given && (old || !before))
		product = product_apply(&input, old, &validation);
	json_decref(old);
	json_decref(given);
	return product;
}

static json_t *create(const char *body)
{
	return apply(FIELD_CREATE, NULL, body);
}

/* The mistakes as "field code, field code". */
static const char *mistakes(void)
{
	size_t len = 0;

	text[0] = '\0';
	for (const struct mistake *at = validation.first; at; at = at->next)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
					len > 0 ? ", " : "", at->field,
					mistake_code_name(at->code));
	return text;
}

static void ck_assert_refused(json_t *product, const char *body, const char *expected)
{
	ck_assert_msg(!product && strcmp(mistakes(), expected) == 0, "%s: %s, expected %s", body,
		      mistakes(), expected);
}

/* ------------------------------------------------------------------ creating */

START_TEST(a_body_becomes_a_product)
{
	static const char *const table[][2] = {
		{"{\"name\":\"n\",\"price\":1}",
		 "{\"name\":\"n\",\"price\":1,\"currency\":\"EUR\"}"},
		{"{\"id\":1,\"name\":\"IPhone\",\"price\":900}",
		 "{\"name\":\"IPhone\",\"price\":900,\"currency\":\"EUR\"}"},
		{"{\"price\":1.50,\"name\":\"n\",\"currency\":\"USD\"}",
		 "{\"price\":1.50,\"name\":\"n\",\"currency\":\"USD\"}"},
		{"{\"name\":\"n\",\"price\":1,\"on_hand\":3,\"low_stock_at\":1,\"b\":{\"a\":[1,null]}}",
		 "{\"name\":\"n\",\"price\":1,\"b\":{\"a\":[1,null]},\"currency\":\"EUR\"}"},
		{"{\"name\":\"n\",\"price\":1,\"category\":null,\"x\":null,\"tags\":null,"
		 "\"on_hand\":null,\"currency\":null,\"id\":null}",
		 "{\"name\":\"n\",\"price\":1,\"currency\":\"EUR\"}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_tree(create(table[i][0]), table[i][1]);
}
END_TEST

static const struct {
	const char *members; /* beside a good name and price, or instead of them */
	const char *mistakes;
} bad_members[] = {
	{"\"name\":null", "name required"},
	{"\"name\":5", "name wrong-type"},
	{"\"name\":true", "name wrong-type"},
	{"\"name\":[\"n\"]", "name wrong-type"},
	{"\"name\":{}", "name wrong-type"},
	{"\"name\":\"\"", "name too-short"},
	{"\"name\":\"  \"", "name too-short"},
	{"\"name\":\"\xc2\xa0\xe3\x80\x80\xe2\x80\x8b\"", "name too-short"},
	{"\"name\":\"a\\tb\"", "name invalid-text"},
	{"\"name\":\"a\\nb\"", "name invalid-text"},
	{"\"name\":\"\\u007f\"", "name invalid-text"},
	{"\"name\":\"\\u0085\"", "name invalid-text"},
	{"\"price\":null", "price required"},
	{"\"price\":\"900\"", "price wrong-type"},
	{"\"price\":true", "price wrong-type"},
	{"\"price\":[1]", "price wrong-type"},
	{"\"price\":{\"amount\":1}", "price wrong-type"},
	{"\"price\":-1", "price negative"},
	{"\"price\":-0.001", "price negative"},
	{"\"price\":1.999", "price too-many-decimals"},
	{"\"price\":1e-7", "price too-many-decimals"},
	{"\"price\":92233720368547758.08", "price too-large"},
	{"\"price\":1e100", "price too-large"},
	{"\"price\":1e126", "price out-of-range"},
	{"\"price\":1.00000000000000000000000000000000000001", "price too-precise"},
	{"\"price\":1.5,\"currency\":\"JPY\"", "price too-many-decimals"},
	{"\"price\":1.2345,\"currency\":\"KWD\"", "price too-many-decimals"},
	{"\"price\":9223372036854775808,\"currency\":\"JPY\"", "price too-large"},
	{"\"price\":1.999,\"currency\":\"XXZ\"", "currency unknown-currency"},
	{"\"currency\":\"eur\"", "currency unknown-currency"},
	{"\"currency\":\"\"", "currency unknown-currency"},
	{"\"currency\":\"EURO\"", "currency unknown-currency"},
	{"\"currency\":978", "currency wrong-type"},
	{"\"currency\":[\"EUR\"]", "currency wrong-type"},
	{"\"category\":\"\"", "category too-short"},
	{"\"category\":\" \"", "category too-short"},
	{"\"category\":\"a\\u0001\"", "category invalid-text"},
	{"\"category\":1", "category wrong-type"},
	{"\"category\":[\"a\"]", "category wrong-type"},
	{"\"description\":1", "description wrong-type"},
	{"\"description\":[\"a\"]", "description wrong-type"},
	{"\"description\":\"a\\u0007b\"", "description invalid-text"},
	{"\"description\":\"line\\nline\\u009f\"", "description invalid-text"},
	{"\"image_url\":1", "image_url wrong-type"},
	{"\"image_url\":\"\"", "image_url invalid-url"},
	{"\"image_url\":\"no url\"", "image_url invalid-url"},
	{"\"image_url\":\"/a.png\"", "image_url invalid-url"},
	{"\"image_url\":\"//host/a.png\"", "image_url invalid-url"},
	{"\"image_url\":\"ftp://host/a.png\"", "image_url invalid-url"},
	{"\"image_url\":\"javascript:alert(1)\"", "image_url invalid-url"},
	{"\"image_url\":\"data:image/png;base64,AAAA\"", "image_url invalid-url"},
	{"\"image_url\":\"http://\"", "image_url invalid-url"},
	{"\"image_url\":\"https:///a.png\"", "image_url invalid-url"},
	{"\"image_url\":\"https://?a\"", "image_url invalid-url"},
	{"\"image_url\":\"https://:80/\"", "image_url invalid-url"},
	{"\"image_url\":\"http://a b/\"", "image_url invalid-url"},
	{"\"image_url\":\"http://a/\\n\"", "image_url invalid-url"},
	{"\"image_url\":\"http://a/\\\"x\"", "image_url invalid-url"},
	{"\"image_url\":\"http://a/<b>\"", "image_url invalid-url"},
	{"\"image_url\":\"http://\xc3\xa9/\"", "image_url invalid-url"},
	{"\"weight_grams\":\"1\"", "weight_grams wrong-type"},
	{"\"weight_grams\":-1", "weight_grams negative"},
	{"\"weight_grams\":1.5", "weight_grams not-an-integer"},
	{"\"weight_grams\":1e-100", "weight_grams not-an-integer"},
	{"\"weight_grams\":9223372036854775808", "weight_grams too-large"},
	{"\"weight_grams\":1e100", "weight_grams too-large"},
	{"\"weight_grams\":1e999", "weight_grams out-of-range"},
	{"\"on_hand\":\"1\"", "on_hand wrong-type"},
	{"\"on_hand\":-1", "on_hand negative"},
	{"\"on_hand\":0.5", "on_hand not-an-integer"},
	{"\"on_hand\":1000000000", "on_hand too-large"},
	{"\"on_hand\":1e30", "on_hand too-large"},
	{"\"low_stock_at\":[]", "low_stock_at wrong-type"},
	{"\"low_stock_at\":-1", "low_stock_at negative"},
	{"\"low_stock_at\":1.1", "low_stock_at not-an-integer"},
	{"\"low_stock_at\":1000000000", "low_stock_at too-large"},
	{"\"backorder\":1", "backorder wrong-type"},
	{"\"backorder\":\"true\"", "backorder wrong-type"},
	{"\"tags\":\"a\"", "tags wrong-type"},
	{"\"tags\":{}", "tags wrong-type"},
	{"\"tags\":[1]", "tags[0] wrong-type"},
	{"\"tags\":[\"a\",null]", "tags[1] wrong-type"},
	{"\"tags\":[\"a\",[\"b\"],\"\",\"\\t\"]",
	 "tags[1] wrong-type, tags[2] too-short, tags[3] invalid-text"},
	{"\"version\":1", "version read-only"},
	{"\"version\":null", "version read-only"},
	{"\"created_at\":\"2026-11-24T01:02:03.004Z\"", "created_at read-only"},
	{"\"updated_at\":1", "updated_at read-only"},
	{"\"stock\":{\"available\":1}", "stock read-only"},
	{"\"\":1", " too-short"},
	{"\"a\\nb\":1", "a\nb invalid-text"},
	{"\"x\":1e126", "x out-of-range"},
	{"\"x\":[{\"y\":123456789012345678901234567890123456789}]", "x[0].y too-precise"},
	{"\"x\":{\"\":{}}", "x. too-short"},
};

START_TEST(each_mistake_has_its_field_and_code)
{
	for (size_t i = 0; i < sizeof(bad_members) / sizeof(bad_members[0]); i++) {
		const char *members = bad_members[i].members;
		char body[1024];

		snprintf(body, sizeof(body), "{%s%s%s}",
			 strstr(members, "\"name\"") ? "" : "\"name\":\"n\",",
			 strstr(members, "\"price\"") ? "" : "\"price\":1,", members);
		ck_assert_refused(create(body), body, bad_members[i].mistakes);
	}
	ck_assert_uint_ge(sizeof(bad_members) / sizeof(bad_members[0]), 80);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
	static const char body[] =
		"{\"name\":\"\",\"price\":-1,\"currency\":\"XXZ\",\"category\":5,\"description\":[\"x\"],"
		"\"image_url\":\"no url\",\"weight_grams\":1.5,\"tags\":\"red\",\"on_hand\":-2,"
		"\"low_stock_at\":\"many\",\"backorder\":\"yes\",\"version\":3,\"stock\":{},\"x\":1e999}";

	ck_assert_refused(
		create(body), body,
		"name too-short, price negative, currency unknown-currency, category wrong-type, "
		"description wrong-type, image_url invalid-url, weight_grams not-an-integer, "
		"tags wrong-type, on_hand negative, low_stock_at wrong-type, backorder wrong-type, "
		"version read-only, stock read-only, x out-of-range");
	ck_assert_refused(create("{}"), "{}", "name required, price required");
}
END_TEST

START_TEST(a_body_that_is_no_object_is_one_mistake)
{
	static const char *const table[] = {"[]", "\"text\"", "1", "null", "true", "[{}]"};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_refused(create(table[i]), table[i], " wrong-type");
		ck_assert_refused(apply(FIELD_PATCH, stored, table[i]), table[i], " wrong-type");
	}
}
END_TEST

/* {"name":"n","price":1,<member>:"<count × unit>"} */
static const char *body_with(const char *member, const char *unit, size_t count)
{
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"price\":1,%s\"%s\":\"",
				      strcmp(member, "name") == 0 ? "" : "\"name\":\"n\",", member);

	while (count-- > 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", unit);
	snprintf(text + len, sizeof(text) - len, "\"}");
	return text;
}

START_TEST(texts_are_bounded_in_characters)
{
	static const struct {
		const char *member;
		size_t max;
	} table[] = {{"name", 200}, {"category", 100}, {"description", 10000}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *product =
			create(body_with(table[i].member, "\xf0\x9f\x98\x80", table[i].max));
		char expected[64];

		ck_assert_ptr_nonnull(product);
		json_decref(product);
		snprintf(expected, sizeof(expected), "%s too-long", table[i].member);
		product = create(body_with(table[i].member, "x", table[i].max + 1));
		ck_assert_refused(product, table[i].member, expected);
	}
}
END_TEST

START_TEST(a_url_is_bounded_in_bytes)
{
	char url[2100];
	char body[2200];
	json_t *product;

	memset(url, 'x', sizeof(url));
	memcpy(url, "https://h/", 10);
	url[2048] = '\0';
	snprintf(body, sizeof(body), "{\"name\":\"n\",\"price\":1,\"image_url\":\"%s\"}", url);
	product = create(body);
	ck_assert_ptr_nonnull(product);
	json_decref(product);
	url[2048] = 'x';
	url[2049] = '\0';
	snprintf(body, sizeof(body), "{\"name\":\"n\",\"price\":1,\"image_url\":\"%s\"}", url);
	ck_assert_refused(create(body), "2049", "image_url too-long");
}
END_TEST

static const char *body_with_tags(size_t count, const char *tag)
{
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"name\":\"n\",\"price\":1,\"tags\":[");

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\"",
					i > 0 ? "," : "", tag);
	snprintf(text + len, sizeof(text) - len, "]}");
	return text;
}

START_TEST(tags_are_bounded)
{
	static const char fifty[] = "12345678901234567890123456789012345678901234567890";
	char more[sizeof(fifty) + 1];
	json_t *product = create(body_with_tags(50, fifty));

	ck_assert_ptr_nonnull(product);
	json_decref(product);
	snprintf(more, sizeof(more), "%sx", fifty);
	ck_assert_refused(create(body_with_tags(51, "a")), "51", "tags too-many");
	ck_assert_refused(create(body_with_tags(1, more)), "51", "tags[0] too-long");
}
END_TEST

START_TEST(good_values_are_good)
{
	static const char *const table[] = {
		"\"category\":\"x/y & z\"",
		"\"description\":\"\"",
		"\"description\":\"a\\r\\n\\tb\"",
		"\"image_url\":\"https://img.example/a.png?x=1#y\"",
		"\"image_url\":\"HTTP://a/\"",
		"\"image_url\":\"http://[::1]:80/%20\"",
		"\"weight_grams\":0",
		"\"weight_grams\":1e3",
		"\"weight_grams\":5.0",
		"\"weight_grams\":9223372036854775807",
		"\"tags\":[]",
		"\"tags\":[\"a\",\"a\"]",
		"\"backorder\":true",
		"\"backorder\":false",
		"\"on_hand\":999999999",
		"\"on_hand\":0",
		"\"low_stock_at\":0",
		"\"currency\":\"JPY\"",
		"\"pk\":1",
		"\"sk\":\"#\"",
		"\"extra\":{}",
		"\"wt\":1",
		"\"g1p\":\"x\"",
		"\"available\":1",
		"\"level\":\"in\"",
		"\"NULL\":{\"NULL\":true}",
		"\"name \":1",
		"\"Name\":1",
		"\"x\":[[[[1]]]]",
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char body[256];
		json_t *product;

		snprintf(body, sizeof(body), "{\"name\":\" n \",\"price\":0,%s}", table[i]);
		product = create(body);
		ck_assert_msg(product, "%s: %s", table[i], mistakes());
		json_decref(product);
	}
}
END_TEST

START_TEST(the_default_currency_rules_the_price_too)
{
	json_t *body = tree_of("{\"name\":\"n\",\"price\":1.5}");
	const struct product_input input = {FIELD_CREATE, body, "JPY"};

	validation_init(&validation, &arena);
	ck_assert_refused(product_apply(&input, NULL, &validation), "1.5 JPY",
			  "price too-many-decimals");
	json_decref(body);
}
END_TEST

START_TEST(the_opening_stock_is_taken_from_the_body)
{
	static const struct {
		const char *body;
		struct stock_opening opening;
	} table[] = {
		{"{}", {0, false, 0}},
		{"{\"on_hand\":null,\"low_stock_at\":null}", {0, false, 0}},
		{"{\"on_hand\":1e3}", {1000, false, 0}},
		{"{\"on_hand\":7,\"low_stock_at\":3.0}", {7, true, 3}},
		{"{\"low_stock_at\":0}", {0, true, 0}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *body = tree_of(table[i].body);
		struct stock_opening opening = product_opening(body);

		ck_assert_int_eq(opening.on_hand, table[i].opening.on_hand);
		ck_assert_int_eq(opening.has_low_mark, table[i].opening.has_low_mark);
		ck_assert_int_eq(opening.low_stock_at, table[i].opening.low_stock_at);
		json_decref(body);
	}
}
END_TEST

/* ------------------------------------------------------------------ changing */

START_TEST(put_merges_the_fields_given_and_patch_merges_deeply)
{
	static const struct {
		enum field_change change;
		const char *body;
		const char *product;
	} table[] = {
		{FIELD_PUT, "{}", stored},
		{FIELD_PUT, "{\"id\":null}", stored},
		{FIELD_PUT, "{\"name\":\"Cup\",\"size\":{\"d\":3},\"new\":[null]}",
		 "{\"name\":\"Cup\",\"price\":7.5,\"currency\":\"EUR\",\"category\":\"k\",\"tags\":[\"a\"],"
		 "\"colour\":\"red\",\"size\":{\"d\":3},\"new\":[null]}"},
		{FIELD_PATCH, "{}", stored},
		{FIELD_PATCH, "{\"id\":\"x\",\"never\":null}", stored},
		{FIELD_PATCH, "{\"size\":{\"w\":null,\"d\":3},\"colour\":null,\"tags\":[\"b\"]}",
		 "{\"name\":\"Mug\",\"price\":7.5,\"currency\":\"EUR\",\"category\":\"k\",\"tags\":[\"b\"],"
		 "\"size\":{\"h\":2,\"d\":3}}"},
		{FIELD_PATCH,
		 "{\"category\":null,\"tags\":null,\"size\":null,\"colour\":{\"a\":null}}",
		 "{\"name\":\"Mug\",\"price\":7.5,\"currency\":\"EUR\",\"colour\":{}}"},
		{FIELD_PATCH, "{\"price\":700,\"currency\":\"JPY\"}",
		 "{\"name\":\"Mug\",\"price\":700,\"currency\":\"JPY\",\"category\":\"k\",\"tags\":[\"a\"],"
		 "\"colour\":\"red\",\"size\":{\"w\":1,\"h\":2}}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_tree(apply(table[i].change, stored, table[i].body), table[i].product);
}
END_TEST

START_TEST(changes_have_mistakes_of_their_own)
{
	static const struct {
		enum field_change change;
		const char *body;
		const char *mistakes;
	} table[] = {
		{FIELD_PUT, "{\"category\":null}", "category wrong-type"},
		{FIELD_PUT, "{\"colour\":null}", "colour wrong-type"},
		{FIELD_PUT, "{\"name\":null,\"price\":null}", "name required, price required"},
		{FIELD_PUT, "{\"currency\":null}", "currency wrong-type"},
		{FIELD_PATCH, "{\"name\":null}", "name required"},
		{FIELD_PATCH, "{\"price\":null}", "price required"},
		{FIELD_PATCH, "{\"currency\":null}", "currency required"},
		{FIELD_PATCH, "{\"name\":{\"a\":1}}", "name wrong-type"},
		{FIELD_PATCH, "{\"tags\":{\"0\":\"b\"}}", "tags wrong-type"},
		{FIELD_PUT, "{\"on_hand\":1,\"low_stock_at\":null}",
		 "on_hand read-only, low_stock_at read-only"},
		{FIELD_PATCH, "{\"on_hand\":null,\"stock\":{}}",
		 "on_hand read-only, stock read-only"},
		{FIELD_PATCH, "{\"version\":2,\"created_at\":null,\"updated_at\":\"x\"}",
		 "version read-only, created_at read-only, updated_at read-only"},
		{FIELD_PUT, "{\"currency\":\"JPY\"}", "price too-many-decimals"},
		{FIELD_PATCH, "{\"price\":1.234}", "price too-many-decimals"},
		{FIELD_PATCH, "{\"size\":{\"w\":1e999}}", "size.w out-of-range"},
		{FIELD_PUT, "{\"price\":-1,\"currency\":\"JPY\",\"x\":1e999}",
		 "price negative, x out-of-range"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_refused(apply(table[i].change, stored, table[i].body), table[i].body,
				  table[i].mistakes);
}
END_TEST

START_TEST(what_is_stored_is_not_judged_unless_it_is_changed)
{
	static const char strange[] = "{\"name\":null,\"price\":{\"a\":1},\"tags\":7}";

	ck_assert_tree(apply(FIELD_PUT, strange, "{\"colour\":\"red\"}"),
		       "{\"name\":null,\"price\":{\"a\":1},\"tags\":7,\"colour\":\"red\"}");
	ck_assert_tree(apply(FIELD_PUT, strange, "{\"price\":1}"),
		       "{\"name\":null,\"price\":1,\"tags\":7}");
	ck_assert_tree(apply(FIELD_PUT, strange, "{\"currency\":\"EUR\"}"),
		       "{\"name\":null,\"price\":{\"a\":1},\"tags\":7,\"currency\":\"EUR\"}");
}
END_TEST

START_TEST(what_is_stored_is_not_changed)
{
	json_t *old = tree_of(stored);
	json_t *body = tree_of("{\"name\":\"x\",\"size\":{\"w\":null},\"colour\":null}");
	const struct product_input input = {FIELD_PATCH, body, "EUR"};

	validation_init(&validation, &arena);
	json_decref(product_apply(&input, old, &validation));
	ck_assert_tree(old, stored);
	ck_assert_tree(body, "{\"name\":\"x\",\"size\":{\"w\":null},\"colour\":null}");
}
END_TEST

START_TEST(a_product_fits_into_an_item)
{
	json_t *product = create(body_with("big", "x", PRODUCT_SIZE_MAX - 100));

	ck_assert_ptr_nonnull(product);
	json_decref(product);
	product = create(body_with("big", "x", PRODUCT_SIZE_MAX));
	ck_assert_refused(product, "big", " too-large");
}
END_TEST

START_TEST(the_table_of_fields_is_sound)
{
	for (const struct field *field = product_fields; field->name; field++) {
		bool takes_values = field->role == FIELD_STORED || field->role == FIELD_OPENING;

		ck_assert_ptr_eq(field_find(product_fields, field->name), field);
		ck_assert_int_eq(field->check != NULL, takes_values);
	}
	ck_assert_ptr_null(field_find(product_fields, "colour"));
	ck_assert_ptr_null(field_find(product_fields, ""));
}
END_TEST

/* ------------------------------------------------------------------ short of memory */

static void apply_once(void *context)
{
	const char *body = context;
	json_t *product = apply(FIELD_PATCH, stored, body);

	ck_assert(product || validation.count > 0 || alloc_has_failed());
	json_decref(product);
	arena_clear(&arena);
}

START_TEST(without_memory_nothing_is_applied)
{
	static char good[] = "{\"name\":\"x\",\"size\":{\"w\":null,\"z\":[1,{}]},\"a\":{\"b\":2}}";
	static char bad[] = "{\"name\":\"\",\"size\":{\"w\":1e999}}";

	alloc_fail_each(apply_once, good);
	alloc_fail_each(apply_once, bad);
}
END_TEST

static void create_once(void *context)
{
	json_t *product = create("{\"name\":\"n\",\"price\":1,\"on_hand\":2,\"x\":[1]}");

	(void)context;
	ck_assert(product || alloc_has_failed());
	ck_assert(!product || json_object_size(product) == 4);
	json_decref(product);
	arena_clear(&arena);
}

START_TEST(without_memory_nothing_is_created)
{
	alloc_fail_each(create_once, NULL);
}
END_TEST

Suite *product_suite(void)
{
	Suite *suite = suite_create("product");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_body_becomes_a_product);
	tcase_add_test(tests, each_mistake_has_its_field_and_code);
	tcase_add_test(tests, all_mistakes_are_told_at_once);
	tcase_add_test(tests, a_body_that_is_no_object_is_one_mistake);
	tcase_add_test(tests, texts_are_bounded_in_characters);
	tcase_add_test(tests, a_url_is_bounded_in_bytes);
	tcase_add_test(tests, tags_are_bounded);
	tcase_add_test(tests, good_values_are_good);
	tcase_add_test(tests, the_default_currency_rules_the_price_too);
	tcase_add_test(tests, the_opening_stock_is_taken_from_the_body);
	tcase_add_test(tests, put_merges_the_fields_given_and_patch_merges_deeply);
	tcase_add_test(tests, changes_have_mistakes_of_their_own);
	tcase_add_test(tests, what_is_stored_is_not_judged_unless_it_is_changed);
	tcase_add_test(tests, what_is_stored_is_not_changed);
	tcase_add_test(tests, a_product_fits_into_an_item);
	tcase_add_test(tests, the_table_of_fields_is_sound);
	tcase_add_test(tests, without_memory_nothing_is_applied);
	tcase_add_test(tests, without_memory_nothing_is_created);
	suite_add_tcase(suite, tests);
	return suite;
}
