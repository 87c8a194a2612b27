#include "repo/cart_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 24 };

void cart_item_key(const char *prefix, const char *id, char key[static CART_KEY_SIZE])
{
	snprintf(key, CART_KEY_SIZE, "%s%s", prefix, id);
}

int64_t cart_item_now(const struct repo *repo)
{
	return clock_wall_ms(repo->clock) / 1000;
}

/* ------------------------------------------------------------------ an item as a cart */

/* An id attribute; "" when there is none. */
static void read_id(const struct item *item, const char *name, char id[static ID_SIZE])
{
	struct span raw = item_raw_string(item, name);

	id[0] = '\0';
	if (raw.len == ID_LEN) {
		memcpy(id, raw.data, ID_LEN);
		id[ID_LEN] = '\0';
	}
}

static bool read_line(struct span product_id, struct span typed, struct cart_line *line)
{
	struct item members;

	if (product_id.len != ID_LEN || !item_view(&members, json_scan_member(typed, "M")))
		return false;
	*line = (struct cart_line){
		.name = item_raw_string(&members, "name"),
		.price = item_number(&members, "price"),
		.currency = item_raw_string(&members, "currency"),
	};
	memcpy(line->product_id, product_id.data, ID_LEN);
	return item_i64(&members, "quantity", &line->quantity) && line->quantity >= 1 &&
	       line->quantity <= CART_QUANTITY_MAX && item_i64(&members, "place", &line->place);
}

static bool read_lines(struct span map, struct cart *cart)
{
	struct json_walk walk;

	json_walk_init(&walk, map);
	while (json_walk_next(&walk)) {
		if (cart->count == CART_LINES_MAX ||
		    !read_line(walk.name, walk.value, &cart->lines[cart->count]))
			return false;
		cart->count++;
	}
	cart_sort(cart);
	return true;
}

static bool read_cart(const struct item *item, struct cart *cart)
{
	read_id(item, "user_id", cart->user_id);
	read_id(item, "merged_into", cart->merged_into);
	read_id(item, "checkout_id", cart->checkout_id);
	cart->currency = item_raw_string(item, "currency");
	cart->created_at = item_raw_string(item, "created_at");
	cart->updated_at = item_raw_string(item, "updated_at");
	cart->count = 0;
	return item_u64(item, "version", &cart->version) &&
	       item_i64(item, "ttl", &cart->expires_s) &&
	       cart_status_find(item_raw_string(item, "status"), &cart->status) &&
	       read_lines(json_scan_member(item_get(item, "lines"), "M"), cart);
}

enum result cart_item_read(const struct repo *repo, struct span text, const char *id,
			   struct arena *arena, struct cart *out)
{
	struct span copy = {NULL, text.len};
	struct item item;

	if (!text.data)
		return RESULT_NOT_FOUND;
	copy.data = arena_copy(arena, text.data, text.len);
	if (!copy.data)
		return RESULT_NO_MEMORY;
	if (!item_view(&item, copy) || !read_cart(&item, out))
		return RESULT_GARBLED;
	memcpy(out->id, id, ID_SIZE);
	return out->expires_s <= cart_item_now(repo) ? RESULT_NOT_FOUND : RESULT_OK;
}

/* ------------------------------------------------------------------ a cart as an item */

void cart_item_add_number(struct buf *out, const char *name, int64_t number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, number);
	attribute_add_number(out, name, text);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	attribute_add_string(out, name, text, strlen(text));
}

/* A text that is escaped already. */
static void add_raw(struct buf *out, const char *name, const char *type, struct span raw)
{
	if (!raw.data)
		return;
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_add_format(out, "\"%s\":{\"%s\":\"", name, type);
	buf_add(out, raw.data, raw.len);
	buf_add_str(out, "\"}");
}

void cart_item_write_line(const struct cart_line *line, struct buf *out)
{
	buf_add_str(out, "{\"M\":{");
	cart_item_add_number(out, "quantity", line->quantity);
	cart_item_add_number(out, "place", line->place);
	add_raw(out, "name", "S", line->name);
	add_raw(out, "price", "N", line->price);
	add_raw(out, "currency", "S", line->currency);
	buf_add_str(out, "}}");
}

void cart_item_write_lines(const struct cart *cart, struct buf *out)
{
	buf_add_str(out, "{\"M\":{");
	for (size_t i = 0; i < cart->count; i++) {
		buf_add_format(out, "%s\"%s\":", i > 0 ? "," : "", cart->lines[i].product_id);
		cart_item_write_line(&cart->lines[i], out);
	}
	buf_add_str(out, "}}");
}

void cart_item_write(const struct cart *cart, struct buf *out)
{
	if (cart->user_id[0])
		add_text(out, "user_id", cart->user_id);
	add_text(out, "status", cart_status_name(cart->status));
	add_raw(out, "currency", "S", cart->currency);
	buf_add_str(out, ",\"lines\":");
	cart_item_write_lines(cart, out);
	cart_item_add_number(out, "version", (int64_t)cart->version);
	add_raw(out, "created_at", "S", cart->created_at);
	add_raw(out, "updated_at", "S", cart->updated_at);
	cart_item_add_number(out, "ttl", cart->expires_s);
}
