#include "repo/person_removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/idempotency_repo.h"
#include "repo/repo_write.h"
#include "repo/subscription_repo.h"
#include "repo/user_item.h"

enum { VALUES_SIZE = 384, MARK_MAX = 512, KEY_SIZE = 96 };

void person_removal_write_mark(const struct repo *repo, const char *user_id, int64_t delay_ms,
			       struct buf *out)
{
	char time[CLOCK_RFC3339_SIZE];
	char key[KEY_SIZE];

	clock_format_rfc3339(clock_wall_ms(repo->clock) + delay_ms, time);
	snprintf(key, sizeof(key), "EXP#%" PRIu32, id_hash(user_id) & (repo->write_shards - 1));
	attribute_add_text(out, "g2p", key);
	snprintf(key, sizeof(key), "%s#%s", time, user_id);
	attribute_add_text(out, "g2s", key);
}

/* The time to live, and no keys of the index. */
static void write_closed_mark(const struct repo *repo, struct buf *out)
{
	attribute_add_integer(out, "ttl",
			      (clock_wall_ms(repo->clock) + PERSON_PATIENCE_MS) / 1000 + 1);
}

bool person_removal_is_open(const struct item *mark)
{
	return !item_get(mark, "ttl").data;
}

void person_removal_write_gone(const struct repo *repo, const char *user_id,
			       struct person_mark_gone *gone, struct dynamodb_write *write)
{
	user_item_key(user_id, gone->pk);
	*write = (struct dynamodb_write){.action = DYNAMODB_DELETE, .key = {gone->pk, "GONE"}};
	repo_require_vacancy(repo, clock_wall_ms(repo->clock) / 1000, &gone->vacancy, write);
}

static void end(struct person_removal *removal, enum result result)
{
	dynamodb_call_clear(&removal->call);
	order_anonymising_clear(&removal->one);
	removal->done(removal, result);
}

static void begin_call(struct person_removal *removal, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&removal->call);
	removal->call = (struct dynamodb_call){
		.await = removal->await,
		.done = done,
		.context = removal,
	};
}

/* ------------------------------------------------------------------ a page of notes */

static void take_note(struct person_removal *removal, const struct item *item)
{
	struct span sk = item_raw_string(item, "sk");
	int64_t now_s = clock_wall_ms(removal->repo->clock) / 1000;
	int64_t ttl;

	if (sk.len == 0 || sk.len >= PERSON_NOTE_SIZE || removal->count == PERSON_PAGE_MAX)
		return;
	memcpy(removal->notes[removal->count], sk.data, sk.len);
	removal->notes[removal->count][sk.len] = '\0';
	removal->is_over[removal->count++] = item_i64(item, "ttl", &ttl) && ttl <= now_s;
}

static void take_notes(struct person_removal *removal, const struct dynamodb_call *call)
{
	struct json_walk walk;
	struct item item;

	removal->count = 0;
	removal->next = 0;
	removal->has_more = call->last_key.data;
	json_walk_init(&walk, call->items);
	while (item_view_next(&walk, &item))
		take_note(removal, &item);
}

/* Those from `from` up to `to`, which are parts of sort keys: "$" is what comes after "#". */
static void start_page(struct person_removal *removal, const char *from, const char *to,
		       void (*done)(struct dynamodb_call *call))
{
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	repo_key_names(removal->repo, names);
	snprintf(values, sizeof(values),
		 "{\":p\":{\"S\":\"%s\"},\":from\":{\"S\":\"%s!\"},\":to\":{\"S\":\"%s\"}}",
		 removal->user_pk, from, to);
	begin_call(removal, done);
	dynamodb_query(&removal->repo->db, &removal->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p AND sk BETWEEN :from AND :to",
			       .names = names,
			       .values = values,
			       .limit = PERSON_PAGE_MAX,
			       .is_consistent = true,
		       });
}

/* ------------------------------------------------------------------ the mark, in the end */

static void on_mark(struct dynamodb_call *call)
{
	struct person_removal *removal = call->context;
	bool is_done_by_another = call->result == RESULT_CONFLICT;

	end(removal, is_done_by_another ? RESULT_OK : call->result);
}

static void start_mark(struct person_removal *removal)
{
	struct buf mark = {0};
	char names[REPO_NAMES_SIZE];
	enum result result = RESULT_NO_MEMORY;

	repo_key_names(removal->repo, names);
	buf_init(&mark, MARK_MAX);
	if (removal->has_open)
		person_removal_write_mark(removal->repo, removal->user_id, PERSON_AGAIN_MS, &mark);
	else
		write_closed_mark(removal->repo, &mark);
	begin_call(removal, on_mark);
	if (buf_ok(&mark))
		result = repo_write(removal->repo, &removal->call,
				    &(struct dynamodb_write){
					    .action = DYNAMODB_PUT,
					    .key = {removal->user_pk, "GONE"},
					    .item = buf_text(&mark),
					    .condition = "attribute_exists(#p)",
					    .names = names,
				    },
				    1);
	if (result != RESULT_OK)
		end(removal, result);
	buf_clear(&mark);
}

/* ------------------------------------------------------------------ subscriptions */

