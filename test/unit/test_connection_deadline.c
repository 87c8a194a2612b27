#include <check.h>
#include <sys/socket.h>

#include "http/connection_deadline.h"
#include "serving.h"

/* Most of what overstays is tested where it is seen: in test_server.c and test_stream.c. */

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

Suite *connection_deadline_suite(void)
{
	Suite *suite = suite_create("connection_deadline");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, who_left_in_the_middle_of_a_body_is_noticed_before_the_deadline);
	tcase_add_test(tests, who_only_pauses_is_waited_for);
	tcase_add_test(tests, who_pauses_too_long_is_not);
	suite_add_tcase(suite, tests);
	return suite;
}
