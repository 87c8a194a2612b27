#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/json_exact.h"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, 1000000);
}

static void tear_down(void)
{
	buf_clear(&out);
}

/* From a block of exactly its size, so that reading beyond the end is seen. New. */
static json_t *parse(const char *text, size_t len, struct json_mistake *mistake)
{
	char *copy = malloc(len > 0 ? len : 1);
	json_t *tree;

	memcpy(copy, text, len);
	tree = json_exact_parse((struct span){copy, len}, mistake);
	free(copy);
	return tree;
}

/* The tree of a text that is right. New. */
static json_t *tree_of(const char *text)
{
	struct json_mistake mistake;
	json_t *tree = parse(text, strlen(text), &mistake);

	ck_assert_msg(tree != NULL, "%s: %zu:%zu %s", text, mistake.line, mistake.column,
		      mistake.text);
	return tree;
}

static const struct {
	const char *in;
	const char *out; /* NULL: the same */
} texts[] = {
	{"null", NULL},
	{"true", NULL},
	{"false", NULL},
	{"0", NULL},
	{"-0", NULL},
	{"19.99", NULL},
	{"1.50", NULL},
	{"-1E+5", NULL},
	{"1e-7", NULL},
	{"12345678901234567890123456789012345678", NULL},
	{"1e999999999", NULL},
	{"\"\"", NULL},
	{"\"text\"", NULL},
	{"\"19.99\"", NULL},
	{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
	{"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
	{"\"\\u0001\\u007f\"", "\"\\u0001\x7f\""},
	{"\"gr\xc3\xbc\xc3\x9f\"", NULL},
	{"\"\\\\u0000\"", NULL},
	{"\"a\\\\\"", NULL},
	{"[]", NULL},
	{"{}", NULL},
	{" [ ] ", "[]"},
	{"[1,2.0,-3]", NULL},
	{"[[],{},[[]]]", NULL},
	{"{\"z\":1,\"a\":2,\"m\":[true,null]}", NULL},
	{"{\"\":0}", NULL},
	{"{\"a\":{\"a\":{\"a\":1}}}", NULL},
	{"{\"a\\u0062\":\"c\"}", "{\"ab\":\"c\"}"},
	{"{ \"a\" : [ 1 , 2 ] ,\r\n\t\"b\" : { } }", "{\"a\":[1,2],\"b\":{}}"},
	{"{\"19.99\":19.99}", NULL},
	{"[\"\\ufffd\\uffff\"]", "[\"\xef\xbf\xbd\xef\xbf\xbf\"]"},
};

START_TEST(a_tree_is_written_as_it_was_read)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *tree = tree_of(texts[i].in);

		buf_reset(&out);
		json_exact_write(tree, &out);
		ck_assert_str_eq(buf_text(&out), texts[i].out ? texts[i].out : texts[i].in);
		json_decref(tree);
	}
}
END_TEST

struct wrong {
	const char *text;
	size_t line;
	size_t column;
	const char *mistake;
};

#define CLOSING_BRACE "expected a comma or a closing brace"
#define CLOSING_BRACKET "expected a comma or a closing bracket"
#define NUL_CHARACTER "a NUL character is not allowed"
#define HALF_PAIR "this is half of a surrogate pair"
#define NOT_UTF_8 "this byte is not UTF-8"
#define ESCAPES "after a backslash only \" \\ / b f n r t u are known"
#define HEX "\\u takes four hexadecimal digits"

