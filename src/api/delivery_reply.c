#include "api/delivery_reply.h"

#include <assert.h>
#include <inttypes.h>

#include "api/order_reply.h"
#include "http/reply.h"
#include "repo/delivery_view.h"

enum { MEMBERS_MAX = 16 * 1024 };

enum flow reply_delivery(struct request *rq, int status, const struct stored_order *order,
			 const struct order_delivery *delivery)
{
	struct buf body = {0};
	char tag[DELIVERY_TAG_SIZE];

	delivery_view_tag(delivery, tag);
	reply_etag(rq, tag);
	buf_init(&body, DELIVERY_VIEW_MAX);
	delivery_view_write(&order->head, delivery, &body);
	return reply_json(rq, status, &body);
}

enum flow reply_delivery_found(struct request *rq, const struct stored_order *order,
			       const struct order_delivery *delivery)
{
	char tag[DELIVERY_TAG_SIZE];

	delivery_view_tag(delivery, tag);
	if (!request_none_match_holds(rq, tag))
		return reply_delivery(rq, 200, order, delivery);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}

enum flow reply_deliveries(struct request *rq, const struct stored_order *order,
			   const struct order_delivery *deliveries, size_t count)
{
	struct buf body = {0};

	buf_init(&body, DELIVERY_VIEW_MAX);
	buf_add_str(&body, "{\"data\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&body, ',');
		delivery_view_write(&order->head, &deliveries[i], &body);
	}
	buf_add_str(&body, "]}");
	return reply_json(rq, 200, &body);
}

enum flow reply_delivery_missing(struct request *rq)
{
	return reply_problem(rq, "delivery-not-found", NULL);
}

/* ------------------------------------------------------------------ refusals */

static enum flow reply_members(struct request *rq, const char *code, struct buf *members)
{
	enum flow flow = buf_ok(members) ? reply_problem_members(rq, code, buf_text(members), NULL)
					 : reply_failure(rq, RESULT_NO_MEMORY);

	buf_clear(members);
	return flow;
}

static enum flow reply_state(struct request *rq, const struct order_delivery *delivery)
{
	struct buf members = {0};

	buf_init(&members, MEMBERS_MAX);
	delivery_write_refusal(delivery->status, &members);
	return reply_members(rq, "invalid-transition", &members);
}

static enum flow reply_verdict(struct request *rq, const struct delivery_outcome *outcome)
{
	switch (outcome->verdict) {
	case DELIVERY_UNKNOWN:
		return reply_delivery_missing(rq);
	case DELIVERY_OTHER_VERSION:
		return reply_problem(rq, "precondition-failed", NULL);
	case DELIVERY_ORDER_STATE:
		return reply_order_refused(rq, ORDER_STATUS, outcome->order.head.status);
	case DELIVERY_TOO_MUCH:
		return reply_order_excess(rq, "too-many-shipped", outcome->plan.excess,
					  outcome->plan.excess_count);
	case DELIVERY_NOTHING_LEFT:
		return reply_problem(rq, "nothing-to-ship", NULL);
	case DELIVERY_TOO_LARGE:
		return reply_problem(rq, "delivery-too-large", NULL);
	case DELIVERY_ONE_TOO_MANY:
		return reply_problem(rq, "too-many-deliveries", NULL);
	case DELIVERY_STATE:
	case DELIVERY_FINE:
		break;
	}
	assert(outcome->verdict == DELIVERY_STATE);
	return reply_state(rq, &outcome->before);
}

enum flow reply_delivery_refused(struct request *rq, const struct delivery_outcome *outcome)
{
	if (rq->await.result == RESULT_EXISTS)
		return reply_problem(rq, "tracking-number-taken", NULL);
	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	assert(rq->await.result == RESULT_INVALID);
	return reply_verdict(rq, outcome);
}
