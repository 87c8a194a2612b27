#include "repo/product_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_exact.h"
#include "base/json_scan.h"
#include "domain/name_fold.h"
#include "domain/product_field.h"

enum {
	INDEX_KEY_MAX = 1024, /* DynamoDB's limit for a sort key */
	NUMBER_SIZE = 24,
};

/* Attributes of a product's item that are no fields of a product. */
static const char *const own_attributes[] = {
	"sk", "wt", "extra", "version", "created_at", "updated_at", "g1p", "g1s", "g2p", "g2s",
};

void product_item_key(const char *prefix, const char *id, char key[static PRODUCT_KEY_SIZE])
{
	snprintf(key, PRODUCT_KEY_SIZE, "%s%s", prefix, id);
}

static uint64_t version_of(const struct item *item)
{
	uint64_t version = 0;

	(void)!item_u64(item, "version", &version);
	return version;
}

bool product_item_find(struct span items, const struct json_index *index,
		       struct stored_product *out)
{
	struct json_walk walk;
	struct item item;

	out->product.count = 0;
	out->stock.count = 0;
	json_walk_init(&walk, items);
	walk.index = index;
	while (item_view_next(&walk, &item)) {
		struct span sk = item_raw_string(&item, "sk");

		if (span_equals(sk, "#"))
			item_copy(&out->product, &item);
		else if (span_equals(sk, "STOCK"))
			item_copy(&out->stock, &item);
	}
	out->version = version_of(&out->product);
	out->stock_version = version_of(&out->stock);
	return out->product.count > 0;
}

/* ------------------------------------------------------------------ an item as a tree */

static void add_member(struct span name, struct span typed, struct buf *out)
{
	size_t before = out->len;

	if (before > 1)
		buf_add_char(out, ',');
	buf_add_char(out, '"');
	buf_add(out, name.data, name.len);
	buf_add(out, "\":", 2);
	if (!attribute_to_json(typed, out))
		buf_truncate(out, before < out->len ? before : out->len);
}

static void write_tree(const struct item *item, struct buf *out)
{
	struct json_walk walk;

	buf_add_char(out, '{');
	for (const struct field *field = product_fields; field->name; field++) {
		struct span typed = item_get(item, field->name);

		if (field->role == FIELD_STORED && typed.data)
			add_member(span_of(field->name), typed, out);
	}
	json_walk_init(&walk, json_scan_member(item_get(item, "extra"), "M"));
	while (json_walk_next(&walk))
		add_member(walk.name, walk.value, out);
	buf_add_char(out, '}');
}

enum result product_item_tree(const struct item *item, json_t **product)
{
	struct json_mistake mistake = {0};
	struct buf text = {0};
	json_t *tree = NULL;
	enum result result = RESULT_NO_MEMORY;

	buf_init(&text, PRODUCT_ITEM_MAX);
	write_tree(item, &text);
	if (buf_ok(&text)) {
		tree = json_exact_parse((struct span){buf_text(&text), text.len}, &mistake);
		if (!tree && mistake.line > 0)
			result = RESULT_GARBLED;
	}
	buf_clear(&text);
	if (!tree)
		return result;
	*product = tree;
	return RESULT_OK;
}

/* ------------------------------------------------------------------ a tree as an item */

static void add_number(struct buf *out, const char *name, int64_t number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, number);
	attribute_add_number(out, name, text);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	attribute_add_string(out, name, text, strlen(text));
}

/*
 * The key by which a category is sorted and searched. The tab sorts before everything that a name
 * can have, so "tea" comes before "tea pot".
 */
static void add_name_key(struct buf *out, const json_t *product, const char *id)
{
	const char *name = json_string_value(json_object_get(product, "name"));
	struct buf key = {0};

	buf_init(&key, INDEX_KEY_MAX);
	name_fold(span_of(name ? name : ""), &key);
	buf_add_char(&key, '\t');
	buf_add_str(&key, id);
	attribute_add_string(out, "g1s", buf_text(&key), key.len);
	if (!buf_ok(&key))
		out->failed = true;
	buf_clear(&key);
}

static void add_index_keys(struct buf *out, const json_t *product,
			   const struct product_stamp *stamp)
{
	const char *category = json_string_value(json_object_get(product, "category"));
	char text[INDEX_KEY_MAX];

	if (category) {
		snprintf(text, sizeof(text), "CAT#%s", category);
		add_text(out, "g1p", text);
	}
	add_name_key(out, product, stamp->id);
	snprintf(text, sizeof(text), "PROD#%" PRIu32,
		 id_hash(stamp->id) & (stamp->write_shards - 1));
	add_text(out, "g2p", text);
	snprintf(text, sizeof(text), "%s#%s", stamp->created_at, stamp->id);
	add_text(out, "g2s", text);
}

/* The map of the attributes that are no fields; left out when there are none. */
static void add_extra(struct buf *out, const json_t *product)
{
	json_t *members = (json_t *)product; /* jansson's iterators do not change it */
	bool has_some = false;
	const char *name;
	json_t *value;

	json_object_foreach (members, name, value) {
		if (field_find(product_fields, name))
			continue;
		if (!has_some)
			buf_add_str(out, ",\"extra\":{\"M\":{");
		has_some = true;
		attribute_add_json(out, name, value);
	}
	if (has_some)
		buf_add_str(out, "}}");
}

void product_item_write(const json_t *product, const struct product_stamp *stamp, struct buf *out)
{
	for (const struct field *field = product_fields; field->name; field++) {
		const json_t *value = json_object_get(product, field->name);

		if (field->role == FIELD_STORED && value)
			attribute_add_json(out, field->name, value);
	}
	add_extra(out, product);
	add_number(out, "version", (int64_t)stamp->version);
	add_text(out, "created_at", stamp->created_at);
	add_text(out, "updated_at", stamp->updated_at);
	add_index_keys(out, product, stamp);
}

static bool is_ours(struct span name, const char *partition_key)
{
	if (span_equals(name, partition_key))
		return true;
	for (size_t i = 0; i < sizeof(own_attributes) / sizeof(own_attributes[0]); i++) {
		if (span_equals(name, own_attributes[i]))
			return true;
	}
	for (const struct field *field = product_fields; field->name; field++) {
		if (field->role == FIELD_STORED && span_equals(name, field->name))
			return true;
	}
	return false;
}

void product_item_keep(const struct item *older, const char *partition_key, struct buf *out)
{
	for (size_t i = 0; i < older->count; i++) {
		const struct item_attribute *attribute = &older->attribute[i];

		if (is_ours(attribute->name, partition_key))
			continue;
		buf_add(out, ",\"", 2);
		buf_add(out, attribute->name.data, attribute->name.len);
		buf_add(out, "\":", 2);
		buf_add(out, attribute->value.data, attribute->value.len);
	}
}
