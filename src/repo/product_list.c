/*
 * One algorithm for all lists: the parts of the index that the query covers are read at once, a
 * page of each, and every entry is offered to a selection that keeps the first ones. When all these
 * pages are there, another round reads those parts of which more could be among the first: of a
 * part that is in the list's own order that is often none.
 */
#include "repo/product_list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "domain/name_fold.h"
#include "repo/cursor.h"
#include "repo/product_view.h"
#include "repo/selection.h"

enum {
	TEXT_MAX = 8 * 1024,
	POSITION_MAX = 1024 * 1024, /* before it is cut */
	KEY_MAX = 64 * 1024,        /* LastEvaluatedKey */
	PAGE_MAX = 1000,     /* entries: small enough that other requests are not kept waiting */
	FILTERED_PAGE = 100, /* to begin with, where a filter takes some out */
	CATEGORY_KEY_SIZE = 1024,
	SHARD_KEY_SIZE = 24,
};

struct list;

/* One partition of the index. */
struct part {
	struct list *list;
	char *values; /* of the key condition and the filter, in the arena */
	uint64_t page_limit;
	bool has_more;
	bool is_due;              /* read in this round */
	struct buf last_key;      /* where its next page begins */
	struct buf last_position; /* of the last entry of its last page */
	struct dynamodb_call call;
};

struct list {
	struct repo *repo;
	struct product_list_query query;
	struct product_page *out;
	struct await *await;
	bool is_in_order;   /* the index is in the order that is asked for */
	const char *prefix; /* folded; NULL: any name */
	const char *condition;
	struct span scope; /* for the cursor: what is asked for */
	struct span after; /* the position that the cursor names; absent: from the start */
	uint64_t consumed; /* read units × 1000 on the account before */
	enum result result;
	size_t part_count;
	size_t pending;
	struct part *parts;
	struct buf position; /* of the entry that is looked at */
	struct selection selection;
};

/* ------------------------------------------------------------------ the end */

static bool fill_page(struct list *list, struct product_page *page)
{
	struct arena *arena = list->await->arena;
	struct selection *selection = &list->selection;
	struct span *entries;

	page->count = selection->count < list->query.limit ? selection->count : list->query.limit;
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
	page->next = NULL;
	if (selection->count <= list->query.limit)
		return true;
	page->next = cursor_make(list->repo, list->scope,
				 selection_position(selection, page->count - 1), arena);
	return page->next;
}

static void finish(struct list *list)
{
	struct await *await = list->await;
	struct product_page page;
	enum result result = list->result;

	if (result == RESULT_OK && (list->selection.has_failed || !fill_page(list, &page)))
		result = RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		*list->out = page;
	for (size_t i = 0; i < list->part_count; i++) {
		dynamodb_call_clear(&list->parts[i].call);
		buf_clear(&list->parts[i].last_key);
		buf_clear(&list->parts[i].last_position);
	}
	selection_clear(&list->selection);
	buf_clear(&list->position);
	await_finish(await, result);
}

/* ------------------------------------------------------------------ pages */

static struct span whole(const struct buf *buf)
{
	return (struct span){buf_text(buf), buf->len};
}

static void offer_entry(struct list *list, struct span text)
{
	struct item entry;
	struct span id;

	if (!item_view(&entry, text))
		return;
	id = product_view_id(&entry, list->repo->db.partition_key);
	if (!id.data)
		return;
	product_order_position(list->query.order, &entry, id, &list->position);
	if (buf_ok(&list->position))
		selection_offer(&list->selection, whole(&list->position), text);
	else
		list->selection.has_failed = true;
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
	return !list->is_in_order || part->last_position.len == 0 ||
	       !selection_is_beyond(&list->selection, whole(&part->last_position));
}

static bool has_read_too_much(const struct list *list)
{
	uint64_t consumed = list->await->usage.read_millis - list->consumed;

	return consumed > (uint64_t)PRODUCT_LIST_READ_UNITS * 1000;
}

static void on_page(struct dynamodb_call *call);

static void start_page(struct part *part)
{
	const struct list *list = part->list;
	const struct dynamodb_query query = {
		.index = list->query.category ? "gsi1" : "gsi2",
		.condition = list->condition,
		.filter = list->prefix && !list->query.category ? "begins_with(g1s, :q)" : NULL,
		.values = part->values,
		.start_key = {part->last_key.data, part->last_key.len},
		.limit = part->page_limit,
		.is_backwards = !list->query.category,
	};

	part->call = (struct dynamodb_call){
		.await = list->await,
		.done = on_page,
		.context = part,
	};
	dynamodb_query(&list->repo->db, &part->call, &query);
}

/* Finishes the list when no part needs another page. */
static void start_round(struct list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->part_count; i++) {
		list->parts[i].is_due = needs_more(&list->parts[i]);
		count += list->parts[i].is_due;
	}
	if (count > 0 && list->result == RESULT_OK && has_read_too_much(list))
		list->result = RESULT_TOO_LARGE;
	if (count == 0 || list->result != RESULT_OK || list->selection.has_failed) {
		finish(list);
		return;
	}
	list->pending = count;
	for (size_t i = 0; i < list->part_count; i++) {
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
	part->page_limit = part->page_limit * 2 < PAGE_MAX ? part->page_limit * 2 : PAGE_MAX;
	if (--list->pending == 0)
		start_round(list);
}

/* ------------------------------------------------------------------ what to ask for */

/*
 * An index in order is entered behind the cursor. A sort key takes one comparison only, so with a
 * prefix too it is a range, up to the prefix and the last character there is.
 */
