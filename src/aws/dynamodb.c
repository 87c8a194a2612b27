/*
 * Drives the operations. Each has a row in `operations`: the target, whether it only reads, how a
 * success is taken, and which errors are answers to it rather than failures. These functions either
 * finish the call or start its next request; one of the two, always.
 *
 * A new operation: a value of enum operation, its row, its texts in dynamodb_request.c, and a
 * function that begins it.
 */
#include "aws/dynamodb.h"

#include <assert.h>
#include <string.h>

#include "aws/dynamodb_answer.h"
#include "aws/dynamodb_request.h"
#include "base/json_scan.h"
#include "base/log.h"

enum {
	REQUEST_MAX = 16 * 1024 * 1024, /* DynamoDB's own limit */
	GATHERED_MAX = 16 * 1024 * 1024,
};

static const uint64_t conflict_base_us = 25000;
static const uint64_t rest_base_us = 50000;

enum operation {
	GET,
	QUERY,
	WRITE_PUT,
	WRITE_UPDATE,
	WRITE_DELETE,
	TRANSACT_WRITE,
	TRANSACT_GET,
	BATCH_GET,
	BATCH_WRITE,
	DESCRIBE_TABLE,
	CREATE_TABLE,
	DESCRIBE_TTL,
	ENABLE_TTL,
};

static void take_get(struct dynamodb_call *call);
static void take_query(struct dynamodb_call *call);
static bool decide_write(struct dynamodb_call *call);
static void take_success(struct dynamodb_call *call);
static void take_transact_get(struct dynamodb_call *call);
static bool decide_transaction(struct dynamodb_call *call);
static void take_batch_get(struct dynamodb_call *call);
static void take_batch_write(struct dynamodb_call *call);
static bool decide_batch(struct dynamodb_call *call);
static void take_description(struct dynamodb_call *call);
static bool decide_description(struct dynamodb_call *call);
static bool decide_creation(struct dynamodb_call *call);
static void take_ttl_description(struct dynamodb_call *call);

#define TARGET(name) "DynamoDB_20120810." name

static const struct {
	const char *target;
	bool is_read;
	void (*take)(struct dynamodb_call *call);
	bool (*decide)(struct dynamodb_call *call); /* false: a failure */
} operations[] = {
	[GET] = {TARGET("GetItem"), true, take_get, NULL},
	[QUERY] = {TARGET("Query"), true, take_query, NULL},
	[WRITE_PUT] = {TARGET("PutItem"), false, take_success, decide_write},
	[WRITE_UPDATE] = {TARGET("UpdateItem"), false, take_success, decide_write},
	[WRITE_DELETE] = {TARGET("DeleteItem"), false, take_success, decide_write},
	[TRANSACT_WRITE] = {TARGET("TransactWriteItems"), false, take_success, decide_transaction},
	[TRANSACT_GET] = {TARGET("TransactGetItems"), true, take_transact_get, decide_transaction},
	[BATCH_GET] = {TARGET("BatchGetItem"), true, take_batch_get, decide_batch},
	[BATCH_WRITE] = {TARGET("BatchWriteItem"), false, take_batch_write, decide_batch},
	[DESCRIBE_TABLE] = {TARGET("DescribeTable"), true, take_description, decide_description},
	[CREATE_TABLE] = {TARGET("CreateTable"), false, take_success, decide_creation},
	[DESCRIBE_TTL] = {TARGET("DescribeTimeToLive"), true, take_ttl_description, NULL},
	[ENABLE_TTL] = {TARGET("UpdateTimeToLive"), false, take_success, NULL},
};

void dynamodb_call_clear(struct dynamodb_call *call)
{
	aws_call_clear(&call->call);
	buf_clear(&call->gathered);
}

/* ------------------------------------------------------------------ beginning and ending */

static void finish(struct dynamodb_call *call, enum result result)
{
	bool is_read = operations[call->operation].is_read;

	if (call->is_uncertain && !is_read && result_is_failure(result))
		result = RESULT_UNKNOWN;
	call->result = result;
	call->done(call);
}

/* What the call came to when it is none of the answers that the operation knows. */
static enum result failure_of(const struct dynamodb_call *call)
{
	enum result result = call->call.result;

	if (strcmp(call->call.error, "ValidationException") == 0 &&
	    dynamodb_answer_is_size(call->call.answer))
		return RESULT_TOO_LARGE;
	if (result_is_failure(result))
		return result;
	/* A table that is not there or busy, a token used for something else: nothing to decide. */
	log_event(LOG_ERROR, "DynamoDB refuses a request", LOG_F_STR("target", call->call.target),
		  LOG_F_STR("error", call->call.error), LOG_F_STR("table", call->db->table));
	return RESULT_REFUSED;
}

