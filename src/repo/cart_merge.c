#include "repo/cart_merge.h"

#include <string.h>

#include "repo/repo_write.h"

struct run {
	struct cart_job job;
	struct cart_merging what;
	struct cart from;
};

static void start_read(struct run *run);

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result != RESULT_CONFLICT)
		cart_job_finish(&run->job, call->result);
	else if (cart_job_tries_again(&run->job))
		start_read(run); /* either has changed */
}

/* ------------------------------------------------------------------ the write */

#define IS_AS_READ "#s = :open AND #t > :now AND version = :v"

/* What both writes take, up to where the rest goes. */
static void begin_values(const struct run *run, uint64_t version, struct buf *values)
{
	const struct cart *into = &run->job.out->cart;

	buf_init(values, CART_ITEM_MAX);
	buf_add_str(values, "{\":open\":{\"S\":\"open\"}");
	cart_item_add_number(values, ":now", cart_item_now(run->job.repo));
	cart_item_add_number(values, ":v", (int64_t)version);
	cart_item_add_number(values, ":one", 1);
	attribute_add_string(values, ":time", into->updated_at.data, into->updated_at.len);
}

static void write_into_values(const struct run *run, struct buf *values)
{
	const struct cart *into = &run->job.out->cart;

	begin_values(run, into->version - 1, values);
	cart_item_add_number(values, ":ttl", into->expires_s);
	if (into->count > 0)
		attribute_add_string(values, ":c", into->currency.data, into->currency.len);
	buf_add_str(values, ",\":lines\":");
	cart_item_write_lines(into, values);
	buf_add_char(values, '}');
}

static void write_from_values(const struct run *run, struct buf *values)
{
	begin_values(run, run->from.version, values);
	attribute_add_string(values, ":merged", "merged", strlen("merged"));
	attribute_add_string(values, ":into", run->what.into, ID_LEN);
	buf_add_char(values, '}');
}

static enum result start_write(struct run *run, const char *into_values, const char *from_values)
{
	bool has_lines = run->job.out->cart.count > 0;
	char into[CART_KEY_SIZE];
	char from[CART_KEY_SIZE];
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_UPDATE,
		 .key = {into, "#"},
		 .update = has_lines ? "SET #l = :lines, currency = :c, updated_at = :time, "
				       "#t = :ttl ADD version :one"
				     : "SET #l = :lines, updated_at = :time, #t = :ttl "
				       "ADD version :one",
		 .condition = IS_AS_READ,
		 .names = "{\"#l\":\"lines\",\"#s\":\"status\",\"#t\":\"ttl\"}",
		 .values = into_values},
		{.action = DYNAMODB_UPDATE,
		 .key = {from, "#"},
		 .update = "SET #s = :merged, merged_into = :into, updated_at = :time "
			   "ADD version :one",
		 .condition = IS_AS_READ,
		 .names = "{\"#s\":\"status\",\"#t\":\"ttl\"}",
		 .values = from_values},
	};

	cart_item_key("C#", run->what.into, into);
	cart_item_key("C#", run->what.from, from);
	return repo_write(run->job.repo, cart_job_call(&run->job, on_written), writes, 2);
}

static void write_both(struct cart_job *job)
{
	struct run *run = (struct run *)job;
	enum result result = RESULT_NO_MEMORY;
	struct buf into = {0};
	struct buf from = {0};

	if (cart_job_stamp(job, &job->out->cart)) {
		write_into_values(run, &into);
		write_from_values(run, &from);
		if (buf_ok(&into) && buf_ok(&from))
			result = start_write(run, buf_text(&into), buf_text(&from));
	}
	if (result != RESULT_OK)
		cart_job_finish(job, result);
	buf_clear(&into);
	buf_clear(&from);
}

/* ------------------------------------------------------------------ before it */

/* The item of a cart among those that were read; absent when it is not there. */
static struct span find_item(const struct run *run, struct span items, const char *id)
{
	char pk[CART_KEY_SIZE];
	struct json_walk walk;

	cart_item_key("C#", id, pk);
	json_walk_init(&walk, items);
	while (json_walk_next(&walk)) {
		struct span key = json_scan_member(walk.value, run->job.repo->db.partition_key);

		if (span_equals(json_scan_raw_string(json_scan_member(key, "S")), pk))
			return walk.value;
	}
	return (struct span){0};
}

static void on_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct cart_job *job = &run->job;
	struct cart *into = &job->out->cart;
	enum cart_refusal refusal;

	if (call->result != RESULT_OK) {
		cart_job_finish(job, call->result);
		return;
	}
	if (!cart_job_take(job, find_item(run, call->items, run->what.from), run->what.from,
			   &run->from) ||
	    !cart_job_take(job, find_item(run, call->items, run->what.into), run->what.into, into))
		return;
	refusal = cart_merge(into, &run->from, run->what.strategy);
	if (refusal == CART_FINE)
		cart_job_products(job, NULL, write_both);
	else
		cart_job_refuse(job, refusal);
}

static void start_read(struct run *run)
{
	struct cart_job *job = &run->job;
	char from[CART_KEY_SIZE];
	char into[CART_KEY_SIZE];
	const struct dynamodb_key keys[] = {{from, "#"}, {into, "#"}};

	cart_item_key("C#", run->what.from, from);
	cart_item_key("C#", run->what.into, into);
	dynamodb_batch_get(&job->repo->db, cart_job_call(job, on_read), keys, 2, true);
}

void cart_merge_run(struct repo *repo, const struct cart_merging *merging, struct cart_answer *out,
		    struct await *await)
{
	struct run *run = cart_job_new(repo, sizeof(*run), out, await);

	if (!run)
		return;
	run->what = *merging;
	if (id_is_valid(merging->from))
		start_read(run);
	else
		cart_job_refuse(&run->job, CART_NOT_FOUND);
}
