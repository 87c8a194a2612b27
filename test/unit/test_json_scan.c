#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_scan.h"

static const char *const right[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"-1.5e+10",
	"1E5",
	"123456789012345678901234567890",
	"\"\"",
	"\"plain text that is longer than eight bytes\"",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
	"\"\\ud800\"",
	"\"\\u0000\"",
	"\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"",
	"\"\x7f\"",
	"[]",
	"{}",
	" [ ] ",
	"\t{\r\n}\t",
	"[1]",
	"[1,2]",
	"[ 1 , 2 ]",
	"[[],{},[{}]]",
	"{\"a\":1}",
	"{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
	" { \"a\" : 1 , \"b\" : 2 } ",
	"{\"\":1}",
	"{\"a\":1,\"a\":2}",
	"{\"a\":\"b\",\"c\":\"d\"}",
	"{\"a\":\"b\" , \"c\":1}",
	"{\"a\":\"\" }",
	"{\"Item\":{\"id\":{\"S\":\"x\"},\"n\":{\"N\":\"1.5\"},\"l\":{\"L\":[{\"BOOL\":true}]}}}",
};

static const char *const wrong[] = {
	"",
	" ",
	"nul",
	"nulll",
	"True",
	"TRUE",
	"undefined",
	"NaN",
	"-",
	"+1",
	"01",
	"-01",
	"1.",
	".5",
	"1e",
	"1e+",
	"1.5.5",
	"0x10",
	"1 2",
	"1,",
	"\"",
	"\"abc",
	"\"abc\\\"",
	"\"\\x41\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\U0041\"",
	"\"a\nb\"",
	"\"a\tb\"",
	"\"a\x1f\"",
	"\"\xff\"",
	"\"\xc3\"",
	"\"\xc0\x80\"",
	"\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"",
	"\"12345678\xc3\"",
	"'a'",
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1}",
	"[}",
	"{",
	"}",
	"{]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{\"a\" 1}",
	"{\"a\"::1}",
	"{\"a\":\"b\"",
	"{\"a\":\"b",
	"{\"a\":\"b\",}",
	"{\"a\":\"b\"\"c\":1}",
	"{\"a\":\"b\"]",
	"{\"\\\":\"b\"}",
	"{\"\x01\":\"b\"}",
	"{\"\xff\":\"b\"}",
	"{a:1}",
	"{1:1}",
	"{,}",
	"{\"a\":1]",
	"[]]",
	"{}{}",
	"[1]//",
	"[1/**/]",
	"\xef\xbb\xbf[]",
	"[\x0b]",
	"[\xc2\xa0]",
};

/* From a block of exactly its size, so that reading beyond the end is seen. */
static bool check(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	bool is_right;

	memcpy(copy, text, len);
	is_right = json_scan_check((struct span){copy, len});
	free(copy);
	return is_right;
}

START_TEST(json_is_json)
{
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		ck_assert_msg(check(right[i], strlen(right[i])), "%s", right[i]);
}
END_TEST

START_TEST(everything_else_is_not)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!check(wrong[i], strlen(wrong[i])), "%s", wrong[i]);
	ck_assert(!json_scan_check((struct span){0}));
}
END_TEST

START_TEST(a_nul_is_no_end)
{
	ck_assert(!check("[1]\0", 4));
	ck_assert(!check("\"a\0b\"", 5));
	ck_assert(!check("[\0]", 3));
	ck_assert(!check("\"\\\0\"", 4));
}
END_TEST

START_TEST(no_beginning_of_a_text_is_a_text)
{
	/* Numbers aside, of which every beginning may be one. */
	const char *text = "{\"a\":[1,\"x\\u00e9\",true,null,{\"b\":\"gr\xc3\xbc\"}],\"c\":-1.5e3}";

	for (size_t len = 0; len < strlen(text); len++)
		ck_assert_msg(!check(text, len), "%.*s", (int)len, text);
	ck_assert(check(text, strlen(text)));
}
END_TEST

static char *nested(size_t depth)
{
	char *text = malloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	return text;
}

