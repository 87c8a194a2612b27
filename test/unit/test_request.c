#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/json_exact.h"
#include "http/reply.h"
#include "serving.h"

/* What steps ask of a request: query, headers, body, preconditions. */

static enum flow reply_with(struct request *rq, struct buf *body)
{
	return reply_text(rq, 200, "text/plain", body);
}

/* "name=value;" for each parameter, and then what it came to as a number and a truth. */
static enum flow show_query(struct request *rq)
{
	struct buf body = {0};
	uint64_t limit = 20;
	bool flag = false;

	if (!request_query_u64(rq, "limit", 1, 100, &limit) ||
	    !request_query_bool(rq, "flag", &flag))
		return FLOW_REPLY;
	buf_init(&body, 20000);
	for (size_t i = 0; i < rq->query_count; i++)
		buf_add_format(&body, "%s=%s;", rq->query[i].name, rq->query[i].value);
	buf_add_format(&body, " %" PRIu64 " %d %s", limit, flag,
		       request_query(rq, "q") != NULL ? request_query(rq, "q") : "-");
	return reply_with(rq, &body);
}

static enum flow show_version(struct request *rq)
{
	struct buf body = {0};
	uint64_t version = 99;

	if (!request_expected_version(rq, &version))
		return FLOW_REPLY;
	buf_init(&body, 100);
	buf_add_format(&body, "%s %" PRIu64, rq->param[0], version);
	return reply_with(rq, &body);
}

static enum flow show_match(struct request *rq)
{
	struct buf body = {0};

	reply_etag(rq, "3.17");
	if (request_none_match_holds(rq, "3.17"))
		return reply_empty(rq, 304);
	buf_init(&body, 100);
	buf_add_str(&body, "it");
	return reply_with(rq, &body);
}

static enum flow show_json(struct request *rq)
{
	struct buf body = {0};

	buf_init(&body, 100 * 1000);
	json_exact_write(rq->body, &body);
	return reply_json(rq, 200, &body);
}

static const struct endpoint get_query = {.steps = STEPS(show_query)};
static const struct endpoint put_item = {.steps = STEPS(show_version)};
static const struct endpoint get_item = {.steps = STEPS(show_match)};
static const struct endpoint post_json = {.steps = STEPS(read_json, show_json)};
static const struct endpoint post_optional = {.steps = STEPS(read_optional_json, show_json)};

static const struct route routes[] = {
	{.method = METHOD_GET,
	 .path = "/query",
	 .endpoint = &get_query,
	 .query = QUERY("q", "limit", "flag", "a b", "\xc3\xbc")},
	{.method = METHOD_GET, .path = "/item/{id}", .endpoint = &get_item},
	{.method = METHOD_PUT, .path = "/item/{id}", .endpoint = &put_item, .query = QUERY("dry")},
	{.method = METHOD_POST, .path = "/json", .endpoint = &post_json},
	{.method = METHOD_POST, .path = "/optional", .endpoint = &post_optional},
	{0},
};

static struct visitor visitor;

static void set_up(void)
{
	serving_init();
	serving_start(routes);
	visitor_connect(&visitor);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
}

/* `headers` are whole lines. */
static int ask(const char *line, const char *headers, const char *body)
{
	char request[8000];

	snprintf(request, sizeof(request),
		 "%s HTTP/1.1\r\nHost: test\r\nContent-Length: %zu\r\n%s\r\n%s", line, strlen(body),
		 headers, body);
	return visitor_ask(&visitor, request);
}

/* ---- the query ---- */

struct query_row {
	const char *query;
	const char *expected; /* the body, or the code of a problem */
};

static void check_query(const struct query_row *row, int expected_status)
{
	char line[4000];
	int status;

	snprintf(line, sizeof(line), "GET /query%s", row->query);
	status = ask(line, "", "");
	ck_assert_msg(status == expected_status, "%s: %d %s", row->query, status,
		      visitor_body(&visitor));
	if (status == 200)
		ck_assert_str_eq(visitor_body(&visitor), row->expected);
	else
		ck_assert_msg(visitor_has_problem(&visitor, row->expected), "%s: %s", row->query,
			      visitor_body(&visitor));
}

