/*
 * The design is in one place, `indexes` and `attributes`: CreateTable's request is made from it,
 * and the table that is there is compared with it.
 */
#include "repo/table_repo.h"

#include <assert.h>
#include <string.h>

#include "base/json_scan.h"

enum {
	DESIGN_MAX = 16 * 1024,
	POLL_US = 250 * 1000,
	KEYS = 2,
};

/*
 * What the indexes keep beside the keys: what the lists show, of these entities and of those to
 * come. DynamoDB allows 20 for each index, and changing them means making the index anew.
 */
static const char *const projected_1[] = {
	"name",       "price",      "currency",        "category",
	"image_url",  "version",    "created_at",      "updated_at",
	"status",     "total",      "payment_status",  "fulfillment_status",
	"user_id",    "line_count", "expires_at",      "ttl",
	"product_id", "carrier",    "tracking_number", "tracking_status",
	NULL,
};
static const char *const projected_2[] = {
	"name",      "price",      "currency",       "category",
	"image_url", "version",    "created_at",     "updated_at",
	"status",    "total",      "payment_status", "fulfillment_status",
	"user_id",   "line_count", "expires_at",     "ttl",
	"g1s",       "email",      "available",      "level",
	NULL,
};

static const struct index_design {
	const char *name;
	const char *keys[KEYS];
	const char *const *projected;
} indexes[] = {
	{"gsi1", {"g1p", "g1s"}, projected_1},
	{"gsi2", {"g2p", "g2s"}, projected_2},
};

enum { INDEX_COUNT = sizeof(indexes) / sizeof(indexes[0]) };

/* ------------------------------------------------------------------ the design as a request */

static void add_definition(struct buf *out, const char *attribute)
{
	buf_add_format(out, "{\"AttributeName\":\"%s\",\"AttributeType\":\"S\"}", attribute);
}

static void add_key_schema(struct buf *out, const char *const keys[static KEYS])
{
	buf_add_format(out,
		       "\"KeySchema\":[{\"AttributeName\":\"%s\",\"KeyType\":\"HASH\"},"
		       "{\"AttributeName\":\"%s\",\"KeyType\":\"RANGE\"}]",
		       keys[0], keys[1]);
}

