#include "api/payment.h"

#include <string.h>

#include "api/mistakes.h"
#include "api/order_reply.h"
#include "domain/money.h"
#include "domain/payment_signature.h"
#include "http/reply.h"
#include "repo/order_payment.h"

enum { MEMBERS_MAX = 128, ANSWER_MAX = 64, MS_PER_S = 1000 };

struct payment_state {
	struct order_paying paying;
	struct order_paid paid;
};

/* ---- what came of it ---- */

static enum flow reply_wrong_amount(struct request *rq, const struct order_paid *paid)
{
	char amount[MONEY_SIZE];
	struct buf members = {0};
	enum flow flow;

	order_item_amount(&paid->order.head, paid->expected, amount);
	buf_init(&members, MEMBERS_MAX);
	buf_add_format(&members, "\"expected\":%s", amount);
	flow = buf_ok(&members)
		       ? reply_problem_members(rq, "wrong-amount", buf_text(&members), NULL)
		       : reply_failure(rq, RESULT_NO_MEMORY);
	buf_clear(&members);
	return flow;
}

static enum flow reply_refusal(struct request *rq, const struct order_paid *paid)
{
	switch (paid->verdict) {
	case PAY_WRONG_AMOUNT:
		return reply_wrong_amount(rq, paid);
	case PAY_REFERENCE_REUSED:
		return reply_problem(rq, "payment-reference-reused", NULL);
	case PAY_TOO_MANY:
		return reply_problem(rq, "too-many-payments", NULL);
	case PAY_REFUSED:
	case PAY_TAKEN:
	case PAY_KNOWN:
		break;
	}
	return reply_order_refused(rq, ORDER_PAYMENT, paid->order.head.payment_status);
}

/* FLOW_NEXT when it was recorded, now or before. */
static enum flow judge(struct request *rq)
{
	const struct payment_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, "precondition-failed", NULL);
	return rq->await.result == RESULT_OK ? FLOW_NEXT : reply_refusal(rq, &st->paid);
}

/* ---- PUT ---- */

static enum flow record_payment(struct request *rq)
{
	struct payment_state *st = rq->state;
	struct validation validation;

	st->paying.order_id = rq->param[0];
	st->paying.by = await_by(&rq->await);
	if (!request_expected_version(rq, &st->paying.expected_version))
		return FLOW_REPLY;
	validation_init(&validation, rq->await.arena);
	if (!payment_body_read(rq->body, &validation, &st->paying.told))
		return reply_mistakes(rq, &validation);
	order_payment_record(rq->repo, &st->paying, &st->paid, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_recorded(struct request *rq)
{
	const struct payment_state *st = rq->state;
	enum flow flow = judge(rq);

	return flow == FLOW_NEXT ? reply_order(rq, 200, &st->paid.order) : flow;
}

const struct endpoint put_payment = {
	.state_size = sizeof(struct payment_state),
	.steps = STEPS(read_json, record_payment, answer_recorded),
	.is_secret = true,
};

/* ---- callback ---- */

/* Before the body is looked at: whoever cannot sign learns nothing and costs nothing. */
static enum flow check_signature(struct request *rq)
{
	struct span body = {buf_text(&rq->raw_body), rq->raw_body.len};
	enum result result;

	if (!rq->config->payment_secret)
		return reply_problem(rq, "not-found", NULL);
	result = payment_signature_check(rq->repo->digest, rq->config->payment_secret,
					 request_header(rq, "X-Signature"), body,
					 clock_wall_ms(rq->repo->clock) / MS_PER_S);
	if (result == RESULT_OK)
		return FLOW_NEXT;
	if (result != RESULT_INVALID)
		return reply_failure(rq, result);
	reply_header(rq, "WWW-Authenticate", "X-Signature");
	return reply_problem(rq, "invalid-signature", NULL);
}

static enum flow record_callback(struct request *rq)
{
	struct payment_state *st = rq->state;
	struct validation validation;

	validation_init(&validation, rq->await.arena);
	if (!payment_body_read_callback(rq->body, &validation, &st->paying.told))
		return reply_mistakes(rq, &validation);
	st->paying.order_id = st->paying.told.order_id;
	st->paying.by = "provider";
	order_payment_record(rq->repo, &st->paying, &st->paid, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_callback(struct request *rq)
{
	struct buf body = {0};
	enum flow flow = judge(rq);

	if (flow != FLOW_NEXT)
		return flow;
	buf_init(&body, ANSWER_MAX);
	buf_add_str(&body, "{\"status\":\"ok\"}");
	return reply_json(rq, 200, &body);
}

const struct endpoint post_payment_callback = {
	.state_size = sizeof(struct payment_state),
	.steps = STEPS(check_signature, read_json, record_callback, answer_callback),
	.takes_no_key = true,
};
