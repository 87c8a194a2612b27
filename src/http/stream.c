#include "http/stream.h"

#include <assert.h>
#include <linux/tcp.h> /* netinet/tcp.h lacks tcpi_bytes_acked */
#include <sys/socket.h>
#include <sys/types.h>

#include "http/reply.h"
#include "http/stream_carry.h"

/* libmicrohttpd makes chunks as large as its memory for the connection allows, if not larger. */
enum { BLOCK_SIZE = 16 * 1024 };

static struct http_metrics *metrics_of(const struct request *rq)
{
	return &rq->connection->server->metrics;
}

static uint64_t now_us_of(const struct connection *connection)
{
	return loop_now_us(connection->server->options.loop);
}

/* ---- for endpoints ---- */

enum flow reply_stream(struct request *rq, int status, const char *content_type, stream_give give)
{
	assert(!rq->reply.is_made && rq->stream.is_open);
	rq->reply.is_made = true;
	rq->reply.status = status;
	rq->reply.content_type = content_type;
	rq->reply.give = give;
	return FLOW_REPLY;
}

void stream_continue(struct request *rq)
{
	struct connection *connection = rq->connection;

	/* While a step waits, the connection is not the stream's to resume. */
	if (!connection->is_suspended || connection->state == CONNECTION_RUNNING)
		return;
	connection->since_us = now_us_of(connection);
	connection_resume(connection);
}

void stream_hold(struct request *rq)
{
	rq->stream.holds++;
}

void stream_release(struct request *rq)
{
	assert(rq->stream.holds > 0);
	if (--rq->stream.holds == 0 && rq->stream.is_gone)
		connection_abandon(rq->connection);
}

bool stream_is_gone(const struct request *rq)
{
	return rq->stream.is_gone;
}

bool stream_is_stopping(const struct request *rq)
{
	return rq->connection->server->is_draining;
}

/* ---- the body ---- */

static const struct streaming *streaming_of(const struct request *rq)
{
	return rq->route != NULL ? rq->route->endpoint->stream : NULL;
}

bool stream_takes_body(const struct request *rq)
{
	return streaming_of(rq) != NULL && streaming_of(rq)->take != NULL;
}

void stream_open(struct request *rq)
{
	const struct endpoint *endpoint = rq->route->endpoint;

	if (!capacity_take(rq, CAPACITY_OF_STREAMS, 1))
		return;
	rq->state = arena_alloc(&rq->arena, endpoint->state_size);
	if (rq->state == NULL) {
		capacity_give(rq, CAPACITY_OF_STREAMS, 1);
		reply_failure(rq, RESULT_NO_MEMORY);
		return;
	}
	rq->stream.is_open = true;
	if (endpoint->stream->open != NULL)
		endpoint->stream->open(rq);
}

void stream_upload(struct connection *connection, const char *upload, size_t *upload_len)
{
	struct request *rq = &connection->rq;
	size_t taken;

	/* Of a chunked body libmicrohttpd may offer the next chunk although it was told to wait. */
	if (connection->is_suspended)
		return;
	taken = streaming_of(rq)->take(rq, upload, *upload_len);
	assert(taken <= *upload_len);
	rq->stream.bytes_in += taken;
	metric_add(&metrics_of(rq)->stream_bytes_in, taken);
	connection->since_us = now_us_of(connection);
	*upload_len -= taken;
	if (rq->reply.is_made)
		*upload_len = 0;
	else if (*upload_len > 0)
		connection_suspend(connection);
}

/* ---- the reply ---- */

/* libmicrohttpd wants more of the body: its MHD_ContentReaderCallback. */
static ssize_t on_wanted(void *context, uint64_t position, char *out, size_t room)
{
	struct request *rq = context;
	long given = rq->reply.give(rq, out, room);

	(void)position;
	rq->connection->server->fruitless_runs = 0;
	if (given == STREAM_LATER)
		connection_suspend(rq->connection);
	else if (given == STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	else if (given == STREAM_BROKEN)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	assert(given >= 0 && (size_t)given <= room);
	rq->stream.bytes_out += (uint64_t)given;
	metric_add(&metrics_of(rq)->stream_bytes_out, (uint64_t)given);
	return given;
}

struct MHD_Response *stream_response(const struct request *rq)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, on_wanted,
						  (void *)(uintptr_t)rq, NULL);

	/*
	 * libmicrohttpd 0.9.75 would end the body that HEAD does not have with a last chunk, which
	 * the client would take for the next answer. This way it closes the connection instead.
	 */
	if (response != NULL && rq->method == METHOD_HEAD)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

/* How many bytes the client's machine has confirmed since the connection began. */
static uint64_t bytes_acked(const struct connection *connection)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_bytes_acked;
}

bool stream_is_stuck(struct connection *connection, uint64_t now_us, uint64_t patience_us)
{
	uint64_t acked = bytes_acked(connection);

	if (connection->is_suspended || acked != connection->bytes_acked)
		connection->since_us = now_us;
	connection->bytes_acked = acked;
	return now_us - connection->since_us > patience_us;
}

/* ---- the end ---- */

void stream_close(struct request *rq)
{
	assert(rq->stream.holds == 0);
	if (!rq->stream.is_open)
		return;
	rq->stream.is_open = false;
	capacity_give(rq, CAPACITY_OF_STREAMS, 1);
	metric_add(&metrics_of(rq)->stream_lines, rq->lines);
	streaming_of(rq)->end(rq);
}
