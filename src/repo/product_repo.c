#include "repo/product_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/repo_write.h"

enum { VALUES_SIZE = 96 };

/* ------------------------------------------------------------------ reading */

struct find {
	struct await *await;
	struct stored_product *out;
	const char *id;
	struct dynamodb_call call;
};

static void write_key(const char *id, char values[static VALUES_SIZE])
{
	struct buf out;

	buf_init_over(&out, values, VALUES_SIZE);
	buf_add_str(&out, "{\":p\":{\"S\":\"P#");
	buf_add_str(&out, id);
	buf_add_str(&out, "\"}}");
}

void product_repo_query(const struct repo *repo, const char *id, bool is_consistent,
			struct dynamodb_call *call)
{
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	repo_key_names(repo, names);
	write_key(id, values);
	dynamodb_query(&repo->db, call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p",
			       .names = names,
			       .values = values,
			       .is_consistent = is_consistent,
		       });
}

/* The answer goes with the call, so the items' text is copied to where the caller may keep it. */
static enum result take_found(const struct find *find)
{
	struct span items = find->call.items;
	char *text;

	if (find->call.result != RESULT_OK)
		return find->call.result;
	if (!product_item_find(items, find->call.call.index, find->out))
		return RESULT_NOT_FOUND;
	text = arena_copy(find->await->arena, items.data, items.len);
	if (!text)
		return RESULT_NO_MEMORY;
	item_rebase(&find->out->product, items.data, text);
	item_rebase(&find->out->stock, items.data, text);
	memcpy(find->out->id, find->id, ID_SIZE);
	return RESULT_OK;
}

static void on_found(struct dynamodb_call *call)
{
	struct find *find = call->context;
	struct await *await = find->await;
	enum result result = take_found(find);

	dynamodb_call_clear(call);
	await_finish(await, result);
}

void product_repo_find(struct repo *repo, const char *id, bool is_consistent,
		       struct stored_product *out, struct await *await)
{
	struct find *find = repo_begin(await, sizeof(*find), id, RESULT_NOT_FOUND);

	if (!find)
		return;
	*find = (struct find){.await = await, .out = out, .id = id};
	find->call.await = await;
	find->call.done = on_found;
	find->call.context = find;
	product_repo_query(repo, id, is_consistent, &find->call);
}

/* ------------------------------------------------------------------ creating */

struct create {
	struct await *await;
	struct stored_product *out;
	char id[ID_SIZE];
	struct dynamodb_call call;
};

/* "{members}" in the arena, or NULL. */
static const char *in_braces(struct arena *arena, const struct buf *members)
{
	char *text = buf_ok(members) ? arena_alloc(arena, members->len + 3) : NULL;

	if (text)
		snprintf(text, members->len + 3, "{%s}", buf_text(members));
	return text;
}

static enum result take_created(const struct create *create)
{
	return create->call.result == RESULT_CONFLICT ? RESULT_EXISTS : create->call.result;
}

static void on_created(struct dynamodb_call *call)
{
	struct create *create = call->context;
	struct await *await = create->await;
	enum result result = take_created(create);

	dynamodb_call_clear(call);
	await_finish(await, result);
}

/* The product as it will be; the texts are in the arena. */
static bool show_new(const struct create *create, const struct new_product_items *items)
{
	struct arena *arena = create->await->arena;
	const char *product = in_braces(arena, &items->product);
	const char *stock = in_braces(arena, &items->stock);
	struct stored_product *out = create->out;

	if (!product || !stock || !item_view(&out->product, span_of(product)) ||
	    !item_view(&out->stock, span_of(stock)))
		return false;
	memcpy(out->id, create->id, ID_SIZE);
	out->version = 1;
	out->stock_version = 1;
	return true;
}

static enum result write_new(const struct repo *repo, struct create *create,
			     const struct new_product_items *items)
{
	char names[REPO_NAMES_SIZE];
	struct dynamodb_write writes[NEW_PRODUCT_ITEMS];
	size_t count = new_product_writes(items, names, writes);

	repo_key_names(repo, names);
	create->call.await = create->await;
	create->call.done = on_created;
	create->call.context = create;
	return repo_write(repo, &create->call, writes, count);
}

void product_repo_create(struct repo *repo, const struct new_product *new,
			 struct stored_product *out, struct await *await)
{
	struct create *create = await_begin(await, sizeof(*create));
	struct new_product_items items;
	enum result result = RESULT_NO_MEMORY;
	bool is_made;

	if (!create)
		return;
	create->await = await;
	create->out = out;
	is_made = new_product_make(repo, new, &items);
	memcpy(create->id, items.id, ID_SIZE);
	if (is_made && show_new(create, &items))
		result = write_new(repo, create, &items);
	if (result != RESULT_OK)
		await_finish(await, result);
	new_product_clear(&items);
}

/* ------------------------------------------------------------------ removing */

struct removal {
	struct await *await;
	struct dynamodb_call call;
};

/* Reasons come in the order of the writes: the product first, then its stock. */
static enum result take_removed(const struct dynamodb_call *call)
{
	if (call->result != RESULT_CONFLICT)
		return call->result;
	if (call->failed_count != 2)
		return RESULT_GARBLED;
	if (!call->reasons[0].is_condition)
		return RESULT_IN_USE;
	return call->reasons[0].item.data ? RESULT_CONFLICT : RESULT_NOT_FOUND;
}

static void on_removed(struct dynamodb_call *call)
{
	struct removal *removal = call->context;
	struct await *await = removal->await;
	enum result result = take_removed(call);

	dynamodb_call_clear(call);
	await_finish(await, result);
}

static void remove_both(const struct repo *repo, const char *id, uint64_t expected_version,
			struct dynamodb_call *call)
{
	char pk[PRODUCT_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
	bool is_any = expected_version == 0;
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_DELETE,
		 .key = {pk, "#"},
		 .condition =
			 is_any ? "attribute_exists(#p)" : "attribute_exists(#p) AND version = :v",
		 .names = names,
		 .values = is_any ? NULL : values},
		{.action = DYNAMODB_DELETE,
		 .key = {pk, "STOCK"},
		 .condition = "attribute_not_exists(reserved) OR reserved = :zero",
		 .values = "{\":zero\":{\"N\":\"0\"}}"},
	};

	product_item_key("P#", id, pk);
	repo_key_names(repo, names);
	snprintf(values, sizeof(values), "{\":v\":{\"N\":\"%" PRIu64 "\"}}", expected_version);
	dynamodb_transact_write(&repo->db, call, writes, 2, NULL);
}

void product_repo_remove(struct repo *repo, const char *id, uint64_t expected_version,
			 struct await *await)
{
	struct removal *removal = repo_begin(await, sizeof(*removal), id, RESULT_NOT_FOUND);

	if (!removal)
		return;
	removal->await = await;
	removal->call.await = await;
	removal->call.done = on_removed;
	removal->call.context = removal;
	remove_both(repo, id, expected_version, &removal->call);
}
