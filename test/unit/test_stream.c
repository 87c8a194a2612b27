#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "alloc_fail.h"
#include "http/reply.h"
#include "http/stream.h"
#include "http/stream_carry.h"
#include "serving.h"

/* Bodies and replies that are streamed, and clients that leave or dawdle at every point. */

#define HOST "Host: test\r\n"
#define POST "POST /in HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define GET_OUT "GET /out HTTP/1.1\r\n" HOST "\r\n"

/* What the endpoints do, and what they saw. */
static struct {
	struct request *rq;
	size_t room;   /* so many bytes may be taken */
	size_t taken;  /* of the body */
	uint64_t sum;  /* of its bytes */
	bool refuses;  /* at the head */
	bool gives_up; /* in the middle */
	bool waits;    /* a step does */
	size_t ready;  /* bytes of the reply that are there */
	size_t given;  /* of these */
	long end;      /* how the reply ends */
	unsigned opened;
	unsigned ended;
} it;

static enum flow open_it(struct request *rq)
{
	it.rq = rq;
	it.opened++;
	it.taken = 0;
	it.sum = 0;
	it.given = 0;
	ck_assert_int_eq(*(char *)rq->state, 0);
	*(char *)rq->state = 1;
	return it.refuses ? reply_problem(rq, "unsupported-media-type", NULL) : FLOW_NEXT;
}

static size_t take_it(struct request *rq, const char *bytes, size_t len)
{
	size_t now = len < it.room ? len : it.room;

	if (it.gives_up) {
		reply_problem(rq, "unavailable", NULL);
		return 0;
	}
	for (size_t i = 0; i < now; i++)
		it.sum += (unsigned char)bytes[i];
	it.room -= now;
	it.taken += now;
	rq->lines++;
	return now;
}

static void end_it(struct request *rq)
{
	ck_assert_int_eq(*(char *)rq->state, 1);
	it.ended++;
	it.rq = NULL;
}

static long give_it(struct request *rq, char *out, size_t room)
{
	size_t now = it.ready - it.given < room ? it.ready - it.given : room;

	(void)rq;
	if (now == 0)
		return it.end;
	for (size_t i = 0; i < now; i++)
		out[i] = (char)('a' + (it.given + i) % 26);
	it.given += now;
	return (long)now;
}

static enum flow wait_for_it(struct request *rq)
{
	if (!it.waits)
		return FLOW_NEXT;
	await_start(&rq->await);
	return FLOW_WAIT;
}

static enum flow answer_sum(struct request *rq)
{
	struct buf body = {0};

	buf_init(&body, 100);
	buf_add_u64(&body, it.sum);
	return reply_text(rq, 200, "text/plain", &body);
}

static enum flow answer_stream(struct request *rq)
{
	reply_header(rq, "X-Test", "yes");
	return reply_stream(rq, 200, "text/plain", give_it);
}

static const struct streaming in_stream = {.open = open_it, .take = take_it, .end = end_it};
static const struct streaming out_stream = {.open = open_it, .end = end_it};
static const struct endpoint post_in = {.state_size = 1,
					.steps = STEPS(wait_for_it, answer_sum),
					.stream = &in_stream};
static const struct endpoint post_both = {.state_size = 1,
					  .steps = STEPS(answer_stream),
					  .stream = &in_stream};
static const struct endpoint get_out = {.state_size = 1,
					.steps = STEPS(wait_for_it, answer_stream),
					.stream = &out_stream};

static enum flow say_hello(struct request *rq)
{
	struct buf body = {0};

	buf_init(&body, 100);
	buf_add_str(&body, "hello");
	return reply_text(rq, 200, "text/plain", &body);
}

static const struct endpoint get_hello = {.steps = STEPS(say_hello)};

static const struct route routes[] = {
	{.method = METHOD_POST, .path = "/in", .endpoint = &post_in},
	{.method = METHOD_POST, .path = "/both", .endpoint = &post_both},
	{.method = METHOD_GET, .path = "/out", .endpoint = &get_out},
	{.method = METHOD_GET, .path = "/hello", .endpoint = &get_hello},
	{0},
};

static struct visitor visitor;

static void set_up(void)
{
	memset(&it, 0, sizeof(it));
	it.room = SIZE_MAX;
	it.end = STREAM_END;
	serving_init();
	serving_start(routes);
	visitor_connect(&visitor);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
	ck_assert_uint_eq(it.opened, it.ended);
}

static uint64_t aborted(void)
{
	return metric_get(&server_metrics(serving.server)->aborted);
}

