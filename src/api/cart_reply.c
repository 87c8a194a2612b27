#include "api/cart_reply.h"

#include <assert.h>

#include "http/reply.h"
#include "repo/cart_view.h"

static const char *const codes[] = {
	[CART_NOT_FOUND] = "cart-not-found",
	[CART_NO_USER] = "user-not-found",
	[CART_NO_PRODUCT] = "product-not-found",
	[CART_NO_LINE] = "line-not-found",
	[CART_OTHER_VERSION] = "precondition-failed",
	[CART_CLOSED] = "cart-closed",
	[CART_FULL] = "cart-full",
	[CART_TOO_MANY] = "quantity-limit",
	[CART_OTHER_CURRENCY] = "currency-mismatch",
};

static enum flow reply_refusal(struct request *rq, const struct cart_answer *answer)
{
	assert(rq->await.result == RESULT_INVALID && answer->refusal != CART_FINE);
	return reply_problem(rq, codes[answer->refusal], NULL);
}

static enum flow reply_shown(struct request *rq, int status, const struct cart_answer *answer,
			     bool may_be_known)
{
	struct buf body = {0};
	char tag[CART_TAG_SIZE];

	buf_init(&body, CART_VIEW_MAX);
	cart_view_write(answer, &body);
	if (!cart_view_tag(rq->repo, &answer->cart, &body, tag)) {
		buf_clear(&body);
		return reply_failure(rq, RESULT_NO_MEMORY);
	}
	reply_etag(rq, tag);
	if (!may_be_known || !request_none_match_holds(rq, tag))
		return reply_json(rq, status, &body);
	buf_clear(&body);
	return reply_empty(rq, 304);
}

enum flow reply_cart(struct request *rq, int status, const struct cart_answer *answer)
{
	if (rq->await.result != RESULT_OK)
		return reply_refusal(rq, answer);
	return reply_shown(rq, status, answer, false);
}

enum flow reply_cart_found(struct request *rq, const struct cart_answer *answer)
{
	if (rq->await.result != RESULT_OK)
		return reply_refusal(rq, answer);
	return reply_shown(rq, 200, answer, true);
}

enum flow reply_cart_gone(struct request *rq, const struct cart_answer *answer)
{
	return rq->await.result == RESULT_OK ? reply_empty(rq, 204) : reply_refusal(rq, answer);
}
