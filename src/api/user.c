#include "api/user.h"

#include <jansson.h>

#include "api/mistakes.h"
#include "api/paging.h"
#include "api/record_reply.h"
#include "domain/user.h"
#include "http/reply.h"
#include "repo/subscription_repo.h"
#include "repo/user_removal.h"
#include "repo/user_repo.h"
#include "repo/user_update.h"

struct user_state {
	struct record user;
	enum field_change change;
	const json_t *body;
	struct validation validation;
	uint64_t expected_version;
};

static enum flow reply_not_found(struct request *rq)
{
	return reply_problem(rq, "user-not-found", NULL);
}

static enum flow reply_user(struct request *rq, int status)
{
	const struct user_state *st = rq->state;

	return record_reply(rq, status, user_fields, &st->user);
}

/* ---- GET /user ---- */

struct list_state {
	struct list_page page;
};

static enum flow find_users(struct request *rq)
{
	struct list_state *st = rq->state;
	const char *cursor;
	size_t limit;

	if (!paging_read(rq, &limit, &cursor))
		return FLOW_REPLY;
	user_repo_list(rq->repo, limit, cursor, &st->page, &rq->await);
	return FLOW_WAIT;
}

static void write_entry(struct request *rq, struct span entry, struct buf *out)
{
	user_repo_show_entry(rq->repo, entry, out);
}

static enum flow answer_listed(struct request *rq)
{
	const struct list_state *st = rq->state;

	return paging_reply(rq, &st->page, write_entry);
}

const struct endpoint get_users = {
	.state_size = sizeof(struct list_state),
	.steps = STEPS(find_users, answer_listed),
};

/* ---- GET /user/{id} ---- */

static enum flow find_user(struct request *rq)
{
	struct user_state *st = rq->state;

	user_repo_find(rq->repo, rq->param[0], &st->user, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct user_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	return record_reply_found(rq, user_fields, &st->user);
}

const struct endpoint get_user = {
	.state_size = sizeof(struct user_state),
	.steps = STEPS(find_user, answer_found),
};

/* ---- POST ---- */

static enum flow create_user(struct request *rq)
{
	struct user_state *st = rq->state;
	json_t *user;

	validation_init(&st->validation, rq->await.arena);
	user = user_apply(FIELD_CREATE, rq->body, NULL, &st->validation);
	if (!user)
		return reply_mistakes(rq, &st->validation);
	user_repo_create(rq->repo, user, &st->user, &rq->await);
	json_decref(user);
	return FLOW_WAIT;
}

static enum flow answer_created(struct request *rq)
{
	const struct user_state *st = rq->state;

	if (rq->await.result == RESULT_EXISTS)
		return reply_problem(rq, "email-taken", NULL);
	reply_header(rq, "Location", "/user/%s", st->user.id);
	return reply_user(rq, 201);
}

const struct endpoint post_user = {
	.state_size = sizeof(struct user_state),
	.steps = STEPS(read_json, create_user, answer_created),
};

/* ---- PUT, PATCH ---- */

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	struct user_state *st = context;
	struct arena *arena = st->validation.arena;
	json_t *user;

	validation_init(&st->validation, arena); /* an earlier try may have found something */
	user = user_apply(st->change, st->body, stored, &st->validation);
	if (!user)
		return RESULT_INVALID;
	*changed = user;
	return RESULT_OK;
}

static enum flow change_user(struct request *rq, enum field_change change)
{
	struct user_state *st = rq->state;

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	st->change = change;
	st->body = rq->body;
	validation_init(&st->validation, rq->await.arena);
	user_update_run(rq->repo,
			&(struct user_update){
				.id = rq->param[0],
				.expected_version = st->expected_version,
				.change = make_changed,
				.context = st,
			},
			&st->user, &rq->await);
	return FLOW_WAIT;
}

static enum flow put_fields(struct request *rq)
{
	return change_user(rq, FIELD_PUT);
}

static enum flow patch_fields(struct request *rq)
{
	return change_user(rq, FIELD_PATCH);
}

static enum flow answer_changed(struct request *rq)
{
	const struct user_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	if (rq->await.result == RESULT_INVALID)
		return reply_mistakes(rq, &st->validation);
	if (rq->await.result == RESULT_EXISTS)
		return reply_problem(rq, "email-taken", NULL);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, st->expected_version ? "precondition-failed" : "conflict",
				     NULL);
	return reply_user(rq, 200);
}

const struct endpoint put_user = {
	.state_size = sizeof(struct user_state),
	.steps = STEPS(read_json, put_fields, answer_changed),
};

const struct endpoint patch_user = {
	.state_size = sizeof(struct user_state),
	.steps = STEPS(read_json, patch_fields, answer_changed),
};

/* ---- DELETE ---- */

static enum flow remove_user(struct request *rq)
{
	struct user_state *st = rq->state;

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	user_removal_run(rq->repo, rq->param[0], st->expected_version, &rq->await);
	return FLOW_WAIT;
}

/* Once the user is gone nobody can subscribe them any more. */
static enum flow remove_subscriptions(struct request *rq)
{
	if (rq->await.result != RESULT_OK)
		return FLOW_NEXT;
	subscription_repo_remove_all(rq->repo, rq->param[0], &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_removed(struct request *rq)
{
	const struct user_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, st->expected_version ? "precondition-failed" : "conflict",
				     NULL);
	return reply_empty(rq, 204);
}

const struct endpoint delete_user = {
	.state_size = sizeof(struct user_state),
	.steps = STEPS(remove_user, remove_subscriptions, answer_removed),
};
