#include "api/checkout.h"

#include "api/checkout_reply.h"
#include "api/mistakes.h"
#include "base/json_exact.h"
#include "domain/checkout_body.h"
#include "http/access.h"
#include "http/reply.h"
#include "repo/checkout_hold.h"
#include "repo/order_item.h"

struct checkout_state {
	struct checkout_answer answer;
	struct validation validation;
	const json_t *body;
	bool has_mistakes; /* the body of a PATCH: they are in `validation` */
};

static int64_t hold_ms(const struct request *rq)
{
	return (int64_t)(rq->config->hold_time_us / 1000);
}

/* ---- POST ---- */

static enum flow find_owner(struct request *rq)
{
	const char *cart_id = json_string_value(json_object_get(rq->body, "cart_id"));

	return cart_id ? access_find_owner(rq, OWNER_OF_CART, cart_id, SCOPE_ORDER_WRITE)
		       : FLOW_NEXT;
}

static enum flow hold(struct request *rq)
{
	struct checkout_state *st = rq->state;
	struct checkout_body body;

	validation_init(&st->validation, rq->await.arena);
	if (!checkout_body_read_new(rq->body, &st->validation, &body))
		return reply_mistakes(rq, &st->validation);
	checkout_hold_run(rq->repo,
			  &(struct checkout_wish){
				  /* The body's own, which stays. */
				  .cart_id =
					  json_string_value(json_object_get(rq->body, "cart_id")),
				  .address = body.address,
				  .email = body.email,
				  .hold_ms = hold_ms(rq),
			  },
			  &st->answer, &rq->await);
	checkout_body_clear(&body);
	return FLOW_WAIT;
}

static enum flow answer_held(struct request *rq)
{
	const struct checkout_state *st = rq->state;

	if (rq->await.result == RESULT_OK)
		reply_header(rq, "Location", "/checkout/%s", st->answer.checkout.id);
	return reply_checkout(rq, 201, &st->answer);
}

const struct endpoint post_checkout = {
	.state_size = sizeof(struct checkout_state),
	.steps = STEPS(read_json, find_owner, access_judge_owner, hold, answer_held),
};

/* ---- GET ---- */

static enum flow find_checkout(struct request *rq)
{
	struct checkout_state *st = rq->state;

	checkout_repo_find(rq->repo, rq->param[0], &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct checkout_state *st = rq->state;

	return reply_checkout_found(rq, &st->answer);
}

const struct endpoint get_checkout = {
	.state_size = sizeof(struct checkout_state),
	.steps = STEPS(find_checkout, answer_found),
	.is_secret = true,
};

/* ---- PATCH ---- */

/* {"address": …, "email"?: …}: new, or NULL with the reason. */
static json_t *make_tree(const struct checkout_parts *parts, enum result *result)
{
	struct json_mistake mistake = {0};
	struct buf text = {0};
	json_t *tree = NULL;

	buf_init(&text, CHECKOUT_ITEM_MAX);
	buf_add_str(&text, "{\"address\":");
	(void)!attribute_to_json(parts->address, &text);
	if (parts->email.data) {
		buf_add_str(&text, ",\"email\":\"");
		buf_add(&text, parts->email.data, parts->email.len);
		buf_add_char(&text, '"');
	}
	buf_add_char(&text, '}');
	if (buf_ok(&text))
		tree = json_exact_parse((struct span){buf_text(&text), text.len}, &mistake);
	*result = tree ? RESULT_OK : mistake.line > 0 ? RESULT_GARBLED : RESULT_NO_MEMORY;
	buf_clear(&text);
	return tree;
}

static enum result keep_parts(const struct checkout_body *body, struct arena *arena,
			      struct checkout_parts *parts)
{
	struct checkout_parts made = {.wants_extension = body->wants_extension};
	struct buf typed = {0};

	buf_init(&typed, CHECKOUT_ITEM_MAX);
	if (attribute_from_json(body->address, &typed) && buf_ok(&typed))
		made.address =
			(struct span){arena_copy(arena, buf_text(&typed), typed.len), typed.len};
	buf_clear(&typed);
	if (body->email)
		made.email = order_item_escape(arena, body->email);
	if (!made.address.data || (body->email && !made.email.data))
		return RESULT_NO_MEMORY;
	*parts = made;
	return RESULT_OK;
}

static enum result change_parts(struct checkout_parts *parts, struct arena *arena, void *context)
{
	struct checkout_state *st = context;
	struct checkout_body body;
	enum result result;
	json_t *stored = make_tree(parts, &result);

	validation_init(&st->validation, arena); /* an earlier try may have found something */
	st->has_mistakes =
		stored && !checkout_body_read_patch(st->body, stored, &st->validation, &body);
	if (st->has_mistakes)
		result = RESULT_INVALID;
	json_decref(stored);
	if (result != RESULT_OK)
		return result;
	result = keep_parts(&body, arena, parts);
	checkout_body_clear(&body);
	return result;
}

static enum flow patch(struct request *rq)
{
	struct checkout_state *st = rq->state;
	struct checkout_patch wanted = {
		.id = rq->param[0],
		.hold_ms = hold_ms(rq),
		.change = change_parts,
		.context = st,
	};

	if (!request_expected_version(rq, &wanted.expected_version))
		return FLOW_REPLY;
	st->body = rq->body;
	checkout_repo_patch(rq->repo, &wanted, &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_patched(struct request *rq)
{
	const struct checkout_state *st = rq->state;

	if (st->has_mistakes)
		return reply_mistakes(rq, &st->validation);
	return reply_checkout(rq, 200, &st->answer);
}

const struct endpoint patch_checkout = {
	.state_size = sizeof(struct checkout_state),
	.steps = STEPS(read_json, patch, answer_patched),
	.is_secret = true,
};

/* ---- DELETE ---- */

static enum flow release(struct request *rq)
{
	struct checkout_state *st = rq->state;
	uint64_t expected_version;

	if (!request_expected_version(rq, &expected_version))
		return FLOW_REPLY;
	checkout_repo_release(rq->repo, rq->param[0], expected_version, &st->answer, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_released(struct request *rq)
{
	const struct checkout_state *st = rq->state;

	return reply_checkout_gone(rq, &st->answer);
}

const struct endpoint delete_checkout = {
	.state_size = sizeof(struct checkout_state),
	.steps = STEPS(release, answer_released),
	.is_secret = true,
};
