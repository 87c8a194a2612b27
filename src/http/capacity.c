#include "http/capacity.h"

#include <assert.h>

#include "http/connection.h"
#include "http/reply.h"

const char *const capacity_names[CAPACITY_KINDS] = {[CAPACITY_OF_REQUESTS] = "requests",
						    [CAPACITY_OF_STREAMS] = "streams",
						    [CAPACITY_OF_BODIES] = "bodies"};

static size_t limit_of(const struct request *rq, enum capacity_kind kind)
{
	switch (kind) {
	case CAPACITY_OF_REQUESTS:
		return rq->config->max_requests;
	case CAPACITY_OF_STREAMS:
		return CAPACITY_STREAMS;
	case CAPACITY_OF_BODIES:
		return CAPACITY_BODIES;
	case CAPACITY_KINDS:
		break;
	}
	return 0;
}

bool capacity_take(struct request *rq, enum capacity_kind kind, size_t amount)
{
	struct server *server = rq->connection->server;
	size_t *used = &server->capacity.used[kind];

	if (*used + amount > limit_of(rq, kind)) {
		metric_add(&server->metrics.overload[kind], 1);
		reply_failure(rq, RESULT_OVERLOADED);
		return false;
	}
	*used += amount;
	return true;
}

void capacity_give(struct request *rq, enum capacity_kind kind, size_t amount)
{
	size_t *used = &rq->connection->server->capacity.used[kind];

	assert(*used >= amount);
	*used -= amount;
}
