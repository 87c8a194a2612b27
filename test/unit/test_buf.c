#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/buf.h"

static struct buf text;

static void set_up(void)
{
	buf_init(&text, 1000);
}

static void tear_down(void)
{
	buf_clear(&text);
}

START_TEST(an_empty_one_is_an_empty_string)
{
	ck_assert_str_eq(buf_text(&text), "");
	ck_assert(buf_ok(&text));
	ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(what_is_added_stands_in_its_order_with_a_nul_behind)
{
	buf_add_str(&text, "one ");
	buf_add(&text, "two-", 3);
	buf_add_char(&text, ' ');
	buf_add_u64(&text, UINT64_MAX);
	buf_add_char(&text, ' ');
	buf_add_u64(&text, 0);
	buf_add_format(&text, " %s/%d", "x", -5);
	ck_assert_str_eq(buf_text(&text), "one two 18446744073709551615 0 x/-5");
	ck_assert_uint_eq(text.len, strlen(text.data));
	ck_assert(buf_ok(&text));
}
END_TEST

START_TEST(nothing_may_be_added)
{
	buf_add(&text, NULL, 0);
	buf_add_json_string(&text, NULL, 0);
	ck_assert_str_eq(buf_text(&text), "\"\"");
}
END_TEST

START_TEST(bytes_may_be_nul)
{
	buf_add(&text, "a\0b", 3);
	ck_assert_uint_eq(text.len, 3);
	ck_assert_mem_eq(text.data, "a\0b", 4);
}
END_TEST

START_TEST(it_holds_exactly_its_maximum)
{
	struct buf small;

	buf_init(&small, 4);
	buf_add_str(&small, "1234");
	ck_assert(buf_ok(&small));
	ck_assert_str_eq(buf_text(&small), "1234");
	buf_add_char(&small, '5');
	ck_assert(!buf_ok(&small));
	ck_assert_str_eq(buf_text(&small), "1234");
	buf_clear(&small);
}
END_TEST

START_TEST(a_format_may_fill_it_to_the_last_byte_and_no_further)
{
	for (size_t max = 0; max < 300; max++) {
		struct buf small;

		buf_init(&small, max);
		buf_add_format(&small, "%*s", (int)max, "");
		ck_assert_msg(buf_ok(&small) && small.len == max, "%zu", max);
		buf_reset(&small);
		buf_add_format(&small, "%*s", (int)max + 1, "x");
		ck_assert_msg(!buf_ok(&small) && small.len == 0, "%zu", max);
		ck_assert_str_eq(buf_text(&small), "");
		buf_clear(&small);
	}
}
END_TEST

START_TEST(after_a_failure_nothing_more_is_added)
{
	struct buf small;

	buf_init(&small, 5);
	buf_add_str(&small, "abc");
	buf_add_str(&small, "too long");
	buf_add_str(&small, "d");
	buf_add_format(&small, "%d", 1);
	ck_assert_ptr_null(buf_reserve(&small, 0));
	ck_assert(!buf_ok(&small));
	ck_assert_str_eq(buf_text(&small), "abc");
	buf_clear(&small);
	ck_assert_msg(buf_ok(&small), "clearing forgets the failure");
}
END_TEST

START_TEST(a_size_near_the_end_of_the_address_space_is_just_too_much)
{
	buf_add_str(&text, "x");
	ck_assert_ptr_null(buf_reserve(&text, SIZE_MAX));
	buf_reset(&text);
	buf_add_hex(&text, NULL, SIZE_MAX / 2 + 1);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(zeroed_memory_is_one_that_takes_nothing)
{
	struct buf none = {0};

	buf_add(&none, "", 0);
	ck_assert(buf_ok(&none));
	buf_add_char(&none, 'x');
	ck_assert(!buf_ok(&none));
	buf_clear(&none);
}
END_TEST

START_TEST(reserved_room_counts_when_it_is_committed)
{
	char *room = buf_reserve(&text, 10);

	ck_assert_ptr_nonnull(room);
	memset(room, 'a', 10);
	ck_assert_uint_eq(text.len, 0);
	buf_commit(&text, 3);
	ck_assert_str_eq(buf_text(&text), "aaa");
}
END_TEST

START_TEST(a_buffer_over_memory_of_the_callers_stays_in_it)
{
	char memory[9] = "xxxxxxxx";
	struct buf over;

	buf_init_over(&over, memory, 8);
	ck_assert_str_eq(buf_text(&over), "");
	buf_add_str(&over, "1234");
	buf_add_u64(&over, 567);
	ck_assert(buf_ok(&over));
	ck_assert_str_eq(memory, "1234567");
	buf_add_char(&over, '8');
	ck_assert(!buf_ok(&over));
	ck_assert_ptr_eq(over.data, memory);
	ck_assert_str_eq(memory, "1234567");
}
END_TEST

START_TEST(a_reset_keeps_the_memory)
{
	const char *data;

	buf_add_str(&text, "abc");
	data = text.data;
	buf_reset(&text);
	ck_assert_str_eq(buf_text(&text), "");
	buf_add_str(&text, "d");
	ck_assert_ptr_eq(text.data, data);
}
END_TEST

START_TEST(truncating_forgets_the_end)
{
	buf_truncate(&text, 0);
	buf_add_str(&text, "abcdef");
	buf_truncate(&text, 2);
	ck_assert_str_eq(buf_text(&text), "ab");
	buf_add_char(&text, '!');
	ck_assert_str_eq(buf_text(&text), "ab!");
}
END_TEST

START_TEST(a_move_hands_over_bytes_maximum_and_failure)
{
	struct buf to;

	buf_init(&to, 3);
	buf_add_str(&to, "old");
	buf_add_str(&text, "longer than three");
	buf_move(&to, &text);
	ck_assert_str_eq(buf_text(&to), "longer than three");
	ck_assert_uint_eq(to.max, 1000);
	ck_assert_ptr_null(text.data);
	buf_add_str(&text, "usable");
	ck_assert_str_eq(buf_text(&text), "usable");
	text.failed = true;
	buf_move(&to, &text);
	ck_assert(!buf_ok(&to));
	ck_assert(buf_ok(&text));
	buf_clear(&to);
}
END_TEST

START_TEST(it_grows_over_many_small_additions)
{
	struct buf large;

	buf_init(&large, 100000);
	for (int i = 0; i < 10000; i++)
		buf_add_str(&large, "0123456789");
	ck_assert(buf_ok(&large));
	ck_assert_uint_eq(strlen(buf_text(&large)), 100000);
	ck_assert_uint_le(large.room, 100001);
	buf_clear(&large);
}
END_TEST

START_TEST(json_strings_escape_what_they_must_and_nothing_else)
{
	static const char input[] = "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80\0z";

	buf_add_json_string(&text, input, sizeof(input) - 1);
	ck_assert_str_eq(buf_text(&text), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9"
					  "\xf0\x9f\x98\x80\\u0000z\"");
}
END_TEST

struct escaped {
	const char *in;
	size_t limit;
	const char *out;
};

static const struct escaped escaped[] = {
	{"", 10, ""},
	{"plain text", 10, "plain text"},
	{"plain text", 9, "plain tex…"},
	{"plain text", 0, "…"},
	{"a\nb\tc\rd", 100, "a\\nb\\tc\\rd"},
	{"\"\\", 100, "\\\"\\\\"},
	{"\x1b[31m", 100, "\\u001b[31m"},
	{"\x7f", 100, "\\u007f"},
	{"\xc2\x80\xc2\x9f\xc2\xa0", 100, "\\u0080\\u009f\xc2\xa0"},
	{"\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6", 100, "\\u2028\\u202e\\u2066"},
	{"gr\xc3\xbc\xc3\x9f", 100, "gr\xc3\xbc\xc3\x9f"},
	{"gr\xc3\xbc", 3, "gr…"},
	{"gr\xc3\xbc", 4, "gr\xc3\xbc"},
	{"\xff\xfe", 100, "\\ufffd\\ufffd"},
	{"\xc3", 100, "\\ufffd"},
	{"\xed\xa0\x80", 100, "\\ufffd\\ufffd\\ufffd"},
	{"\xc0\xaf", 100, "\\ufffd\\ufffd"},
	{"ab\n", 3, "ab…"},
	{"ab\n", 4, "ab\\n"},
};

START_TEST(for_people_a_text_is_one_harmless_line)
{
	for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
		buf_reset(&text);
		buf_add_escaped(&text, escaped[i].in, strlen(escaped[i].in), escaped[i].limit);
		ck_assert_str_eq(buf_text(&text), escaped[i].out);
	}
}
END_TEST

START_TEST(hex_is_in_lower_case)
{
	buf_add_hex(&text, (const uint8_t[]){0x00, 0x9a, 0xff}, 3);
	ck_assert_str_eq(buf_text(&text), "009aff");
}
END_TEST

START_TEST(percent_encoding_keeps_unreserved_characters_only)
{
	buf_add_percent_encoded(&text, "aZ09-._~ /+%=&\xc3\xa9\0", 17);
	ck_assert_str_eq(buf_text(&text), "aZ09-._~%20%2F%2B%25%3D%26%C3%A9%00");
}
END_TEST

static void add_everything(void *context)
{
	struct buf one;
	struct buf other;

	(void)context;
	buf_init(&one, 10000);
	buf_init(&other, 10000);
	buf_add_str(&one, "text");
	buf_add_format(&one, "%0200d", 5);
	buf_add_json_string(&one, "a\"b", 3);
	for (int i = 0; i < 200; i++)
		buf_add_escaped(&one, "a\nb", 3, 10);
	buf_add_hex(&other, (const uint8_t *)"xy", 2);
	buf_add_percent_encoded(&other, "a b", 3);
	ck_assert((buf_ok(&one) && buf_ok(&other)) != alloc_has_failed());
	buf_move(&other, &one);
	buf_clear(&one);
	buf_clear(&other);
}

START_TEST(it_remembers_that_memory_was_short)
{
	alloc_fail_each(add_everything, NULL);
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, an_empty_one_is_an_empty_string);
	tcase_add_test(cases, what_is_added_stands_in_its_order_with_a_nul_behind);
	tcase_add_test(cases, nothing_may_be_added);
	tcase_add_test(cases, bytes_may_be_nul);
	tcase_add_test(cases, it_holds_exactly_its_maximum);
	tcase_add_test(cases, a_format_may_fill_it_to_the_last_byte_and_no_further);
	tcase_add_test(cases, after_a_failure_nothing_more_is_added);
	tcase_add_test(cases, a_size_near_the_end_of_the_address_space_is_just_too_much);
	tcase_add_test(cases, zeroed_memory_is_one_that_takes_nothing);
	tcase_add_test(cases, reserved_room_counts_when_it_is_committed);
	tcase_add_test(cases, a_reset_keeps_the_memory);
	tcase_add_test(cases, truncating_forgets_the_end);
	tcase_add_test(cases, a_move_hands_over_bytes_maximum_and_failure);
	tcase_add_test(cases, it_grows_over_many_small_additions);
	tcase_add_test(cases, json_strings_escape_what_they_must_and_nothing_else);
	tcase_add_test(cases, for_people_a_text_is_one_harmless_line);
	tcase_add_test(cases, a_buffer_over_memory_of_the_callers_stays_in_it);
	tcase_add_test(cases, hex_is_in_lower_case);
	tcase_add_test(cases, percent_encoding_keeps_unreserved_characters_only);
	tcase_add_test(cases, it_remembers_that_memory_was_short);
}

Suite *buf_suite(void)
{
	Suite *all = suite_create("buf");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
