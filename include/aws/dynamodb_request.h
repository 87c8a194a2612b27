/*
 * The request texts of DynamoDB's operations. Each function appends one JSON object to `out`, which
 * remembers when memory was short.
 *
 * Source: Amazon DynamoDB API Reference, version 2012-08-10.
 */
#ifndef SHOPD_AWS_DYNAMODB_REQUEST_H
#define SHOPD_AWS_DYNAMODB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/dynamodb.h"
#include "base/buf.h"

void dynamodb_request_get(struct buf *out, const struct dynamodb *db, struct dynamodb_key key,
			  bool is_consistent);
void dynamodb_request_query(struct buf *out, const struct dynamodb *db,
			    const struct dynamodb_query *query);
/* `token`: the write token. */
void dynamodb_request_write(struct buf *out, const struct dynamodb *db,
			    const struct dynamodb_write *write, const char *token);
/* `token`: the client token. */
void dynamodb_request_transact_write(struct buf *out, const struct dynamodb *db,
				     const struct dynamodb_write *writes, size_t count,
				     const char *token);
void dynamodb_request_transact_get(struct buf *out, const struct dynamodb *db,
				   const struct dynamodb_key *keys, size_t count);
struct dynamodb_batch {
	const struct dynamodb_key *keys;
	size_t count;
	const char *projection; /* or NULL */
	const char *names;      /* or NULL */
	bool is_consistent;
};
void dynamodb_request_batch_get(struct buf *out, const struct dynamodb *db,
				const struct dynamodb_batch *batch);
void dynamodb_request_batch_write(struct buf *out, const struct dynamodb *db,
				  const struct dynamodb_write *writes, size_t count);
/* What an answer gave back as UnprocessedKeys or UnprocessedItems. */
void dynamodb_request_batch_rest(struct buf *out, struct span rest);

/* DescribeTable and DescribeTimeToLive. */
void dynamodb_request_table(struct buf *out, const struct dynamodb *db);
void dynamodb_request_create_table(struct buf *out, const struct dynamodb *db, const char *design);
void dynamodb_request_ttl(struct buf *out, const struct dynamodb *db, const char *attribute);

#endif
