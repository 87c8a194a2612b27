#include "repo/product_list.h"

#include <stdio.h>
#include <string.h>

#include "domain/name_fold.h"
#include "repo/cursor.h"
#include "repo/merged_list.h"
#include "repo/product_view.h"

enum {
	TEXT_MAX = 8 * 1024,
	FILTERED_PAGE = 100, /* to begin with, where a filter takes some out */
	CATEGORY_KEY_SIZE = 1024,
};

/* What is asked for, while it is put into DynamoDB's terms. */
struct list {
	const struct repo *repo;
	struct arena *arena;
	struct product_list_query query;
	bool is_in_order;   /* the index is in the order that is asked for */
	const char *prefix; /* folded; NULL: any name */
	struct span scope;  /* for the cursor: what is asked for */
	struct span after;  /* the position that the cursor names; absent: from the start */
	size_t part_count;
	const char *const *values; /* of each part */
};

/* What the positions of entries are made of. */
struct order {
	enum product_order order;
	const char *partition_key;
};

static void write_position(const struct item *entry, const void *context, struct buf *out)
{
	const struct order *order = context;
	struct span id = product_view_id(entry, order->partition_key);

	if (id.data)
		product_order_position(order->order, entry, id, out);
}

/* ------------------------------------------------------------------ what to ask for */

/*
 * An index in order is entered behind the cursor. A sort key takes one comparison only, so with a
 * prefix too it is a range, up to the prefix and the last character there is.
 */
static const char *choose_condition(const struct list *list)
{
	bool continues = list->after.data && list->is_in_order;

	if (!list->query.category)
		return continues ? "g2p = :p AND g2s < :after" : "g2p = :p";
	if (continues)
		return list->prefix ? "g1p = :p AND g1s BETWEEN :after AND :end"
				    : "g1p = :p AND g1s > :after";
	return list->prefix ? "g1p = :p AND begins_with(g1s, :q)" : "g1p = :p";
}

static void add_after(const struct list *list, struct buf *values)
{
	struct buf key = {0};

	buf_init(&key, TEXT_MAX);
	product_order_key(list->after, list->query.category ? '\t' : '#', &key);
	attribute_add_string(values, ":after", buf_text(&key), key.len);
	if (!buf_ok(&key))
		values->failed = true;
	buf_clear(&key);
}

static void add_end(const struct list *list, struct buf *values)
{
	char end[CATEGORY_KEY_SIZE];

	snprintf(end, sizeof(end), "%s\xf4\x8f\xbf\xbf", list->prefix);
	attribute_add_string(values, ":end", end, strlen(end));
}

static bool is_range(const struct list *list)
{
	return list->after.data && list->is_in_order && list->query.category && list->prefix;
}

/* Exactly the values that condition and filter name: DynamoDB refuses others. */
static char *make_values(const struct list *list, const char *partition)
{
	bool continues = list->after.data && list->is_in_order;
	struct buf values = {0};
	char *text = NULL;

	buf_init(&values, TEXT_MAX);
	buf_add_char(&values, '{');
	attribute_add_string(&values, ":p", partition, strlen(partition));
	if (continues)
		add_after(list, &values);
	if (is_range(list))
		add_end(list, &values);
	else if (list->prefix)
		attribute_add_string(&values, ":q", list->prefix, strlen(list->prefix));
	buf_add_char(&values, '}');
	if (buf_ok(&values))
		text = arena_copy(list->arena, values.data, values.len);
	buf_clear(&values);
	return text;
}

static const char *make_part(const struct list *list, size_t index)
{
	char partition[CATEGORY_KEY_SIZE];

	if (list->query.category)
		snprintf(partition, sizeof(partition), "CAT#%s", list->query.category);
	else
		snprintf(partition, sizeof(partition), "PROD#%zu", index);
	return make_values(list, partition);
}

/* A category is one partition of its index, everything is spread over the shards of the other. */
static bool make_parts(struct list *list)
{
	const char **values;

	list->part_count = list->query.category ? 1 : list->repo->write_shards;
	values = arena_alloc(list->arena, list->part_count * sizeof(*values));
	if (!values)
		return false;
	for (size_t i = 0; i < list->part_count; i++) {
		values[i] = make_part(list, i);
		if (!values[i])
			return false;
	}
	list->values = values;
	return true;
}

