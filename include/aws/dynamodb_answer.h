/*
 * What DynamoDB's answers say: pure readings of checked JSON.
 *
 * Source: Amazon DynamoDB API Reference, version 2012-08-10.
 */
#ifndef SHOPD_AWS_DYNAMODB_ANSWER_H
#define SHOPD_AWS_DYNAMODB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/dynamodb.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "base/text.h"

/* Adds ConsumedCapacity, one object or an array of them or nothing, to the account. */
void dynamodb_answer_usage(struct span consumed, bool is_read, struct usage *usage);

/* A single write whose condition failed after an attempt of unknown fate. */
struct dynamodb_doubt {
	enum dynamodb_action action;
	const char *token;         /* the write's own */
	uint64_t expected_version; /* 0: none */
	struct span old;           /* the item as it is now; absent when there is none */
};

/*
 * Whose write was it? RESULT_OK: ours, it had succeeded. RESULT_CONFLICT: ours was never applied.
 * RESULT_UNKNOWN: it cannot be told.
 */
enum result dynamodb_answer_resolve(const struct dynamodb_doubt *doubt);

/* Why a transaction was cancelled, from the mildest reason to the hardest. */
enum dynamodb_cancellation {
	DYNAMODB_CANCELLED_BY_OTHERS,    /* only by other writes, or throttling: try again */
	DYNAMODB_CANCELLED_BY_CONDITION, /* a condition failed */
	DYNAMODB_CANCELLED_BY_SIZE,      /* an item would be too large */
	DYNAMODB_CANCELLED_AS_WRONG,     /* anything else */
};

enum dynamodb_cancellation dynamodb_answer_cancellation(struct span answer);

/*
 * The reasons, one for each action in order, as a new array in the arena. False when there is no
 * memory.
 */
MUST_CHECK bool dynamodb_answer_reasons(struct span answer, struct arena *arena,
					struct dynamodb_reason **reasons, size_t *count);

/* True for a ValidationException that says that an item is too large. */
bool dynamodb_answer_is_size(struct span answer);

/* Appends the elements of an array, with a comma first if `out` has some; no brackets. */
void dynamodb_answer_gather(struct span array, struct buf *out);

/* Appends TransactGetItems' items as an array, `{}` where there is none. */
void dynamodb_answer_transact_items(struct span answer, struct buf *out);

/* BatchGetItem: the array of the table's items. */
struct span dynamodb_answer_batch_items(struct span answer);

/* UnprocessedKeys or UnprocessedItems; absent when there are none. */
struct span dynamodb_answer_rest(struct span answer);

#endif
