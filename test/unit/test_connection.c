#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/connection.h"
#include "http/reply.h"
#include "serving.h"

/* Requests one by one: what comes in, what goes out, and when their connection is closed. */

#define HOST "Host: test\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static struct visitor visitor;

static void set_up(void)
{
	serving_init();
	serving_start(serving_routes);
	visitor_connect(&visitor);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
}

static void expect(int status, const char *body)
{
	ck_assert_int_eq(visitor_status(&visitor), status);
	ck_assert_str_eq(visitor_body(&visitor), body);
}

static uint64_t aborted(void)
{
	return metric_get(&server_metrics(serving.server)->aborted);
}

/* ---- replies ---- */

START_TEST(a_reply_has_its_body_and_the_usual_headers)
{
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	ck_assert_str_eq(visitor_body(&visitor), "hello");
	ck_assert_str_eq(visitor_header(&visitor, "Content-Type"), "text/plain");
	ck_assert_str_eq(visitor_header(&visitor, "Content-Length"), "5");
	ck_assert_uint_eq(strlen(visitor_header(&visitor, "X-Request-Id")), 36);
	ck_assert_ptr_nonnull(visitor_header(&visitor, "Date"));
	ck_assert_ptr_eq(strstr(visitor_header(&visitor, "Server-Timing"),
				"db;dur=0.000, app;dur="),
			 visitor_header(&visitor, "Server-Timing"));
	ck_assert_ptr_null(visitor_header(&visitor, "Connection"));
	ck_assert_ptr_null(visitor_header(&visitor, "X-Consumed-Read-Units"));
}
END_TEST

START_TEST(no_reply_is_guessed_at_or_kept_by_others)
{
	static const struct {
		const char *request;
		const char *keeping;
	} rows[] = {
		{GET("/hello"), "no-store"},
		{GET("/nothing"), "no-store"},
		{"OPTIONS /hello HTTP/1.1\r\n" HOST "\r\n", "no-store"},
		{GET("/wide"), "private, no-cache"}, /* it has a tag */
		{"GET /hello HTTP/1.1\r\n\r\n", "no-store"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_gt(visitor_ask(&visitor, rows[i].request), 0);
		ck_assert_str_eq(visitor_header(&visitor, "X-Content-Type-Options"), "nosniff");
		ck_assert_str_eq(visitor_header(&visitor, "Cache-Control"), rows[i].keeping);
	}
}
END_TEST

START_TEST(head_is_like_get_without_the_body)
{
	visitor_send(&visitor, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n");
	ck_assert_int_eq(visitor_head_status(&visitor), 200);
	ck_assert_str_eq(visitor_header(&visitor, "Content-Length"), "5");
	ck_assert_str_eq(visitor_header(&visitor, "Content-Type"), "text/plain");
	ck_assert(visitor_is_left_alone(&visitor));
	visitor_send(&visitor, "HEAD /nothing HTTP/1.1\r\n" HOST "\r\n");
	ck_assert_int_eq(visitor_head_status(&visitor), 404);
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_uint_eq(serving.hello, 1);
}
END_TEST

START_TEST(a_clients_request_id_is_kept_if_it_is_harmless)
{
	static const struct {
		const char *given;
		bool is_kept;
	} ids[] = {
		{"abc", true},  {"A-Za_z0.9:=", true}, {"a b", false},       {"a\"b", false},
		{"a,b", false}, {"", false},           {"a<script>", false}, {"\xc3\xbc", false},
	};
	char request[1000];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const char *id;

		snprintf(request, sizeof(request),
			 "GET /hello HTTP/1.1\r\n" HOST "X-Request-Id: %s\r\n\r\n", ids[i].given);
		ck_assert_int_eq(visitor_ask(&visitor, request), 200);
		id = visitor_header(&visitor, "X-Request-Id");
		ck_assert((strcmp(id, ids[i].given) == 0) == ids[i].is_kept);
		ck_assert(ids[i].is_kept || strlen(id) == 36);
	}
	for (int len = REQUEST_ID_MAX; len <= REQUEST_ID_MAX + 1; len++) {
		snprintf(request, sizeof(request),
			 "GET /hello HTTP/1.1\r\n" HOST "X-Request-Id: %0*d\r\n\r\n", len, 7);
		ck_assert_int_eq(visitor_ask(&visitor, request), 200);
		ck_assert_uint_eq(strlen(visitor_header(&visitor, "X-Request-Id")),
				  len == REQUEST_ID_MAX ? (size_t)len : 36);
	}
}
END_TEST

static void expect_problem(const char *request, int status, const char *code)
{
	ck_assert_int_eq(visitor_ask(&visitor, request), status);
	ck_assert_msg(visitor_has_problem(&visitor, code), "%s", visitor_body(&visitor));
}

START_TEST(what_cannot_be_served_is_explained_and_the_connection_stays)
{
	expect_problem(GET("/nothing"), 404, "not-found");
	expect_problem(GET("/hello/"), 404, "not-found");
	expect_problem(GET("/a%00b"), 400, "invalid-path");
	expect_problem(GET("/a%2fb"), 400, "invalid-path");
	expect_problem(GET("/hello?x=1"), 400, "unknown-parameter");
	expect_problem("DELETE /hello HTTP/1.1\r\n" HOST "\r\n", 405, "method-not-allowed");
	ck_assert_str_eq(visitor_header(&visitor, "Allow"), "GET, HEAD, OPTIONS");
	expect_problem("BREW /echo HTTP/1.1\r\n" HOST "\r\n", 405, "method-not-allowed");
	ck_assert_str_eq(visitor_header(&visitor, "Allow"), "POST, OPTIONS");
	ck_assert_int_eq(visitor_ask(&visitor, "OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n"), 204);
	ck_assert_str_eq(visitor_header(&visitor, "Allow"), "POST, OPTIONS");
	ck_assert_ptr_null(visitor_header(&visitor, "Content-Type"));
	expect_problem("OPTIONS /nothing HTTP/1.1\r\n" HOST "\r\n", 404, "not-found");
	ck_assert_uint_eq(serving.hello, 0);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
}
END_TEST

/* ---- bodies ---- */

static char *body_of(size_t len)
{
	static char body[2 * SERVING_BODY_MAX];

	memset(body, 'b', len);
	body[len] = '\0';
	return body;
}

static void send_body(size_t len)
{
	char head[200];

	snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n",
		 len);
	visitor_send(&visitor, head);
	visitor_send_bytes(&visitor, body_of(len), len);
}

