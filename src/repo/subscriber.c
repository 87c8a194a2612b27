#include "repo/subscriber.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_item.h"
#include "repo/repo_write.h"

enum {
	VALUES_SIZE = 192,
	KEYS_MAX = 2 * SUBSCRIBER_PAGE_MAX + 1, /* user, preferences; the stock */
};

struct run {
	struct repo *repo;
	struct await *await;
	const struct subscriber_query *query;
	struct subscriber_page *out;
	char names[REPO_NAMES_SIZE];
	struct dynamodb_call call;
};

static struct run *begin(struct repo *repo, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return NULL;
	run->repo = repo;
	run->await = await;
	repo_key_names(repo, run->names);
	return run;
}

static void finish(struct run *run, enum result result)
{
	dynamodb_call_clear(&run->call);
	await_finish(run->await, result);
}

static struct dynamodb_call *begin_call(struct run *run, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&run->call);
	run->call = (struct dynamodb_call){.await = run->await, .done = done, .context = run};
	return &run->call;
}

/* ------------------------------------------------------------------ who is there */

/* The subscriber whose partition an item is in; NULL when it is nobody's. */
static struct subscriber *owner_of(struct subscriber_page *page, struct span pk)
{
	for (size_t i = 0; i < page->count; i++) {
		struct subscriber *entry = &page->entries[i];

		if (pk.len == 2 + ID_LEN && memcmp(pk.data, "U#", 2) == 0 &&
		    memcmp(pk.data + 2, entry->subscription.user_id, ID_LEN) == 0)
			return entry;
	}
	return NULL;
}

static void take_item(const struct run *run, const struct item *item)
{
	struct span sk = item_raw_string(item, "sk");
	struct subscriber *owner;
	int64_t available = 0;

	if (span_equals(sk, "STOCK")) {
		run->out->is_available = item_i64(item, "available", &available) && available > 0;
		return;
	}
	owner = owner_of(run->out, item_raw_string(item, run->repo->db.partition_key));
	if (owner && span_equals(sk, "#"))
		owner->is_there = true;
	else if (owner)
		owner->has_preferences = true;
}

static void on_looked(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct json_walk walk;
	struct item item;

	if (call->result == RESULT_OK) {
		json_walk_init(&walk, call->items);
		while (item_view_next(&walk, &item))
			take_item(run, &item);
	}
	finish(run, call->result);
}

static void look(struct run *run)
{
	char users[SUBSCRIBER_PAGE_MAX][SUBSCRIPTION_SORT_SIZE];
	char product[PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[KEYS_MAX];
	struct dynamodb_call *call = begin_call(run, on_looked);
	size_t count = 0;

	product_item_key("P#", run->query->product_id, product);
	keys[count++] = (struct dynamodb_key){product, "STOCK"};
	for (size_t i = 0; i < run->out->count; i++) {
		/* Where a user is, is what their subscription is sorted by. */
		subscription_item_sort(run->out->entries[i].subscription.user_id, users[i]);
		keys[count++] = (struct dynamodb_key){users[i], "#"};
		keys[count++] = (struct dynamodb_key){users[i], "NOTIFY"};
	}
	call->projection = "#p, sk, available";
	call->names = run->names;
	dynamodb_batch_get(&run->repo->db, call, keys, count, true);
}

/* ------------------------------------------------------------------ who waits */

static void take_subscription(const struct run *run, const struct item *item)
{
	struct subscriber_page *out = run->out;
	struct span sk = item_raw_string(item, "sk");
	struct subscriber *entry = &out->entries[out->count];

	if (sk.len > 0 && sk.len < sizeof(out->last)) {
		memcpy(out->last, sk.data, sk.len);
		out->last[sk.len] = '\0';
	}
	if (out->count == SUBSCRIBER_PAGE_MAX)
		return;
	*entry = (struct subscriber){0};
	if (subscription_item_read(item, &entry->subscription) &&
	    entry->subscription.expires_ms > clock_wall_ms(run->repo->clock))
		out->count++;
}

static void on_page(struct dynamodb_call *call)
{
	struct run *run = call->context;
	struct subscriber_page *out = run->out;
	struct json_walk walk;
	struct item item;

	if (call->result != RESULT_OK) {
		finish(run, call->result);
		return;
	}
	out->is_available = false;
	out->count = 0;
	out->last[0] = '\0';
	json_walk_init(&walk, call->items);
	while (item_view_next(&walk, &item))
		take_subscription(run, &item);
	out->has_more = call->last_key.data && out->last[0];
	look(run);
}

void subscriber_page_read(struct repo *repo, const struct subscriber_query *query,
			  struct subscriber_page *out, struct await *await)
{
	struct run *run = begin(repo, await);
	char pk[SUBSCRIPTION_KEY_SIZE];
	char values[VALUES_SIZE];

	if (!run)
		return;
	run->query = query;
	run->out = out;
	subscription_item_shard(query->product_id, query->shard, pk);
	/* A space sorts before everything that a key begins with. */
	snprintf(values, sizeof(values), "{\":p\":{\"S\":\"%s\"},\":after\":{\"S\":\"%s\"}}", pk,
		 query->after[0] ? query->after : " ");
	dynamodb_query(&repo->db, begin_call(run, on_page),
		       &(struct dynamodb_query){
			       .condition = "#p = :p AND sk > :after",
			       .names = run->names,
			       .values = values,
			       .limit = SUBSCRIBER_PAGE_MAX,
			       .is_consistent = true,
		       });
}

/* ------------------------------------------------------------------ who was told */

static void on_forgotten(struct dynamodb_call *call)
{
	finish(call->context, call->result == RESULT_CONFLICT ? RESULT_OK : call->result);
}

void subscriber_forget(struct repo *repo, const struct subscription *subscription,
		       struct await *await)
{
	struct run *run = begin(repo, await);
	char partition[SUBSCRIPTION_KEY_SIZE];
	char sort[SUBSCRIPTION_SORT_SIZE];
	char values[VALUES_SIZE];
	enum result result;

	if (!run)
		return;
	subscription_item_key(subscription->product_id, subscription->user_id, repo->write_shards,
			      partition);
	subscription_item_sort(subscription->user_id, sort);
	snprintf(values, sizeof(values), "{\":mark\":{\"S\":\"%s\"}}", subscription->mark);
	result = repo_write(repo, begin_call(run, on_forgotten),
			    &(struct dynamodb_write){
				    .action = DYNAMODB_DELETE,
				    .key = {partition, sort},
				    .condition = "mark = :mark",
				    .values = values,
			    },
			    1);
	if (result != RESULT_OK)
		finish(run, result);
}
