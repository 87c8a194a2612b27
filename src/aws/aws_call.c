/*
 * A call is in one of four places: with the transport, on the client's list between two attempts (a
 * timer runs, or it waits for new credentials), in the loop's queue to be ended at the end of the
 * turn, or done. Every path out of an attempt goes through decide() or finish_later(), and only
 * finish() calls back.
 */
#include "aws/aws_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/aws_head.h"
#include "aws/aws_spares.h"
#include "aws/circuit.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/secret.h"

enum {
	HEAD_MAX = 16 * 1024,
	HEAD_USUAL = 768, /* without a session token */
	BODY_USUAL = 512, /* keys, expressions and their values */
};

struct aws_client {
	struct aws_client_options options;
	struct sigv4 signer;
	struct retry_quota quota;
	struct circuit circuit;
	int64_t clock_offset_ms;  /* what to add to our wall clock to get the service's */
	struct aws_call *between; /* calls between two attempts */
	struct aws_spares spares;
	struct id_sequence invocations;
	struct json_index index; /* of the answer that is being dealt with */
	bool is_stopped;
};

static void attempt(struct aws_call *call);
static void on_exchange(struct exchange *exchange);
static void on_timer(struct loop_timer *timer);
static void on_task(struct loop_task *task);
static void on_credentials(struct credentials_wait *wait);

void aws_call_init_body(struct aws_client *client, struct aws_call *call, size_t max)
{
	assert(!call->client);
	aws_spares_take_body(&client->spares, &call->body, max);
	buf_reserve(&call->body, BODY_USUAL);
}

struct aws_client *aws_client_new(const struct aws_client_options *options)
{
	struct aws_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->options = *options;
	if (!options->max_attempts)
		client->options.max_attempts = options->policy->max_attempts;
	sigv4_init(&client->signer, options->digest, options->region, options->service);
	retry_quota_init(&client->quota);
	client->circuit.service = options->service;
	client->circuit.endpoint = options->origin->url;
	client->circuit.metrics = options->metrics;
	return client;
}

void aws_client_free(struct aws_client *client)
{
	if (!client)
		return;
	assert(!client->between);
	aws_spares_clear(&client->spares);
	sigv4_clear(&client->signer);
	free(client);
}

struct aws_metrics *aws_client_metrics(const struct aws_client *client)
{
	return client->options.metrics;
}

uint32_t aws_client_random(const struct aws_client *client)
{
	uint32_t random;

	if (client->options.random)
		return client->options.random(client->options.random_context);
	digest_random(&random, sizeof(random));
	return random;
}

static void count(const struct aws_client *client, size_t offset)
{
	if (client->options.metrics)
		metric_add((metric_counter *)((char *)client->options.metrics + offset), 1);
}

static uint64_t now_us(const struct aws_client *client)
{
	return loop_now_us(client->options.loop);
}

static int64_t service_time_ms(const struct aws_client *client)
{
	return clock_wall_ms(loop_clock(client->options.loop)) + client->clock_offset_ms;
}

static void enter_between(struct aws_call *call)
{
	struct aws_client *client = call->client;

	assert(!call->is_between_attempts);
	call->is_between_attempts = true;
	call->previous = NULL;
	call->next = client->between;
	if (call->next)
		call->next->previous = call;
	client->between = call;
}

static void leave_between(struct aws_call *call)
{
	if (!call->is_between_attempts)
		return;
	if (call->previous)
		call->previous->next = call->next;
	else
		call->client->between = call->next;
	if (call->next)
		call->next->previous = call->previous;
	call->is_between_attempts = false;
	loop_timer_off(call->client->options.loop, &call->timer);
	credentials_wait_off(call->client->options.credentials, &call->wait);
}

