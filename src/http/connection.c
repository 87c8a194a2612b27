#include "http/connection.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "http/access.h"
#include "http/cors.h"
#include "http/flow.h"
#include "http/forwarded.h"
#include "http/framing.h"
#include "http/reply.h"
#include "http/reply_send.h"
#include "http/request_log.h"
#include "http/router.h"
#include "http/stream_carry.h"

static struct loop *loop_of(const struct connection *connection)
{
	return connection->server->options.loop;
}

static void enter(struct connection *connection, enum connection_state state)
{
	connection->state = state;
	connection->since_us = loop_now_us(loop_of(connection));
}

/* ---- a connection's birth and death ---- */

static void name_peer(struct connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	connection->peer_ip = ip_of_socket(info != NULL ? info->client_addr : NULL);
	ip_format(&connection->peer_ip, connection->peer);
}

static struct connection *connection_new(struct server *server, struct MHD_Connection *mhd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (connection == NULL)
		return NULL;
	connection->server = server;
	connection->mhd = mhd;
	connection->fd = info != NULL ? info->connect_fd : -1;
	connection->knows_bytes_before = true; /* none */
	connection_tls_begin(&connection->tls, mhd, server->identity);
	name_peer(connection);
	enter(connection, CONNECTION_IDLE);
	connection->next = server->connections;
	if (connection->next != NULL)
		connection->next->previous = connection;
	server->connections = connection;
	server->connection_count++;
	neighbours_add(&server->neighbours, &connection->neighbour, &connection->peer_ip);
	server->fruitless_runs = 0;
	metric_add(&server->metrics.connections_total, 1);
	metric_add(&server->metrics.connections_open, 1);
	return connection;
}

static void request_end(struct connection *connection, bool was_answered);

static void connection_closed(struct connection *connection)
{
	struct server *server = connection->server;

	if (connection->state != CONNECTION_IDLE && connection->state != CONNECTION_ABANDONED)
		request_end(connection, false);
	connection->mhd = NULL;
	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	parking_forget(connection);
	connection_tls_end(&connection->tls);
	neighbours_remove(&connection->neighbour);
	/* At its limit, libmicrohttpd looks for clients who wait only when it runs again. */
	if (server->connection_count-- >= server->options.max_connections)
		server->must_run = true;
	metric_add(&server->metrics.connections_open, UINT64_MAX); /* one less */
	if (connection->state != CONNECTION_ABANDONED)
		free(connection);
}

void connection_notify(void *server, struct MHD_Connection *mhd, void **socket_context,
		       enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = connection_new(server, mhd);
	else if (*socket_context != NULL)
		connection_closed(*socket_context);
}

void connection_suspend(struct connection *connection)
{
	connection->is_suspended = true;
	MHD_suspend_connection(connection->mhd);
}

void connection_resume(struct connection *connection)
{
	connection->is_suspended = false;
	connection->server->must_run = true;
	MHD_resume_connection(connection->mhd);
}

/* ---- a request's beginning ---- */

/* The engine has a reply. */
static void on_finished(struct request *rq)
{
	struct connection *connection = rq->connection;

	enter(connection, CONNECTION_READY);
	if (!rq->route->is_always_on)
		capacity_give(rq, CAPACITY_OF_REQUESTS, 1);
	if (!connection->is_suspended)
		return; /* the access handler is on the stack and sends it */
	parking_hasten(connection);
	connection_resume(connection);
}

static void request_begin(struct connection *connection, const char *target)
{
	struct request *rq = &connection->rq;
	const struct server_options *options = &connection->server->options;

	memset(rq, 0, sizeof(*rq));
	rq->arena = lending_take_arena(&connection->server->lending);
	rq->connection = connection;
	rq->lending = &connection->server->lending;
	rq->finished = on_finished;
	rq->config = options->config;
	rq->repo = options->repo;
	rq->app = options->app;
	rq->client = connection->peer_ip;
	rq->target = arena_copy(&rq->arena, target, strlen(target));
	rq->path = arena_copy(&rq->arena, target, strcspn(target, "?"));
	rq->received_us = loop_now_us(options->loop);
	rq->await.deadline_us = rq->received_us + options->config->request_deadline_us;
	buf_init(&rq->raw_body, options->config->max_body);
	connection->has_head = false;
	connection->is_body_too_large = false;
	connection->body_room = 0;
	connection->must_close = false;
	connection->partial_us = 0;
	enter(connection, CONNECTION_READING);
	connection->server->request_count++;
}

void *connection_begin(void *server, const char *target, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *connection = info != NULL ? info->socket_context : NULL;

	(void)server;
	if (connection != NULL)
		request_begin(connection, target);
	return connection;
}