START_TEST(parameters_are_decoded_once)
{
	static const struct query_row rows[] = {
		{"", " 20 0 -"},
		{"?", " 20 0 -"},
		{"?q=x", "q=x; 20 0 x"},
		{"?q=", "q=; 20 0 "},
		{"?q", "q=; 20 0 "},
		{"?q=a%20b+c%2Bd", "q=a b c+d; 20 0 a b c+d"},
		{"?q=%2520", "q=%20; 20 0 %20"},
		{"?q=a=b", "q=a=b; 20 0 a=b"},
		{"?q=a%26b%3Dc", "q=a&b=c; 20 0 a&b=c"},
		{"?q=%C3%BC%E2%82%AC", "q=\xc3\xbc\xe2\x82\xac; 20 0 \xc3\xbc\xe2\x82\xac"},
		{"?q=a/b?c", "q=a/b?c; 20 0 a/b?c"},
		{"?%71=x", "q=x; 20 0 x"},
		{"?a%20b=1&a+b", "invalid-parameter"}, /* the same twice; see below */
		{"?a%20b=1", "a b=1; 20 0 -"},
		{"?%C3%BC=1", "\xc3\xbc=1; 20 0 -"},
		{"?limit=1", "limit=1; 1 0 -"},
		{"?limit=100", "limit=100; 100 0 -"},
		{"?limit=007", "limit=007; 7 0 -"},
		{"?flag=true&limit=5", "flag=true;limit=5; 5 1 -"},
		{"?flag=false", "flag=false; 20 0 -"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_query(&rows[i], rows[i].expected[0] == 'i' ? 400 : 200);
}
END_TEST

START_TEST(parameters_that_cannot_be_meant_are_refused)
{
	static const struct query_row rows[] = {
		{"?x=1", "unknown-parameter"},
		{"?Q=1", "unknown-parameter"},
		{"?q=1&x", "unknown-parameter"},
		{"?=1", "unknown-parameter"},
		{"?&", "unknown-parameter"},
		{"?q=1&q=2", "invalid-parameter"},
		{"?q=1&q=1", "invalid-parameter"},
		{"?q=1&%71=1", "invalid-parameter"},
		{"?q=%", "invalid-parameter"},
		{"?q=%4", "invalid-parameter"},
		{"?q=%zz", "invalid-parameter"},
		{"?%=1", "invalid-parameter"},
		{"?q=a%00b", "invalid-parameter"},
		{"?q=a%0Ab", "invalid-parameter"},
		{"?q=%FF", "invalid-parameter"},
		{"?q=%C0%80", "invalid-parameter"},
		{"?q=%ED%A0%80", "invalid-parameter"},
		{"?limit=0", "invalid-parameter"},
		{"?limit=101", "invalid-parameter"},
		{"?limit=-1", "invalid-parameter"},
		{"?limit=", "invalid-parameter"},
		{"?limit=5x", "invalid-parameter"},
		{"?limit=%205", "invalid-parameter"},
		{"?limit=18446744073709551617", "invalid-parameter"},
		{"?flag=yes", "invalid-parameter"},
		{"?flag=True", "invalid-parameter"},
		{"?flag", "invalid-parameter"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_query(&rows[i], 400);
}
END_TEST

START_TEST(an_unknown_parameter_is_told_which_ones_there_are)
{
	ask("GET /query?x%22y=1", "", "");
	ck_assert_ptr_nonnull(
		strstr(visitor_body(&visitor), "Known ones: q, limit, flag, a b, \xc3\xbc."));
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "x\\\"y"));
	ask("GET /item/1?x=1", "", "");
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "Known ones: none."));
	ask("PUT /item/1?x=1", "", "");
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "Known ones: dry."));
}
END_TEST

/* A long name is shown in part, and the part is whole characters (jansson checks the body). */
START_TEST(an_unknown_parameter_of_any_length_gives_valid_json)
{
	for (size_t shift = 0; shift < 3; shift++) {
		struct query_row row = {NULL, "unknown-parameter"};
		char query[2000] = "?";

		for (size_t i = 0; i < shift; i++)
			strcat(query, "x");
		for (size_t i = 0; i < 100; i++)
			strcat(query, "%E2%82%AC");
		row.query = query;
		check_query(&row, 400);
	}
}
END_TEST

/* ---- preconditions ---- */

struct match_row {
	const char *headers;
	int status;
	const char *expected;
};

