#include "api/address.h"

#include <jansson.h>

#include "api/mistakes.h"
#include "api/record_reply.h"
#include "http/reply.h"
#include "repo/address_repo.h"

enum { LIST_MAX = 4 * 1024 * 1024 };

struct address_state {
	struct record address;
	const json_t *body;
	struct validation validation;
	uint64_t expected_version;
};

static struct address_key key_of(const struct request *rq)
{
	return (struct address_key){rq->param[0], rq->param[1]};
}

/* 404 of either kind. */
static bool is_missing(const struct request *rq)
{
	return rq->await.result == RESULT_NOT_FOUND || rq->await.result == RESULT_NO_OWNER;
}

static enum flow reply_missing(struct request *rq)
{
	bool has_user = rq->await.result == RESULT_NOT_FOUND;

	return reply_problem(rq, has_user ? "address-not-found" : "user-not-found", NULL);
}

static enum flow reply_conflict(struct request *rq)
{
	const struct address_state *st = rq->state;

	return reply_problem(rq, st->expected_version ? "precondition-failed" : "conflict", NULL);
}

/* ---- GET /user/{id}/address ---- */

static enum flow find_addresses(struct request *rq)
{
	address_repo_list(rq->repo, rq->param[0], rq->state, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_listed(struct request *rq)
{
	const struct address_list *list = rq->state;
	struct buf body = {0};

	if (is_missing(rq))
		return reply_missing(rq);
	buf_init(&body, LIST_MAX);
	buf_add_str(&body, "{\"data\":[");
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_add_char(&body, ',');
		record_show(address_fields, &list->addresses[i], &body);
	}
	buf_add_str(&body, "]}");
	return reply_json(rq, 200, &body);
}

const struct endpoint get_addresses = {
	.state_size = sizeof(struct address_list),
	.steps = STEPS(find_addresses, answer_listed),
};

/* ---- POST ---- */

static enum flow create_address(struct request *rq)
{
	struct address_state *st = rq->state;
	json_t *address;

	validation_init(&st->validation, rq->await.arena);
	address = address_apply("", FIELD_CREATE, rq->body, NULL, &st->validation);
	if (!address)
		return reply_mistakes(rq, &st->validation);
	address_repo_create(rq->repo, rq->param[0], address, &st->address, &rq->await);
	json_decref(address);
	return FLOW_WAIT;
}

static enum flow answer_created(struct request *rq)
{
	const struct address_state *st = rq->state;

	if (is_missing(rq))
		return reply_missing(rq);
	if (rq->await.result == RESULT_IN_USE)
		return reply_problem(rq, "too-many-addresses", NULL);
	reply_header(rq, "Location", "/user/%s/address/%s", rq->param[0], st->address.id);
	return record_reply(rq, 201, address_fields, &st->address);
}

const struct endpoint post_address = {
	.state_size = sizeof(struct address_state),
	.steps = STEPS(read_json, create_address, answer_created),
};

/* ---- GET /user/{id}/address/{address_id} ---- */

static enum flow find_address(struct request *rq)
{
	struct address_state *st = rq->state;
	const struct address_key key = key_of(rq);

	address_repo_find(rq->repo, &key, &st->address, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct address_state *st = rq->state;

	if (is_missing(rq))
		return reply_missing(rq);
	return record_reply_found(rq, address_fields, &st->address);
}

const struct endpoint get_address = {
	.state_size = sizeof(struct address_state),
	.steps = STEPS(find_address, answer_found),
};

/* ---- PUT ---- */

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	struct address_state *st = context;
	struct arena *arena = st->validation.arena;
	json_t *address;

	validation_init(&st->validation, arena); /* an earlier try may have found something */
	address = address_apply("", FIELD_PATCH, st->body, stored, &st->validation);
	if (!address)
		return RESULT_INVALID;
	*changed = address;
	return RESULT_OK;
}

static enum flow change_address(struct request *rq)
{
	struct address_state *st = rq->state;

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	st->body = rq->body;
	validation_init(&st->validation, rq->await.arena);
	address_repo_update(rq->repo,
			    &(struct address_update){
				    .key = key_of(rq),
				    .expected_version = st->expected_version,
				    .change = make_changed,
				    .context = st,
			    },
			    &st->address, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_changed(struct request *rq)
{
	const struct address_state *st = rq->state;

	if (is_missing(rq))
		return reply_missing(rq);
	if (rq->await.result == RESULT_INVALID)
		return reply_mistakes(rq, &st->validation);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_conflict(rq);
	return record_reply(rq, 200, address_fields, &st->address);
}

const struct endpoint put_address = {
	.state_size = sizeof(struct address_state),
	.steps = STEPS(read_json, change_address, answer_changed),
};

/* ---- DELETE ---- */

static enum flow remove_address(struct request *rq)
{
	struct address_state *st = rq->state;
	const struct address_key key = key_of(rq);

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	address_repo_remove(rq->repo, &key, st->expected_version, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_removed(struct request *rq)
{
	if (is_missing(rq))
		return reply_missing(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_conflict(rq);
	return reply_empty(rq, 204);
}

const struct endpoint delete_address = {
	.state_size = sizeof(struct address_state),
	.steps = STEPS(remove_address, answer_removed),
};
