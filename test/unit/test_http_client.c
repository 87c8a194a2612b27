#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "calling.h"

/*
 * Connections: when they are opened, used again, closed. How calls end is in test_http_carrier.c.
 */

static struct calling net;

static void set_up(void)
{
	calling_init(&net);
}

static const struct http_client_metrics *metrics(void)
{
	return http_client_get_metrics(net.client);
}

#define EXPECT_METRIC(name, value) ck_assert_uint_eq(metric_get(&metrics()->name), value)

static void get(const char *path, const char *body)
{
	struct call call;

	call_get(&call, &net, path);
	call_expect(&call, body);
	call_clear(&call);
}

/* ---- one connection after another ---- */

static void answer_three_on_one(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_answer(&link, "one");
	ck_assert_ptr_nonnull(strstr(link.request, "GET /1 HTTP/1.1\r\n"));
	peer_answer(&link, "two");
	peer_answer(&link, "");
	ck_assert_uint_eq(peer_read_rest(&link), 0);
	peer_close(&link);
}

START_TEST(a_connection_is_used_again)
{
	calling_start(&net, answer_three_on_one);
	get("/1", "one");
	get("/2", "two");
	get("/3", "");
	EXPECT_METRIC(opened, 1);
	EXPECT_METRIC(reused, 2);
	EXPECT_METRIC(closed, 0);
	EXPECT_METRIC(failed, 0);
	calling_stop(&net);
}
END_TEST

/*
 * One connection for each text in `context`, which is all of the answer; then it waits for our
 * end.
 */
static void answer_each_on_its_own(struct peer *peer)
{
	for (const char *const *text = peer->context; *text != NULL; text++) {
		struct peer_link link;

		peer_accept(peer, &link);
		peer_read(&link);
		peer_send(&link, *text);
		ck_assert_uint_eq(peer_read_rest(&link), 0);
		peer_close(&link);
	}
}

#define OK "HTTP/1.1 200 OK\r\n"
#define HI OK "Content-Length: 2\r\n\r\nhi"

START_TEST(a_connection_is_not_used_again_when_its_answer_says_so_or_is_odd)
{
	static const char *const answers[] = {
		OK "Connection: close\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		HI "surplus",
		HI HI, /* as if two had been asked for */
		HI,
		NULL,
	};

	net.peer.context = (void *)(uintptr_t)answers;
	calling_start(&net, answer_each_on_its_own);
	for (size_t i = 0; answers[i] != NULL; i++)
		get("/", "hi");
	EXPECT_METRIC(opened, 5);
	EXPECT_METRIC(reused, 0);
	EXPECT_METRIC(closed, 4);
	calling_stop(&net);
}
END_TEST

/* The answer ends where the client's buffer does: the surplus is still in the kernel. */
static void answer_a_bufferful_and_more(struct peer *peer)
{
	enum { BUFFER = 32 * 1024 };
	static char bytes[BUFFER + 2];
	struct peer_link link;
	int head = snprintf(bytes, sizeof(bytes), OK "Content-Length: %d\r\n\r\n", BUFFER - 42);

	ck_assert_int_eq(head, 42);
	memset(bytes + head, 'x', sizeof(bytes) - (size_t)head);
	peer_accept(peer, &link);
	peer_read(&link);
	peer_send_bytes(&link, bytes, sizeof(bytes));
	peer_read_rest(&link);
	peer_close(&link);
	peer_accept(peer, &link);
	peer_answer(&link, "hi");
	peer_close(&link);
}

START_TEST(surplus_behind_a_full_buffer_is_noticed_too)
{
	struct call first;
	struct call second;

	net.options.max_connections = 1; /* so that the second waits for the first's connection */
	calling_start(&net, answer_a_bufferful_and_more);
	call_get(&first, &net, "/");
	call_get(&second, &net, "/");
	call_wait(&first);
	ck_assert_int_eq(first.exchange.end, EXCHANGE_ANSWERED);
	call_expect(&second, "hi");
	call_clear(&first);
	call_clear(&second);
	calling_stop(&net);
}
END_TEST

