#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"
#include "peer.h"
#include "serving.h"

/* Connections between two requests: watched by the loop, not by libmicrohttpd. */

#define HOST "Host: test\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

enum { SECOND_US = 1000 * 1000 };

static void set_up(void)
{
	serving_init();
	serving_start(serving_routes);
}

static size_t parked(void)
{
	return serving.server->parked_count;
}

/* The other side's end takes the kernel a moment. */
static void wait_for_counts(size_t connections, size_t parked_ones)
{
	for (int i = 0; i < paced(3000); i++) {
		if (server_connections(serving.server) == connections && parked() == parked_ones)
			return;
		loop_turn(serving.loop, 1000);
	}
	ck_abort_msg("%zu connections, %zu of them parked", server_connections(serving.server),
		     parked());
}

static void serve_one(struct visitor *visitor)
{
	visitor_connect(visitor);
	ck_assert_int_eq(visitor_ask(visitor, GET("/hello")), 200);
	wait_for_counts(1, 1);
}

START_TEST(a_connection_is_parked_after_each_request)
{
	struct visitor visitor;

	serve_one(&visitor);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
		visitor_send(&visitor, GET("/wait"));
		serving_wait_for(1);
		ck_assert_uint_eq(parked(), 0);
		serving_let_go(RESULT_OK);
		ck_assert_int_eq(visitor_status(&visitor), 200);
		wait_for_counts(1, 1);
	}
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(requests_sent_ahead_are_answered_in_order)
{
	struct visitor visitor;

	serve_one(&visitor);
	visitor_send(&visitor, GET("/wait") GET("/hello") GET("/wait") "GET /li");
	for (int i = 0; i < 2; i++) {
		serving_wait_for(1);
		visitor_send(&visitor, i == 0 ? "ve HTTP/1.1\r\nHo" : "st: test\r\n");
		serving_pass(5);
		serving_let_go(RESULT_OK);
		ck_assert_int_eq(visitor_status(&visitor), 200);
		ck_assert_str_eq(visitor_body(&visitor), "waited");
		if (i == 0)
			ck_assert_int_eq(visitor_status(&visitor), 200);
	}
	serving_pass(5);
	ck_assert_int_eq(visitor_ask(&visitor, "\r\n"), 200);
	ck_assert_str_eq(visitor_body(&visitor), "live");
	wait_for_counts(1, 1);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_request_that_comes_in_pieces_is_put_together)
{
	static const char text[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
	struct visitor visitor;

	serve_one(&visitor);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; text[i] != '\0'; i++) {
			visitor_send_bytes(&visitor, text + i, 1);
			loop_turn(serving.loop, 0);
		}
		ck_assert_int_eq(visitor_status(&visitor), 200);
		ck_assert_str_eq(visitor_body(&visitor), "abc");
	}
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_client_who_leaves_is_noticed)
{
	struct visitor visitor;

	serve_one(&visitor);
	visitor_leave(&visitor);
	wait_for_counts(0, 0);
	serve_one(&visitor);
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	visitor_leave(&visitor);
	serving_pass(5); /* not before its reply is there */
	ck_assert_uint_eq(server_connections(serving.server), 1);
	serving_let_go(RESULT_OK);
	wait_for_counts(0, 0);
	serving_stop();
}
END_TEST

START_TEST(a_client_who_has_said_all_gets_its_answers)
{
	struct visitor visitor;

	serve_one(&visitor);
	visitor_send(&visitor, GET("/wait"));
	ck_assert_int_eq(shutdown(visitor.fd, SHUT_WR), 0);
	serving_wait_for(1);
	serving_pass(5);
	serving_let_go(RESULT_OK);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(parked(), 0);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(a_silent_one_is_given_back_and_still_served)
{
	struct visitor visitor;

	serve_one(&visitor);
	serving_jump(PARKING_US + SECOND_US);
	ck_assert_uint_eq(parked(), 0);
	ck_assert(visitor_is_left_alone(&visitor));
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	wait_for_counts(1, 1);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(only_so_many_are_parked_and_all_are_served)
{
	enum { CROWD = PARKING_MAX + 20 };
	static struct visitor crowd[CROWD];

	for (size_t i = 0; i < CROWD; i++)
		visitor_connect(&crowd[i]);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < CROWD; i++)
			visitor_send(&crowd[i], i % 2 == 0 ? GET("/wait") : GET("/hello"));
		serving_wait_for(CROWD / 2);
		while (serving.waiting_count > 0)
			serving_let_go(RESULT_OK);
		for (size_t i = 0; i < CROWD; i++)
			ck_assert_int_eq(visitor_status(&crowd[i]), 200);
		wait_for_counts(CROWD, PARKING_MAX);
	}
	for (size_t i = 0; i < CROWD; i++)
		visitor_leave(&crowd[i]);
	serving_stop();
}
END_TEST

START_TEST(the_server_can_end_while_some_are_parked)
{
	struct visitor visitor;

	serve_one(&visitor);
	server_free(serving.server);
	serving.server = NULL;
	ck_assert(visitor_is_sent_away(&visitor));
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

Suite *parking_suite(void)
{
	Suite *suite = suite_create("parking");
	TCase *tests = tcase_create("connections");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_connection_is_parked_after_each_request);
	tcase_add_test(tests, requests_sent_ahead_are_answered_in_order);
	tcase_add_test(tests, a_request_that_comes_in_pieces_is_put_together);
	tcase_add_test(tests, a_client_who_leaves_is_noticed);
	tcase_add_test(tests, a_client_who_has_said_all_gets_its_answers);
	tcase_add_test(tests, a_silent_one_is_given_back_and_still_served);
	tcase_add_test(tests, only_so_many_are_parked_and_all_are_served);
	tcase_add_test(tests, the_server_can_end_while_some_are_parked);
	suite_add_tcase(suite, tests);
	return suite;
}
