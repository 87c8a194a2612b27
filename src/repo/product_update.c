#include "repo/product_update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "repo/product_repo.h"
#include "repo/repo_write.h"

enum { VALUES_SIZE = 64, TIME_MAX = 64 };

struct run {
	struct item_update update;
	const char *id;
	struct stored_product *out;
	struct stored_product found; /* views into the answer of `read` */
	struct buf item;             /* the new item's members in braces */
};

static void finish(struct item_update *update, enum result result)
{
	struct run *run = update->of;

	buf_clear(&run->item);
	await_finish(update->await, result);
}

/* ------------------------------------------------------------------ reading */

static void read_product(struct item_update *update)
{
	const struct run *run = update->of;

	product_repo_query(update->repo, run->id, true, &update->read);
}

static enum result take_found(struct item_update *update, json_t **stored)
{
	struct run *run = update->of;

	if (update->read.result != RESULT_OK)
		return update->read.result;
	if (!product_item_find(update->read.items, NULL, &run->found))
		return RESULT_NOT_FOUND;
	update->version = run->found.version;
	return product_item_tree(&run->found.product, stored);
}

/* ------------------------------------------------------------------ what was found or made */

static bool show_found(struct item_update *update)
{
	const struct run *run = update->of;
	struct span items = update->read.items;
	struct stored_product same = run->found;
	char *copy;

	if (!run->out)
		return true;
	copy = arena_copy(update->await->arena, items.data, items.len);
	if (!copy || !product_item_find((struct span){copy, items.len}, NULL, &same))
		return false;
	*run->out = same;
	return true;
}

static bool copy_view(struct arena *arena, struct span text, struct item *item)
{
	char *copy = arena_copy(arena, text.data, text.len);

	return copy && item_view(item, (struct span){copy, text.len});
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
	struct arena *arena = run->update.await->arena;
	struct stored_product made = run->found;
	struct span stock = find_stock(run->update.read.items);

	if (!run->out)
		return true;
	made.version++;
	if (!copy_view(arena, (struct span){buf_text(&run->item), run->item.len}, &made.product) ||
	    (stock.data && !copy_view(arena, stock, &made.stock)))
		return false;
	*run->out = made;
	return true;
}

/* ------------------------------------------------------------------ writing */

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

static void make_item(struct run *run, const json_t *changed)
{
	const struct repo *repo = run->update.repo;
	char now[CLOCK_RFC3339_SIZE];
	char created_at[TIME_MAX];
	const struct item *old = &run->found.product;

	clock_format_rfc3339(clock_wall_ms(repo->clock), now);
	buf_reset(&run->item);
	buf_add_char(&run->item, '{');
	product_item_write(changed,
			   &(struct product_stamp){
				   .id = run->id,
				   .version = run->found.version + 1,
				   .created_at = old_time(old, "created_at", now, created_at),
				   .updated_at = now,
				   .write_shards = repo->write_shards,
			   },
			   &run->item);
	product_item_keep(old, repo->db.partition_key, &run->item);
	buf_add_char(&run->item, '}');
}

static enum result write_changed(struct item_update *update, const json_t *changed)
{
	struct run *run = update->of;
	char pk[PRODUCT_KEY_SIZE];
	char values[VALUES_SIZE];
	struct dynamodb_write write = {
		.action = DYNAMODB_PUT,
		.key = {pk, "#"},
		.condition = "version = :v",
		.values = values,
		.expected_version = update->version,
	};

	make_item(run, changed);
	if (!buf_ok(&run->item) || !show_changed(run))
		return RESULT_NO_MEMORY;
	product_item_key("P#", run->id, pk);
	snprintf(values, sizeof(values), "{\":v\":{\"N\":\"%" PRIu64 "\"}}", update->version);
	/* The view wants the braces, the request the members only. */
	buf_truncate(&run->item, run->item.len - 1);
	write.item = buf_text(&run->item) + 1;
	return repo_write(update->repo, &update->write, &write, 1);
}

/* ------------------------------------------------------------------ all together */

static const struct item_update_kind product_kind = {
	.read = read_product,
	.take = take_found,
	.show = show_found,
	.write = write_changed,
	.done = finish,
};

void product_update_run(struct repo *repo, const struct product_update *update,
			struct stored_product *out, struct await *await)
{
	struct run *run = repo_begin(await, sizeof(*run), update->id, RESULT_NOT_FOUND);

	if (!run)
		return;
	run->update = (struct item_update){
		.kind = &product_kind,
		.of = run,
		.repo = repo,
		.await = await,
		.expected_version = update->expected_version,
		.change = update->change,
		.context = update->context,
		.is_read = update->items.data != NULL,
		.read = {.result = RESULT_OK, .items = update->items},
	};
	run->id = update->id;
	run->out = out;
	buf_init(&run->item, PRODUCT_ITEM_MAX);
	memcpy(run->found.id, update->id, ID_SIZE);
	item_update_run(&run->update);
}
