#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

START_TEST(a_span_of_nothing_is_absent)
{
	ck_assert_ptr_null(span_of(NULL).data);
	ck_assert_uint_eq(span_of(NULL).len, 0);
	ck_assert_uint_eq(span_of("abc").len, 3);
}
END_TEST

START_TEST(spans_equal_texts_of_the_same_length_only)
{
	ck_assert(span_equals(span_of("abc"), "abc"));
	ck_assert(span_equals(span_of(""), ""));
	ck_assert(!span_equals(span_of("abc"), "ab"));
	ck_assert(!span_equals(span_of("ab"), "abc"));
	ck_assert(!span_equals(span_of("abd"), "abc"));
	ck_assert(!span_equals(span_of("ABC"), "abc"));
	ck_assert_msg(!span_equals((struct span){0}, ""), "absent is not empty");
	ck_assert_msg(!span_equals((struct span){"a\0b", 3}, "a"), "a NUL is a byte");
}
END_TEST

START_TEST(spans_are_the_same_when_their_bytes_are)
{
	ck_assert(span_same(span_of("abc"), (struct span){"abcd", 3}));
	ck_assert(!span_same(span_of("abc"), span_of("abd")));
	ck_assert(!span_same(span_of("abc"), span_of("ab")));
	ck_assert(!span_same((struct span){0}, span_of("a")));
	ck_assert_msg(span_same((struct span){0}, span_of("")), "absent is like empty");
}
END_TEST

START_TEST(case_may_be_ignored_in_ascii_only)
{
	ck_assert(span_equals_nocase(span_of("Content-Type"), "content-TYPE"));
	ck_assert(!span_equals_nocase(span_of("Content-Typ"), "content-type"));
	ck_assert(!span_equals_nocase(span_of("@"), "`"));
	ck_assert(!span_equals_nocase(span_of("\xc3\x84"), "\xc3\xa4"));
	ck_assert(!span_equals_nocase((struct span){0}, ""));
}
END_TEST

static const struct {
	const char *text;
	bool is_number;
	uint64_t number;
} numbers[] = {
	{"0", true, 0},
	{"7", true, 7},
	{"007", true, 7},
	{"18446744073709551615", true, UINT64_MAX},
	{"18446744073709551616", false, 0},
	{"18446744073709551620", false, 0},
	{"99999999999999999999", false, 0},
	{"184467440737095516150", false, 0},
	{"", false, 0},
	{" 1", false, 0},
	{"1 ", false, 0},
	{"+1", false, 0},
	{"-1", false, 0},
	{"1.0", false, 0},
	{"0x10", false, 0},
	{"\xb2", false, 0},
};

START_TEST(numbers_are_decimal_digits_that_fit)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t number = 0;

		ck_assert_msg(text_parse_u64(span_of(numbers[i].text), &number) ==
				      numbers[i].is_number,
			      "%s", numbers[i].text);
		ck_assert_uint_eq(number, numbers[i].number);
	}
	ck_assert(!text_parse_u64((struct span){0}, &(uint64_t){0}));
}
END_TEST

START_TEST(hexadecimal_numbers_have_up_to_eight_digits)
{
	uint32_t number = 0;

	ck_assert(text_parse_hex(span_of("0"), &number) && number == 0);
	ck_assert(text_parse_hex(span_of("DeadBeef"), &number) && number == 0xdeadbeef);
	ck_assert(text_parse_hex(span_of("ffffffff"), &number) && number == UINT32_MAX);
	number = 5;
	ck_assert(!text_parse_hex(span_of(""), &number));
	ck_assert(!text_parse_hex(span_of("100000000"), &number));
	ck_assert(!text_parse_hex(span_of("0x1"), &number));
	ck_assert(!text_parse_hex(span_of("g"), &number));
	ck_assert(!text_parse_hex(span_of("-1"), &number));
	ck_assert_uint_eq(number, 5);
}
END_TEST

static const struct {
	const char *text;
	uint64_t us; /* UINT64_MAX: not a duration */
} durations[] = {
	{"0", 0},
	{"4", 4000000},
	{"4s", 4000000},
	{"500ms", 500000},
	{"10m", 600000000},
	{"24h", UINT64_C(86400000000)},
	{"7d", UINT64_C(604800000000)},
	{"213503982d", UINT64_C(213503982) * UINT64_C(86400000000)},
	{"213503983d", UINT64_MAX},
	{"99999999999999999999", UINT64_MAX},
	{"18446744073709551615", UINT64_MAX},
	{"", UINT64_MAX},
	{"s", UINT64_MAX},
	{"ms", UINT64_MAX},
	{"4 s", UINT64_MAX},
	{"4S", UINT64_MAX},
	{"4sec", UINT64_MAX},
	{"1.5s", UINT64_MAX},
	{"-1s", UINT64_MAX},
	{"1e3", UINT64_MAX},
	{"4us", UINT64_MAX},
};