START_TEST(the_expected_version_is_the_part_before_the_dot)
{
	static const struct match_row rows[] = {
		{"", 200, "x 0"},
		{"If-Match: *\r\n", 200, "x 0"},
		{"If-Match: \"3\"\r\n", 200, "x 3"},
		{"if-match: \"3.17\"\r\n", 200, "x 3"},
		{"If-Match: \"18446744073709551615.1\"\r\n", 200, "x 18446744073709551615"},
		{"If-Match: W/\"3\"\r\n", 412, "precondition-failed"},
		{"If-Match: \"abc\"\r\n", 412, "precondition-failed"},
		{"If-Match: \"\"\r\n", 412, "precondition-failed"},
		{"If-Match: \"0\"\r\n", 412, "precondition-failed"},
		{"If-Match: \".3\"\r\n", 412, "precondition-failed"},
		{"If-Match: \"-3\"\r\n", 412, "precondition-failed"},
		{"If-Match: \"18446744073709551616\"\r\n", 412, "precondition-failed"},
		{"If-Match: 3\r\n", 400, "invalid-header"},
		{"If-Match:\r\n", 400, "invalid-header"},
		{"If-Match: \"3\r\n", 400, "invalid-header"},
		{"If-Match: \"\r\n", 400, "invalid-header"},
		{"If-Match: W/\r\n", 400, "invalid-header"},
		{"If-Match: w/\"3\"\r\n", 400, "invalid-header"},
		{"If-Match: \"3\", \"4\"\r\n", 400, "invalid-header"},
		{"If-Match: \"3\"x\r\n", 400, "invalid-header"},
		{"If-Match: **\r\n", 400, "invalid-header"},
		{"If-None-Match: *\r\n", 400, "invalid-header"},
		{"If-None-Match: \"3\"\r\nIf-Match: \"3\"\r\n", 400, "invalid-header"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask("PUT /item/x", rows[i].headers, "");

		ck_assert_msg(status == rows[i].status, "%s: %d", rows[i].headers, status);
		if (status == 200)
			ck_assert_str_eq(visitor_body(&visitor), rows[i].expected);
		else
			ck_assert(visitor_has_problem(&visitor, rows[i].expected));
	}
}
END_TEST

START_TEST(a_precondition_may_be_required)
{
	serving.config.is_match_required = true;
	ck_assert_int_eq(ask("PUT /item/x", "", ""), 428);
	ck_assert(visitor_has_problem(&visitor, "precondition-required"));
	ck_assert_int_eq(ask("PUT /item/x", "If-Match: *\r\n", ""), 200);
	ck_assert_int_eq(ask("PUT /item/x", "If-Match: \"3\"\r\n", ""), 200);
	ck_assert_int_eq(ask("GET /item/x", "", ""), 200);
}
END_TEST

START_TEST(a_tag_that_the_client_has_already_is_not_sent_again)
{
	static const struct match_row rows[] = {
		{"", 200, NULL},
		{"If-None-Match: *\r\n", 304, NULL},
		{"If-None-Match: \"3.17\"\r\n", 304, NULL},
		{"If-None-Match: W/\"3.17\"\r\n", 304, NULL}, /* weak comparison */
		{"If-None-Match: \"1\", \"3.17\"\r\n", 304, NULL},
		{"If-None-Match: \"1\",W/\"2\" ,\t\"3.17\" , \"4\"\r\n", 304, NULL},
		{"If-None-Match: \"3\"\r\n", 200, NULL},
		{"If-None-Match: \"3.17x\"\r\n", 200, NULL},
		{"If-None-Match: \"3.1\", \"17\"\r\n", 200, NULL},
		{"If-None-Match: 3.17\r\n", 200, NULL},
		{"If-None-Match: \"3.17\r\n", 200, NULL},
		{"If-None-Match:\r\n", 200, NULL},
		{"If-None-Match: ,\r\n", 200, NULL},
		{"If-None-Match: x, \"3.17\"\r\n", 200, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask("GET /item/x", rows[i].headers, "");

		ck_assert_msg(status == rows[i].status, "%s: %d", rows[i].headers, status);
		ck_assert_str_eq(visitor_header(&visitor, "ETag"), "\"3.17\"");
	}
}
END_TEST

/* ---- JSON ---- */

START_TEST(a_json_body_is_read_with_its_numbers_as_they_are)
{
	static const char *const types[] = {
		"application/json",
		"Application/JSON",
		"application/json; charset=utf-8",
		"application/json;x",
		"application/merge-patch+json",
		"application/x+JSON ; a=b",
	};
	char header[100];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(header, sizeof(header), "Content-Type: %s\r\n", types[i]);
		ck_assert_int_eq(ask("POST /json", header, "{\"a\": 19.990, \"b\":[1e400,null]}"),
				 200);
		ck_assert_str_eq(visitor_body(&visitor), "{\"a\":19.990,\"b\":[1e400,null]}\n");
		ck_assert_str_eq(visitor_header(&visitor, "Content-Type"), "application/json");
	}
	ck_assert_int_eq(ask("POST /json",
			     "Content-Type: application/json\r\nContent-Encoding: "
			     "Identity\r\n",
			     "1"),
			 200);
}
END_TEST

START_TEST(a_body_that_is_not_said_to_be_json_is_refused)
{
	static const char *const headers[] = {
		"",
		"Content-Type:\r\n",
		"Content-Type: text/json\r\n",
		"Content-Type: application/jsonx\r\n",
		"Content-Type: application/json-x\r\n",
		"Content-Type: xapplication/json\r\n",
		"Content-Type: application/+json\r\n",
		"Content-Type: +json\r\n",
		"Content-Type: text/x+json\r\n",
		"Content-Type: application/x-www-form-urlencoded\r\n",
		"Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		int status = ask("POST /json", headers[i], "{}");

		ck_assert_msg(status == 415, "%s: %d", headers[i], status);
		ck_assert(visitor_has_problem(&visitor, "unsupported-media-type"));
	}
}
END_TEST

START_TEST(a_body_that_is_not_json_is_told_where)
{
	static const struct {
		const char *body;
		const char *where;
	} rows[] = {
		{"", "Line 1, column 1"},
		{"{", "Line 1, column 2"},
		{"{\n  \"a\": tru\n}", "Line 2, column"},
		{"{\"a\":1,\"a\":2}", "Line 1"},
		{"\"\xff\"", "Line 1"},
		{"{} x", "Line 1, column 4"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask("POST /json", "Content-Type: application/json\r\n", rows[i].body);

		ck_assert_msg(status == 400, "%s: %d", rows[i].body, status);
		ck_assert_msg(visitor_has_problem(&visitor, "invalid-json"), "%s",
			      visitor_body(&visitor));
		ck_assert_msg(strstr(visitor_body(&visitor), rows[i].where) != NULL, "%s",
			      visitor_body(&visitor));
	}
}
END_TEST

START_TEST(where_nothing_is_required_the_body_can_be_left_out)
{
	static const struct {
		const char *headers;
		const char *body;
		int status;
	} rows[] = {
		{"", "", 200},
		{"Content-Type: application/json\r\n", "{}", 200},
		{"Content-Type: application/json\r\n", "", 400},
		{"Content-Type: application/json\r\n", "{", 400},
		{"Content-Type: text/plain\r\n", "", 415},
		{"Content-Type:\r\n", "", 415},
		{"", "{}", 415},
		{"", " ", 415},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = ask("POST /optional", rows[i].headers, rows[i].body);

		ck_assert_msg(status == rows[i].status, "%zu: %d", i, status);
		if (status == 200)
			ck_assert_str_eq(visitor_body(&visitor), "{}\n");
	}
	ck_assert_int_eq(visitor_ask(&visitor, "POST /optional HTTP/1.1\r\nHost: test\r\n\r\n"),
			 200);
	ck_assert_str_eq(visitor_body(&visitor), "{}\n");
	ck_assert_int_eq(ask("POST /json", "", ""), 415);
}
END_TEST

/* ---- out of memory ---- */

static void ask_once(void *context)
{
	struct visitor other;
	int status;

	serving_init();
	if (!serving_prepare(routes) || !server_open(serving.server)) {
		ck_assert(alloc_has_failed());
		serving_stop();
		return;
	}
	server_set_ready(serving.server);
	visitor_connect(&other);
	visitor_send(&other, context);
	status = visitor_head_status(&other);
	ck_assert_msg(status == 200 || (alloc_has_failed() && (status == 503 || status == 0)),
		      "%d %s", status, other.bytes);
	visitor_leave(&other);
	serving_stop();
}

START_TEST(without_memory_nothing_is_taken_for_a_clients_mistake)
{
	static char query[8000] = "GET /query?q=";

	memset(query + strlen(query), 'x', 5000); /* more than fits an arena's first block */
	strcat(query, "&limit=5 HTTP/1.1\r\nHost: test\r\n\r\n");
	alloc_fail_each(ask_once, query);
	alloc_fail_each(ask_once, "POST /json HTTP/1.1\r\nHost: test\r\nContent-Length: 16\r\n"
				  "Content-Type: application/json\r\n\r\n{\"a\":[1,\"b\",{}]}");
	alloc_fail_each(ask_once, "POST /optional HTTP/1.1\r\nHost: test\r\n\r\n");
}
END_TEST

Suite *request_suite(void)
{
	Suite *suite = suite_create("request");
	TCase *tcase = tcase_create("all");
	TCase *bare = tcase_create("bare");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, parameters_are_decoded_once);
	tcase_add_test(tcase, parameters_that_cannot_be_meant_are_refused);
	tcase_add_test(tcase, an_unknown_parameter_is_told_which_ones_there_are);
	tcase_add_test(tcase, an_unknown_parameter_of_any_length_gives_valid_json);
	tcase_add_test(tcase, the_expected_version_is_the_part_before_the_dot);
	tcase_add_test(tcase, a_precondition_may_be_required);
	tcase_add_test(tcase, a_tag_that_the_client_has_already_is_not_sent_again);
	tcase_add_test(tcase, a_json_body_is_read_with_its_numbers_as_they_are);
	tcase_add_test(tcase, a_body_that_is_not_said_to_be_json_is_refused);
	tcase_add_test(tcase, a_body_that_is_not_json_is_told_where);
	tcase_add_test(tcase, where_nothing_is_required_the_body_can_be_left_out);
	tcase_add_test(bare, without_memory_nothing_is_taken_for_a_clients_mistake);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, bare);
	return suite;
}
