#include <check.h>
#include <string.h>

#include "http/neighbours.h"
#include "serving.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"

static struct neighbours neighbours;

static void set_up(void)
{
	memset(&neighbours, 0, sizeof(neighbours));
	ck_assert(neighbours_init(&neighbours));
}

static struct ip address(const char *text)
{
	struct ip ip;

	ck_assert(ip_parse(span_of(text), &ip));
	return ip;
}

static void add(struct neighbour *one, const char *text)
{
	struct ip ip = address(text);

	memset(one, 0, sizeof(*one));
	neighbours_add(&neighbours, one, &ip);
}

static size_t count(const char *text)
{
	struct ip ip = address(text);

	return neighbours_count(&neighbours, &ip, 100);
}

START_TEST(each_subscriber_has_a_count_of_his_own)
{
	struct neighbour some[5];
	struct ip ip = address("203.0.113.9");

	add(&some[0], "203.0.113.9");
	add(&some[1], "203.0.113.9");
	add(&some[2], "203.0.113.10");
	add(&some[3], "2001:db8:0:1::1");
	add(&some[4], "2001:db8:0:1::2");
	ck_assert_uint_eq(count("203.0.113.9"), 2);
	ck_assert_uint_eq(count("203.0.113.10"), 1);
	ck_assert_uint_eq(count("203.0.113.11"), 0);
	ck_assert_uint_eq(count("2001:db8:0:1:2:3:4:5"), 2);
	ck_assert_uint_eq(count("2001:db8:0:2::1"), 0);
	ck_assert_uint_eq(neighbours_count(&neighbours, &ip, 1), 1);
}
END_TEST

START_TEST(who_leaves_is_counted_no_more_in_whatever_order)
{
	static struct neighbour many[3 * NEIGHBOURS_CHAINS];
	enum { MANY = sizeof(many) / sizeof(many[0]) };

	for (size_t i = 0; i < MANY; i++)
		add(&many[i], i % 3 == 0 ? "203.0.113.9" : "198.51.100.1");
	ck_assert_uint_eq(count("203.0.113.9"), 100);
	for (size_t i = 3; i < MANY; i += 3)
		neighbours_remove(&many[i]);
	ck_assert_uint_eq(count("203.0.113.9"), 1);
	neighbours_remove(&many[0]);
	neighbours_remove(&many[0]);
	ck_assert_uint_eq(count("203.0.113.9"), 0);
	for (size_t i = MANY; i-- > 0;)
		neighbours_remove(&many[i]);
	ck_assert_uint_eq(count("198.51.100.1"), 0);
	for (size_t i = 0; i < NEIGHBOURS_CHAINS; i++)
		ck_assert_ptr_null(neighbours.chains[i]);
}
END_TEST

START_TEST(one_that_was_never_added_can_be_removed)
{
	struct neighbour one = {.at = NULL};
	struct neighbour other;

	add(&other, "203.0.113.9");
	neighbours_remove(&one);
	ck_assert_uint_eq(count("203.0.113.9"), 1);
}
END_TEST

/* ---- in a server ---- */

START_TEST(one_address_has_so_many_connections_and_no_more)
{
	struct visitor visitors[3];

	serving_init();
	serving.config.max_connections_per_address = 2;
	serving.config.knows_proxies = true;
	serving_start(serving_routes);
	for (int i = 0; i < 2; i++) {
		visitor_connect(&visitors[i]);
		ck_assert_int_eq(visitor_ask(&visitors[i], GET("/hello")), 200);
	}
	visitor_connect(&visitors[2]);
	ck_assert(visitor_is_sent_away(&visitors[2]));
	ck_assert_uint_eq(metric_get(&server_metrics(serving.server)->connections_refused), 1);
	ck_assert_int_eq(visitor_ask(&visitors[0], GET("/hello")), 200);
	visitor_leave(&visitors[2]);
	visitor_leave(&visitors[1]);
	serving_wait_for_connections(1);
	visitor_connect(&visitors[1]);
	ck_assert_int_eq(visitor_ask(&visitors[1], GET("/hello")), 200);
	visitor_leave(&visitors[0]);
	visitor_leave(&visitors[1]);
	serving_stop();
}
END_TEST

START_TEST(what_may_be_a_proxy_has_as_many_as_it_likes)
{
	struct visitor visitors[4];

	serving_init();
	serving.config.max_connections_per_address = 2;
	serving.config.trusted_proxies = _i == 0 ? 0 : 1;
	serving.config.knows_proxies = _i == 1;
	serving_start(serving_routes);
	for (int i = 0; i < 4; i++) {
		visitor_connect(&visitors[i]);
		ck_assert_int_eq(visitor_ask(&visitors[i], GET("/hello")), 200);
	}
	for (int i = 0; i < 4; i++)
		visitor_leave(&visitors[i]);
	serving_stop();
}
END_TEST

Suite *neighbours_suite(void)
{
	Suite *suite = suite_create("neighbours");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, each_subscriber_has_a_count_of_his_own);
	tcase_add_test(tests, who_leaves_is_counted_no_more_in_whatever_order);
	tcase_add_test(tests, one_that_was_never_added_can_be_removed);
	tcase_add_test(tests, one_address_has_so_many_connections_and_no_more);
	tcase_add_loop_test(tests, what_may_be_a_proxy_has_as_many_as_it_likes, 0, 2);
	suite_add_tcase(suite, tests);
	return suite;
}