/* Finds what the caller or we need at an answer's top level. */
static void view(struct dynamodb_call *call)
{
	static const struct {
		struct span name;
		size_t offset;
	} members[] = {
#define MEMBER(name, place) {{name, sizeof(name) - 1}, offsetof(struct dynamodb_call, place)}
		MEMBER("Item", item),
		MEMBER("Attributes", item),
		MEMBER("Items", items),
		MEMBER("LastEvaluatedKey", last_key),
		MEMBER("Table", table),
		MEMBER("TableDescription", table),
		MEMBER("ConsumedCapacity", consumed),
#undef MEMBER
	};
	const struct json_index *found = call->call.index;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		*(struct span *)((char *)call + members[i].offset) = (struct span){0};
	for (size_t at = 0; at < found->count; at++)
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			if (found->member[at].name.len == members[i].name.len &&
			    memcmp(found->member[at].name.data, members[i].name.data,
				   members[i].name.len) == 0)
				*(struct span *)((char *)call + members[i].offset) =
					found->member[at].value;
}

static void account(struct dynamodb_call *call)
{
	struct aws_metrics *metrics = aws_client_metrics(call->db->client);
	struct usage usage = {0};

	dynamodb_answer_usage(call->consumed, operations[call->operation].is_read, &usage);
	call->await->usage.read_millis += usage.read_millis;
	call->await->usage.write_millis += usage.write_millis;
	if (!metrics)
		return;
	metric_add(&metrics->read_millis, usage.read_millis);
	metric_add(&metrics->write_millis, usage.write_millis);
}

static void on_done(struct aws_call *aws)
{
	struct dynamodb_call *call = aws->context;

	if (aws->is_uncertain)
		call->is_uncertain = true;
	if (aws->result == RESULT_OK) {
		view(call);
		account(call);
		operations[call->operation].take(call);
	} else if (!operations[call->operation].decide ||
		   !operations[call->operation].decide(call)) {
		finish(call, failure_of(call));
	}
}

static void take_success(struct dynamodb_call *call)
{
	finish(call, RESULT_OK);
}

/* The body to be written. */
static struct buf *begin(const struct dynamodb *db, struct dynamodb_call *call,
			 enum operation operation)
{
	assert(call->await && call->done && !call->db);
	call->db = db;
	call->operation = operation;
	buf_init(&call->gathered, GATHERED_MAX);
	aws_call_init_body(db->client, &call->call, REQUEST_MAX);
	return &call->call.body;
}

static void start(struct dynamodb_call *call, uint64_t delay_us)
{
	call->call.target = operations[call->operation].target;
	call->call.is_read = operations[call->operation].is_read;
	call->call.await = call->await;
	call->call.done = on_done;
	call->call.context = call;
	if (delay_us)
		aws_call_start_later(call->db->client, &call->call, delay_us);
	else
		aws_call_start(call->db->client, &call->call);
}

/* ------------------------------------------------------------------ meeting other writers */

static bool error_is(const struct dynamodb_call *call, const char *name)
{
	return call->call.result == RESULT_CONFLICT && strcmp(call->call.error, name) == 0;
}

/* Once more, some time later, or not any more. */
static void yield_to_others(struct dynamodb_call *call)
{
	struct aws_metrics *metrics = aws_client_metrics(call->db->client);
	uint32_t random = aws_client_random(call->db->client);

	if (++call->tries >= DYNAMODB_CONFLICT_TRIES) {
		log_event(LOG_WARNING, "DynamoDB write met others each time",
			  LOG_F_STR("target", call->call.target), LOG_F_NUM("tries", call->tries),
			  LOG_F_STR("trace", call->await->trace_id));
		finish(call, RESULT_THROTTLED);
		return;
	}
	if (metrics)
		metric_add(&metrics->conflicts, 1);
	start(call, 1 + retry_backoff_us(conflict_base_us, call->tries, random));
}

/* ------------------------------------------------------------------ single items */

void dynamodb_get(const struct dynamodb *db, struct dynamodb_call *call, struct dynamodb_key key,
		  bool is_consistent)
{
	dynamodb_request_get(begin(db, call, GET), db, key, is_consistent);
	start(call, 0);
}