START_TEST(durations_are_seconds_or_have_a_unit)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		uint64_t us = UINT64_MAX;
		bool is_duration = text_parse_duration(span_of(durations[i].text), &us);

		ck_assert_msg(is_duration == (durations[i].us != UINT64_MAX), "%s",
			      durations[i].text);
		ck_assert_uint_eq(us, durations[i].us);
	}
}
END_TEST

static const struct {
	const char *text;
	uint64_t bytes; /* UINT64_MAX: not a size */
} sizes[] = {
	{"0", 0},
	{"65536", 65536},
	{"65536B", 65536},
	{"64KiB", 65536},
	{"1MiB", 1048576},
	{"17592186044415MiB", UINT64_C(17592186044415) * 1048576},
	{"17592186044416MiB", UINT64_MAX},
	{"64KB", UINT64_MAX},
	{"64kib", UINT64_MAX},
	{"64K", UINT64_MAX},
	{"KiB", UINT64_MAX},
	{"64 KiB", UINT64_MAX},
	{"", UINT64_MAX},
	{"-1", UINT64_MAX},
};

START_TEST(sizes_are_bytes_or_have_a_unit)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t bytes = UINT64_MAX;
		bool is_size = text_parse_size(span_of(sizes[i].text), &bytes);

		ck_assert_msg(is_size == (sizes[i].bytes != UINT64_MAX), "%s", sizes[i].text);
		ck_assert_uint_eq(bytes, sizes[i].bytes);
	}
}
END_TEST

static const struct {
	const char *text;
	size_t len; /* 0: not UTF-8 */
	uint32_t code;
} sequences[] = {
	{"a", 1, 'a'},
	{"\x7f", 1, 0x7f},
	{"\xc2\x80", 2, 0x80},
	{"\xc3\xa9", 2, 0xe9},
	{"\xdf\xbf", 2, 0x7ff},
	{"\xe0\xa0\x80", 3, 0x800},
	{"\xe2\x82\xac", 3, 0x20ac},
	{"\xed\x9f\xbf", 3, 0xd7ff},
	{"\xee\x80\x80", 3, 0xe000},
	{"\xef\xbf\xbf", 3, 0xffff},
	{"\xf0\x90\x80\x80", 4, 0x10000},
	{"\xf0\x9f\x98\x80", 4, 0x1f600},
	{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	{"\x80", 0, 0},
	{"\xbf", 0, 0},
	{"\xc0\x80", 0, 0},
	{"\xc1\xbf", 0, 0},
	{"\xc2", 0, 0},
	{"\xc2\x41", 0, 0},
	{"\xe0\x80\x80", 0, 0},
	{"\xe0\x9f\xbf", 0, 0},
	{"\xe2\x82", 0, 0},
	{"\xe2\x28\xa1", 0, 0},
	{"\xed\xa0\x80", 0, 0},
	{"\xed\xbf\xbf", 0, 0},
	{"\xf0\x8f\xbf\xbf", 0, 0},
	{"\xf0\x9f\x98", 0, 0},
	{"\xf4\x90\x80\x80", 0, 0},
	{"\xf5\x80\x80\x80", 0, 0},
	{"\xf8\x88\x80\x80\x80", 0, 0},
	{"\xff", 0, 0},
	{"", 0, 0},
};

START_TEST(utf_8_sequences_are_decoded_strictly)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		struct span text = span_of(sequences[i].text);
		uint32_t code = 0;

		ck_assert_msg(text_utf8_decode(text, &code) == sequences[i].len, "%zu", i);
		ck_assert_uint_eq(code, sequences[i].code);
		ck_assert_uint_eq(text_utf8_decode(text, NULL), sequences[i].len);
		ck_assert_msg(text_is_utf8(text) == (sequences[i].len > 0 || text.len == 0), "%zu",
			      i);
	}
}
END_TEST