/* A text that differs between any two queries that list different things. */
static bool make_scope(struct list *list)
{
	const struct product_list_query *query = &list->query;
	struct buf scope = {0};
	const char *text = NULL;

	buf_init(&scope, TEXT_MAX);
	buf_add_format(&scope, "product %d%s %s %zu:%s", (int)query->order,
		       query->is_in_stock ? " in stock" : "", query->category ? "in" : "all",
		       query->category ? strlen(query->category) : 0,
		       query->category ? query->category : "");
	buf_add_str(&scope, list->prefix ? list->prefix : "");
	if (buf_ok(&scope))
		text = arena_copy(list->arena, scope.data, scope.len);
	list->scope = (struct span){text, scope.len};
	buf_clear(&scope);
	return text;
}

static bool fold_prefix(struct list *list)
{
	struct buf folded = {0};

	if (!list->query.prefix || !list->query.prefix[0])
		return true;
	buf_init(&folded, TEXT_MAX);
	name_fold(span_of(list->query.prefix), &folded);
	if (buf_ok(&folded))
		list->prefix = arena_copy(list->arena, folded.data, folded.len);
	buf_clear(&folded);
	return list->prefix;
}

static enum result prepare(struct list *list)
{
	enum result result = RESULT_OK;

	list->is_in_order =
		list->query.order == (list->query.category ? PRODUCT_BY_NAME : PRODUCT_BY_CREATED);
	if (!fold_prefix(list) || !make_scope(list))
		return RESULT_NO_MEMORY;
	if (list->query.cursor)
		result = cursor_read(list->repo, list->scope, list->query.cursor, list->arena,
				     &list->after);
	if (result == RESULT_OK && !make_parts(list))
		result = RESULT_NO_MEMORY;
	return result;
}

static void start(struct repo *repo, const struct list *list, struct list_page *out,
		  struct await *await)
{
	const char *category = list->query.category;
	bool is_filtered = list->prefix && !category;
	struct order *order = arena_alloc(list->arena, sizeof(*order));

	if (!order) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	*order = (struct order){list->query.order, repo->db.partition_key};
	merged_list_find(repo,
			 &(struct merged_list_query){
				 .index = category ? "gsi1" : "gsi2",
				 .condition = choose_condition(list),
				 .filter = is_filtered ? "begins_with(g1s, :q)" : NULL,
				 .values = list->values,
				 .part_count = list->part_count,
				 .is_backwards = !category,
				 .is_in_order = list->is_in_order,
				 .page_limit = is_filtered && list->is_in_order ? FILTERED_PAGE : 0,
				 .repeats_after = is_range(list),
				 .read_units = PRODUCT_LIST_READ_UNITS,
				 .order = product_order_compare(list->query.order),
				 .position = write_position,
				 .context = order,
				 .limit = list->query.limit,
				 .scope = list->scope,
				 .after = list->after,
			 },
			 out, await);
}

void product_list_find(struct repo *repo, const struct product_list_query *query,
		       struct list_page *out, struct await *await)
{
	struct list list = {.repo = repo, .arena = await->arena, .query = *query};
	enum result result = prepare(&list);

	if (result == RESULT_OK) {
		start(repo, &list, out, await);
		return;
	}
	await_start(await);
	await_finish(await, result);
}

const char *product_list_cursor(const struct repo *repo, const struct product_list_query *query,
				struct span entry, struct arena *arena)
{
	struct list list = {.repo = repo, .arena = arena, .query = *query};
	struct order order = {query->order, repo->db.partition_key};
	struct buf position = {0};
	const char *cursor = NULL;
	struct item item;

	(void)!item_view(&item, entry); /* it is one, for it is in the list */
	buf_init(&position, TEXT_MAX);
	write_position(&item, &order, &position);
	if (buf_ok(&position) && fold_prefix(&list) && make_scope(&list))
		cursor = cursor_make(repo, list.scope,
				     (struct span){buf_text(&position), position.len}, arena);
	buf_clear(&position);
	return cursor;
}