static void take_get(struct dynamodb_call *call)
{
	finish(call, call->item.data ? RESULT_OK : RESULT_NOT_FOUND);
}

void dynamodb_query(const struct dynamodb *db, struct dynamodb_call *call,
		    const struct dynamodb_query *query)
{
	dynamodb_request_query(begin(db, call, QUERY), db, query);
	start(call, 0);
}

static void take_query(struct dynamodb_call *call)
{
	finish(call, call->items.data ? RESULT_OK : RESULT_GARBLED);
}

void dynamodb_write(const struct dynamodb *db, struct dynamodb_call *call,
		    const struct dynamodb_write *write)
{
	static const enum operation by_action[] = {
		[DYNAMODB_PUT] = WRITE_PUT,
		[DYNAMODB_UPDATE] = WRITE_UPDATE,
		[DYNAMODB_DELETE] = WRITE_DELETE,
	};
	struct buf *body;

	assert(write->action != DYNAMODB_CHECK);
	body = begin(db, call, by_action[write->action]);
	call->action = (int)write->action;
	call->version = write->expected_version;
	id_make_random(call->token);
	dynamodb_request_write(body, db, write, call->token);
	start(call, 0);
}

/* The condition failed. For us, or because of us? */
static void take_failed_condition(struct dynamodb_call *call)
{
	call->item = json_scan_member(call->call.answer, "Item");
	if (!call->is_uncertain) {
		finish(call, RESULT_CONFLICT);
		return;
	}
	finish(call, dynamodb_answer_resolve(&(struct dynamodb_doubt){
			     .action = (enum dynamodb_action)call->action,
			     .token = call->token,
			     .expected_version = call->version,
			     .old = call->item,
		     }));
}

static bool decide_write(struct dynamodb_call *call)
{
	if (error_is(call, "ConditionalCheckFailedException"))
		take_failed_condition(call);
	else if (error_is(call, "TransactionConflictException"))
		yield_to_others(call);
	else
		return false;
	return true;
}

/* ------------------------------------------------------------------ transactions */

void dynamodb_transact_write(const struct dynamodb *db, struct dynamodb_call *call,
			     const struct dynamodb_write *writes, size_t count, const char *token)
{
	struct buf *body = begin(db, call, TRANSACT_WRITE);

	assert(count > 0 && count <= DYNAMODB_TRANSACT_MAX);
	assert(!token || strlen(token) <= ID_LEN);
	if (token)
		memcpy(call->token, token, strlen(token) + 1);
	else
		id_make_random(call->token);
	dynamodb_request_transact_write(body, db, writes, count, call->token);
	start(call, 0);
}

static void take_reasons(struct dynamodb_call *call)
{
	bool ok = dynamodb_answer_reasons(call->call.answer, call->await->arena, &call->reasons,
					  &call->failed_count);

	finish(call, ok ? RESULT_CONFLICT : RESULT_NO_MEMORY);
}

static bool decide_transaction(struct dynamodb_call *call)
{
	if (!error_is(call, "TransactionCanceledException"))
		return false;
	/*
	 * With the client token a repeated transaction that had succeeded is a success again. So
	 * this answer is about all tries: nothing was written by any of them.
	 */
	call->is_uncertain = false;
	switch (dynamodb_answer_cancellation(call->call.answer)) {
	case DYNAMODB_CANCELLED_BY_OTHERS:
		yield_to_others(call);
		return true;
	case DYNAMODB_CANCELLED_BY_CONDITION:
		take_reasons(call);
		return true;
	case DYNAMODB_CANCELLED_BY_SIZE:
		finish(call, RESULT_TOO_LARGE);
		return true;
	case DYNAMODB_CANCELLED_AS_WRONG:
		break;
	}
	return false;
}

void dynamodb_transact_get(const struct dynamodb *db, struct dynamodb_call *call,
			   const struct dynamodb_key *keys, size_t count)
{
	assert(count > 0 && count <= DYNAMODB_TRANSACT_MAX);
	dynamodb_request_transact_get(begin(db, call, TRANSACT_GET), db, keys, count);
	start(call, 0);
}

static void finish_with_gathered(struct dynamodb_call *call)
{
	call->items = (struct span){buf_text(&call->gathered), call->gathered.len};
	finish(call, buf_ok(&call->gathered) ? RESULT_OK : RESULT_NO_MEMORY);
}

static void take_transact_get(struct dynamodb_call *call)
{
	dynamodb_answer_transact_items(call->call.answer, &call->gathered);
	finish_with_gathered(call);
}

