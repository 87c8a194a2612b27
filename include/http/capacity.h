/*
 * How much a server takes on at a time. What is beyond is answered 503 with Retry-After at once, so
 * that those who were taken on get their answers, and the load balancer hears that there is no more
 * room here. Routes that are always on need none of it.
 *
 * Counted are requests whose steps wait for something (SHOPD_MAX_REQUESTS), not those that are
 * still being read or sent: who is slow must not take the place of others. For these there are
 * deadlines (connection_deadline.h), and a bound for the memory of all bodies together.
 */
#ifndef SHOPD_HTTP_CAPACITY_H
#define SHOPD_HTTP_CAPACITY_H

#include "http/request.h"

enum {
	CAPACITY_STREAMS = 64,
	CAPACITY_BODIES = 64 * 1024 * 1024, /* bytes */
};

/* What there is too much of. */
enum capacity_kind {
	CAPACITY_OF_REQUESTS,
	CAPACITY_OF_STREAMS,
	CAPACITY_OF_BODIES,
	CAPACITY_KINDS,
};

/* "requests" and so on: for metrics. */
extern const char *const capacity_names[CAPACITY_KINDS];

/* Of one server, zeroed at birth; what is in use now, in requests, streams and bytes. */
struct capacity {
	size_t used[CAPACITY_KINDS];
};

/*
 * Takes so much for a request, which it gives back later with capacity_give. False after a reply
 * was made: there is no room.
 */
bool capacity_take(struct request *rq, enum capacity_kind kind, size_t amount);
void capacity_give(struct request *rq, enum capacity_kind kind, size_t amount);

#endif