static void make_request_id(struct connection *connection)
{
	id_make_next(&connection->server->request_ids,
		     clock_wall_ms(loop_clock(loop_of(connection))), connection->rq.id);
}

/* A client's own id if it is harmless in logs and headers; else a new one. */
static void name_request(struct request *rq)
{
	const char *given = request_header(rq, "X-Request-Id");
	size_t len = given != NULL ? strlen(given) : 0;

	if (len > 0 && len <= REQUEST_ID_MAX &&
	    strspn(given, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:=") ==
		    len)
		memcpy(rq->id, given, len + 1);
	else
		make_request_id(rq->connection);
}

/* A copy: a stream may outlive its connection, and the header with it. */
static const char *keep_trace(struct request *rq)
{
	const char *given = request_harmless_header(rq, "X-Amzn-Trace-Id");

	return given != NULL ? arena_copy(&rq->arena, given, strlen(given)) : NULL;
}

static void route_request(struct connection *connection)
{
	struct request *rq = &connection->rq;
	const struct route *routes = connection->server->options.routes;
	char allow[ROUTER_ALLOW_SIZE];

	switch (router_find(routes, rq)) {
	case ROUTER_FOUND:
		if (!connection->server->is_ready && !rq->route->is_always_on)
			reply_problem(rq, "not-ready", "This instance is still starting.");
		break;
	case ROUTER_BAD_PATH:
		reply_problem(rq, "invalid-path", NULL);
		break;
	case ROUTER_NOT_FOUND:
		reply_problem(rq, "not-found", NULL);
		break;
	case ROUTER_NOT_ALLOWED:
		router_allow(routes, rq, allow);
		reply_header(rq, "Allow", "%s", allow);
		reply_problem(rq, "method-not-allowed", "This path takes %s.", allow);
		break;
	case ROUTER_OPTIONS:
		router_allow(routes, rq, allow);
		reply_header(rq, "Allow", "%s", allow);
		cors_answer_preflight(rq, allow);
		reply_empty(rq, 204);
		break;
	case ROUTER_NO_MEMORY:
		reply_failure(rq, RESULT_NO_MEMORY);
		break;
	}
}

/*
 * Query and caller, unless the body is too large anyway. No length is too large for a stream, but
 * that counts only once it is let in: one that was refused until then keeps the mark, so that its
 * connection closes at once, and no body is read for nothing, however long.
 */
static void admit(struct connection *connection, const struct framing *framing)
{
	struct request *rq = &connection->rq;
	bool is_streamed = !rq->reply.is_made && stream_takes_body(rq);
	bool is_fitting;

	connection->is_body_too_large = framing->length > rq->raw_body.max;
	is_fitting = is_streamed || !connection->is_body_too_large;
	if (!rq->reply.is_made && is_fitting)
		request_read_query(rq);
	if (!rq->reply.is_made && is_fitting)
		access_begin(rq);
	if (!rq->reply.is_made && rq->route->endpoint->stream != NULL)
		stream_open(rq);
	if (!rq->reply.is_made && is_streamed)
		connection->is_body_too_large = false;
}

/* Everything that can be judged by the head alone. A reply is made when it is not acceptable. */
static void check_head(struct connection *connection, const char *method, const char *version)
{
	struct request *rq = &connection->rq;
	const struct framing_line line = {method, rq->target, version};
	struct framing framing;
	bool is_too_large;
	const char *fault = framing_check(connection->mhd, &line, &framing, &is_too_large);

	rq->method = router_method(method);
	if (fault != NULL || is_too_large)
		connection->must_close = true;
	if (fault != NULL) {
		make_request_id(connection);
		reply_problem_members(rq, "invalid-request", NULL, fault);
		return;
	}
	name_request(rq);
	rq->client = forwarded_client(rq);
	rq->await.trace_id = keep_trace(rq);
	if (rq->path == NULL)
		reply_failure(rq, RESULT_NO_MEMORY);
	else if (is_too_large)
		reply_problem(rq, "headers-too-large", NULL);
	else
		route_request(connection);
	admit(connection, &framing);
}

/* ---- the reply ---- */

static enum MHD_Result send_reply(struct connection *connection)
{
	bool closes = connection->must_close || connection->server->is_draining;
	uint64_t now_us = clock_monotonic_us(loop_clock(loop_of(connection)));

	enter(connection, CONNECTION_SENDING);
	return reply_send(&connection->rq, connection->mhd, now_us, closes);
}

/* What is wrong otherwise has been said, and goes before this. */
static void refuse_large_body(struct connection *connection)
{
	struct request *rq = &connection->rq;

	if (!rq->reply.is_made && connection->is_body_too_large)
		reply_problem(rq, "body-too-large", "A body may have up to %zu bytes.",
			      rq->raw_body.max);
}

/* ---- libmicrohttpd's access handler ---- */

static enum MHD_Result handle_head(struct connection *connection, const char *method,
				   const char *version)
{
	connection->has_head = true;
	if (connection->rq.target == NULL)
		return MHD_NO;
	check_head(connection, method, version);
	if (connection->is_body_too_large)
		connection->must_close = true;
	refuse_large_body(connection);
	/*
	 * A reply now makes libmicrohttpd close the connection, for a body may follow. So it waits
	 * for the body, and is sent at once only where the rest is not to be read.
	 */
	return connection->must_close ? send_reply(connection) : MHD_YES;
}

/* Beyond the cap bytes are dropped; the read deadline ends that. */
static enum MHD_Result handle_upload(struct connection *connection, const char *upload,
				     size_t *upload_len)
{
	struct request *rq = &connection->rq;
	struct buf *body = &rq->raw_body;

	if (!rq->reply.is_made && stream_takes_body(rq)) {
		stream_upload(connection, upload, upload_len);
		return MHD_YES;
	}
	if (*upload_len > body->max - body->len) {
		connection->is_body_too_large = true;
		connection->must_close = true;
	}
	if (!rq->reply.is_made && !connection->is_body_too_large &&
	    capacity_take(rq, CAPACITY_OF_BODIES, *upload_len)) {
		connection->body_room += *upload_len;
		buf_add(body, upload, *upload_len);
		if (!buf_ok(body))
			reply_failure(rq, RESULT_NO_MEMORY);
	}
	*upload_len = 0;
	return MHD_YES;
}

static enum MHD_Result handle_whole(struct connection *connection)
{
	struct request *rq = &connection->rq;

	enter(connection, CONNECTION_RUNNING);
	refuse_large_body(connection);
	if (!rq->reply.is_made && !rq->route->is_always_on)
		(void)!capacity_take(rq, CAPACITY_OF_REQUESTS, 1);
	if (rq->reply.is_made)
		return send_reply(connection);
	flow_start(rq);
	/*
	 * A reply that was made is not always one that may be sent: it may have to be kept first.
	 */
	if (connection->state == CONNECTION_READY)
		return send_reply(connection);
	connection_suspend(connection);
	return MHD_YES;
}

enum MHD_Result connection_handle(void *server, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **context)
{
	struct connection *connection = *context;

	(void)server;
	(void)url; /* decoded already: not to be trusted */
	(void)mhd;
	if (connection == NULL)
		return MHD_NO;
	connection->server->fruitless_runs = 0;
	if (!connection->has_head)
		return handle_head(connection, method, version);
	if (*upload_len > 0)
		return handle_upload(connection, upload, upload_len);
	if (connection->state == CONNECTION_READY)
		return send_reply(connection);
	if (connection->state == CONNECTION_READING)
		return handle_whole(connection);
	return MHD_YES;
}

/* ---- a request's end ---- */

static void request_end(struct connection *connection, bool was_answered)
{
	struct server *server = connection->server;
	struct request *rq = &connection->rq;
	uint64_t duration_us =
		clock_monotonic_us(loop_clock(server->options.loop)) - rq->received_us;

	if (rq->stream.holds > 0) {
		assert(!was_answered);
		rq->stream.is_gone = true;
		enter(connection, CONNECTION_ABANDONED);
		return;
	}
	if (was_answered)
		http_metrics_count(&server->metrics, server->options.routes, rq->route,
				   rq->reply.status, duration_us);
	else
		metric_add(&server->metrics.aborted, 1);
	request_log(connection, was_answered, duration_us);
	stream_close(rq);
	json_decref(rq->body);
	rq->body = NULL;
	buf_clear(&rq->raw_body);
	capacity_give(rq, CAPACITY_OF_BODIES, connection->body_room);
	lending_give_body(&server->lending, &rq->reply.body);
	lending_give_arena(&server->lending, &rq->arena);
	connection->knows_bytes_before = false;
	enter(connection, CONNECTION_IDLE);
	server->request_count--;
	server->fruitless_runs = 0;
}

void connection_completed(void *server, struct MHD_Connection *mhd, void **context,
			  enum MHD_RequestTerminationCode code)
{
	struct connection *connection = *context;

	(void)server;
	(void)mhd;
	*context = NULL;
	if (connection == NULL || connection->state == CONNECTION_IDLE)
		return;
	request_end(connection, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && !connection->must_close)
		parking_want(connection);
}

void connection_abandon(struct connection *connection)
{
	request_end(connection, false);
	/* else libmicrohttpd is about to tell */
	if (connection->mhd == NULL)
		free(connection);
}