static void on_subscriptions_removed(struct await *part)
{
	struct person_removal *removal = part->context;

	await_account(removal->await, part);
	if (part->result == RESULT_OK)
		start_mark(removal);
	else
		end(removal, part->result);
}

/* Once the user is gone nobody can subscribe them any more. */
static void remove_subscriptions(struct person_removal *removal)
{
	await_part(removal->await, &removal->part, on_subscriptions_removed, removal);
	subscription_repo_remove_all(removal->repo, removal->user_id, &removal->part);
}

/* ------------------------------------------------------------------ answers */

static void on_answers(struct dynamodb_call *call);

static void on_answers_removed(struct dynamodb_call *call)
{
	struct person_removal *removal = call->context;

	if (call->result == RESULT_OK)
		start_page(removal, "I", "I$", on_answers);
	else
		end(removal, call->result);
}

/* A record that is still there says from now on that its answer is gone. */
static size_t make_answer_writes(struct person_removal *removal, const char *record,
				 struct dynamodb_write *writes)
{
	size_t count = 0;

	for (size_t i = 0; i < removal->count; i++) {
		writes[count++] = (struct dynamodb_write){
			.action = DYNAMODB_DELETE,
			.key = {removal->user_pk, removal->notes[i]},
		};
		if (!removal->is_over[i])
			writes[count++] = (struct dynamodb_write){
				.action = DYNAMODB_PUT,
				.key = {removal->notes[i], "#"},
				.item = record,
			};
	}
	return count;
}

static void remove_answers(struct person_removal *removal)
{
	struct dynamodb_write writes[2 * PERSON_PAGE_MAX];
	struct buf record = {0};
	enum result result = RESULT_NO_MEMORY;

	buf_init(&record, MARK_MAX);
	idempotency_repo_write_removed(removal->repo, &record);
	begin_call(removal, on_answers_removed);
	if (buf_ok(&record))
		result = repo_write(removal->repo, &removal->call, writes,
				    make_answer_writes(removal, buf_text(&record), writes));
	if (result != RESULT_OK)
		end(removal, result);
	buf_clear(&record);
}

static void on_answers(struct dynamodb_call *call)
{
	struct person_removal *removal = call->context;

	if (call->result != RESULT_OK) {
		end(removal, call->result);
		return;
	}
	take_notes(removal, call);
	if (removal->count > 0)
		remove_answers(removal);
	else
		remove_subscriptions(removal);
}

/* ------------------------------------------------------------------ checkouts and orders */

static void on_orders(struct dynamodb_call *call);

static void take_next(struct person_removal *removal)
{
	struct order_anonymising *one = &removal->one;

	if (removal->next < removal->count) {
		snprintf(one->id, sizeof(one->id), "%s", removal->notes[removal->next++] + 2);
		order_anonymising_run(one);
	} else if (removal->has_more && removal->count > 0) {
		start_page(removal, removal->notes[removal->count - 1], "K$", on_orders);
	} else {
		start_page(removal, "I", "I$", on_answers);
	}
}

static void on_one(struct order_anonymising *one, enum result result)
{
	struct person_removal *removal = one->context;

	removal->has_open |= one->is_open;
	if (result == RESULT_OK)
		take_next(removal);
	else
		end(removal, result);
}

static void on_orders(struct dynamodb_call *call)
{
	struct person_removal *removal = call->context;

	if (call->result != RESULT_OK) {
		end(removal, call->result);
		return;
	}
	take_notes(removal, call);
	take_next(removal);
}

/* ------------------------------------------------------------------ the way in */

void person_removal_run(struct person_removal *removal)
{
	user_item_key(removal->user_id, removal->user_pk);
	removal->has_open = false;
	removal->one = (struct order_anonymising){
		.repo = removal->repo,
		.await = removal->await,
		.user_pk = removal->user_pk,
		.done = on_one,
		.context = removal,
	};
	start_page(removal, "K", "K$", on_orders);
}

static void on_gone_on(struct person_removal *removal, enum result result)
{
	await_finish(removal->await, result);
}

static void on_mark_read(struct dynamodb_call *call)
{
	struct person_removal *removal = call->context;
	enum result result = call->result;
	struct item mark;
	bool is_open = false;

	if (result == RESULT_OK) {
		if (item_view(&mark, call->item))
			is_open = person_removal_is_open(&mark);
		else
			result = RESULT_GARBLED;
	}
	dynamodb_call_clear(call);
	if (is_open)
		person_removal_run(removal);
	else
		on_gone_on(removal, result == RESULT_NOT_FOUND ? RESULT_OK : result);
}

void person_removal_go_on(struct repo *repo, const char *user_id, struct await *await)
{
	struct person_removal *removal = await_begin(await, sizeof(*removal));

	if (!removal)
		return;
	removal->repo = repo;
	removal->await = await;
	removal->user_id = user_id;
	removal->done = on_gone_on;
	user_item_key(user_id, removal->user_pk);
	begin_call(removal, on_mark_read);
	dynamodb_get(&repo->db, &removal->call, (struct dynamodb_key){removal->user_pk, "GONE"},
		     true);
}
