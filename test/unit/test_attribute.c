#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/attribute.h"
#include "base/json_exact.h"
#include "base/json_scan.h"

static const char item_text[] =
	"{\"pk\":{\"S\":\"P#1\"},\"price\" : {\"N\":\"19.99\"},\"version\":{\"N\":\"7\"},"
	"\"low\":{\"N\":\"-3\"},\"name\":{\"S\":\"a \\\"b\\\"\"},\"on\":{\"BOOL\":true}}";

START_TEST(an_item_is_viewed_in_place)
{
	struct item item;

	ck_assert(item_view(&item, span_of(item_text)));
	ck_assert_uint_eq(item.count, 6);
	ck_assert(span_equals(item_get(&item, "on"), "{\"BOOL\":true}"));
	ck_assert(span_equals(item_number(&item, "price"), "19.99"));
	ck_assert(span_equals(item_raw_string(&item, "name"), "a \\\"b\\\""));
	ck_assert_ptr_null(item_get(&item, "pric").data);
	ck_assert_ptr_null(item_get(&item, "prices").data);
	ck_assert_ptr_null(item_number(&item, "name").data);
	ck_assert_ptr_null(item_raw_string(&item, "price").data);
}
END_TEST

START_TEST(names_that_begin_alike_are_told_apart)
{
	static const char text[] =
		"{\"price\":{\"N\":\"1\"},\"\":{\"N\":\"2\"},\"p\":{\"N\":\"3\"},"
		"\"pr\":{\"N\":\"4\"},\"prices\":{\"N\":\"5\"},"
		"\"\xc3\xa4\":{\"N\":\"6\"},\"ps\":{\"N\":\"7\"}}";
	static const struct {
		const char *name;
		int64_t number;
	} table[] = {{"price", 1},  {"", 2},         {"p", 3}, {"pr", 4},
		     {"prices", 5}, {"\xc3\xa4", 6}, {"ps", 7}};
	static const char *const absent[] = {"pric", "P", "x", "\xc3", "priced", "pricesx"};
	struct item item;
	struct item copy;

	ck_assert(item_view(&item, span_of(text)));
	item_copy(&copy, &item);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t number = 0;

		ck_assert_msg(item_i64(&item, table[i].name, &number), "%s", table[i].name);
		ck_assert_int_eq(number, table[i].number);
		ck_assert_msg(item_i64(&copy, table[i].name, &number), "%s", table[i].name);
		ck_assert_int_eq(number, table[i].number);
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		ck_assert_ptr_null(item_get(&copy, absent[i]).data);
}
END_TEST

START_TEST(integers_are_read_exactly_or_not_at_all)
{
	struct item item;
	uint64_t number = 5;
	int64_t with_sign = 5;

	ck_assert(item_view(&item, span_of(item_text)));
	ck_assert(item_u64(&item, "version", &number));
	ck_assert_uint_eq(number, 7);
	ck_assert(item_i64(&item, "low", &with_sign));
	ck_assert_int_eq(with_sign, -3);
	ck_assert(!item_u64(&item, "low", &number));
	ck_assert(!item_u64(&item, "price", &number));
	ck_assert(!item_u64(&item, "name", &number));
	ck_assert(!item_u64(&item, "none", &number));
	ck_assert_uint_eq(number, 7);
}
END_TEST

START_TEST(what_is_no_item_is_not_viewed)
{
	static const char *const texts[] = {"", "[]", "1", "{\"a\":1}",
					    "{\"a\":{\"S\":\"x\"},\"b\":[]}"};
	struct item item;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(!item_view(&item, span_of(texts[i])), "%s", texts[i]);
		ck_assert_uint_eq(item.count, 0);
	}
	ck_assert(!item_view(&item, (struct span){0}));
	ck_assert(item_view(&item, span_of("{}")));
}
END_TEST

START_TEST(an_item_has_at_most_64_attributes)
{
	struct item item;
	struct buf text;

	buf_init(&text, 10000);
	buf_add_char(&text, '{');
	for (int i = 0; i < ITEM_ATTRIBUTES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "a%d", i);
		attribute_add_number(&text, name, "1");
	}
	buf_add_char(&text, '}');
	ck_assert(item_view(&item, (struct span){text.data, text.len}));
	text.len--;
	attribute_add_number(&text, "one_more", "1");
	buf_add_char(&text, '}');
	ck_assert(!item_view(&item, (struct span){text.data, text.len}));
	buf_clear(&text);
}
END_TEST

