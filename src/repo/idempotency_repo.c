#include "repo/idempotency_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_string.h"
#include "repo/user_item.h"

enum {
	ITEM_MAX = 1024 * 1024, /* as JSON: the body may be mostly escapes */
	TEXT_MAX = 512 * 1024,
	NUMBER_SIZE = 24,
	STATUS_MIN = 200, /* of answers that are kept */
	STATUS_MAX = 499,
	STATUS_REMOVED = 410,
	KEEP_WRITES = 3,
};

/* Instead of a hash: whatever the body is that comes, the answer is gone. */
static const char removed[] = "removed";

static void make_key(const struct idempotency *idempotency, char pk[static IDEMPOTENCY_KEY_SIZE])
{
	snprintf(pk, IDEMPOTENCY_KEY_SIZE, "I#%s", idempotency->id);
}

static int64_t now_seconds(const struct repo *repo)
{
	return clock_wall_ms(repo->clock) / 1000;
}

/* ------------------------------------------------------------------ a record as an item */

static void add_text(struct buf *out, const char *name, struct span text)
{
	if (text.len > 0)
		attribute_add_string(out, name, text.data, text.len);
}

static void add_number(struct buf *out, const char *name, int64_t number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, number);
	attribute_add_number(out, name, text);
}

static void write_record(const struct repo *repo, const struct idempotency *idempotency,
			 const struct kept_answer *answer, struct buf *out)
{
	add_text(out, "fingerprint", span_of(idempotency->fingerprint));
	add_number(out, "answer_status", answer->status);
	add_text(out, "content_type", answer->content_type);
	add_text(out, "headers", answer->headers);
	add_text(out, "body", answer->body);
	add_number(out, "ttl", now_seconds(repo) + IDEMPOTENCY_SECONDS);
}

enum result idempotency_repo_prepare(const struct repo *repo, const struct idempotency *idempotency,
				     const struct kept_answer *answer,
				     struct idempotency_write *record, struct dynamodb_write *write)
{
	if (answer->body.len > IDEMPOTENCY_ANSWER_MAX)
		return RESULT_TOO_LARGE;
	make_key(idempotency, record->pk);
	buf_init(&record->item, ITEM_MAX);
	write_record(repo, idempotency, answer, &record->item);
	*write = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {record->pk, "#"},
		.item = buf_text(&record->item),
	};
	repo_require_vacancy(repo, now_seconds(repo), &record->vacancy, write);
	return buf_ok(&record->item) ? RESULT_OK : RESULT_NO_MEMORY;
}

bool idempotency_repo_note(const struct repo *repo, const struct idempotency *idempotency,
			   const struct kept_answer *answer, struct idempotency_note *note,
			   struct dynamodb_write *write)
{
	if (!answer->owner[0])
		return false;
	user_item_key(answer->owner, note->pk);
	make_key(idempotency, note->sk);
	snprintf(note->item, sizeof(note->item), "\"ttl\":{\"N\":\"%" PRId64 "\"}",
		 now_seconds(repo) + IDEMPOTENCY_SECONDS);
	*write = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {note->pk, note->sk},
		.item = note->item,
	};
	return true;
}

void idempotency_repo_write_removed(const struct repo *repo, struct buf *out)
{
	add_text(out, "fingerprint", span_of(removed));
	add_number(out, "answer_status", STATUS_REMOVED);
	add_number(out, "ttl", now_seconds(repo) + IDEMPOTENCY_SECONDS);
}

/* ------------------------------------------------------------------ an item as a record */

/* A text attribute's characters in the arena; absent when it is not there. */
static enum result take_text(const struct item *item, const char *name, struct arena *arena,
			     struct span *out)
{
	struct span typed = item_get(item, name);
	struct span value = json_scan_member(typed, "S");
	struct buf text = {0};
	char *copy;

	if (!typed.data)
		return RESULT_OK;
	if (!json_scan_raw_string(value).data)
		return RESULT_GARBLED;
	buf_init(&text, TEXT_MAX);
	json_string_decode(value, &text);
	copy = buf_ok(&text) ? arena_copy(arena, buf_text(&text), text.len) : NULL;
	*out = (struct span){copy, text.len};
	buf_clear(&text);
	return copy ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result take_texts(const struct item *item, struct arena *arena,
			      struct kept_answer *found)
{
	enum result result = take_text(item, "content_type", arena, &found->content_type);

	if (result == RESULT_OK)
		result = take_text(item, "headers", arena, &found->headers);
	if (result == RESULT_OK)
		result = take_text(item, "body", arena, &found->body);
	return result;
}

enum result idempotency_repo_take(struct idempotency *idempotency, struct span text,
				  struct arena *arena)
{
	struct kept_answer found = {0};
	struct item item;
	struct span fingerprint;
	uint64_t status;
	bool is_other;
	enum result result = RESULT_OK;