static void answer_and_close_twice(struct peer *peer)
{
	for (int i = 0; i < 2; i++) {
		struct peer_link link;

		peer_accept(peer, &link);
		peer_answer(&link, "hi");
		peer_close(&link);
	}
}

START_TEST(an_idle_connection_that_the_peer_closes_is_noticed)
{
	calling_start(&net, answer_and_close_twice);
	get("/", "hi");
	calling_wait_for(&net, &metrics()->closed, 1);
	get("/", "hi");
	EXPECT_METRIC(opened, 2);
	EXPECT_METRIC(reused, 0);
	calling_stop(&net);
}
END_TEST

static void speak_unasked(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_answer(&link, "hi");
	peer_sleep(20);
	peer_send(&link, HI);
	ck_assert_uint_eq(peer_read_rest(&link), 0);
	peer_close(&link);
}

START_TEST(an_idle_connection_with_bytes_on_it_is_closed)
{
	calling_start(&net, speak_unasked);
	get("/", "hi");
	EXPECT_METRIC(closed, 0);
	calling_wait_for(&net, &metrics()->closed, 1);
	calling_stop(&net);
}
END_TEST

/* ---- growing old ---- */

static void answer_twice_on_one_then_once(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_answer(&link, "a");
	peer_answer(&link, "b");
	ck_assert_uint_eq(peer_read_rest(&link), 0);
	peer_close(&link);
	peer_accept(peer, &link);
	peer_answer(&link, "c");
	peer_close(&link);
}

START_TEST(a_connection_is_closed_after_idling_for_too_long)
{
	calling_start(&net, answer_twice_on_one_then_once);
	get("/", "a");
	net.ahead_us += net.options.max_idle_us - 1000 * 1000;
	calling_pass(&net, 10);
	EXPECT_METRIC(closed, 0);
	get("/", "b"); /* idles anew from here */
	net.ahead_us += net.options.max_idle_us - 1000 * 1000;
	calling_pass(&net, 10);
	EXPECT_METRIC(closed, 0);
	net.ahead_us += 2 * 1000 * 1000;
	calling_pass(&net, 10);
	EXPECT_METRIC(closed, 1);
	get("/", "c");
	calling_stop(&net);
}
END_TEST

START_TEST(an_old_connection_is_closed_though_it_was_never_idle_for_long)
{
	net.options.max_idle_us = UINT64_MAX;
	calling_start(&net, answer_twice_on_one_then_once);
	get("/", "a");
	net.ahead_us += net.options.max_age_us - 1000 * 1000;
	get("/", "b");
	EXPECT_METRIC(closed, 0);
	net.ahead_us += 2 * 1000 * 1000;
	calling_pass(&net, 10);
	EXPECT_METRIC(closed, 1);
	get("/", "c");
	calling_stop(&net);
}
END_TEST

/* ---- many calls ---- */

enum { CALLS = 12, CONNECTIONS = 3 };

static void answer_by_turns(struct peer *peer)
{
	struct peer_link links[CONNECTIONS];

	for (size_t i = 0; i < CONNECTIONS; i++)
		peer_accept(peer, &links[i]);
	ck_assert(peer_is_left_alone(peer, 30));
	for (size_t i = 0; i < CALLS; i++)
		peer_answer(&links[i % CONNECTIONS], "hi");
	ck_assert(peer_is_left_alone(peer, 0));
	for (size_t i = 0; i < CONNECTIONS; i++)
		peer_close(&links[i]);
}

START_TEST(there_are_never_more_connections_than_allowed)
{
	struct call calls[CALLS];

	net.options.max_connections = CONNECTIONS;
	calling_start(&net, answer_by_turns);
	for (size_t i = 0; i < CALLS; i++)
		call_get(&calls[i], &net, "/");
	for (size_t i = 0; i < CALLS; i++) {
		call_expect(&calls[i], "hi");
		call_clear(&calls[i]);
	}
	EXPECT_METRIC(opened, CONNECTIONS);
	EXPECT_METRIC(reused, CALLS - CONNECTIONS);
	calling_stop(&net);
}
END_TEST

