#include "api/stock.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/mistakes.h"
#include "domain/stock_input.h"
#include "http/reply.h"
#include "repo/stock_repo.h"

enum {
	BODY_MAX = 1024,
	TAG_SIZE = 24,
};

struct stock_state {
	struct stock_outcome outcome;
	struct stock_adjustment adjustment;
	struct stock_recount recount;
	struct validation validation;
};

static enum flow reply_not_found(struct request *rq)
{
	return reply_problem(rq, "product-not-found", NULL);
}

static void make_tag(const struct stock *stock, char tag[static TAG_SIZE])
{
	snprintf(tag, TAG_SIZE, "%" PRIu64, stock->version);
}

static enum flow reply_stock(struct request *rq, const struct stock *stock)
{
	struct buf body = {0};
	char tag[TAG_SIZE];

	make_tag(stock, tag);
	reply_etag(rq, tag);
	buf_init(&body, BODY_MAX);
	buf_add_format(&body,
		       "{\"available\":%" PRId64 ",\"reserved\":%" PRId64 ",\"on_hand\":%" PRId64,
		       stock->available, stock->reserved, stock_on_hand(stock));
	buf_add_format(&body, ",\"level\":\"%s\"", stock_level_name(stock->level));
	if (stock->has_low_mark)
		buf_add_format(&body, ",\"low_stock_at\":%" PRId64, stock->low_stock_at);
	buf_add_format(&body, ",\"version\":%s}", tag);
	return reply_json(rq, 200, &body);
}

/* ---- GET ---- */

static enum flow find_stock(struct request *rq)
{
	struct stock_state *st = rq->state;

	stock_repo_find(rq->repo, rq->param[0], &st->outcome.stock, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct stock_state *st = rq->state;
	char tag[TAG_SIZE];

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	make_tag(&st->outcome.stock, tag);
	if (!request_none_match_holds(rq, tag))
		return reply_stock(rq, &st->outcome.stock);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}

const struct endpoint get_stock = {
	.state_size = sizeof(struct stock_state),
	.steps = STEPS(find_stock, answer_found),
};

/* ---- PUT, POST ---- */

static enum flow reply_insufficient(struct request *rq)
{
	enum { ITEMS_MAX = 512 };
	const struct stock_state *st = rq->state;
	struct buf items = {0};
	enum flow flow;

	buf_init(&items, ITEMS_MAX);
	buf_add_format(&items,
		       "\"items\":[{\"product_id\":\"%s\",\"requested\":%" PRId64
		       ",\"available\":%" PRId64 "}]",
		       rq->param[0], -st->adjustment.delta, st->outcome.stock.available);
	flow = buf_ok(&items)
		       ? reply_problem_members(rq, "insufficient-stock", buf_text(&items), NULL)
		       : reply_failure(rq, RESULT_NO_MEMORY);
	buf_clear(&items);
	return flow;
}

static enum flow reply_verdict(struct request *rq)
{
	const struct stock_state *st = rq->state;
	const struct stock *stock = &st->outcome.stock;

	switch (st->outcome.verdict) {
	case STOCK_INSUFFICIENT:
		return reply_insufficient(rq);
	case STOCK_TOO_MUCH:
		return reply_problem(rq, "stock-limit", NULL);
	case STOCK_BELOW_RESERVED:
		return reply_problem(rq, "below-reserved", "%" PRId64 " are reserved.",
				     stock->reserved);
	case STOCK_NOT_AS_THOUGHT:
		return reply_problem(rq, "stock-changed",
				     "There are %" PRId64 " on hand now. Decide again.",
				     stock_on_hand(stock));
	case STOCK_NOT_RESERVED: /* no endpoint of stock itself */
	case STOCK_FINE:
		break;
	}
	return reply_stock(rq, stock);
}

static enum flow answer_changed(struct request *rq)
{
	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, "precondition-failed", NULL);
	return reply_verdict(rq);
}

static enum flow adjust_stock(struct request *rq)
{
	struct stock_state *st = rq->state;

	validation_init(&st->validation, rq->await.arena);
	if (!stock_input_adjustment(rq->body, &st->adjustment, &st->validation))
		return reply_mistakes(rq, &st->validation);
	stock_repo_adjust(rq->repo, rq->param[0], &st->adjustment, &st->outcome, &rq->await);
	return FLOW_WAIT;
}

const struct endpoint post_stock = {
	.state_size = sizeof(struct stock_state),
	.steps = STEPS(read_json, adjust_stock, answer_changed),
};

static enum flow recount_stock(struct request *rq)
{
	struct stock_state *st = rq->state;
	struct stock_recount *recount = &st->recount;

	recount->product_id = rq->param[0];
	if (!request_expected_version(rq, &recount->expected_version))
		return FLOW_REPLY;
	validation_init(&st->validation, rq->await.arena);
	if (!stock_input_count(rq->body, &recount->count, &st->validation))
		return reply_mistakes(rq, &st->validation);
	stock_repo_recount(rq->repo, recount, &st->outcome, &rq->await);
	return FLOW_WAIT;
}

const struct endpoint put_stock = {
	.state_size = sizeof(struct stock_state),
	.steps = STEPS(read_json, recount_stock, answer_changed),
};