static const struct wrong wrongs[] = {
	{"", 1, 1, "the text is empty"},
	{" \n ", 2, 2, "the text is empty"},
	/* structure */
	{"{", 1, 2, "expected a key in double quotes"},
	{"[", 1, 2, "a value is missing at the end"},
	{"}", 1, 1, "a value is missing before this bracket"},
	{"{]", 1, 2, "expected a key in double quotes"},
	{"[}", 1, 2, "a value is missing before this bracket"},
	{"{\"a\"", 1, 5, "expected a colon behind the key"},
	{"{\"a\" 1}", 1, 6, "expected a colon behind the key"},
	{"{\"a\"=1}", 1, 5, "expected a colon behind the key"},
	{"{\"a\":", 1, 6, "a value is missing at the end"},
	{"{\"a\":}", 1, 6, "a value is missing before this bracket"},
	{"{\"a\":,", 1, 6, "a value is missing before this comma"},
	{"{\"a\":1", 1, 7, "the text ends within an object"},
	{"{\"a\":1,", 1, 8, "expected a key in double quotes"},
	{"{\"a\":1,}", 1, 8, "a key is missing before this brace"},
	{"{\"a\":1 \"b\":2}", 1, 8, CLOSING_BRACE},
	{"{\"a\":1]", 1, 7, CLOSING_BRACE},
	{"{\"a\":1;\"b\":2}", 1, 7, CLOSING_BRACE},
	{"{a:1}", 1, 2, "expected a key in double quotes"},
	{"{'a':1}", 1, 2, "expected a key in double quotes"},
	{"{1:1}", 1, 2, "expected a key in double quotes"},
	{"[1", 1, 3, "the text ends within an array"},
	{"[1,", 1, 4, "a value is missing at the end"},
	{"[1,]", 1, 4, "a value is missing before this bracket"},
	{"[,1]", 1, 2, "a value is missing before this comma"},
	{"[1 2]", 1, 4, CLOSING_BRACKET},
	{"[1}", 1, 3, CLOSING_BRACKET},
	{"[1:2]", 1, 3, CLOSING_BRACKET},
	{"{} {}", 1, 4, "expected nothing behind the value"},
	{"1 2", 1, 3, "expected nothing behind the value"},
	{"[]]", 1, 3, "expected nothing behind the value"},
	{"null,", 1, 5, "expected nothing behind the value"},
	{"=", 1, 1, "expected a value"},
	{":", 1, 1, "expected a value"},
	{"[\v]", 1, 2, "expected a value"},
	{"\xef\xbb\xbf{}", 1, 1, "a byte order mark is not allowed"},
	{"[\xe2\x80\x9cx\xe2\x80\x9d]", 1, 2, "a text takes straight double quotes"},
	{"[1, // one\n2]", 1, 5, "comments are not allowed"},
	{"/* x */ 1", 1, 1, "comments are not allowed"},
	{"{# x\n}", 1, 2, "comments are not allowed"},
	{"[1] // one", 1, 5, "comments are not allowed"},
	/* words */
	{"nul", 1, 1, "a text takes double quotes"},
	{"[yes]", 1, 2, "a text takes double quotes"},
	{"[True]", 1, 2, "true, false and null are in lower case"},
	{"[NULL]", 1, 2, "true, false and null are in lower case"},
	{"[NaN]", 1, 2, "NaN and Infinity are not JSON"},
	{"Infinity", 1, 1, "NaN and Infinity are not JSON"},
	{"truefalse", 1, 1, "a text takes double quotes"},
	{"['a']", 1, 2, "a text takes double quotes, not single ones"},
	/* numbers */
	{"[01]", 1, 2, "a number has no leading zeros"},
	{"[-01]", 1, 2, "a number has no leading zeros"},
	{"[+1]", 1, 2, "a number has no plus sign"},
	{"[.5]", 1, 2, "a number begins with a digit"},
	{"[1.]", 1, 2, "a decimal point takes a digit behind it"},
	{"[1.e5]", 1, 2, "a decimal point takes a digit behind it"},
	{"[-]", 1, 2, "a minus sign takes a digit behind it"},
	{"[-x]", 1, 2, "a minus sign takes a digit behind it"},
	{"[-Infinity]", 1, 2, "a minus sign takes a digit behind it"},
	{"[1e]", 1, 2, "an exponent takes a digit"},
	{"[1E+]", 1, 2, "an exponent takes a digit"},
	{"[0x10]", 1, 2, "this is not a number"},
	{"[1.2.3]", 1, 2, "this is not a number"},
	{"[12abc]", 1, 2, "this is not a number"},
	{"[1_000]", 1, 2, "this is not a number"},
	{"[2026-11-24]", 1, 2, "this is not a number"},
	{"{\"price\": 19,99}", 1, 14, "expected a key in double quotes"},
	/* strings */
	{"\"abc", 1, 1, "this string has no closing quote"},
	{"{\"a\": \"bc}", 1, 7, "this string has no closing quote"},
	{"[\"a\nb\"]", 1, 2, "this string has no closing quote on its line"},
	{"[\"a\tb\"]", 1, 4, "a control character (U+0009) must be escaped"},
	{"[\"\x1b\"]", 1, 3, "a control character (U+001B) must be escaped"},
	{"[\"\\x41\"]", 1, 3, ESCAPES},
	{"[\"\\'\"]", 1, 3, ESCAPES},
	{"\"\\", 1, 2, ESCAPES},
	{"[\"\\u12\"]", 1, 3, HEX},
	{"[\"\\u12g4\"]", 1, 3, HEX},
	{"\"\\u123", 1, 2, HEX},
	{"[\"a\\u0000b\"]", 1, 4, NUL_CHARACTER},
	{"{\"\\u0000\":1}", 1, 3, NUL_CHARACTER},
	{"[\"\\ud83d\"]", 1, 3, HALF_PAIR},
	{"[\"\\ude00\"]", 1, 3, HALF_PAIR},
	{"[\"\\ud83d\\u0041\"]", 1, 3, HALF_PAIR},
	{"[\"\\ud83d\\ud83d\"]", 1, 3, HALF_PAIR},
	{"[\"\\ud83dx12345\"]", 1, 3, HALF_PAIR},
	{"[\"gr\xfc\"]", 1, 5, NOT_UTF_8},
	{"[\"\xc3\"]", 1, 3, NOT_UTF_8},
	{"[\"\xc0\x80\"]", 1, 3, NOT_UTF_8},
	{"[\"\xed\xa0\x80\"]", 1, 3, NOT_UTF_8},
	{"[\"\xf4\x90\x80\x80\"]", 1, 3, NOT_UTF_8},
	{"[\xff]", 1, 2, NOT_UTF_8},
	{"{\xff}", 1, 2, NOT_UTF_8},
	{"[1\xff]", 1, 3, NOT_UTF_8},
	/* keys */
	{"{\"a\":1,\"a\":2}", 1, 8, "the key \"a\" appears twice"},
	{"{\"price\":1,\n \"price\":2}", 2, 2, "the key \"price\" appears twice"},
	{"{\"a\":1,\"\\u0061\":2}", 1, 8, "the key \"a\" appears twice"},
	{"{\"\":1,\"\":2}", 1, 7, "the key \"\" appears twice"},
	{"[{\"x\":[1,2,{\"a\":1,\"a\":2}]}]", 1, 19, "the key \"a\" appears twice"},
	{"{\"a\\n\\\"\":1,\"a\\n\\\"\":2}", 1, 12, "the key \"a\\n\\\"\" appears twice"},
	{"{\"\x7f\":1,\"\x7f\":2}", 1, 8, "the key \"\\u007f\" appears twice"},
	/* places */
	{"{\n  \"a\": 1,\n  \"b\": x\n}", 3, 8, "a text takes double quotes"},
	{"[1,\r\n2,\r\n3 4]", 3, 3, CLOSING_BRACKET},
	{"[1.5,2.5,3.5,4.5,x]", 1, 18, "a text takes double quotes"},
	{"[\"\xc3\xa9\xf0\x9f\x98\x80\", x]", 1, 8, "a text takes double quotes"},
};

