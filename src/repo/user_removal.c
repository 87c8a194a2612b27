#include "repo/user_removal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/address.h"
#include "repo/person_removal.h"
#include "repo/repo_write.h"
#include "repo/user_item.h"

enum {
	FIXED_WRITES = 6, /* user, lock, preferences, pointer to the cart, mark, cart */
	ADDRESSES_MAX = REPO_WRITES_MAX - FIXED_WRITES,
	VALUES_SIZE = 160,
	MARK_MAX = 512,
	KEY_MAX = 8 * 1024,  /* LastEvaluatedKey */
	READS_FOR_COUNT = 3, /* until a count that does not fit is taken for somebody's mistake */
};
static_assert((int)ADDRESS_COUNT_MAX <= (int)ADDRESSES_MAX,
	      "all of a user fits into one transaction");

/* In which order things are written: reasons come in the same. */
enum { USER, LOCK, PREFERENCES, POINTER, MARK, FIRST_OTHER };

struct removal {
	struct repo *repo;
	struct await *await;
	const char *id;
	uint64_t expected_version;
	unsigned tries;

	/* what was read */
	bool has_user;
	bool has_mark; /* an earlier removal is not over */
	uint64_t version;
	bool has_count;
	uint64_t count; /* of addresses, as the user's item has it */
	char lock[RECORD_KEY_SIZE];
	char cart_id[ID_SIZE]; /* "": there is none */
	size_t address_count;
	char addresses[ADDRESSES_MAX][RECORD_KEY_SIZE];
	struct buf last_key;

	/* what is written */
	char pk[RECORD_KEY_SIZE];
	char cart_pk[RECORD_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
	char pointer_values[VALUES_SIZE];
	struct buf mark;
	struct dynamodb_write writes[FIXED_WRITES + ADDRESSES_MAX];
	struct dynamodb_call call;
	struct person_removal person; /* what comes then */
};

static void start_read(struct removal *removal);

static void finish(struct removal *removal, enum result result)
{
	dynamodb_call_clear(&removal->call);
	buf_clear(&removal->last_key);
	buf_clear(&removal->mark);
	await_finish(removal->await, result);
}

static void begin_call(struct removal *removal, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&removal->call);
	removal->call = (struct dynamodb_call){
		.await = removal->await,
		.done = done,
		.context = removal,
	};
}

/* ------------------------------------------------------------------ the person elsewhere */

/* The user is gone, by this request or an earlier one: nobody may hear that nothing has changed. */
static void on_person_removed(struct person_removal *person, enum result result)
{
	finish(person->context, result_is_failure(result) ? RESULT_UNKNOWN : result);
}

static void remove_person(struct removal *removal)
{
	removal->person = (struct person_removal){
		.repo = removal->repo,
		.await = removal->await,
		.user_id = removal->id,
		.done = on_person_removed,
		.context = removal,
	};
	person_removal_run(&removal->person);
}

/* ------------------------------------------------------------------ writing */

static void on_written(struct dynamodb_call *call)
{
	struct removal *removal = call->context;
	const struct dynamodb_reason *user = call->reasons;
	struct record now = {0};

	if (call->result == RESULT_OK) {
		remove_person(removal);
	} else if (call->result != RESULT_CONFLICT) {
		finish(removal, call->result);
	} else if (user->is_condition && !user->item.data) {
		finish(removal, RESULT_NOT_FOUND);
	} else if (removal->tries >= USER_REMOVAL_TRIES ||
		   (removal->expected_version != 0 && user->is_condition &&
		    record_view(user->item, &now) && now.version != removal->expected_version)) {
		finish(removal, RESULT_CONFLICT);
	} else {
		start_read(removal);
	}
}

static void make_texts(struct removal *removal)
{
	buf_reset(&removal->mark);
	person_removal_write_mark(removal->repo, removal->id, PERSON_PATIENCE_MS, &removal->mark);
	repo_key_names(removal->repo, removal->names);
	snprintf(removal->cart_pk, sizeof(removal->cart_pk), "C#%s", removal->cart_id);
	snprintf(removal->pointer_values, sizeof(removal->pointer_values),
		 "{\":c\":{\"S\":\"%s\"}}", removal->cart_id);
	if (removal->has_count)
		snprintf(removal->values, sizeof(removal->values),
			 "{\":v\":{\"N\":\"%" PRIu64 "\"},\":n\":{\"N\":\"%" PRIu64 "\"}}",
			 removal->version, removal->count);
	else
		snprintf(removal->values, sizeof(removal->values),
			 "{\":v\":{\"N\":\"%" PRIu64 "\"}}", removal->version);
}

static size_t make_writes(struct removal *removal)
{
	struct dynamodb_write *writes = removal->writes;
	bool has_cart = removal->cart_id[0];
	size_t count = FIRST_OTHER;

	writes[USER] = (struct dynamodb_write){
		.key = {removal->pk, "#"},
		.condition = removal->has_count
				     ? "version = :v AND address_count = :n"
				     : "version = :v AND attribute_not_exists(address_count)",
		.values = removal->values,
	};
	writes[LOCK] = (struct dynamodb_write){.key = {removal->lock, "#"}};
	/* Also when there are none: they may be set at this moment. The same holds for a cart. */
	writes[PREFERENCES] = (struct dynamodb_write){.key = {removal->pk, "NOTIFY"}};
	writes[POINTER] = (struct dynamodb_write){
		.key = {removal->pk, "CART"},
		.condition = has_cart ? "cart_id = :c" : "attribute_not_exists(#p)",
		.names = has_cart ? NULL : removal->names,
		.values = has_cart ? removal->pointer_values : NULL,
	};
	writes[MARK] = (struct dynamodb_write){
		.key = {removal->pk, "GONE"},
		.item = buf_text(&removal->mark),
	};
	if (has_cart)
		writes[count++] = (struct dynamodb_write){.key = {removal->cart_pk, "#"}};
	/* As many as the user has, and all of them still there: so there are no others. */
	for (size_t i = 0; i < removal->address_count; i++)
		writes[count++] = (struct dynamodb_write){
			.key = {removal->pk, removal->addresses[i]},
			.condition = "attribute_exists(#p)",
			.names = removal->names,
		};
	for (size_t i = 0; i < count; i++)
		writes[i].action = i == MARK ? DYNAMODB_PUT : DYNAMODB_DELETE;
	return count;
}

