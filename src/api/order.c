#include "api/order.h"

#include <stdio.h>
#include <string.h>

#include "api/checkout_reply.h"
#include "api/mistakes.h"
#include "api/order_reply.h"
#include "api/paging.h"
#include "domain/checkout_body.h"
#include "http/access.h"
#include "http/reply.h"
#include "repo/order_placing.h"
#include "repo/order_repo.h"
#include "repo/order_view.h"
#include "repo/record.h"
#include "repo/user_repo.h"

/* ---- POST ---- */

struct placing_state {
	struct order_placed placed;
};

static enum flow find_owner(struct request *rq)
{
	const char *id = json_string_value(json_object_get(rq->body, "checkout_id"));

	return id ? access_find_owner(rq, OWNER_OF_CHECKOUT, id, SCOPE_ORDER_WRITE) : FLOW_NEXT;
}

static enum flow place(struct request *rq)
{
	struct placing_state *st = rq->state;
	struct order_body body;
	struct validation validation;

	validation_init(&validation, rq->await.arena);
	if (!order_body_read_new(rq->body, &validation, &body))
		return reply_mistakes(rq, &validation);
	order_placing_run(rq->repo,
			  &(struct order_placing){body.checkout_id, body.is_cash_on_delivery},
			  &st->placed, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_placed(struct request *rq)
{
	const struct placing_state *st = rq->state;

	/* Also when the write went well: it may be the one that ended the checkout. */
	if (st->placed.refusal != CHECKOUT_FINE)
		return reply_checkout_refusal(rq, st->placed.refusal);
	if (!st->placed.is_new)
		return reply_order(rq, 200, &st->placed.order);
	reply_header(rq, "Location", "/order/%s", st->placed.order.head.id);
	return reply_order(rq, 201, &st->placed.order);
}

const struct endpoint post_order = {
	.state_size = sizeof(struct placing_state),
	.steps = STEPS(read_json, find_owner, access_judge_owner, place, answer_placed),
};

/* ---- GET /order/{id} ---- */

struct order_state {
	struct stored_order order;
	const char *note;
	uint64_t expected_version;
};

/* `expand` takes one name so far. False after a reply was made. */
static bool read_expand(struct request *rq, bool *has_history)
{
	const char *expand = request_query(rq, "expand");

	*has_history = expand && strcmp(expand, "history") == 0;
	if (!expand || *has_history)
		return true;
	(void)reply_problem(rq, "invalid-parameter", "expand takes \"history\".");
	return false;
}

static enum flow find_order(struct request *rq)
{
	struct order_state *st = rq->state;
	bool has_history;

	if (!read_expand(rq, &has_history))
		return FLOW_REPLY;
	order_repo_find(rq->repo, rq->param[0], &st->order, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_found(struct request *rq)
{
	const struct order_state *st = rq->state;
	bool has_history;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	(void)read_expand(rq, &has_history);
	return reply_order_found(rq, &st->order, has_history);
}

const struct endpoint get_order = {
	.state_size = sizeof(struct order_state),
	.steps = STEPS(find_order, answer_found),
	.is_secret = true,
};

/* ---- PATCH ---- */

static bool is_same_note(struct span note, struct span other)
{
	if (!note.data || !other.data)
		return note.data == other.data;
	return span_same(note, other);
}

static enum order_decision set_note(struct order_draft *draft, void *context)
{
	const struct order_state *st = context;
	struct order *head = &draft->order->head;
	struct span note = {0};

	if (st->note)
		note = order_item_escape(draft->arena, st->note);
	if (st->note && !note.data)
		draft->failed = RESULT_NO_MEMORY;
	if (is_same_note(note, head->note))
		return ORDER_LEAVE;
	head->note = note;
	order_draft_log(draft, "note", NULL, NULL);
	return ORDER_WRITE;
}

static enum order_decision leave(struct order_draft *draft, void *context)
{
	(void)draft;
	(void)context;
	return ORDER_LEAVE;
}

static enum flow patch(struct request *rq)
{
	static const char not_given[] = "";
	struct order_state *st = rq->state;
	struct validation validation;

	st->note = not_given;
	validation_init(&validation, rq->await.arena);
	if (!request_expected_version(rq, &st->expected_version))
		return FLOW_REPLY;
	if (!order_body_read_patch(rq->body, &validation, &st->note))
		return reply_mistakes(rq, &validation);
	order_change_run(rq->repo,
			 &(struct order_change){
				 .order_id = rq->param[0],
				 .expected_version = st->expected_version,
				 .by = await_by(&rq->await),
				 .decide = st->note == not_given ? leave : set_note,
				 .context = st,
			 },
			 &st->order, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_patched(struct request *rq)
{
	const struct order_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_order_missing(rq);
	if (rq->await.result == RESULT_CONFLICT)
		return reply_problem(rq, "precondition-failed", NULL);
	return reply_order(rq, 200, &st->order);
}

const struct endpoint patch_order = {
	.state_size = sizeof(struct order_state),
	.steps = STEPS(read_json, patch, answer_patched),
	.is_secret = true,
};

/* ---- GET /order ---- */

struct list_state {
	struct list_page page;
	char from[CLOCK_RFC3339_SIZE];
	char to[CLOCK_RFC3339_SIZE];
	struct record user;
};

/*
 * A "+" that was not percent-encoded means a space in a query, but where an offset begins no time
 * has one: so it is taken as it was meant.
 */
static bool parse_time(const char *given, int64_t *wall_ms)
{
	enum { OFFSET_LEN = sizeof("+01:00") - 1, TEXT_SIZE = 64 };
	char text[TEXT_SIZE];
	size_t len = strlen(given);

	if (len <= OFFSET_LEN || len >= TEXT_SIZE)
		return false;
	snprintf(text, sizeof(text), "%s", given);
	if (text[len - OFFSET_LEN] == ' ')
		text[len - OFFSET_LEN] = '+';
	return clock_parse_rfc3339_anywhere(text, len, wall_ms);
}

/* NULL for `time` when it was not given. False after a reply was made. */
static bool read_time(struct request *rq, const char *name, char text[static CLOCK_RFC3339_SIZE],
		      const char **time)
{
	const char *given = request_query(rq, name);
	int64_t wall_ms;

	*time = NULL;
	if (!given)
		return true;
	if (!parse_time(given, &wall_ms)) {
		(void)reply_problem(rq, "invalid-parameter",
				    "%s takes a time such as 2026-11-24T01:02:03Z or "
				    "2026-11-24T02:02:03+01:00 (RFC 3339).",
				    name);
		return false;
	}
	clock_format_rfc3339(wall_ms, text);
	*time = text;
	return true;
}

/* All of them when none was given. False after a reply was made. */
static bool read_status(struct request *rq, enum order_status *status)
{
	const char *name = request_query(rq, "status");
	unsigned state = ORDER_STATUSES;

	if (name && !order_state_find(ORDER_STATUS, span_of(name), &state)) {
		(void)reply_problem(rq, "invalid-parameter",
				    "status takes placed, confirmed, completed, expired or "
				    "cancelled; without it orders of every status are listed.");
		return false;
	}
	*status = (enum order_status)state;
	return true;
}

static enum flow find_orders(struct request *rq)
{
	struct list_state *st = rq->state;
	struct order_list list = {0};

	if (!read_status(rq, &list.status) || !read_time(rq, "from", st->from, &list.from) ||
	    !read_time(rq, "to", st->to, &list.to) || !paging_read(rq, &list.limit, &list.cursor))
		return FLOW_REPLY;
	order_repo_list(rq->repo, &list, &st->page, &rq->await);
	return FLOW_WAIT;
}

static void write_entry(struct request *rq, struct span entry, struct buf *out)
{
	order_view_write_entry(rq->repo, entry, out);
}

static enum flow answer_listed(struct request *rq)
{
	const struct list_state *st = rq->state;

	return paging_reply(rq, &st->page, write_entry);
}

const struct endpoint get_orders = {
	.state_size = sizeof(struct list_state),
	.steps = STEPS(find_orders, answer_listed),
};

/* ---- GET /user/{id}/order ---- */

static enum flow reply_no_user(struct request *rq)
{
	return reply_problem(rq, "user-not-found", NULL);
}

static enum flow find_orders_of(struct request *rq)
{
	struct list_state *st = rq->state;
	struct order_user_list list = {.user_id = rq->param[0]};

	if (!id_is_valid(list.user_id))
		return reply_no_user(rq);
	if (!paging_read(rq, &list.limit, &list.cursor))
		return FLOW_REPLY;
	order_repo_list_of(rq->repo, &list, &st->page, &rq->await);
	return FLOW_WAIT;
}

/*
 * No orders: of a user who has none, or of nobody? Those of a user who has gone are still listed.
 */
static enum flow look_for_user(struct request *rq)
{
	struct list_state *st = rq->state;

	if (rq->await.result != RESULT_OK || st->page.count > 0 || request_query(rq, "cursor"))
		return FLOW_NEXT;
	user_repo_find(rq->repo, rq->param[0], &st->user, &rq->await);
	return FLOW_WAIT;
}

static enum flow answer_listed_of(struct request *rq)
{
	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_no_user(rq);
	return answer_listed(rq);
}

const struct endpoint get_user_orders = {
	.state_size = sizeof(struct list_state),
	.steps = STEPS(find_orders_of, look_for_user, answer_listed_of),
};