START_TEST(each_mistake_is_told_with_its_place_and_in_words)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *wrong = &wrongs[i];
		struct json_mistake mistake = {0};

		ck_assert_msg(!parse(wrong->text, strlen(wrong->text), &mistake), "%s",
			      wrong->text);
		ck_assert_msg(strncmp(mistake.text, wrong->mistake, strlen(wrong->mistake)) == 0,
			      "%s: %s", wrong->text, mistake.text);
		ck_assert_msg(mistake.line == wrong->line && mistake.column == wrong->column,
			      "%s: %zu:%zu", wrong->text, mistake.line, mistake.column);
		ck_assert_ptr_null(strstr(mistake.text, "u0000"));
		ck_assert(text_is_utf8(span_of(mistake.text)));
		ck_assert(!text_has_control(span_of(mistake.text)));
	}
}
END_TEST

START_TEST(a_raw_nul_is_a_mistake_wherever_it_is)
{
	static const struct {
		const char *text;
		size_t len;
		size_t column;
	} nuls[] = {
		{"\0", 1, 1},       {"[1]\0", 4, 4},       {"[\0]", 3, 2},
		{"\"a\0b\"", 5, 3}, {"{\"a\0\":1}", 8, 4}, {"[1\0]", 4, 3},
	};

	for (size_t i = 0; i < sizeof(nuls) / sizeof(nuls[0]); i++) {
		struct json_mistake mistake;

		ck_assert_ptr_null(parse(nuls[i].text, nuls[i].len, &mistake));
		ck_assert_str_eq(mistake.text, NUL_CHARACTER);
		ck_assert_uint_eq(mistake.column, nuls[i].column);
	}
}
END_TEST