/* ------------------------------------------------------------------ batches */

void dynamodb_batch_get(const struct dynamodb *db, struct dynamodb_call *call,
			const struct dynamodb_key *keys, size_t count, bool is_consistent)
{
	assert(count > 0 && count <= DYNAMODB_BATCH_GET_MAX);
	dynamodb_request_batch_get(begin(db, call, BATCH_GET), db,
				   &(struct dynamodb_batch){keys, count, call->projection,
							    call->names, is_consistent});
	start(call, 0);
}

void dynamodb_batch_write(const struct dynamodb *db, struct dynamodb_call *call,
			  const struct dynamodb_write *writes, size_t count)
{
	assert(count > 0 && count <= DYNAMODB_BATCH_WRITE_MAX);
	dynamodb_request_batch_write(begin(db, call, BATCH_WRITE), db, writes, count);
	start(call, 0);
}

/* True when the answer left a rest, which is then asked for some time later. */
static bool ask_for_rest(struct dynamodb_call *call)
{
	struct span rest = dynamodb_answer_rest(call->call.answer);
	uint32_t random;

	if (!rest.data)
		return false;
	random = aws_client_random(call->db->client);
	buf_reset(&call->call.body);
	dynamodb_request_batch_rest(&call->call.body, rest);
	call->tries++;
	start(call, 1 + retry_backoff_us(rest_base_us, call->tries, random));
	return true;
}

/* A rest that the deadline left over is a service that asks us to slow down. */
static bool decide_batch(struct dynamodb_call *call)
{
	if (call->tries == 0 || call->call.result != RESULT_TIMEOUT)
		return false;
	finish(call, RESULT_THROTTLED);
	return true;
}

static void take_batch_get(struct dynamodb_call *call)
{
	struct span items = dynamodb_answer_batch_items(call->call.answer);

	if (call->tries == 0 && !dynamodb_answer_rest(call->call.answer).data) {
		call->items = items;
		finish(call, RESULT_OK);
		return;
	}
	if (call->tries == 0)
		buf_add_char(&call->gathered, '[');
	dynamodb_answer_gather(items, &call->gathered);
	if (ask_for_rest(call))
		return;
	buf_add_char(&call->gathered, ']');
	finish_with_gathered(call);
}

static void take_batch_write(struct dynamodb_call *call)
{
	if (!ask_for_rest(call))
		finish(call, RESULT_OK);
}

/* ------------------------------------------------------------------ the table itself */

void dynamodb_describe_table(const struct dynamodb *db, struct dynamodb_call *call)
{
	dynamodb_request_table(begin(db, call, DESCRIBE_TABLE), db);
	start(call, 0);
}

static void take_description(struct dynamodb_call *call)
{
	finish(call, call->table.data ? RESULT_OK : RESULT_GARBLED);
}

static bool decide_description(struct dynamodb_call *call)
{
	if (call->call.result != RESULT_NOT_FOUND)
		return false;
	finish(call, RESULT_NOT_FOUND);
	return true;
}

void dynamodb_create_table(const struct dynamodb *db, struct dynamodb_call *call,
			   const char *design)
{
	dynamodb_request_create_table(begin(db, call, CREATE_TABLE), db, design);
	start(call, 0);
}

static bool decide_creation(struct dynamodb_call *call)
{
	if (call->call.result != RESULT_EXISTS)
		return false;
	finish(call, RESULT_EXISTS);
	return true;
}

/* Switching on what is on already is an error that has no name of its own: so look first. */
void dynamodb_enable_ttl(const struct dynamodb *db, struct dynamodb_call *call,
			 const char *attribute)
{
	dynamodb_request_table(begin(db, call, DESCRIBE_TTL), db);
	call->attribute = attribute;
	start(call, 0);
}

static void take_ttl_description(struct dynamodb_call *call)
{
	struct span ttl = json_scan_member(call->call.answer, "TimeToLiveDescription");
	struct span status = json_scan_raw_string(json_scan_member(ttl, "TimeToLiveStatus"));

	if (span_equals(status, "ENABLED") || span_equals(status, "ENABLING")) {
		struct span on = json_scan_raw_string(json_scan_member(ttl, "AttributeName"));

		finish(call, span_equals(on, call->attribute) ? RESULT_OK : RESULT_CONFLICT);
		return;
	}
	call->operation = ENABLE_TTL;
	buf_reset(&call->call.body);
	dynamodb_request_ttl(&call->call.body, call->db, call->attribute);
	start(call, 0);
}
