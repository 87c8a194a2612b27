#include <arpa/inet.h>
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calling.h"
#include "io/http_carrier.h"

/* How calls end: exactly once each, and right about what was sent. */

static struct calling net;

static void set_up(void)
{
	calling_init(&net);
}

/* ---- a connection that ends, before, in and after an answer ---- */

enum parting { CLOSE, RESET };

struct story {
	const char *name;
	const char *answer; /* what the peer sends before it goes */
	enum exchange_end end;
	enum parting parting;
	const char *body; /* of what was answered nevertheless */
};

#define OK "HTTP/1.1 200 OK\r\n"

static const struct story stories[] = {
	{"no answer", "", EXCHANGE_NO_ANSWER, CLOSE, NULL},
	{"no answer but a reset", "", EXCHANGE_NO_ANSWER, RESET, NULL},
	{"one byte", "H", EXCHANGE_BROKEN, CLOSE, NULL},
	{"half a head", OK "Content-", EXCHANGE_BROKEN, CLOSE, NULL},
	{"a head", OK "Content-Length: 5\r\n\r\n", EXCHANGE_BROKEN, CLOSE, NULL},
	{"half a body", OK "Content-Length: 5\r\n\r\nhel", EXCHANGE_BROKEN, CLOSE, NULL},
	{"half a chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", EXCHANGE_BROKEN, CLOSE,
	 NULL},
	{"no last chunk", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", EXCHANGE_BROKEN,
	 CLOSE, NULL},
	{"only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", EXCHANGE_BROKEN, CLOSE, NULL},
	{"what is no HTTP", "220 smtp.example.com ESMTP\r\n\r\n", EXCHANGE_BROKEN, CLOSE, NULL},
	{"two lengths", OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", EXCHANGE_BROKEN,
	 CLOSE, NULL},
	{"a body beyond the limit", OK "Content-Length: 65537\r\n\r\n", EXCHANGE_TOO_LONG, CLOSE,
	 NULL},
	{"a whole answer", OK "Content-Length: 2\r\n\r\nhi", EXCHANGE_ANSWERED, CLOSE, "hi"},
	{"an answer until the end", OK "\r\nhello", EXCHANGE_ANSWERED, CLOSE, "hello"},
	{"an empty answer until the end", OK "\r\n", EXCHANGE_ANSWERED, CLOSE, ""},
};

static void tell_story(struct peer *peer)
{
	const struct story *story = peer->context;
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read(&link);
	peer_send(&link, story->answer);
	if (story->parting == RESET)
		peer_reset(&link);
	else
		peer_close(&link);
	ck_assert_msg(peer_is_left_alone(peer, 20), "%s: sent again", story->name);
}

START_TEST(an_end_of_the_connection_is_told_as_what_it_is)
{
	const struct story *story = &stories[_i];
	struct call call;

	net.peer.context = (void *)(uintptr_t)story;
	calling_start(&net, tell_story);
	call_get(&call, &net, "/");
	if (story->end == EXCHANGE_ANSWERED)
		call_expect(&call, story->body);
	else
		call_expect_end(&call, story->end, true);
	call_clear(&call);
	calling_wait_for(&net, &http_client_get_metrics(net.client)->closed, 1);
	calling_stop(&net);
}
END_TEST

static void close_on_the_second_request(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_answer(&link, "hi");
	peer_read(&link);
	peer_close(&link);
	ck_assert_msg(peer_is_left_alone(peer, 50), "sent again");
}

START_TEST(a_request_is_never_sent_twice_though_its_connection_was_a_used_one)
{
	struct call first;
	struct call second;

	calling_start(&net, close_on_the_second_request);
	call_get(&first, &net, "/");
	call_expect(&first, "hi");
	call_get(&second, &net, "/");
	call_expect_end(&second, EXCHANGE_NO_ANSWER, true);
	call_clear(&first);
	call_clear(&second);
	calling_stop(&net);
}
END_TEST

static void close_at_once(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_close(&link);
}

/* The end may be there before the request is sent, or come with it; either is told. */
START_TEST(a_connection_that_ends_at_once_is_no_answer)
{
	struct call call;

	calling_start(&net, close_at_once);
	call_get(&call, &net, "/");
	call_wait(&call);
	ck_assert_int_eq(call.exchange.end,
			 call.exchange.was_sent ? EXCHANGE_NO_ANSWER : EXCHANGE_NOT_SENT);
	call_clear(&call);
	calling_stop(&net);
}
END_TEST

static void do_nothing(struct peer *peer)
{
	(void)peer;
}

START_TEST(where_nobody_listens_nothing_is_sent)
{
	struct call calls[3];
	char authority[64];
	char url[80] = "http://";

	peer_dead_authority(authority);
	strcat(url, authority);
	calling_start(&net, do_nothing);
	net.origin.url = url;
	for (size_t i = 0; i < 3; i++)
		call_get(&calls[i], &net, "/");
	for (size_t i = 0; i < 3; i++) {
		call_expect_end(&calls[i], EXCHANGE_NOT_SENT, false);
		ck_assert_ptr_nonnull(strstr(calls[i].exchange.error, "onnect"));
		call_clear(&calls[i]);
	}
	ck_assert_uint_eq(metric_get(&http_client_get_metrics(net.client)->failed), 3);
	calling_stop(&net);
}
END_TEST

