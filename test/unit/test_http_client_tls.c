#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "calling.h"
#include "certificate.h"

/* Exchanges over TLS, whose records do not end where messages do. */

static struct calling net;
static struct authority authority;

static void set_up(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the daemon does: OpenSSL writes with write(2) */
	calling_init(&net);
	authority_init(&authority);
	net.tls = authority_serve(&authority, "IP:127.0.0.1", 3600);
	net.options.trust = authority_trust(&authority);
}

static void tear_down(void)
{
	calling_stop(&net);
	trust_free(net.options.trust);
	authority_clear(&authority);
}

static void get(const char *body)
{
	struct call call;

	call_get(&call, &net, "/");
	call_expect(&call, body);
	call_clear(&call);
}

static uint64_t opened(void)
{
	return metric_get(&http_client_get_metrics(net.client)->opened);
}

static void answer_five(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	for (int i = 0; i < 5; i++)
		peer_answer(&link, "hi");
	peer_read_rest(&link);
	peer_close(&link);
}

/* The server's session tickets come behind the handshake, unasked: they are not surplus. */
START_TEST(a_connection_is_used_again)
{
	calling_start(&net, answer_five);
	for (int i = 0; i < 5; i++)
		get("hi");
	ck_assert_uint_eq(opened(), 1);
	tear_down();
}
END_TEST

#define HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

static void answer_with_surplus(struct peer *peer)
{
	for (int i = 0; i < 3; i++) {
		struct peer_link link;

		peer_accept(peer, &link);
		peer_read(&link);
		if (i == 0) {
			peer_send(&link, HI HI); /* in one record */
		} else if (i == 1) {
			peer_send_together(&link, HI, HI); /* in two records that come at once */
		} else {
			peer_send(&link, HI);
		}
		peer_read_rest(&link);
		peer_close(&link);
	}
}

START_TEST(surplus_in_the_same_or_in_another_record_is_noticed)
{
	calling_start(&net, answer_with_surplus);
	for (int i = 0; i < 3; i++)
		get("hi");
	ck_assert_uint_eq(opened(), 3);
	tear_down();
}
END_TEST

enum { LONG = 60 * 1000 };

static void answer_at_length(struct peer *peer)
{
	static char body[LONG + 1];
	struct peer_link link;

	memset(body, 'x', LONG);
	peer_accept(peer, &link);
	for (int i = 0; i < 2; i++) {
		peer_read(&link);
		peer_send(&link, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
		peer_send(&link, body);
	}
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(an_answer_of_many_records_is_read_to_its_end)
{
	calling_start(&net, answer_at_length);
	for (int i = 0; i < 2; i++) {
		struct call call;

		call_get(&call, &net, "/");
		call_wait(&call);
		ck_assert_int_eq(call.exchange.end, EXCHANGE_ANSWERED);
		ck_assert_uint_eq(call.exchange.answer.body.len, LONG);
		call_clear(&call);
	}
	ck_assert_uint_eq(opened(), 1);
	tear_down();
}
END_TEST

static void read_slowly(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_head(&link);
	peer_sleep(30);
	peer_read_body(&link);
	peer_send_answer(&link, "hi");
	peer_answer(&link, "hi");
	peer_close(&link);
}

START_TEST(a_big_request_is_sent_in_pieces)
{
	enum { BIG = 8 * 1024 * 1024 };
	struct buf *request;
	struct call call;
	char *body;

	calling_start(&net, read_slowly);
	call_init(&call, &net, "/");
	request = &call.exchange.request;
	buf_reset(request);
	buf_add_format(request, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n", BIG);
	body = buf_reserve(request, BIG);
	memset(body, 'x', BIG);
	buf_commit(request, BIG);
	call_start(&call);
	call_expect(&call, "hi");
	call_clear(&call);
	get("hi");
	ck_assert_uint_eq(opened(), 1);
	tear_down();
}
END_TEST

static void end_each_time(struct peer *peer)
{
	for (int i = 0; i < 3; i++) {
		struct peer_link link;

		peer_accept(peer, &link);
		if (i == 0)
			peer_answer(&link, "hi"); /* and a notice of the end */
		else
			peer_read(&link);
		if (i == 2)
			peer_reset(&link);
		else
			peer_close(&link);
	}
}

START_TEST(the_end_of_a_connection_is_noticed_as_without_tls)
{
	struct call call;

	calling_start(&net, end_each_time);
	get("hi");
	calling_wait_for(&net, &http_client_get_metrics(net.client)->closed, 1);
	for (int i = 1; i < 3; i++) {
		call_get(&call, &net, "/");
		call_expect_end(&call, EXCHANGE_NO_ANSWER, true);
		call_clear(&call);
	}
	ck_assert_uint_eq(opened(), 3);
	tear_down();
}
END_TEST

static void accept_one(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_read_rest(&link);
	peer_close(&link);
}

START_TEST(a_server_that_is_not_trusted_gets_nothing_and_the_error_says_why)
{
	struct authority other;
	struct call call;

	authority_init(&other);
	SSL_CTX_free(net.tls);
	net.tls = authority_serve(&other, "IP:127.0.0.1", 3600);
	authority_clear(&other);
	calling_start(&net, accept_one);
	call_get(&call, &net, "/");
	call_expect_end(&call, EXCHANGE_NOT_SENT, false);
	ck_assert_ptr_nonnull(strstr(call.exchange.error, "certificate"));
	call_clear(&call);
	tear_down();
}
END_TEST

Suite *http_client_tls_suite(void)
{
	Suite *suite = suite_create("http_client_tls");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, a_connection_is_used_again);
	tcase_add_test(tcase, surplus_in_the_same_or_in_another_record_is_noticed);
	tcase_add_test(tcase, an_answer_of_many_records_is_read_to_its_end);
	tcase_add_test(tcase, a_big_request_is_sent_in_pieces);
	tcase_add_test(tcase, the_end_of_a_connection_is_noticed_as_without_tls);
	tcase_add_test(tcase, a_server_that_is_not_trusted_gets_nothing_and_the_error_says_why);
	suite_add_tcase(suite, tcase);
	return suite;
}
