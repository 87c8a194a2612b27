#include <check.h>
#include <string.h>

#include "aws/aws_protocol.h"

static const struct {
	const struct aws_protocol *protocol;
	const char *body;
	const char *error; /* NULL: not readable */
} bodies[] = {
	{&aws_protocol_json, "{}", ""},
	{&aws_protocol_json, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#A\"}", "A"},
	{&aws_protocol_json, "{\"__type\":\"A:http://internal.amazon.com/coral/\"}", "A"},
	{&aws_protocol_json, "{\"__type\":\"a#B:c\"}", "B"},
	{&aws_protocol_json, "{\"__type\":\"a#\"}", ""},
	{&aws_protocol_json, "{\"__type\":{\"S\":\"A\"}}", ""},
	{&aws_protocol_json, "<a/>", NULL},
	{&aws_protocol_json, "", NULL},
	{&aws_protocol_query, "<a/>", ""},
	{&aws_protocol_query, "<ErrorResponse><Error><Code>A</Code></Error></ErrorResponse>", "A"},
	{&aws_protocol_query, "<ErrorResponse><Code>A</Code></ErrorResponse>", ""},
	{&aws_protocol_query, "<ErrorResponse><Error><Code/></Error></ErrorResponse>", ""},
	{&aws_protocol_query, "{}", NULL},
	{&aws_protocol_query, "", NULL},
	{&aws_protocol_query, "<!DOCTYPE a><a/>", NULL},
};

START_TEST(each_protocol_reads_its_own_answers)
{
	struct json_index index = {.count = 1, .row_count = 1};
	struct span body = {bodies[_i].body, strlen(bodies[_i].body)};
	struct span error;
	bool is_readable = bodies[_i].protocol->check(body, &index);

	ck_assert_int_eq(is_readable, bodies[_i].error != NULL);
	if (!is_readable)
		return;
	error = bodies[_i].protocol->find_error(body);
	ck_assert_uint_eq(error.len, strlen(bodies[_i].error));
	ck_assert(error.len == 0 || span_equals(error, bodies[_i].error));
}
END_TEST

Suite *aws_protocol_suite(void)
{
	Suite *all = suite_create("aws_protocol");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, each_protocol_reads_its_own_answers, 0,
			    (int)(sizeof(bodies) / sizeof(bodies[0])));
	suite_add_tcase(all, cases);
	return all;
}
