#include "repo/product_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_view.h"

enum {
	VALUES_SIZE = 64,
	KEY_MAX = 64 * 1024, /* LastEvaluatedKey */
	FIRST_PAGE = 10,
};

struct page {
	struct repo *repo;
	struct product_export *export;
	struct buf *out;
	uint64_t *lines;
	struct await *await;
	uint64_t limit; /* of the query under way */
	size_t count;
	struct found {
		char id[ID_SIZE];
		struct span product; /* as text, absent when it is gone */
		struct span stock;
	} found[PRODUCT_EXPORT_PAGE];
	struct buf last_key; /* where the page behind begins; empty: in the next part */
	struct dynamodb_call query;
	struct dynamodb_call get;
};

static void start_query(struct page *page);

void product_export_clear(struct product_export *export)
{
	buf_clear(&export->last_key);
}

static void finish(struct page *page, enum result result)
{
	struct await *await = page->await;

	dynamodb_call_clear(&page->query);
	dynamodb_call_clear(&page->get);
	buf_clear(&page->last_key);
	await_finish(await, result);
}

/* ------------------------------------------------------------------ onwards */

/* The page is done: the next begins behind it. */
static void advance(struct page *page)
{
	struct product_export *export = page->export;

	if (page->last_key.len > 0) {
		buf_move(&export->last_key, &page->last_key);
		return;
	}
	buf_clear(&export->last_key);
	export->shard++;
	export->is_over = export->shard >= page->repo->write_shards;
}

/* So many that they make about as much text as they should, if they are like those before. */
static void choose_next(struct page *page, size_t bytes, size_t count)
{
	uint64_t next = PRODUCT_EXPORT_TARGET * (uint64_t)count / (bytes + 1);

	if (next < 1)
		next = 1;
	page->export->page = next < PRODUCT_EXPORT_PAGE ? next : PRODUCT_EXPORT_PAGE;
}

static void go_on(struct page *page)
{
	advance(page);
	dynamodb_call_clear(&page->query);
	dynamodb_call_clear(&page->get);
	if (page->export->is_over)
		finish(page, RESULT_OK);
	else
		start_query(page);
}

/* ------------------------------------------------------------------ what they are */

static struct found *find(struct page *page, struct span id)
{
	for (size_t i = 0; i < page->count && id.data; i++)
		if (span_equals(id, page->found[i].id))
			return &page->found[i];
	return NULL;
}

static void sort_items(struct page *page)
{
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, page->get.items);
	while (json_walk_next(&walk)) {
		struct found *found;
		struct span sk;

		if (!item_view(&item, walk.value))
			continue;
		found = find(page, product_view_id(&item, page->repo->db.partition_key));
		sk = item_raw_string(&item, "sk");
		if (found && span_equals(sk, "#"))
			found->product = walk.value;
		else if (found && span_equals(sk, "STOCK"))
			found->stock = walk.value;
	}
}

/* How many there were. */
static size_t write_lines(struct page *page)
{
	struct stored_product product;
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++) {
		const struct found *found = &page->found[i];

		if (!found->product.data || !item_view(&product.product, found->product))
			continue;
		product.stock.count = 0;
		if (found->stock.data)
			(void)!item_view(&product.stock, found->stock);
		memcpy(product.id, found->id, ID_SIZE);
		product_view_write_line(&product, page->out);
		buf_add_char(page->out, '\n');
		count++;
	}
	return count;
}

static void take_items(struct page *page)
{
	size_t before = page->out->len;
	size_t count;

	sort_items(page);
	count = write_lines(page);
	if (!buf_ok(page->out)) {
		finish(page, RESULT_NO_MEMORY);
		return;
	}
	if (count == 0) {
		go_on(page);
		return;
	}
	choose_next(page, page->out->len - before, count);
	*page->lines += count;
	advance(page);
	finish(page, RESULT_OK);
}

static void on_items(struct dynamodb_call *call)
{
	struct page *page = call->context;
	bool is_too_much = call->result == RESULT_GARBLED || call->result == RESULT_NO_MEMORY;

	if (call->result == RESULT_OK) {
		take_items(page);
	} else if (is_too_much && page->limit > 1) {
		/* Large ones, all at once: the same again with fewer. */
		page->export->page = page->limit / 4 > 0 ? page->limit / 4 : 1;
		dynamodb_call_clear(&page->query);
		dynamodb_call_clear(&page->get);
		start_query(page);
	} else {
		finish(page, call->result);
	}
}

static void start_get(struct page *page)
{
	char pk[PRODUCT_EXPORT_PAGE][PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[2 * PRODUCT_EXPORT_PAGE];

	for (size_t i = 0; i < page->count; i++) {
		product_item_key("P#", page->found[i].id, pk[i]);
		keys[2 * i] = (struct dynamodb_key){pk[i], "#"};
		keys[2 * i + 1] = (struct dynamodb_key){pk[i], "STOCK"};
	}
	page->get = (struct dynamodb_call){
		.await = page->await,
		.done = on_items,
		.context = page,
	};
	dynamodb_batch_get(&page->repo->db, &page->get, keys, 2 * page->count, true);
}

/* ------------------------------------------------------------------ which there are */

static bool take_ids(struct page *page)
{
	struct span last_key = page->query.last_key;
	struct json_walk walk;
	struct item item;

	page->count = 0;
	json_walk_init(&walk, page->query.items);
	while (item_view_next(&walk, &item) && page->count < PRODUCT_EXPORT_PAGE) {
		struct span id = product_view_id(&item, page->repo->db.partition_key);

		if (!id.data || find(page, id))
			continue;
		page->found[page->count] = (struct found){0};
		memcpy(page->found[page->count++].id, id.data, ID_LEN);
	}
	buf_reset(&page->last_key);
	buf_add(&page->last_key, last_key.data, last_key.len);
	return buf_ok(&page->last_key);
}

static void on_ids(struct dynamodb_call *call)
{
	struct page *page = call->context;

	if (call->result != RESULT_OK)
		finish(page, call->result);
	else if (!take_ids(page))
		finish(page, RESULT_NO_MEMORY);
	else if (page->count == 0)
		go_on(page);
	else
		start_get(page);
}

static void start_query(struct page *page)
{
	const struct product_export *export = page->export;
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	repo_key_names(page->repo, names);
	snprintf(values, sizeof(values), "{\":p\":{\"S\":\"PROD#%" PRIu32 "\"}}", export->shard);
	page->limit = export->page > 0 ? export->page : FIRST_PAGE;
	page->query = (struct dynamodb_call){
		.await = page->await,
		.done = on_ids,
		.context = page,
	};
	dynamodb_query(&page->repo->db, &page->query,
		       &(struct dynamodb_query){
			       .index = "gsi2",
			       .condition = "g2p = :p",
			       .projection = "#p",
			       .names = names,
			       .values = values,
			       .start_key = {export->last_key.data, export->last_key.len},
			       .limit = page->limit,
		       });
}

void product_export_next(struct repo *repo, struct product_export *export, struct buf *out,
			 uint64_t *lines, struct await *await)
{
	struct page *page = await_begin(await, sizeof(*page));

	if (!page)
		return;
	page->repo = repo;
	page->export = export;
	page->out = out;
	page->lines = lines;
	page->await = await;
	buf_init(&page->last_key, KEY_MAX);
	start_query(page);
}
