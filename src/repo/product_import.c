/*
 * Each entry is ABSENT (to be made), PRESENT (to be changed) or OVER. A round makes all that are
 * absent, then changes all that are present; somebody else may have made or removed one of them
 * just then, which puts it into the other state, for the next round.
 */
#include "repo/product_import.h"

#include <assert.h>
#include <string.h>

#include "repo/new_product.h"
#include "repo/product_update.h"
#include "repo/product_view.h"
#include "repo/repo_write.h"

enum {
	TRIES_MAX = 5,       /* of an entry: how often it may be found in another state */
	CHANGES_AT_ONCE = 8, /* so that an import leaves calls to others */
	WRITES_MAX = PRODUCT_IMPORT_MAX * NEW_PRODUCT_ITEMS,
	FOUND_MAX = 16 * 1024 * 1024,
};

static_assert((int)WRITES_MAX <= (int)REPO_WRITES_MAX, "they fit into one transaction");

enum entry_state { ABSENT, PRESENT, CHANGING, OVER };

struct product_import {
	struct repo *repo;
	struct product_entry *entries;
	size_t count;
	struct await *await;
	size_t changing;
	bool makes_one_by_one; /* together they were too large */
	struct product_entry *making[PRODUCT_IMPORT_MAX];
	size_t making_count;
	struct new_product_items items[PRODUCT_IMPORT_MAX]; /* empty but while they are written */
	struct buf found; /* the stored items, as arrays of one each */
	struct dynamodb_call call;
};

static void start_round(struct product_import *import);

static void end_entry(struct product_entry *entry, enum result result)
{
	entry->state = OVER;
	entry->result = result;
}

/* Others have changed what it is. */
static void change_state(struct product_entry *entry, enum entry_state state)
{
	entry->state = (int)state;
	entry->stored = (struct span){0};
	if (++entry->tries > TRIES_MAX)
		end_entry(entry, RESULT_CONFLICT);
}

static void finish(struct product_import *import)
{
	buf_clear(&import->found);
	await_finish(import->await, RESULT_OK);
}

/* ------------------------------------------------------------------ making */

static void take_reasons(struct product_import *import)
{
	const struct dynamodb_call *call = &import->call;
	size_t reason = 0;

	for (size_t i = 0; i < import->making_count; i++) {
		size_t count = import->making[i]->opening.on_hand > 0 ? 3 : 2;
		bool is_there = false;

		for (size_t end = reason + count; reason < end; reason++)
			is_there |=
				reason < call->failed_count && call->reasons[reason].is_condition;
		if (is_there)
			change_state(import->making[i], PRESENT);
	}
}

static void take_made(struct product_import *import, enum result result)
{
	if (result == RESULT_CONFLICT) {
		take_reasons(import);
	} else if (result == RESULT_TOO_LARGE && import->making_count > 1) {
		import->makes_one_by_one = true;
	} else {
		for (size_t i = 0; i < import->making_count; i++) {
			import->making[i]->is_new = true;
			end_entry(import->making[i], result);
		}
	}
}

static void on_made(struct dynamodb_call *call)
{
	struct product_import *import = call->context;

	take_made(import, call->result);
	dynamodb_call_clear(call);
	start_round(import);
}

static bool make_items(struct product_import *import)
{
	bool ok = true;

	for (size_t i = 0; i < import->making_count; i++) {
		struct product_entry *entry = import->making[i];
		const struct new_product new = {entry->id, entry->product, entry->opening,
						await_by(import->await)};

		ok &= new_product_make(import->repo, &new, &import->items[i]);
	}
	return ok;
}

static enum result write_made(struct product_import *import)
{
	const struct repo *repo = import->repo;
	struct dynamodb_write writes[WRITES_MAX];
	char names[REPO_NAMES_SIZE];
	size_t count = 0;

	repo_key_names(repo, names);
	for (size_t i = 0; i < import->making_count; i++)
		count += new_product_writes(&import->items[i], names, writes + count);
	import->call = (struct dynamodb_call){
		.await = import->await,
		.done = on_made,
		.context = import,
	};
	return repo_write(repo, &import->call, writes, count);
}

/* True when something was started. */
static bool start_making(struct product_import *import)
{
	size_t most = import->makes_one_by_one ? 1 : PRODUCT_IMPORT_MAX;
	enum result result = RESULT_NO_MEMORY;

	import->making_count = 0;
	for (size_t i = 0; i < import->count && import->making_count < most; i++)
		if (import->entries[i].state == ABSENT)
			import->making[import->making_count++] = &import->entries[i];
	if (import->making_count == 0)
		return false;
	if (make_items(import))
		result = write_made(import);
	for (size_t i = 0; i < import->making_count; i++) {
		new_product_clear(&import->items[i]);
		if (result != RESULT_OK)
			end_entry(import->making[i], result);
	}
	return result == RESULT_OK;
}

/* ------------------------------------------------------------------ changing */

/* A line is the whole product: what it does not name is not kept. */
static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	struct product_entry *entry = context;

	(void)stored;
	*changed = json_incref(entry->product);
	return RESULT_OK;
}

static void add_usage(struct usage *to, const struct usage *from)
{
	to->read_millis += from->read_millis;
	to->write_millis += from->write_millis;
	to->calls += from->calls;
}

static bool start_changing(struct product_import *import);

static void on_changed(struct await *await)
{
	struct product_entry *entry = await->context;
	struct product_import *import = entry->import;

	add_usage(&import->await->usage, &await->usage);
	if (await->result == RESULT_NOT_FOUND)
		change_state(entry, ABSENT);
	else
		end_entry(entry, await->result);
	import->changing--;
}

