#include "repo/due.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUES_SIZE = 384, TIME_LEN = CLOCK_RFC3339_SIZE - 1 };

struct find {
	struct repo *repo;
	struct await *await;
	struct due *out;
	struct dynamodb_call call;
};

/* "K#id", "O#id" or "U#id"; another tool's items are passed over. */
static void take_item(const struct find *find, const struct item *item)
{
	struct due *out = find->out;
	struct span key = item_raw_string(item, find->repo->db.partition_key);
	struct span sort = item_raw_string(item, "g2s");

	if (sort.len > 0 && sort.len < sizeof(out->last)) {
		memcpy(out->last, sort.data, sort.len);
		out->last[sort.len] = '\0';
	}
	if (key.len != 2 + ID_LEN || out->count == DUE_PAGE_MAX)
		return;
	out->is_person[out->count] = key.data[0] == 'U';
	memcpy(out->ids[out->count], key.data + 2, ID_LEN);
	out->ids[out->count++][ID_LEN] = '\0';
}

static void on_found(struct dynamodb_call *call)
{
	struct find *find = call->context;
	enum result result = call->result;
	struct json_walk walk;
	struct item item;

	find->out->count = 0;
	find->out->last[0] = '\0';
	find->out->has_more = call->last_key.data;
	json_walk_init(&walk, call->items);
	while (result == RESULT_OK && item_view_next(&walk, &item))
		take_item(find, &item);
	if (!find->out->last[0])
		find->out->has_more = false;
	dynamodb_call_clear(call);
	await_finish(find->await, result);
}

/* Sort keys are "time#id", and "$" is what comes after "#". */
static void write_values(const struct due_query *query, char values[static VALUES_SIZE])
{
	static const char *const prefixes[] = {
		[DUE_CHECKOUTS] = "EXP",
		[DUE_ORDERS] = "OS#placed",
	};
	char until[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(query->until_ms, until);
	snprintf(values, VALUES_SIZE,
		 "{\":p\":{\"S\":\"%s#%" PRIu32 "\"},\":from\":{\"S\":\"%s!\"},"
		 "\":to\":{\"S\":\"%s$\"}}",
		 prefixes[query->kind], query->shard, query->after ? query->after : "", until);
}

static bool is_empty(const struct due_query *query)
{
	char until[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(query->until_ms, until);
	return query->after && strncmp(query->after, until, TIME_LEN) > 0;
}

void due_find(struct repo *repo, const struct due_query *query, struct due *out,
	      struct await *await)
{
	struct find *find = arena_alloc(await->arena, sizeof(*find));
	char values[VALUES_SIZE];

	await_start(await);
	if (!find || is_empty(query)) {
		out->count = 0;
		out->has_more = false;
		await_finish(await, find ? RESULT_OK : RESULT_NO_MEMORY);
		return;
	}
	*find = (struct find){.repo = repo, .await = await, .out = out};
	find->call = (struct dynamodb_call){.await = await, .done = on_found, .context = find};
	write_values(query, values);
	dynamodb_query(&repo->db, &find->call,
		       &(struct dynamodb_query){
			       .index = "gsi2",
			       .condition = "g2p = :p AND g2s BETWEEN :from AND :to",
			       .values = values,
			       .limit = DUE_PAGE_MAX,
		       });
}