START_TEST(the_items_of_an_array_are_viewed_one_after_the_other)
{
	static const char text[] =
		"[{\"a\":{\"S\":\"}],\"},\"b\":{\"M\":{\"c\":{\"N\":\"1\"}}}}, {} ,"
		"{\"a\":1,\"b\":{\"N\":\"2\"}},[{\"a\":{\"N\":\"3\"}}],{\"d\":{\"N\":\"4\"}}]";
	static const size_t counts[] = {2, 0, 0, 0, 1};
	struct json_walk items;
	struct item item;

	json_walk_init(&items, span_of(text));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ck_assert(item_view_next(&items, &item));
		ck_assert_uint_eq(item.count, counts[i]);
	}
	ck_assert(span_equals(item_number(&item, "d"), "4"));
	ck_assert(!item_view_next(&items, &item));
	json_walk_init(&items, span_of("[]"));
	ck_assert(!item_view_next(&items, &item));
	json_walk_init(&items, (struct span){0});
	ck_assert(!item_view_next(&items, &item));
}
END_TEST

START_TEST(typed_values_become_plain_json)
{
	static const char *const table[][2] = {
		{"{\"S\":\"a \\u00e9\\\"\"}", "\"a \\u00e9\\\"\""},
		{"{\"S\":\"\"}", "\"\""},
		{"{\"S\":\"ends in \\\\\"}", "\"ends in \\\\\""},
		{"{\"S\":\"\xe6\xbc\xa2\"}", "\"\xe6\xbc\xa2\""},
		{"{\"N\":\"19.99\"}", "19.99"},
		{"{\"N\":\"12345678901234567890123456789012345678\"}",
		 "12345678901234567890123456789012345678"},
		{"{\"N\":\"1E+100\"}", "1E+100"},
		{"{\"BOOL\":true}", "true"},
		{"{\"BOOL\":false}", "false"},
		{"{\"NULL\":true}", "null"},
		{"{\"M\":{}}", "{}"},
		{"{\"L\":[]}", "[]"},
		{"{\"M\":{\"a\":{\"L\":[{\"N\":\"1\"},{\"M\":{\"b\":{\"NULL\":true}}}]},\"c\":{\"S\":\"d\"}}}",
		 "{\"a\":[1,{\"b\":null}],\"c\":\"d\"}"},
		{" { \"M\" : { \"a\" : { \"L\" : [ { \"N\" : \"1\" } , { \"S\" : \" \" } ] } } } ",
		 "{\"a\":[1,\" \"]}"},
		{"{\"SS\":[\"a\",\"b\"]}", "[\"a\",\"b\"]"},
		{"{\"NS\":[\"1\",\"2.5\"]}", "[1,2.5]"},
		{"{\"B\":\"aGk=\"}", "\"aGk=\""},
		{"{\"BS\":[\"aGk=\"]}", "[\"aGk=\"]"},
	};
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buf_reset(&out);
		ck_assert_msg(attribute_to_json(span_of(table[i][0]), &out), "%s", table[i][0]);
		ck_assert_str_eq(buf_text(&out), table[i][1]);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(what_is_no_typed_value_leaves_nothing_behind)
{
	static const char *const texts[] = {
		"",
		"{}",
		"1",
		"\"S\"",
		"[]",
		"{\"S\":1}",
		"{\"N\":1}",
		"{\"N\":\"\"}",
		"{\"N\":\"1,2\"}",
		"{\"N\":\"abc\"}",
		"{\"N\":\"0x1\"}",
		"{\"BOOL\":1}",
		"{\"BOOL\":null}",
		"{\"NULL\":false}",
		"{\"X\":\"a\"}",
		"{\"S\":\"a\",\"N\":\"1\"}",
		"{\"L\":{}}",
		"{\"L\":[1]}",
		"{\"L\":[{\"S\":\"a\"},{}]}",
		"{\"M\":[]}",
		"{\"M\":{\"a\":1}}",
		"{\"NS\":[\"1\",\"x\"]}",
		"{\"SS\":\"a\"}",
		"{\"S\":\"a",
		"{\"S\":\"a\\",
		"{\"M\":{\"a\":{\"S\":\"b\"}",
		"{\"BOOL\":tru",
	};
	struct buf out;

	buf_init(&out, 4096);
	buf_add_str(&out, "before");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(!attribute_to_json(span_of(texts[i]), &out), "%s", texts[i]);
		ck_assert_str_eq(buf_text(&out), "before");
	}
	ck_assert(!attribute_to_json((struct span){0}, &out));
	buf_clear(&out);
}
END_TEST

static json_t *parse(const char *text)
{
	struct json_mistake mistake;

	return json_exact_parse(span_of(text), &mistake);
}

