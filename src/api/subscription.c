#include "api/subscription.h"

#include "http/access.h"
#include "http/reply.h"
#include "repo/subscription_repo.h"

enum { BODY_MAX = 512 };

struct subscription_state {
	const char *user_id;
	struct subscription subscription;
};

/* False after a reply was made. */
static bool read_user(struct request *rq)
{
	struct subscription_state *st = rq->state;

	st->user_id = access_named_user(rq);
	if (!st->user_id)
		reply_problem(rq, "invalid-parameter",
			      "`user_id` says who is to be told, unless a shopper asks for "
			      "himself: /product/{id}/subscription?user_id={id}.");
	return st->user_id;
}

/* ---- PUT ---- */

static enum flow put_it(struct request *rq)
{
	struct subscription_state *st = rq->state;

	if (!read_user(rq))
		return FLOW_REPLY;
	subscription_repo_put(rq->repo, rq->param[0], st->user_id, &st->subscription, &rq->await);
	return FLOW_WAIT;
}

static void show(const struct subscription *subscription, struct buf *out)
{
	char created[CLOCK_RFC3339_SIZE];
	char expires[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(subscription->created_ms, created);
	clock_format_rfc3339(subscription->expires_ms, expires);
	buf_add_format(out, "{\"product_id\":\"%s\",\"user_id\":\"%s\",", subscription->product_id,
		       subscription->user_id);
	buf_add_format(out, "\"created_at\":\"%s\",\"expires_at\":\"%s\"}", created, expires);
}

static enum flow answer_put(struct request *rq)
{
	const struct subscription_state *st = rq->state;
	struct buf body = {0};

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_problem(rq, "product-not-found", NULL);
	if (rq->await.result == RESULT_NO_OWNER)
		return reply_problem(rq, "user-not-found", NULL);
	if (rq->await.result == RESULT_IN_USE)
		return reply_problem(rq, "product-in-stock", NULL);
	reply_init_body(rq, &body, BODY_MAX);
	show(&st->subscription, &body);
	return reply_json(rq, 200, &body);
}

const struct endpoint put_subscription = {
	.state_size = sizeof(struct subscription_state),
	.steps = STEPS(put_it, answer_put),
};

/* ---- DELETE ---- */

static enum flow remove_it(struct request *rq)
{
	const struct subscription_state *st = rq->state;

	if (!read_user(rq))
		return FLOW_REPLY;
	subscription_repo_remove(rq->repo, rq->param[0], st->user_id, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_removed(struct request *rq)
{
	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_problem(rq, "subscription-not-found", NULL);
	return reply_empty(rq, 204);
}

const struct endpoint delete_subscription = {
	.state_size = sizeof(struct subscription_state),
	.steps = STEPS(remove_it, answer_removed),
};