START_TEST(depth_is_bounded)
{
	char *deepest = nested(JSON_SCAN_DEPTH);
	char *deeper = nested(JSON_SCAN_DEPTH + 1);
	char *very = nested(1000000);

	ck_assert(check(deepest, strlen(deepest)));
	ck_assert(!check(deeper, strlen(deeper)));
	ck_assert(!check(very, strlen(very)));
	free(deepest);
	free(deeper);
	free(very);
}
END_TEST

START_TEST(every_byte_in_every_place_of_a_string_is_judged_alike)
{
	char text[32];

	for (int c = 0; c < 256; c++) {
		for (size_t place = 1; place < 20; place++) {
			bool is_plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

			memset(text, 'x', 21);
			text[0] = '"';
			text[20] = '"';
			text[place] = (char)c;
			if (c == '"') {
				ck_assert(!check(text, 21) || place == 20);
				continue;
			}
			ck_assert_msg(check(text, 21) == is_plain, "%d at %zu", c, place);
			ck_assert_uint_eq(json_scan_plain_len((struct span){text + 1, 20}),
					  is_plain ? 19 : place - 1);
		}
	}
}
END_TEST

static void assert_span(struct span span, const char *text)
{
	ck_assert_msg(span_equals(span, text), "%.*s instead of %s", (int)span.len, span.data,
		      text);
}

static void ck_assert_same(struct span one, struct span other)
{
	ck_assert_ptr_eq(one.data, other.data);
	ck_assert_uint_eq(one.len, other.len);
}

static size_t count_members(struct span object)
{
	struct json_walk walk;
	size_t count = 0;

	json_walk_init(&walk, object);
	while (json_walk_next(&walk))
		count++;
	return count;
}

static void compare_row(struct span text, const struct json_row *row,
			const struct json_member *members)
{
	struct json_walk walk;
	size_t count = 0;

	ck_assert_same(row->text, text);
	json_walk_init(&walk, text);
	for (; json_walk_next(&walk); count++) {
		ck_assert_uint_lt(count, row->count);
		ck_assert_same(walk.name, members[count].name);
		ck_assert_same(walk.value, members[count].value);
	}
	ck_assert_uint_eq(row->count, count);
}

/*
 * Rows come one after another: those that have room. A walk with the index gives them and no
 * others, and goes on behind them.
 */
static void compare_rows(struct span array, const struct json_index *index, size_t *next)
{
	struct json_walk with;
	struct json_walk without;

	json_walk_init(&without, array);
	json_walk_init(&with, array);
	with.index = index;
	while (json_walk_next(&without)) {
		const struct json_row *row = json_walk_row(&with);

		if (row) {
			ck_assert_ptr_eq(row, &index->row[*next]);
			compare_row(without.value, row, &index->row_member[row->first]);
			++*next;
		} else {
			ck_assert(without.value.data[0] != '{' ||
				  index->row_count == JSON_ROWS_MAX ||
				  index->row_member_count + count_members(without.value) >
					  JSON_ROW_MEMBERS_MAX);
			ck_assert(json_walk_next(&with));
			ck_assert_same(with.value, without.value);
		}
	}
	ck_assert_ptr_null(json_walk_row(&with));
	ck_assert(!json_walk_next(&with));
}

/* The members and rows that the check tells of are those that a walk finds. */
static void compare_with_walk(struct span text, const struct json_index *index)
{
	struct json_walk walk;
	size_t count = 0;
	size_t row = 0;

	json_walk_init(&walk, text);
	for (; json_walk_next(&walk); count++) {
		if (walk.value.data[0] == '[')
			compare_rows(walk.value, index, &row);
		if (count >= JSON_MEMBERS_MAX)
			continue;
		ck_assert_same(walk.name, index->member[count].name);
		ck_assert_same(walk.value, index->member[count].value);
	}
	ck_assert_uint_eq(index->count, count < JSON_MEMBERS_MAX ? count : JSON_MEMBERS_MAX);
	ck_assert_uint_eq(index->row_count, row);
}

