#include "aws/dynamodb_request.h"

#include <assert.h>
#include <string.h>

/*
 * Keeps an update from being applied twice when its first answer was lost, whatever the caller's
 * own condition says.
 */
static const char not_ours_yet[] = "(attribute_not_exists(wt) OR wt <> :wt)";

static const char with_usage[] = ",\"ReturnConsumedCapacity\":\"TOTAL\"}";

/* `{"name":` or `,"name":` */
static void begin_member(struct buf *out, const char *name)
{
	if (out->len == 0 || out->data[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_add_char(out, '"');
	buf_add_str(out, name);
	buf_add(out, "\":", 2);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	begin_member(out, name);
	buf_add_json_string(out, text, strlen(text));
}

/* A value that is JSON already. */
static void add_json(struct buf *out, const char *name, const char *json)
{
	if (!json)
		return;
	begin_member(out, name);
	buf_add_str(out, json);
}

static void begin_table(struct buf *out, const struct dynamodb *db)
{
	buf_add_char(out, '{');
	add_text(out, "TableName", db->table);
}

static void add_key_members(struct buf *out, const struct dynamodb *db, struct dynamodb_key key)
{
	attribute_add_string(out, db->partition_key, key.pk, strlen(key.pk));
	attribute_add_string(out, "sk", key.sk, strlen(key.sk));
}

static void add_key_object(struct buf *out, const struct dynamodb *db, struct dynamodb_key key)
{
	buf_add_char(out, '{');
	add_key_members(out, db, key);
	buf_add_char(out, '}');
}

static void add_key(struct buf *out, const struct dynamodb *db, struct dynamodb_key key)
{
	begin_member(out, "Key");
	add_key_object(out, db, key);
}

void dynamodb_request_get(struct buf *out, const struct dynamodb *db, struct dynamodb_key key,
			  bool is_consistent)
{
	begin_table(out, db);
	add_key(out, db, key);
	if (is_consistent)
		add_json(out, "ConsistentRead", "true");
	buf_add_str(out, with_usage);
}

void dynamodb_request_query(struct buf *out, const struct dynamodb *db,
			    const struct dynamodb_query *query)
{
	begin_table(out, db);
	add_text(out, "IndexName", query->index);
	add_text(out, "KeyConditionExpression", query->condition);
	add_text(out, "FilterExpression", query->filter);
	add_text(out, "ProjectionExpression", query->projection);
	add_json(out, "ExpressionAttributeNames", query->names);
	add_json(out, "ExpressionAttributeValues", query->values);
	if (query->start_key.data) {
		begin_member(out, "ExclusiveStartKey");
		buf_add(out, query->start_key.data, query->start_key.len);
	}
	if (query->limit) {
		begin_member(out, "Limit");
		buf_add_u64(out, query->limit);
	}
	if (query->is_backwards)
		add_json(out, "ScanIndexForward", "false");
	if (query->is_consistent)
		add_json(out, "ConsistentRead", "true");
	buf_add_str(out, with_usage);
}

/* `token` NULL: without a write token. */
static void add_item(struct buf *out, const struct dynamodb *db, const struct dynamodb_write *write,
		     const char *token)
{
	begin_member(out, "Item");
	buf_add_char(out, '{');
	add_key_members(out, db, write->key);
	if (write->item && write->item[0]) {
		buf_add_char(out, ',');
		buf_add_str(out, write->item);
	}
	if (token)
		attribute_add_string(out, "wt", token, strlen(token));
	buf_add_char(out, '}');
}

static bool starts_with_set(const char *update)
{
	return strncmp(update, "SET ", 4) == 0;
}

static void add_update(struct buf *out, const char *update, const char *token)
{
	if (!token) {
		add_text(out, "UpdateExpression", update);
		return;
	}
	begin_member(out, "UpdateExpression");
	buf_add_str(out, "\"SET wt = :wt");
	buf_add_str(out, starts_with_set(update) ? ", " : " ");
	if (starts_with_set(update))
		update += 4;
	/* An expression has no characters that JSON escapes: names and values are placeholders. */
	assert(!strpbrk(update, "\"\\\n"));
	buf_add_str(out, update);
	buf_add_char(out, '"');
}

static void add_condition(struct buf *out, const char *condition, bool is_guarded)
{
	if (!is_guarded) {
		add_text(out, "ConditionExpression", condition);
		return;
	}
	begin_member(out, "ConditionExpression");
	buf_add_char(out, '"');
	if (condition) {
		assert(!strpbrk(condition, "\"\\\n"));
		buf_add_char(out, '(');
		buf_add_str(out, condition);
		buf_add_str(out, ") AND ");
	}
	buf_add_str(out, not_ours_yet);
	buf_add_char(out, '"');
}

/* The caller's object of values with ":wt" added. */
static void add_guarded_values(struct buf *out, const char *values, const char *token)
{
	const char *end = values ? strrchr(values, '}') : NULL;

	begin_member(out, "ExpressionAttributeValues");
	if (end)
		buf_add(out, values, (size_t)(end - values));
	else
		buf_add_char(out, '{');
	attribute_add_string(out, ":wt", token, strlen(token));
	buf_add_char(out, '}');
}

/* The members that say what to write and on what condition, behind TableName. */
static void add_write(struct buf *out, const struct dynamodb *db,
		      const struct dynamodb_write *write, const char *token)
{
	bool is_guarded = token && write->action == DYNAMODB_UPDATE;

	if (write->action == DYNAMODB_PUT)
		add_item(out, db, write, token);
	else
		add_key(out, db, write->key);
	if (write->action == DYNAMODB_UPDATE)
		add_update(out, write->update, token);
	add_condition(out, write->condition, is_guarded);
	add_json(out, "ExpressionAttributeNames", write->names);
	if (is_guarded)
		add_guarded_values(out, write->values, token);
	else
		add_json(out, "ExpressionAttributeValues", write->values);
	if (write->condition || is_guarded)
		add_text(out, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
}

void dynamodb_request_write(struct buf *out, const struct dynamodb *db,
			    const struct dynamodb_write *write, const char *token)
{
	begin_table(out, db);
	add_write(out, db, write, token);
	if (write->action == DYNAMODB_UPDATE)
		add_text(out, "ReturnValues", "ALL_NEW");
	buf_add_str(out, with_usage);
}

void dynamodb_request_transact_write(struct buf *out, const struct dynamodb *db,
				     const struct dynamodb_write *writes, size_t count,
				     const char *token)
{
	static const char *const actions[] = {
		[DYNAMODB_PUT] = "{\"Put\":",
		[DYNAMODB_UPDATE] = "{\"Update\":",
		[DYNAMODB_DELETE] = "{\"Delete\":",
		[DYNAMODB_CHECK] = "{\"ConditionCheck\":",
	};

	buf_add_str(out, "{\"TransactItems\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_str(out, actions[writes[i].action]);
		begin_table(out, db);
		add_write(out, db, &writes[i], NULL);
		buf_add(out, "}}", 2);
	}
	buf_add_char(out, ']');
	add_text(out, "ClientRequestToken", token);
	buf_add_str(out, with_usage);
}

void dynamodb_request_transact_get(struct buf *out, const struct dynamodb *db,
				   const struct dynamodb_key *keys, size_t count)
{
	buf_add_str(out, "{\"TransactItems\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_str(out, "{\"Get\":");
		begin_table(out, db);
		add_key(out, db, keys[i]);
		buf_add(out, "}}", 2);
	}
	buf_add_char(out, ']');
	buf_add_str(out, with_usage);
}

static void begin_batch(struct buf *out, const struct dynamodb *db)
{
	buf_add_str(out, "{\"RequestItems\":{");
	buf_add_json_string(out, db->table, strlen(db->table));
	buf_add_char(out, ':');
}

void dynamodb_request_batch_get(struct buf *out, const struct dynamodb *db,
				const struct dynamodb_batch *batch)
{
	begin_batch(out, db);
	buf_add_str(out, "{\"Keys\":[");
	for (size_t i = 0; i < batch->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		add_key_object(out, db, batch->keys[i]);
	}
	buf_add_char(out, ']');
	add_text(out, "ProjectionExpression", batch->projection);
	add_json(out, "ExpressionAttributeNames", batch->names);
	if (batch->is_consistent)
		add_json(out, "ConsistentRead", "true");
	buf_add(out, "}}", 2);
	buf_add_str(out, with_usage);
}

void dynamodb_request_batch_write(struct buf *out, const struct dynamodb *db,
				  const struct dynamodb_write *writes, size_t count)
{
	begin_batch(out, db);
	buf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		bool is_put = writes[i].action == DYNAMODB_PUT;

		assert(is_put || writes[i].action == DYNAMODB_DELETE);
		assert(!writes[i].condition);
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_str(out, is_put ? "{\"PutRequest\":{" : "{\"DeleteRequest\":{");
		if (is_put)
			add_item(out, db, &writes[i], NULL);
		else
			add_key(out, db, writes[i].key);
		buf_add(out, "}}", 2);
	}
	buf_add(out, "]}", 2);
	buf_add_str(out, with_usage);
}

void dynamodb_request_batch_rest(struct buf *out, struct span rest)
{
	buf_add_str(out, "{\"RequestItems\":");
	buf_add(out, rest.data, rest.len);
	buf_add_str(out, with_usage);
}

void dynamodb_request_table(struct buf *out, const struct dynamodb *db)
{
	begin_table(out, db);
	buf_add_char(out, '}');
}

void dynamodb_request_create_table(struct buf *out, const struct dynamodb *db, const char *design)
{
	begin_table(out, db);
	buf_add_char(out, ',');
	buf_add_str(out, design);
	buf_add_char(out, '}');
}

void dynamodb_request_ttl(struct buf *out, const struct dynamodb *db, const char *attribute)
{
	begin_table(out, db);
	begin_member(out, "TimeToLiveSpecification");
	buf_add_char(out, '{');
	add_text(out, "AttributeName", attribute);
	add_json(out, "Enabled", "true");
	buf_add(out, "}}", 2);
}
