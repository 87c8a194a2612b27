#include "repo/partition_list.h"

#include <stdio.h>
#include <string.h>

#include "base/json_string.h"
#include "repo/cursor.h"
#include "repo/merged_list.h"

enum {
	TEXT_MAX = 16 * 1024,
	CONDITION_MAX = 256,
	SHARD_SIZE = 16,
};

struct index_attributes {
	const char *index;
	const char *partition;
	const char *sort;
};

static const struct index_attributes attributes[] = {
	[PARTITION_TABLE] = {NULL, "#p", "sk"},
	[PARTITION_GSI1] = {"gsi1", "g1p", "g1s"},
	[PARTITION_GSI2] = {"gsi2", "g2p", "g2s"},
};

/* What is asked for, while it is put into DynamoDB's terms. */
struct list {
	const struct repo *repo;
	const struct partition_list_query *query;
	const char *const *partitions; /* ends in NULL */
	const struct index_attributes *on;
	struct arena *arena;
	struct span scope;
	struct span after; /* the sort key at which the page before ended; absent: from the start */
	const char *low;   /* the range of sort keys, both ends in it; NULL: open */
	const char *high;
	size_t part_count;
	const char *const *values;
	const char *names;
	const char *condition;
};

static char *keep(const struct list *list, struct buf *text)
{
	char *kept = buf_ok(text) ? arena_copy(list->arena, buf_text(text), text->len) : NULL;

	buf_clear(text);
	return kept;
}

static void add_sized(struct buf *out, const char *text)
{
	buf_add_format(out, " %zu:", text ? strlen(text) : 0);
	buf_add_str(out, text ? text : "");
}

/* A text that differs between any two queries that list different things. */
static bool make_scope(struct list *list)
{
	const struct partition_list_query *query = list->query;
	struct buf scope = {0};

	buf_init(&scope, TEXT_MAX);
	buf_add_format(&scope, "partition %d%d%d", (int)query->index, query->is_sharded,
		       query->is_descending);
	for (const char *const *partition = list->partitions; *partition; partition++)
		add_sized(&scope, *partition);
	add_sized(&scope, query->prefix);
	add_sized(&scope, query->from);
	add_sized(&scope, query->to);
	list->scope.len = scope.len;
	list->scope.data = keep(list, &scope);
	return list->scope.data;
}

/* ------------------------------------------------------------------ the range */

/* DynamoDB compares bytes, which is what strcmp does. */
static const char *later(const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return strcmp(a, b) > 0 ? a : b;
}

static const char *earlier(const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return strcmp(a, b) < 0 ? a : b;
}

/* The prefix and the last character there is. */
static const char *end_of_prefix(const struct list *list)
{
	struct buf end = {0};

	buf_init(&end, TEXT_MAX);
	buf_add_str(&end, list->query->prefix);
	buf_add_str(&end, "\xf4\x8f\xbf\xbf");
	return keep(list, &end);
}

static bool has_prefix(const struct list *list)
{
	return list->query->prefix && list->query->prefix[0];
}

/* A sort key takes one comparison only, so everything that limits it becomes one range. */
static bool make_range(struct list *list)
{
	const struct partition_list_query *query = list->query;
	const char *prefix_end = has_prefix(list) ? end_of_prefix(list) : NULL;

	if (has_prefix(list) && !prefix_end)
		return false;
	list->low = later(query->from, has_prefix(list) ? query->prefix : NULL);
	list->high = earlier(query->to, prefix_end);
	if (query->is_descending)
		list->high = earlier(list->high, list->after.data);
	else
		list->low = later(list->low, list->after.data);
	return true;
}

static bool is_empty(const struct list *list)
{
	return list->low && list->high && strcmp(list->low, list->high) > 0;
}

static bool make_condition(struct list *list)
{
	const char *sort = list->on->sort;
	struct buf condition = {0};

	buf_init(&condition, CONDITION_MAX);
	buf_add_format(&condition, "%s = :p", list->on->partition);
	if (list->low && list->high)
		buf_add_format(&condition, " AND %s BETWEEN :low AND :high", sort);
	else if (list->low)
		buf_add_format(&condition, " AND %s >= :low", sort);
	else if (list->high)
		buf_add_format(&condition, " AND %s <= :high", sort);
	list->condition = keep(list, &condition);
	return list->condition;
}