static void answer_in_order(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	for (int i = 0; i < CALLS; i++) {
		char line[32];

		peer_answer(&link, "hi");
		snprintf(line, sizeof(line), "GET /%d HTTP/1.1\r\n", i);
		ck_assert_msg(strncmp(link.request, line, strlen(line)) == 0, "%s", link.request);
	}
	peer_close(&link);
}

START_TEST(who_waits_first_is_served_first)
{
	struct call calls[CALLS];

	net.options.max_connections = 1;
	calling_start(&net, answer_in_order);
	for (size_t i = 0; i < CALLS; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%zu", i);
		call_get(&calls[i], &net, path);
	}
	for (size_t i = 0; i < CALLS; i++) {
		call_expect(&calls[i], "hi");
		call_clear(&calls[i]);
	}
	calling_stop(&net);
}
END_TEST

static void answer_late(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_sleep(30);
	for (int i = 0; i < 3; i++)
		peer_answer(&link, "hi");
	peer_close(&link);
}

START_TEST(when_too_many_wait_the_next_is_refused_at_once)
{
	struct call calls[3];
	struct call refused;

	net.options.max_connections = 1;
	net.options.max_waiting = 2;
	calling_start(&net, answer_late);
	call_get(&calls[0], &net, "/");
	calling_wait_for(&net, &metrics()->opened, 1);
	call_get(&calls[1], &net, "/");
	call_get(&calls[2], &net, "/");
	call_get(&refused, &net, "/");
	loop_turn(net.loop, 0);
	ck_assert_uint_eq(refused.done_count, 1);
	call_expect_end(&refused, EXCHANGE_OVERLOADED, false);
	EXPECT_METRIC(overload, 1);
	for (size_t i = 0; i < 3; i++) {
		call_expect(&calls[i], "hi");
		call_clear(&calls[i]);
	}
	call_clear(&refused);
	calling_stop(&net);
}
END_TEST

/* ---- calls from within done ---- */

static struct call followers[3];
static size_t followed;

static void start_a_follower(struct exchange *exchange)
{
	struct call *call = exchange->context;

	call->done_count++;
	if (followed == 3)
		return;
	call_init(&followers[followed], &net, "/");
	followers[followed].exchange.done = start_a_follower;
	call_start(&followers[followed++]);
}

static void answer_four(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	for (int i = 0; i < 4; i++)
		peer_answer(&link, "hi");
	peer_close(&link);
}

START_TEST(a_call_may_be_started_when_another_is_done)
{
	struct call first;

	calling_start(&net, answer_four);
	call_init(&first, &net, "/");
	first.exchange.done = start_a_follower;
	call_start(&first);
	call_expect(&first, "hi");
	for (size_t i = 0; i < 3; i++) {
		call_expect(&followers[i], "hi");
		call_clear(&followers[i]);
	}
	call_clear(&first);
	EXPECT_METRIC(opened, 1);
	calling_stop(&net);
}
END_TEST

/* ---- stopping ---- */

/* After one answer, requests are read and never answered. */
static void leave_hanging(struct peer *peer)
{
	struct peer_link links[2];

	peer_accept(peer, &links[0]);
	peer_answer(&links[0], "hi");
	peer_accept(peer, &links[1]);
	ck_assert_uint_gt(peer_read_rest(&links[0]), 0);
	ck_assert_uint_gt(peer_read_rest(&links[1]), 0);
	peer_close(&links[0]);
	peer_close(&links[1]);
}

