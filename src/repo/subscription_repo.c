#include "repo/subscription_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_item.h"
#include "repo/repo_write.h"

enum {
	VALUES_SIZE = 160,
	KEY_MAX = 8 * 1024, /* LastEvaluatedKey */
};

struct job {
	struct repo *repo;
	struct await *await;
	struct dynamodb_call call;
};

/* New, for an await that has been started; NULL after it was finished. */
static void *new_job(struct repo *repo, size_t size, struct await *await)
{
	struct job *job = arena_alloc(await->arena, size);

	if (!job) {
		await_finish(await, RESULT_NO_MEMORY);
		return NULL;
	}
	job->repo = repo;
	job->await = await;
	return job;
}

static void finish(struct job *job, enum result result)
{
	dynamodb_call_clear(&job->call);
	await_finish(job->await, result);
}

static struct dynamodb_call *begin_call(struct job *job, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&job->call);
	job->call = (struct dynamodb_call){.await = job->await, .done = done, .context = job};
	return &job->call;
}

/* ------------------------------------------------------------------ put */

enum { SUBSCRIPTION, STOCK, USER, WRITES };

static void on_put(struct dynamodb_call *call)
{
	struct job *job = call->context;
	const struct dynamodb_reason *reasons = call->reasons;

	if (call->result != RESULT_CONFLICT)
		finish(job, call->result);
	else if (reasons[STOCK].is_condition && !reasons[STOCK].item.data)
		finish(job, RESULT_NOT_FOUND);
	else if (reasons[USER].is_condition)
		finish(job, RESULT_NO_OWNER);
	else
		finish(job, RESULT_IN_USE);
}

