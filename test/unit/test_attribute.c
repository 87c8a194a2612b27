#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/attribute.h"
#include "base/json_exact.h"
#include "base/json_scan.h"

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
