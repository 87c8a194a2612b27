#include "http/request_log.h"

#include "base/log.h"
#include "http/connection.h"
#include "http/router.h"

/* Where an id in the path is a key. */
static const char *digest_key(const struct request *rq, char digest[static ID_DIGEST_SIZE])
{
	if (rq->route == NULL || !rq->route->endpoint->is_secret)
		return NULL;
	return id_digest(rq->param[0], digest);
}

/* Where it is not the peer. */
static const char *client_of(const struct request *rq, char text[static IP_TEXT_SIZE])
{
	if (rq->config->trusted_proxies == 0)
		return NULL;
	ip_format(&rq->client, text);
	return text;
}

void request_log(const struct connection *connection, bool was_answered, uint64_t duration_us)
{
	const struct request *rq = &connection->rq;
	bool is_stream = rq->stream.is_open;
	const struct route *routes = connection->server->options.routes;
	enum log_level level = LOG_INFO;
	char shown[ROUTER_SHOWN_SIZE];
	char digest[ID_DIGEST_SIZE];
	char client[IP_TEXT_SIZE];

	if (connection->server->options.is_quiet)
		level = LOG_DEBUG;
	else if (rq->reply.status >= 500)
		level = LOG_WARNING;
	log_event(level, was_answered ? "request" : "request aborted",
		  LOG_F_STR("request_id", rq->id[0] != '\0' ? rq->id : NULL),
		  LOG_F_STR("method", connection->has_head ? router_method_name(rq->method) : NULL),
		  LOG_F_STR("path", router_loggable_path(routes, rq, shown)),
		  LOG_F_STR("route", rq->route != NULL ? rq->route->path : NULL),
		  LOG_F_STR("id_digest", digest_key(rq, digest)),
		  LOG_F_STR("by",
			    connection->server->options.access != NULL ? rq->caller.by : NULL),
		  LOG_F_NUM("status", rq->reply.status), LOG_F_STR("code", rq->reply.code),
		  LOG_F_MS("duration_ms", duration_us), LOG_F_MS("db_ms", rq->await.usage.wait_us),
		  LOG_F_NUM("calls", rq->await.usage.calls),
		  LOG_F_NUM("bytes", rq->reply.give != NULL ? rq->stream.bytes_out
							    : reply_body(&rq->reply).len),
		  is_stream ? LOG_F_NUM("bytes_in", rq->stream.bytes_in)
			    : LOG_F_STR("bytes_in", NULL),
		  is_stream ? LOG_F_NUM("lines", rq->lines) : LOG_F_STR("lines", NULL),
		  LOG_F_STR("peer", connection->peer), LOG_F_STR("client", client_of(rq, client)),
		  LOG_F_STR("trace", rq->await.trace_id),
		  LOG_F_STR("traceparent",
			    was_answered ? request_harmless_header(rq, "traceparent") : NULL));
}