	if (!item_view(&item, text) || !item_u64(&item, "answer_status", &status) ||
	    status < STATUS_MIN || status > STATUS_MAX)
		return RESULT_GARBLED;
	fingerprint = item_raw_string(&item, "fingerprint");
	if (!fingerprint.data)
		return RESULT_GARBLED;
	idempotency->is_removed = span_equals(fingerprint, removed);
	if (idempotency->is_removed)
		return RESULT_REPEATED;
	is_other = !span_equals(fingerprint, idempotency->fingerprint);
	found.status = (int)status;
	if (!is_other)
		result = take_texts(&item, arena, &found);
	if (result != RESULT_OK)
		return result;
	idempotency->is_other = is_other;
	idempotency->found = found;
	return RESULT_REPEATED;
}

/* ------------------------------------------------------------------ without a transaction */

struct lookup {
	struct repo *repo;
	struct idempotency *idempotency;
	struct await *await;
	struct dynamodb_call call;
};

static void finish(struct lookup *lookup, enum result result)
{
	struct await *await = lookup->await;

	dynamodb_call_clear(&lookup->call);
	await_finish(await, result);
}

/* NULL after the await was finished. */
static struct lookup *begin(struct repo *repo, struct idempotency *idempotency, struct await *await,
			    void (*done)(struct dynamodb_call *call))
{
	struct lookup *lookup = await_begin(await, sizeof(*lookup));

	if (!lookup)
		return NULL;
	*lookup = (struct lookup){.repo = repo, .idempotency = idempotency, .await = await};
	lookup->call = (struct dynamodb_call){.await = await, .done = done, .context = lookup};
	return lookup;
}

/* DynamoDB removes what has expired when it likes: until then it is there, but means nothing. */
static bool has_expired(const struct lookup *lookup)
{
	struct item item;
	int64_t ttl;

	return item_view(&item, lookup->call.item) && item_i64(&item, "ttl", &ttl) &&
	       ttl <= now_seconds(lookup->repo);
}

static void on_found(struct dynamodb_call *call)
{
	struct lookup *lookup = call->context;
	enum result result = call->result;

	if (result == RESULT_OK && has_expired(lookup))
		result = RESULT_NOT_FOUND;
	else if (result == RESULT_OK)
		result = idempotency_repo_take(lookup->idempotency, call->item,
					       lookup->await->arena);
	finish(lookup, result);
}

void idempotency_repo_find(struct repo *repo, struct idempotency *idempotency, struct await *await)
{
	struct lookup *lookup = begin(repo, idempotency, await, on_found);
	char pk[IDEMPOTENCY_KEY_SIZE];

	if (!lookup)
		return;
	make_key(idempotency, pk);
	dynamodb_get(&repo->db, &lookup->call, (struct dynamodb_key){pk, "#"}, true);
}

static void on_kept(struct dynamodb_call *call)
{
	struct lookup *lookup = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		lookup->idempotency->is_kept = true;
	else if (result == RESULT_CONFLICT)
		result = idempotency_repo_take(lookup->idempotency, call->item,
					       lookup->await->arena);
	finish(lookup, result);
}

static void on_noted(struct dynamodb_call *call)
{
	struct lookup *lookup = call->context;
	bool is_conflict = call->result == RESULT_CONFLICT && call->reasons &&
			   call->failed_count == KEEP_WRITES;
	enum result result = call->result;

	if (result == RESULT_OK)
		lookup->idempotency->is_kept = true;
	else if (is_conflict && call->reasons[0].is_condition)
		result = idempotency_repo_take(lookup->idempotency, call->reasons[0].item,
					       lookup->await->arena);
	else if (is_conflict)
		result = RESULT_OK; /* there is no such user: nothing may be kept of them */
	else if (result == RESULT_CONFLICT)
		result = RESULT_GARBLED;
	finish(lookup, result);
}

/* Nothing of a person is kept once they are gone, though it was read while they were there. */
static void keep_with_note(struct lookup *lookup, const struct dynamodb_write *record,
			   const struct dynamodb_write *note)
{
	const struct repo *repo = lookup->repo;
	char names[REPO_NAMES_SIZE];
	const struct dynamodb_write writes[KEEP_WRITES] = {
		*record,
		*note,
		{
			.action = DYNAMODB_CHECK,
			.key = {note->key.pk, "#"},
			.condition = "attribute_exists(#p)",
			.names = names,
		},
	};

	repo_key_names(repo, names);
	lookup->call.done = on_noted;
	dynamodb_transact_write(&repo->db, &lookup->call, writes, KEEP_WRITES, NULL);
}

void idempotency_repo_keep(struct repo *repo, struct idempotency *idempotency,
			   const struct kept_answer *answer, struct await *await)
{
	struct lookup *lookup = begin(repo, idempotency, await, on_kept);
	struct idempotency_write record = {0};
	struct idempotency_note note;
	struct dynamodb_write write;
	struct dynamodb_write note_write;
	enum result result;

	if (!lookup)
		return;
	result = idempotency_repo_prepare(repo, idempotency, answer, &record, &write);
	if (result == RESULT_OK &&
	    idempotency_repo_note(repo, idempotency, answer, &note, &note_write))
		keep_with_note(lookup, &write, &note_write);
	else if (result == RESULT_OK)
		dynamodb_write(&repo->db, &lookup->call, &write);
	buf_clear(&record.item);
	if (result != RESULT_OK)
		finish(lookup, result);
}
