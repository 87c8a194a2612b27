#include "repo/cart_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/repo_write.h"

enum {
	CONDITION_SIZE = 320,
	NAMES_SIZE = 128,
	VALUES_MAX = 8 * 1024, /* a line's name may be mostly escapes */
};

struct run {
	struct cart_job job;
	struct cart_line_change what;
	bool has_version; /* the write is on the condition of the version that was read */
};

/* ------------------------------------------------------------------ the kinds of writes */

enum kind { GROW, SET, BEGIN, REMOVE };

#define STAMP "updated_at = :time, #t = :ttl"
#define ONE_LATER " ADD version :one"
#define IS_OPEN "#s = :open AND #t > :now AND "

static const struct {
	const char *update;
	const char *condition;
} kinds[] = {
	[GROW] = {"SET #l.#p.quantity = #l.#p.quantity + :n, " STAMP ONE_LATER,
		  IS_OPEN "#l.#p.quantity <= :room"},
	[SET] = {"SET #l.#p.quantity = :n, " STAMP ONE_LATER, IS_OPEN "attribute_exists(#l.#p)"},
	[BEGIN] = {"SET #l.#p = :line, currency = :c, " STAMP ONE_LATER,
		   IS_OPEN "attribute_not_exists(#l.#p) AND size(#l) < :lines AND "
			   "(attribute_not_exists(currency) OR currency = :c OR size(#l) = :zero)"},
	[REMOVE] = {"SET " STAMP " REMOVE #l.#p" ONE_LATER, IS_OPEN "attribute_exists(#l.#p)"},
};

static enum kind kind_of(enum cart_act act, bool has_line)
{
	switch (act) {
	case CART_REMOVE:
		return REMOVE;
	case CART_ADD:
		return has_line ? GROW : BEGIN;
	case CART_SET:
		break;
	}
	return has_line ? SET : BEGIN;
}

/* What the placeholders of this kind stand for, beside those that all kinds have. */
static void add_own_values(const struct run *run, enum kind kind, struct buf *values)
{
	const char *product_id = run->what.change.product_id;
	int64_t quantity = run->what.change.quantity;

	switch (kind) {
	case GROW:
		cart_item_add_number(values, ":n", quantity);
		cart_item_add_number(values, ":room", CART_QUANTITY_MAX - quantity);
		break;
	case SET:
		cart_item_add_number(values, ":n", quantity);
		break;
	case BEGIN:
		buf_add_str(values, ",\":line\":");
		cart_item_write_line(cart_find_line(&run->job.out->cart, product_id), values);
		buf_add_format(values, ",\":c\":{\"S\":\"%.*s\"}",
			       (int)run->job.out->cart.currency.len,
			       run->job.out->cart.currency.data);
		cart_item_add_number(values, ":lines", CART_LINES_MAX);
		cart_item_add_number(values, ":zero", 0);
		break;
	case REMOVE:
		break;
	}
}

/* `out->cart` is the cart as it will be. */
static void write_values(const struct run *run, enum kind kind, struct buf *values)
{
	const struct cart *cart = &run->job.out->cart;

	buf_add_str(values, "{\":open\":{\"S\":\"open\"}");
	cart_item_add_number(values, ":now", cart_item_now(run->job.repo));
	cart_item_add_number(values, ":ttl", cart->expires_s);
	attribute_add_string(values, ":time", cart->updated_at.data, cart->updated_at.len);
	cart_item_add_number(values, ":one", 1);
	if (run->has_version)
		cart_item_add_number(values, ":v", (int64_t)cart->version - 1);
	add_own_values(run, kind, values);
	buf_add_char(values, '}');
}

/* ------------------------------------------------------------------ after the write */

static void judge(struct run *run);

/* What others have changed meanwhile is part of the answer. */
static void on_read_again(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct cart_job *job = &run->job;

	if (result_is_failure(call->result))
		cart_job_finish(job, call->result);
	else if (cart_job_take(job, call->item, run->what.cart_id, &job->out->cart))
		cart_job_products(job, NULL, cart_job_succeed);
}

static void take_written(struct run *run)
{
	run->job.is_written = true;
	if (run->has_version || run->what.change.act == CART_REMOVE)
		cart_job_succeed(&run->job);
	else
		cart_job_get(&run->job, run->what.cart_id, on_read_again);
}

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct cart_job *job = &run->job;

	if (call->result == RESULT_OK)
		take_written(run);
	else if (call->result != RESULT_CONFLICT)
		cart_job_finish(job, call->result);
	else if (cart_job_tries_again(job) &&
		 cart_job_take(job, call->reasons[0].item, run->what.cart_id, &job->out->cart))
		judge(run);
}