/* ---- big requests ---- */

enum { BIG = 16 * 1024 * 1024 };

/* A POST with a body that no kernel takes at once. */
static void call_start_big(struct call *call)
{
	struct buf *request = &call->exchange.request;

	call_init(call, &net, "/");
	buf_reset(request);
	buf_add_format(request, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n", BIG);
	for (unsigned i = 0; i < BIG / sizeof(i); i++)
		buf_add(request, &i, sizeof(i));
	ck_assert(buf_ok(request));
	call_start(call);
}

/* On the heap: what is static is searched for pointers at the end of each test, when leaks are. */
static void check_bytes(struct peer *peer)
{
	unsigned *body = malloc(BIG);
	unsigned right = 0;
	struct peer_link link;

	ck_assert_ptr_nonnull(body);
	peer_accept(peer, &link);
	peer_read_head(&link);
	peer_sleep(30); /* until everything between us is full */
	peer_read_bytes(&link, body, BIG);
	while (right < BIG / sizeof(right) && body[right] == right)
		right++;
	ck_assert_uint_eq(right, BIG / sizeof(right));
	free(body);
	peer_send_answer(&link, "got it");
	peer_answer(&link, "again");
	peer_close(&link);
}

START_TEST(a_big_request_is_sent_in_pieces_and_in_order)
{
	struct call big;
	struct call next;

	calling_start(&net, check_bytes);
	call_start_big(&big);
	call_expect(&big, "got it");
	call_get(&next, &net, "/");
	call_expect(&next, "again");
	call_clear(&big);
	call_clear(&next);
	calling_stop(&net);
}
END_TEST

static void refuse_without_reading(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_head(&link);
	peer_send(&link, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
	peer_sleep(50); /* so that the client cannot send on meanwhile */
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(an_answer_before_the_request_is_sent_is_taken_and_the_connection_closed)
{
	struct call big;

	calling_start(&net, refuse_without_reading);
	call_start_big(&big);
	call_wait(&big);
	ck_assert_int_eq(big.exchange.end, EXCHANGE_ANSWERED);
	ck_assert_int_eq(big.exchange.answer.status, 413);
	ck_assert_uint_eq(metric_get(&http_client_get_metrics(net.client)->closed), 1);
	call_clear(&big);
	calling_stop(&net);
}
END_TEST

static void reset_in_the_middle(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_head(&link);
	peer_reset(&link);
}

START_TEST(a_big_request_that_is_cut_off_is_of_unknown_fate)
{
	struct call big;

	calling_start(&net, reset_in_the_middle);
	call_start_big(&big);
	call_expect_end(&big, EXCHANGE_NO_ANSWER, true);
	call_clear(&big);
	calling_stop(&net);
}
END_TEST

static void answer_piece_by_piece(struct peer *peer)
{
	static const char answer[] = OK "Transfer-Encoding: chunked\r\n\r\n"
					"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read(&link);
	for (const char *at = answer; *at != '\0'; at++) {
		peer_send_bytes(&link, at, 1);
		if (*at == '\n')
			peer_sleep(2);
	}
	peer_answer(&link, "again");
	peer_close(&link);
}

START_TEST(an_answer_may_come_in_pieces)
{
	struct call call;
	struct call next;

	calling_start(&net, answer_piece_by_piece);
	call_get(&call, &net, "/");
	call_expect(&call, "hello world");
	call_get(&next, &net, "/");
	call_expect(&next, "again");
	call_clear(&call);
	call_clear(&next);
	calling_stop(&net);
}
END_TEST

/* ---- secrets ---- */

static void answer_with_a_secret(struct peer *peer)
{
	static const char answer[] = OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhu";
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read(&link);
	peer_send(&link, answer);
	peer_sleep(10);
	peer_send(&link, "sh!\r\n0\r\n\r\n");
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(of_a_secret_nothing_is_left_but_with_who_asked)
{
	struct call call;

	calling_start(&net, answer_with_a_secret);
	call_init(&call, &net, "/");
	call.exchange.is_secret = true;
	call_start(&call);
	call_expect(&call, "hush!");
	for (size_t i = 0; i < HTTP_RECEIVE_SIZE; i++)
		ck_assert_int_eq(net.client->received[i], 0);
	call_clear(&call);
	calling_stop(&net);
}
END_TEST

/* ---- deadlines ---- */

static void call_get_within(struct call *call, int ms)
{
	call_init(call, &net, "/");
	call->exchange.deadline_us = clock_monotonic_us(&net.clock) + (uint64_t)paced(ms) * 1000;
	call_start(call);
}

/* The first call's, which is on its way. */
static void let_its_deadline_pass(void)
{
	calling_wait_for(&net, &http_client_get_metrics(net.client)->opened, 1);
	calling_pass(&net, 10);
	net.ahead_us += (uint64_t)paced(2000) * 1000;
}

static void answer_the_second(struct peer *peer)
{
	struct peer_link first;
	struct peer_link second;

	peer_accept(peer, &first);
	peer_read(&first);
	peer_accept(peer, &second);
	peer_send_answer(&first, "too late"); /* for a call that has ended */
	peer_answer(&second, "in time");
	peer_close(&first);
	peer_close(&second);
}

START_TEST(a_late_answer_is_nobodys_answer)
{
	struct call late;
	struct call next;

	calling_start(&net, answer_the_second);
	call_get(&late, &net, "/");
	let_its_deadline_pass();
	call_expect_end(&late, EXCHANGE_TIMEOUT, true);
	call_get(&next, &net, "/");
	call_expect(&next, "in time");
	call_clear(&late);
	call_clear(&next);
	calling_stop(&net);
}
END_TEST

static atomic_bool may_answer;

static void answer_the_first_late(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read(&link);
	while (!atomic_load(&may_answer))
		peer_sleep(1);
	peer_send_answer(&link, "hi");
	peer_answer(&link, "and again");
	peer_close(&link);
}

START_TEST(a_deadline_while_waiting_leaves_the_others_alone)
{
	struct call first;
	struct call waiting;
	struct call last;

	net.options.max_connections = 1;
	atomic_store(&may_answer, false);
	calling_start(&net, answer_the_first_late);
	call_get(&first, &net, "/");
	call_get_within(&waiting, 20);
	call_get(&last, &net, "/");
	call_expect_end(&waiting, EXCHANGE_TIMEOUT, false);
	ck_assert_uint_eq(first.done_count, 0);
	atomic_store(&may_answer, true);
	call_expect(&first, "hi");
	call_expect(&last, "and again");
	call_clear(&first);
	call_clear(&waiting);
	call_clear(&last);
	calling_stop(&net);
}
END_TEST

START_TEST(a_deadline_that_has_passed_already_sends_nothing)
{
	struct call call;

	calling_start(&net, do_nothing);
	call_get_within(&call, 0);
	net.ahead_us += 1000;
	call_expect_end(&call, EXCHANGE_TIMEOUT, false);
	call_clear(&call);
	calling_stop(&net);
}
END_TEST

static void read_nothing(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_sleep(80);
	peer_close(&link);
}

START_TEST(a_deadline_while_sending_counts_as_sent)
{
	struct call big;

	calling_start(&net, read_nothing);
	call_start_big(&big);
	let_its_deadline_pass();
	call_expect_end(&big, EXCHANGE_TIMEOUT, true);
	call_clear(&big);
	calling_stop(&net);
}
END_TEST

/* A socket whose queue is full does not answer to further connections: they hang. */
START_TEST(a_deadline_while_connecting_sends_nothing)
{
	enum { FILLERS = 3 };
	int fillers[FILLERS];
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	struct call call;

	calling_start(&net, do_nothing);
	ck_assert_int_eq(listen(net.peer.listen_fd, 0), 0);
	getsockname(net.peer.listen_fd, (struct sockaddr *)&address, &len);
	for (size_t i = 0; i < FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&address, len);
	}
	call_get_within(&call, 50);
	call_expect_end(&call, EXCHANGE_TIMEOUT, false);
	ck_assert_uint_eq(metric_get(&http_client_get_metrics(net.client)->opened), 0);
	for (size_t i = 0; i < FILLERS; i++)
		close(fillers[i]);
	call_clear(&call);
	calling_stop(&net);
}
END_TEST

Suite *http_carrier_suite(void)
{
	Suite *suite = suite_create("http_carrier");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, an_end_of_the_connection_is_told_as_what_it_is, 0,
			    sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tcase, a_request_is_never_sent_twice_though_its_connection_was_a_used_one);
	tcase_add_test(tcase, a_connection_that_ends_at_once_is_no_answer);
	tcase_add_test(tcase, where_nobody_listens_nothing_is_sent);
	tcase_add_test(tcase, a_big_request_is_sent_in_pieces_and_in_order);
	tcase_add_test(tcase,
		       an_answer_before_the_request_is_sent_is_taken_and_the_connection_closed);
	tcase_add_test(tcase, a_big_request_that_is_cut_off_is_of_unknown_fate);
	tcase_add_test(tcase, an_answer_may_come_in_pieces);
	tcase_add_test(tcase, of_a_secret_nothing_is_left_but_with_who_asked);
	tcase_add_test(tcase, a_late_answer_is_nobodys_answer);
	tcase_add_test(tcase, a_deadline_while_waiting_leaves_the_others_alone);
	tcase_add_test(tcase, a_deadline_that_has_passed_already_sends_nothing);
	tcase_add_test(tcase, a_deadline_while_sending_counts_as_sent);
	tcase_add_test(tcase, a_deadline_while_connecting_sends_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
