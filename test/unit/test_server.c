#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"
#include "serving.h"

/* The server as a whole: beginning and end, many connections at once, deadlines. */

#define HOST "Host: test\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

enum { SECOND_US = 1000 * 1000 };

static void set_up(void)
{
	serving_init();
}

static uint64_t counted(const metric_counter *counter)
{
	return metric_get(counter);
}

/* ---- beginning ---- */

START_TEST(before_it_is_open_nobody_is_served_and_nobody_is_lost)
{
	struct visitor visitor;

	ck_assert(serving_prepare(serving_routes));
	visitor_connect(&visitor);
	visitor_send(&visitor, GET("/live"));
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_uint_eq(server_connections(serving.server), 0);
	ck_assert(server_open(serving.server));
	ck_assert(server_open(serving.server)); /* harmless */
	ck_assert_int_eq(visitor_status(&visitor), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(before_it_is_ready_only_what_is_always_on_is_served)
{
	struct visitor visitor;

	ck_assert(serving_prepare(serving_routes));
	ck_assert(server_open(serving.server));
	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/live")), 200);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 503);
	ck_assert(visitor_has_problem(&visitor, "not-ready"));
	ck_assert_str_eq(visitor_header(&visitor, "Retry-After"), "1");
	ck_assert_int_eq(visitor_ask(&visitor, GET("/nothing")), 404);
	ck_assert_uint_eq(serving.hello, 0);
	server_set_ready(serving.server);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(it_can_be_freed_before_it_was_open)
{
	ck_assert(serving_prepare(serving_routes));
	serving_stop();
	serving_init();
	ck_assert(serving_prepare(serving_routes));
	server_free(serving.server); /* without a drain */
	serving.server = NULL;
	serving_stop();
	server_free(NULL);
}
END_TEST

START_TEST(requests_and_connections_are_counted)
{
	const struct http_metrics *metrics;
	struct visitor visitors[2];

	serving_start(serving_routes);
	metrics = server_metrics(serving.server);
	for (size_t i = 0; i < 2; i++) {
		visitor_connect(&visitors[i]);
		ck_assert_int_eq(visitor_ask(&visitors[i], GET("/hello")), 200);
		ck_assert_int_eq(visitor_ask(&visitors[i], GET("/nothing")), 404);
	}
	serving_pass(2);
	ck_assert_uint_eq(counted(&metrics->connections_open), 2);
	ck_assert_uint_eq(server_connections(serving.server), 2);
	visitor_leave(&visitors[0]);
	serving_pass(2);
	ck_assert_uint_eq(counted(&metrics->connections_open), 1);
	ck_assert_uint_eq(counted(&metrics->connections_total), 2);
	ck_assert_uint_eq(counted(&metrics->requests[0][0]), 2); /* /hello, 200 */
	ck_assert_uint_eq(counted(&metrics->aborted), 0);
	visitor_leave(&visitors[1]);
	serving_stop();
}
END_TEST

/* ---- many at once ---- */

enum { MANY = 300 };

static struct visitor crowd[2 * MANY];

static void allow_many_descriptors(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* libmicrohttpd before 1.0.3 skips ready connections while others are suspended. */
START_TEST(many_are_served_while_many_others_wait)
{
	allow_many_descriptors();
	serving_start(serving_routes);
	for (size_t i = 0; i < 2 * MANY; i++)
		visitor_connect(&crowd[i]);
	for (size_t i = 0; i < 2 * MANY; i++) /* every other one waits */
		visitor_send(&crowd[i], i % 2 == 0 ? GET("/wait") : GET("/hello"));
	serving_wait_for(MANY);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 1; i < 2 * MANY; i += 2)
			ck_assert_int_eq(visitor_status(&crowd[i]), 200);
		for (size_t i = 1; i < 2 * MANY; i += 2)
			visitor_send(&crowd[i], GET("/hello"));
	}
	ck_assert_uint_eq(serving.waiting_count, MANY);
	while (serving.waiting_count > 0)
		serving_let_go(RESULT_OK);
	for (size_t i = 0; i < 2 * MANY; i++) {
		ck_assert_int_eq(visitor_status(&crowd[i]), 200);
		visitor_leave(&crowd[i]);
	}
	serving_stop();
}
END_TEST

/* Those that were resumed and those that became ready in the same turn are all served. */
START_TEST(waiting_and_going_on_by_turns_loses_nobody)
{
	enum { ROUNDS = 20, VISITORS = 40 };

	serving_start(serving_routes);
	for (size_t i = 0; i < VISITORS; i++)
		visitor_connect(&crowd[i]);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < VISITORS; i++)
			visitor_send(&crowd[i], (i + round) % 3 == 0 ? GET("/wait") GET("/hello")
								     : GET("/hello") GET("/wait"));
		serving_wait_for(VISITORS);
		for (size_t i = 0; i < VISITORS / 2; i++)
			serving_let_go(RESULT_OK);
		loop_turn(serving.loop, 0);
		while (serving.waiting_count > 0)
			serving_let_go(RESULT_OK);
		for (size_t i = 0; i < VISITORS; i++) {
			ck_assert_int_eq(visitor_status(&crowd[i]), 200);
			ck_assert_int_eq(visitor_status(&crowd[i]), 200);
		}
	}
	for (size_t i = 0; i < VISITORS; i++)
		visitor_leave(&crowd[i]);
	serving_stop();
}
END_TEST

