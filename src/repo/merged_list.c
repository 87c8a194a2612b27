#include "repo/merged_list.h"

#include <assert.h>

#include "base/json_scan.h"
#include "repo/cursor.h"

enum {
	POSITION_MAX = 1024 * 1024, /* before it is cut */
	KEY_MAX = 64 * 1024,        /* LastEvaluatedKey */
};

struct list;

struct part {
	struct list *list;
	const char *values;
	uint64_t page_limit;
	bool has_more;
	bool is_due;              /* read in this round */
	struct buf last_key;      /* where its next page begins */
	struct buf last_position; /* of the last entry of its last page */
	struct dynamodb_call call;
};

struct list {
	struct repo *repo;
	struct merged_list_query query;
	struct list_page *out;
	struct await *await;
	uint64_t consumed; /* read units × 1000 on the account before */
	enum result result;
	size_t pending;
	struct part *parts;
	struct buf position; /* of the entry that is looked at */
	struct buf reached;  /* when it has read too much: up to here nothing is missing */
	struct selection selection;
};

/* ------------------------------------------------------------------ the end */

static struct span whole(const struct buf *buf)
{
	return (struct span){buf_text(buf), buf->len};
}

/* Whether something that was not read could come before this entry. */
static bool is_beyond_reach(const struct list *list, size_t index)
{
	return list->reached.len > 0 &&
	       list->query.order(selection_position(&list->selection, index),
				 whole(&list->reached)) > 0;
}

/* How many of what was found can be told of. */
static size_t count_certain(const struct list *list)
{
	size_t count = list->selection.count;

	while (count > 0 && is_beyond_reach(list, count - 1))
		count--;
	return count;
}

/* Where the next page begins; absent: there is none. */
static struct span find_end(const struct list *list, size_t certain)
{
	if (certain > list->query.limit)
		return selection_position(&list->selection, list->query.limit - 1);
	return list->reached.len > 0 ? whole(&list->reached) : (struct span){0};
}

static bool fill_page(struct list *list, struct list_page *page)
{
	struct arena *arena = list->await->arena;
	struct selection *selection = &list->selection;
	size_t certain = count_certain(list);
	struct span end = find_end(list, certain);
	struct span *entries;

	page->count = certain < list->query.limit ? certain : list->query.limit;
	entries = arena_alloc(arena, (page->count + 1) * sizeof(*entries));
	if (!entries)
		return false;
	for (size_t i = 0; i < page->count; i++) {
		struct span text = selection_text(selection, i);

		entries[i] = (struct span){arena_copy(arena, text.data, text.len), text.len};
		if (!entries[i].data)
			return false;
	}
	page->entries = entries;
	page->next = end.data ? cursor_make(list->repo, list->query.scope, end, arena) : NULL;
	return page->next || !end.data;
}

static void finish(struct list *list)
{
	struct await *await = list->await;
	struct list_page page;
	enum result result = list->result;

	if (result == RESULT_OK && (list->selection.has_failed || !fill_page(list, &page)))
		result = RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		*list->out = page;
	for (size_t i = 0; i < list->query.part_count; i++) {
		dynamodb_call_clear(&list->parts[i].call);
		buf_clear(&list->parts[i].last_key);
		buf_clear(&list->parts[i].last_position);
	}
	selection_clear(&list->selection);
	buf_clear(&list->position);
	buf_clear(&list->reached);
	await_finish(await, result);
}

/* ------------------------------------------------------------------ pages */

/* Puts the position of an entry, or of the key of one, into `position`. False when it has none. */
static bool find_position(struct list *list, struct span text)
{
	struct item entry;

	if (!item_view(&entry, text))
		return false;
	buf_reset(&list->position);
	list->query.position(&entry, list->query.context, &list->position);
	if (!buf_ok(&list->position))
		list->selection.has_failed = true;
	return buf_ok(&list->position) && list->position.len > 0;
}

static void offer_entry(struct list *list, struct span text)
{
	if (find_position(list, text))
		selection_offer(&list->selection, whole(&list->position), text);
}

static void copy(struct buf *to, struct span from, struct list *list)
{
	buf_reset(to);
	buf_add(to, from.data, from.len);
	if (!buf_ok(to))
		list->selection.has_failed = true;
}

static void take_page(struct part *part)
{
	struct list *list = part->list;
	struct dynamodb_call *call = &part->call;
	struct json_walk walk;

	part->has_more = false;
	if (call->result != RESULT_OK) {
		list->result = call->result;
		return;
	}
	buf_reset(&list->position);
	json_walk_init(&walk, call->items);
	while (json_walk_next(&walk))
		offer_entry(list, walk.value);
	part->has_more = call->last_key.data;
	copy(&part->last_key, call->last_key, list);
	copy(&part->last_position, whole(&list->position), list);
}

/* A page of which nothing passed the filter tells nothing about what comes. */
static bool needs_more(const struct part *part)
{
	const struct list *list = part->list;

	if (!part->has_more)
		return false;
	return !list->query.is_in_order || part->last_position.len == 0 ||
	       !selection_is_beyond(&list->selection, whole(&part->last_position));
}