static void add_index(struct buf *out, const struct index_design *index)
{
	buf_add_format(out, "{\"IndexName\":\"%s\",", index->name);
	add_key_schema(out, index->keys);
	buf_add_str(out, ",\"Projection\":{\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":[");
	for (size_t i = 0; index->projected[i]; i++)
		buf_add_format(out, "%s\"%s\"", i > 0 ? "," : "", index->projected[i]);
	buf_add_str(out, "]}}");
}

static void write_design(const struct repo *repo, struct buf *out)
{
	const char *const keys[KEYS] = {repo->db.partition_key, "sk"};

	buf_add_str(out, "\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[");
	add_definition(out, keys[0]);
	buf_add_char(out, ',');
	add_definition(out, keys[1]);
	for (size_t i = 0; i < INDEX_COUNT; i++) {
		buf_add_char(out, ',');
		add_definition(out, indexes[i].keys[0]);
		buf_add_char(out, ',');
		add_definition(out, indexes[i].keys[1]);
	}
	buf_add_str(out, "],");
	add_key_schema(out, keys);
	buf_add_str(out, ",\"GlobalSecondaryIndexes\":[");
	for (size_t i = 0; i < INDEX_COUNT; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		add_index(out, &indexes[i]);
	}
	buf_add_char(out, ']');
}

/* ------------------------------------------------------------------ comparing */

/* The element of an array of objects that has this text as this member; absent when none has. */
static struct span find_element(struct span array, const char *member, const char *text)
{
	struct json_walk walk;

	json_walk_init(&walk, array);
	while (json_walk_next(&walk)) {
		struct span raw = json_scan_raw_string(json_scan_member(walk.value, member));

		if (span_equals(raw, text))
			return walk.value;
	}
	return (struct span){0};
}

static bool has_key(struct span schema, const char *attribute, const char *type)
{
	struct span key = find_element(schema, "KeyType", type);
	struct span raw = json_scan_raw_string(json_scan_member(key, "AttributeName"));

	return span_equals(raw, attribute);
}

static bool is_string(struct span table, const char *attribute)
{
	struct span definition = find_element(json_scan_member(table, "AttributeDefinitions"),
					      "AttributeName", attribute);
	struct span type = json_scan_raw_string(json_scan_member(definition, "AttributeType"));

	return span_equals(type, "S");
}

/* `owner`: the table, or one of its indexes. */
static void compare_keys(struct span table, struct span owner, const char *const keys[static KEYS],
			 struct buf *out)
{
	static const char *const types[KEYS] = {"HASH", "RANGE"};
	struct span schema = json_scan_member(owner, "KeySchema");
	struct span index = json_scan_raw_string(json_scan_member(owner, "IndexName"));

	for (size_t i = 0; i < KEYS; i++) {
		if (has_key(schema, keys[i], types[i]) && is_string(table, keys[i]))
			continue;
		buf_add_format(out, "the %s key of %.*s must be the string attribute %s\n",
			       i == 0 ? "partition" : "sort",
			       index.data ? (int)index.len : (int)strlen("the table"),
			       index.data ? index.data : "the table", keys[i]);
	}
}

static bool has_text(struct span array, const char *text)
{
	struct json_walk walk;

	json_walk_init(&walk, array);
	while (json_walk_next(&walk)) {
		if (span_equals(json_scan_raw_string(walk.value), text))
			return true;
	}
	return false;
}

static void compare_projection(const struct index_design *index, struct span found, struct buf *out)
{
	struct span projection = json_scan_member(found, "Projection");
	struct span type = json_scan_raw_string(json_scan_member(projection, "ProjectionType"));
	struct span attributes = json_scan_member(projection, "NonKeyAttributes");

	if (span_equals(type, "ALL"))
		return;
	for (size_t i = 0; index->projected[i]; i++) {
		if (!has_text(attributes, index->projected[i]))
			buf_add_format(out, "index %s must project the attribute %s\n", index->name,
				       index->projected[i]);
	}
}

static void compare_indexes(struct span table, struct buf *out)
{
	struct span found = json_scan_member(table, "GlobalSecondaryIndexes");

	for (size_t i = 0; i < INDEX_COUNT; i++) {
		const struct index_design *index = &indexes[i];
		struct span one = find_element(found, "IndexName", index->name);

		if (!one.data) {
			buf_add_format(out, "there must be an index %s with the keys %s and %s\n",
				       index->name, index->keys[0], index->keys[1]);
			continue;
		}
		compare_keys(table, one, index->keys, out);
		compare_projection(index, one, out);
	}
}

static void compare(const struct repo *repo, struct span table, struct buf *differences)
{
	const char *const keys[KEYS] = {repo->db.partition_key, "sk"};

	compare_keys(table, table, keys, differences);
	compare_indexes(table, differences);
}

/* "UPDATING" serves as well as "ACTIVE". */
static bool is_in_service(struct span table)
{
	struct span status = json_scan_raw_string(json_scan_member(table, "TableStatus"));

	return span_equals(status, "ACTIVE") || span_equals(status, "UPDATING");
}

/* ------------------------------------------------------------------ table_repo_check */

struct check {
	struct repo *repo;
	struct buf *differences;
	struct await *await;
	struct dynamodb_call call;
};

/* From the id rather than the name: cursors of a table that was made anew are not taken. */
static bool make_cursor_key(struct repo *repo, struct span table)
{
	static const char label[] = "shopd cursor key";
	struct span id = json_scan_raw_string(json_scan_member(table, "TableId"));

	if (!id.data)
		id = json_scan_raw_string(json_scan_member(table, "TableArn"));
	return digest_hmac_sha256(repo->digest, (struct bytes){label, strlen(label)},
				  (struct bytes){id.data, id.len}, repo->cursor_key);
}

static enum result take_description(const struct check *check)
{
	struct span table = check->call.table;

	if (check->call.result != RESULT_OK)
		return check->call.result;
	compare(check->repo, table, check->differences);
	if (check->differences->len > 0)
		return RESULT_INVALID;
	if (!buf_ok(check->differences))
		return RESULT_NO_MEMORY;
	/* Being made: whoever asks tries again. */
	if (!is_in_service(table))
		return RESULT_UNREACHABLE;
	return make_cursor_key(check->repo, table) ? RESULT_OK : RESULT_NO_MEMORY;
}

static void on_checked(struct dynamodb_call *call)
{
	struct check *check = call->context;
	struct await *await = check->await;
	enum result result = take_description(check);

	dynamodb_call_clear(call);
	await_finish(await, result);
}

void table_repo_check(struct repo *repo, struct buf *differences, struct await *await)
{
	struct check *check = await_begin(await, sizeof(*check));

	if (!check)
		return;
	*check = (struct check){.repo = repo, .differences = differences, .await = await};
	check->call.await = await;
	check->call.done = on_checked;
	check->call.context = check;
	dynamodb_describe_table(&repo->db, &check->call);
}

/* ------------------------------------------------------------------ table_repo_make */

struct make {
	struct repo *repo;
	struct await *await;
	enum result result; /* what CreateTable said */
	struct loop_timer timer;
	struct dynamodb_call call;
};

static void finish_make(struct make *make, enum result result)
{
	dynamodb_call_clear(&make->call);
	await_finish(make->await, result);
}

/* The next call; its texts may point to the stack of whoever starts it. */
static void begin_call(struct make *make, void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&make->call);
	make->call = (struct dynamodb_call){.await = make->await, .done = done, .context = make};
}

static void on_ttl(struct dynamodb_call *call)
{
	struct make *make = call->context;
	/* TTL on another attribute: then it is another kind of table, and would delete at will. */
	bool is_other = call->result == RESULT_CONFLICT;

	if (call->result == RESULT_OK)
		finish_make(make, make->result);
	else
		finish_make(make, is_other ? RESULT_INVALID : call->result);
}

static void on_described(struct dynamodb_call *call);

static void on_timer(struct loop_timer *timer)
{
	struct make *make = timer->context;

	begin_call(make, on_described);
	dynamodb_describe_table(&make->repo->db, &make->call);
}

static void wait_a_little(struct make *make)
{
	struct loop *loop = make->repo->db.loop;

	make->timer = (struct loop_timer){.fire = on_timer, .context = make};
	if (!loop_timer_set(loop, &make->timer, loop_now_us(loop) + POLL_US))
		finish_make(make, RESULT_NO_MEMORY);
}

static void on_described(struct dynamodb_call *call)
{
	struct make *make = call->context;
	bool is_hidden = call->result == RESULT_NOT_FOUND; /* the listing lags behind the making */

	if (call->result != RESULT_OK && !is_hidden) {
		finish_make(make, call->result);
	} else if (is_hidden || !is_in_service(call->table)) {
		wait_a_little(make);
	} else {
		begin_call(make, on_ttl);
		dynamodb_enable_ttl(&make->repo->db, &make->call, "ttl");
	}
}

static void on_made(struct dynamodb_call *call)
{
	struct make *make = call->context;

	if (call->result != RESULT_OK && call->result != RESULT_EXISTS) {
		finish_make(make, call->result);
		return;
	}
	make->result = call->result;
	begin_call(make, on_described);
	dynamodb_describe_table(&make->repo->db, &make->call);
}

void table_repo_make(struct repo *repo, struct await *await)
{
	struct make *make = arena_alloc(await->arena, sizeof(*make));
	struct buf design = {0};

	await_start(await);
	buf_init(&design, DESIGN_MAX);
	write_design(repo, &design);
	if (!make || !buf_ok(&design)) {
		buf_clear(&design);
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	*make = (struct make){.repo = repo, .await = await};
	make->call = (struct dynamodb_call){.await = await, .done = on_made, .context = make};
	dynamodb_create_table(&repo->db, &make->call, buf_text(&design));
	buf_clear(&design);
}