/* In chunks, without the last one. */
static uint64_t send_chunks(size_t len, size_t size)
{
	static char bytes[100 * 1000];
	char line[32];
	uint64_t sum = 0;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t sent = 0; sent < len; sent += size) {
		size_t now = len - sent < size ? len - sent : size;

		snprintf(line, sizeof(line), "%zx\r\n", now);
		visitor_send(&visitor, line);
		visitor_send_bytes(&visitor, bytes, now);
		visitor_send(&visitor, "\r\n");
		sum += now * 'x';
	}
	return sum;
}

static void expect_sum(uint64_t sum)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)sum);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_str_eq(visitor_body(&visitor), text);
}

static void expect_hello(void)
{
	ck_assert_int_eq(visitor_ask(&visitor, "GET /hello HTTP/1.1\r\n" HOST "\r\n"), 200);
}

/* ---- bodies ---- */

START_TEST(a_body_of_any_size_is_taken_as_it_comes)
{
	static const size_t sizes[] = {0, 1, 5000, SERVING_BODY_MAX + 1, 3 * 1000 * 1000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		static const size_t chunks[] = {7919, 100000};

		for (size_t j = 0; j < 2; j++) {
			uint64_t sum;

			visitor_send(&visitor, CHUNKED);
			sum = send_chunks(sizes[i], chunks[j]);
			visitor_send(&visitor, "0\r\n\r\n");
			expect_sum(sum);
			ck_assert_uint_eq(it.taken, sizes[i]);
		}
	}
	visitor_send(&visitor, POST "Content-Length: 300000\r\n\r\n");
	for (int i = 0; i < 300; i++) {
		char thousand[1000];

		memset(thousand, 'y', 1000);
		visitor_send_bytes(&visitor, thousand, 1000);
	}
	expect_sum(300000ULL * 'y');
	expect_hello();
	ck_assert_uint_gt(metric_get(&server_metrics(serving.server)->stream_bytes_in), 6000000);
}
END_TEST

START_TEST(a_client_waits_while_there_is_no_room)
{
	uint64_t sum;

	it.room = 10;
	visitor_send(&visitor, CHUNKED);
	sum = send_chunks(3000, 100);
	visitor_send(&visitor, "0\r\n\r\n");
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_uint_eq(it.taken, 10);
	serving_jump(2 * SERVING_READ_DEADLINE_US); /* nobody is to blame */
	for (int i = 0; i < 5; i++) {
		it.room = 100;
		stream_continue(it.rq);
		stream_continue(it.rq);
		ck_assert(visitor_is_left_alone(&visitor));
		ck_assert_uint_eq(it.taken, 10 + 100 * (size_t)(i + 1));
	}
	it.room = SIZE_MAX;
	stream_continue(it.rq);
	expect_sum(sum);
	expect_hello();
}
END_TEST

START_TEST(a_body_may_come_byte_by_byte_and_be_taken_so)
{
	static const char request[] = CHUNKED "3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n";

	it.room = 0;
	for (const char *at = request; *at != '\0'; at++) {
		visitor_send_bytes(&visitor, at, 1);
		serving_pass(1);
		if (it.rq != NULL) {
			it.room = 1;
			stream_continue(it.rq);
		}
	}
	for (int i = 0; i < 10 && it.taken < 5; i++) {
		serving_pass(1);
		it.room = 1;
		stream_continue(it.rq);
	}
	expect_sum('a' + 'b' + 'c' + 'd' + 'e');
}
END_TEST

START_TEST(steps_run_when_the_body_is_there_and_may_wait)
{
	it.waits = true;
	visitor_send(&visitor, CHUNKED "3\r\nabc\r\n0\r\n\r\n");
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_uint_eq(it.taken, 3);
	stream_continue(it.rq); /* means nothing to a step that waits */
	ck_assert(visitor_is_left_alone(&visitor));
	await_finish(&it.rq->await, RESULT_OK);
	expect_sum('a' + 'b' + 'c');
}
END_TEST

START_TEST(what_is_refused_at_the_head_is_not_taken)
{
	it.refuses = true;
	visitor_send(&visitor, CHUNKED "3\r\nabc\r\n0\r\n\r\n");
	ck_assert_int_eq(visitor_status(&visitor), 415);
	visitor_send(&visitor, POST "Content-Length: 3\r\n\r\nabc");
	ck_assert_int_eq(visitor_status(&visitor), 415);
	visitor_send(&visitor, POST "Content-Length: 100001\r\n\r\nabc");
	ck_assert_int_eq(visitor_status(&visitor), 415);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(it.taken, 0);
	ck_assert_uint_eq(it.ended, 3);
}
END_TEST

