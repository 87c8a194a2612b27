#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/capacity.h"
#include "http/connection.h"
#include "http/reply.h"
#include "http/stream.h"
#include "serving.h"

#define HOST "Host: test\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define POST(path, len) "POST " path " HTTP/1.1\r\n" HOST "Content-Length: " len "\r\n\r\n"

enum { WAITING_MAX = 3, BODY = 8 * 1024 * 1024, BODIES = CAPACITY_BODIES / BODY };

static uint64_t refused(enum capacity_kind kind)
{
	return metric_get(&server_metrics(serving.server)->overload[kind]);
}

static void ck_assert_refused(struct visitor *visitor, enum capacity_kind kind, uint64_t times)
{
	ck_assert_int_eq(visitor_status(visitor), 503);
	ck_assert(visitor_has_problem(visitor, "unavailable"));
	ck_assert_str_eq(visitor_header(visitor, "Retry-After"), "1");
	ck_assert_uint_eq(refused(kind), times);
}

/* ---- requests ---- */

static void begin_narrow(void)
{
	serving_init();
	serving.config.max_requests = WAITING_MAX;
	serving_start(serving_routes);
}

START_TEST(beyond_the_bound_requests_are_refused_at_once)
{
	struct visitor waiting[WAITING_MAX];
	struct visitor late;

	begin_narrow();
	visitor_connect(&late);
	for (size_t i = 0; i < WAITING_MAX; i++) {
		visitor_connect(&waiting[i]);
		visitor_send(&waiting[i], GET("/wait"));
	}
	serving_wait_for(WAITING_MAX);
	visitor_send(&late, GET("/wait"));
	ck_assert_refused(&late, CAPACITY_OF_REQUESTS, 1);
	visitor_send(&late, GET("/hello"));
	ck_assert_refused(&late, CAPACITY_OF_REQUESTS, 2);
	ck_assert_int_eq(visitor_ask(&late, GET("/live")), 200);
	serving_let_go(RESULT_OK);
	ck_assert_int_eq(visitor_status(&waiting[0]), 200);
	ck_assert_int_eq(visitor_ask(&late, GET("/hello")), 200);
	visitor_leave(&late);
	for (size_t i = 0; i < WAITING_MAX; i++)
		visitor_leave(&waiting[i]);
	serving_stop();
}
END_TEST

START_TEST(who_left_takes_room_until_his_request_has_ended)
{
	struct visitor visitor;

	begin_narrow();
	for (size_t i = 0; i < WAITING_MAX; i++) {
		visitor_connect(&visitor);
		visitor_send(&visitor, GET("/wait"));
		serving_wait_for(i + 1);
		visitor_leave(&visitor);
	}
	visitor_connect(&visitor);
	visitor_send(&visitor, GET("/hello"));
	ck_assert_refused(&visitor, CAPACITY_OF_REQUESTS, 1);
	while (serving.waiting_count > 0)
		serving_let_go(RESULT_TIMEOUT);
	ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

START_TEST(who_is_slow_takes_no_room)
{
	struct visitor slow[2 * WAITING_MAX];
	struct visitor visitor;

	begin_narrow();
	for (size_t i = 0; i < 2 * WAITING_MAX; i++) {
		visitor_connect(&slow[i]);
		visitor_send(&slow[i], POST("/echo", "3") "a");
	}
	serving_wait_for_connections(2 * WAITING_MAX);
	visitor_connect(&visitor);
	for (int i = 0; i < 2 * WAITING_MAX; i++)
		ck_assert_int_eq(visitor_ask(&visitor, GET("/hello")), 200);
	visitor_send(&slow[0], "bc");
	ck_assert_int_eq(visitor_status(&slow[0]), 200);
	for (size_t i = 0; i < 2 * WAITING_MAX; i++)
		visitor_leave(&slow[i]);
	visitor_leave(&visitor);
	serving_stop();
}
END_TEST

/* ---- bodies ---- */

static void wait_for_bodies(size_t bytes)
{
	for (int i = 0; serving.server->capacity.used[CAPACITY_OF_BODIES] < bytes; i++) {
		ck_assert_int_lt(i, 1000);
		serving_pass(5);
	}
}

START_TEST(all_bodies_together_have_a_bound)
{
	static struct visitor visitors[BODIES];
	struct visitor late;
	char *bytes = calloc(1, BODY);

	serving_init();
	serving.config.max_body = BODY;
	serving_start(serving_routes);
	visitor_connect(&late);
	for (size_t i = 0; i < BODIES; i++) {
		visitor_connect(&visitors[i]);
		visitor_send(&visitors[i], POST("/echo", "8388608"));
		visitor_send_bytes(&visitors[i], bytes, BODY - 1);
	}
	wait_for_bodies((size_t)BODIES * (BODY - 1));
	visitor_send(&late, POST("/echo", "10000"));
	visitor_send_bytes(&late, bytes, 10000);
	ck_assert_refused(&late, CAPACITY_OF_BODIES, 1);
	visitor_leave(&visitors[0]);
	serving_wait_for_connections(BODIES);
	ck_assert_int_eq(visitor_ask(&late, POST("/echo", "3") "abc"), 200);
	ck_assert_str_eq(visitor_body(&late), "abc");
	for (size_t i = 1; i < BODIES; i++)
		visitor_leave(&visitors[i]);
	visitor_leave(&late);
	serving_stop();
	free(bytes);
}
END_TEST

/* ---- streams ---- */

static size_t take_all(struct request *rq, const char *bytes, size_t len)
{
	(void)rq;
	(void)bytes;
	return len;
}

static enum flow say_done(struct request *rq)
{
	return reply_empty(rq, 204);
}

static void do_nothing(struct request *rq)
{
	(void)rq;
}

static const struct streaming streaming = {.take = take_all, .end = do_nothing};
static const struct endpoint post_stream = {.state_size = 8,
					    .stream = &streaming,
					    .steps = STEPS(say_done)};
static const struct route routes[] = {
	{.method = METHOD_POST, .path = "/stream", .endpoint = &post_stream},
	{0},
};

START_TEST(streams_have_a_bound_of_their_own)
{
	static struct visitor visitors[CAPACITY_STREAMS];
	struct visitor late;

	serving_init();
	serving_start(routes);
	visitor_connect(&late);
	for (size_t i = 0; i < CAPACITY_STREAMS; i++) {
		visitor_connect(&visitors[i]);
		visitor_send(&visitors[i], POST("/stream", "3") "a");
	}
	serving_pass(20);
	visitor_send(&late, POST("/stream", "3") "abc");
	ck_assert_refused(&late, CAPACITY_OF_STREAMS, 1);
	visitor_send(&visitors[0], "bc");
	ck_assert_int_eq(visitor_status(&visitors[0]), 204);
	visitor_leave(&visitors[1]);
	serving_wait_for_connections(CAPACITY_STREAMS);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(visitor_ask(&late, POST("/stream", "3") "abc"), 204);
	for (size_t i = 0; i < CAPACITY_STREAMS; i++)
		if (i != 1)
			visitor_leave(&visitors[i]);
	visitor_leave(&late);
	serving_stop();
}
END_TEST

Suite *capacity_suite(void)
{
	Suite *suite = suite_create("capacity");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, beyond_the_bound_requests_are_refused_at_once);
	tcase_add_test(tests, who_left_takes_room_until_his_request_has_ended);
	tcase_add_test(tests, who_is_slow_takes_no_room);
	tcase_add_test(tests, all_bodies_together_have_a_bound);
	tcase_add_test(tests, streams_have_a_bound_of_their_own);
	suite_add_tcase(suite, tests);
	return suite;
}
