#include "repo/repo_write.h"

#include <assert.h>
#include <string.h>

#include "base/idempotency.h"
#include "repo/idempotency_repo.h"
#include "repo/outbox_item.h"

/* What the events of a change of an order and of its stocks can be in. */
enum { SHARDS_MAX = 2 * OUTBOX_GROUP_MAX };

/* Stands between the call and who started it. */
struct run {
	const struct repo *repo;
	size_t shard_count;
	uint32_t shards[SHARDS_MAX]; /* that events are written to; what does not fit is not rung */
	void (*done)(struct dynamodb_call *call);
	void *context;
	size_t count;                  /* of the caller's writes; the record comes behind them */
	size_t kept_count;             /* of the writes that keep the answer */
	bool is_once;                  /* a transaction in any case */
	struct dynamodb_reason reason; /* of a single write */
};

bool repo_write_is_alone(const struct await *await)
{
	return !await->idempotency;
}

/* ------------------------------------------------------------------ the bell */

static void note_shard(struct run *run, uint32_t shard)
{
	for (size_t i = 0; i < run->shard_count; i++) {
		if (run->shards[i] == shard)
			return;
	}
	if (run->shard_count < SHARDS_MAX)
		run->shards[run->shard_count++] = shard;
}

static void note_events(struct run *run, const struct dynamodb_write *writes)
{
	uint32_t shard;

	for (size_t i = 0; i < run->count && run->repo->bell.ring; i++) {
		if (outbox_item_shard(writes[i].key.pk, &shard))
			note_shard(run, shard);
	}
}

/* After a failure nobody knows whether they are there, so it is worth a look. */
static void ring(const struct run *run, enum result result)
{
	if (result != RESULT_OK && !result_is_failure(result))
		return;
	for (size_t i = 0; i < run->shard_count; i++)
		run->repo->bell.ring(run->repo->bell.context, run->shards[i]);
}

static void hand_back(struct dynamodb_call *call)
{
	const struct run *run = call->context;

	ring(run, call->result);
	call->context = run->context;
	run->done(call);
}

/* ------------------------------------------------------------------ without a key */

static void on_single_written(struct dynamodb_call *call)
{
	struct run *run = call->context;

	if (call->result == RESULT_CONFLICT) {
		run->reason = (struct dynamodb_reason){true, call->item};
		call->reasons = &run->reason;
		call->failed_count = 1;
	}
	hand_back(call);
}

/* The service's answer is not ours to trust: whoever reads reasons finds as many as it wrote. */
static bool has_reasons(const struct dynamodb_call *call, size_t count)
{
	return call->reasons && call->failed_count == count;
}

static void on_all_written(struct dynamodb_call *call)
{
	const struct run *run = call->context;

	if (call->result == RESULT_CONFLICT && !has_reasons(call, run->count))
		call->result = RESULT_GARBLED;
	hand_back(call);
}

static void write_alone(const struct repo *repo, struct dynamodb_call *call, struct run *run,
			const struct dynamodb_write *writes)
{
	call->context = run;
	if (run->count == 1 && !run->is_once) {
		call->done = on_single_written;
		dynamodb_write(&repo->db, call, writes);
	} else {
		call->done = on_all_written;
		dynamodb_transact_write(&repo->db, call, writes, run->count, NULL);
	}
}

/* ------------------------------------------------------------------ with a key */

/* Was another request with this key faster, or does one of the caller's conditions fail? */
static enum result take_conflict(struct dynamodb_call *call, size_t count, size_t kept_count)
{
	const struct dynamodb_reason *record;

	if (!has_reasons(call, count + kept_count))
		return RESULT_GARBLED;
	record = &call->reasons[count];
	call->failed_count = count;
	if (!record->is_condition)
		return RESULT_CONFLICT;
	return idempotency_repo_take(call->await->idempotency, record->item, call->await->arena);
}

static void on_kept(struct dynamodb_call *call)
{
	const struct run *run = call->context;

	if (call->result == RESULT_OK)
		call->await->idempotency->is_kept = true;
	else if (call->result == RESULT_CONFLICT)
		call->result = take_conflict(call, run->count, run->kept_count);
	hand_back(call);
}

/*
 * The record goes last, so that the reasons of the others stand where their writes do. The note of
 * whose answer it is needs no condition: what is written says of itself that the person is there,
 * or the order or checkout that names them, and these are removed before the notes are looked for.
 */
static enum result write_with_record(const struct repo *repo, struct dynamodb_call *call,
				     struct run *run, const struct dynamodb_write *writes)
{
	struct dynamodb_write all[DYNAMODB_TRANSACT_MAX + 1];
	struct dynamodb_write *kept = all + run->count;
	struct idempotency *idempotency = call->await->idempotency;
	struct idempotency_write record = {0};
	struct idempotency_note note;
	struct kept_answer answer = {0};
	enum result result = RESULT_NO_MEMORY;

	if (idempotency->rehearse(idempotency, &answer))
		result = idempotency_repo_prepare(repo, idempotency, &answer, &record, &kept[0]);
	if (result == RESULT_OK) {
		run->kept_count =
			idempotency_repo_note(repo, idempotency, &answer, &note, &kept[1]) ? 2 : 1;
		assert(run->count + run->kept_count <= DYNAMODB_TRANSACT_MAX);
		memcpy(all, writes, run->count * sizeof(*writes));
		call->done = on_kept;
		call->context = run;
		dynamodb_transact_write(&repo->db, call, all, run->count + run->kept_count, NULL);
	}
	buf_clear(&record.item);
	if (result != RESULT_TOO_LARGE)
		return result;
	/* Not to be taken for something that is itself too large to be written. */
	idempotency->is_too_large = true;
	return RESULT_REPEATED;
}

/* ------------------------------------------------------------------ the way in */

static enum result start(const struct repo *repo, struct dynamodb_call *call,
			 const struct dynamodb_write *writes, struct run how)
{
	struct run *run = arena_alloc(call->await->arena, sizeof(*run));

	assert(how.count >= 1 && how.count <= REPO_WRITES_MAX);
	if (!run)
		return RESULT_NO_MEMORY;
	*run = how;
	run->repo = repo;
	note_events(run, writes);
	run->done = call->done;
	run->context = call->context;
	if (!repo_write_is_alone(call->await))
		return write_with_record(repo, call, run, writes);
	write_alone(repo, call, run, writes);
	return RESULT_OK;
}

enum result repo_write(const struct repo *repo, struct dynamodb_call *call,
		       const struct dynamodb_write *writes, size_t count)
{
	return start(repo, call, writes, (struct run){.count = count});
}

enum result repo_write_once(const struct repo *repo, struct dynamodb_call *call,
			    const struct dynamodb_write *write)
{
	return start(repo, call, write, (struct run){.count = 1, .is_once = true});
}