/* ------------------------------------------------------------------ the write */

static enum result start_write(struct run *run, enum kind kind, const struct buf *values)
{
	struct cart_job *job = &run->job;
	char pk[CART_KEY_SIZE];
	char names[NAMES_SIZE];
	char condition[CONDITION_SIZE];
	const struct dynamodb_write write = {
		.action = DYNAMODB_UPDATE,
		.key = {pk, "#"},
		.update = kinds[kind].update,
		.condition = condition,
		.names = names,
		.values = buf_text(values),
	};

	cart_item_key("C#", run->what.cart_id, pk);
	snprintf(names, sizeof(names),
		 "{\"#l\":\"lines\",\"#p\":\"%s\",\"#s\":\"status\",\"#t\":\"ttl\"}",
		 run->what.change.product_id);
	snprintf(condition, sizeof(condition), "%s%s", kinds[kind].condition,
		 run->has_version ? " AND version = :v" : "");
	return repo_write_once(job->repo, cart_job_call(job, on_written), &write);
}

static void write_line(struct run *run, bool has_line)
{
	enum kind kind = kind_of(run->what.change.act, has_line);
	enum result result = RESULT_NO_MEMORY;
	struct buf values = {0};

	run->has_version = run->what.expected_version || !repo_write_is_alone(run->job.await);
	buf_init(&values, VALUES_MAX);
	if (cart_job_stamp(&run->job, &run->job.out->cart))
		write_values(run, kind, &values);
	else
		values.failed = true;
	if (buf_ok(&values))
		result = start_write(run, kind, &values);
	if (result != RESULT_OK)
		cart_job_finish(&run->job, result);
	buf_clear(&values);
}

/* ------------------------------------------------------------------ before it */

static void decide(struct cart_job *job)
{
	struct run *run = (struct run *)job;
	const struct cart_change *change = &run->what.change;
	struct cart *cart = &job->out->cart;
	const struct cart_line *line = cart_find_line(cart, change->product_id);
	int64_t before = line ? line->quantity : 0;
	enum cart_refusal refusal =
		cart_apply(cart, change,
			   cart_product_find(&job->out->products, change->product_id));

	if (refusal != CART_FINE)
		cart_job_refuse(job, refusal);
	else if (change->act == CART_SET && before == change->quantity)
		cart_job_succeed(job);
	else
		write_line(run, before > 0);
}

/* Whether the line is as it is to be, perhaps by this very request when it came before. */
static bool is_as_asked(const struct run *run)
{
	const struct cart_change *change = &run->what.change;
	const struct cart_line *line = cart_find_line(&run->job.out->cart, change->product_id);

	if (change->act == CART_REMOVE)
		return !line;
	return change->act == CART_SET && line && line->quantity == change->quantity;
}

static bool is_expected(const struct run *run)
{
	uint64_t expected = run->what.expected_version;

	return expected == 0 || expected == run->job.out->cart.version;
}

/* Whether it may be changed at all; then what the products in it are. */
static void judge(struct run *run)
{
	struct cart_job *job = &run->job;
	const char *product_id = run->what.change.product_id;

	if (!is_expected(run) && !is_as_asked(run))
		cart_job_refuse(job, CART_OTHER_VERSION);
	else if (run->what.change.act == CART_REMOVE || job->out->cart.status != CART_OPEN)
		decide(job);
	else
		cart_job_products(job, id_is_valid(product_id) ? product_id : NULL, decide);
}

static void on_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct cart_job *job = &run->job;

	if (result_is_failure(call->result))
		cart_job_finish(job, call->result);
	else if (cart_job_take(job, call->item, run->what.cart_id, &job->out->cart))
		judge(run);
}

void cart_change_run(struct repo *repo, const struct cart_line_change *change,
		     struct cart_answer *out, struct await *await)
{
	struct run *run = cart_job_new(repo, sizeof(*run), out, await);

	if (!run)
		return;
	run->what = *change;
	if (id_is_valid(change->cart_id))
		cart_job_get(&run->job, change->cart_id, on_read);
	else
		cart_job_refuse(&run->job, CART_NOT_FOUND);
}
