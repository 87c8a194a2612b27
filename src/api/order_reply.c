#include "api/order_reply.h"

#include <inttypes.h>

#include "http/reply.h"
#include "repo/order_view.h"

enum { REFUSAL_MAX = 1024, EXCESS_MAX = ORDER_PART_LINES_MAX * 128 };

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

/* A problem with these members, which are cleared. */
static enum flow reply_members(struct request *rq, const char *code, struct buf *members)
{
	enum flow flow = buf_ok(members) ? reply_problem_members(rq, code, buf_text(members), NULL)
					 : reply_failure(rq, RESULT_NO_MEMORY);

	buf_clear(members);
	return flow;
}

enum flow reply_order_refused(struct request *rq, enum order_field field, unsigned current)
{
	struct buf members = {0};

	buf_init(&members, REFUSAL_MAX);
	order_state_write_refusal(field, current, &members);
	return reply_members(rq, "invalid-transition", &members);
}

enum flow reply_order_excess(struct request *rq, const char *code,
			     const struct order_excess *excess, size_t count)
{
	struct buf members = {0};

	buf_init(&members, EXCESS_MAX);
	buf_add_str(&members, "\"items\":[");
	for (size_t i = 0; i < count; i++)
		buf_add_format(&members,
			       "%s{\"product_id\":\"%s\",\"requested\":%" PRId64
			       ",\"possible\":%" PRId64 "}",
			       i > 0 ? "," : "", excess[i].product_id, excess[i].requested,
			       excess[i].possible);
	buf_add_char(&members, ']');
	return reply_members(rq, code, &members);
}
