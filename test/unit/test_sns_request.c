#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sns_request.h"

static char *repeat(char c, size_t count)
{
	char *text = calloc(1, count + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, c, count);
	return text;
}

#define ATTRIBUTE(name_, value_)                                                        \
	.body = "b", .attributes = (const struct sns_attribute[]){{(name_), (value_)}}, \
	.attribute_count = 1

static const struct {
	struct sns_message message;
	const char *mistake; /* a part of it, or NULL */
	bool is_fifo;
} messages[] = {
	{{.body = "b"}, NULL, false},
	{{.body = ""}, "empty", false},
	{{.body = "\xff"}, "not UTF-8", false},
	{{.body = "a\x01\xef\xbf\xbf"}, NULL, false},
	{{ATTRIBUTE("a-Z_0.9", "v")}, NULL, false},
	{{ATTRIBUTE("", "v")}, "name", false},
	{{ATTRIBUTE("a b", "v")}, "name", false},
	{{ATTRIBUTE("a&b", "v")}, "name", false},
	{{ATTRIBUTE("gr\xc3\xbc\xc3\x9f", "v")}, "name", false},
	{{ATTRIBUTE(".a", "v")}, "name", false},
	{{ATTRIBUTE("a.", "v")}, "name", false},
	{{ATTRIBUTE("a..b", "v")}, "name", false},
	{{ATTRIBUTE("a", "")}, "an attribute is empty", false},
	{{ATTRIBUTE("a", "\xc0\x80")}, "not UTF-8", false},
	{{.body = "b",
	  .attributes = (const struct sns_attribute[]){{"a", "1"}, {"b", "2"}, {"a", "3"}},
	  .attribute_count = 3},
	 "twice",
	 false},
	{{.body = "b"}, "message group", true},
	{{.body = "b", .group = "g"}, "deduplication id", true},
	{{.body = "b", .group = "", .deduplication_id = "d"}, "message group", true},
	{{.body = "b", .group = "a b", .deduplication_id = "d"}, "message group", true},
	{{.body = "b", .group = "g", .deduplication_id = "\xc3\xa4"}, "deduplication id", true},
	{{.body = "b", .group = "product/1", .deduplication_id = "d"}, NULL, true},
};

START_TEST(mistakes_of_a_message_are_found)
{
	const char *mistake = sns_request_find_mistake(&messages[_i].message, messages[_i].is_fifo);

	if (!messages[_i].mistake)
		ck_assert_msg(!mistake, "%s", mistake);
	else
		ck_assert_msg(mistake && strstr(mistake, messages[_i].mistake), "%s", mistake);
}
END_TEST

START_TEST(lengths_are_limited_to_the_byte)
{
	char *body = repeat('x', SNS_SIZE_MAX + 1);
	char *name = repeat('n', 257);
	char *group = repeat('g', 129);
	struct sns_attribute attribute = {name, "v"};
	struct sns_message message = {.body = body, .group = group, .deduplication_id = "d"};

	ck_assert_ptr_nonnull(sns_request_find_mistake(&message, false));
	body[SNS_SIZE_MAX] = '\0';
	ck_assert_ptr_null(sns_request_find_mistake(&message, false));
	ck_assert_ptr_nonnull(sns_request_find_mistake(&message, true));
	group[128] = '\0';
	ck_assert_ptr_null(sns_request_find_mistake(&message, true));
	message.attributes = &attribute;
	message.attribute_count = 1;
	body[SNS_SIZE_MAX - 256 - strlen("String") - 1] = '\0';
	ck_assert_ptr_nonnull(sns_request_find_mistake(&message, false));
	name[256] = '\0';
	ck_assert_ptr_null(sns_request_find_mistake(&message, false));
	attribute.value = "vv";
	ck_assert_ptr_nonnull(sns_request_find_mistake(&message, false));
	free(body);
	free(name);
	free(group);
}
END_TEST

START_TEST(the_size_is_what_sns_counts)
{
	const struct sns_message message = {
		.body = "\xc3\xbc\x01",
		.attributes =
			(const struct sns_attribute[]){{"name", "value"}, {"n", "\xef\xbf\xbe"}},
		.attribute_count = 2,
	};

	ck_assert_uint_eq(sns_message_size(&message), 2 + 3 + 4 + 6 + 5 + 1 + 6 + 3);
	ck_assert_uint_eq(sns_message_size(&(struct sns_message){.body = "\xef"}), 3);
}
END_TEST

static const struct {
	const char *text;
	const char *sent;
} characters[] = {
	{"a b+c&d=e%", "a%20b%2Bc%26d%3De%25"},
	{"\t\n\r", "%09%0A%0D"},
	{"a\x01z", "a%EF%BF%BDz"},
	{"\x1f\x1f", "%EF%BF%BD%EF%BF%BD"},
	{"\x7f\xc2\x80", "%7F%C2%80"},
	{"\xef\xbf\xbd", "%EF%BF%BD"},
	{"\xef\xbf\xbe\xef\xbf\xbf", "%EF%BF%BD%EF%BF%BD"},
	{"\xef\xac\x81", "%EF%AC%81"},
	{"\xf0\x9f\x9b\x92", "%F0%9F%9B%92"},
};

START_TEST(characters_that_xml_cannot_hold_are_replaced)
{
	const struct sns_message message = {.body = characters[_i].text};
	struct buf out;

	buf_init(&out, 1000);
	sns_request_publish(&out, (struct sns_target){SNS_PHONE, "+1"}, &message);
	ck_assert(buf_ok(&out));
	ck_assert_str_eq(strstr(buf_text(&out), "&Message=") + strlen("&Message="),
			 characters[_i].sent);
	buf_clear(&out);
}
END_TEST

Suite *sns_request_suite(void)
{
	Suite *all = suite_create("sns_request");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, mistakes_of_a_message_are_found, 0,
			    (int)(sizeof(messages) / sizeof(messages[0])));
	tcase_add_test(cases, lengths_are_limited_to_the_byte);
	tcase_add_test(cases, the_size_is_what_sns_counts);
	tcase_add_loop_test(cases, characters_that_xml_cannot_hold_are_replaced, 0,
			    (int)(sizeof(characters) / sizeof(characters[0])));
	suite_add_tcase(all, cases);
	return all;
}
