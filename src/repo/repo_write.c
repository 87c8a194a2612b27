#include "repo/repo_write.h"

#include <assert.h>
#include <string.h>

#include "base/idempotency.h"
#include "repo/idempotency_repo.h"

/* Stands between the call and who started it. */
struct run {
	void (*done)(struct dynamodb_call *call);
	void *context;
	size_t count;                  /* of the caller's writes; the record comes behind them */
	struct dynamodb_reason reason; /* of a single write */
};

bool repo_write_is_alone(const struct await *await)
{
	return !await->idempotency;
}

static void hand_back(struct dynamodb_call *call)
{
	const struct run *run = call->context;

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

static void write_single(const struct repo *repo, struct dynamodb_call *call, struct run *run,
			 const struct dynamodb_write *write)
{
	call->done = on_single_written;
	call->context = run;
	dynamodb_write(&repo->db, call, write);
}

/* ------------------------------------------------------------------ with a key */

static void on_kept(struct dynamodb_call *call)
{
	const struct run *run = call->context;
	struct idempotency *idempotency = call->await->idempotency;

	if (call->result == RESULT_OK) {
		idempotency->is_kept = true;
	} else if (call->result == RESULT_CONFLICT) {
		const struct dynamodb_reason *record = &call->reasons[run->count];

		assert(call->failed_count == run->count + 1);
		call->failed_count = run->count;
		if (record->is_condition)
			call->result = idempotency_repo_take(idempotency, record->item,
							     call->await->arena);
	}
	hand_back(call);
}

/* The record goes last, so that the reasons of the others stand where their writes do. */
static enum result write_with_record(const struct repo *repo, struct dynamodb_call *call,
				     struct run *run, const struct dynamodb_write *writes)
{
	struct dynamodb_write all[DYNAMODB_TRANSACT_MAX];
	struct idempotency *idempotency = call->await->idempotency;
	struct idempotency_write record = {0};
	struct kept_answer answer = {0};
	enum result result = RESULT_NO_MEMORY;

	if (idempotency->rehearse(idempotency, &answer))
		result = idempotency_repo_prepare(repo, idempotency, &answer, &record,
						  &all[run->count]);
	if (result == RESULT_OK) {
		memcpy(all, writes, run->count * sizeof(*writes));
		call->done = on_kept;
		call->context = run;
		dynamodb_transact_write(&repo->db, call, all, run->count + 1, NULL);
	}
	buf_clear(&record.item);
	return result;
}

/* ------------------------------------------------------------------ the one way in */

bool repo_write(const struct repo *repo, struct dynamodb_call *call,
		const struct dynamodb_write *writes, size_t count, enum result *result)
{
	struct run *run = arena_alloc(call->await->arena, sizeof(*run));

	assert(count >= 1 && count <= REPO_WRITES_MAX);
	*result = RESULT_NO_MEMORY;
	if (!run)
		return false;
	*run = (struct run){.done = call->done, .context = call->context, .count = count};
	*result = RESULT_OK;
	if (!repo_write_is_alone(call->await))
		*result = write_with_record(repo, call, run, writes);
	else if (count > 1)
		dynamodb_transact_write(&repo->db, call, writes, count, NULL);
	else
		write_single(repo, call, run, writes);
	return *result == RESULT_OK;
}
