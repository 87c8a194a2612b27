/*
 * How repositories write: one item on a condition, or several in a transaction; and when the
 * request has an Idempotency-Key, always in a transaction that keeps the answer too.
 *
 * The rule for whoever calls it: a request's write is its last operation, and what the caller will
 * be told must be in place before (`*out` filled in as it will be after the write), for the answer
 * is made ahead of it. If the write then fails, nobody sees that answer.
 *
 * A request whose effect is there already, by an earlier request with the same key, ends in
 * RESULT_REPEATED, and so does one whose answer is too large to be kept: pass it on like any
 * failure.
 *
 * When events were written (outbox_item.h), or may have been, the repo's bell is rung for their
 * shards before the caller is told.
 */
#ifndef SHOPD_REPO_REPO_WRITE_H
#define SHOPD_REPO_REPO_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/dynamodb.h"
#include "repo/repo.h"

/* The rest is for a key's record, and for the note of whose answer it is, if it is a user's. */
enum {
	REPO_WRITES_MAX = DYNAMODB_TRANSACT_MAX - 1,
	REPO_USER_WRITES_MAX = DYNAMODB_TRANSACT_MAX - 2,
};

/*
 * Starts it; call->await, done and context are set. One write is DYNAMODB_PUT, UPDATE or DELETE.
 * Afterwards RESULT_CONFLICT means that a condition failed: call->reasons then has one element for
 * each write, also when there is only one. An update's new item is in call->item only when it was
 * one write and repo_write_is_alone.
 *
 * RESULT_OK: it was started, and done will be called. Anything else: it was not. That is
 * RESULT_NO_MEMORY, or RESULT_REPEATED for an answer that is too large to be kept.
 */
MUST_CHECK enum result repo_write(const struct repo *repo, struct dynamodb_call *call,
				  const struct dynamodb_write *writes, size_t count);

/*
 * The same for one write that must not be applied again, such as adding to a number without a
 * condition on the version: always a transaction, whose client token holds whatever others write in
 * between, where a single item's write token would be overwritten. Nothing is in call->item then.
 */
MUST_CHECK enum result repo_write_once(const struct repo *repo, struct dynamodb_call *call,
				       const struct dynamodb_write *write);

/*
 * True when the request has no Idempotency-Key. Where a result cannot be known beforehand without
 * a condition on the version that was read, only then may that condition be left out.
 */
bool repo_write_is_alone(const struct await *await);

#endif
