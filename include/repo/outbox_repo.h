/*
 * What becomes of items of the outbox: they go when their events are published, they stay with a
 * note when something is left to be done, and they are put away as dead letters when it cannot be.
 *
 * None of it can lose an event or publish one that was not raised; that two do the same at the same
 * moment makes no difference, or is RESULT_CONFLICT.
 */
#ifndef SHOPD_REPO_OUTBOX_REPO_H
#define SHOPD_REPO_OUTBOX_REPO_H

#include "repo/outbox_page.h"

/* Deletes items, at most DYNAMODB_BATCH_WRITE_MAX. RESULT_OK, also for those that are not there. */
void outbox_repo_delete(struct repo *repo, uint32_t shard, const struct outbox_stored *const *items,
			size_t count, struct await *await);

struct outbox_note {
	const char *reason; /* it counts as another try, and this is why it failed; or NULL */
	int64_t next_at_ms; /* not to be tried again before; 0: at once */
};

/*
 * Writes into an item what is over: of a group the events that are go, those that are sent are
 * marked. Some event must be left. RESULT_OK; RESULT_CONFLICT: somebody else has noted another try,
 * or the item is gone.
 */
void outbox_repo_note(struct repo *repo, const struct outbox_page *page,
		      const struct outbox_stored *item, const struct outbox_note *note,
		      struct await *await);

/*
 * Puts an item away as a dead letter, DLQ / its id, in one transaction with its removal from the
 * outbox: with all that is not over, `shard`, `reason`, `dead_at` and a ttl of 90 days. RESULT_OK;
 * RESULT_CONFLICT: it is gone.
 */
void outbox_repo_bury(struct repo *repo, const struct outbox_page *page,
		      const struct outbox_stored *item, const char *reason, struct await *await);

/*
 * Puts a dead letter back into its shard, with no tries counted, and leaves a trace of that for 30
 * days, RETRIED / its id. RESULT_OK, also when that has happened before, whatever became of the
 * event since; RESULT_NOT_FOUND: there is neither letter nor trace.
 */
void outbox_repo_revive(struct repo *repo, const char *id, struct await *await);

#endif
