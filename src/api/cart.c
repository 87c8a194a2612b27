#include "api/cart.h"

#include "api/cart_reply.h"
#include "api/mistakes.h"
#include "domain/cart_body.h"
#include "http/access.h"
#include "http/reply.h"
#include "repo/cart_merge.h"
#include "repo/cart_repo.h"
#include "repo/cart_user.h"

struct cart_state {
	struct cart_answer answer;
};

/* ---- POST /cart ---- */

static enum flow make_cart(struct request *rq)
{
	struct cart_state *st = rq->state;
	struct validation validation;
	const char *user_id = NULL;

	validation_init(&validation, rq->await.arena);
	if (!cart_body_read_new(rq->body, &validation, &user_id))
		return reply_mistakes(rq, &validation);
	if (user_id && !access_is_for(rq, user_id, SCOPE_CART_WRITE))
		return reply_problem(rq, "user-not-found", NULL);
	if (user_id)
		cart_user_make(rq->repo, user_id, &st->answer, &rq->await);
	else
		cart_repo_create(rq->repo, &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_made(struct request *rq)
{
	const struct cart_state *st = rq->state;

	if (rq->await.result != RESULT_OK || !st->answer.is_new)
		return reply_cart(rq, 200, &st->answer);
	reply_header(rq, "Location", "/cart/%s", st->answer.cart.id);
	return reply_cart(rq, 201, &st->answer);
}

const struct endpoint post_cart = {
	.state_size = sizeof(struct cart_state),
	.steps = STEPS(read_optional_json, make_cart, answer_made),
};

/* ---- GET ---- */

static enum flow find_cart(struct request *rq)
{
	struct cart_state *st = rq->state;

	cart_repo_find(rq->repo, rq->param[0], &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow find_user_cart(struct request *rq)
{
	struct cart_state *st = rq->state;

	cart_user_find(rq->repo, rq->param[0], &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct cart_state *st = rq->state;

	return reply_cart_found(rq, &st->answer);
}

const struct endpoint get_cart = {
	.state_size = sizeof(struct cart_state),
	.steps = STEPS(find_cart, answer_found),
	.is_secret = true,
};

const struct endpoint get_user_cart = {
	.state_size = sizeof(struct cart_state),
	.steps = STEPS(find_user_cart, answer_found),
};

/* ---- DELETE ---- */

static enum flow remove_cart(struct request *rq)
{
	struct cart_state *st = rq->state;
	uint64_t expected_version;

	if (!request_expected_version(rq, &expected_version))
		return FLOW_REPLY;
	cart_repo_remove(rq->repo, rq->param[0], expected_version, &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_removed(struct request *rq)
{
	const struct cart_state *st = rq->state;

	return reply_cart_gone(rq, &st->answer);
}

const struct endpoint delete_cart = {
	.state_size = sizeof(struct cart_state),
	.steps = STEPS(remove_cart, answer_removed),
	.is_secret = true,
};

/* ---- merge ---- */

/* The path's own cart has been seen to. */
static enum flow find_owner_of_into(struct request *rq)
{
	const char *into = json_string_value(json_object_get(rq->body, "into"));

	return into ? access_find_owner(rq, OWNER_OF_CART, into, SCOPE_CART_WRITE) : FLOW_NEXT;
}

static enum flow merge_carts(struct request *rq)
{
	struct cart_state *st = rq->state;
	struct cart_merge_body body;
	struct validation validation;

	validation_init(&validation, rq->await.arena);
	if (!cart_body_read_merge(rq->body, rq->param[0], &validation, &body))
		return reply_mistakes(rq, &validation);
	cart_merge_run(rq->repo, &(struct cart_merging){rq->param[0], body.into, body.strategy},
		       &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_merged(struct request *rq)
{
	const struct cart_state *st = rq->state;

	return reply_cart(rq, 200, &st->answer);
}

const struct endpoint post_cart_merge = {
	.state_size = sizeof(struct cart_state),
	.steps = STEPS(read_json, find_owner_of_into, access_judge_owner, merge_carts,
		       answer_merged),
	.is_secret = true,
};