static void check_object(const char *text, size_t len)
{
	struct json_index index;
	char *copy = malloc(len > 0 ? len : 1);
	struct span span = {copy, len};
	bool is_object = len > 0 && text[0] == '{' && check(text, len);

	memcpy(copy, text, len);
	/* Spaces around the whole are the caller's to take off. */
	if (is_object && text[len - 1] == '}') {
		ck_assert_msg(json_scan_check_object(span, &index), "%.*s", (int)len, text);
		compare_with_walk(span, &index);
	} else {
		ck_assert_msg(!json_scan_check_object(span, &index), "%.*s", (int)len, text);
	}
	free(copy);
}

START_TEST(the_check_of_an_object_tells_of_its_members)
{
	static const char *const objects[] = {
		"{\"a\":1, \"b\" : \"x\\\"}\" ,\"c\":{\"d\":[1,{}]},\n\"\":[ ] }",
		"{\"S\":\"a\"}",
		"{\"I\":[{\"a\":{\"S\":\"x\"}, \"b\" : {\"N\":\"1\"} } ,{},7,[{\"c\":1}],{\"d\":[{}]}]}",
		"{\"I\":[{\"a\":\"x\"}],\"J\":{\"K\":[{\"a\":1}]},\"L\":[{\"b\":2,\"c\":3}]}",
		"{\"I\":[{\"a\":1},{\"b\":1},{\"c\":1},{\"d\":1},{\"e\":1},{\"f\":1}],\"J\":[{\"a\":1}]}",
		"{\"a\\\"b\":{\"S\":\"\\\\\"},\"b\":{\"\\\":\" : \"}\"}}",
		/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text on two lines */
		("{\"0\":0,\"1\":1,\"\":2,\"\":3,\"\":4,\"\":5,\"\":6,\"\":7,\"\":8,"
		 "\"\":9,\"\":[],\"\":{},\"\":\"\",\"\":1,\"\":2,\"\":3,\"\":4,\"\":5}"),
		"{\"a\":1,}",
		"{\"a\":1,\"b\"}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1}}",
		"{\"a\"",
		"{a:1}",
	};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		for (size_t len = 0; len <= strlen(objects[i]); len++)
			check_object(objects[i], len);
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		check_object(right[i], strlen(right[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_object(wrong[i], strlen(wrong[i]));
}
END_TEST

/* Rows of `counts` members each. */
static void check_rows(const size_t *counts, size_t row_count)
{
	struct buf text = {0};

	buf_init(&text, 100000);
	buf_add_str(&text, "{\"Items\":[");
	for (size_t row = 0; row < row_count; row++) {
		buf_add_str(&text, row > 0 ? ",{" : "{");
		for (size_t i = 0; i < counts[row]; i++)
			buf_add_str(&text, i > 0 ? ",\"n\":{\"N\":\"1\"}" : "\"n\":{}");
		buf_add_char(&text, '}');
	}
	buf_add_str(&text, "]}");
	check_object(text.data, text.len);
	buf_clear(&text);
}

START_TEST(rows_that_have_no_room_are_walked_along)
{
	enum { MANY = JSON_ROW_MEMBERS_MAX };

	check_rows((size_t[]){MANY, 0, 1}, 3);
	check_rows((size_t[]){MANY + 1, 2, 1}, 3);
	check_rows((size_t[]){1, MANY, MANY - 1, 0, 1}, 5);
	check_rows((size_t[]){1, 2, 3, 4, 5, 6, 7}, 7);
}
END_TEST

START_TEST(the_check_of_an_object_counts_its_depth)
{
	struct json_index index;
	char *deepest = nested(JSON_SCAN_DEPTH - 1);
	char text[4 * JSON_SCAN_DEPTH];

	for (int deeper = 0; deeper < 2; deeper++) {
		snprintf(text, sizeof(text), deeper ? "{\"a\":[%s]}" : "{\"a\":%s}", deepest);
		ck_assert(check(text, strlen(text)) == !deeper);
		ck_assert(json_scan_check_object(span_of(text), &index) == !deeper);
	}
	free(deepest);
}
END_TEST

START_TEST(typed_values_of_all_forms_are_skipped)
{
	static const char *const values[] = {
		"{\"S\":\"\"}",
		"{\"S\":\"x\\\"}\"}",
		"{\"N\":\"1\"}",
		"{\"S\":\"x\" }",
		"{\"S\":\"x\",\"N\":\"}\"}",
		"{\"\\\\\":\"x\"}",
		"{\"\\\":\" : \"}\"}",
		"{\"M\":{\"S\":{\"S\":\"}\"}}}",
		"{\"\":\"xyz}\"}",
		"{\"S\":{}}",
		"{\"BOOL\":true}",
	};
	char text[128];
	struct json_walk walk;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(text, sizeof(text), "{\"a\":%s,\"b\":%s}", values[i], values[i]);
		ck_assert_msg(check(text, strlen(text)), "%s", text);
		json_walk_init(&walk, span_of(text));
		ck_assert(json_walk_next(&walk));
		assert_span(walk.value, values[i]);
		ck_assert(json_walk_next(&walk));
		assert_span(walk.name, "b");
		assert_span(walk.value, values[i]);
		ck_assert(!json_walk_next(&walk));
	}
}
END_TEST

START_TEST(members_are_walked_in_their_order)
{
	const char *text = " {\"a\":1, \"b\" : \"x\\\"}\" ,\"c\":{\"d\":[1,{}]},\n\"\":[ ] } ";
	struct json_walk walk;

	ck_assert(json_scan_check(span_of(text)));
	/* A value has no spaces around it; only a whole text may. */
	json_walk_init(&walk, (struct span){text + 1, strlen(text) - 2});
	ck_assert(json_walk_next(&walk));
	assert_span(walk.name, "a");
	assert_span(walk.value, "1");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.name, "b");
	assert_span(walk.value, "\"x\\\"}\"");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.name, "c");
	assert_span(walk.value, "{\"d\":[1,{}]}");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.name, "");
	assert_span(walk.value, "[ ]");
	ck_assert(!json_walk_next(&walk));
	ck_assert(!json_walk_next(&walk));
}
END_TEST

