#include "serving.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/reply.h"
#include "io/listener.h"
#include "peer.h"

enum {
	TURN_US = 1000,
	TURNS_MIN = 4,
	PATIENCE_MS = 3000,
	MOMENT_MS = 20,
	BIG = 1024 * 1024,
	RECEIVED_MAX = 2 * BIG
};

struct serving serving;

/* ---- endpoints ---- */

static enum flow reply_with(struct request *rq, const char *text, size_t len)
{
	struct buf body = {0};

	buf_init(&body, SERVING_BODY_MAX);
	buf_add(&body, text, len);
	return reply_text(rq, 200, "text/plain", &body);
}

static enum flow say_hello(struct request *rq)
{
	serving.hello++;
	return reply_with(rq, "hello", 5);
}

static enum flow say_live(struct request *rq)
{
	return reply_with(rq, "live", 4);
}

static enum flow echo(struct request *rq)
{
	return reply_with(rq, buf_text(&rq->raw_body), rq->raw_body.len);
}

static enum flow count_smuggled(struct request *rq)
{
	serving.smuggled++;
	return reply_with(rq, "smuggled", 8);
}

static enum flow wait(struct request *rq)
{
	ck_assert_uint_lt(serving.waiting_count, SERVING_WAITING_MAX);
	serving.waiting[serving.waiting_count++] = rq;
	await_start(&rq->await);
	return FLOW_WAIT;
}

static enum flow say_waited(struct request *rq)
{
	return reply_with(rq, "waited", 6);
}

static enum flow send_much(struct request *rq)
{
	struct buf body = {0};
	char *bytes;

	buf_init(&body, BIG);
	bytes = buf_reserve(&body, BIG);
	if (bytes != NULL) {
		memset(bytes, 'x', BIG);
		buf_commit(&body, BIG);
	}
	return reply_text(rq, 200, "text/plain", &body);
}

static enum flow reply_widely(struct request *rq)
{
	static char value[2000];

	serving.wide++;
	memset(value, 'x', sizeof(value) - 1);
	reply_header(rq, "Link", "%s", value);
	reply_header(rq, "Location", "%.100s", value);
	reply_header(rq, "Retry-After", "1");
	reply_header(rq, "Vary", "Accept-Encoding");
	reply_etag(rq, "12345678901234567890.12345678901234567890");
	rq->await.usage.calls = 1;
	return reply_with(rq, "wide", 4);
}

static const struct endpoint get_hello = {.steps = STEPS(say_hello)};
static const struct endpoint get_live_page = {.steps = STEPS(say_live)};
static const struct endpoint post_echo = {.steps = STEPS(echo)};
static const struct endpoint get_smuggled = {.steps = STEPS(count_smuggled)};
static const struct endpoint get_wait = {.steps = STEPS(wait, say_waited)};
static const struct endpoint get_wide = {.steps = STEPS(reply_widely)};
static const struct endpoint get_big = {.steps = STEPS(send_much)};

const struct route serving_routes[] = {
	{.method = METHOD_GET, .path = "/hello", .endpoint = &get_hello},
	{.method = METHOD_GET, .path = "/live", .endpoint = &get_live_page, .is_always_on = true},
	{.method = METHOD_POST, .path = "/echo", .endpoint = &post_echo},
	{.method = METHOD_GET, .path = "/smuggled", .endpoint = &get_smuggled},
	{.method = METHOD_GET, .path = "/wait", .endpoint = &get_wait},
	{.method = METHOD_GET, .path = "/big", .endpoint = &get_big},
	{.method = METHOD_GET, .path = "/wide", .endpoint = &get_wide},
	{0},
};

/* ---- the server ---- */

static uint64_t monotonic_us(void *context)
{
	(void)context;
	return clock_monotonic_us(clock_system()) + serving.ahead_us;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return clock_wall_ms(clock_system());
}

void serving_init(void)
{
	memset(&serving, 0, sizeof(serving));
	serving.clock = (struct clock){monotonic_us, wall_ms, NULL};
	serving.config.max_body = SERVING_BODY_MAX;
	serving.config.max_connections = 1000;
	serving.config.max_requests = 10000;
	serving.config.request_deadline_us = SERVING_REQUEST_DEADLINE_US;
	serving.config.read_deadline_us = SERVING_READ_DEADLINE_US;
	serving.config.send_deadline_us = SERVING_SEND_DEADLINE_US;
	serving.config.idle_timeout_us = 75 * 1000 * 1000;
}

