#include "api/product.h"

#include <jansson.h>

#include "api/mistakes.h"
#include "domain/product.h"
#include "http/reply.h"
#include "repo/product_repo.h"
#include "repo/product_update.h"
#include "repo/product_view.h"
#include "repo/repo.h"

enum { VIEW_MAX = 4 * 1024 * 1024 /* 400 KiB may be mostly escapes */ };

struct product_state {
	struct stored_product product;
	struct product_input input;
	struct validation validation;
	uint64_t expected_version;
};

static enum flow reply_not_found(struct request *rq)
{
	return reply_problem(rq, "product-not-found", NULL);
}

static enum flow reply_product(struct request *rq, int status)
{
	const struct product_state *st = rq->state;
	struct buf body = {0};
	char tag[PRODUCT_TAG_SIZE];

	product_view_tag(&st->product, tag);
	reply_etag(rq, tag);
	reply_init_body(rq, &body, VIEW_MAX);
	product_view_write(&st->product, &body);
	return reply_json(rq, status, &body);
}

/*
 * What DynamoDB itself finds too large: our own reckoning is a little more careful, so it is rare.
 */
static enum flow reply_too_large(struct request *rq)
{
	struct product_state *st = rq->state;

	validation_add(&st->validation, "", MISTAKE_TOO_LARGE,
		       "The whole product has at most %d bytes.", PRODUCT_SIZE_MAX);
	return reply_mistakes(rq, &st->validation);
}

static void begin_input(struct request *rq, enum field_change change)
{
	struct product_state *st = rq->state;

	st->input = (struct product_input){
		.change = change,
		.body = rq->body,
		.currency = rq->config->currency,
	};
	validation_init(&st->validation, rq->await.arena);
}

/* ---- GET ---- */

static enum flow find_product(struct request *rq)
{
	struct product_state *st = rq->state;
	bool is_consistent = false;

	if (!request_query_bool(rq, "consistent", &is_consistent))
		return FLOW_REPLY;
	product_repo_find(rq->repo, rq->param[0], is_consistent, &st->product, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct product_state *st = rq->state;
	char tag[PRODUCT_TAG_SIZE];

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	product_view_tag(&st->product, tag);
	if (!request_none_match_holds(rq, tag))
		return reply_product(rq, 200);
	reply_etag(rq, tag);
	return reply_empty(rq, 304);
}

const struct endpoint get_product = {
	.state_size = sizeof(struct product_state),
	.steps = STEPS(find_product, answer_found),
};

/* ---- POST ---- */

static enum flow create_product(struct request *rq)
{
	struct product_state *st = rq->state;
	struct new_product new = {0};
	json_t *product;

	begin_input(rq, FIELD_CREATE);
	product = product_apply(&st->input, NULL, &st->validation);
	if (!product)
		return reply_mistakes(rq, &st->validation);
	new.product = product;
	new.by = await_by(&rq->await);
	new.opening = product_opening(rq->body);
	product_repo_create(rq->repo, &new, &st->product, &rq->await);
	json_decref(product);
	return FLOW_WAIT;
}

static enum flow answer_created(struct request *rq)
{
	const struct product_state *st = rq->state;

	if (rq->await.result == RESULT_TOO_LARGE)
		return reply_too_large(rq);
	/* Of 122 random bits the same came twice: more likely our own write, of unknown fate. */
	if (rq->await.result != RESULT_OK)
		return reply_failure(rq, RESULT_UNKNOWN);
	reply_header(rq, "Location", "/product/%s", st->product.id);
	return reply_product(rq, 201);
}

const struct endpoint post_product = {
	.state_size = sizeof(struct product_state),
	.steps = STEPS(read_json, create_product, answer_created),
};

/* ---- PUT, PATCH ---- */

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	struct product_state *st = context;
	struct arena *arena = st->validation.arena;
	json_t *product;

	validation_init(&st->validation, arena); /* an earlier try may have found something */
	product = product_apply(&st->input, stored, &st->validation);
	if (!product)
		return RESULT_INVALID;
	*changed = product;
	return RESULT_OK;
}

static enum flow change_product(struct request *rq, enum field_change change)
{
	struct product_state *st = rq->state;

	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	begin_input(rq, change);
	product_update_run(rq->repo,
			   &(struct product_update){
				   .id = rq->param[0],
				   .expected_version = st->expected_version,
				   .change = make_changed,
				   .context = st,
			   },
			   &st->product, &rq->await);
	return FLOW_WAIT;
}

static enum flow put_fields(struct request *rq)
{
	return change_product(rq, FIELD_PUT);
}

static enum flow patch_fields(struct request *rq)
{
	return change_product(rq, FIELD_PATCH);
}

static enum flow answer_changed(struct request *rq)
{
	const struct product_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	if (rq->await.result == RESULT_INVALID)
		return reply_mistakes(rq, &st->validation);
	if (rq->await.result == RESULT_TOO_LARGE)
		return reply_too_large(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, st->expected_version ? "precondition-failed" : "conflict",
				     NULL);
	return reply_product(rq, 200);
}

const struct endpoint put_product = {
	.state_size = sizeof(struct product_state),
	.steps = STEPS(read_json, put_fields, answer_changed),
};

const struct endpoint patch_product = {
	.state_size = sizeof(struct product_state),
	.steps = STEPS(read_json, patch_fields, answer_changed),
};

/* ---- DELETE ---- */

static enum flow remove_product(struct request *rq)
{
	uint64_t expected_version;

	if (!request_expected_version(rq, &expected_version))
		return FLOW_REPLY;
	product_repo_remove(rq->repo, rq->param[0], expected_version, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_removed(struct request *rq)
{
	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, "precondition-failed", NULL);
	if (rq->await.result == RESULT_IN_USE)
		return reply_problem(rq, "stock-reserved", NULL);
	return reply_empty(rq, 204);
}

const struct endpoint delete_product = {.steps = STEPS(remove_product, answer_removed)};
