#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "io/http_answer.h"

enum { BODY_MAX = 64 };

#define BYTES(text) (text), sizeof(text) - 1

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	enum http_answer_state state; /* when all bytes were given, and then the end if `ends` */
	int status;
	const char *body;
	size_t surplus;
	bool keeps_open;
	bool ends;
};

#define OPEN .keeps_open = true
#define CLOSES .keeps_open = false
#define BREAKS .state = HTTP_ANSWER_BROKEN
#define DONE HTTP_ANSWER_DONE
#define TOO_LONG .state = HTTP_ANSWER_TOO_LONG
#define BROKEN HTTP_ANSWER_BROKEN

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static const struct row rows[] = {
	/* lengths */
	{"a body with its length", BYTES(OK "Content-Length: 5\r\n\r\nhello"), DONE, 200, "hello",
	 OPEN},
	{"an empty body", BYTES(OK "Content-Length: 0\r\n\r\n"), DONE, 200, "", OPEN},
	{"names in any case", BYTES(OK "content-LENGTH: 2\r\n\r\nhi"), DONE, 200, "hi", OPEN},
	{"no space behind the colon", BYTES(OK "Content-Length:2\r\n\r\nhi"), DONE, 200, "hi",
	 OPEN},
	{"spaces around the value", BYTES(OK "Content-Length: \t 2 \t\r\n\r\nhi"), DONE, 200, "hi",
	 OPEN},
	{"leading zeros", BYTES(OK "Content-Length: 002\r\n\r\nhi"), DONE, 200, "hi", OPEN},
	{"bytes behind the body", BYTES(OK "Content-Length: 2\r\n\r\nhi!?"), DONE, 200, "hi", 2,
	 OPEN},
	{"another answer behind the body", BYTES(OK "Content-Length: 2\r\n\r\nhi" OK), DONE, 200,
	 "hi", sizeof(OK) - 1, OPEN},
	{"NUL in the body", BYTES(OK "Content-Length: 3\r\n\r\na\0b"), DONE, 200, "a", OPEN},
	{"a body as long as may be",
	 BYTES(OK "Content-Length: 64\r\n\r\n"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
	 DONE, 200, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", OPEN},
	{"a body that will be too long", BYTES(OK "Content-Length: 65\r\n\r\n"), TOO_LONG},
	{"and whose connection ends", BYTES(OK "Content-Length: 65\r\n\r\n"), TOO_LONG,
	 .ends = true},
	{"the same length twice", BYTES(OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
	 BREAKS},
	{"two lengths", BYTES(OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"), BREAKS},
	{"a list of lengths", BYTES(OK "Content-Length: 2, 2\r\n\r\nhi"), BREAKS},
	{"a negative length", BYTES(OK "Content-Length: -1\r\n\r\n"), BREAKS},
	{"a length with a sign", BYTES(OK "Content-Length: +2\r\n\r\nhi"), BREAKS},
	{"a hexadecimal length", BYTES(OK "Content-Length: 0x2\r\n\r\nhi"), BREAKS},
	{"a length in letters", BYTES(OK "Content-Length: two\r\n\r\nhi"), BREAKS},
	{"no length in the header", BYTES(OK "Content-Length:\r\n\r\n"), BREAKS},
	{"2^64 as a length", BYTES(OK "Content-Length: 18446744073709551616\r\n\r\n"), BREAKS},
	{"2^64 + 2 as a length", BYTES(OK "Content-Length: 18446744073709551618\r\n\r\nhi"),
	 BREAKS},
	{"length and chunks", BYTES(OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
	 BREAKS},
	{"chunks and length", BYTES(OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"),
	 BREAKS},

	/* chunks */
	{"chunks", BYTES(CHUNKED "3\r\nfoo\r\n2\r\nba\r\n0\r\n\r\n"), DONE, 200, "fooba", OPEN},
	{"no chunk at all", BYTES(CHUNKED "0\r\n\r\n"), DONE, 200, "", OPEN},
	{"hexadecimal sizes", BYTES(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"),
	 DONE, 200, "01234567890123456789a", OPEN},
	{"sizes with zeros before", BYTES(CHUNKED "0003\r\nfoo\r\n000\r\n\r\n"), DONE, 200, "foo",
	 OPEN},
	{"extensions", BYTES(CHUNKED "3;a=b;c=\"d\"\r\nfoo\r\n0;last\r\n\r\n"), DONE, 200, "foo",
	 OPEN},
	{"trailers", BYTES(CHUNKED "3\r\nfoo\r\n0\r\nA: b\r\nC: d\r\n\r\n"), DONE, 200, "foo",
	 OPEN},
	{"line ends in a chunk", BYTES(CHUNKED "4\r\n\r\n\r\n\r\n0\r\n\r\n"), DONE, 200, "\r\n\r\n",
	 OPEN},
	{"CHUNKED in capitals", BYTES(OK "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"), DONE, 200,
	 "", OPEN},
	{"bytes behind the last chunk", BYTES(CHUNKED "0\r\n\r\nx"), DONE, 200, "", 1, OPEN},
	{"an empty size", BYTES(CHUNKED "\r\n"), BREAKS},
	{"a size that is none", BYTES(CHUNKED "g\r\n"), BREAKS},
	{"a negative size", BYTES(CHUNKED "-3\r\nfoo\r\n"), BREAKS},
	{"a size with 0x", BYTES(CHUNKED "0x3\r\nfoo\r\n0\r\n\r\n"), BREAKS},
	{"a size with a space before", BYTES(CHUNKED " 3\r\nfoo\r\n"), BREAKS},
	{"a size with a space behind", BYTES(CHUNKED "3 \r\nfoo\r\n"), BREAKS},
	{"a size with a return behind", BYTES(CHUNKED "3\rx\r\nfoo\r\n0\r\n\r\n"), BREAKS},
	{"a return in an extension", BYTES(CHUNKED "3;\rx\r\nfoo\r\n0\r\n\r\n"), BREAKS},
	{"a size of 2^64 + 3", BYTES(CHUNKED "10000000000000003\r\nfoo\r\n"), BREAKS},
	{"a size of 2^64 - 1", BYTES(CHUNKED "ffffffffffffffff\r\nfoo\r\n"), BREAKS},
	{"chunks that are too long together", BYTES(CHUNKED "3\r\nfoo\r\n3e\r\n"), TOO_LONG},
	{"a size that ends in a bare LF", BYTES(CHUNKED "3\nfoo\r\n"), BREAKS},
	{"an extension that ends in a bare LF", BYTES(CHUNKED "3;x\nfoo\r\n0\r\n\r\n"), BREAKS},
	{"a chunk that is longer than its size", BYTES(CHUNKED "3\r\nfoo!\r\n0\r\n\r\n"), BREAKS},
	{"a chunk that ends in a bare LF", BYTES(CHUNKED "3\r\nfoo\n0\r\n\r\n"), BREAKS},
	{"a chunk that ends in a bare CR", BYTES(CHUNKED "3\r\nfoo\r0\r\n\r\n"), BREAKS},
	{"a last chunk that ends in a bare LF", BYTES(CHUNKED "0\r\n\n"), BREAKS},
	{"a trailer that ends in a bare LF", BYTES(CHUNKED "0\r\nA: b\n\r\n"), BREAKS},
	{"another encoding", BYTES(OK "Transfer-Encoding: gzip\r\n\r\n"), BREAKS},
	{"another encoding as well", BYTES(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), BREAKS},
	{"chunked twice",
	 BYTES(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), BREAKS},
	{"chunked, and something more", BYTES(OK "Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n"),
	 BREAKS},

	/* no body, and a body until the end */
	{"204 has no body", BYTES("HTTP/1.1 204 No Content\r\n\r\n"), DONE, 204, "", OPEN},
	{"304 has no body, whatever its length says",
	 BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), DONE, 304, "", OPEN},
	{"until the end", BYTES(OK "\r\nhello"), DONE, 200, "hello", .ends = true},
	{"until the end, empty", BYTES(OK "\r\n"), DONE, 200, "", .ends = true},
	{"no end yet", BYTES(OK "\r\nhello"), HTTP_ANSWER_UNTIL_CLOSE, 200, "hello", CLOSES},
	{"until the end, too long",
	 BYTES(OK "\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX"),
	 TOO_LONG},

	/* interim answers */
	{"100 first", BYTES("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi"), DONE,
	 200, "hi", OPEN},
	{"several of them",
	 BYTES("HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
	       "HTTP/1.1 204 No\r\n\r\n"),
	 DONE, 204, "", OPEN},
	{"their headers do not count",
	 BYTES("HTTP/1.1 100 Continue\r\nConnection: close\r\n"
	       "Content-Length: 9\r\nContent-Encoding: gzip\r\n\r\n" OK
	       "Content-Length: 2\r\n\r\nhi"),
	 DONE, 200, "hi", OPEN},
	{"101 was not asked for", BYTES("HTTP/1.1 101 Switching Protocols\r\n\r\n"), BREAKS},
	{"nothing behind it", BYTES("HTTP/1.1 100 Continue\r\n\r\n"), BREAKS, .ends = true},

	/* the connection */
	{"Connection: close", BYTES(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), DONE, 200,
	 "", CLOSES},
	{"Connection: Close", BYTES(OK "Connection: Close\r\nContent-Length: 0\r\n\r\n"), DONE, 200,
	 "", CLOSES},
	{"close among others", BYTES(OK "Connection: x-foo ,\tclose\r\nContent-Length: 0\r\n\r\n"),
	 DONE, 200, "", CLOSES},
	{"close in a second header",
	 BYTES(OK "Connection: x-foo\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), DONE, 200,
	 "", CLOSES},
	{"closed is not close", BYTES(OK "Connection: closed\r\nContent-Length: 0\r\n\r\n"), DONE,
	 200, "", OPEN},
	{"keep-alive", BYTES(OK "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"), DONE, 200,
	 "", OPEN},
	{"HTTP/1.0", BYTES("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), DONE, 200, "hi",
	 CLOSES},

	/* the status line */
	{"no reason", BYTES("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), DONE, 200, "", OPEN},
	{"no reason and no space", BYTES("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), DONE, 200,
	 "", OPEN},
	{"a reason in Latin-1", BYTES("HTTP/1.1 500 \xfc\r\nContent-Length: 0\r\n\r\n"), DONE, 500,
	 "", OPEN},
	{"HTTP/2", BYTES("HTTP/2 200 OK\r\n\r\n"), BREAKS},
	{"HTTP/1.2", BYTES("HTTP/1.2 200 OK\r\n\r\n"), BREAKS},
	{"small letters", BYTES("http/1.1 200 OK\r\n\r\n"), BREAKS},
	{"two spaces", BYTES("HTTP/1.1  200 OK\r\n\r\n"), BREAKS},
	{"a status of two digits", BYTES("HTTP/1.1 20 OK\r\n\r\n"), BREAKS},
	{"a status of four digits", BYTES("HTTP/1.1 2000 OK\r\n\r\n"), BREAKS},
	{"a status with a sign", BYTES("HTTP/1.1 +20 OK\r\n\r\n"), BREAKS},
	{"status 99", BYTES("HTTP/1.1 099 OK\r\n\r\n"), BREAKS},
	{"status 600", BYTES("HTTP/1.1 600 OK\r\n\r\n"), BREAKS},
	{"no status line", BYTES("Content-Length: 0\r\n\r\n"), BREAKS},
	{"an empty line first", BYTES("\r\n" OK "Content-Length: 0\r\n\r\n"), BREAKS},
	{"a request", BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), BREAKS},
	{"NUL in the reason", BYTES("HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"a return in the reason", BYTES("HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n"), BREAKS},

	/* header lines */
	{"a folded header", BYTES(OK "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"a length that is folded", BYTES(OK "Content-Length:\r\n 5\r\n\r\nhello"), BREAKS},
	{"a line without a colon", BYTES(OK "Content-Length\r\n\r\n"), BREAKS},
	{"a line without a name", BYTES(OK ": 5\r\n\r\n"), BREAKS},
	{"a space before the colon", BYTES(OK "Content-Length : 5\r\n\r\nhello"), BREAKS},
	{"a name with a space", BYTES(OK "Content Length: 5\r\n\r\nhello"), BREAKS},
	{"NUL in a name", BYTES(OK "X\0Y: 5\r\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"NUL in a value", BYTES(OK "X: a\0b\r\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"a return in a value", BYTES(OK "X: a\rb\r\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"a bare LF behind a header", BYTES(OK "X: y\nContent-Length: 0\r\n\r\n"), BREAKS},
	{"a bare LF behind the status line", BYTES("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
	 BREAKS},
	{"a bare LF behind the head", BYTES(OK "Content-Length: 2\r\n\nhi"), BREAKS},
	{"only bare LFs", BYTES("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"), BREAKS},
	{"an empty value", BYTES(OK "X:\r\nContent-Length: 0\r\n\r\n"), DONE, 200, "", OPEN},

	/* ends where there should be none */
	{"nothing", BYTES(""), BREAKS, .ends = true},
	{"nothing yet", BYTES(""), .state = HTTP_ANSWER_HEAD},
	{"half a head", BYTES("HTTP/1.1 200 OK\r\nConte"), BREAKS, .ends = true},
	{"half a body", BYTES(OK "Content-Length: 5\r\n\r\nhel"), BREAKS, .ends = true},
	{"half a chunk", BYTES(CHUNKED "5\r\nhel"), BREAKS, .ends = true},
	{"no last chunk", BYTES(CHUNKED "3\r\nfoo\r\n"), BREAKS, .ends = true},
	{"half an end", BYTES(CHUNKED "3\r\nfoo\r\n0\r\n"), BREAKS, .ends = true},
	{"an end that comes late", BYTES(OK "Content-Length: 2\r\n\r\nhi"), DONE, 200, "hi", OPEN,
	 .ends = true},
};

/* Gives the bytes from `from` to `to`; returns how many were taken. */
static size_t give(struct http_answer *answer, const struct row *row, size_t from, size_t to)
{
	char *copy = malloc(to - from + 1); /* so that ASan sees a byte read too many */
	size_t taken;

	memcpy(copy, row->bytes + from, to - from);
	taken = http_answer_add(answer, copy, to - from);
	free(copy);
	ck_assert_uint_le(taken, to - from);
	ck_assert_msg(taken == to - from || http_answer_is_over(answer), "%s: bytes left over",
		      row->name);
	return taken;
}

static void check_row(struct http_answer *answer, const struct row *row, size_t taken, size_t split)
{
	if (row->ends)
		http_answer_end(answer);
	ck_assert_msg(answer->state == row->state, "%s, split at %zu: state %d, not %d", row->name,
		      split, (int)answer->state, (int)row->state);
	if (answer->state == BROKEN || answer->state == HTTP_ANSWER_TOO_LONG ||
	    answer->state == HTTP_ANSWER_HEAD)
		return;
	ck_assert_msg(answer->status == row->status, "%s: status %d", row->name, answer->status);
	ck_assert_msg(strcmp(buf_text(&answer->body), row->body) == 0, "%s, split at %zu: \"%s\"",
		      row->name, split, buf_text(&answer->body));
	ck_assert_msg(answer->keeps_open == row->keeps_open, "%s: keeps_open", row->name);
	ck_assert_msg(row->len - taken == row->surplus, "%s, split at %zu: %zu taken", row->name,
		      split, taken);
	ck_assert_msg(!answer->is_encoded, "%s: is_encoded", row->name);
}

START_TEST(each_answer_is_judged_right_wherever_it_is_split)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		for (size_t split = 0; split <= row->len; split++) {
			struct http_answer answer;
			size_t taken;

			http_answer_init(&answer, BODY_MAX);
			taken = give(&answer, row, 0, split);
			if (taken == split)
				taken += give(&answer, row, split, row->len);
			check_row(&answer, row, taken, split);
			http_answer_clear(&answer);
		}
	}
}
END_TEST

START_TEST(each_answer_is_judged_right_byte_by_byte_and_again_after_a_reset)
{
	struct http_answer answer;

	http_answer_init(&answer, BODY_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t taken = 0;

		http_answer_reset(&answer);
		while (taken < rows[i].len && give(&answer, &rows[i], taken, taken + 1) == 1)
			taken++;
		check_row(&answer, &rows[i], taken, SIZE_MAX);
	}
	http_answer_clear(&answer);
}
END_TEST

/* ---- what an AWS client wants to know of the head ---- */

#define EMPTY "Content-Length: 0\r\n\r\n"

static struct http_answer read_head(const char *text)
{
	struct http_answer answer;

	http_answer_init(&answer, BODY_MAX);
	http_answer_add(&answer, text, strlen(text));
	ck_assert_int_eq(answer.state, DONE);
	http_answer_clear(&answer);
	return answer;
}

START_TEST(a_checksum_is_read_when_it_is_one)
{
	struct http_answer answer = read_head(OK "X-Amz-Crc32: 4294967295\r\n" EMPTY);

	ck_assert(answer.has_crc32);
	ck_assert_uint_eq(answer.crc32, UINT32_MAX);
	ck_assert(!read_head(OK EMPTY).has_crc32);
	ck_assert(!read_head(OK "x-amz-crc32: 4294967296\r\n" EMPTY).has_crc32);
	ck_assert(!read_head(OK "x-amz-crc32: -1\r\n" EMPTY).has_crc32);
	ck_assert(!read_head(OK "x-amz-crc32:\r\n" EMPTY).has_crc32);
}
END_TEST

START_TEST(a_date_is_read_when_it_is_one)
{
	struct http_answer answer = read_head(OK "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" EMPTY);

	ck_assert(answer.has_date);
	ck_assert_int_eq(answer.date_ms, 784111777000);
	ck_assert(!read_head(OK "Date: yesterday\r\n" EMPTY).has_date);
	ck_assert(!read_head(OK EMPTY).has_date);
}
END_TEST

START_TEST(a_wish_to_wait_is_read_when_it_is_a_number)
{
	struct http_answer answer = read_head(OK "x-amz-retry-after: 1500\r\n" EMPTY);

	ck_assert(answer.has_retry_after);
	ck_assert_uint_eq(answer.retry_after_ms, 1500);
	ck_assert(!read_head(OK "x-amz-retry-after: soon\r\n" EMPTY).has_retry_after);
}
END_TEST

START_TEST(an_encoded_body_is_noticed)
{
	ck_assert(read_head(OK "Content-Encoding: gzip\r\n" EMPTY).is_encoded);
	ck_assert(!read_head(OK "Content-Encoding: identity\r\n" EMPTY).is_encoded);
	ck_assert(!read_head(OK EMPTY).is_encoded);
}
END_TEST

START_TEST(an_interim_answers_checksum_is_not_the_answers)
{
	ck_assert(!read_head("HTTP/1.1 103 Hints\r\nx-amz-crc32: 1\r\n\r\n" OK EMPTY).has_crc32);
}
END_TEST

/* ---- limits ---- */

/* Bytes without end, after a beginning, break the answer soon after the limit. */
static void check_limit(const char *start, char fill)
{
	static const size_t slack = 64;
	struct http_answer answer;
	size_t given = 0;

	http_answer_init(&answer, BODY_MAX);
	http_answer_add(&answer, start, strlen(start));
	while (answer.state != BROKEN) {
		ck_assert_uint_le(given, HTTP_ANSWER_HEAD_MAX + slack);
		given += http_answer_add(&answer, &fill, 1);
	}
	ck_assert_uint_gt(given, HTTP_ANSWER_HEAD_MAX - slack);
	http_answer_clear(&answer);
}

START_TEST(what_has_no_length_of_its_own_has_a_limit)
{
	check_limit("HTTP/1.1 200 ", 'x');
	check_limit(OK "X: ", 'x');
	check_limit(CHUNKED "3;", 'x');
	check_limit(CHUNKED "0\r\nX: ", 'x');
}
END_TEST

START_TEST(many_small_headers_and_trailers_have_a_limit_too)
{
	static const char *const starts[] = {OK, CHUNKED "0\r\n"};

	for (size_t i = 0; i < 2; i++) {
		struct http_answer answer;
		size_t given = 0;

		http_answer_init(&answer, BODY_MAX);
		http_answer_add(&answer, starts[i], strlen(starts[i]));
		while (answer.state != BROKEN) {
			ck_assert_uint_le(given, HTTP_ANSWER_HEAD_MAX + 64);
			given += http_answer_add(&answer, "A: b\r\n", 6);
		}
		http_answer_clear(&answer);
	}
}
END_TEST

START_TEST(an_answer_that_is_over_takes_no_more)
{
	struct http_answer answer;

	http_answer_init(&answer, BODY_MAX);
	http_answer_add(&answer, OK EMPTY, sizeof(OK EMPTY) - 1);
	ck_assert_uint_eq(http_answer_add(&answer, "x", 1), 0);
	http_answer_reset(&answer);
	http_answer_add(&answer, "x\r\n\r\n", 5);
	ck_assert_int_eq(answer.state, BROKEN);
	ck_assert_uint_eq(http_answer_add(&answer, "x", 1), 0);
	http_answer_clear(&answer);
}
END_TEST

/* ---- out of memory ---- */

static void read_answer(void *context)
{
	const struct row *row = context;
	struct http_answer answer;

	http_answer_init(&answer, BODY_MAX);
	/* A head that comes in one piece needs no memory. */
	http_answer_add(&answer, row->bytes, 1);
	http_answer_add(&answer, row->bytes + 1, row->len - 1);
	if (row->ends)
		http_answer_end(&answer);
	ck_assert_int_eq(answer.state, alloc_has_failed() ? BROKEN : row->state);
	http_answer_clear(&answer);
}

START_TEST(an_answer_without_memory_is_broken)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].state == DONE)
			alloc_fail_each(read_answer, (void *)(uintptr_t)&rows[i]);
}
END_TEST

Suite *http_answer_suite(void)
{
	Suite *suite = suite_create("http_answer");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, each_answer_is_judged_right_wherever_it_is_split);
	tcase_add_test(tcase, each_answer_is_judged_right_byte_by_byte_and_again_after_a_reset);
	tcase_add_test(tcase, a_checksum_is_read_when_it_is_one);
	tcase_add_test(tcase, a_date_is_read_when_it_is_one);
	tcase_add_test(tcase, a_wish_to_wait_is_read_when_it_is_a_number);
	tcase_add_test(tcase, an_encoded_body_is_noticed);
	tcase_add_test(tcase, an_interim_answers_checksum_is_not_the_answers);
	tcase_add_test(tcase, what_has_no_length_of_its_own_has_a_limit);
	tcase_add_test(tcase, many_small_headers_and_trailers_have_a_limit_too);
	tcase_add_test(tcase, an_answer_that_is_over_takes_no_more);
	tcase_add_test(tcase, an_answer_without_memory_is_broken);
	suite_add_tcase(suite, tcase);
	return suite;
}
