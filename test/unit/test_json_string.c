#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/json_string.h"

static struct buf out;

static void set_up(void)
{
	buf_init(&out, 10000);
}

static void tear_down(void)
{
	buf_clear(&out);
}

static const struct {
	const char *in;
	const char *out;
} strings[] = {
	{"\"\"", ""},
	{"\"abc\"", "abc"},
	{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	{"\"a\\nb\\nc\"", "a\nb\nc"},
	{"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
	{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
	{"\"\\uD800\\uDC00\"", "\xf0\x90\x80\x80"},
	{"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
	{"\"\\ud83d\"", "\xef\xbf\xbd"},
	{"\"\\ude00\"", "\xef\xbf\xbd"},
	{"\"\\ud83dx\"", "\xef\xbf\xbdx"},
	{"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
	{"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
			       "A"},
	{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
	{"\"\\uffff\\u07ff\\u0800\"", "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80"},
	{"\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f"},
	{"5", ""},
	{"null", ""},
};

START_TEST(escapes_are_resolved)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		buf_reset(&out);
		json_string_decode(span_of(strings[i].in), &out);
		ck_assert_str_eq(buf_text(&out), strings[i].out);
	}
	json_string_decode((struct span){0}, &out);
	buf_reset(&out);
	json_string_decode(span_of("\"a\\u0000b\""), &out);
	ck_assert_uint_eq(out.len, 3);
	ck_assert_mem_eq(out.data, "a\0b", 3);
}
END_TEST

/* Only checked strings are decoded, but nothing bad happens to others. */
START_TEST(broken_escapes_do_no_harm)
{
	static const char *const broken[] = {
		"\"\\\"",        "\"\\u\"",     "\"\\u12\"", "\"\\ud83d\\u\"",
		"\"\\ud83d\\\"", "\"\\u12g4\"", "\""};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		json_string_decode(span_of(broken[i]), &out);
		ck_assert(buf_ok(&out));
	}
}
END_TEST

static void resolve(void *context)
{
	struct buf text;

	(void)context;
	buf_init(&text, 1000);
	json_string_decode(
		span_of("\"a\\nb\\u20ac and some more that takes a second allocation, as "
			"it is longer than sixty-four bytes\""),
		&text);
	ck_assert(buf_ok(&text) != alloc_has_failed());
	buf_clear(&text);
}

START_TEST(the_buffer_says_when_memory_was_short)
{
	alloc_fail_each(resolve, NULL);
}
END_TEST

Suite *json_string_suite(void)
{
	Suite *all = suite_create("json_string");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, escapes_are_resolved);
	tcase_add_test(cases, broken_escapes_do_no_harm);
	tcase_add_test(cases, the_buffer_says_when_memory_was_short);
	suite_add_tcase(all, cases);
	return all;
}