static void log_failure(struct aws_call *call)
{
	/* That calls are cut off is said once for all of them. */
	if (!result_is_failure(call->result) || call->result == RESULT_SHUTDOWN || call->is_cut_off)
		return;
	if (call->expects && call->expects(call))
		return;
	log_event(LOG_WARNING, "AWS call failed", LOG_F_STR("target", call->target),
		  LOG_F_STR("result", result_name(call->result)),
		  LOG_F_STR("error", call->error[0] ? call->error : NULL),
		  LOG_F_NUM("status", call->status), LOG_F_NUM("attempts", call->attempts),
		  LOG_F_STR("why", call->exchange.error[0] ? call->exchange.error : NULL),
		  LOG_F_STR("hint", call->exchange.error[0] ? call->exchange.hint : NULL),
		  LOG_F_STR("trace", call->await->trace_id));
}

static void finish(struct aws_call *call, enum result result)
{
	leave_between(call);
	if (call->is_uncertain && result_is_failure(result))
		result = RESULT_UNKNOWN;
	call->result = result;
	count(call->client,
	      offsetof(struct aws_metrics, results) + (size_t)result * sizeof(metric_counter));
	log_failure(call);
	call->done(call);
}

static void finish_later(struct aws_call *call, enum result result)
{
	leave_between(call);
	call->result = result;
	loop_defer(call->client->options.loop, &call->task);
}

static void on_task(struct loop_task *task)
{
	struct aws_call *call = task->context;

	finish(call, call->result);
}

/*
 * The next attempt begins in `delay_us`. False when the end of the client or the deadline comes
 * first: then the call ends at once, so that the caller's reply does not wait for nothing.
 */
static bool wait_for(struct aws_call *call, uint64_t delay_us, enum result otherwise)
{
	uint64_t due_us = now_us(call->client) + delay_us;

	if (call->client->is_stopped || due_us >= call->await->deadline_us) {
		finish_later(call, call->client->is_stopped ? RESULT_SHUTDOWN : otherwise);
		return false;
	}
	enter_between(call);
	if (!loop_timer_set(call->client->options.loop, &call->timer, due_us)) {
		finish_later(call, RESULT_NO_MEMORY);
		return false;
	}
	return true;
}

static void on_timer(struct loop_timer *timer)
{
	struct aws_call *call = timer->context;
	bool is_waiting_for_keys = call->wait.is_on;

	leave_between(call);
	if (is_waiting_for_keys)
		finish_later(call, RESULT_REFUSED); /* the deadline came first */
	else
		attempt(call);
}

static bool write_request(struct aws_call *call, const struct aws_keys *keys)
{
	const struct aws_client_options *options = &call->client->options;
	struct buf *out = &call->exchange.request;
	char date[CLOCK_AMZ_SIZE];
	struct aws_head head = {
		.authority = options->origin->authority,
		.content_type = options->protocol->content_type,
		.target = options->protocol->has_target ? call->target : NULL,
		.date = date,
		.trace_id = call->await->trace_id,
		.body = {buf_text(&call->body), call->body.len},
		.invocation = call->invocation,
		.attempt = call->attempts + 1,
		.max_attempts = (unsigned)options->max_attempts,
	};

	call->clock_offset_ms = call->client->clock_offset_ms;
	clock_format_amz(service_time_ms(call->client), date);
	out->max = HEAD_MAX + call->body.len;
	secret_renew(out, HEAD_USUAL + (keys->token ? strlen(keys->token) : 0) + call->body.len);
	return aws_head_write(&head, &call->client->signer, keys, out);
}

static void count_attempt(struct aws_call *call)
{
	call->attempts++;
	call->retry.attempts++;
	call->await->usage.calls++;
	count(call->client, offsetof(struct aws_metrics, attempts));
	if (call->attempts > 1)
		count(call->client, offsetof(struct aws_metrics, retries));
	call->attempt_began_us = now_us(call->client);
}

static void send(struct aws_call *call)
{
	const struct aws_client_options *options = &call->client->options;
	uint64_t deadline_us = now_us(call->client) + options->attempt_timeout_us;
	struct exchange *exchange = &call->exchange;

	http_answer_reset(&exchange->answer);
	exchange->origin = options->origin;
	exchange->deadline_us =
		deadline_us < call->await->deadline_us ? deadline_us : call->await->deadline_us;
	exchange->was_sent = false;
	exchange->error[0] = '\0';
	count_attempt(call);
	options->transport->start(options->transport, exchange);
}

