#include "repo/product_in_stock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_item.h"
#include "repo/product_view.h"

enum {
	KEYS_MAX = LIST_PAGE_MAX,
	WANTED_MAX = LIST_PAGE_MAX + 1, /* one more than a page, to know whether there is a next */
};

struct search {
	struct repo *repo;
	struct product_list_query query;
	struct product_list_query asked; /* in this round */
	struct list_page *out;
	struct await *await;
	uint64_t consumed; /* read units × 1000 on the account before */
	uint64_t consumed_before_round;

	/* A round: a page of the list, and the stock of its products. */
	struct await round;
	struct arena arena; /* of the round, for there may be many */
	struct list_page page;
	struct dynamodb_call call;

	size_t count; /* what was found so far, in the waiter's arena */
	struct span entries[WANTED_MAX];
};

static void finish(struct search *search, enum result result)
{
	struct await *await = search->await;

	dynamodb_call_clear(&search->call);
	arena_clear(&search->arena);
	await_finish(await, result);
}

/* `next`: of a page that is not full, in the waiter's arena; NULL: it is the last one. */
static void finish_page(struct search *search, const char *next)
{
	struct arena *arena = search->await->arena;
	struct list_page page = {.count = search->count, .next = next};
	size_t limit = search->query.limit;
	struct span *entries;

	if (page.count > limit) {
		page.count = limit;
		page.next = product_list_cursor(search->repo, &search->query,
						search->entries[limit - 1], arena);
	}
	entries = arena_alloc(arena, (page.count + 1) * sizeof(*entries));
	if (!entries || (search->count > limit && !page.next)) {
		finish(search, RESULT_NO_MEMORY);
		return;
	}
	memcpy(entries, search->entries, page.count * sizeof(*entries));
	page.entries = entries;
	*search->out = page;
	finish(search, RESULT_OK);
}

/* ------------------------------------------------------------------ the stock of a page */

static struct span id_of(const struct search *search, struct span text)
{
	struct item item;

	(void)!item_view(&item, text);
	return product_view_id(&item, search->repo->db.partition_key);
}

/* The ids of those that have something; returns how many. */
static size_t find_available(const struct search *search, struct span ids[static KEYS_MAX])
{
	struct json_walk walk;
	struct item item;
	size_t count = 0;

	json_walk_init(&walk, search->call.items);
	while (count < KEYS_MAX && item_view_next(&walk, &item)) {
		int64_t available;

		if (item_i64(&item, "available", &available) && available > 0)
			ids[count++] = product_view_id(&item, search->repo->db.partition_key);
	}
	return count;
}

static bool is_among(struct span id, const struct span *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_same(id, ids[i]))
			return true;
	}
	return false;
}

/* Adds what can be bought to what was found. False when out of memory. */
static bool take_available(struct search *search)
{
	struct span ids[KEYS_MAX];
	size_t count = find_available(search, ids);

	for (size_t i = 0; i < search->page.count && search->count <= search->query.limit; i++) {
		struct span entry = search->page.entries[i];
		struct span id = id_of(search, entry);
		const char *text;

		if (!id.data || !is_among(id, ids, count))
			continue;
		text = arena_copy(search->await->arena, entry.data, entry.len);
		if (!text)
			return false;
		search->entries[search->count++] = (struct span){text, entry.len};
	}
	return true;
}

/* ------------------------------------------------------------------ rounds */

static void start_round(struct search *search);

/* Another round costs as much as the one before, or more. */
static bool has_read_enough(const struct search *search)
{
	uint64_t now = search->await->usage.read_millis;
	uint64_t then = now + (now - search->consumed_before_round);

	return then - search->consumed > (uint64_t)PRODUCT_LIST_READ_UNITS * 1000;
}

/* Where much is sold out, more is looked at in each round. */
static void go_on(struct search *search)
{
	struct product_list_query *asked = &search->asked;
	const char *next = search->page.next;

	asked->cursor = arena_copy(search->await->arena, next, strlen(next));
	asked->limit = 2 * asked->limit < LIST_PAGE_MAX ? 2 * asked->limit : LIST_PAGE_MAX;
	if (!asked->cursor)
		finish(search, RESULT_NO_MEMORY);
	else if (has_read_enough(search))
		finish_page(search, asked->cursor);
	else
		start_round(search);
}

/* The page has been looked at. */
static void turn_page(struct search *search)
{
	if (search->count > search->query.limit || !search->page.next)
		finish_page(search, NULL);
	else
		go_on(search);
}

static void on_stock(struct dynamodb_call *call)
{
	struct search *search = call->context;

	if (call->result != RESULT_OK)
		finish(search, call->result);
	else if (!take_available(search))
		finish(search, RESULT_NO_MEMORY);
	else
		turn_page(search);
}

static void start_stock(struct search *search)
{
	char pk[KEYS_MAX][PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[KEYS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < search->page.count; i++) {
		struct span id = id_of(search, search->page.entries[i]);

		if (!id.data)
			continue;
		snprintf(pk[count], sizeof(pk[count]), "P#%.*s", (int)id.len, id.data);
		keys[count] = (struct dynamodb_key){pk[count], "STOCK"};
		count++;
	}
	search->call = (struct dynamodb_call){
		.await = search->await,
		.done = on_stock,
		.context = search,
	};
	dynamodb_batch_get(&search->repo->db, &search->call, keys, count, false);
}

static void on_page(struct await *await)
{
	struct search *search = await->context;
	struct usage *usage = &search->await->usage;

	usage->read_millis += await->usage.read_millis;
	usage->calls += await->usage.calls;
	if (await->result != RESULT_OK)
		finish(search, await->result);
	else if (search->page.count == 0)
		turn_page(search);
	else
		start_stock(search);
}

static void start_round(struct search *search)
{
	dynamodb_call_clear(&search->call);
	arena_reset(&search->arena);
	search->consumed_before_round = search->await->usage.read_millis;
	search->round = (struct await){
		.arena = &search->arena,
		.deadline_us = search->await->deadline_us,
		.trace_id = search->await->trace_id,
		.resume = on_page,
		.context = search,
	};
	product_list_find(search->repo, &search->asked, &search->page, &search->round);
}

void product_in_stock_find(struct repo *repo, const struct product_list_query *query,
			   struct list_page *out, struct await *await)
{
	struct search *search = await_begin(await, sizeof(*search));

	assert(query->is_in_stock && query->limit >= 1 && query->limit <= LIST_PAGE_MAX);
	if (!search)
		return;
	search->repo = repo;
	search->query = *query;
	search->asked = *query;
	if (search->asked.limit < LIST_PAGE_MAX)
		search->asked.limit++; /* to know whether there is a next page */
	search->out = out;
	search->await = await;
	search->consumed = await->usage.read_millis;
	start_round(search);
}
