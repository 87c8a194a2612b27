#include "http/cors.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "http/connection.h"
#include "http/reply.h"

static const char known_headers[] =
	"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, "
	"X-Amzn-Trace-Id, X-Request-Id, traceparent";
/* Besides those that a page may read anyway. */
static const char shown_headers[] =
	"ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
	"Server-Timing, WWW-Authenticate, X-Consumed-Read-Units, X-Consumed-Write-Units, "
	"X-Request-Id";

static bool are_all(const char *origins)
{
	return strcmp(origins, "*") == 0;
}

static const char *origins_of(const struct request *rq)
{
	return rq->connection->server->options.cors_origins;
}

/* What Access-Control-Allow-Origin says; NULL: the request is no page's, or not one of these. */
static const char *allowed_origin(const struct request *rq)
{
	const char *origins = origins_of(rq);
	const char *origin = origins != NULL ? request_header(rq, "Origin") : NULL;

	if (origin == NULL)
		return NULL;
	if (are_all(origins))
		return "*";
	return text_is_listed(origins, span_of(origin)) ? origin : NULL;
}

void cors_add_headers(struct MHD_Response *response, const struct request *rq)
{
	const char *origins = origins_of(rq);
	const char *allowed = allowed_origin(rq);

	if (origins != NULL && !are_all(origins))
		MHD_add_response_header(response, "Vary", "Origin");
	if (allowed == NULL)
		return;
	MHD_add_response_header(response, "Access-Control-Allow-Origin", allowed);
	MHD_add_response_header(response, "Access-Control-Expose-Headers", shown_headers);
}

void cors_answer_preflight(struct request *rq, const char *allow)
{
	if (allowed_origin(rq) == NULL ||
	    request_header(rq, "Access-Control-Request-Method") == NULL)
		return;
	reply_header(rq, "Access-Control-Allow-Methods", "%s", allow);
	reply_header(rq, "Access-Control-Allow-Headers", "%s", known_headers);
	reply_header(rq, "Access-Control-Max-Age",
		     "7200"); /* seconds; no browser keeps it longer */
}