/* ------------------------------------------------------------------ the parts */

static void add_string(struct buf *out, const char *name, const char *text)
{
	if (text)
		attribute_add_string(out, name, text, strlen(text));
}

static const char *make_part(const struct list *list, const char *name, size_t shard)
{
	struct buf partition = {0};
	struct buf values = {0};

	buf_init(&partition, TEXT_MAX);
	buf_add_str(&partition, name);
	if (list->query->is_sharded)
		buf_add_format(&partition, "#%zu", shard);
	buf_init(&values, TEXT_MAX);
	buf_add_char(&values, '{');
	add_string(&values, ":p", buf_text(&partition));
	add_string(&values, ":low", list->low);
	add_string(&values, ":high", list->high);
	buf_add_char(&values, '}');
	if (!buf_ok(&partition))
		values.failed = true;
	buf_clear(&partition);
	return keep(list, &values);
}

static bool make_parts(struct list *list)
{
	size_t shards = list->query->is_sharded ? list->repo->write_shards : 1;
	const char **values;

	while (list->partitions[list->part_count])
		list->part_count++;
	list->part_count *= shards;
	values = arena_alloc(list->arena, list->part_count * sizeof(*values));
	if (!values)
		return false;
	for (size_t i = 0; i < list->part_count; i++) {
		values[i] = make_part(list, list->partitions[i / shards], i % shards);
		if (!values[i])
			return false;
	}
	list->values = values;
	return true;
}

static bool make_names(struct list *list)
{
	char names[REPO_NAMES_SIZE];

	if (list->on->index)
		return true;
	repo_key_names(list->repo, names);
	list->names = arena_copy(list->arena, names, strlen(names));
	return list->names;
}

/* ------------------------------------------------------------------ positions */

static int ascending(struct span a, struct span b)
{
	return strcmp(a.data, b.data);
}

static int descending(struct span a, struct span b)
{
	return strcmp(b.data, a.data);
}

static void write_position(const struct item *entry, const void *context, struct buf *out)
{
	const struct index_attributes *on = context;

	json_string_decode(json_scan_member(item_get(entry, on->sort), "S"), out);
}

/* ------------------------------------------------------------------ finding */

static enum result prepare(struct list *list)
{
	enum result result = RESULT_OK;

	if (!make_scope(list))
		return RESULT_NO_MEMORY;
	if (list->query->cursor)
		result = cursor_read(list->repo, list->scope, list->query->cursor, list->arena,
				     &list->after);
	if (result != RESULT_OK)
		return result;
	if (!make_range(list) || !make_condition(list) || !make_names(list) || !make_parts(list))
		return RESULT_NO_MEMORY;
	return RESULT_OK;
}

static void start(struct repo *repo, const struct list *list, struct list_page *out,
		  struct await *await)
{
	const struct partition_list_query *query = list->query;

	merged_list_find(repo,
			 &(struct merged_list_query){
				 .index = list->on->index,
				 .condition = list->condition,
				 .names = list->names,
				 .values = list->values,
				 .part_count = list->part_count,
				 .is_backwards = query->is_descending,
				 .is_consistent = query->is_consistent,
				 .is_in_order = true,
				 .repeats_after = list->after.data,
				 .order = query->is_descending ? descending : ascending,
				 .position = write_position,
				 .context = list->on,
				 .limit = query->limit,
				 .scope = list->scope,
				 .after = list->after,
			 },
			 out, await);
}

void partition_list_find(struct repo *repo, const struct partition_list_query *query,
			 struct list_page *out, struct await *await)
{
	const char *const only[] = {query->partition, NULL};
	struct list list = {
		.repo = repo,
		.query = query,
		.partitions = query->partitions ? query->partitions : only,
		.on = &attributes[query->index],
		.arena = await->arena,
	};
	enum result result = prepare(&list);

	if (result == RESULT_OK && !is_empty(&list)) {
		start(repo, &list, out, await);
		return;
	}
	await_start(await);
	if (result == RESULT_OK)
		*out = (struct list_page){0};
	await_finish(await, result);
}
