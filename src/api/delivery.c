#include "api/delivery.h"

#include "api/delivery_reply.h"
#include "api/mistakes.h"
#include "api/order_reply.h"
#include "http/reply.h"
#include "repo/delivery_number.h"
#include "repo/delivery_tracking.h"
#include "repo/order_repo.h"

struct delivery_state {
	char order_id[ID_SIZE];
	uint64_t expected_version;
	struct delivery_body body;
	struct delivery_patch patch;
	struct delivery_report report;
	struct validation validation;
	struct delivery_outcome outcome;
};

/* ---- /order/{id}/delivery ---- */

static enum flow find_order(struct request *rq)
{
	struct delivery_state *st = rq->state;

	order_repo_find(rq->repo, rq->param[0], &st->outcome.order, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_all(struct request *rq)
{
	const struct delivery_state *st = rq->state;
	const struct stored_order *order = &st->outcome.order;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	return reply_deliveries(rq, order, order->deliveries, order->delivery_count);
}

const struct endpoint get_order_deliveries = {
	.state_size = sizeof(struct delivery_state),
	.steps = STEPS(find_order, answer_all),
	.is_secret = true,
};

static enum flow make_delivery(struct request *rq)
{
	struct delivery_state *st = rq->state;

	validation_init(&st->validation, rq->await.arena);
	if (!delivery_body_read(rq->body, &st->validation, &st->body))
		return reply_mistakes(rq, &st->validation);
	delivery_repo_create(rq->repo, rq->param[0], &st->body, &st->outcome, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_made(struct request *rq)
{
	const struct delivery_state *st = rq->state;
	const struct delivery_outcome *outcome = &st->outcome;

	if (rq->await.result != RESULT_OK)
		return reply_delivery_refused(rq, outcome);
	reply_header(rq, "Location", "/delivery/%s", outcome->delivery.id);
	return reply_delivery(rq, 201, &outcome->order, &outcome->delivery);
}

const struct endpoint post_order_delivery = {
	.state_size = sizeof(struct delivery_state),
	.steps = STEPS(read_json, make_delivery, answer_made),
	.is_secret = true,
};

/* ---- /delivery?carrier=&tracking_number= ---- */

/* NULL after a reply was made. */
static const char *read_text(struct request *rq, const char *name)
{
	const char *text = request_query(rq, name);
	size_t count = text ? text_utf8_count(span_of(text)) : 0;

	if (count >= 1 && count <= DELIVERY_TEXT_MAX)
		return text;
	(void)reply_problem(rq, "invalid-parameter",
			    "%s must have 1 to %d characters. Give both carrier and "
			    "tracking_number, as the delivery has them.",
			    name, DELIVERY_TEXT_MAX);
	return NULL;
}

static enum flow find_numbered(struct request *rq)
{
	struct delivery_number number;

	number.carrier = read_text(rq, "carrier");
	if (!number.carrier)
		return FLOW_REPLY;
	number.tracking_number = read_text(rq, "tracking_number");
	if (!number.tracking_number)
		return FLOW_REPLY;
	delivery_number_find(rq->repo, &number, rq->state, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_numbered(struct request *rq)
{
	const struct delivery_found *found = rq->state;

	return reply_deliveries(rq, &found->order, found->delivery,
				rq->await.result == RESULT_OK ? 1 : 0);
}

const struct endpoint get_deliveries = {
	.state_size = sizeof(struct delivery_found),
	.steps = STEPS(find_numbered, answer_numbered),
};

/* ---- /delivery/{id}: first which order it belongs to, then that order ---- */

static enum flow find_owner(struct request *rq)
{
	struct delivery_state *st = rq->state;

	delivery_repo_find_order(rq->repo, rq->param[0], st->order_id, &rq->await);
	return FLOW_WAIT;
}

static enum flow find_in_order(struct request *rq)
{
	struct delivery_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_delivery_missing(rq);
	order_repo_find(rq->repo, st->order_id, &st->outcome.order, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct delivery_state *st = rq->state;
	const struct order_delivery *delivery = NULL;

	if (rq->await.result == RESULT_OK)
		delivery = delivery_repo_pick(&st->outcome.order, rq->param[0]);
	return delivery ? reply_delivery_found(rq, &st->outcome.order, delivery)
			: reply_delivery_missing(rq);
}

const struct endpoint get_delivery = {
	.state_size = sizeof(struct delivery_state),
	.steps = STEPS(find_owner, find_in_order, answer_found),
};

/* ---- PATCH ---- */

static enum flow read_patch(struct request *rq)
{
	struct delivery_state *st = rq->state;

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	validation_init(&st->validation, rq->await.arena);
	if (!delivery_body_read_patch(rq->body, &st->validation, &st->patch))
		return reply_mistakes(rq, &st->validation);
	return FLOW_NEXT;
}

static enum flow change_delivery(struct request *rq)
{
	struct delivery_state *st = rq->state;
	const struct delivery_name name = {st->order_id, rq->param[0], st->expected_version};

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_delivery_missing(rq);
	delivery_repo_change(rq->repo, &name, &st->patch, &st->outcome, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_changed(struct request *rq)
{
	const struct delivery_state *st = rq->state;

	if (rq->await.result != RESULT_OK)
		return reply_delivery_refused(rq, &st->outcome);
	return reply_delivery(rq, 200, &st->outcome.order, &st->outcome.delivery);
}

const struct endpoint patch_delivery = {
	.state_size = sizeof(struct delivery_state),
	.steps = STEPS(read_json, read_patch, find_owner, change_delivery, answer_changed),
};

/* ---- what carriers report ---- */

static enum flow read_report(struct request *rq)
{
	struct delivery_state *st = rq->state;

	validation_init(&st->validation, rq->await.arena);
	if (!delivery_body_read_report(rq->body, clock_wall_ms(rq->repo->clock), &st->validation,
				       &st->report))
		return reply_mistakes(rq, &st->validation);
	return FLOW_NEXT;
}

static enum flow take_report(struct request *rq)
{
	struct delivery_state *st = rq->state;
	const struct delivery_name name = {st->order_id, rq->param[0], 0};

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_delivery_missing(rq);
	delivery_tracking_take(rq->repo, &name, &st->report, &st->outcome, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_taken(struct request *rq)
{
	const struct delivery_state *st = rq->state;

	if (rq->await.result == RESULT_EXISTS)
		return reply_delivery(rq, 200, &st->outcome.order, &st->outcome.before);
	return answer_changed(rq);
}

const struct endpoint post_delivery_event = {
	.state_size = sizeof(struct delivery_state),
	.steps = STEPS(read_json, read_report, find_owner, take_report, answer_taken),
};