bool serving_prepare(const struct route *routes)
{
	char error[LISTENER_ERROR_SIZE];
	struct server_options options = {.config = &serving.config,
					 .routes = routes,
					 .idempotency = serving.idempotency,
					 .access = serving.access,
					 .identity = serving.identity,
					 .rate_limit = serving.rate_limit,
					 .cors_origins = serving.config.cors_origins,
					 .max_connections = serving.config.max_connections,
					 .is_quiet = true};

	serving.loop = options.loop = loop_new(&serving.clock);
	serving.listen_fd = options.listen_fd = listener_open("127.0.0.1:0", false, error);
	ck_assert_msg(serving.listen_fd >= 0, "%s", error);
	serving.server = serving.loop != NULL ? server_new(&options) : NULL;
	return serving.server != NULL;
}

void serving_start(const struct route *routes)
{
	ck_assert(serving_prepare(routes));
	ck_assert(server_open(serving.server));
	server_set_ready(serving.server);
}

void serving_let_go(enum result result)
{
	struct request *rq = serving.waiting[0];

	ck_assert_uint_gt(serving.waiting_count, 0);
	memmove(serving.waiting, serving.waiting + 1,
		--serving.waiting_count * sizeof(serving.waiting[0]));
	await_finish(&rq->await, result);
}

/* On a busy machine one turn can take all the time, but a request needs a few of them. */
void serving_pass(int ms)
{
	uint64_t until_us = clock_monotonic_us(clock_system()) + (uint64_t)paced(ms) * 1000;

	for (int turn = 0; turn < ms + TURNS_MIN || clock_monotonic_us(clock_system()) < until_us;
	     turn++)
		loop_turn(serving.loop, TURN_US);
}

void serving_jump(uint64_t us)
{
	serving.ahead_us += us;
	for (int i = 0; i < 4; i++)
		loop_turn(serving.loop, 0);
}

void serving_wait_for(size_t count)
{
	for (int i = 0; serving.waiting_count < count; i++) {
		ck_assert_msg(i < paced(PATIENCE_MS), "%zu wait", serving.waiting_count);
		loop_turn(serving.loop, TURN_US);
	}
}

void serving_wait_for_connections(size_t count)
{
	for (int i = 0; server_connections(serving.server) != count; i++) {
		ck_assert_msg(i < paced(PATIENCE_MS), "%zu connections",
			      server_connections(serving.server));
		loop_turn(serving.loop, TURN_US);
	}
}

static void drain(void)
{
	server_drain(serving.server);
	while (serving.waiting_count > 0)
		serving_let_go(RESULT_SHUTDOWN);
	for (int i = 0; server_connections(serving.server) > 0; i++) {
		ck_assert_msg(i < PATIENCE_MS, "a connection is never closed");
		serving_jump(100 * 1000);
	}
	ck_assert_uint_eq(server_requests(serving.server), 0);
}

void serving_stop(void)
{
	if (serving.server != NULL)
		drain();
	server_free(serving.server);
	loop_free(serving.loop);
	close(serving.listen_fd);
}

/* ---- visitors ---- */

void visitor_connect(struct visitor *visitor)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	memset(visitor, 0, sizeof(*visitor));
	http_answer_init(&visitor->answer, RECEIVED_MAX);
	visitor->bytes = calloc(1, 1);
	visitor->head = calloc(1, 1);
	ck_assert_int_eq(getsockname(serving.listen_fd, (struct sockaddr *)&address, &len), 0);
	visitor->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(visitor->fd, (struct sockaddr *)&address, len), 0);
}

void visitor_leave(struct visitor *visitor)
{
	close(visitor->fd);
	free(visitor->bytes);
	free(visitor->head);
	http_answer_clear(&visitor->answer);
}

