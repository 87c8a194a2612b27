#include "http/flow.h"

#include <assert.h>

#include "http/access.h"
#include "http/idempotency.h"
#include "http/reply.h"

static void flow_run(struct request *rq);

static void flow_resume(struct await *await)
{
	struct request *rq = await->context;

	/* An operation that is over before its step returned is taken up by flow_run itself. */
	if (!rq->is_running)
		flow_run(rq);
}

/* ---- the steps ---- */

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

/* What no step could decide about is answered here. False when there was nothing of the kind. */
static bool reply_instead(struct request *rq)
{
	if (rq->await.result == RESULT_REPEATED)
		idempotency_reply(rq);
	else if (result_is_failure(rq->await.result))
		reply_failure(rq, rq->await.result);
	else
		return false;
	return true;
}

static void run_steps(struct request *rq)
{
	while (!reply_instead(rq))
		if (!run_step(rq))
			return;
}

/* ---- what comes before and after them ---- */

static void begin_steps(struct request *rq)
{
	rq->stage = REQUEST_STEPS;
	if (idempotency_begin(rq))
		rq->stage = REQUEST_FINDING;
	else if (rq->reply.is_made)
		rq->stage = REQUEST_DONE;
}

static void begin_owner(struct request *rq)
{
	rq->stage = REQUEST_OWNER;
	if (!access_begin_owner(rq))
		begin_steps(rq);
}

/* What it takes to tell who calls was looked for. */
static void take_caller(struct request *rq)
{
	if (!reply_instead(rq))
		access_take_caller(rq);
	if (rq->reply.is_made) {
		rq->stage = REQUEST_DONE;
		return;
	}
	rq->await.result = RESULT_OK;
	begin_owner(rq);
}

/* The owner of what the path names was looked for. */
static void take_owner(struct request *rq)
{
	if (reply_instead(rq) || access_judge_owner(rq) == FLOW_REPLY) {
		rq->stage = REQUEST_DONE;
		return;
	}
	rq->await.result = RESULT_OK;
	begin_steps(rq);
}

/* An earlier request with the same Idempotency-Key was looked for. */
static void take_found(struct request *rq)
{
	if (reply_instead(rq)) {
		rq->stage = REQUEST_DONE;
		return;
	}
	rq->await.result = RESULT_OK;
	rq->stage = REQUEST_STEPS;
}

/* The answer of a request with a key is kept, or another one was there before. */
static void take_kept(struct request *rq)
{
	rq->stage = REQUEST_DONE;
	if (rq->await.result == RESULT_REPEATED)
		idempotency_reply(rq);
	else if (result_is_failure(rq->await.result))
		reply_failure_instead(rq, rq->await.result);
}

static void flow_run(struct request *rq)
{
	rq->is_running = true;
	if (rq->stage == REQUEST_CALLER && !rq->await.is_pending)
		take_caller(rq);
	if (rq->stage == REQUEST_OWNER && !rq->await.is_pending)
		take_owner(rq);
	if (rq->stage == REQUEST_FINDING && !rq->await.is_pending)
		take_found(rq);
	if (rq->stage == REQUEST_STEPS) {
		run_steps(rq);
		if (rq->reply.is_made)
			rq->stage = idempotency_keep(rq) ? REQUEST_KEEPING : REQUEST_DONE;
	}
	if (rq->stage == REQUEST_KEEPING && !rq->await.is_pending)
		take_kept(rq);
	rq->is_running = false;
	if (rq->stage == REQUEST_DONE)
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
	rq->stage = REQUEST_STEPS;
	/* A stream has its state since its head was there. */
	if (endpoint->state_size > 0 && !rq->stream.is_open) {
		rq->state = arena_alloc(&rq->arena, endpoint->state_size);
		if (rq->state == NULL)
			rq->await.result = RESULT_NO_MEMORY;
	}
	rq->is_running = true;
	if (rq->await.result == RESULT_OK && access_begin_caller(rq))
		rq->stage = REQUEST_CALLER;
	else if (rq->await.result == RESULT_OK)
		begin_owner(rq);
	flow_run(rq);
}
