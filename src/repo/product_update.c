#include "repo/product_update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "domain/same_value.h"
#include "repo/product_repo.h"
#include "repo/repo_write.h"

enum { VALUES_SIZE = 64, TIME_MAX = 64 };

struct run {
	struct repo *repo;
	struct product_update update;
	struct stored_product *out;
	struct await *await;
	unsigned tries;
	struct stored_product found; /* views into the answer of `read` */
	struct buf item;             /* the new item's members in braces */
	struct dynamodb_call read;
	struct dynamodb_call write;
};

static void start_read(struct run *run);

static void finish(struct run *run, enum result result)
{
	struct await *await = run->await;

	dynamodb_call_clear(&run->read);
	dynamodb_call_clear(&run->write);
	buf_clear(&run->item);
	await_finish(await, result);
}

/*
 * ------------------------------------------------------------------ the end: what was found or
 * made
 */

static bool copy_view(struct arena *arena, struct span text, struct item *item)
{
	char *copy = arena_copy(arena, text.data, text.len);

	return copy && item_view(item, (struct span){copy, text.len});
}

static void finish_unchanged(struct run *run)
{
	struct span items = run->read.items;
	struct stored_product same = run->found;
	char *copy = arena_copy(run->await->arena, items.data, items.len);

	if (!copy || !product_item_find((struct span){copy, items.len}, &same)) {
		finish(run, RESULT_NO_MEMORY);
		return;
	}
	*run->out = same;
	finish(run, RESULT_OK);
}

/* The text of the stock item among those that were read; absent when there is none. */
static struct span find_stock(struct span items)
{
	struct json_walk walk;

	json_walk_init(&walk, items);
	while (json_walk_next(&walk)) {
		if (span_equals(json_scan_raw_string(
					json_scan_member(json_scan_member(walk.value, "sk"), "S")),
				"STOCK"))
			return walk.value;
	}
	return (struct span){0};
}

/* The product as it will be once it is written. */
static bool show_changed(struct run *run)
{
	struct stored_product made = run->found;
	struct span stock = find_stock(run->read.items);

	made.version++;
	if (!copy_view(run->await->arena, (struct span){buf_text(&run->item), run->item.len},
		       &made.product) ||
	    (stock.data && !copy_view(run->await->arena, stock, &made.stock)))
		return false;
	*run->out = made;
	return true;
}

/* ------------------------------------------------------------------ writing */

static void on_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result == RESULT_CONFLICT && run->update.expected_version == 0 &&
	    run->tries < PRODUCT_UPDATE_TRIES) {
		dynamodb_call_clear(&run->read);
		dynamodb_call_clear(&run->write);
		start_read(run);
	} else {
		finish(run, call->result);
	}
}

/* A time of the old item, or `otherwise` when another tool has removed it. */
static const char *old_time(const struct item *item, const char *name, const char *otherwise,
			    char text[static TIME_MAX])
{
	struct span raw = item_raw_string(item, name);

	if (!raw.data || raw.len >= TIME_MAX || memchr(raw.data, '\\', raw.len))
		return otherwise;
	memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	return text;
}

static void write_item(struct run *run, const json_t *changed)
{
	char now[CLOCK_RFC3339_SIZE];
	char created_at[TIME_MAX];
	const struct item *old = &run->found.product;

	clock_format_rfc3339(clock_wall_ms(run->repo->clock), now);
	buf_reset(&run->item);
	buf_add_char(&run->item, '{');
	product_item_write(changed,
			   &(struct product_stamp){
				   .id = run->update.id,
				   .version = run->found.version + 1,
				   .created_at = old_time(old, "created_at", now, created_at),
				   .updated_at = now,
				   .write_shards = run->repo->write_shards,
			   },
			   &run->item);
	product_item_keep(old, run->repo->db.partition_key, &run->item);
	buf_add_char(&run->item, '}');
}

static void start_write(struct run *run)
{
	char pk[PRODUCT_KEY_SIZE];
	char values[VALUES_SIZE];
	struct dynamodb_write write = {
		.action = DYNAMODB_PUT,
		.key = {pk, "#"},
		.condition = "version = :v",
		.values = values,
		.expected_version = run->found.version,
	};
	enum result result = RESULT_NO_MEMORY;

	product_item_key("P#", run->update.id, pk);
	snprintf(values, sizeof(values), "{\":v\":{\"N\":\"%" PRIu64 "\"}}", run->found.version);
	run->write =
		(struct dynamodb_call){.await = run->await, .done = on_written, .context = run};
	/* The view wants the braces, the request the members only. */
	if (!show_changed(run)) {
		finish(run, result);
		return;
	}
	buf_truncate(&run->item, run->item.len - 1);
	write.item = buf_text(&run->item) + 1;
	if (!repo_write(run->repo, &run->write, &write, 1, &result))
		finish(run, result);
}

/* ------------------------------------------------------------------ reading and changing */

static void change(struct run *run, const json_t *stored)
{
	json_t *changed = NULL;
	enum result result = run->update.change(stored, run->update.context, &changed);

	if (result != RESULT_OK) {
		finish(run, result);
		return;
	}
	if (same_value(stored, changed)) {
		finish_unchanged(run);
	} else {
		write_item(run, changed);
		if (buf_ok(&run->item))
			start_write(run);
		else
			finish(run, RESULT_NO_MEMORY);
	}
	json_decref(changed);
}

static void on_read(struct dynamodb_call *call)
{
	struct run *run = call->context;
	json_t *stored = NULL;
	enum result result = call->result;

	if (result == RESULT_OK && !product_item_find(call->items, &run->found))
		result = RESULT_NOT_FOUND;
	else if (result == RESULT_OK && run->update.expected_version != 0 &&
		 run->update.expected_version != run->found.version)
		result = RESULT_CONFLICT;
	if (result == RESULT_OK)
		result = product_item_tree(&run->found.product, &stored);
	if (result == RESULT_OK)
		change(run, stored);
	else
		finish(run, result);
	json_decref(stored);
}

/* Consistent: an older version than the last one would only be refused. */
static void start_read(struct run *run)
{
	run->tries++;
	run->read = (struct dynamodb_call){.await = run->await, .done = on_read, .context = run};
	product_repo_query(run->repo, run->update.id, true, &run->read);
}

void product_update_run(struct repo *repo, const struct product_update *update,
			struct stored_product *out, struct await *await)
{
	struct run *run;

	await_start(await);
	if (!id_is_valid(update->id)) {
		await_finish(await, RESULT_NOT_FOUND);
		return;
	}
	run = arena_alloc(await->arena, sizeof(*run));
	if (!run) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	run->repo = repo;
	run->update = *update;
	run->out = out;
	run->await = await;
	buf_init(&run->item, PRODUCT_ITEM_MAX);
	memcpy(run->found.id, update->id, ID_SIZE);
	start_read(run);
}
