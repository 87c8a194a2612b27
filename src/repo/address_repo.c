#include "repo/address_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/record_update.h"
#include "repo/repo_write.h"
#include "repo/user_item.h"
#include "repo/user_owner.h"

enum { VALUES_SIZE = 160, SK_LEN = 2 + ID_LEN };

/* "A#id" */
static void make_sk(const char *id, char sk[static RECORD_KEY_SIZE])
{
	snprintf(sk, RECORD_KEY_SIZE, "A#%s", id);
}

/* ------------------------------------------------------------------ listing */

struct list {
	struct await *await;
	struct address_list *out;
	struct dynamodb_call call;
};

/* Views the item as an address. False when it is none. */
static bool take_address(struct span text, struct record *address)
{
	struct span sk;

	if (!record_view(text, address))
		return false;
	sk = item_raw_string(&address->item, "sk");
	if (sk.len != SK_LEN || memcmp(sk.data, "A#", 2) != 0)
		return false;
	memcpy(address->id, sk.data + 2, ID_LEN);
	address->id[ID_LEN] = '\0';
	return true;
}

static size_t count_items(struct span items)
{
	struct json_walk walk;
	size_t count = 0;

	json_walk_init(&walk, items);
	while (json_walk_next(&walk))
		count++;
	return count;
}

static bool is_user(struct span text)
{
	struct item item;

	return item_view(&item, text) && span_equals(item_raw_string(&item, "sk"), "#");
}

/* The first item is the user's own, unless there is no user. */
static enum result take_list(const struct list *list)
{
	struct arena *arena = list->await->arena;
	struct span items = list->call.items;
	struct address_list found = {0};
	struct json_walk walk;

	if (list->call.result != RESULT_OK)
		return list->call.result;
	items.data = arena_copy(arena, items.data, items.len);
	if (!items.data)
		return RESULT_NO_MEMORY;
	found.addresses = arena_alloc(arena, (count_items(items) + 1) * sizeof(*found.addresses));
	if (!found.addresses)
		return RESULT_NO_MEMORY;
	json_walk_init(&walk, items);
	if (!json_walk_next(&walk) || !is_user(walk.value))
		return RESULT_NO_OWNER;
	while (json_walk_next(&walk))
		found.count += take_address(walk.value, &found.addresses[found.count]);
	*list->out = found;
	return RESULT_OK;
}

static void on_listed(struct dynamodb_call *call)
{
	struct list *list = call->context;
	enum result result = take_list(list);

	dynamodb_call_clear(call);
	await_finish(list->await, result);
}

/*
 * "#", the user itself, sorts before "A#…", and nothing stands between them. So one query tells
 * both. All of it is far less than DynamoDB's page of 1 MB.
 */
static void start_list(const struct repo *repo, const char *user_id, struct list *list)
{
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	repo_key_names(repo, names);
	snprintf(values, sizeof(values),
		 "{\":p\":{\"S\":\"U#%s\"},\":low\":{\"S\":\"#\"},\":high\":{\"S\":\"A$\"}}",
		 user_id);
	dynamodb_query(&repo->db, &list->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p AND sk BETWEEN :low AND :high",
			       .names = names,
			       .values = values,
			       .is_consistent = true,
		       });
}

void address_repo_list(struct repo *repo, const char *user_id, struct address_list *out,
		       struct await *await)
{
	struct list *list = repo_begin(await, sizeof(*list), user_id, RESULT_NO_OWNER);

	if (!list)
		return;
	list->await = await;
	list->out = out;
	list->call = (struct dynamodb_call){.await = await, .done = on_listed, .context = list};
	start_list(repo, user_id, list);
}

/* ------------------------------------------------------------------ reading and changing one */

/* What is no address's id is looked for no further than to tell whether there is the user. */
static bool can_be(struct repo *repo, const struct address_key *key, struct await *await)
{
	if (id_is_valid(key->user_id) && id_is_valid(key->id))
		return true;
	await_start(await);
	user_owner_look(repo, key->user_id, await);
	return false;
}

void address_repo_find(struct repo *repo, const struct address_key *key, struct record *out,
		       struct await *await)
{
	char sk[RECORD_KEY_SIZE];

	if (!can_be(repo, key, await))
		return;
	make_sk(key->id, sk);
	user_owner_find(repo, &(struct user_owned){key->user_id, sk, key->id}, out, await);
}

struct change {
	struct record_update record;
	struct address_key key;
};

static void finish_change(struct record_update *record, enum result result)
{
	const struct change *change = record->of;

	if (result == RESULT_NOT_FOUND)
		user_owner_look(record->item.repo, change->key.user_id, record->item.await);
	else
		await_finish(record->item.await, result);
}

void address_repo_update(struct repo *repo, const struct address_update *update, struct record *out,
			 struct await *await)
{
	struct change *change;

	if (!can_be(repo, &update->key, await))
		return;
	change = await_begin(await, sizeof(*change));
	if (!change)
		return;
	change->record.item = (struct item_update){
		.repo = repo,
		.await = await,
		.expected_version = update->expected_version,
		.change = update->change,
		.context = update->context,
	};
	change->key = update->key;
	change->record.fields = address_fields;
	change->record.out = out;
	change->record.done = finish_change;
	change->record.of = change;
	memcpy(change->record.id, update->key.id, ID_SIZE);
	user_item_key(update->key.user_id, change->record.pk);
	make_sk(update->key.id, change->record.sk);
	record_update_run(&change->record);
}

