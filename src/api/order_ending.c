#include "api/order_ending.h"

#include "api/mistakes.h"
#include "api/order_reply.h"
#include "http/reply.h"
#include "repo/order_ending_repo.h"

/* ---- cancel ---- */

static enum flow cancel_order(struct request *rq)
{
	struct order_cancelled *st = rq->state;
	struct validation validation;
	const char *reason;

	validation_init(&validation, rq->await.arena);
	if (!order_ending_body_read_cancel(rq->body, &validation, &reason))
		return reply_mistakes(rq, &validation);
	order_ending_repo_cancel(rq->repo, rq->param[0], reason, st, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_cancelled(struct request *rq)
{
	const struct order_cancelled *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	if (rq->await.result == RESULT_TOO_LARGE)
		return reply_problem(rq, "stock-limit", NULL);
	if (rq->await.result == RESULT_INVALID && st->is_too_large)
		return reply_problem(rq, "too-many-deliveries",
				     "Its pending deliveries do not fit into one write with its "
				     "lines. Cancel some of them first.");
	if (rq->await.result == RESULT_INVALID)
		return reply_order_refused(rq, st->obstacle,
					   order_state_of(&st->order.head, st->obstacle));
	return reply_order(rq, 200, &st->order);
}

const struct endpoint post_order_cancel = {
	.state_size = sizeof(struct order_cancelled),
	.steps = STEPS(read_optional_json, cancel_order, answer_cancelled),
	.is_secret = true,
};

/* ---- return ---- */

struct return_state {
	struct return_body body;
	struct order_returned returned;
};

static enum flow return_order(struct request *rq)
{
	struct return_state *st = rq->state;
	struct validation validation;

	validation_init(&validation, rq->await.arena);
	if (!order_ending_body_read_return(rq->body, &validation, &st->body))
		return reply_mistakes(rq, &validation);
	order_ending_repo_return(rq->repo, rq->param[0], &st->body, &st->returned, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_returned(struct request *rq)
{
	const struct return_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	if (rq->await.result == RESULT_TOO_LARGE)
		return reply_problem(rq, "stock-limit", NULL);
	if (rq->await.result == RESULT_INVALID && st->returned.excess_count > 0)
		return reply_order_excess(rq, "too-many-returned", st->returned.excess,
					  st->returned.excess_count);
	if (rq->await.result == RESULT_INVALID)
		return reply_problem(rq, "too-many-returns", NULL);
	return reply_order(rq, 200, &st->returned.order);
}

const struct endpoint post_order_return = {
	.state_size = sizeof(struct return_state),
	.steps = STEPS(read_json, return_order, answer_returned),
	.is_secret = true,
};