START_TEST(an_endpoint_may_give_up_in_the_middle)
{
	it.room = 10;
	visitor_send(&visitor, CHUNKED);
	send_chunks(1000, 100);
	ck_assert(visitor_is_left_alone(&visitor));
	it.gives_up = true;
	stream_continue(it.rq);
	send_chunks(20000, 1000);
	ck_assert(visitor_is_left_alone(&visitor));
	visitor_send(&visitor, "0\r\n\r\n");
	ck_assert_int_eq(visitor_status(&visitor), 503);
	expect_hello();
}
END_TEST

START_TEST(who_gives_up_does_not_read_for_ever)
{
	it.gives_up = true;
	visitor_send(&visitor, CHUNKED);
	send_chunks(1000, 100);
	serving_pass(5);
	for (int i = 0; i < 4; i++) {
		serving_jump(SERVING_READ_DEADLINE_US / 3);
		send_chunks(100, 100);
	}
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

START_TEST(who_sends_nothing_for_too_long_is_sent_away)
{
	visitor_send(&visitor, CHUNKED);
	for (int i = 0; i < 4; i++) {
		send_chunks(100, 100);
		serving_pass(2);
		serving_jump(SERVING_READ_DEADLINE_US / 2);
		ck_assert(visitor_is_left_alone(&visitor));
	}
	serving_jump(SERVING_READ_DEADLINE_US + 2000 * 1000);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(aborted(), 1);
	ck_assert_uint_eq(it.ended, 1);
}
END_TEST

/* ---- replies ---- */

START_TEST(a_reply_of_any_size_is_given_piece_by_piece)
{
	static const size_t sizes[] = {0, 1, 1000, 1500 * 1000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		it.ready = sizes[i];
		ck_assert_int_eq(visitor_ask(&visitor, GET_OUT), 200);
		ck_assert_uint_eq(visitor.answer.body.len, sizes[i]);
		ck_assert_str_eq(visitor_header(&visitor, "Transfer-Encoding"), "chunked");
		ck_assert_str_eq(visitor_header(&visitor, "Content-Type"), "text/plain");
		ck_assert_str_eq(visitor_header(&visitor, "X-Test"), "yes");
		ck_assert_ptr_nonnull(visitor_header(&visitor, "X-Request-Id"));
		if (sizes[i] > 0)
			ck_assert_int_eq(visitor_body(&visitor)[sizes[i] - 1],
					 (int)('a' + (sizes[i] - 1) % 26));
	}
	expect_hello();
	serving_pass(2);
	ck_assert_uint_eq(metric_get(&server_metrics(serving.server)->stream_bytes_out), 1501001);
}
END_TEST

START_TEST(a_reply_waits_for_what_is_not_there_yet)
{
	it.end = STREAM_LATER;
	visitor_send(&visitor, GET_OUT);
	serving_pass(5);
	for (int i = 1; i <= 5; i++) {
		it.ready = 100 * (size_t)i;
		stream_continue(it.rq);
		stream_continue(it.rq);
		serving_pass(2);
		ck_assert_uint_eq(it.given, it.ready);
	}
	serving_jump(100 * 1000 * 1000); /* it is us who are slow */
	it.end = STREAM_END;
	stream_continue(it.rq);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_uint_eq(visitor.answer.body.len, 500);
	expect_hello();
}
END_TEST

START_TEST(a_reply_that_breaks_off_is_not_a_whole_one)
{
	it.end = STREAM_BROKEN;
	it.ready = 300;
	visitor_send(&visitor, GET_OUT);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_ptr_nonnull(strstr(visitor.bytes, "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(visitor.bytes, "abcdef"));
	ck_assert_ptr_null(strstr(visitor.bytes, "\r\n0\r\n"));
	ck_assert_uint_eq(aborted(), 1);
}
END_TEST

START_TEST(head_gives_nothing)
{
	it.ready = 300;
	visitor_send(&visitor, "HEAD /out HTTP/1.1\r\n" HOST "\r\n");
	ck_assert_int_eq(visitor_head_status(&visitor), 200);
	ck_assert_str_eq(visitor_header(&visitor, "Content-Type"), "text/plain");
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(visitor.len, 0);
	ck_assert_uint_eq(it.given, 0);
	ck_assert_uint_eq(it.ended, 1);
}
END_TEST

START_TEST(http_1_0_gets_the_bytes_and_the_end)
{
	it.ready = 300;
	visitor_send(&visitor, "GET /out HTTP/1.0\r\n" HOST "\r\n");
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(it.given, 300);
	ck_assert_int_eq(visitor.bytes[visitor.len - 1], (int)('a' + 299 % 26));
}
END_TEST

START_TEST(who_reads_nothing_is_sent_away_but_not_who_reads_slowly)
{
	struct visitor reader;
	int small = 4096;

	it.ready = 64 * 1000 * 1000;
	visitor_connect(&reader);
	setsockopt(reader.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	visitor_send(&reader, GET_OUT);
	serving_pass(50);
	for (int i = 0; i < 5; i++) {
		char bytes[200 * 1000];
		size_t got = 0;

		serving_jump(40 * 1000 * 1000);
		serving_pass(2);
		while (got < 8 * 1000) {
			ssize_t now = recv(reader.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

			ck_assert_int_ne(now, 0);
			got += now > 0 ? (size_t)now : 0;
			serving_pass(1);
		}
	}
	ck_assert_uint_eq(server_requests(serving.server), 1);
	serving_jump(62 * 1000 * 1000);
	serving_jump(62 * 1000 * 1000);
	serving_pass(5);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	ck_assert_uint_lt(it.given, it.ready);
	visitor_leave(&reader);
}
END_TEST

START_TEST(a_body_and_a_reply_may_both_be_streamed)
{
	it.ready = 50000;
	visitor_send(&visitor, "POST /both HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	send_chunks(200000, 1000);
	visitor_send(&visitor, "0\r\n\r\n");
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_uint_eq(visitor.answer.body.len, 50000);
	ck_assert_uint_eq(it.taken, 200000);
	expect_hello();
}
END_TEST

/* ---- clients who leave ---- */

static void leave(void)
{
	visitor_leave(&visitor);
	serving_pass(3);
	serving_jump(1100 * 1000); /* until the next look at those who are not heard of */
	serving_pass(3);
}

START_TEST(a_client_may_leave_while_it_sends)
{
	visitor_send(&visitor, CHUNKED);
	send_chunks(1000, 100);
	serving_pass(3);
	leave();
	ck_assert_uint_eq(server_requests(serving.server), 0);
	ck_assert_uint_eq(server_connections(serving.server), 0);
	ck_assert_uint_eq(it.ended, 1);
	ck_assert_uint_eq(aborted(), 1);
	visitor_connect(&visitor);
}
END_TEST

START_TEST(a_held_request_outlives_its_connection)
{
	struct request *rq;

	visitor_send(&visitor, "POST /in HTTP/1.1\r\nHost: shop\r\nX-Amzn-Trace-Id: Root=1-2-3\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
	send_chunks(1000, 100);
	serving_pass(3);
	rq = it.rq;
	stream_hold(rq);
	stream_hold(rq);
	leave();
	ck_assert_uint_eq(server_connections(serving.server), 0);
	ck_assert_uint_eq(server_requests(serving.server), 1);
	ck_assert_uint_eq(it.ended, 0);
	ck_assert(stream_is_gone(rq));
	ck_assert_str_eq(rq->await.trace_id, "Root=1-2-3"); /* the log and later calls name it */
	stream_continue(rq);                                /* nobody is there */
	stream_release(rq);
	ck_assert_uint_eq(it.ended, 0);
	stream_release(rq);
	ck_assert_uint_eq(it.ended, 1);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	ck_assert_uint_eq(aborted(), 1);
	visitor_connect(&visitor);
	expect_hello();
}
END_TEST

START_TEST(a_request_may_be_held_while_its_reply_goes_out)
{
	struct request *rq;

	it.end = STREAM_LATER;
	it.ready = 100;
	visitor_send(&visitor, GET_OUT);
	serving_pass(5);
	rq = it.rq;
	stream_hold(rq);
	visitor_leave(&visitor);
	serving_pass(3);
	ck_assert(!stream_is_gone(rq)); /* suspended connections are not watched */
	it.ready = 200000;
	stream_continue(rq);
	serving_pass(3);
	it.ready = 400000;
	stream_continue(rq);
	serving_wait_for_connections(0);
	ck_assert(stream_is_gone(rq));
	stream_release(rq);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	visitor_connect(&visitor);
}
END_TEST

START_TEST(a_client_may_leave_while_it_has_to_wait)
{
	it.room = 10;
	visitor_send(&visitor, CHUNKED);
	send_chunks(1000, 100);
	serving_pass(3);
	leave();
	ck_assert_uint_eq(server_requests(serving.server), 1);
	it.room = SIZE_MAX;
	stream_continue(it.rq);
	serving_pass(3);
	serving_jump(1100 * 1000);
	serving_pass(3);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	visitor_connect(&visitor);
}
END_TEST

/* ---- draining ---- */

START_TEST(a_drain_is_told_and_waits_for_streams)
{
	visitor_send(&visitor, CHUNKED);
	send_chunks(1000, 100);
	serving_pass(3);
	ck_assert(!stream_is_stopping(it.rq));
	server_drain(serving.server);
	ck_assert(stream_is_stopping(it.rq));
	serving_jump(3000 * 1000);
	ck_assert_uint_eq(server_requests(serving.server), 1);
	send_chunks(1000, 100);
	visitor_send(&visitor, "0\r\n\r\n");
	expect_sum(2000 * 'x');
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

/* ---- many ---- */

START_TEST(those_who_wait_do_not_keep_others_from_going_on)
{
	enum { MANY = 40 };
	static struct visitor waiting[MANY];
	static struct request *held[MANY];

	it.end = STREAM_LATER;
	for (size_t i = 0; i < MANY; i++) {
		visitor_connect(&waiting[i]);
		visitor_send(&waiting[i], GET_OUT);
		it.rq = NULL;
		while (it.rq == NULL)
			serving_pass(1);
		held[i] = it.rq;
	}
	for (int i = 0; i < 20; i++)
		expect_hello();
	it.ready = 5000;
	it.end = STREAM_END;
	for (size_t i = 0; i < MANY; i += 2)
		stream_continue(held[i]);
	expect_hello();
	for (size_t i = 1; i < MANY; i += 2)
		stream_continue(held[i]);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(visitor_status(&waiting[i]), 200);
		visitor_leave(&waiting[i]);
	}
}
END_TEST

/* ---- out of memory ---- */

static void stream_once(void *context)
{
	struct visitor other;

	memset(&it, 0, sizeof(it));
	it.room = SIZE_MAX;
	it.end = STREAM_END;
	it.ready = 5000;
	serving_init();
	if (serving_prepare(routes) && server_open(serving.server)) {
		server_set_ready(serving.server);
		visitor_connect(&other);
		visitor_send(&other, context);
		visitor_is_sent_away(&other);
		ck_assert(strstr(other.bytes, "HTTP/1.1 200") != NULL || alloc_has_failed());
		visitor_leave(&other);
	}
	serving_stop();
	ck_assert_uint_eq(it.opened, it.ended);
}

START_TEST(without_memory_a_stream_is_answered_503_or_closed)
{
	alloc_fail_each(stream_once, "POST /both HTTP/1.1\r\n" HOST
				     "Connection: close\r\nContent-Length: 3\r\n\r\nabc");
}
END_TEST

Suite *stream_suite(void)
{
	Suite *suite = suite_create("stream");
	TCase *tcase = tcase_create("all");
	TCase *bare = tcase_create("bare");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, a_body_of_any_size_is_taken_as_it_comes);
	tcase_add_test(tcase, a_client_waits_while_there_is_no_room);
	tcase_add_test(tcase, a_body_may_come_byte_by_byte_and_be_taken_so);
	tcase_add_test(tcase, steps_run_when_the_body_is_there_and_may_wait);
	tcase_add_test(tcase, what_is_refused_at_the_head_is_not_taken);
	tcase_add_test(tcase, an_endpoint_may_give_up_in_the_middle);
	tcase_add_test(tcase, who_gives_up_does_not_read_for_ever);
	tcase_add_test(tcase, who_sends_nothing_for_too_long_is_sent_away);
	tcase_add_test(tcase, a_reply_of_any_size_is_given_piece_by_piece);
	tcase_add_test(tcase, a_reply_waits_for_what_is_not_there_yet);
	tcase_add_test(tcase, a_reply_that_breaks_off_is_not_a_whole_one);
	tcase_add_test(tcase, head_gives_nothing);
	tcase_add_test(tcase, http_1_0_gets_the_bytes_and_the_end);
	tcase_add_test(tcase, who_reads_nothing_is_sent_away_but_not_who_reads_slowly);
	tcase_add_test(tcase, a_body_and_a_reply_may_both_be_streamed);
	tcase_add_test(tcase, a_client_may_leave_while_it_sends);
	tcase_add_test(tcase, a_held_request_outlives_its_connection);
	tcase_add_test(tcase, a_request_may_be_held_while_its_reply_goes_out);
	tcase_add_test(tcase, a_client_may_leave_while_it_has_to_wait);
	tcase_add_test(tcase, a_drain_is_told_and_waits_for_streams);
	tcase_add_test(tcase, those_who_wait_do_not_keep_others_from_going_on);
	suite_add_tcase(suite, tcase);
	tcase_set_timeout(bare, 60);
	tcase_add_test(bare, without_memory_a_stream_is_answered_503_or_closed);
	suite_add_tcase(suite, bare);
	return suite;
}