/* Every character there is, encoded here by the definition. */
START_TEST(all_characters_are_utf_8)
{
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char bytes[4] = {(char)code};
		size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
		uint32_t back = 0;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		if (len > 1) {
			uint32_t lead = 0xf00u >> len & 0xff;

			for (size_t i = 0; i < len; i++)
				bytes[len - 1 - i] = (char)(0x80 | (code >> 6 * i & 0x3f));
			bytes[0] = (char)(lead | code >> 6 * (len - 1));
		}
		if (text_utf8_decode((struct span){bytes, len}, &back) != len || back != code)
			ck_abort_msg("U+%04X", code);
	}
}
END_TEST

START_TEST(broken_utf_8_is_found_anywhere)
{
	char text[] = "0123456789 \xe2\x82\xac 0123456789";

	ck_assert(text_is_utf8(span_of(text)));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char kept = text[i];

		text[i] = (char)0xff;
		ck_assert(!text_is_utf8(span_of(text)));
		text[i] = kept;
	}
}
END_TEST

START_TEST(characters_are_counted_not_bytes)
{
	ck_assert_uint_eq(text_utf8_count(span_of("")), 0);
	ck_assert_uint_eq(text_utf8_count(span_of("gr\xc3\xbc\xc3\x9f")), 4);
	ck_assert_uint_eq(text_utf8_count(span_of("\xe2\x82\xac\xf0\x9f\x98\x80")), 2);
}
END_TEST

START_TEST(control_characters_are_those_of_both_blocks)
{
	static const char *const with[] = {"a\n", "\t", "\x1f", "\x7f", "\xc2\x80", "x\xc2\x9f"};
	static const char *const without[] = {"",         " ",        "abc",
					      "\xc2\xa0", "\xc3\x80", "\xe2\x80\xa8",
					      "\xc3\x9f"};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		ck_assert_msg(text_has_control(span_of(with[i])), "%zu", i);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		ck_assert_msg(!text_has_control(span_of(without[i])), "%zu", i);
	ck_assert(text_has_control((struct span){"a\0b", 3}));
}
END_TEST

static const struct {
	const char *in;
	const char *out; /* NULL: malformed */
} percents[] = {
	{"", ""},       {"abc", "abc"},         {"a%20b", "a b"}, {"%41%5a%5A", "AZZ"},
	{"a+b", "a+b"}, {"%C3%a9", "\xc3\xa9"}, {"%2525", "%25"}, {"%", NULL},
	{"%4", NULL},   {"abc%", NULL},         {"abc%4", NULL},  {"%4g", NULL},
	{"%g4", NULL},  {"%%41", NULL},         {"% 41", NULL},   {"%+1", NULL},
};

START_TEST(a_name_is_listed_as_a_whole)
{
	static const char list[] = "https://a.example,b,,c d";
	static const char *const there[] = {"https://a.example", "b", "c d"};
	static const char *const missing[] = {"",   "https://a", "a.example", "b,",
					      ",b", "b,,c d",    "c",         "d"};

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		ck_assert_msg(text_is_listed(list, span_of(there[i])), "%zu", i);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		ck_assert_msg(!text_is_listed(list, span_of(missing[i])), "%zu", i);
	ck_assert(!text_is_listed("", span_of("")));
	ck_assert(!text_is_listed(list, (struct span){0}));
}
END_TEST

START_TEST(percent_escapes_are_decoded_in_place)
{
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		char text[32];
		size_t len = strlen(percents[i].in);

		memcpy(text, percents[i].in, len + 1);
		len = text_percent_decode(text, len);
		if (percents[i].out) {
			ck_assert_msg(len == strlen(percents[i].out), "%s", percents[i].in);
			ck_assert_mem_eq(text, percents[i].out, len);
		} else {
			ck_assert_msg(len == SIZE_MAX, "%s", percents[i].in);
		}
	}
}
END_TEST

START_TEST(a_percent_escape_may_be_nul)
{
	char text[] = "a%00b";

	ck_assert_uint_eq(text_percent_decode(text, 5), 3);
	ck_assert_mem_eq(text, "a\0b", 3);
}
END_TEST

