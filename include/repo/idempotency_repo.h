/*
 * Records of requests with an Idempotency-Key: I#<id> / "#", with the request's fingerprint and the
 * answer it got, for 24 hours. repo_write.h puts them into the transactions that they belong to;
 * here is what is done without one.
 *
 * An answer that tells of a user is noted in U#user / I#<id>, for as long: so it is found when the
 * person is removed. What stays then is a record without an answer.
 */
#ifndef SHOPD_REPO_IDEMPOTENCY_REPO_H
#define SHOPD_REPO_IDEMPOTENCY_REPO_H

#include "base/buf.h"
#include "base/idempotency.h"
#include "repo/record.h"
#include "repo/repo.h"

enum {
	IDEMPOTENCY_SECONDS = 24 * 60 * 60,
	IDEMPOTENCY_ANSWER_MAX = 384 * 1024, /* bytes of an answer's body that can be kept */
	IDEMPOTENCY_KEY_SIZE = IDEMPOTENCY_HASH_SIZE + 2,
};

/*
 * Looks for an earlier request of this key, consistently. RESULT_NOT_FOUND: there was none, or it
 * is over a day old; RESULT_REPEATED: there was, see `found` and `is_other`.
 */
void idempotency_repo_find(struct repo *repo, struct idempotency *idempotency, struct await *await);

/*
 * Keeps an answer that had no effect. RESULT_OK, also when it tells of a user who is not there (any
 * more), and is therefore not kept; RESULT_REPEATED: another request was faster; RESULT_TOO_LARGE:
 * it cannot be kept.
 */
void idempotency_repo_keep(struct repo *repo, struct idempotency *idempotency,
			   const struct kept_answer *answer, struct await *await);

/* For repo_write.c: the record as a write, and what a record says that was there before. */
struct idempotency_write {
	char pk[IDEMPOTENCY_KEY_SIZE];
	struct repo_vacancy vacancy;
	struct buf item;
};
MUST_CHECK enum result idempotency_repo_prepare(const struct repo *repo,
						const struct idempotency *idempotency,
						const struct kept_answer *answer,
						struct idempotency_write *record,
						struct dynamodb_write *write);

/* The note of whose answer it is. False when it tells of nobody: there is none then. */
struct idempotency_note {
	char pk[RECORD_KEY_SIZE];
	char sk[IDEMPOTENCY_KEY_SIZE];
	char item[48];
};
bool idempotency_repo_note(const struct repo *repo, const struct idempotency *idempotency,
			   const struct kept_answer *answer, struct idempotency_note *note,
			   struct dynamodb_write *write);

/* For person_removal.c: the members of a record whose answer is gone. */
void idempotency_repo_write_removed(const struct repo *repo, struct buf *out);

/*
 * RESULT_REPEATED, with texts that are copied into the arena; RESULT_GARBLED when it is no record
 * that shopd could have written; RESULT_NO_MEMORY.
 */
enum result idempotency_repo_take(struct idempotency *idempotency, struct span text,
				  struct arena *arena);

#endif