static enum result write_put(struct job *job, const struct subscription *subscription,
			     const char *item)
{
	char partition[SUBSCRIPTION_KEY_SIZE];
	char sort[SUBSCRIPTION_SORT_SIZE];
	char product[PRODUCT_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	/* The user's partition key is the subscription's sort key. */
	const struct dynamodb_write writes[WRITES] = {
		[SUBSCRIPTION] = {.action = DYNAMODB_PUT, .key = {partition, sort}, .item = item},
		[STOCK] = {.action = DYNAMODB_CHECK,
			   .key = {product, "STOCK"},
			   .condition = "available <= :none",
			   .values = "{\":none\":{\"N\":\"0\"}}"},
		[USER] = {.action = DYNAMODB_CHECK,
			  .key = {sort, "#"},
			  .condition = "attribute_exists(#p)",
			  .names = names},
	};

	subscription_item_key(subscription->product_id, subscription->user_id,
			      job->repo->write_shards, partition);
	subscription_item_sort(subscription->user_id, sort);
	product_item_key("P#", subscription->product_id, product);
	repo_key_names(job->repo, names);
	return repo_write(job->repo, begin_call(job, on_put), writes, WRITES);
}

void subscription_repo_put(struct repo *repo, const char *product_id, const char *user_id,
			   struct subscription *out, struct await *await)
{
	enum result result = RESULT_NO_MEMORY;
	struct buf item = {0};
	struct job *job;

	await_start(await);
	if (!id_is_valid(product_id) || !id_is_valid(user_id)) {
		await_finish(await, id_is_valid(product_id) ? RESULT_NO_OWNER : RESULT_NOT_FOUND);
		return;
	}
	job = new_job(repo, sizeof(*job), await);
	if (!job)
		return;
	subscription_init(out, product_id, user_id, clock_wall_ms(repo->clock));
	buf_init(&item, SUBSCRIPTION_ITEM_MAX);
	subscription_item_write(out, &item);
	if (buf_ok(&item))
		result = write_put(job, out, buf_text(&item));
	if (result != RESULT_OK)
		finish(job, result);
	buf_clear(&item);
}

/* ------------------------------------------------------------------ remove */

static void on_removed(struct dynamodb_call *call)
{
	finish(call->context, call->result == RESULT_CONFLICT ? RESULT_NOT_FOUND : call->result);
}

static enum result write_removal(struct job *job, const char *product_id, const char *user_id)
{
	char partition[SUBSCRIPTION_KEY_SIZE];
	char sort[SUBSCRIPTION_SORT_SIZE];
	char values[VALUES_SIZE];
	const struct dynamodb_write write = {
		.action = DYNAMODB_DELETE,
		.key = {partition, sort},
		.condition = "#t > :now",
		.names = "{\"#t\":\"ttl\"}",
		.values = values,
	};

	subscription_item_key(product_id, user_id, job->repo->write_shards, partition);
	subscription_item_sort(user_id, sort);
	snprintf(values, sizeof(values), "{\":now\":{\"N\":\"%" PRId64 "\"}}",
		 clock_wall_ms(job->repo->clock) / 1000);
	return repo_write(job->repo, begin_call(job, on_removed), &write, 1);
}

void subscription_repo_remove(struct repo *repo, const char *product_id, const char *user_id,
			      struct await *await)
{
	enum result result;
	struct job *job;

	await_start(await);
	if (!id_is_valid(product_id) || !id_is_valid(user_id)) {
		await_finish(await, RESULT_NOT_FOUND);
		return;
	}
	job = new_job(repo, sizeof(*job), await);
	if (!job)
		return;
	result = write_removal(job, product_id, user_id);
	if (result != RESULT_OK)
		finish(job, result);
}

/* ------------------------------------------------------------------ remove all */

struct clearance {
	struct job job;
	const char *user_id;
	struct buf last_key; /* of the page before; empty: there was none */
	bool has_more;
};

static void start_page(struct clearance *clearance);

static void end_clearance(struct clearance *clearance, enum result result)
{
	buf_clear(&clearance->last_key);
	finish(&clearance->job, result);
}

static void go_on(struct clearance *clearance, enum result result)
{
	if (result == RESULT_OK && clearance->has_more)
		start_page(clearance);
	else
		end_clearance(clearance, result);
}

static void on_page_removed(struct dynamodb_call *call)
{
	go_on(call->context, call->result);
}

/* The partition key of what the index names, with its closing zero. False when it is not ours. */
static bool take_key(const struct clearance *clearance, const struct item *item,
		     char key[static SUBSCRIPTION_KEY_SIZE])
{
	struct span text = item_raw_string(item, clearance->job.repo->db.partition_key);

	if (text.len == 0 || text.len >= SUBSCRIPTION_KEY_SIZE)
		return false;
	memcpy(key, text.data, text.len);
	key[text.len] = '\0';
	return true;
}

static void remove_page(struct clearance *clearance, struct span items)
{
	char keys[DYNAMODB_BATCH_WRITE_MAX][SUBSCRIPTION_KEY_SIZE];
	struct dynamodb_write writes[DYNAMODB_BATCH_WRITE_MAX];
	char sort[SUBSCRIPTION_SORT_SIZE];
	struct json_walk walk;
	struct item item;
	size_t count = 0;

	subscription_item_sort(clearance->user_id, sort);
	json_walk_init(&walk, items);
	while (count < DYNAMODB_BATCH_WRITE_MAX && item_view_next(&walk, &item)) {
		if (take_key(clearance, &item, keys[count])) {
			writes[count] = (struct dynamodb_write){.action = DYNAMODB_DELETE,
								.key = {keys[count], sort}};
			count++;
		}
	}
	if (count > 0)
		dynamodb_batch_write(&clearance->job.repo->db,
				     begin_call(&clearance->job, on_page_removed), writes, count);
	else
		go_on(clearance, RESULT_OK);
}

static void on_page(struct dynamodb_call *call)
{
	struct clearance *clearance = call->context;

	if (call->result != RESULT_OK) {
		end_clearance(clearance, call->result);
		return;
	}
	clearance->has_more = call->last_key.data;
	buf_reset(&clearance->last_key);
	buf_add(&clearance->last_key, call->last_key.data, call->last_key.len);
	if (buf_ok(&clearance->last_key))
		remove_page(clearance, call->items);
	else
		end_clearance(clearance, RESULT_NO_MEMORY);
}

static void start_page(struct clearance *clearance)
{
	struct repo *repo = clearance->job.repo;
	bool goes_on = clearance->last_key.len > 0;
	char values[VALUES_SIZE];
	char names[REPO_NAMES_SIZE];

	repo_key_names(repo, names);
	snprintf(values, sizeof(values), "{\":u\":{\"S\":\"U#%s\"},\":s\":{\"S\":\"SUB#\"}}",
		 clearance->user_id);
	dynamodb_query(&repo->db, begin_call(&clearance->job, on_page),
		       &(struct dynamodb_query){
			       .index = "gsi1",
			       .condition = "g1p = :u AND begins_with(g1s, :s)",
			       .projection = "#p",
			       .names = names,
			       .values = values,
			       .start_key = {goes_on ? clearance->last_key.data : NULL,
					     clearance->last_key.len},
			       .limit = DYNAMODB_BATCH_WRITE_MAX,
		       });
}

void subscription_repo_remove_all(struct repo *repo, const char *user_id, struct await *await)
{
	struct clearance *clearance;

	await_start(await);
	clearance = new_job(repo, sizeof(*clearance), await);
	if (!clearance)
		return;
	clearance->user_id = user_id;
	buf_init(&clearance->last_key, KEY_MAX);
	start_page(clearance);
}