START_TEST(beyond_the_limit_of_connections_clients_wait_for_a_place)
{
	struct visitor visitors[4];
	uint64_t left_us;

	serving.config.max_connections = 3;
	serving_start(serving_routes);
	for (size_t i = 0; i < 4; i++) {
		visitor_connect(&visitors[i]);
		visitor_send(&visitors[i], GET("/hello"));
	}
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(visitor_status(&visitors[i]), 200);
	ck_assert(visitor_is_left_alone(&visitors[3]));
	visitor_leave(&visitors[0]);
	left_us = clock_monotonic_us(clock_system());
	ck_assert_int_eq(visitor_status(&visitors[3]), 200);
	ck_assert_uint_lt(clock_monotonic_us(clock_system()) - left_us,
			  (uint64_t)paced(200) * 1000);
	for (size_t i = 1; i < 4; i++)
		visitor_leave(&visitors[i]);
	serving_stop();
}
END_TEST

/* ---- deadlines ---- */

static const char *const slow_beginnings[] = {
	"G",
	"GET /hello HT",
	"GET /hello HTTP/1.1\r\nHost: te",
	"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc",
	"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
};

START_TEST(a_request_that_does_not_come_to_its_end_is_given_up)
{
	struct visitor visitor;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	if (_i >= 5) /* after another one */
		ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	serving_jump(2 * SECOND_US);
	visitor_send(&visitor, slow_beginnings[_i % 5]);
	serving_pass(2);
	serving_jump(2 * SECOND_US);
	serving_jump(SERVING_READ_DEADLINE_US - 4 * SECOND_US);
	ck_assert(visitor_is_left_alone(&visitor));
	serving_jump(4 * SECOND_US);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(visitor.len, 0);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_byte_now_and_then_does_not_help)
{
	struct visitor visitor;
	bool is_closed = false;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	for (int second = 0; second < 15 && !is_closed; second++) {
		visitor_send(&visitor, second == 0 && _i == 1 ? "GET /hello HTTP/1.1\r\nX: " : "x");
		serving_pass(1);
		serving_jump(1100 * 1000);
		is_closed = !visitor_is_left_alone(&visitor);
	}
	ck_assert(is_closed);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

/*
 * libmicrohttpd can do nothing with it, but asks to be run at once. Without pauses the turns below
 * take no time.
 */
START_TEST(who_sends_a_chunk_size_without_an_end_keeps_nobody_busy)
{
	enum { TURNS = 200, EXTENSION = 100 * 1000 };
	static char flood[EXTENSION + 1];
	struct visitor visitor;
	struct visitor other;
	uint64_t began_us;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	visitor_connect(&other);
	visitor_send(&visitor,
		     "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;");
	memset(flood, 'x', EXTENSION);
	visitor_send(&visitor, flood);
	serving_pass(20);
	began_us = clock_monotonic_us(clock_system());
	for (int turn = 0; turn < TURNS; turn++)
		loop_turn(serving.loop, 60 * 1000 * 1000);
	ck_assert_uint_gt(clock_monotonic_us(clock_system()) - began_us, TURNS * 1000);
	ck_assert_int_eq(visitor_ask(&other, GET("/hello")), 200);
	serving_jump(SERVING_READ_DEADLINE_US + 2000 * 1000);
	ck_assert(visitor_is_sent_away(&visitor));
	visitor_leave(&visitor);
	visitor_leave(&other);
	serving_stop();
}
END_TEST

START_TEST(an_idle_connection_stays_open_and_can_be_used)
{
	struct visitor visitor;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
		for (int second = 0; second < 20; second++)
			serving_jump(SECOND_US + 1);
	}
	ck_assert(visitor_is_left_alone(&visitor));
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_request_that_waits_is_not_given_up)
{
	struct visitor visitor;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	for (int i = 0; i < 10; i++)
		serving_jump(SERVING_READ_DEADLINE_US);
	ck_assert(visitor_is_left_alone(&visitor));
	serving_let_go(RESULT_OK);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_client_that_does_not_read_is_given_up)
{
	struct visitor visitor;
	int small = 4096;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	setsockopt(visitor.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 8; i++)
		visitor_send(&visitor, GET("/big"));
	serving_pass(20);
	serving_jump(50 * SECOND_US);
	ck_assert_uint_eq(server_connections(serving.server), 1);
	serving_jump(20 * SECOND_US);
	serving_wait_for_connections(0);
	ck_assert_uint_eq(server_requests(serving.server), 0);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

/* Real time, for libmicrohttpd looks at its own clock. */
START_TEST(a_connection_that_is_silent_for_too_long_is_closed)
{
	struct visitor visitor;

	serving.config.idle_timeout_us = SECOND_US;
	serving_start(serving_routes);
	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	ck_assert(visitor_is_left_alone(&visitor));
	usleep(2200 * 1000); /* not paced */
	ck_assert(visitor_is_sent_away(&visitor));
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

/* ---- the end ---- */

static bool can_connect(void)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	struct visitor visitor;
	bool is_served;

	ck_assert_int_eq(getsockname(serving.listen_fd, (struct sockaddr *)&address, &len), 0);
	visitor_connect(&visitor); /* the kernel takes it over, but nobody else does */
	visitor_send(&visitor, GET("/live"));
	is_served = !visitor_is_left_alone(&visitor);
	visitor_leave(&visitor);
	return is_served;
}

START_TEST(draining_lets_requests_end_and_closes_their_connections)
{
	struct visitor visitor;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	server_drain(serving.server);
	server_drain(serving.server); /* harmless */
	serving_jump(5 * SECOND_US);
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_uint_eq(server_requests(serving.server), 1);
	serving_let_go(RESULT_OK);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_str_eq(visitor_header(&visitor, "Connection"), "close");
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(server_connections(serving.server), 0);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(draining_accepts_nobody_any_more_and_leaves_the_socket_to_its_owner)
{
	serving_start(serving_routes);
	ck_assert(can_connect());
	server_drain(serving.server);
	ck_assert(!can_connect());
	serving_jump(2 * SECOND_US);
	server_free(serving.server);
	serving.server = NULL;
	ck_assert_int_ne(fcntl(serving.listen_fd, F_GETFD), -1);
	loop_free(serving.loop);
	close(serving.listen_fd);
}
END_TEST

START_TEST(draining_takes_over_whom_the_kernel_has_accepted)
{
	struct visitor visitors[50];

	serving_start(serving_routes);
	for (size_t i = 0; i < 50; i++) { /* no turn of the loop in between */
		visitor_connect(&visitors[i]);
		visitor_send(&visitors[i], GET("/hello"));
	}
	server_drain(serving.server);
	for (size_t i = 0; i < 50; i++) {
		ck_assert_int_eq(visitor_status(&visitors[i]), 200);
		ck_assert_str_eq(visitor_header(&visitors[i], "Connection"), "close");
		visitor_leave(&visitors[i]);
	}
	serving_stop();
}
END_TEST

START_TEST(draining_closes_idle_connections_after_a_moment_of_grace)
{
	struct visitor idle;
	struct visitor late;

	serving_start(serving_routes);
	visitor_connect(&idle);
	visitor_connect(&late);
	ck_assert_int_eq(visitor_ask(&idle, GET("/hello")), 200);
	ck_assert_int_eq(visitor_ask(&late, GET("/hello")), 200);
	serving_jump(60 * SECOND_US);
	server_drain(serving.server);
	serving_jump(500 * 1000);
	ck_assert(visitor_is_left_alone(&idle));
	ck_assert_int_eq(visitor_ask(&late, GET("/hello")), 200); /* it was on its way */
	ck_assert_str_eq(visitor_header(&late, "Connection"), "close");
	serving_jump(700 * 1000);
	ck_assert(visitor_is_sent_away(&idle));
	ck_assert(visitor_is_sent_away(&late));
	ck_assert_uint_eq(server_connections(serving.server), 0);
	visitor_leave(&idle);
	visitor_leave(&late);
	serving_stop();
}
END_TEST

START_TEST(draining_lets_a_request_come_to_its_end_first)
{
	struct visitor visitor;

	serving_start(serving_routes);
	visitor_connect(&visitor);
	visitor_send(&visitor, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc");
	serving_pass(5);
	server_drain(serving.server);
	serving_jump(3 * SECOND_US);
	ck_assert(visitor_is_left_alone(&visitor));
	visitor_send(&visitor, "def");
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_str_eq(visitor_body(&visitor), "abcdef");
	ck_assert(visitor_is_sent_away(&visitor));
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(two_servers_share_a_loop)
{
	struct server_options options = {.config = &serving.config,
					 .max_connections = serving.config.max_connections,
					 .routes = serving_routes,
					 .is_quiet = true};
	struct visitor visitor;
	struct server *other;
	int first_fd;

	serving_start(serving_routes);
	first_fd = serving.listen_fd;
	options.loop = serving.loop;
	options.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(listen(options.listen_fd, 16), 0); /* on a port of the kernel's choice */
	other = server_new(&options);
	ck_assert_ptr_nonnull(other);
	ck_assert(server_open(other));
	server_set_ready(other);
	serving.listen_fd = options.listen_fd;
	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	visitor_leave(&visitor);
	serving_pass(5);
	server_free(other);
	close(options.listen_fd);
	serving.listen_fd = first_fd;
	visitor_connect(&visitor);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

Suite *server_suite(void)
{
	Suite *suite = suite_create("server");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, before_it_is_open_nobody_is_served_and_nobody_is_lost);
	tcase_add_test(tcase, before_it_is_ready_only_what_is_always_on_is_served);
	tcase_add_test(tcase, it_can_be_freed_before_it_was_open);
	tcase_add_test(tcase, requests_and_connections_are_counted);
	tcase_add_test(tcase, many_are_served_while_many_others_wait);
	tcase_add_test(tcase, waiting_and_going_on_by_turns_loses_nobody);
	tcase_add_test(tcase, beyond_the_limit_of_connections_clients_wait_for_a_place);
	tcase_add_loop_test(tcase, a_request_that_does_not_come_to_its_end_is_given_up, 0, 10);
	tcase_add_loop_test(tcase, a_byte_now_and_then_does_not_help, 0, 2);
	tcase_add_test(tcase, who_sends_a_chunk_size_without_an_end_keeps_nobody_busy);
	tcase_add_test(tcase, an_idle_connection_stays_open_and_can_be_used);
	tcase_add_test(tcase, a_request_that_waits_is_not_given_up);
	tcase_add_test(tcase, a_client_that_does_not_read_is_given_up);
	tcase_add_test(tcase, a_connection_that_is_silent_for_too_long_is_closed);
	tcase_add_test(tcase, draining_lets_requests_end_and_closes_their_connections);
	tcase_add_test(tcase, draining_accepts_nobody_any_more_and_leaves_the_socket_to_its_owner);
	tcase_add_test(tcase, draining_takes_over_whom_the_kernel_has_accepted);
	tcase_add_test(tcase, draining_closes_idle_connections_after_a_moment_of_grace);
	tcase_add_test(tcase, draining_lets_a_request_come_to_its_end_first);
	tcase_add_test(tcase, two_servers_share_a_loop);
	suite_add_tcase(suite, tcase);
	return suite;
}
