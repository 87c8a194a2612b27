#include <check.h>
#include <sys/socket.h>

#include "http/connection_deadline.h"
#include "serving.h"

/* Most of what overstays is tested where it is seen: in test_server.c and test_stream.c. */

#define GET(path) "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"
#define UPLOAD "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n"

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

START_TEST(who_left_in_the_middle_of_a_body_is_noticed_before_the_deadline)
{
	visitor_send(&visitor, UPLOAD "abc");
	shutdown(visitor.fd, SHUT_WR);
	serving_pass(5);
	serving_jump(1100 * 1000);
	ck_assert(visitor_is_sent_away(&visitor));
	ck_assert_uint_eq(server_requests(serving.server), 0);
}
END_TEST

START_TEST(who_only_pauses_is_waited_for)
{
	visitor_send(&visitor, UPLOAD "abc");
	serving_jump(SERVING_READ_DEADLINE_US / 2);
	ck_assert(visitor_is_left_alone(&visitor));
	visitor_send(&visitor, "defghij");
	ck_assert_int_eq(visitor_status(&visitor), 200);
}
END_TEST

START_TEST(who_pauses_too_long_is_not)
{
	visitor_send(&visitor, UPLOAD "abc");
	serving_pass(2);
	serving_jump(SERVING_READ_DEADLINE_US + 1100 * 1000);
	ck_assert(visitor_is_sent_away(&visitor));
}
END_TEST

/* Another server, of a few connections only. */
static void begin_narrow(void)
{
	tear_down();
	serving_init();
	serving.config.max_connections = 4;
	serving_start(serving_routes);
	visitor_connect(&visitor);
}

START_TEST(when_all_places_are_taken_idle_connections_make_room)
{
	struct visitor idle[3];
	struct visitor late;

	begin_narrow();
	for (int i = 0; i < 3; i++) {
		visitor_connect(&idle[i]);
		if (i > 0)
			ck_assert_int_eq(visitor_ask(&idle[i], GET("/hello")), 200);
	}
	visitor_send(&visitor, GET("/wait"));
	serving_wait_for(1);
	serving_wait_for_connections(4);
	visitor_connect(&late);
	visitor_send(&late, GET("/live"));
	ck_assert(visitor_is_left_alone(&late));
	serving_jump(2500 * 1000);
	ck_assert_int_eq(visitor_status(&late), 200);
	serving_let_go(RESULT_OK);
	ck_assert_int_eq(visitor_status(&visitor), 200);
	ck_assert_uint_ge(server_connections(serving.server), 3); /* one has gone, not all */
	visitor_leave(&late);
	for (int i = 0; i < 3; i++)
		visitor_leave(&idle[i]);
}
END_TEST

START_TEST(while_there_is_room_they_stay)
{
	begin_narrow();
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	serving_jump(20 * 1000 * 1000);
	ck_assert(visitor_is_left_alone(&visitor));
}
END_TEST

Suite *connection_deadline_suite(void)
{
	Suite *suite = suite_create("connection_deadline");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, who_left_in_the_middle_of_a_body_is_noticed_before_the_deadline);
	tcase_add_test(tests, who_only_pauses_is_waited_for);
	tcase_add_test(tests, who_pauses_too_long_is_not);
	tcase_add_test(tests, when_all_places_are_taken_idle_connections_make_room);
	tcase_add_test(tests, while_there_is_room_they_stay);
	suite_add_tcase(suite, tests);
	return suite;
}