static void on_changed_later(struct await *await)
{
	struct product_entry *entry = await->context;
	struct product_import *import = entry->import;

	on_changed(await);
	if (!start_changing(import))
		start_round(import);
}

static void start_change(struct product_import *import, struct product_entry *entry)
{
	const struct product_update update = {
		.id = entry->id,
		.items = entry->stored,
		.change = make_changed,
		.context = entry,
	};

	entry->state = CHANGING;
	import->changing++;
	/* What is over before this returns is over without a call: the loop goes on. */
	entry->await = (struct await){
		.arena = import->await->arena,
		.deadline_us = import->await->deadline_us,
		.trace_id = import->await->trace_id,
		.resume = on_changed,
		.context = entry,
	};
	product_update_run(import->repo, &update, NULL, &entry->await);
	entry->await.resume = on_changed_later;
}

/* True as long as something is under way. */
static bool start_changing(struct product_import *import)
{
	for (size_t i = 0; i < import->count && import->changing < CHANGES_AT_ONCE; i++)
		if (import->entries[i].state == PRESENT)
			start_change(import, &import->entries[i]);
	return import->changing > 0;
}

/* ------------------------------------------------------------------ rounds */

static bool is_over(const struct product_import *import)
{
	for (size_t i = 0; i < import->count; i++)
		if (import->entries[i].state != OVER)
			return false;
	return true;
}

static void start_round(struct product_import *import)
{
	while (!is_over(import))
		if (start_making(import) || start_changing(import))
			return;
	finish(import);
}

/* ------------------------------------------------------------------ looking up */

static struct product_entry *find_entry(struct product_import *import, struct span id)
{
	for (size_t i = 0; i < import->count && id.data; i++)
		if (span_equals(id, import->entries[i].id))
			return &import->entries[i];
	return NULL;
}

/* The answer goes with the call, so what was found is copied, each as an array of one item. */
static void keep_found(struct product_import *import, struct span text)
{
	struct product_entry *entry;
	struct item item;

	if (!item_view(&item, text))
		return;
	entry = find_entry(import, product_view_id(&item, import->repo->db.partition_key));
	if (!entry || entry->state == PRESENT)
		return;
	entry->state = PRESENT;
	entry->stored.len = text.len + 2; /* its place is known when all are there */
	buf_add_char(&import->found, '[');
	buf_add(&import->found, text.data, text.len);
	buf_add_char(&import->found, ']');
}

static void place_found(struct product_import *import, struct span items)
{
	const char *at = buf_text(&import->found);
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, items);
	while (json_walk_next(&walk)) {
		struct product_entry *entry = NULL;

		if (item_view(&item, walk.value))
			entry = find_entry(import,
					   product_view_id(&item, import->repo->db.partition_key));
		if (!entry || entry->stored.data)
			continue;
		entry->stored.data = at;
		at += entry->stored.len;
	}
}

/* They are looked at one by one: too much at once, or an answer that cannot be read. */
static void find_each(struct product_import *import)
{
	for (size_t i = 0; i < import->count; i++)
		if (import->entries[i].has_id)
			import->entries[i].state = PRESENT;
}

static void take_found(struct product_import *import)
{
	const struct dynamodb_call *call = &import->call;
	struct json_walk walk;

	json_walk_init(&walk, call->items);
	while (json_walk_next(&walk))
		keep_found(import, walk.value);
	if (buf_ok(&import->found))
		place_found(import, call->items);
	else
		for (size_t i = 0; i < import->count; i++)
			import->entries[i].stored = (struct span){0};
}

static void on_found(struct dynamodb_call *call)
{
	struct product_import *import = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		take_found(import);
	else if (result == RESULT_GARBLED || result == RESULT_NO_MEMORY)
		find_each(import);
	else
		for (size_t i = 0; i < import->count; i++)
			end_entry(&import->entries[i], result);
	dynamodb_call_clear(call);
	start_round(import);
}

/* True when there was something to look up. */
static bool start_lookup(struct product_import *import)
{
	char pk[PRODUCT_IMPORT_MAX][PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[PRODUCT_IMPORT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < import->count; i++) {
		if (!import->entries[i].has_id)
			continue;
		product_item_key("P#", import->entries[i].id, pk[count]);
		keys[count] = (struct dynamodb_key){pk[count], "#"};
		count++;
	}
	if (count == 0)
		return false;
	import->call = (struct dynamodb_call){
		.await = import->await,
		.done = on_found,
		.context = import,
	};
	dynamodb_batch_get(&import->repo->db, &import->call, keys, count, true);
	return true;
}

static void begin_entry(struct product_import *import, struct product_entry *entry)
{
	entry->import = import;
	entry->state = ABSENT;
	entry->tries = 0;
	entry->is_new = false;
	entry->stored = (struct span){0};
	if (!entry->has_id)
		id_make_random(entry->id);
}

void product_import_run(struct repo *repo, struct product_entry *entries, size_t count,
			struct await *await)
{
	struct product_import *import = arena_alloc(await->arena, sizeof(*import));

	assert(count > 0 && count <= PRODUCT_IMPORT_MAX);
	await_start(await);
	if (!import) {
		for (size_t i = 0; i < count; i++)
			end_entry(&entries[i], RESULT_NO_MEMORY);
		await_finish(await, RESULT_OK);
		return;
	}
	import->repo = repo;
	import->entries = entries;
	import->count = count;
	import->await = await;
	buf_init(&import->found, FOUND_MAX);
	for (size_t i = 0; i < count; i++)
		begin_entry(import, &entries[i]);
	if (!start_lookup(import))
		start_round(import);
}
