#include "http/throttle.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "http/connection.h"
#include "http/forwarded.h"
#include "http/rate_limit.h"
#include "http/reply.h"

enum { SECOND_US = 1000 * 1000 };

struct counted {
	enum rate_kind kind;
	uint64_t caller;
};

/* False when nobody is to be counted. */
static bool find_counted(const struct request *rq, const struct rate_limit *limit,
			 struct counted *counted)
{
	const struct caller *caller = &rq->caller;
	struct ip subscriber;

	counted->kind = caller->kind == CALLER_STAFF ? RATE_KEY : RATE_USER;
	if (caller->id[0] == '\0') {
		if (!rq->config->knows_proxies && ip_is_private(&rq->client))
			return false;
		counted->kind = RATE_ADDRESS;
		subscriber = ip_subscriber(&rq->client);
		counted->caller =
			rate_limit_caller(limit, RATE_ADDRESS, &subscriber, sizeof(subscriber));
		return true;
	}
	counted->caller = rate_limit_caller(limit, counted->kind, caller->id, strlen(caller->id));
	return true;
}

/* draft-ietf-httpapi-ratelimit-headers-10; `t` says the same as Retry-After. */
static void reply_too_many(struct request *rq, const struct rate_limit *limit, enum rate_kind kind,
			   uint64_t wait_us)
{
	uint64_t wait_s = (wait_us + SECOND_US - 1) / SECOND_US;
	const char *name = rate_kind_names[kind];

	reply_header(rq, "Retry-After", "%" PRIu64, wait_s);
	reply_header(rq, "RateLimit-Policy", "\"%s\";q=%" PRIu64 ";w=%" PRIu64, name,
		     rate_limit_burst(limit), rate_limit_window_s(limit));
	reply_header(rq, "RateLimit", "\"%s\";r=0;t=%" PRIu64, name, wait_s);
	reply_problem(rq, "too-many-requests",
		      "This %s has made %" PRIu64 " requests within %" PRIu64
		      " seconds. Try again after the time in Retry-After.",
		      name, rate_limit_burst(limit), rate_limit_window_s(limit));
}

/* Then it counts as one client, with all that are behind it. */
static void warn_of_proxy(struct server *server, const struct request *rq)
{
	if (rq->config->knows_proxies || server->has_met_proxy ||
	    (!request_header(rq, "X-Forwarded-For") && !request_header(rq, "Forwarded")))
		return;
	server->has_met_proxy = true;
	log_event(LOG_WARNING,
		  "a client with X-Forwarded-For or Forwarded has made too many requests; if that "
		  "is a proxy, SHOPD_TRUSTED_PROXIES and SHOPD_PROXY_HEADER must say so",
		  LOG_F_STR("peer", rq->connection->peer));
}

bool throttle_admit(struct request *rq)
{
	struct server *server = rq->connection->server;
	struct rate_limit *limit = server->options.rate_limit;
	struct counted counted;
	uint64_t wait_us;

	if (!limit || rq->route->is_always_on || !find_counted(rq, limit, &counted))
		return true;
	wait_us = rate_limit_take(limit, counted.caller, loop_now_us(server->options.loop));
	if (wait_us == 0)
		return true;
	warn_of_proxy(server, rq);
	metric_add(&server->metrics.throttled[counted.kind], 1);
	reply_too_many(rq, limit, counted.kind, wait_us);
	return false;
}