/* ------------------------------------------------------------------ creating */

struct create {
	struct repo *repo;
	struct await *await;
	struct record *out;
	const char *user_id;
	char id[ID_SIZE];
	struct dynamodb_call call;
};

/* Reasons come in the order of the writes: the user's count first, then the address. */
static enum result take_created(const struct dynamodb_call *call)
{
	if (call->result != RESULT_CONFLICT)
		return call->result;
	/* Of 74 random bits the same came twice: more likely our own write, of unknown fate. */
	if (!call->reasons[0].is_condition)
		return RESULT_UNKNOWN;
	return call->reasons[0].item.data ? RESULT_IN_USE : RESULT_NO_OWNER;
}

static void on_created(struct dynamodb_call *call)
{
	struct create *create = call->context;
	enum result result = take_created(call);

	dynamodb_call_clear(call);
	await_finish(create->await, result);
}

static enum result write_new(struct create *create, const char *members)
{
	char pk[RECORD_KEY_SIZE];
	char sk[RECORD_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_UPDATE,
		 .key = {pk, "#"},
		 .update = "ADD address_count :one",
		 .condition = "attribute_exists(#p) AND (attribute_not_exists(address_count) "
			      "OR address_count < :max)",
		 .names = names,
		 .values = values},
		{.action = DYNAMODB_PUT,
		 .key = {pk, sk},
		 .item = members,
		 .condition = "attribute_not_exists(#p)",
		 .names = names},
	};

	user_item_key(create->user_id, pk);
	make_sk(create->id, sk);
	repo_key_names(create->repo, names);
	snprintf(values, sizeof(values), "{\":one\":{\"N\":\"1\"},\":max\":{\"N\":\"%d\"}}",
		 ADDRESS_COUNT_MAX);
	create->call.await = create->await;
	create->call.done = on_created;
	create->call.context = create;
	return repo_write(create->repo, &create->call, writes, 2);
}

static enum result create_address(struct create *create, const json_t *address)
{
	struct buf members = {0};
	int64_t now_ms = clock_wall_ms(create->repo->clock);
	char now[CLOCK_RFC3339_SIZE];
	enum result result = RESULT_NO_MEMORY;

	id_make_ordered(now_ms, create->id);
	clock_format_rfc3339(now_ms, now);
	buf_init(&members, RECORD_ITEM_MAX);
	record_write(address_fields, address, &(struct record_stamp){1, now, now}, &members);
	if (record_keep_new(create->id, &members, create->await->arena, create->out))
		result = write_new(create, buf_text(&members));
	buf_clear(&members);
	return result;
}

void address_repo_create(struct repo *repo, const char *user_id, const json_t *address,
			 struct record *out, struct await *await)
{
	struct create *create = repo_begin(await, sizeof(*create), user_id, RESULT_NO_OWNER);
	enum result result;

	if (!create)
		return;
	create->repo = repo;
	create->await = await;
	create->out = out;
	create->user_id = user_id;
	result = create_address(create, address);
	if (result != RESULT_OK)
		await_finish(await, result);
}

/* ------------------------------------------------------------------ removing */

struct removal {
	struct await *await;
	struct dynamodb_call call;
};

/* Reasons come in the order of the writes: the address first, then the user's count. */
static enum result take_removed(const struct dynamodb_call *call)
{
	if (call->result != RESULT_CONFLICT)
		return call->result;
	if (call->reasons[1].is_condition)
		return RESULT_NO_OWNER;
	return call->reasons[0].item.data ? RESULT_CONFLICT : RESULT_NOT_FOUND;
}

static void on_removed(struct dynamodb_call *call)
{
	struct removal *removal = call->context;
	enum result result = take_removed(call);

	dynamodb_call_clear(call);
	await_finish(removal->await, result);
}

static enum result write_removal(struct repo *repo, const struct address_key *key,
				 uint64_t expected_version, struct dynamodb_call *call)
{
	char pk[RECORD_KEY_SIZE];
	char sk[RECORD_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
	bool is_any = expected_version == 0;
	const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_DELETE,
		 .key = {pk, sk},
		 .condition =
			 is_any ? "attribute_exists(#p)" : "attribute_exists(#p) AND version = :v",
		 .names = names,
		 .values = is_any ? NULL : values},
		{.action = DYNAMODB_UPDATE,
		 .key = {pk, "#"},
		 .update = "ADD address_count :less",
		 .condition = "attribute_exists(#p)",
		 .names = names,
		 .values = "{\":less\":{\"N\":\"-1\"}}"},
	};

	user_item_key(key->user_id, pk);
	make_sk(key->id, sk);
	repo_key_names(repo, names);
	snprintf(values, sizeof(values), "{\":v\":{\"N\":\"%" PRIu64 "\"}}", expected_version);
	return repo_write(repo, call, writes, 2);
}

void address_repo_remove(struct repo *repo, const struct address_key *key,
			 uint64_t expected_version, struct await *await)
{
	struct removal *removal;
	enum result result;

	if (!can_be(repo, key, await))
		return;
	removal = await_begin(await, sizeof(*removal));
	if (!removal)
		return;
	removal->await = await;
	removal->call.await = await;
	removal->call.done = on_removed;
	removal->call.context = removal;
	result = write_removal(repo, key, expected_version, &removal->call);
	if (result != RESULT_OK)
		await_finish(await, result);
}
