#include "scripted.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

static uint64_t monotonic_us(void *context)
{
	return ((struct script *)context)->now_us;
}

static int64_t wall_ms(void *context)
{
	return ((struct script *)context)->wall_ms;
}

static void keep_request(struct script *script, const struct exchange *exchange)
{
	struct script_request *request = &script->requests[script->request_count];

	ck_assert_uint_lt(script->request_count, SCRIPT_REQUESTS_MAX);
	request->text = malloc(exchange->request.len + 1);
	ck_assert_ptr_nonnull(request->text);
	memcpy(request->text, buf_text(&exchange->request), exchange->request.len);
	request->text[exchange->request.len] = '\0';
	request->at_us = script->now_us;
	request->deadline_us = exchange->deadline_us;
	script->request_count++;
}

static void append(struct exchange **list, struct exchange *exchange)
{
	while (*list)
		list = &(*list)->next;
	exchange->next = NULL;
	*list = exchange;
}

static void wake(struct script *script)
{
	ck_assert(loop_timer_set(script->loop, &script->timer, 0));
}

static void start(struct transport *transport, struct exchange *exchange)
{
	struct script *script = (struct script *)transport;

	if (!script->is_forgetful)
		keep_request(script, exchange);
	append(&script->waiting, exchange);
	wake(script);
}

static void move_clocks(struct script *script, uint64_t us)
{
	script->now_us += us;
	script->wall_ms += (int64_t)(us / 1000);
}

static void answer(const struct script_step *step, struct exchange *exchange)
{
	const char *body = step->body ? step->body : "";
	char head[1024];
	int len = snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n",
			   step->status, strlen(body), step->headers ? step->headers : "");

	http_answer_add(&exchange->answer, head, (size_t)len);
	if (exchange->answer.state == HTTP_ANSWER_BODY)
		http_answer_add(&exchange->answer, body, strlen(body));
	exchange->was_sent = true;
	exchange->end =
		exchange->answer.state == HTTP_ANSWER_DONE ? EXCHANGE_ANSWERED : EXCHANGE_BROKEN;
}

static void begin_step(struct script *script, const struct exchange *exchange)
{
	script->step = &script->steps[script->next_step];
	if (script->next_step + 1 < script->step_count)
		script->next_step++;
	move_clocks(script, script->step->takes_us);
	if (script->step->end == EXCHANGE_TIMEOUT && script->now_us < exchange->deadline_us)
		move_clocks(script, exchange->deadline_us - script->now_us);
}

static void end_exchange(const struct script_step *step, struct exchange *exchange)
{
	if (step->end == EXCHANGE_ANSWERED) {
		answer(step, exchange);
	} else {
		exchange->end = step->end;
		exchange->was_sent = step->was_sent;
		snprintf(exchange->error, sizeof(exchange->error), "scripted");
	}
	exchange->done(exchange);
}

static void end_step(struct script *script, struct exchange *exchange)
{
	const struct script_step *step = script->step;

	script->step = NULL;
	if (step->hangs)
		append(&script->hanging, exchange);
	else
		end_exchange(step, exchange);
}

void script_answer_hanging(struct script *script, const struct script_step *step)
{
	struct exchange *list = script->hanging;

	script->hanging = NULL;
	while (list) {
		struct exchange *exchange = list;

		list = exchange->next;
		end_exchange(step, exchange);
	}
}

/* The clock moves in one turn, the answer is there in the next: the loop sees the time pass. */
static void on_timer(struct loop_timer *timer)
{
	struct script *script = timer->context;
	struct exchange *exchange = script->waiting;

	if (script->step) {
		script->waiting = exchange->next;
		end_step(script, exchange);
	} else {
		begin_step(script, exchange);
	}
	if (script->waiting)
		wake(script);
}

void script_init(struct script *script)
{
	*script = (struct script){
		.transport = {.start = start},
		.clock = {.monotonic_us = monotonic_us, .wall_ms = wall_ms, .context = script},
		.now_us = 1000000000,
		.wall_ms = 1440938160000,
		.random = UINT32_MAX,
		.timer = {.fire = on_timer, .context = script},
	};
	log_set_level(LOG_ERROR); /* what is tried here fails on purpose */
	script->loop = loop_new(&script->clock);
	ck_assert_ptr_nonnull(script->loop);
}

void script_play(struct script *script, const struct script_step *steps, size_t count)
{
	script->steps = steps;
	script->step_count = count;
	script->next_step = 0;
}

void script_forget_requests(struct script *script)
{
	for (size_t i = 0; i < script->request_count; i++)
		free(script->requests[i].text);
	script->request_count = 0;
}

void script_clear(struct script *script)
{
	script_forget_requests(script);
	loop_free(script->loop);
}

void script_run(struct script *script, const bool *is_over, uint64_t at_most_us)
{
	uint64_t end_us = script->now_us + at_most_us;

	for (;;) {
		loop_turn(script->loop, 0);
		if (*is_over || script->now_us >= end_us)
			return;
		if (!script->waiting)
			move_clocks(script, 1000);
	}
}

void script_pass(struct script *script, uint64_t us)
{
	loop_turn(script->loop, 0);
	move_clocks(script, us);
	for (int i = 0; i < 8; i++)
		loop_turn(script->loop, 0);
}

static void end_list(struct exchange **list, enum exchange_end end)
{
	while (*list) {
		struct exchange *exchange = *list;

		*list = exchange->next;
		exchange->end = end;
		exchange->was_sent = true;
		exchange->done(exchange);
	}
}

void script_end_all(struct script *script, enum exchange_end end)
{
	loop_timer_off(script->loop, &script->timer);
	script->step = NULL;
	end_list(&script->waiting, end);
	end_list(&script->hanging, end);
}

uint32_t script_random(void *context)
{
	return ((struct script *)context)->random;
}

const char *script_header(const struct script *script, size_t request, const char *name,
			  char *value, size_t size)
{
	const char *line;

	ck_assert_uint_lt(request, script->request_count);
	line = script->requests[request].text;
	value[0] = '\0';
	while ((line = strstr(line, "\r\n")) && strncmp(line, "\r\n\r\n", 4) != 0) {
		line += 2;
		if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
			snprintf(value, size, "%.*s", (int)strcspn(line + strlen(name) + 2, "\r"),
				 line + strlen(name) + 2);
			break;
		}
	}
	return value;
}

const char *script_body(const struct script *script, size_t request)
{
	ck_assert_uint_lt(request, script->request_count);
	return strstr(script->requests[request].text, "\r\n\r\n") + 4;
}
