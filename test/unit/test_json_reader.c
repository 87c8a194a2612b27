/* What is wrong with a text is tested in test_json_exact.c; this is about the pieces. */
#include <check.h>
#include <string.h>

#include "base/json_reader.h"

static struct json_reader reader;
static struct json_mistake mistake;

static void begin(const char *text)
{
	json_reader_init(&reader, span_of(text), &mistake);
}

START_TEST(bytes_are_taken_one_by_one)
{
	begin("a b");
	ck_assert_int_eq(json_reader_peek(&reader), 'a');
	ck_assert(!json_reader_take(&reader, 'b'));
	ck_assert(json_reader_take(&reader, 'a'));
	json_reader_skip_space(&reader);
	ck_assert(json_reader_take(&reader, 'b'));
	ck_assert(json_reader_is_at_end(&reader));
	ck_assert_int_eq(json_reader_peek(&reader), '\0');
	ck_assert(!json_reader_take(&reader, '\0'));
}
END_TEST

START_TEST(an_absent_text_is_at_its_end)
{
	json_reader_init(&reader, (struct span){0}, &mistake);
	json_reader_skip_space(&reader);
	ck_assert(json_reader_is_at_end(&reader));
}
END_TEST

START_TEST(only_the_four_spaces_of_json_are_skipped)
{
	begin(" \t\r\n\v");
	json_reader_skip_space(&reader);
	ck_assert_int_eq(json_reader_peek(&reader), '\v');
}
END_TEST

START_TEST(a_string_ends_behind_its_quote)
{
	struct span string;

	begin("\"a\\\"\\u00e9\xc3\xa9\":1");
	ck_assert(json_reader_string(&reader, &string));
	ck_assert(span_equals(string, "\"a\\\"\\u00e9\xc3\xa9\""));
	ck_assert_int_eq(json_reader_peek(&reader), ':');
	ck_assert_uint_eq(mistake.line, 0);
}
END_TEST

START_TEST(a_number_has_at_most_so_many_characters)
{
	struct span number;

	begin("-12.5e3,");
	ck_assert(json_reader_number(&reader, 7, &number));
	ck_assert(span_equals(number, "-12.5e3"));
	ck_assert_int_eq(json_reader_peek(&reader), ',');
	begin("-12.5e3,");
	ck_assert(!json_reader_number(&reader, 6, &number));
	ck_assert_str_eq(mistake.text, "a number has at most 6 characters");
}
END_TEST

START_TEST(a_word_is_what_a_person_would_take_for_one)
{
	begin("none_1.5+x-y]");
	ck_assert(span_equals(json_reader_word(&reader), "none_1.5+x-y"));
	ck_assert_uint_eq(json_reader_word(&reader).len, 0);
}
END_TEST

START_TEST(places_are_lines_and_characters)
{
	begin("\n\n \xc3\xa9\xf0\x9f\x98\x80x");
	ck_assert(!json_reader_mistake(&reader, reader.end - 1, "here"));
	ck_assert_uint_eq(mistake.line, 3);
	ck_assert_uint_eq(mistake.column, 4);
	ck_assert_str_eq(mistake.text, "here");
}
END_TEST

START_TEST(a_very_long_message_is_cut)
{
	char text[500];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin("");
	json_reader_mistake(&reader, reader.at, text);
	ck_assert_uint_eq(strlen(mistake.text), sizeof(mistake.text) - 1);
}
END_TEST

Suite *json_reader_suite(void)
{
	Suite *all = suite_create("json_reader");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, bytes_are_taken_one_by_one);
	tcase_add_test(cases, an_absent_text_is_at_its_end);
	tcase_add_test(cases, only_the_four_spaces_of_json_are_skipped);
	tcase_add_test(cases, a_string_ends_behind_its_quote);
	tcase_add_test(cases, a_number_has_at_most_so_many_characters);
	tcase_add_test(cases, a_word_is_what_a_person_would_take_for_one);
	tcase_add_test(cases, places_are_lines_and_characters);
	tcase_add_test(cases, a_very_long_message_is_cut);
	suite_add_tcase(all, cases);
	return all;
}