/* Takes what is there. */
static void receive(struct visitor *visitor)
{
	char bytes[16 * 1024];
	ssize_t got;

	while (!visitor->is_closed &&
	       (got = recv(visitor->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) != -1) {
		visitor->is_closed = got == 0;
		ck_assert_uint_lt(visitor->len + (size_t)got, RECEIVED_MAX);
		visitor->bytes = realloc(visitor->bytes, visitor->len + (size_t)got + 1);
		memcpy(visitor->bytes + visitor->len, bytes, (size_t)got);
		visitor->len += (size_t)got;
		visitor->bytes[visitor->len] = '\0';
	}
	if (errno == ECONNRESET)
		visitor->is_closed = true;
}

void visitor_send_bytes(struct visitor *visitor, const void *bytes, size_t len)
{
	for (size_t sent = 0; sent < len;) {
		ssize_t now = send(visitor->fd, (const char *)bytes + sent, len - sent,
				   MSG_DONTWAIT | MSG_NOSIGNAL);

		if (now < 0 && errno != EAGAIN)
			return; /* what the server thinks of us is seen by its answer */
		if (now < 0)
			loop_turn(serving.loop, TURN_US);
		else
			sent += (size_t)now;
	}
}

void visitor_send(struct visitor *visitor, const char *text)
{
	visitor_send_bytes(visitor, text, strlen(text));
}

/* Takes bytes off the front. */
static void take(struct visitor *visitor, size_t len)
{
	memmove(visitor->bytes, visitor->bytes + len, visitor->len - len + 1);
	visitor->len -= len;
}

/* Waits for a head and keeps a copy; false when the connection ends instead. */
static bool wait_for_head(struct visitor *visitor, size_t *len)
{
	const char *end;

	for (int i = 0;; i++) {
		receive(visitor);
		end = strstr(visitor->bytes, "\r\n\r\n");
		if (end != NULL)
			break;
		if (visitor->is_closed)
			return false;
		ck_assert_msg(i < paced(PATIENCE_MS), "no answer comes");
		loop_turn(serving.loop, TURN_US);
	}
	*len = (size_t)(end - visitor->bytes) + 4;
	free(visitor->head);
	visitor->head = strndup(visitor->bytes, *len);
	return true;
}

int visitor_status(struct visitor *visitor)
{
	size_t len;

	http_answer_reset(&visitor->answer);
	if (!wait_for_head(visitor, &len))
		return 0;
	for (int i = 0; visitor->answer.state != HTTP_ANSWER_DONE; i++) {
		take(visitor, http_answer_add(&visitor->answer, visitor->bytes, visitor->len));
		ck_assert_msg(visitor->answer.state != HTTP_ANSWER_BROKEN, "a broken answer: %s",
			      visitor->head);
		if (visitor->answer.state == HTTP_ANSWER_DONE)
			break;
		ck_assert_msg(!visitor->is_closed, "half an answer: %s", visitor->head);
		ck_assert_msg(i < paced(PATIENCE_MS), "the rest of an answer does not come");
		loop_turn(serving.loop, TURN_US);
		receive(visitor);
	}
	return visitor->answer.status;
}

int visitor_head_status(struct visitor *visitor)
{
	size_t len;

	http_answer_reset(&visitor->answer);
	if (!wait_for_head(visitor, &len))
		return 0;
	take(visitor, len);
	return atoi(visitor->head + strlen("HTTP/1.1 "));
}

int visitor_ask(struct visitor *visitor, const char *text)
{
	visitor_send(visitor, text);
	return visitor_status(visitor);
}

const char *visitor_body(const struct visitor *visitor)
{
	return buf_text(&visitor->answer.body);
}

const char *visitor_header(const struct visitor *visitor, const char *name)
{
	static char value[4096];
	size_t len = strlen(name);

	for (const char *line = strstr(visitor->head, "\r\n"); line != NULL && line[2] != '\r';
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + 2 + len + 2, "\r"),
			 line + 2 + len + 2);
		return value;
	}
	return NULL;
}

bool visitor_has_problem(const struct visitor *visitor, const char *code)
{
	const char *type = visitor_header(visitor, "Content-Type");
	json_t *json = json_loads(visitor_body(visitor), 0, NULL);
	const char *given = json_string_value(json_object_get(json, "code"));
	bool is_it = type != NULL && strcmp(type, "application/problem+json") == 0 &&
		     given != NULL && strcmp(given, code) == 0;

	json_decref(json);
	return is_it;
}

bool visitor_is_sent_away(struct visitor *visitor)
{
	for (int i = 0; i < paced(PATIENCE_MS) / 3 && !visitor->is_closed; i++) {
		loop_turn(serving.loop, TURN_US);
		receive(visitor);
	}
	return visitor->is_closed;
}

bool visitor_is_left_alone(struct visitor *visitor)
{
	serving_pass(MOMENT_MS);
	receive(visitor);
	return !visitor->is_closed && visitor->len == 0;
}