START_TEST(elements_are_walked_in_their_order)
{
	struct json_walk walk;

	json_walk_init(&walk, span_of("[\"a\", {\"b\":2} ,[],-1.5e3 , true]"));
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "\"a\"");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "{\"b\":2}");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "[]");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "-1.5e3");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "true");
	ck_assert(!json_walk_next(&walk));
}
END_TEST

START_TEST(what_has_no_members_ends_at_once)
{
	static const char *const texts[] = {"{}", "[]", "{ }", "[\n]", "5", "\"{}\"", "null"};
	struct json_walk walk;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_walk_init(&walk, span_of(texts[i]));
		ck_assert_msg(!json_walk_next(&walk), "%s", texts[i]);
	}
	json_walk_init(&walk, (struct span){0});
	ck_assert(!json_walk_next(&walk));
}
END_TEST

START_TEST(an_element_may_be_walked_without_looking_for_its_end_first)
{
	struct span array = span_of("[ {\"a\":1,\"b\":[2,{}]} ,[3,\"}\"],{},5]");
	struct json_walk walk;
	struct json_walk inner;

	json_walk_init(&walk, array);
	ck_assert(json_walk_down(&walk, &inner));
	ck_assert(json_walk_next(&inner));
	assert_span(inner.name, "a");
	assert_span(inner.value, "1");
	json_walk_up(&walk, &inner);
	ck_assert(json_walk_down(&walk, &inner));
	ck_assert(json_walk_next(&inner) && json_walk_next(&inner));
	assert_span(inner.value, "\"}\"");
	ck_assert(!json_walk_next(&inner));
	json_walk_up(&walk, &inner);
	ck_assert(json_walk_down(&walk, &inner));
	ck_assert(!json_walk_next(&inner));
	json_walk_up(&walk, &inner);
	ck_assert_msg(!json_walk_down(&walk, &inner), "a number has no elements");
	ck_assert(json_walk_next(&walk));
	assert_span(walk.value, "5");
	ck_assert(!json_walk_down(&walk, &inner));
	ck_assert(!json_walk_next(&walk));
}
END_TEST

START_TEST(nothing_can_be_walked_down_in_what_has_no_elements)
{
	static const char *const texts[] = {"[]", "{}", "{\"a\":[]}", "5", "[1]", "[\"[\"]"};
	struct json_walk walk;
	struct json_walk inner;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_walk_init(&walk, span_of(texts[i]));
		ck_assert_msg(!json_walk_down(&walk, &inner), "%s", texts[i]);
	}
	json_walk_init(&walk, (struct span){0});
	ck_assert(!json_walk_down(&walk, &inner));
}
END_TEST