START_TEST(stopping_ends_what_waits_and_what_is_under_way_each_once)
{
	struct call calls[5];
	struct call late;

	net.options.max_connections = 2;
	calling_start(&net, leave_hanging);
	get("/", "hi");
	for (size_t i = 0; i < 5; i++)
		call_get(&calls[i], &net, "/");
	calling_wait_for(&net, &metrics()->opened, 2);
	http_client_stop(net.client);
	http_client_stop(net.client);
	call_get(&late, &net, "/");
	for (size_t i = 0; i < 5; i++) {
		call_expect_end(&calls[i], EXCHANGE_SHUTDOWN, i < 2);
		call_clear(&calls[i]);
	}
	call_expect_end(&late, EXCHANGE_SHUTDOWN, false);
	call_clear(&late);
	EXPECT_METRIC(closed, 2);
	calling_pass(&net, 10);
	calling_stop(&net);
}
END_TEST

static void do_nothing(struct peer *peer)
{
	(void)peer;
}

START_TEST(stopping_while_connecting_ends_the_call_as_not_sent)
{
	struct call call;

	calling_start(&net, do_nothing);
	call_get(&call, &net, "/");
	http_client_stop(net.client);
	call_expect_end(&call, EXCHANGE_SHUTDOWN, false);
	call_clear(&call);
	calling_stop(&net);
}
END_TEST

/* ---- out of memory ---- */

static void make_two_calls(void *context)
{
	struct calling *calling = context;
	struct loop *loop = loop_new(&calling->clock);

	calling->loop = calling->options.loop = loop;
	calling->client = loop != NULL ? http_client_new(&calling->options) : NULL;
	if (calling->client == NULL) {
		ck_assert(alloc_has_failed());
		loop_free(loop);
		return;
	}
	for (int i = 0; i < 2; i++) {
		struct call call;

		call_init(&call, calling, "/");
		if (buf_ok(&call.exchange.request)) {
			call_start(&call);
			call_wait(&call);
			ck_assert(call.exchange.end == EXCHANGE_ANSWERED || alloc_has_failed());
		}
		call_clear(&call);
	}
	http_client_stop(calling->client);
	loop_turn(loop, 0);
	http_client_free(calling->client);
	loop_free(loop);
}

static atomic_bool is_over;

static void answer_while_there_are_connections(struct peer *peer)
{
	while (!atomic_load(&is_over)) {
		struct peer_link link;

		if (peer_is_left_alone(peer, 5))
			continue;
		peer_accept(peer, &link);
		while (peer_try_answer(&link, "hi"))
			;
		peer_close(&link);
	}
}

START_TEST(without_memory_calls_fail_and_nothing_is_lost)
{
	struct calling calling;

	calling_init(&calling);
	loop_free(calling.loop);
	peer_start(&calling.peer, answer_while_there_are_connections, NULL);
	calling.origin = (struct origin){calling.peer.url, calling.peer.authority, true};
	alloc_fail_each(make_two_calls, &calling);
	atomic_store(&is_over, true);
	peer_finish(&calling.peer);
}
END_TEST

Suite *http_client_suite(void)
{
	Suite *suite = suite_create("http_client");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, a_connection_is_used_again);
	tcase_add_test(tcase, a_connection_is_not_used_again_when_its_answer_says_so_or_is_odd);
	tcase_add_test(tcase, surplus_behind_a_full_buffer_is_noticed_too);
	tcase_add_test(tcase, an_idle_connection_that_the_peer_closes_is_noticed);
	tcase_add_test(tcase, an_idle_connection_with_bytes_on_it_is_closed);
	tcase_add_test(tcase, a_connection_is_closed_after_idling_for_too_long);
	tcase_add_test(tcase, an_old_connection_is_closed_though_it_was_never_idle_for_long);
	tcase_add_test(tcase, there_are_never_more_connections_than_allowed);
	tcase_add_test(tcase, who_waits_first_is_served_first);
	tcase_add_test(tcase, when_too_many_wait_the_next_is_refused_at_once);
	tcase_add_test(tcase, a_call_may_be_started_when_another_is_done);
	tcase_add_test(tcase, stopping_ends_what_waits_and_what_is_under_way_each_once);
	tcase_add_test(tcase, stopping_while_connecting_ends_the_call_as_not_sent);
	tcase_add_test(tcase, without_memory_calls_fail_and_nothing_is_lost);
	suite_add_tcase(suite, tcase);
	return suite;
}
