#include "http/flow.h"

#include <assert.h>

#include "http/reply.h"

static void flow_run(struct request *rq);

static void flow_resume(struct await *await)
{
	struct request *rq = await->context;

	/* An operation that is over before its step returned is taken up by flow_run itself. */
	if (!rq->is_running)
		flow_run(rq);
}

/* Runs one step. True when the next one may follow at once. */
static bool run_step(struct request *rq)
{
	flow_step step = rq->route->endpoint->steps[rq->next_step++];
	enum flow flow;

	assert(step != NULL); /* the last step must reply */
	rq->await.started_us = 0;
	flow = step(rq);
	switch (flow) {
	case FLOW_NEXT:
		assert(rq->await.started_us == 0 && !rq->reply.is_made);
		return true;
	case FLOW_WAIT:
		assert(rq->await.started_us != 0 && !rq->reply.is_made);
		return !rq->await.is_pending;
	case FLOW_REPLY:
		assert(!rq->await.is_pending && rq->reply.is_made);
		return false;
	}
	return false;
}

static void flow_run(struct request *rq)
{
	bool goes_on = true;

	rq->is_running = true;
	while (goes_on) {
		/* What no step could decide about is answered here. */
		if (result_is_failure(rq->await.result)) {
			reply_failure(rq, rq->await.result);
			break;
		}
		goes_on = run_step(rq);
	}
	rq->is_running = false;
	if (rq->reply.is_made)
		rq->finished(rq);
}

void flow_start(struct request *rq)
{
	const struct endpoint *endpoint = rq->route->endpoint;

	rq->next_step = 0;
	rq->await.result = RESULT_OK;
	rq->await.resume = flow_resume;
	rq->await.context = rq;
	rq->await.arena = &rq->arena;
	/* A stream has its state since its head was there. */
	if (endpoint->state_size > 0 && !rq->stream.is_open) {
		rq->state = arena_alloc(&rq->arena, endpoint->state_size);
		if (rq->state == NULL)
			rq->await.result = RESULT_NO_MEMORY;
	}
	flow_run(rq);
}