START_TEST(a_hostile_key_is_shortened_in_the_mistake)
{
	struct json_mistake mistake;

	buf_add_str(&out, "{\"");
	for (int i = 0; i < 1200; i++)
		buf_add_str(&out, i == 600 ? "\":1,\"" : "\xe2\x80\xae");
	buf_add_str(&out, "\xe2\x80\xae\":2}");
	ck_assert_ptr_null(parse(out.data, out.len, &mistake));
	ck_assert_int_eq(strncmp(mistake.text, "the key \"\\u202e\\u202e", 21), 0);
	ck_assert_str_eq(mistake.text + strlen(mistake.text) - 18, "…\" appears twice");
}
END_TEST

START_TEST(keys_of_different_objects_may_be_the_same)
{
	json_t *tree = tree_of("[{\"a\":1},{\"a\":{\"a\":2}},{\"b\":1,\"a\":3}]");

	ck_assert_uint_eq(json_array_size(tree), 3);
	json_decref(tree);
}
END_TEST

/* `depth` containers, one within the other, and a value in the midst; in `out`. */
static const char *nested(size_t depth, char open, const char *inner)
{
	bool is_object = open == '{';

	buf_reset(&out);
	for (size_t i = 0; i < depth; i++)
		buf_add_str(&out, is_object ? "{\"a\":" : "[");
	buf_add_str(&out, inner);
	for (size_t i = 0; i < depth; i++)
		buf_add_str(&out, is_object ? "}" : "]");
	return buf_text(&out);
}

START_TEST(nesting_may_be_32_levels_deep)
{
	struct json_mistake mistake;

	json_decref(tree_of(nested(32, '[', "1")));
	json_decref(tree_of(nested(32, '{', "1")));
	nested(33, '[', "1");
	ck_assert_ptr_null(parse(out.data, out.len, &mistake));
	ck_assert_str_eq(mistake.text, "nesting deeper than 32 levels");
	ck_assert_uint_eq(mistake.column, 33);
	nested(32, '{', "{}");
	ck_assert_ptr_null(parse(out.data, out.len, &mistake));
	ck_assert_str_eq(mistake.text, "nesting deeper than 32 levels");
}
END_TEST

START_TEST(a_body_full_of_brackets_costs_no_stack)
{
	char *text = malloc(4096);
	struct json_mistake mistake;

	memset(text, '[', 4096);
	ck_assert_ptr_null(parse(text, 4096, &mistake));
	ck_assert_uint_eq(mistake.column, 33);
	free(text);
}
END_TEST

START_TEST(a_number_may_have_512_characters)
{
	char text[600];
	struct json_mistake mistake;
	json_t *tree;

	memset(text, '7', sizeof(text));
	tree = parse(text, 512, &mistake);
	ck_assert_ptr_nonnull(tree);
	ck_assert_uint_eq(json_exact_number_text(tree).len, 512);
	json_decref(tree);
	ck_assert_ptr_null(parse(text, 513, &mistake));
	ck_assert_str_eq(mistake.text, "a number has at most 512 characters");
}
END_TEST

