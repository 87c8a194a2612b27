#include "calling.h"

#include <check.h>
#include <string.h>

enum { TURN_US = 2000, DEADLINE_MS = 2000 };

static uint64_t monotonic_us(void *context)
{
	return clock_monotonic_us(clock_system()) + ((struct calling *)context)->ahead_us;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return clock_wall_ms(clock_system());
}

void calling_init(struct calling *calling)
{
	memset(calling, 0, sizeof(*calling));
	calling->clock = (struct clock){monotonic_us, wall_ms, calling};
	calling->loop = loop_new(&calling->clock);
	ck_assert_ptr_nonnull(calling->loop);
	calling->options = (struct http_client_options){
		.loop = calling->loop,
		.max_connections = 8,
		.max_waiting = 100,
		.max_connecting = 4,
		.connect_timeout_us = (uint64_t)paced(1000) * 1000,
		.max_idle_us = 20 * 1000 * 1000,
		.max_age_us = 60 * 1000 * 1000,
	};
}

void calling_start(struct calling *calling, void (*script)(struct peer *peer))
{
	peer_start(&calling->peer, script, calling->tls);
	calling->origin = (struct origin){calling->peer.url, calling->peer.authority, true};
	calling->client = http_client_new(&calling->options);
	ck_assert_ptr_nonnull(calling->client);
}

void calling_stop(struct calling *calling)
{
	http_client_stop(calling->client);
	loop_turn(calling->loop, 0);
	http_client_free(calling->client);
	loop_free(calling->loop);
	peer_finish(&calling->peer);
}

static void on_done(struct exchange *exchange)
{
	struct call *call = exchange->context;

	call->done_count++;
}

void call_init(struct call *call, struct calling *calling, const char *path)
{
	memset(call, 0, sizeof(*call));
	call->calling = calling;
	call->exchange.origin = &calling->origin;
	call->exchange.done = on_done;
	call->exchange.context = call;
	call->exchange.deadline_us =
		clock_monotonic_us(&calling->clock) + (uint64_t)paced(DEADLINE_MS) * 1000;
	http_answer_init(&call->exchange.answer, CALL_BODY_MAX);
	buf_init(&call->exchange.request, 32 * 1024 * 1024);
	buf_add_format(&call->exchange.request, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
}

void call_start(struct call *call)
{
	struct transport *transport = http_client_transport(call->calling->client);

	transport->start(transport, &call->exchange);
	ck_assert_uint_eq(call->done_count, 0); /* never from within start */
}

void call_get(struct call *call, struct calling *calling, const char *path)
{
	call_init(call, calling, path);
	call_start(call);
}

void call_clear(struct call *call)
{
	http_answer_clear(&call->exchange.answer);
	buf_clear(&call->exchange.request);
}

void calling_pass(struct calling *calling, int ms)
{
	uint64_t until_us = clock_monotonic_us(clock_system()) + (uint64_t)paced(ms) * 1000;

	while (clock_monotonic_us(clock_system()) < until_us)
		loop_turn(calling->loop, TURN_US);
}

void calling_wait_for(struct calling *calling, const metric_counter *metric, uint64_t value)
{
	for (int i = 0; metric_get(metric) != value; i++) {
		ck_assert_msg(i < paced(PEER_PATIENCE_MS), "what was waited for does not come");
		loop_turn(calling->loop, TURN_US);
	}
}

void call_wait(struct call *call)
{
	for (int i = 0; call->done_count == 0; i++) {
		ck_assert_msg(i < paced(PEER_PATIENCE_MS), "a call does not end");
		loop_turn(call->calling->loop, TURN_US);
	}
	ck_assert_uint_eq(call->done_count, 1);
}

void call_expect(struct call *call, const char *body)
{
	call_wait(call);
	ck_assert_str_eq(call->exchange.error, "");
	ck_assert_int_eq(call->exchange.end, EXCHANGE_ANSWERED);
	ck_assert(call->exchange.was_sent);
	ck_assert_int_eq(call->exchange.answer.status, 200);
	ck_assert_str_eq(buf_text(&call->exchange.answer.body), body);
}

void call_expect_end(struct call *call, enum exchange_end end, bool was_sent)
{
	call_wait(call);
	ck_assert_msg(call->exchange.end == end, "end %d, not %d: %s", (int)call->exchange.end,
		      (int)end, call->exchange.error);
	ck_assert_msg(call->exchange.was_sent == was_sent, "was_sent is %d",
		      call->exchange.was_sent);
	ck_assert_str_ne(call->exchange.error, "");
}