static void attempt(struct aws_call *call)
{
	struct aws_client *client = call->client;
	const struct aws_keys *keys = credentials_current(client->options.credentials);

	if (client->is_stopped) {
		finish_later(call, RESULT_SHUTDOWN);
	} else if (now_us(client) >= call->await->deadline_us) {
		finish_later(call, RESULT_TIMEOUT);
	} else if (!keys) {
		snprintf(call->exchange.error, sizeof(call->exchange.error), "no credentials");
		finish_later(call, RESULT_UNREACHABLE);
	} else if (!buf_ok(&call->body) || !write_request(call, keys)) {
		finish_later(call, RESULT_NO_MEMORY);
	} else if (!circuit_admit(&client->circuit, now_us(client), &call->is_probe)) {
		call->is_cut_off = true;
		finish_later(call, RESULT_UNREACHABLE);
	} else {
		call->keys_generation = keys->generation;
		send(call);
	}
}

static void try_again(struct aws_call *call, enum retry_kind kind, enum result otherwise)
{
	struct aws_client *client = call->client;
	const struct http_answer *answer = &call->exchange.answer;
	bool is_answered = call->exchange.end == EXCHANGE_ANSWERED;
	uint64_t delay_us;

	if (!retry_again(client->options.policy, &client->quota, &call->retry,
			 &(struct retry_question){
				 .kind = kind,
				 .max_attempts = (unsigned)client->options.max_attempts,
				 .random = aws_client_random(client),
				 .has_retry_after = is_answered && answer->has_retry_after,
				 .retry_after_ms = answer->retry_after_ms,
			 },
			 &delay_us)) {
		finish(call, otherwise);
		return;
	}
	if (!wait_for(call, delay_us, otherwise))
		retry_not_made(&client->quota, &call->retry);
}

/* Keys that the service does not take: with others, once. */
static void try_other_keys(struct aws_call *call, enum result otherwise)
{
	struct credentials *credentials = call->client->options.credentials;
	const struct aws_keys *keys = credentials_current(credentials);

	if (call->has_refreshed_credentials) {
		finish(call, otherwise);
		return;
	}
	call->has_refreshed_credentials = true;
	if (keys && keys->generation != call->keys_generation) {
		attempt(call); /* refreshed while this call was under way */
		return;
	}
	if (!credentials_refresh(credentials, &call->wait)) {
		finish(call, otherwise);
		return;
	}
	enter_between(call);
	if (!loop_timer_set(call->client->options.loop, &call->timer, call->await->deadline_us))
		finish_later(call, RESULT_NO_MEMORY);
}

static void on_credentials(struct credentials_wait *wait)
{
	struct aws_call *call = wait->context;
	const struct aws_keys *keys = credentials_current(call->client->options.credentials);

	leave_between(call);
	if (keys && keys->generation != call->keys_generation)
		attempt(call);
	else
		finish_later(call, RESULT_REFUSED);
}

static bool is_skewed(int64_t ms)
{
	return ms > RETRY_SKEW_MS || ms < -RETRY_SKEW_MS;
}

/* A refusal that our clock may be the reason of. Once it is right, there is no second time. */
static void try_other_time(struct aws_call *call, enum result otherwise)
{
	struct aws_client *client = call->client;
	const struct http_answer *answer = &call->exchange.answer;
	int64_t skew_ms = answer->has_date ? answer->date_ms - service_time_ms(client) : 0;

	if (is_skewed(client->clock_offset_ms - call->clock_offset_ms) &&
	    call->attempts < client->options.max_attempts) {
		attempt(call); /* corrected while this call was under way */
		return;
	}
	if (!is_skewed(skew_ms)) {
		finish(call, otherwise);
		return;
	}
	client->clock_offset_ms += skew_ms;
	log_event(LOG_WARNING,
		  "this machine's clock differs from AWS's; requests are dated by theirs",
		  LOG_F_NUM("offset_ms", client->clock_offset_ms));
	try_again(call, RETRY_TRANSIENT, otherwise);
}