START_TEST(a_member_is_found_by_its_name)
{
	struct span object = span_of("{\"ab\":1,\"a\":\"x\",\"n\":{\"a\":2},\"a\":3}");

	assert_span(json_scan_member(object, "a"), "\"x\"");
	assert_span(json_scan_member(json_scan_member(object, "n"), "a"), "2");
	ck_assert_ptr_null(json_scan_member(object, "b").data);
	ck_assert_ptr_null(json_scan_member(object, "").data);
	ck_assert_ptr_null(json_scan_member(span_of("[\"a\",1]"), "a").data);
	ck_assert_ptr_null(json_scan_member(span_of("\"a\""), "a").data);
	ck_assert_ptr_null(json_scan_member((struct span){0}, "a").data);
}
END_TEST

START_TEST(a_raw_string_is_the_inside_of_the_quotes)
{
	assert_span(json_scan_raw_string(span_of("\"a\\n\"")), "a\\n");
	assert_span(json_scan_raw_string(span_of("\"\"")), "");
	ck_assert_ptr_null(json_scan_raw_string(span_of("5")).data);
	ck_assert_ptr_null(json_scan_raw_string(span_of("{\"\":1}")).data);
	ck_assert_ptr_null(json_scan_raw_string((struct span){0}).data);
}
END_TEST

START_TEST(true_is_true)
{
	ck_assert(json_scan_is_true(span_of("true")));
	ck_assert(!json_scan_is_true(span_of("false")));
	ck_assert(!json_scan_is_true(span_of("\"true\"")));
	ck_assert(!json_scan_is_true((struct span){0}));
}
END_TEST

static void walk_all(struct span value, unsigned depth)
{
	struct json_walk walk;
	struct json_walk inner;

	ck_assert_uint_lt(depth, 100);
	json_walk_init(&walk, value);
	while (json_walk_next(&walk)) {
		ck_assert(walk.value.data >= value.data);
		ck_assert(walk.value.data + walk.value.len <= value.data + value.len);
		walk_all(walk.value, depth + 1);
	}
	json_scan_raw_string(value);
	json_walk_init(&walk, value);
	while (json_walk_down(&walk, &inner)) {
		const char *before = walk.at;

		json_walk_up(&walk, &inner);
		ck_assert(walk.at > before && walk.at <= value.data + value.len);
	}
}

START_TEST(walking_what_was_never_checked_stays_within_it)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t len = strlen(wrong[i]);
		char *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, wrong[i], len);
		walk_all((struct span){copy, len}, 0);
		free(copy);
	}
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, json_is_json);
	tcase_add_test(cases, everything_else_is_not);
	tcase_add_test(cases, a_nul_is_no_end);
	tcase_add_test(cases, no_beginning_of_a_text_is_a_text);
	tcase_add_test(cases, depth_is_bounded);
	tcase_add_test(cases, every_byte_in_every_place_of_a_string_is_judged_alike);
	tcase_add_test(cases, the_check_of_an_object_tells_of_its_members);
	tcase_add_test(cases, rows_that_have_no_room_are_walked_along);
	tcase_add_test(cases, the_check_of_an_object_counts_its_depth);
	tcase_add_test(cases, typed_values_of_all_forms_are_skipped);
	tcase_add_test(cases, members_are_walked_in_their_order);
	tcase_add_test(cases, elements_are_walked_in_their_order);
	tcase_add_test(cases, what_has_no_members_ends_at_once);
	tcase_add_test(cases, an_element_may_be_walked_without_looking_for_its_end_first);
	tcase_add_test(cases, nothing_can_be_walked_down_in_what_has_no_elements);
	tcase_add_test(cases, a_member_is_found_by_its_name);
	tcase_add_test(cases, a_raw_string_is_the_inside_of_the_quotes);
	tcase_add_test(cases, true_is_true);
	tcase_add_test(cases, walking_what_was_never_checked_stays_within_it);
}

Suite *json_scan_suite(void)
{
	Suite *all = suite_create("json_scan");
	TCase *cases = tcase_create("all");

	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
