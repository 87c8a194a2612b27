#include "api/checkout_reply.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "http/reply.h"

enum { BODY_MAX = 1024 * 1024, MEMBERS_MAX = 64 * 1024, TAG_SIZE = 24 };

static const char *const codes[] = {
	[CHECKOUT_NOT_FOUND] = "checkout-not-found",
	[CHECKOUT_NO_CART] = "cart-not-found",
	[CHECKOUT_CART_CLOSED] = "cart-closed",
	[CHECKOUT_CART_EMPTY] = "cart-empty",
	[CHECKOUT_ACTIVE] = "checkout-active",
	[CHECKOUT_GONE] = "product-gone",
	[CHECKOUT_INSUFFICIENT] = "insufficient-stock",
	[CHECKOUT_CURRENCIES] = "currency-mismatch",
	[CHECKOUT_TOO_LARGE] = "total-too-large",
	[CHECKOUT_ALREADY_EXTENDED] = "already-extended",
	[CHECKOUT_IS_USED] = "checkout-used",
	[CHECKOUT_ENDED] = "checkout-ended",
	[CHECKOUT_OTHER_VERSION] = "precondition-failed",
};

enum flow reply_checkout_refusal(struct request *rq, enum checkout_refusal refusal)
{
	assert(refusal != CHECKOUT_FINE);
	if (refusal == CHECKOUT_CURRENCIES)
		return reply_problem(rq, codes[refusal],
				     "The products' prices are in several currencies by now.");
	return reply_problem(rq, codes[refusal], NULL);
}

/* ------------------------------------------------------------------ what a problem names */

static void add_gone(const struct checkout *checkout, struct buf *out)
{
	const char *before = "";

	buf_add_str(out, "\"items\":[");
	for (size_t i = 0; i < checkout->count; i++) {
		if (!checkout->lines[i].is_gone)
			continue;
		buf_add_format(out, "%s{\"product_id\":\"%s\"}", before,
			       checkout->lines[i].product_id);
		before = ",";
	}
	buf_add_char(out, ']');
}

static void add_shorts(const struct checkout_answer *answer, struct buf *out)
{
	buf_add_str(out, "\"items\":[");
	for (size_t i = 0; i < answer->short_count; i++) {
		const struct checkout_short *one = &answer->shorts[i];

		buf_add_format(out,
			       "%s{\"product_id\":\"%s\",\"requested\":%" PRId64
			       ",\"available\":%" PRId64 "}",
			       i > 0 ? "," : "", one->product_id, one->requested, one->available);
	}
	buf_add_char(out, ']');
}

static bool has_members(enum checkout_refusal refusal)
{
	return refusal == CHECKOUT_GONE || refusal == CHECKOUT_INSUFFICIENT ||
	       refusal == CHECKOUT_ACTIVE;
}

static enum flow reply_refused(struct request *rq, const struct checkout_answer *answer)
{
	struct buf members = {0};
	enum flow flow;

	assert(rq->await.result == RESULT_INVALID);
	if (!has_members(answer->refusal))
		return reply_checkout_refusal(rq, answer->refusal);
	buf_init(&members, MEMBERS_MAX);
	if (answer->refusal == CHECKOUT_GONE)
		add_gone(&answer->checkout, &members);
	else if (answer->refusal == CHECKOUT_INSUFFICIENT)
		add_shorts(answer, &members);
	else
		buf_add_format(&members, "\"checkout_id\":\"%s\"", answer->active_id);
	flow = buf_ok(&members)
		       ? reply_problem_members(rq, codes[answer->refusal], buf_text(&members), NULL)
		       : reply_failure(rq, RESULT_NO_MEMORY);
	buf_clear(&members);
	return flow;
}

/* ------------------------------------------------------------------ the checkout */

static void make_tag(const struct checkout *checkout, char tag[static TAG_SIZE])
{
	snprintf(tag, TAG_SIZE, "%" PRIu64, checkout->version);
}

enum flow reply_checkout(struct request *rq, int status, const struct checkout_answer *answer)
{
	struct buf body = {0};
	char tag[TAG_SIZE];

	if (rq->await.result != RESULT_OK)
		return reply_refused(rq, answer);
	make_tag(&answer->checkout, tag);
	reply_etag(rq, tag);
	buf_init(&body, BODY_MAX);
	checkout_item_show(&answer->checkout, &body);
	return reply_json(rq, status, &body);
}

enum flow reply_checkout_found(struct request *rq, const struct checkout_answer *answer)
{
	char tag[TAG_SIZE];

	if (rq->await.result != RESULT_OK)
		return reply_refused(rq, answer);
	make_tag(&answer->checkout, tag);
	if (!request_none_match_holds(rq, tag))
		return reply_checkout(rq, 200, answer);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}

enum flow reply_checkout_gone(struct request *rq, const struct checkout_answer *answer)
{
	return rq->await.result == RESULT_OK ? reply_empty(rq, 204) : reply_refused(rq, answer);
}
