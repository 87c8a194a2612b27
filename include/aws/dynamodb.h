/*
 * DynamoDB's operations on one table: Get, Put, Update, Delete, Query, BatchGet, BatchWrite,
 * TransactWrite, TransactGet, and those that make the table.
 *
 * A repository describes what it wants (keys, expressions, items in DynamoDB's JSON) and gets back
 * views into the answer. Pages of a query are the caller's; unprocessed rests of batches,
 * transaction conflicts and throttling are dealt with here and below.
 *
 * Whose write was it? A single conditional write that is repeated after a lost answer may meet its
 * own first effect. So each item carries a write token (attribute "wt"): when a condition fails
 * after an uncertain attempt and the old item carries our token, the write had succeeded, and
 * RESULT_OK is reported. When that cannot be told, RESULT_UNKNOWN. An update is moreover not
 * applied to an item that carries its own token; but a condition that names the version it expects
 * is the only full protection against a second effect after somebody else's write in between.
 * Transactions carry a client token instead, which DynamoDB honours for ten minutes.
 *
 * Source: Amazon DynamoDB API Reference, version 2012-08-10.
 */
#ifndef SHOPD_AWS_DYNAMODB_H
#define SHOPD_AWS_DYNAMODB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "aws/aws_call.h"
#include "base/await.h"
#include "base/id.h"

enum {
	DYNAMODB_TRANSACT_MAX = 100,
	DYNAMODB_BATCH_WRITE_MAX = 25,
	DYNAMODB_BATCH_GET_MAX = 100,
	DYNAMODB_CONFLICT_TRIES = 5, /* of what meets a transaction on the same item, in all */
};

struct dynamodb {
	struct aws_client *client;
	struct loop *loop;
	const char *table;
	const char *partition_key; /* the attribute's name; the sort key is always "sk" */
};

/* One operation under way. Zeroed at birth; lives until its done was called and it was cleared. */
struct dynamodb_call {
	/* in */
	struct await *await;                      /* deadline, trace, account, arena */
	void (*done)(struct dynamodb_call *call); /* exactly once, never from within the start */
	void *context;
	const char *projection; /* BatchGet: which attributes, or NULL for all */
	const char *names;      /* BatchGet: JSON object for its #placeholders, or NULL */

	/* out, valid in done and until dynamodb_call_clear */
	enum result result;
	struct span item; /* Get: the item; a failed condition: the old item; Update: the new one */
	struct span items;    /* Query, BatchGet, TransactGet: the array of items */
	struct span last_key; /* Query: LastEvaluatedKey, absent after the last page */
	struct span table;    /* DescribeTable, CreateTable: the description */
	size_t failed_count;  /* a transaction's reasons */
	struct dynamodb_reason {
		bool is_condition; /* this action's condition failed */
		struct span item;  /* the old item then; absent when there was none */
	} * reasons;               /* one for each action, in order; in the await's arena */

	/* private */
	const struct dynamodb *db;
	struct aws_call call;
	struct span consumed; /* ConsumedCapacity */
	struct buf gathered;  /* items so far, or put together */
	char token[ID_SIZE];  /* write token or client token */
	unsigned tries;
	bool is_uncertain; /* an earlier try's fate is unknown */
	int operation;
	int action;            /* of a single write */
	uint64_t version;      /* that a single write expects, for "whose was it?" */
	const char *attribute; /* for TTL */
};

void dynamodb_call_clear(struct dynamodb_call *call);

struct dynamodb_key {
	const char *pk;
	const char *sk;
};

enum dynamodb_action { DYNAMODB_PUT, DYNAMODB_UPDATE, DYNAMODB_DELETE, DYNAMODB_CHECK };

/* A write, alone or within a transaction. Texts are borrowed during the starting call only. */
struct dynamodb_write {
	enum dynamodb_action action;
	struct dynamodb_key key;
	const char *item;   /* PUT: members of the item without its key and "wt": `"a":{"S":"b"}` */
	const char *update; /* UPDATE: "SET a = :a ADD version :one"; if it sets, SET comes first */
	const char *condition; /* an expression, or NULL */
	const char *names;     /* JSON object for #placeholders, or NULL */
	const char *values;    /* JSON object for :placeholders, or NULL */
	uint64_t
		expected_version; /* single writes: the version that the condition names, 0: none */
};

struct dynamodb_query {
	const char *index;      /* NULL: the table itself */
	const char *condition;  /* on the keys */
	const char *filter;     /* or NULL */
	const char *projection; /* or NULL */
	const char *names;      /* or NULL */
	const char *values;
	struct span start_key; /* an earlier page's last_key; absent for the first page */
	uint64_t limit;        /* items read (not found) by this page; 0: DynamoDB's 1 MB */
	bool is_backwards;
	bool is_consistent; /* not on an index */
};

/* RESULT_NOT_FOUND when there is no such item. */
void dynamodb_get(const struct dynamodb *db, struct dynamodb_call *call, struct dynamodb_key key,
		  bool is_consistent);
/* RESULT_OK also for an empty page. */
void dynamodb_query(const struct dynamodb *db, struct dynamodb_call *call,
		    const struct dynamodb_query *query);
/* PUT, UPDATE or DELETE of one item, with a write token. RESULT_CONFLICT: the condition failed. */
void dynamodb_write(const struct dynamodb *db, struct dynamodb_call *call,
		    const struct dynamodb_write *write);
/*
 * All or nothing. RESULT_CONFLICT: some condition failed, see reasons. `token` makes it idempotent:
 * at most 36 characters; NULL makes a new one for this call and its retries.
 */
void dynamodb_transact_write(const struct dynamodb *db, struct dynamodb_call *call,
			     const struct dynamodb_write *writes, size_t count, const char *token);
/*
 * All as they were at one moment: `items` has an element for each key in order, `{}` where there is
 * no such item. For whoever comes to need that; no repository does so far.
 */
void dynamodb_transact_get(const struct dynamodb *db, struct dynamodb_call *call,
			   const struct dynamodb_key *keys, size_t count);
/* In any order, without those that do not exist. At most DYNAMODB_BATCH_GET_MAX keys. */
void dynamodb_batch_get(const struct dynamodb *db, struct dynamodb_call *call,
			const struct dynamodb_key *keys, size_t count, bool is_consistent);
/* Puts and deletes without conditions: only for what may be repeated. At most 25. */
void dynamodb_batch_write(const struct dynamodb *db, struct dynamodb_call *call,
			  const struct dynamodb_write *writes, size_t count);

void dynamodb_describe_table(const struct dynamodb *db, struct dynamodb_call *call);
/* `design`: the members of CreateTable's request but for TableName. RESULT_EXISTS: it is there. */
void dynamodb_create_table(const struct dynamodb *db, struct dynamodb_call *call,
			   const char *design);
/*
 * RESULT_OK also when it was on already, RESULT_CONFLICT when it is on for another attribute. The
 * attribute's name is borrowed until done.
 */
void dynamodb_enable_ttl(const struct dynamodb *db, struct dynamodb_call *call,
			 const char *attribute);

#endif