/* RFC 4648, section 10, and the two letters that differ from plain base64. */
static const struct {
	const char *bytes;
	const char *text;
} base64[] = {
	{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
	{"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
};

START_TEST(base64url_has_no_padding)
{
	for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++) {
		size_t len = strlen(base64[i].bytes);
		uint8_t bytes[8];
		char text[12];

		ck_assert_uint_eq(text_base64_size(len), strlen(base64[i].text) + 1);
		text_base64_encode((const uint8_t *)base64[i].bytes, len, text);
		ck_assert_str_eq(text, base64[i].text);
		ck_assert_uint_eq(text_base64_decode(span_of(text), bytes, len), len);
		ck_assert_mem_eq(bytes, base64[i].bytes, len);
	}
}
END_TEST

START_TEST(base64url_of_any_length_comes_back)
{
	uint8_t bytes[100];
	uint8_t back[100];
	char text[140];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		text_base64_encode(bytes, len, text);
		ck_assert_uint_eq(strlen(text) + 1, text_base64_size(len));
		ck_assert_uint_eq(text_base64_decode(span_of(text), back, len), len);
		ck_assert_mem_eq(bytes, back, len);
		if (len > 0)
			ck_assert_uint_eq(text_base64_decode(span_of(text), back, len - 1),
					  SIZE_MAX);
	}
}
END_TEST

START_TEST(only_one_text_stands_for_the_same_bytes)
{
	static const char *const bad[] = {"Z",     "Zg=",   "Zg==",    "Zh",   "Zm9",
					  "Zm8=",  "Zm9vY", "Zm+v",    "Zm/v", "Zm v",
					  "Zm\nv", "Z g",   "\xc3\xa9"};
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(text_base64_decode(span_of(bad[i]), bytes, sizeof(bytes)) == SIZE_MAX,
			      "%s", bad[i]);
}
END_TEST

static const struct {
	const char *a;
	const char *b;
	size_t distance;
} distances[] = {
	{"", "", 0},
	{"abc", "abc", 0},
	{"", "abc", 3},
	{"abc", "", 3},
	{"abc", "abd", 1},
	{"abc", "ab", 1},
	{"ab", "abc", 1},
	{"ab", "ba", 1},
	{"abcd", "acbd", 1},
	{"kitten", "sitting", 3},
	{"ca", "abc", 3},
	{"SHOPD_WROKERS", "SHOPD_WORKERS", 1},
	{"SHOPD_LISTN", "SHOPD_LISTEN", 1},
	{"a", "b", 1},
};

START_TEST(distance_counts_changes_and_swaps)
{
	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		ck_assert_uint_eq(text_distance(distances[i].a, distances[i].b),
				  distances[i].distance);
		ck_assert_uint_eq(text_distance(distances[i].b, distances[i].a),
				  distances[i].distance);
	}
}
END_TEST

START_TEST(distance_of_very_long_names_is_their_length)
{
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_uint_eq(text_distance(name, "x"), sizeof(name) - 1);
	ck_assert_uint_eq(text_distance("x", name), sizeof(name) - 1);
	name[64] = '\0';
	ck_assert_uint_eq(text_distance(name, name), 0);
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, a_span_of_nothing_is_absent);
	tcase_add_test(cases, spans_equal_texts_of_the_same_length_only);
	tcase_add_test(cases, spans_are_the_same_when_their_bytes_are);
	tcase_add_test(cases, case_may_be_ignored_in_ascii_only);
	tcase_add_test(cases, numbers_are_decimal_digits_that_fit);
	tcase_add_test(cases, hexadecimal_numbers_have_up_to_eight_digits);
	tcase_add_test(cases, durations_are_seconds_or_have_a_unit);
	tcase_add_test(cases, sizes_are_bytes_or_have_a_unit);
	tcase_add_test(cases, utf_8_sequences_are_decoded_strictly);
	tcase_add_test(cases, all_characters_are_utf_8);
	tcase_add_test(cases, broken_utf_8_is_found_anywhere);
	tcase_add_test(cases, characters_are_counted_not_bytes);
	tcase_add_test(cases, control_characters_are_those_of_both_blocks);
	tcase_add_test(cases, a_name_is_listed_as_a_whole);
	tcase_add_test(cases, percent_escapes_are_decoded_in_place);
	tcase_add_test(cases, a_percent_escape_may_be_nul);
	tcase_add_test(cases, base64url_has_no_padding);
	tcase_add_test(cases, base64url_of_any_length_comes_back);
	tcase_add_test(cases, only_one_text_stands_for_the_same_bytes);
	tcase_add_test(cases, distance_counts_changes_and_swaps);
	tcase_add_test(cases, distance_of_very_long_names_is_their_length);
}

Suite *text_suite(void)
{
	Suite *all = suite_create("text");
	TCase *cases = tcase_create("all");

	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
