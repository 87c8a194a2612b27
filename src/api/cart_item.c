#include "api/cart_item.h"

#include "api/cart_reply.h"
#include "api/mistakes.h"
#include "domain/cart_body.h"
#include "http/reply.h"
#include "repo/cart_change.h"

struct cart_item_state {
	struct cart_answer answer;
};

static enum flow start_change(struct request *rq, enum cart_act act, int64_t quantity)
{
	struct cart_item_state *st = rq->state;
	struct cart_line_change change = {
		.cart_id = rq->param[0],
		.change = {.act = act, .product_id = rq->param[1], .quantity = quantity},
	};

	/* POST has no preconditions. */
	if (act != CART_ADD && !request_expected_version(rq, &change.expected_version))
		return FLOW_REPLY;
	cart_change_run(rq->repo, &change, &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow change_by_body(struct request *rq, enum cart_act act)
{
	struct validation validation;
	int64_t quantity;

	validation_init(&validation, rq->await.arena);
	if (!cart_body_read_line(rq->body, act == CART_SET, &validation, &quantity))
		return reply_mistakes(rq, &validation);
	return start_change(rq, act, quantity);
}

static enum flow set_quantity(struct request *rq)
{
	return change_by_body(rq, CART_SET);
}

static enum flow add_quantity(struct request *rq)
{
	return change_by_body(rq, CART_ADD);
}

static enum flow remove_line(struct request *rq)
{
	return start_change(rq, CART_REMOVE, 0);
}

static enum flow answer_changed(struct request *rq)
{
	const struct cart_item_state *st = rq->state;

	return reply_cart(rq, 200, &st->answer);
}

static enum flow answer_removed(struct request *rq)
{
	const struct cart_item_state *st = rq->state;

	return reply_cart_gone(rq, &st->answer);
}

const struct endpoint put_cart_item = {
	.state_size = sizeof(struct cart_item_state),
	.steps = STEPS(read_json, set_quantity, answer_changed),
	.is_secret = true,
};

const struct endpoint post_cart_item = {
	.state_size = sizeof(struct cart_item_state),
	.steps = STEPS(read_optional_json, add_quantity, answer_changed),
	.is_secret = true,
};

const struct endpoint delete_cart_item = {
	.state_size = sizeof(struct cart_item_state),
	.steps = STEPS(remove_line, answer_removed),
	.is_secret = true,
};
