#include "api/order_reply.h"

#include "http/reply.h"
#include "repo/order_view.h"

enum { REFUSAL_MAX = 1024 };

static enum flow reply_shown(struct request *rq, int status, const struct stored_order *order,
			     bool has_history)
{
	struct buf body = {0};
	char tag[ORDER_TAG_SIZE];

	order_view_tag(&order->head, tag);
	reply_etag(rq, tag);
	buf_init(&body, ORDER_VIEW_MAX);
	order_view_write(order, has_history, &body);
	return reply_json(rq, status, &body);
}

enum flow reply_order(struct request *rq, int status, const struct stored_order *order)
{
	return reply_shown(rq, status, order, false);
}

enum flow reply_order_found(struct request *rq, const struct stored_order *order, bool has_history)
{
	char tag[ORDER_TAG_SIZE];

	order_view_tag(&order->head, tag);
	if (!request_none_match_holds(rq, tag))
		return reply_shown(rq, 200, order, has_history);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}

enum flow reply_order_missing(struct request *rq)
{
	return reply_problem(rq, "order-not-found", NULL);
}

enum flow reply_order_refused(struct request *rq, enum order_field field, unsigned current)
{
	struct buf members = {0};
	enum flow flow;

	buf_init(&members, REFUSAL_MAX);
	order_state_write_refusal(field, current, &members);
	flow = buf_ok(&members)
		       ? reply_problem_members(rq, "invalid-transition", buf_text(&members), NULL)
		       : reply_failure(rq, RESULT_NO_MEMORY);
	buf_clear(&members);
	return flow;
}