static void start_write(struct removal *removal)
{
	enum result result = RESULT_NO_MEMORY;

	make_texts(removal);
	begin_call(removal, on_written);
	if (buf_ok(&removal->mark))
		result = repo_write(removal->repo, &removal->call, removal->writes,
				    make_writes(removal));
	if (result != RESULT_OK)
		finish(removal, result);
}

/* ------------------------------------------------------------------ reading */

static bool take_user(struct removal *removal, const struct item *item)
{
	removal->has_user = true;
	removal->version = 0;
	(void)!item_u64(item, "version", &removal->version);
	removal->has_count = item_u64(item, "address_count", &removal->count);
	return user_item_own_email_key(removal->repo, item, removal->lock);
}

static void take_pointer(struct removal *removal, const struct item *item)
{
	struct span cart_id = item_raw_string(item, "cart_id");

	if (cart_id.len != ID_LEN)
		return;
	memcpy(removal->cart_id, cart_id.data, ID_LEN);
	removal->cart_id[ID_LEN] = '\0';
}

static bool take_address(struct removal *removal, struct span sk)
{
	char *to;

	if (removal->address_count == ADDRESSES_MAX)
		return false;
	to = removal->addresses[removal->address_count];
	memcpy(to, sk.data, sk.len);
	to[sk.len] = '\0';
	removal->address_count++;
	return true;
}

/* False when it cannot be taken: out of memory, or more than a user can have. */
static bool take_item(struct removal *removal, const struct item *item)
{
	struct span sk = item_raw_string(item, "sk");

	if (span_equals(sk, "#"))
		return take_user(removal, item);
	if (span_equals(sk, "CART"))
		take_pointer(removal, item);
	else if (span_equals(sk, "GONE"))
		removal->has_mark = person_removal_is_open(item);
	else if (sk.len == 2 + ID_LEN && memcmp(sk.data, "A#", 2) == 0)
		return take_address(removal, sk);
	return true;
}

static bool take_items(struct removal *removal, struct span items)
{
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, items);
	while (item_view_next(&walk, &item)) {
		if (!take_item(removal, &item))
			return false;
	}
	return true;
}

/* A query is not atomic: an address may have come or gone while it was under way. */
static bool is_torn(const struct removal *removal)
{
	return removal->has_count && removal->count != removal->address_count &&
	       removal->tries < READS_FOR_COUNT;
}

static void decide(struct removal *removal)
{
	if (!removal->has_user && removal->has_mark)
		remove_person(removal);
	else if (!removal->has_user)
		finish(removal, RESULT_NOT_FOUND);
	else if (removal->expected_version != 0 && removal->expected_version != removal->version)
		finish(removal, RESULT_CONFLICT);
	else if (is_torn(removal))
		start_read(removal);
	else
		start_write(removal);
}

static void start_page(struct removal *removal);

static void on_page(struct dynamodb_call *call)
{
	struct removal *removal = call->context;
	bool has_more = call->last_key.data;

	if (call->result != RESULT_OK) {
		finish(removal, call->result);
		return;
	}
	buf_reset(&removal->last_key);
	buf_add(&removal->last_key, call->last_key.data, call->last_key.len);
	if (!take_items(removal, call->items) || !buf_ok(&removal->last_key))
		finish(removal, RESULT_NO_MEMORY);
	else if (has_more)
		start_page(removal);
	else
		decide(removal);
}

static void start_page(struct removal *removal)
{
	char values[VALUES_SIZE];
	bool goes_on = removal->last_key.len > 0;

	repo_key_names(removal->repo, removal->names);
	/* Up to the mark; what has been noted behind it comes when the user is gone. */
	snprintf(values, sizeof(values),
		 "{\":p\":{\"S\":\"%s\"},\":from\":{\"S\":\"#\"},\":to\":{\"S\":\"GONE\"}}",
		 removal->pk);
	begin_call(removal, on_page);
	dynamodb_query(&removal->repo->db, &removal->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p AND sk BETWEEN :from AND :to",
			       .names = removal->names,
			       .values = values,
			       .start_key = {goes_on ? removal->last_key.data : NULL,
					     removal->last_key.len},
			       .is_consistent = true,
		       });
}

static void start_read(struct removal *removal)
{
	removal->tries++;
	removal->has_user = false;
	removal->has_mark = false;
	removal->address_count = 0;
	removal->cart_id[0] = '\0';
	buf_reset(&removal->last_key);
	start_page(removal);
}

void user_removal_run(struct repo *repo, const char *id, uint64_t expected_version,
		      struct await *await)
{
	struct removal *removal = repo_begin(await, sizeof(*removal), id, RESULT_NOT_FOUND);

	if (!removal)
		return;
	removal->repo = repo;
	removal->await = await;
	removal->id = id;
	removal->expected_version = expected_version;
	buf_init(&removal->last_key, KEY_MAX);
	buf_init(&removal->mark, MARK_MAX);
	user_item_key(id, removal->pk);
	start_read(removal);
}
