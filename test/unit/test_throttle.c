#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/access.h"
#include "http/rate_limit.h"
#include "http/throttle.h"
#include "serving.h"

enum { RATE = 1, BURST = 3 };

static struct visitor visitor;
/* "user:<id>" and "key:<name>" are good. */
static enum jwt_result read_token(void *context, struct request *rq,
				  const struct shown_token *token, struct caller *caller)
{
	const char *colon = strchr(token->text, ':');

	(void)context;
	if (!colon)
		return JWT_MALFORMED;
	*caller = (struct caller){
		.kind = strncmp(token->text, "key", 3) == 0 ? CALLER_STAFF : CALLER_SHOPPER,
		.id = arena_copy(&rq->arena, colon + 1, strlen(colon + 1)),
		.scopes = scope_bit(SCOPE_ADMIN),
		.by = "somebody",
	};
	return JWT_OK;
}

static const struct access access_control = {.read_token = read_token};

static void begin_with(const struct access *access, uint64_t proxies, bool knows_proxies)
{
	serving_init();
	serving.access = access;
	serving.config.trusted_proxies = proxies;
	serving.config.knows_proxies = knows_proxies;
	serving.rate_limit = rate_limit_new(RATE, BURST, clock_monotonic_us(&serving.clock));
	serving_start(serving_routes);
	visitor_connect(&visitor);
}

static void begin(uint64_t proxies, bool knows_proxies)
{
	begin_with(NULL, proxies, knows_proxies);
}

static void tear_down(void)
{
	visitor_leave(&visitor);
	serving_stop();
	rate_limit_free(serving.rate_limit);
}

/* Asks with one header more. */
static int ask(const char *path, const char *header)
{
	char text[500];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: test\r\n%s\r\n\r\n", path, header);
	return visitor_ask(&visitor, text);
}

#define NO_HEADER "X-Nothing: 1"
#define FROM(client) "X-Forwarded-For: " client

static void ck_assert_served(unsigned times, const char *path, const char *header)
{
	for (unsigned i = 0; i < times; i++)
		ck_assert_int_eq(ask(path, header), 200);
	ck_assert_int_eq(ask(path, header), 429);
}

static uint64_t throttled(enum rate_kind kind)
{
	return metric_get(&server_metrics(serving.server)->throttled[kind]);
}

START_TEST(one_too_many_is_told_what_to_do)
{
	begin(0, true);
	ck_assert_served(BURST, "/smuggled", NO_HEADER);
	ck_assert(visitor_has_problem(&visitor, "too-many-requests"));
	ck_assert_str_eq(visitor_header(&visitor, "Retry-After"), "1");
	ck_assert_str_eq(visitor_header(&visitor, "RateLimit-Policy"), "\"address\";q=3;w=3");
	ck_assert_str_eq(visitor_header(&visitor, "RateLimit"), "\"address\";r=0;t=1");
	ck_assert_uint_eq(serving.smuggled, BURST);
	ck_assert_uint_eq(throttled(RATE_ADDRESS), 1);
	serving_jump(1000 * 1000);
	ck_assert_served(1, "/smuggled", NO_HEADER);
}
END_TEST

START_TEST(what_is_always_on_is_never_too_much)
{
	begin(0, true);
	ck_assert_served(BURST, "/hello", NO_HEADER);
	for (int i = 0; i < 2 * BURST; i++)
		ck_assert_int_eq(ask("/live", NO_HEADER), 200);
}
END_TEST

START_TEST(what_is_answered_by_its_head_alone_is_not_counted)
{
	begin(0, true);
	for (int i = 0; i < 2 * BURST; i++) {
		ck_assert_int_eq(ask("/nothing", NO_HEADER), 404);
		ck_assert_int_eq(ask("/hello?x=1", NO_HEADER), 400);
	}
	ck_assert_served(BURST, "/hello", NO_HEADER);
}
END_TEST

START_TEST(behind_a_proxy_each_client_counts_for_himself)
{
	begin(1, true);
	ck_assert_served(BURST, "/hello", FROM("203.0.113.9"));
	ck_assert_served(BURST, "/hello", FROM("203.0.113.10, 203.0.113.11"));
	ck_assert_served(BURST, "/hello", FROM("203.0.113.10"));
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.10, 203.0.113.9")), 429);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.10\r\nX-Forwarded-For: 203.0.113.9")), 429);
	ck_assert_served(BURST, "/hello", FROM("2001:db8:0:1::1"));
	ck_assert_int_eq(ask("/hello", FROM("2001:db8:0:1:9::9")), 429);
	ck_assert_int_eq(ask("/hello", FROM("2001:db8:0:2::1")), 200);
}
END_TEST

