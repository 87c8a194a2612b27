/*
 * Records of requests with an Idempotency-Key: I#<id> / "#", with the request's fingerprint and the
 * answer it got, for 24 hours. repo_write.h puts them into the transactions that they belong to;
 * here is what is done without one.
 */
#ifndef SHOPD_REPO_IDEMPOTENCY_REPO_H
#define SHOPD_REPO_IDEMPOTENCY_REPO_H

#include "base/buf.h"
#include "base/idempotency.h"
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
 * Keeps an answer that had no effect. RESULT_OK; RESULT_REPEATED: another request was faster;
 * RESULT_TOO_LARGE: it cannot be kept.
 */
void idempotency_repo_keep(struct repo *repo, struct idempotency *idempotency,
			   const struct kept_answer *answer, struct await *await);

/* For repo_write.c: the record as a write, and what a record says that was there before. */
struct idempotency_write {
	char pk[IDEMPOTENCY_KEY_SIZE];
	char names[320];
	char values[64];
	struct buf item;
};
MUST_CHECK enum result idempotency_repo_prepare(const struct repo *repo,
						const struct idempotency *idempotency,
						const struct kept_answer *answer,
						struct idempotency_write *record,
						struct dynamodb_write *write);
/*
 * RESULT_REPEATED, with texts that are copied into the arena; RESULT_GARBLED when it is no record
 * that shopd could have written; RESULT_NO_MEMORY.
 */
enum result idempotency_repo_take(struct idempotency *idempotency, struct span text,
				  struct arena *arena);

#endif
