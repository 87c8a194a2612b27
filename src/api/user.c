#include "api/user.h"

#include <jansson.h>
#include <stdio.h>

#include "api/mistakes.h"
#include "api/paging.h"
#include "api/record_reply.h"
#include "domain/contact.h"
#include "domain/user.h"
#include "http/access.h"
#include "http/reply.h"
#include "repo/user_by_email.h"
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

/* One or none, so there is no page behind it, and no cursor that could be its. */
static enum flow find_by_email(struct request *rq, const char *email, const char *cursor)
{
	struct list_state *st = rq->state;

	if (!contact_is_email(span_of(email)))
		return reply_problem(rq, "invalid-parameter",
				     "email must be an e-mail address such as jo@shop.example.");
	if (cursor)
		return reply_problem(rq, "invalid-cursor", NULL);
	user_by_email_find(rq->repo, span_of(email), &st->page, &rq->await);
	return FLOW_WAIT;
}

static enum flow find_users(struct request *rq)
{
	struct list_state *st = rq->state;
	const char *email = request_query(rq, "email");
	const char *cursor;
	size_t limit;

	if (!paging_read(rq, &limit, &cursor))
		return FLOW_REPLY;
	if (email)
		return find_by_email(rq, email, cursor);
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

/* Staff make whom they like, a shopper himself. False: the body names somebody else. */
static bool choose_id(const struct request *rq, const char **id)
{
	const char *named = json_string_value(json_object_get(rq->body, "id"));

	if (!named && !access_has_scope(rq, SCOPE_USER_WRITE))
		named = rq->caller.id;
	*id = named;
	return !named || access_is_for(rq, named, SCOPE_USER_WRITE);
}

static enum flow create_user(struct request *rq)
{
	struct user_state *st = rq->state;
	const char *id;
	json_t *user;

	validation_init(&st->validation, rq->await.arena);
	user = user_apply(FIELD_CREATE, rq->body, NULL, &st->validation);
	if (!user)
		return reply_mistakes(rq, &st->validation);
	if (!choose_id(rq, &id)) {
		json_decref(user);
		return reply_problem(rq, "user-not-found",
				     "A shopper can make himself only: leave `id` out.");
	}
	user_repo_create(rq->repo, id, user, &st->user, &rq->await);
	json_decref(user);
	return FLOW_WAIT;
}

/* Names the id, which a shopper may not know yet. */
static enum flow reply_refused(struct request *rq, const char *code)
{
	enum { MEMBER_SIZE = 64 };
	const struct user_state *st = rq->state;
	char member[MEMBER_SIZE];

	snprintf(member, sizeof(member), "\"user_id\":\"%s\"", st->user.id);
	return reply_problem_members(rq, code, member, NULL);
}

static enum flow answer_created(struct request *rq)
{
	const struct user_state *st = rq->state;

	if (rq->await.result == RESULT_CONFLICT)
		return reply_refused(rq, "user-exists");
	if (rq->await.result == RESULT_IN_USE)
		return reply_refused(rq, "user-being-removed");
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
	.steps = STEPS(remove_user, answer_removed),
};