START_TEST(plain_json_becomes_typed_values)
{
	static const char *const table[][2] = {
		{"\"a\\n\xc3\xa9\"", "{\"S\":\"a\\n\xc3\xa9\"}"},
		{"\"\"", "{\"S\":\"\"}"},
		{"19.99", "{\"N\":\"19.99\"}"},
		{"1.50", "{\"N\":\"1.5\"}"},
		{"-0", "{\"N\":\"0\"}"},
		{"1e-7", "{\"N\":\"0.0000001\"}"},
		{"12345678901234567890123456789012345678",
		 "{\"N\":\"12345678901234567890123456789012345678\"}"},
		{"true", "{\"BOOL\":true}"},
		{"false", "{\"BOOL\":false}"},
		{"null", "{\"NULL\":true}"},
		{"{}", "{\"M\":{}}"},
		{"[]", "{\"L\":[]}"},
		{"{\"a\":[1,{\"b\":null}]}",
		 "{\"M\":{\"a\":{\"L\":[{\"N\":\"1\"},{\"M\":{\"b\":{\"NULL\":true}}}]}}}"},
		{"{\"a\\\"b\":1}", "{\"M\":{\"a\\\"b\":{\"N\":\"1\"}}}"},
	};
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *value = parse(table[i][0]);

		ck_assert_ptr_nonnull(value);
		buf_reset(&out);
		ck_assert(attribute_from_json(value, &out));
		ck_assert_str_eq(buf_text(&out), table[i][1]);
		ck_assert(json_scan_check((struct span){out.data, out.len}));
		json_decref(value);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(numbers_that_cannot_be_kept_are_refused_at_any_depth)
{
	static const char *const texts[] = {
		"123456789012345678901234567890123456789",
		"1e126",
		"[1,{\"a\":[1e126]}]",
	};
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *value = parse(texts[i]);

		ck_assert(!attribute_from_json(value, &out));
		buf_reset(&out);
		attribute_add_json(&out, "a", value);
		ck_assert_msg(!buf_ok(&out), "a half written item must not be used");
		json_decref(value);
		buf_reset(&out);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(deep_documents_go_in_and_out)
{
	struct buf deep, typed, plain;
	json_t *value;

	buf_init(&deep, 10000);
	buf_init(&typed, 10000);
	buf_init(&plain, 10000);
	for (int i = 0; i < JSON_EXACT_DEPTH; i++)
		buf_add_str(&deep, i % 2 ? "{\"a\":" : "[");
	buf_add_str(&deep, "1.5");
	for (int i = JSON_EXACT_DEPTH; i-- > 0;)
		buf_add_str(&deep, i % 2 ? "}" : "]");
	value = parse(buf_text(&deep));
	ck_assert_ptr_nonnull(value);
	buf_add_str(&typed, "{\"Item\":{");
	attribute_add_json(&typed, "x", value);
	buf_add_str(&typed, "}}");
	ck_assert(json_scan_check((struct span){typed.data, typed.len}));
	ck_assert(attribute_to_json((struct span){typed.data + 13, typed.len - 15}, &plain));
	ck_assert_str_eq(buf_text(&plain), buf_text(&deep));
	json_decref(value);
	buf_clear(&deep);
	buf_clear(&typed);
	buf_clear(&plain);
}
END_TEST

START_TEST(members_are_separated_where_needed)
{
	struct buf out;

	buf_init(&out, 4096);
	attribute_add_string(&out, "a", "x\"", 2);
	attribute_add_number(&out, "b", "1");
	ck_assert_str_eq(buf_text(&out), "\"a\":{\"S\":\"x\\\"\"},\"b\":{\"N\":\"1\"}");
	buf_reset(&out);
	buf_add_char(&out, '{');
	attribute_add_number(&out, "b", "1");
	ck_assert_str_eq(buf_text(&out), "{\"b\":{\"N\":\"1\"}");
	buf_clear(&out);
}
END_TEST

static void write_item(void *context)
{
	struct buf out;

	buf_init(&out, 4096);
	attribute_add_json(&out, "a", context);
	attribute_add_string(&out, "b", "a text that is longer than the first block of a buffer",
			     54);
	ck_assert(buf_ok(&out) != alloc_has_failed());
	buf_clear(&out);
}

START_TEST(the_buffer_tells_when_memory_was_short)
{
	json_t *value = parse("{\"a\":[1,2,{\"b\":\"c\"}]}");

	alloc_fail_each(write_item, value);
	json_decref(value);
}
END_TEST

Suite *attribute_suite(void)
{
	Suite *all = suite_create("attribute");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, an_item_is_viewed_in_place);
	tcase_add_test(cases, names_that_begin_alike_are_told_apart);
	tcase_add_test(cases, integers_are_read_exactly_or_not_at_all);
	tcase_add_test(cases, what_is_no_item_is_not_viewed);
	tcase_add_test(cases, an_item_has_at_most_64_attributes);
	tcase_add_test(cases, the_items_of_an_array_are_viewed_one_after_the_other);
	tcase_add_test(cases, typed_values_become_plain_json);
	tcase_add_test(cases, what_is_no_typed_value_leaves_nothing_behind);
	tcase_add_test(cases, plain_json_becomes_typed_values);
	tcase_add_test(cases, numbers_that_cannot_be_kept_are_refused_at_any_depth);
	tcase_add_test(cases, deep_documents_go_in_and_out);
	tcase_add_test(cases, members_are_separated_where_needed);
	tcase_add_test(cases, the_buffer_tells_when_memory_was_short);
	suite_add_tcase(all, cases);
	return all;
}