START_TEST(numbers_and_strings_are_told_apart)
{
	json_t *tree = tree_of("[1,\"1\",\"\",true,null,{},[]]");

	ck_assert(json_exact_is_number(json_array_get(tree, 0)));
	ck_assert(!json_exact_is_string(json_array_get(tree, 0)));
	for (size_t i = 1; i < 3; i++) {
		ck_assert(!json_exact_is_number(json_array_get(tree, i)));
		ck_assert(json_exact_is_string(json_array_get(tree, i)));
	}
	for (size_t i = 3; i < 7; i++) {
		ck_assert(!json_exact_is_number(json_array_get(tree, i)));
		ck_assert(!json_exact_is_string(json_array_get(tree, i)));
	}
	ck_assert(!json_exact_is_number(NULL));
	ck_assert(!json_exact_is_string(NULL));
	ck_assert(span_equals(json_exact_number_text(json_array_get(tree, 0)), "1"));
	json_decref(tree);
}
END_TEST

START_TEST(what_jansson_made_is_written_too)
{
	json_t *tree = json_pack("{s:i, s:f, s:s, s:b}", "i", -5, "f", 0.5, "s", "x", "b", 1);

	json_exact_write(tree, &out);
	ck_assert_str_eq(buf_text(&out), "{\"i\":-5,\"f\":0.5,\"s\":\"x\",\"b\":true}");
	json_decref(tree);
}
END_TEST

START_TEST(a_long_list_of_small_values_is_fine)
{
	size_t count = 50000;
	struct json_mistake mistake;
	json_t *tree;

	for (size_t i = 0; i < count; i++)
		buf_add_str(&out, i == 0 ? "[1" : ",1");
	buf_add_char(&out, ']');
	tree = parse(out.data, out.len, &mistake);
	ck_assert_uint_eq(json_array_size(tree), count);
	json_decref(tree);
}
END_TEST

static void read_and_write(void *context)
{
	const char *text = context;
	struct json_mistake mistake = {0};
	json_t *tree = json_exact_parse(span_of(text), &mistake);
	struct buf own;

	if (!tree) {
		ck_assert(alloc_has_failed());
		ck_assert_uint_eq(mistake.line, 0);
		return;
	}
	buf_init(&own, 10000);
	json_exact_write(tree, &own);
	ck_assert(buf_ok(&own) != alloc_has_failed());
	buf_clear(&own);
	json_decref(tree);
}

START_TEST(out_of_memory_is_no_mistake_of_the_caller)
{
	char text[] = "{\"a\":[1,\"b\",{\"c\":19.99,\"d\":\"\\u20ac\"}],\"e\":{},\"f\":true,"
		      "\"key\":\"a text that is longer than the first sixty-four bytes of the "
		      "buffer\"}";

	alloc_fail_each(read_and_write, text);
}
END_TEST

static void report_twice(void *context)
{
	struct json_mistake mistake = {0};

	ck_assert_ptr_null(json_exact_parse(span_of(context), &mistake));
	ck_assert(mistake.line == 1 || alloc_has_failed());
}

START_TEST(a_mistake_leaves_nothing_behind)
{
	char text[] = "{\"a\":[1,2,{\"b\":3}],\"a\":[1,2]}";

	alloc_fail_each(report_twice, text);
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, a_tree_is_written_as_it_was_read);
	tcase_add_test(cases, each_mistake_is_told_with_its_place_and_in_words);
	tcase_add_test(cases, a_raw_nul_is_a_mistake_wherever_it_is);
	tcase_add_test(cases, a_hostile_key_is_shortened_in_the_mistake);
	tcase_add_test(cases, keys_of_different_objects_may_be_the_same);
	tcase_add_test(cases, nesting_may_be_32_levels_deep);
	tcase_add_test(cases, a_body_full_of_brackets_costs_no_stack);
	tcase_add_test(cases, a_number_may_have_512_characters);
	tcase_add_test(cases, numbers_and_strings_are_told_apart);
	tcase_add_test(cases, what_jansson_made_is_written_too);
	tcase_add_test(cases, a_long_list_of_small_values_is_fine);
	tcase_add_test(cases, out_of_memory_is_no_mistake_of_the_caller);
	tcase_add_test(cases, a_mistake_leaves_nothing_behind);
}

Suite *json_exact_suite(void)
{
	Suite *all = suite_create("json_exact");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
