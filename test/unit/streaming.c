#include "streaming.h"

#include <check.h>
#include <string.h>

#include "http/flow.h"
#include "http/stream.h"

enum { PATIENCE_US = 20 * 1000 * 1000, STEP_US = 1000 };

static const bool never;

void streaming_init(struct streaming_client *client)
{
	memset(client, 0, sizeof(*client));
	asking_init(&client->asking);
	client->asking.connection.server = &client->server;
	client->asking.config.max_body = 64 * 1024;
	client->asking.config.request_deadline_us = 5 * 1000 * 1000;
	client->asking.config.temporary_folder = "/tmp";
	/* At once, so that a test of short memory is not about this. */
	buf_init(&client->body, STREAMING_REPLY_MAX);
	ck_assert_ptr_nonnull(buf_reserve(&client->body, STREAMING_REPLY_MAX));
}

void streaming_clear(struct streaming_client *client)
{
	buf_clear(&client->body);
	asking_clear(&client->asking);
}

void streaming_begin(struct streaming_client *client, const struct endpoint *endpoint)
{
	struct asking *asking = &client->asking;
	struct request *rq;

	asking_renew(asking);
	asking->endpoint = *endpoint;
	rq = &asking->rq;
	rq->state = arena_alloc(&rq->arena, endpoint->state_size);
	client->taken = 0;
	client->end = 0;
	buf_reset(&client->body);
	if (!rq->state)
		return;
	rq->stream.is_open = true;
	endpoint->stream->open(rq);
	buf_clear(&rq->reply.body);
	rq->reply = (struct reply){0};
}

static void pass(struct streaming_client *client)
{
	script_run(&client->asking.on.aws.script, &never, STEP_US);
}

size_t streaming_send(struct streaming_client *client, const char *text)
{
	struct request *rq = &client->asking.rq;
	size_t len = strlen(text);
	size_t sent = 0;

	for (uint64_t us = 0; us < PATIENCE_US && sent < len && !rq->reply.is_made; us += STEP_US) {
		sent += client->asking.endpoint.stream->take(rq, text + sent, len - sent);
		if (sent < len)
			pass(client);
	}
	client->taken += sent;
	return sent;
}

int streaming_finish(struct streaming_client *client)
{
	struct asking *asking = &client->asking;

	if (!asking->rq.reply.is_made) {
		flow_start(&asking->rq);
		script_run(&asking->on.aws.script, &asking->is_done, PATIENCE_US);
		ck_assert(asking->is_done);
	}
	return asking->rq.reply.status;
}

void streaming_read(struct streaming_client *client, size_t room)
{
	struct request *rq = &client->asking.rq;
	char bytes[4096];

	ck_assert(room <= sizeof(bytes));
	for (uint64_t us = 0; us < PATIENCE_US; us += STEP_US) {
		client->end = rq->reply.give(rq, bytes, room);
		ck_assert_int_le(client->end, (long)room);
		if (client->end > 0)
			buf_add(&client->body, bytes, (size_t)client->end);
		else if (client->end == STREAM_LATER)
			pass(client);
		else
			break;
	}
	ck_assert(buf_ok(&client->body));
}

bool streaming_end(struct streaming_client *client)
{
	struct request *rq = &client->asking.rq;

	for (uint64_t us = 0; us < PATIENCE_US && rq->stream.holds > 0; us += STEP_US)
		pass(client);
	if (rq->stream.holds == 0 && rq->stream.is_open) {
		rq->stream.is_open = false;
		client->asking.endpoint.stream->end(rq);
	}
	return rq->stream.holds == 0;
}
