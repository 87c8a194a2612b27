#include "api/notification.h"

#include <jansson.h>
#include <string.h>

#include "api/mistakes.h"
#include "api/record_reply.h"
#include "domain/notification.h"
#include "http/reply.h"
#include "repo/notification_repo.h"

struct notification_state {
	struct record preference;
	uint64_t expected_version;
	bool must_be_first;
};

static enum flow reply_preference(struct request *rq)
{
	const struct notification_state *st = rq->state;

	return record_reply(rq, 200, notification_fields, &st->preference);
}

/* ---- GET ---- */

static enum flow find_preference(struct request *rq)
{
	struct notification_state *st = rq->state;

	notification_repo_find(rq->repo, rq->param[0], &st->preference, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	struct notification_state *st = rq->state;

	if (rq->await.result == RESULT_NO_OWNER)
		return reply_problem(rq, "user-not-found", NULL);
	if (rq->await.result == RESULT_NOT_FOUND &&
	    !notification_repo_none(&st->preference, rq->await.arena))
		return reply_failure(rq, RESULT_NO_MEMORY);
	return record_reply_found(rq, notification_fields, &st->preference);
}

const struct endpoint get_notification = {
	.state_size = sizeof(struct notification_state),
	.steps = STEPS(find_preference, answer_found),
};

/* ---- PUT ---- */

/*
 * "0" is the tag of what was never set. It is no version that anything stored can have, so it is
 * dealt with here. False after a reply was made.
 */
static bool read_expectation(struct request *rq)
{
	struct notification_state *st = rq->state;
	const char *header = request_header(rq, "If-Match");

	st->must_be_first = header && strcmp(header, "\"0\"") == 0;
	return st->must_be_first || request_expected_version(rq, &st->expected_version);
}

static enum flow set_preference(struct request *rq)
{
	struct notification_state *st = rq->state;
	struct validation validation;
	json_t *preference;

	if (!read_expectation(rq))
		return FLOW_REPLY;
	validation_init(&validation, rq->await.arena);
	preference = notification_apply(rq->body, rq->config->topic_arn, &validation);
	if (!preference)
		return reply_mistakes(rq, &validation);
	notification_repo_set(rq->repo,
			      &(struct notification_setting){
				      .user_id = rq->param[0],
				      .expected_version = st->expected_version,
				      .must_be_first = st->must_be_first,
				      .preference = preference,
			      },
			      &st->preference, &rq->await);
	json_decref(preference);
	return FLOW_WAIT;
}

static enum flow answer_set(struct request *rq)
{
	const struct notification_state *st = rq->state;
	bool has_expectation = st->expected_version || st->must_be_first;

	if (rq->await.result == RESULT_NO_OWNER)
		return reply_problem(rq, "user-not-found", NULL);
	/* Not found: nothing was ever set, so no version that was expected can be. */
	if (rq->await.result == RESULT_NOT_FOUND || rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, has_expectation ? "precondition-failed" : "conflict",
				     NULL);
	return reply_preference(rq);
}

const struct endpoint put_notification = {
	.state_size = sizeof(struct notification_state),
	.steps = STEPS(read_json, set_preference, answer_set),
};