static bool has_read_too_much(const struct list *list)
{
	uint64_t consumed = list->await->usage.read_millis - list->consumed;

	return list->query.read_units > 0 && consumed > list->query.read_units * 1000;
}

/*
 * Where the first of the parts that are not read to their end has been left. A page may have had
 * entries that the filter took out, so it is their key that tells. False when that is no position,
 * or out of memory (selection.has_failed).
 */
static bool find_reached(struct list *list)
{
	for (size_t i = 0; i < list->query.part_count; i++) {
		const struct part *part = &list->parts[i];

		if (!part->is_due)
			continue;
		if (!find_position(list, whole(&part->last_key)))
			return false;
		if (list->reached.len == 0 ||
		    list->query.order(whole(&list->position), whole(&list->reached)) < 0)
			copy(&list->reached, whole(&list->position), list);
	}
	return true;
}

static void on_page(struct dynamodb_call *call);

static void start_page(struct part *part)
{
	const struct list *list = part->list;
	const struct dynamodb_query query = {
		.index = list->query.index,
		.condition = list->query.condition,
		.filter = list->query.filter,
		.names = list->query.names,
		.values = part->values,
		.start_key = {part->last_key.data, part->last_key.len},
		.limit = part->page_limit,
		.is_backwards = list->query.is_backwards,
		.is_consistent = list->query.is_consistent,
	};

	part->call = (struct dynamodb_call){
		.await = list->await,
		.done = on_page,
		.context = part,
	};
	dynamodb_query(&list->repo->db, &part->call, &query);
}

static size_t mark_due(struct list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->query.part_count; i++) {
		list->parts[i].is_due = needs_more(&list->parts[i]);
		count += list->parts[i].is_due;
	}
	return count;
}

/* Finishes the list when no part needs another page, or none may be read. */
static void start_round(struct list *list)
{
	size_t count = mark_due(list);
	bool is_over = count == 0 || list->result != RESULT_OK || list->selection.has_failed;

	if (!is_over && has_read_too_much(list)) {
		is_over = true;
		if (!list->query.is_in_order ||
		    (!find_reached(list) && !list->selection.has_failed))
			list->result = RESULT_TOO_LARGE;
	}
	if (is_over) {
		finish(list);
		return;
	}
	list->pending = count;
	for (size_t i = 0; i < list->query.part_count; i++) {
		if (list->parts[i].is_due)
			start_page(&list->parts[i]);
	}
}

static void on_page(struct dynamodb_call *call)
{
	struct part *part = call->context;
	struct list *list = part->list;

	take_page(part);
	dynamodb_call_clear(call);
	part->page_limit = part->page_limit * 2 < MERGED_LIST_PAGE_MAX ? part->page_limit * 2
								       : MERGED_LIST_PAGE_MAX;
	if (--list->pending == 0)
		start_round(list);
}

/* ------------------------------------------------------------------ the beginning */

/*
 * How much of each part to read first: its share of the page and twice the share's square root, so
 * that with ids spread by chance a second round is rare.
 */
static uint64_t share_with_margin(uint64_t wanted, size_t parts)
{
	uint64_t margin = 0;

	if (parts == 1)
		return wanted;
	while ((margin + 1) * (margin + 1) <= 4 * wanted / parts)
		margin++;
	return (wanted + parts - 1) / parts + margin;
}

static uint64_t choose_page_limit(const struct merged_list_query *query)
{
	if (query->page_limit > 0)
		return query->page_limit;
	if (!query->is_in_order)
		return MERGED_LIST_PAGE_MAX;
	return share_with_margin(query->limit + 1 + query->repeats_after, query->part_count);
}

static struct list *make_list(const struct merged_list_query *query, struct arena *arena)
{
	struct list *list = arena_alloc(arena, sizeof(*list));
	struct part *parts = arena_alloc(arena, query->part_count * sizeof(*parts));

	if (!list || !parts)
		return NULL;
	list->query = *query;
	list->parts = parts;
	for (size_t i = 0; i < query->part_count; i++) {
		parts[i].list = list;
		parts[i].values = query->values[i];
		parts[i].page_limit = choose_page_limit(query);
		parts[i].has_more = true;
		buf_init(&parts[i].last_key, KEY_MAX);
		buf_init(&parts[i].last_position, POSITION_MAX);
	}
	buf_init(&list->position, POSITION_MAX);
	buf_init(&list->reached, POSITION_MAX);
	selection_init(&list->selection, query->order, query->limit + 1, query->after);
	return list;
}

void merged_list_find(struct repo *repo, const struct merged_list_query *query,
		      struct list_page *out, struct await *await)
{
	struct list *list;

	assert(query->limit >= 1 && query->limit <= LIST_PAGE_MAX && query->part_count > 0);
	await_start(await);
	list = make_list(query, await->arena);
	if (!list) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	list->repo = repo;
	list->out = out;
	list->await = await;
	list->consumed = await->usage.read_millis;
	start_round(list);
}
