#include "repo/restock_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_string.h"
#include "repo/repo_write.h"

enum {
	KEY_SIZE = 24, /* "BACK#" and a shard */
	VALUES_SIZE = 64,
	LOOK_ITEMS = 10,
	ITEM_MAX = 2 * RESTOCK_DATA_MAX + 1024,
};

struct run {
	struct repo *repo;
	struct await *await;
	struct restock *out;
	uint32_t shard;
	char pk[KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	struct dynamodb_call call;
};

static struct run *begin(struct repo *repo, uint32_t shard, struct await *await,
			 void (*done)(struct dynamodb_call *call))
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return NULL;
	run->repo = repo;
	run->await = await;
	snprintf(run->pk, sizeof(run->pk), "BACK#%" PRIu32, shard);
	repo_key_names(repo, run->names);
	run->call = (struct dynamodb_call){.await = await, .done = done, .context = run};
	return run;
}

static void finish(struct run *run, enum result result)
{
	dynamodb_call_clear(&run->call);
	await_finish(run->await, result);
}

static uint32_t shard_of(const struct repo *repo, const struct restock *restock)
{
	return id_hash(restock->product_id) & (repo->write_shards - 1);
}

/* ------------------------------------------------------------------ put and remove */

/* Conflict: it is there, or gone, as it is to be. */
static void on_written(struct dynamodb_call *call)
{
	finish(call->context, call->result == RESULT_CONFLICT ? RESULT_OK : call->result);
}

static void write(struct run *run, const struct dynamodb_write *write, bool is_ok)
{
	enum result result = RESULT_NO_MEMORY;

	if (is_ok)
		result = repo_write(run->repo, &run->call, write, 1);
	if (result != RESULT_OK)
		finish(run, result);
}

void restock_repo_put(struct repo *repo, const struct restock *restock, struct await *await)
{
	struct run *run = begin(repo, shard_of(repo, restock), await, on_written);
	struct buf item = {0};

	if (!run)
		return;
	buf_init(&item, ITEM_MAX);
	attribute_add_text(&item, "product_id", restock->product_id);
	attribute_add_text(&item, "time", restock->time);
	attribute_add_text(&item, "data", restock->data);
	write(run,
	      &(struct dynamodb_write){
		      .action = DYNAMODB_PUT,
		      .key = {run->pk, restock->id},
		      .item = buf_text(&item),
		      .condition = "attribute_not_exists(#p)",
		      .names = run->names,
	      },
	      buf_ok(&item));
	buf_clear(&item);
}

void restock_repo_remove(struct repo *repo, const struct restock *restock, struct await *await)
{
	struct run *run = begin(repo, shard_of(repo, restock), await, on_written);

	if (run)
		write(run,
		      &(struct dynamodb_write){
			      .action = DYNAMODB_DELETE,
			      .key = {run->pk, restock->id},
			      .condition = "attribute_exists(#p)",
			      .names = run->names,
		      },
		      true);
}

/* ------------------------------------------------------------------ the next */

static const char *take_text(const struct item *item, const char *name, struct arena *arena)
{
	struct buf text = {0};
	const char *kept = NULL;

	buf_init(&text, RESTOCK_DATA_MAX);
	json_string_decode(json_scan_member(item_get(item, name), "S"), &text);
	if (buf_ok(&text) && text.len > 0)
		kept = arena_copy(arena, text.data, text.len);
	buf_clear(&text);
	return kept;
}

/* One in another shard than its product's could never be removed. */
static bool is_ours(const struct run *run, const struct item *item)
{
	struct restock *out = run->out;

	return id_take(item_raw_string(item, "sk"), out->id) &&
	       id_take(item_raw_string(item, "product_id"), out->product_id) &&
	       item_get(item, "time").data && item_get(item, "data").data &&
	       shard_of(run->repo, out) == run->shard;
}

/* RESULT_NOT_FOUND: none of these. */
static enum result take(const struct run *run, struct span items)
{
	struct arena *arena = run->await->arena;
	struct restock *out = run->out;
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, items);
	while (item_view_next(&walk, &item)) {
		if (!is_ours(run, &item)) {
			out->passed_over++;
			continue;
		}
		out->time = take_text(&item, "time", arena);
		out->data = take_text(&item, "data", arena);
		return out->time && out->data ? RESULT_OK : RESULT_NO_MEMORY;
	}
	return RESULT_NOT_FOUND;
}

static void look(struct run *run, struct span start_key);

static void on_found(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = call->result;
	struct span key = {0};

	if (result == RESULT_OK)
		result = take(run, call->items);
	if (result == RESULT_NOT_FOUND && call->last_key.data) {
		key.data = arena_copy(run->await->arena, call->last_key.data, call->last_key.len);
		key.len = call->last_key.len;
		result = key.data ? RESULT_OK : RESULT_NO_MEMORY;
	}
	if (key.data)
		look(run, key);
	else
		finish(run, result);
}

static void look(struct run *run, struct span start_key)
{
	char values[VALUES_SIZE];

	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){.await = run->await, .done = on_found, .context = run};
	snprintf(values, sizeof(values), "{\":p\":{\"S\":\"%s\"}}", run->pk);
	dynamodb_query(&run->repo->db, &run->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p",
			       .names = run->names,
			       .values = values,
			       .start_key = start_key,
			       .limit = LOOK_ITEMS,
		       });
}

void restock_repo_next(struct repo *repo, uint32_t shard, struct restock *out, struct await *await)
{
	struct run *run = begin(repo, shard, await, on_found);

	if (!run)
		return;
	run->out = out;
	run->shard = shard;
	out->passed_over = 0;
	look(run, (struct span){0});
}
