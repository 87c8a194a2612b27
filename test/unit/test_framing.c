#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/framing.h"
#include "serving.h"

/*
 * Each row's bytes are followed by a request to /smuggled. Where the row is refused, its
 * connection is closed and that request is never run: else somebody could hide requests from a
 * proxy that reads such bytes in another way.
 */
struct row {
	const char *name;
	const char *bytes;
	size_t len;
	int status; /* 0: closed without a word */
};

#define BYTES(text) (text), sizeof(text) - 1
#define HOST "Host: test\r\n"
#define GET "GET /hello HTTP/1.1\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\n" HOST "\r\n"
/* Headers without the usual space: nothing must be able to hide in its place. */
#define TIGHT "Host:test\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\nE:5\r\n"

static const struct row bad[] = {
	/* lengths */
	{"two lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400},
	{"the same length twice", BYTES(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	 400},
	{"a list of lengths", BYTES(POST "Content-Length: 3, 3\r\n\r\nabc"), 400},
	{"a negative length", BYTES(POST "Content-Length: -1\r\n\r\n"), 400},
	{"a length with a sign", BYTES(POST "Content-Length: +3\r\n\r\nabc"), 400},
	{"a hexadecimal length", BYTES(POST "Content-Length: 0x3\r\n\r\nabc"), 400},
	{"a length with something behind", BYTES(POST "Content-Length: 3x\r\n\r\nabc"), 400},
	{"a length in quotes", BYTES(POST "Content-Length: \"3\"\r\n\r\nabc"), 400},
	{"no length in the header", BYTES(POST "Content-Length:\r\n\r\n"), 400},
	{"2^64 as a length", BYTES(POST "Content-Length: 18446744073709551616\r\n\r\n"), 413},
	{"2^63 as a length", BYTES(POST "Content-Length: 9223372036854775808\r\n\r\n"), 413},
	{"a space before the colon", BYTES(POST "Content-Length : 3\r\n\r\nabc"), 400},
	{"a tab before the colon", BYTES(POST "Content-Length\t: 3\r\n\r\nabc"), 400},

	/* encodings */
	{"length and chunks",
	 BYTES(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
	{"chunks and length",
	 BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400},
	{"gzip", BYTES(POST "Transfer-Encoding: gzip\r\n\r\n"), 400},
	{"identity", BYTES(POST "Transfer-Encoding: identity\r\n\r\n"), 400},
	{"gzip, chunked", BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400},
	{"chunked, identity", BYTES(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
	 400},
	{"chunked twice",
	 BYTES(POST "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 400},
	{"xchunked", BYTES(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400},
	{"no encoding in the header", BYTES(POST "Transfer-Encoding:\r\n\r\n"), 400},
	{"an encoding with a space before the colon",
	 BYTES(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400},
	{"chunks in HTTP/1.0",
	 BYTES("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},

	/* header lines */
	{"a folded header", BYTES(GET HOST "X: a\r\n b\r\n\r\n"), 400},
	{"a header folded by a tab", BYTES(GET HOST "X: a\r\n\tb\r\n\r\n"), 400},
	{"a first header that is folded", BYTES(GET " X: a\r\n" HOST "\r\n"), 400},
	{"an empty fold", BYTES(GET HOST "X: a\r\n \r\n\r\n"), 400},
	{"a folded length", BYTES(POST "Content-Length:\r\n 3\r\n\r\nabc"), 400},
	{"a folded length among tight headers",
	 BYTES("POST /echo HTTP/1.1\r\n" TIGHT "Content-Length:\r\n 44\r\n\r\n"), 400},
	{"a folded encoding among tight headers",
	 BYTES("POST /echo HTTP/1.1\r\n" TIGHT "Transfer-Encoding:\r\n chunked\r\n\r\n"), 400},
	{"CR in a value", BYTES(GET HOST "X: a\rb\r\n\r\n"), 400},
	{"CR in place of a line end", BYTES(GET HOST "X: a\rContent-Length: 44\r\n\r\n"), 400},
	{"NUL in a value", BYTES(GET HOST "X: a\0b\r\n\r\n"), 400},
	{"NUL in a value among tight headers", BYTES(GET TIGHT "X:a\0bcd\r\n\r\n"), 400},
	{"NUL in a name", BYTES(GET HOST "X\0Y: a\r\n\r\n"), 400},
	{"a control character", BYTES(GET HOST "X: a\x01z\r\n\r\n"), 400},
	{"DEL", BYTES(GET HOST "X: a\x7fz\r\n\r\n"), 400},
	{"a name with a space", BYTES(GET HOST "X Y: a\r\n\r\n"), 400},
	{"a name with a bracket", BYTES(GET HOST "X(Y: a\r\n\r\n"), 400},
	{"no name", BYTES(GET HOST ": a\r\n\r\n"), 400},
	{"no name among tight headers", BYTES(GET TIGHT ": a\r\n\r\n"), 400},
	{"no colon", BYTES(GET HOST "X\r\n\r\n"), 400},
	{"bare LFs", BYTES("GET /hello HTTP/1.1\nHost: test\n\n"), 400},
	{"a bare LF behind the first line", BYTES("GET /hello HTTP/1.1\nHost: test\r\n\r\n"), 400},
	{"a bare LF behind a header", BYTES(GET "Host: test\nX: y\r\n\r\n"), 400},
	{"a bare LF behind the last header", BYTES(GET "Host: test\n\r\n"), 400},
	{"a bare LF behind the head", BYTES(GET "Host: test\r\n\n"), 400},
	{"a length behind a bare LF", BYTES(POST "X: y\nContent-Length: 3\r\n\r\nabc"), 400},
	{"a bare CR behind the head", BYTES(GET "Host: test\r\n\rX: y\r\n\r\n"), 400},

	/* Host */
	{"no Host", BYTES(GET "\r\n"), 400},
	{"no Host in HTTP/1.0", BYTES("GET /hello HTTP/1.0\r\n\r\n"), 400},
	{"the same Host twice", BYTES(GET HOST HOST "\r\n"), 400},
	{"two Hosts", BYTES(GET HOST "Host: other\r\n\r\n"), 400},

	/* the first line */
	{"an absolute target", BYTES("GET http://evil/hello HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a star", BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a target for CONNECT", BYTES("CONNECT test:80 HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"NUL in the target", BYTES("GET /he\0llo HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a control character in the target", BYTES("GET /he\x01llo HTTP/1.1\r\n" HOST "\r\n"),
	 400},
	{"UTF-8 in the target", BYTES("GET /h\xc3\xa9llo HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a space in the target", BYTES("GET /hello x HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a tab in the target", BYTES("GET /hello\tx HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"tabs for spaces", BYTES("GET\t/hello\tHTTP/1.1\r\n" HOST "\r\n"), 0},
	{"two spaces behind the method", BYTES("GET  /hello HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"two spaces behind the target", BYTES("GET /hello  HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"a space before the method", BYTES(" GET /hello HTTP/1.1\r\n" HOST "\r\n"), 0},
	{"a space behind the version", BYTES("GET /hello HTTP/1.1 \r\n" HOST "\r\n"), 400},
	{"a method that is no token", BYTES("G(T /hello HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"NUL in the method", BYTES("GE\0T /hello HTTP/1.1\r\n" HOST "\r\n"), 400},
	{"NUL behind the version", BYTES("GET /hello HTTP/1.1\0x\r\n" HOST "\r\n"), 400},
	{"no method", BYTES(" /hello HTTP/1.1\r\n" HOST "\r\n"), 0},
	{"no version", BYTES("GET /hello\r\n" HOST "\r\n"), 400},
	{"HTTP/0.9", BYTES("GET /hello HTTP/0.9\r\n" HOST "\r\n"), 505},
	{"HTTP/1.2", BYTES("GET /hello HTTP/1.2\r\n" HOST "\r\n"), 400},
	{"HTTP/1.10", BYTES("GET /hello HTTP/1.10\r\n" HOST "\r\n"), 400},
	{"HTTP/2.0", BYTES("GET /hello HTTP/2.0\r\n" HOST "\r\n"), 505},
	{"http/1.1", BYTES("GET /hello http/1.1\r\n" HOST "\r\n"), 400},
	{"HTTP/2's greeting", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},

	/* chunks: libmicrohttpd's own judgement */
	{"a chunk size with 0x", BYTES(CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"), 400},
	{"a negative chunk size", BYTES(CHUNKED "-3\r\nabc\r\n0\r\n\r\n"), 400},
	{"a chunk size with a space", BYTES(CHUNKED "3 \r\nabc\r\n0\r\n\r\n"), 400},
	{"a chunk size that is none", BYTES(CHUNKED "g\r\nabc\r\n0\r\n\r\n"), 400},
	{"an empty chunk size", BYTES(CHUNKED "\r\nabc\r\n0\r\n\r\n"), 400},
	{"a chunk size of 2^64 + 3", BYTES(CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n"), 413},
	{"a chunk longer than its size", BYTES(CHUNKED "3\r\nabcd\r\n0\r\n\r\n"), 400},
	{"a chunk without an end", BYTES(CHUNKED "3\r\nabc0\r\n\r\n"), 400},
	{"a trailer that is none", BYTES(CHUNKED "0\r\nfoo\r\n\r\n"), 400},
};

static const struct row good[] = {
	{"a request", BYTES(GET HOST "\r\n"), 200},
	{"a body with its length", BYTES(POST "Content-Length: 3\r\n\r\nabc"), 200},
	{"a length with zeros before", BYTES(POST "Content-Length: 003\r\n\r\nabc"), 200},
	{"chunks", BYTES(CHUNKED "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nX: y\r\n\r\n"), 200},
	{"chunked in capitals", BYTES(POST "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"), 200},
	{"a length in a trailer", BYTES(CHUNKED "0\r\nContent-Length: 44\r\n\r\n"), 200},
	{"tight headers", BYTES(GET TIGHT "\r\n"), 200},
	{"wide headers", BYTES(GET "Host: \t  test\r\nX: a \t\r\n\r\n"), 200},
	{"empty values", BYTES(GET HOST "X:\r\nY: \r\n\r\n"), 200},
	{"an empty Host", BYTES(GET "Host:\r\n\r\n"), 200},
	{"a tab and bytes above ASCII in a value", BYTES(GET HOST "X: a\tb\xfc\r\n\r\n"), 200},
	{"cookies", BYTES(GET HOST "Cookie: a=b; c=\"d\"\r\nCookie: e=f\r\n\r\n"), 200},
	{"a body that nobody wants", BYTES(GET HOST "Content-Length: 3\r\n\r\nabc"), 200},
	{"an empty line first", BYTES("\r\n" GET HOST "\r\n"), 200},
	{"a query", BYTES("GET /hello? HTTP/1.1\r\n" HOST "\r\n"), 200},
	{"a method that nobody knows", BYTES("BREW /hello HTTP/1.1\r\n" HOST "\r\n"), 405},
};

static void set_up(void)
{
	serving_init();
	serving_start(serving_routes);
}

static void check_bad(const struct row *row)
{
	struct visitor visitor;
	int status;

	visitor_connect(&visitor);
	visitor_send_bytes(&visitor, row->bytes, row->len);
	visitor_send(&visitor, SMUGGLED);
	status = visitor_status(&visitor);
	ck_assert_msg(status == row->status, "%s: %d, not %d", row->name, status, row->status);
	ck_assert_msg(visitor_is_sent_away(&visitor), "%s: not closed", row->name);
	/* libmicrohttpd's own refusals may say more, but nothing else was answered. */
	ck_assert_msg(strstr(visitor.bytes, " 200 ") == NULL, "%s: %s", row->name, visitor.bytes);
	ck_assert_msg(serving.hello + serving.smuggled == 0, "%s: was run", row->name);
	visitor_leave(&visitor);
}

START_TEST(what_can_be_read_in_two_ways_is_refused_and_its_connection_closed)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_bad(&bad[i]);
	serving_stop();
}
END_TEST

START_TEST(what_is_sound_is_taken_and_the_next_request_too)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct visitor visitor;
		int status;

		visitor_connect(&visitor);
		visitor_send_bytes(&visitor, good[i].bytes, good[i].len);
		visitor_send(&visitor, SMUGGLED);
		status = visitor_status(&visitor);
		ck_assert_msg(status == good[i].status, "%s: %d", good[i].name, status);
		ck_assert_int_eq(visitor_status(&visitor), 200);
		ck_assert_str_eq(visitor_body(&visitor), "smuggled");
		visitor_leave(&visitor);
	}
	serving_stop();
}
END_TEST

START_TEST(a_refusal_says_what_is_wrong)
{
	struct visitor visitor;

	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, GET HOST HOST "\r\n"), 400);
	ck_assert(visitor_has_problem(&visitor, "invalid-request"));
	ck_assert_ptr_nonnull(strstr(visitor_body(&visitor), "exactly one Host"));
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert_ptr_nonnull(visitor_header(&visitor, "X-Request-Id"));
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

/* ---- heads of all sizes ---- */

/* A head with so many headers of so many bytes in all, names included, beside Host. */
static const char *make_request(const char *path, size_t count, size_t bytes)
{
	static char head[64 * 1024];
	size_t len = (size_t)sprintf(head, "GET %s HTTP/1.1\r\n" HOST, path);

	for (size_t i = 0; i < count; i++) {
		size_t share = bytes / count + (i < bytes % count);

		ck_assert_uint_gt(share, 4);
		len += (size_t)sprintf(head + len, "X%03zu: ", i);
		memset(head + len, 'v', share - 4);
		len += share - 4;
		len += (size_t)sprintf(head + len, "\r\n");
	}
	sprintf(head + len, "\r\n");
	return head;
}

static const char *make_head(size_t count, size_t bytes)
{
	return make_request("/hello", count, bytes);
}

enum { HOST_BYTES = 8 };

static void check_head(const char *head, int status)
{
	struct visitor visitor;

	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, head), status);
	if (status == 200)
		ck_assert(visitor_is_left_alone(&visitor));
	else
		ck_assert(visitor_is_sent_away(&visitor));
	visitor_leave(&visitor);
}

START_TEST(heads_have_their_limits_and_reach_them)
{
	check_head(make_head(FRAMING_HEADERS_MAX - 1, 1000), 200);
	check_head(make_head(FRAMING_HEADERS_MAX, 1000), 431);
	check_head(make_head(1, FRAMING_BYTES_MAX - HOST_BYTES), 200);
	check_head(make_head(1, FRAMING_BYTES_MAX - HOST_BYTES + 1), 431);
	check_head(make_head(FRAMING_HEADERS_MAX - 1, FRAMING_BYTES_MAX - HOST_BYTES), 431);
	check_head(make_head(1, 20 * 1000), 431);
	check_head(make_head(50, 50 * 1000), 431);
	serving_stop();
}
END_TEST

/*
 * The reply's head must fit into what libmicrohttpd has left of the connection's memory. Else a
 * request would be run, and then its connection closed without a word.
 */
static void check_room(const char *request)
{
	struct visitor visitor;
	int status;

	serving.wide = 0;
	visitor_connect(&visitor);
	status = visitor_ask(&visitor, request);
	ck_assert_msg(serving.wide > 0 ? status == 200 : status != 200,
		      "%d, run %u times: a head of %zu bytes", status, serving.wide,
		      strlen(request));
	visitor_leave(&visitor);
}

START_TEST(what_is_run_has_room_for_its_reply)
{
	static char request[32 * 1024];

	for (size_t count = 0; count <= FRAMING_HEADERS_MAX; count += 7)
		for (size_t bytes = 5000; bytes < 14 * 1000; bytes += 331)
			check_room(make_request("/wide", count, bytes));
	/* cookies and parameters are taken apart too, and need more room than they have bytes */
	for (size_t len = 50; len < 8000; len += 50) {
		size_t at = (size_t)sprintf(request, "GET /wide HTTP/1.1\r\n" HOST "Cookie: ");

		for (size_t i = 0; i < len; i += 4)
			at += (size_t)sprintf(request + at, "a=b;");
		sprintf(request + at, "\r\n\r\n");
		check_room(request);
	}
	serving_stop();
}
END_TEST

START_TEST(a_target_has_its_limit)
{
	static char head[32 * 1024];

	for (size_t len = 6000; len < 20 * 1000; len += 7000) {
		struct visitor visitor;
		int status;

		sprintf(head, "GET /hello");
		memset(head + 10, 'x', len);
		sprintf(head + 10 + len, " HTTP/1.1\r\n" HOST "\r\n");
		visitor_connect(&visitor);
		status = visitor_ask(&visitor, head);
		ck_assert_int_eq(status, len < FRAMING_BYTES_MAX ? 404 : len < 14000 ? 431 : 414);
		ck_assert(len < FRAMING_BYTES_MAX || visitor_is_sent_away(&visitor));
		visitor_leave(&visitor);
	}
	serving_stop();
}
END_TEST

/* What is checked are places in memory: growing buffers and earlier requests must not matter. */
START_TEST(a_head_may_come_in_pieces_of_any_size_one_after_another)
{
	static const size_t sizes[] = {1, 7, 100, 1000, 5000};
	struct visitor visitor;

	visitor_connect(&visitor);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *head = make_head(10, sizes[i] == 1 ? 300 : 9000);
		size_t len = strlen(head);

		for (size_t at = 0; at < len; at += sizes[i]) {
			size_t piece = len - at < sizes[i] ? len - at : sizes[i];

			visitor_send_bytes(&visitor, head + at, piece);
			loop_turn(serving.loop, 1000);
		}
		ck_assert_int_eq(visitor_status(&visitor), 200);
	}
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(heads_may_come_all_at_once)
{
	struct visitor visitor;
	const char *head;

	visitor_connect(&visitor);
	for (size_t i = 1; i <= 20; i++) {
		head = make_head(i, i * 400);
		visitor_send(&visitor, head);
	}
	for (size_t i = 1; i <= 20; i++)
		ck_assert_int_eq(visitor_status(&visitor), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

Suite *framing_suite(void)
{
	Suite *suite = suite_create("framing");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, what_can_be_read_in_two_ways_is_refused_and_its_connection_closed);
	tcase_add_test(tcase, what_is_sound_is_taken_and_the_next_request_too);
	tcase_add_test(tcase, a_refusal_says_what_is_wrong);
	tcase_add_test(tcase, heads_have_their_limits_and_reach_them);
	tcase_add_test(tcase, what_is_run_has_room_for_its_reply);
	tcase_add_test(tcase, a_target_has_its_limit);
	tcase_add_test(tcase, a_head_may_come_in_pieces_of_any_size_one_after_another);
	tcase_add_test(tcase, heads_may_come_all_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