/* In chunks of 1,000 bytes and one with the rest. */
static void send_chunks(size_t len)
{
	char line[32];

	visitor_send(&visitor, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t left = len; left > 0;) {
		size_t now = left < 1000 ? left : 1000;

		snprintf(line, sizeof(line), "%zx\r\n", now);
		visitor_send(&visitor, line);
		visitor_send(&visitor, body_of(now));
		visitor_send(&visitor, "\r\n");
		left -= now;
	}
	visitor_send(&visitor, "0\r\n\r\n");
}

START_TEST(a_body_may_have_as_many_bytes_as_the_cap)
{
	static const size_t sizes[] = {0, 1, 999, 20000, SERVING_BODY_MAX};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		send_body(sizes[i]);
		expect(200, body_of(sizes[i]));
		send_chunks(sizes[i]);
		expect(200, body_of(sizes[i]));
	}
}
END_TEST

START_TEST(a_body_beyond_the_cap_is_refused_and_the_connection_closed)
{
	visitor_send(&visitor, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n");
	visitor_send(&visitor, GET("/smuggled")); /* is the body, as far as we read */
	ck_assert_int_eq(visitor_status(&visitor), 413);
	ck_assert(visitor_has_problem(&visitor, "body-too-large"));
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(serving.smuggled, 0);
}
END_TEST

START_TEST(a_chunked_body_beyond_the_cap_is_refused_and_the_connection_closed)
{
	send_chunks(SERVING_BODY_MAX + 1);
	visitor_send(&visitor, GET("/smuggled"));
	ck_assert_int_eq(visitor_status(&visitor), 413);
	ck_assert(visitor_has_problem(&visitor, "body-too-large"));
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(serving.smuggled, 0);
}
END_TEST

START_TEST(a_body_that_nobody_wants_is_read_and_the_next_request_served)
{
	visitor_send(&visitor, "POST /nothing HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde");
	visitor_send(&visitor, "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
			       "5\r\nabcde\r\n0\r\n\r\n");
	visitor_send(&visitor, GET("/hello"));
	ck_assert_int_eq(visitor_status(&visitor), 404);
	ck_assert_int_eq(visitor_status(&visitor), 405);
	expect(200, "hello");
}
END_TEST

START_TEST(a_huge_body_that_nobody_wants_is_not_read)
{
	visitor_send(&visitor,
		     "POST /nothing HTTP/1.1\r\n" HOST "Content-Length: 1000000000\r\n\r\n");
	ck_assert_int_eq(visitor_status(&visitor), 404);
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

#define EXPECT "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"

START_TEST(who_asks_before_sending_a_body_is_answered)
{
	visitor_send(&visitor, EXPECT "Content-Length: 3\r\n\r\n");
	ck_assert_int_eq(visitor_head_status(&visitor), 100);
	visitor_send(&visitor, "abc");
	expect(200, "abc");
	visitor_send(&visitor, EXPECT "Content-Length: 100001\r\n\r\n");
	ck_assert_int_eq(visitor_status(&visitor), 413);
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

START_TEST(a_request_may_come_byte_by_byte)
{
	static const char request[] =
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n";

	for (const char *at = request; *at != '\0'; at++) {
		visitor_send_bytes(&visitor, at, 1);
		loop_turn(serving.loop, 1000);
	}
	expect(200, "abcde");
}
END_TEST

/* ---- one after another ---- */

START_TEST(requests_sent_all_at_once_are_answered_in_order)
{
	visitor_send(&visitor,
		     GET("/hello") GET("/wait") "POST /echo HTTP/1.1\r\n" HOST
						"Content-Length: 3\r\n\r\nabc" GET("/live"));
	serving_wait_for(1);
	expect(200, "hello");
	ck_assert(visitor_is_left_alone(&visitor)); /* the others wait behind the second */
	serving_let_go(RESULT_OK);
	expect(200, "waited");
	expect(200, "abc");
	expect(200, "live");
}
END_TEST

START_TEST(the_connection_is_closed_when_the_client_asks_for_it)
{
	visitor_send(&visitor, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	expect(200, "hello");
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

START_TEST(http_1_0_gets_its_answer_and_the_end)
{
	visitor_send(&visitor, "GET /hello HTTP/1.0\r\n" HOST "\r\n");
	expect(200, "hello");
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

/* ---- waiting ---- */

START_TEST(what_waits_is_answered_when_it_is_finished)
{
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	ck_assert_uint_eq(server_requests(serving.server), 1);
	ck_assert(visitor_is_left_alone(&visitor));
	serving_let_go(RESULT_NOT_FOUND);
	expect(200, "waited");
	serving_pass(2);
	ck_assert_uint_eq(server_requests(serving.server), 0);
}
END_TEST

START_TEST(a_failure_is_a_503)
{
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	serving_let_go(RESULT_THROTTLED);
	ck_assert_int_eq(visitor_status(&visitor), 503);
	ck_assert_str_eq(visitor_header(&visitor, "Retry-After"), "1");
	ck_assert(visitor_has_problem(&visitor, "unavailable"));
	ck_assert(visitor_is_left_alone(&visitor));
}
END_TEST

START_TEST(the_steps_know_their_deadline)
{
	uint64_t now_us = loop_now_us(serving.loop);
	const struct await *await;

	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	await = &serving.waiting[0]->await;
	ck_assert_uint_ge(await->deadline_us, now_us + SERVING_REQUEST_DEADLINE_US);
	ck_assert_uint_le(await->deadline_us,
			  loop_now_us(serving.loop) + SERVING_REQUEST_DEADLINE_US);
}
END_TEST

START_TEST(what_was_consumed_stands_in_the_reply)
{
	static const struct {
		uint64_t millis;
		const char *text;
	} units[] = {
		{0, "0.0"},    {99, "0.0"},     {500, "0.5"},        {1000, "1.0"},
		{1500, "1.5"}, {12340, "12.3"}, {1000000, "1000.0"},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct usage usage = {units[i].millis, units[i].millis, 1234567, 2};

		visitor_send(&visitor, GET("/wait"));
		serving_wait_for(1);
		serving.waiting[0]->await.usage = usage;
		serving_let_go(RESULT_OK);
		expect(200, "waited");
		ck_assert_str_eq(visitor_header(&visitor, "X-Consumed-Read-Units"), units[i].text);
		ck_assert_str_eq(visitor_header(&visitor, "X-Consumed-Write-Units"), units[i].text);
	}
}
END_TEST

/* ---- clients who go away ---- */

START_TEST(a_client_may_leave_at_any_point)
{
	static const char *const said[] = {
		"",
		"GET /he",
		"GET /hello HTTP/1.1\r\nHo",
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
		GET("/hello"),
		GET("/big"),
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct visitor other;

		visitor_connect(&other);
		visitor_send(&other, said[i]);
		serving_pass(2);
		visitor_leave(&other);
		serving_wait_for_connections(1);
		ck_assert_uint_eq(server_requests(serving.server), 0);
	}
	/* Those whose first line was there; the big one may have gone out as a whole. */
	ck_assert_uint_ge(aborted(), 3);
}
END_TEST

START_TEST(a_client_that_left_while_its_request_waited_is_noticed_at_the_reply)
{
	struct visitor other;

	visitor_connect(&other);
	visitor_send(&other, GET("/wait"));
	serving_wait_for(1);
	visitor_leave(&other);
	serving_pass(2);
	ck_assert_uint_eq(server_requests(serving.server), 1);
	serving_let_go(RESULT_OK);
	serving_wait_for_connections(1);
	ck_assert_uint_eq(server_requests(serving.server), 0);
}
END_TEST

START_TEST(a_big_reply_waits_for_a_slow_reader)
{
	visitor_send(&visitor, GET("/big") GET("/hello"));
	serving_pass(20);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_uint_eq(visitor.answer.body.len, 1024 * 1024);
	expect(200, "hello");
}
END_TEST

/* ---- out of memory ---- */

/* One connection; its status, or 0. The visitor's own parser is code that lacks memory too. */
static int serve_one_request(const char *request)
{
	struct visitor other;
	int status;

	visitor_connect(&other);
	visitor_send(&other, request);
	status = visitor_head_status(&other);
	ck_assert(visitor_is_sent_away(&other));
	visitor_leave(&other);
	return status;
}

static void serve_two_requests(void *context)
{
	bool has_failed;

	serving_init();
	if (!serving_prepare(serving_routes) || !server_open(serving.server)) {
		ck_assert(alloc_has_failed());
		serving_stop();
		return;
	}
	server_set_ready(serving.server);
	for (int i = 0; i < 2; i++) {
		int status;

		has_failed = alloc_has_failed();
		status = serve_one_request(context);
		if (has_failed || !alloc_has_failed())
			ck_assert_int_eq(status, 200);
		else
			ck_assert(status == 200 || status == 503 || status == 0);
	}
	serving_stop();
}

START_TEST(without_memory_a_request_is_answered_503_or_its_connection_closed)
{
	static char with_body[4096];

	alloc_fail_each(serve_two_requests,
			"GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	sprintf(with_body,
		"POST /echo HTTP/1.1\r\n" HOST
		"Connection: close\r\nContent-Length: 2000\r\n\r\n%s",
		body_of(2000));
	alloc_fail_each(serve_two_requests, with_body);
}
END_TEST

Suite *connection_suite(void)
{
	Suite *suite = suite_create("connection");
	TCase *tcase = tcase_create("all");
	TCase *bare = tcase_create("bare");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, a_reply_has_its_body_and_the_usual_headers);
	tcase_add_test(tcase, no_reply_is_guessed_at_or_kept_by_others);
	tcase_add_test(tcase, head_is_like_get_without_the_body);
	tcase_add_test(tcase, a_clients_request_id_is_kept_if_it_is_harmless);
	tcase_add_test(tcase, what_cannot_be_served_is_explained_and_the_connection_stays);
	tcase_add_test(tcase, a_body_may_have_as_many_bytes_as_the_cap);
	tcase_add_test(tcase, a_body_beyond_the_cap_is_refused_and_the_connection_closed);
	tcase_add_test(tcase, a_chunked_body_beyond_the_cap_is_refused_and_the_connection_closed);
	tcase_add_test(tcase, a_body_that_nobody_wants_is_read_and_the_next_request_served);
	tcase_add_test(tcase, a_huge_body_that_nobody_wants_is_not_read);
	tcase_add_test(tcase, who_asks_before_sending_a_body_is_answered);
	tcase_add_test(tcase, a_request_may_come_byte_by_byte);
	tcase_add_test(tcase, requests_sent_all_at_once_are_answered_in_order);
	tcase_add_test(tcase, the_connection_is_closed_when_the_client_asks_for_it);
	tcase_add_test(tcase, http_1_0_gets_its_answer_and_the_end);
	tcase_add_test(tcase, what_waits_is_answered_when_it_is_finished);
	tcase_add_test(tcase, a_failure_is_a_503);
	tcase_add_test(tcase, the_steps_know_their_deadline);
	tcase_add_test(tcase, what_was_consumed_stands_in_the_reply);
	tcase_add_test(tcase, a_client_may_leave_at_any_point);
	tcase_add_test(tcase, a_client_that_left_while_its_request_waited_is_noticed_at_the_reply);
	tcase_add_test(tcase, a_big_reply_waits_for_a_slow_reader);
	tcase_add_test(bare, without_memory_a_request_is_answered_503_or_its_connection_closed);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, bare);
	return suite;
}
