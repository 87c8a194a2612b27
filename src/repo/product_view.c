#include "repo/product_view.h"

#include <string.h>

#include "base/json_scan.h"
#include "domain/product_field.h"

enum { USUAL_SIZE = 1024 };

const char *const product_list_fields[] = {
	"id",        "name",    "price",      "currency",   "category",
	"image_url", "version", "created_at", "updated_at", NULL,
};

void product_view_tag(const struct stored_product *product, char tag[static PRODUCT_TAG_SIZE])
{
	struct buf text;

	buf_init_over(&text, tag, PRODUCT_TAG_SIZE);
	buf_add_u64(&text, product->version);
	buf_add_char(&text, '.');
	buf_add_u64(&text, product->stock_version);
}

static void add_attribute(const struct item *item, const char *name, struct buf *out)
{
	attribute_show(span_of(name), item_get(item, name), out);
}

static void add_integer(const char *name, int64_t number, struct buf *out)
{
	buf_add_str(out, name);
	if (number < 0)
		buf_add_char(out, '-');
	buf_add_u64(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static int64_t on_hand_of(const struct item *stock)
{
	int64_t available = 0;
	int64_t reserved = 0;
	int64_t on_hand;

	(void)!item_i64(stock, "available", &available);
	(void)!item_i64(stock, "reserved", &reserved);
	return __builtin_add_overflow(available, reserved, &on_hand) ? available : on_hand;
}

static void add_stock(const struct item *stock, struct buf *out)
{
	int64_t available = 0;
	int64_t reserved = 0;

	if (stock->count == 0)
		return;
	(void)!item_i64(stock, "available", &available);
	(void)!item_i64(stock, "reserved", &reserved);
	add_integer(",\"stock\":{\"available\":", available, out);
	add_integer(",\"reserved\":", reserved, out);
	add_integer(",\"on_hand\":", on_hand_of(stock), out);
	add_attribute(stock, "level", out);
	add_attribute(stock, "low_stock_at", out);
	buf_add_char(out, '}');
}

/* The object's beginning: all but what the server adds. */
static void add_product(const struct stored_product *product, struct buf *out)
{
	const struct item *item = &product->product;
	struct json_walk walk;

	buf_reserve(out, USUAL_SIZE);
	buf_add_str(out, "{\"id\":\"");
	buf_add_str(out, product->id);
	buf_add_char(out, '"');
	for (const struct field *field = product_fields; field->name; field++) {
		if (field->role == FIELD_STORED)
			add_attribute(item, field->name, out);
	}
	json_walk_init(&walk, json_scan_member(item_get(item, "extra"), "M"));
	while (json_walk_next(&walk))
		attribute_show(walk.name, walk.value, out);
}

void product_view_write_line(const struct stored_product *product, struct buf *out)
{
	add_product(product, out);
	if (product->stock.count > 0) {
		add_integer(",\"on_hand\":", on_hand_of(&product->stock), out);
		add_attribute(&product->stock, "low_stock_at", out);
	}
	buf_add_char(out, '}');
}

void product_view_write(const struct stored_product *product, struct buf *out)
{
	const struct item *item = &product->product;

	add_product(product, out);
	add_stock(&product->stock, out);
	add_attribute(item, "version", out);
	add_attribute(item, "created_at", out);
	add_attribute(item, "updated_at", out);
	buf_add_char(out, '}');
}

static bool is_wanted(int fields, size_t index)
{
	return ((unsigned)fields >> index & 1) != 0;
}

void product_view_write_entry(const struct repo *repo, struct span entry, int fields,
			      struct buf *out)
{
	struct item item;
	struct span id;

	(void)!item_view(&item, entry); /* an empty one when it is none */
	id = product_view_id(&item, repo->db.partition_key);
	buf_add_char(out, '{');
	if (is_wanted(fields, 0)) {
		buf_add_str(out, "\"id\":\"");
		buf_add(out, id.data, id.len);
		buf_add_char(out, '"');
	}
	for (size_t i = 1; product_list_fields[i]; i++) {
		if (is_wanted(fields, i))
			add_attribute(&item, product_list_fields[i], out);
	}
	buf_add_char(out, '}');
}

struct span product_view_id(const struct item *item, const char *partition_key)
{
	struct span key = item_raw_string(item, partition_key);

	if (key.len != 2 + ID_LEN || memcmp(key.data, "P#", 2) != 0)
		return (struct span){0};
	return (struct span){key.data + 2, ID_LEN};
}
