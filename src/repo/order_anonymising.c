/*
 * Between the end of one and the beginning of the next there is always an answer of DynamoDB to be
 * waited for: so the arena is never emptied from within a call that is still using it.
 */
#include "repo/order_anonymising.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/repo_write.h"

enum { VALUES_SIZE = 128, ADDRESS_SIZE = 128 };

static void end(struct order_anonymising *one, enum result result)
{
	await_account(one->await, &one->own);
	dynamodb_call_clear(&one->call);
	one->done(one, result);
}

static void begin_call(struct order_anonymising *one, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&one->call);
	one->call = (struct dynamodb_call){.await = &one->own, .done = done, .context = one};
}

/* ------------------------------------------------------------------ writing */

struct writes {
	struct order_anonymising *one;
	struct dynamodb_write all[REPO_USER_WRITES_MAX];
	size_t count;
	bool has_failed;
	char order[ORDER_KEY_SIZE];
	char checkout[CHECKOUT_KEY_SIZE];
	char values[VALUES_SIZE];
	char address[ADDRESS_SIZE];
};

static void start_read(struct order_anonymising *one);

static void on_written(struct dynamodb_call *call)
{
	struct order_anonymising *one = call->context;

	if (call->result != RESULT_CONFLICT)
		end(one, call->result);
	else if (one->tries == ORDER_ANONYMISING_TRIES)
		end(one, RESULT_THROTTLED);
	else
		start_read(one);
}

static void add(struct writes *writes, struct dynamodb_write write)
{
	if (writes->count == REPO_USER_WRITES_MAX)
		writes->has_failed = true;
	else
		writes->all[writes->count++] = write;
}

static void start_write(struct writes *writes)
{
	struct order_anonymising *one = writes->one;
	enum result result = RESULT_GARBLED; /* more than an order can have */

	checkout_item_key(one->id, writes->checkout);
	add(writes, (struct dynamodb_write){
			    .action = DYNAMODB_DELETE,
			    .key = {writes->checkout, "#"},
		    });
	add(writes, (struct dynamodb_write){
			    .action = DYNAMODB_DELETE,
			    .key = {one->user_pk, writes->checkout},
		    });
	begin_call(one, on_written);
	if (!writes->has_failed)
		result = repo_write(one->repo, &one->call, writes->all, writes->count);
	if (result != RESULT_OK)
		end(one, result);
}

/* Without its owner it would be a guest's, whose id is all that it takes; so it has a mark. */
static void add_head(struct writes *writes, const struct order *head)
{
	snprintf(writes->values, sizeof(writes->values),
		 "{\":v\":{\"N\":\"%" PRIu64 "\"},\":one\":{\"N\":\"1\"},\":yes\":{\"BOOL\":true}}",
		 head->version);
	add(writes, (struct dynamodb_write){
			    .action = DYNAMODB_UPDATE,
			    .key = {writes->order, "#"},
			    .update = "REMOVE email, note, user_id, g1p, g1s "
				      "SET is_anonymised = :yes ADD version :one",
			    .condition = "version = :v",
			    .values = writes->values,
		    });
}

/* The country is what taxes depend on. */
static void add_snapshot(struct writes *writes, const struct item *item)
{
	struct span members = json_scan_member(item_get(item, "address"), "M");
	struct span country = json_scan_member(members, "country");
	int len = snprintf(writes->address, sizeof(writes->address), "{\":a\":{\"M\":{%s%.*s}}}",
			   country.len > 0 ? "\"country\":" : "", (int)country.len,
			   country.len > 0 ? country.data : "");

	if (len < 0 || (size_t)len >= sizeof(writes->address))
		writes->has_failed = true;
	add(writes, (struct dynamodb_write){
			    .action = DYNAMODB_UPDATE,
			    .key = {writes->order, "SNAP"},
			    .update = "SET address = :a",
			    .values = writes->address,
		    });
}

static void add_part(struct writes *writes, struct span sk)
{
	const char *kept = arena_copy(&writes->one->arena, sk.data, sk.len);

	if (!kept)
		writes->has_failed = true;
	add(writes, (struct dynamodb_write){
			    .action = DYNAMODB_UPDATE,
			    .key = {writes->order, kept},
			    .update = "REMOVE reason",
		    });
}

/* The head's version is the condition for all of them. */
static void add_item(struct writes *writes, const struct item *item)
{
	struct span sk = item_raw_string(item, "sk");

	if (span_equals(sk, "SNAP"))
		add_snapshot(writes, item);
	else if (sk.len > 0 && item_get(item, "reason").data)
		add_part(writes, sk);
}

/* ------------------------------------------------------------------ reading */

static bool is_under_way(const struct order *head)
{
	return head->status == ORDER_PLACED || head->status == ORDER_CONFIRMED;
}

static void take_order(struct order_anonymising *one, struct span items)
{
	struct writes *writes = arena_alloc(&one->arena, sizeof(*writes));
	struct order head;
	struct json_walk walk;
	struct item item;

	if (!writes) {
		end(one, RESULT_NO_MEMORY);
		return;
	}
	writes->one = one;
	order_item_key(one->id, writes->order);
	json_walk_init(&walk, items);
	if (item_view_next(&walk, &item)) {
		if (!order_item_read_head(&item, &head)) {
			end(one, RESULT_GARBLED);
			return;
		}
		one->is_open = is_under_way(&head);
		add_head(writes, &head);
		while (item_view_next(&walk, &item))
			add_item(writes, &item);
	}
	if (one->is_open)
		end(one, RESULT_OK);
	else
		start_write(writes);
}

static void on_read(struct dynamodb_call *call)
{
	struct order_anonymising *one = call->context;
	struct span items = call->items;

	if (call->result != RESULT_OK)
		end(one, call->result);
	else if (call->last_key.data)
		end(one, RESULT_GARBLED); /* an order is one page (order.h) */
	else
		take_order(one, (struct span){arena_copy(&one->arena, items.data, items.len),
					      items.len});
}

static void start_read(struct order_anonymising *one)
{
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	one->tries++;
	repo_key_names(one->repo, names);
	snprintf(values, sizeof(values), "{\":p\":{\"S\":\"O#%s\"}}", one->id);
	begin_call(one, on_read);
	dynamodb_query(&one->repo->db, &one->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p",
			       .names = names,
			       .values = values,
			       .is_consistent = true,
		       });
}

/* ------------------------------------------------------------------ the checkout */

static void on_ended(struct await *await)
{
	struct order_anonymising *one = await->context;
	enum result result = await->result;

	if (result == RESULT_OK || result == RESULT_INVALID)
		start_read(one);
	else
		end(one, result);
}

void order_anonymising_run(struct order_anonymising *one)
{
	arena_reset(&one->arena);
	one->tries = 0;
	one->is_open = false;
	await_part(one->await, &one->own, on_ended, one);
	one->own.arena = &one->arena;
	one->answer = arena_alloc(&one->arena, sizeof(*one->answer));
	if (one->answer)
		checkout_repo_release(one->repo, one->id, 0, one->answer, &one->own);
	else
		end(one, RESULT_NO_MEMORY);
}

void order_anonymising_clear(struct order_anonymising *one)
{
	arena_clear(&one->arena);
}