/* The other header is the client's own invention, however many proxies there are. */
START_TEST(one_header_is_read_and_the_other_is_not)
{
	begin(1, true);
	serving.config.proxy_header = PROXY_FORWARDED;
	ck_assert_served(BURST, "/hello",
			 "Forwarded: for=198.51.100.1, by=192.0.2.1;for=203.0.113.9");
	ck_assert_int_eq(ask("/hello", "Forwarded: for=203.0.113.9\r\n" FROM("203.0.113.10")), 429);
	ck_assert_int_eq(ask("/hello", "Forwarded: for=203.0.113.10;proto=https"), 200);
	ck_assert_served(BURST, "/hello", FROM("203.0.113.11"));
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.12")), 429);
}
END_TEST

START_TEST(a_list_that_cannot_be_read_counts_for_the_peer)
{
	begin(2, true);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.9")), 200);
	ck_assert_int_eq(ask("/hello", FROM("not an address, 203.0.113.9")), 200);
	ck_assert_served(1, "/hello", NO_HEADER);
	ck_assert_int_eq(ask("/hello", FROM("127.0.0.1, 203.0.113.9")), 429);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.9, 203.0.113.9")), 200);
}
END_TEST

START_TEST(without_proxies_nobody_is_believed)
{
	begin(0, true);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.9")), 200);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.10")), 200);
	ck_assert_served(1, "/hello", FROM("203.0.113.11"));
}
END_TEST

START_TEST(a_private_peer_may_be_a_proxy_unless_it_is_said)
{
	begin(0, false);
	for (int i = 0; i < 3 * BURST; i++)
		ck_assert_int_eq(ask("/hello", NO_HEADER), 200);
}
END_TEST

START_TEST(keys_and_users_count_for_themselves_wherever_they_are)
{
	begin_with(&access_control, 0, false);
	ck_assert_served(BURST, "/hello", "Authorization: Bearer user:jo");
	ck_assert(strstr(visitor_body(&visitor), "This user has made 3 requests"));
	ck_assert_served(BURST, "/hello", "Authorization: Bearer user:flo");
	ck_assert_served(BURST, "/hello", "Authorization: Bearer key:jo");
	ck_assert_str_eq(visitor_header(&visitor, "RateLimit-Policy"), "\"key\";q=3;w=3");
	ck_assert_uint_eq(throttled(RATE_USER), 2);
	ck_assert_uint_eq(throttled(RATE_KEY), 1);
}
END_TEST

START_TEST(what_is_no_good_counts_for_the_address)
{
	begin_with(&access_control, 1, true);
	for (int i = 0; i < BURST; i++)
		ck_assert_int_eq(ask("/hello", FROM("203.0.113.9\r\nAuthorization: Bearer x")),
				 401);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.9\r\nAuthorization: Bearer x")), 429);
	ck_assert_int_eq(ask("/hello", FROM("203.0.113.9\r\nAuthorization: Bearer user:jo")), 200);
}
END_TEST

START_TEST(a_body_that_comes_with_too_much_is_read_and_dropped)
{
	begin(0, true);
	ck_assert_served(BURST, "/hello", NO_HEADER);
	ck_assert_int_eq(visitor_ask(&visitor, "POST /echo HTTP/1.1\r\nHost: test\r\n"
					       "Content-Length: 3\r\n\r\nabc"),
			 429);
	ck_assert_int_eq(ask("/live", NO_HEADER), 200);
}
END_TEST

Suite *throttle_suite(void)
{
	Suite *suite = suite_create("throttle");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, one_too_many_is_told_what_to_do);
	tcase_add_test(tests, what_is_always_on_is_never_too_much);
	tcase_add_test(tests, what_is_answered_by_its_head_alone_is_not_counted);
	tcase_add_test(tests, behind_a_proxy_each_client_counts_for_himself);
	tcase_add_test(tests, one_header_is_read_and_the_other_is_not);
	tcase_add_test(tests, a_list_that_cannot_be_read_counts_for_the_peer);
	tcase_add_test(tests, without_proxies_nobody_is_believed);
	tcase_add_test(tests, a_private_peer_may_be_a_proxy_unless_it_is_said);
	tcase_add_test(tests, keys_and_users_count_for_themselves_wherever_they_are);
	tcase_add_test(tests, what_is_no_good_counts_for_the_address);
	tcase_add_test(tests, a_body_that_comes_with_too_much_is_read_and_dropped);
	suite_add_tcase(suite, tests);
	return suite;
}