static void decide(struct aws_call *call, const struct aws_verdict *verdict)
{
	switch (verdict->retry) {
	case RETRY_NEVER:
		if (verdict->result == RESULT_OK)
			retry_succeeded(&call->client->quota, &call->retry);
		finish(call, verdict->result);
		break;
	case RETRY_TRANSIENT:
	case RETRY_THROTTLED:
		try_again(call, verdict->retry, verdict->result);
		break;
	case RETRY_CREDENTIALS:
		try_other_keys(call, verdict->result);
		break;
	case RETRY_CLOCK:
		try_other_time(call, verdict->result);
		break;
	}
}

/* Whoever counts and watches is told how an attempt ended. */
static void note_attempt(struct aws_call *call, const struct aws_verdict *verdict)
{
	struct aws_client *client = call->client;
	const struct exchange *exchange = &call->exchange;
	uint64_t took_us = now_us(client) - call->attempt_began_us;
	struct circuit_note note = {
		.outcome = circuit_judge(exchange, verdict, took_us),
		.is_probe = call->is_probe,
		.now_us = now_us(client),
		.why = exchange->error[0] ? exchange->error : verdict->error,
	};

	if (client->options.service_clock && exchange->answer.has_date)
		service_clock_note(client->options.service_clock, exchange->answer.date_ms,
				   took_us);
	if (client->options.metrics)
		aws_metrics_count_attempt(client->options.metrics, call->target, exchange, verdict,
					  took_us);
	if (note.outcome == CIRCUIT_FAILED)
		note.random = aws_client_random(client);
	circuit_note(&client->circuit, &note);
}

static void on_exchange(struct exchange *exchange)
{
	struct aws_call *call = exchange->context;
	struct aws_client *client = call->client;
	struct aws_verdict verdict;

	aws_answer_judge(client->options.protocol, exchange, &client->index, &verdict);
	note_attempt(call, &verdict);
	call->status = verdict.status;
	call->answer = verdict.answer;
	call->index = &client->index;
	memcpy(call->error, verdict.error, sizeof(call->error));
	if (verdict.is_uncertain && !call->is_read)
		call->is_uncertain = true;
	decide(call, &verdict);
}

static void prepare(struct aws_client *client, struct aws_call *call)
{
	assert(!call->is_between_attempts && call->await && call->done);
	if (!call->client) {
		buf_init(&call->exchange.request, HEAD_MAX);
		http_answer_init(&call->exchange.answer, client->options.answer_max);
		aws_spares_take(&client->spares, &call->exchange);
	}
	call->client = client;
	id_make_next(&client->invocations, service_time_ms(client), call->invocation);
	call->exchange.done = on_exchange;
	call->exchange.context = call;
	call->timer.fire = on_timer;
	call->timer.context = call;
	call->task.run = on_task;
	call->task.context = call;
	call->wait.done = on_credentials;
	call->wait.context = call;
	call->retry = (struct retry_state){0};
	call->has_refreshed_credentials = false;
	call->is_cut_off = false;
	call->is_uncertain = false;
	call->attempts = 0;
	call->status = 0;
	call->error[0] = '\0';
	call->exchange.error[0] = '\0';
	call->answer = (struct span){0};
	call->index = NULL;
}

void aws_call_start(struct aws_client *client, struct aws_call *call)
{
	prepare(client, call);
	attempt(call);
}

void aws_call_start_later(struct aws_client *client, struct aws_call *call, uint64_t delay_us)
{
	prepare(client, call);
	(void)wait_for(call, delay_us, RESULT_TIMEOUT);
}

void aws_client_stop(struct aws_client *client)
{
	client->is_stopped = true;
	while (client->between)
		finish_later(client->between, RESULT_SHUTDOWN);
}

void aws_call_clear(struct aws_call *call)
{
	assert(!call->is_between_attempts && !call->task.is_queued);
	if (!call->client) {
		buf_clear(&call->body);
		return;
	}
	aws_spares_give_body(&call->client->spares, &call->body);
	aws_spares_give(&call->client->spares, &call->exchange);
	call->client = NULL;
}