static const char *choose_condition(const struct list *list)
{
	bool continues = list->after.data && list->is_in_order;

	if (!list->query.category)
		return continues ? "g2p = :p AND g2s < :after" : "g2p = :p";
	if (continues)
		return list->prefix ? "g1p = :p AND g1s BETWEEN :after AND :end"
				    : "g1p = :p AND g1s > :after";
	return list->prefix ? "g1p = :p AND begins_with(g1s, :q)" : "g1p = :p";
}

static void add_after(const struct list *list, struct buf *values)
{
	struct buf key = {0};

	buf_init(&key, TEXT_MAX);
	product_order_key(list->after, list->query.category ? '\t' : '#', &key);
	attribute_add_string(values, ":after", buf_text(&key), key.len);
	if (!buf_ok(&key))
		values->failed = true;
	buf_clear(&key);
}

static void add_end(const struct list *list, struct buf *values)
{
	char end[CATEGORY_KEY_SIZE];

	snprintf(end, sizeof(end), "%s\xf4\x8f\xbf\xbf", list->prefix);
	attribute_add_string(values, ":end", end, strlen(end));
}

/* Exactly the values that condition and filter name: DynamoDB refuses others. */
static char *make_values(const struct list *list, const char *partition)
{
	bool continues = list->after.data && list->is_in_order;
	bool has_range = continues && list->query.category && list->prefix;
	struct buf values = {0};
	char *text = NULL;

	buf_init(&values, TEXT_MAX);
	buf_add_char(&values, '{');
	attribute_add_string(&values, ":p", partition, strlen(partition));
	if (continues)
		add_after(list, &values);
	if (has_range)
		add_end(list, &values);
	else if (list->prefix)
		attribute_add_string(&values, ":q", list->prefix, strlen(list->prefix));
	buf_add_char(&values, '}');
	if (buf_ok(&values))
		text = arena_copy(list->await->arena, values.data, values.len);
	buf_clear(&values);
	return text;
}

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

/*
 * Of an index in order a page is asked for that most likely suffices, else as much as is sensible.
 */
static uint64_t choose_page_limit(const struct list *list)
{
	if (!list->is_in_order)
		return PAGE_MAX;
	if (list->prefix && !list->query.category)
		return FILTERED_PAGE;
	return share_with_margin(list->query.limit + 1, list->part_count);
}

static bool make_parts(struct list *list)
{
	char partition[CATEGORY_KEY_SIZE];

	list->part_count = list->query.category ? 1 : list->repo->write_shards;
	list->parts = arena_alloc(list->await->arena, list->part_count * sizeof(*list->parts));
	if (!list->parts) {
		list->part_count = 0;
		return false;
	}
	list->condition = choose_condition(list);
	for (size_t i = 0; i < list->part_count; i++) {
		struct part *part = &list->parts[i];

		if (list->query.category)
			snprintf(partition, sizeof(partition), "CAT#%s", list->query.category);
		else
			snprintf(partition, sizeof(partition), "PROD#%zu", i);
		part->list = list;
		part->page_limit = choose_page_limit(list);
		part->values = make_values(list, partition);
		part->has_more = true;
		buf_init(&part->last_key, KEY_MAX);
		buf_init(&part->last_position, POSITION_MAX);
		if (!part->values)
			return false;
	}
	return true;
}

/* A text that differs between any two queries that list different things. */
static bool make_scope(struct list *list)
{
	const struct product_list_query *query = &list->query;
	struct buf scope = {0};
	const char *text = NULL;

	buf_init(&scope, TEXT_MAX);
	buf_add_format(&scope, "product %d %s %zu:%s", (int)query->order,
		       query->category ? "in" : "all",
		       query->category ? strlen(query->category) : 0,
		       query->category ? query->category : "");
	buf_add_str(&scope, list->prefix ? list->prefix : "");
	if (buf_ok(&scope))
		text = arena_copy(list->await->arena, scope.data, scope.len);
	list->scope = (struct span){text, scope.len};
	buf_clear(&scope);
	return text;
}

static bool fold_prefix(struct list *list)
{
	struct buf folded = {0};

	if (!list->query.prefix || !list->query.prefix[0])
		return true;
	buf_init(&folded, TEXT_MAX);
	name_fold(span_of(list->query.prefix), &folded);
	if (buf_ok(&folded))
		list->prefix = arena_copy(list->await->arena, folded.data, folded.len);
	buf_clear(&folded);
	return list->prefix;
}

static enum result prepare(struct list *list)
{
	enum result result = RESULT_OK;

	list->is_in_order =
		list->query.order == (list->query.category ? PRODUCT_BY_NAME : PRODUCT_BY_CREATED);
	list->consumed = list->await->usage.read_millis;
	buf_init(&list->position, POSITION_MAX);
	if (!fold_prefix(list) || !make_scope(list))
		return RESULT_NO_MEMORY;
	if (list->query.cursor)
		result = cursor_read(list->repo, list->scope, list->query.cursor,
				     list->await->arena, &list->after);
	if (result != RESULT_OK)
		return result;
	selection_init(&list->selection, product_order_compare(list->query.order),
		       list->query.limit + 1, list->after);
	return make_parts(list) ? RESULT_OK : RESULT_NO_MEMORY;
}

void product_list_find(struct repo *repo, const struct product_list_query *query,
		       struct product_page *out, struct await *await)
{
	struct list *list = arena_alloc(await->arena, sizeof(*list));

	assert(query->limit >= 1 && query->limit <= PRODUCT_LIST_MAX);
	await_start(await);
	if (!list) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	list->repo = repo;
	list->query = *query;
	list->out = out;
	list->await = await;
	list->result = prepare(list);
	if (list->result != RESULT_OK) {
		finish(list);
		return;
	}
	start_round(list);
}
