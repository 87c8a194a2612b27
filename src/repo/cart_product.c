#include "repo/cart_product.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "repo/product_item.h"
#include "repo/stock_item.h"

enum {
	NAMES_SIZE = 320,
	/* A product is two items. */
	PRODUCTS_OF_A_BATCH = DYNAMODB_BATCH_GET_MAX / 2,
};

const struct cart_product *cart_product_find(const struct cart_products *products, const char *id)
{
	for (size_t i = 0; i < products->count; i++) {
		if (strcmp(products->items[i].id, id) == 0)
			return &products->items[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ which ones */

static bool knows_all(const struct cart_product_read *read)
{
	const struct cart *cart = read->cart;

	for (size_t i = 0; i < cart->count; i++) {
		if (!cart_product_find(read->out, cart->lines[i].product_id))
			return false;
	}
	return !read->extra || cart_product_find(read->out, read->extra);
}

static void want(struct cart_products *products, const char *id)
{
	if (cart_product_find(products, id))
		return;
	assert(products->count < CART_PRODUCTS_MAX);
	products->items[products->count] = (struct cart_product){0};
	memcpy(products->items[products->count++].id, id, ID_SIZE);
}

static void want_all(struct cart_product_read *read)
{
	read->out->count = 0;
	for (size_t i = 0; i < read->cart->count; i++)
		want(read->out, read->cart->lines[i].product_id);
	if (read->extra)
		want(read->out, read->extra);
}

/* ------------------------------------------------------------------ what came */

/* The entry that an item belongs to, or NULL. */
static struct cart_product *find_entry(const struct cart_product_read *read,
				       const struct item *item)
{
	struct span key = item_raw_string(item, read->repo->db.partition_key);
	char id[ID_SIZE];

	if (key.len != 2 + ID_LEN || memcmp(key.data, "P#", 2) != 0)
		return NULL;
	memcpy(id, key.data + 2, ID_LEN);
	id[ID_LEN] = '\0';
	return (struct cart_product *)cart_product_find(read->out, id);
}

static void take_item(const struct cart_product_read *read, const struct item *item)
{
	struct cart_product *product = find_entry(read, item);

	if (!product)
		return;
	if (span_equals(item_raw_string(item, "sk"), "STOCK")) {
		product->level = item_raw_string(item, "level");
		product->has_stock =
			read->is_for_checkout && stock_item_read(item, &product->stock);
		return;
	}
	product->name = item_raw_string(item, "name");
	product->price = item_number(item, "price");
	product->currency = item_raw_string(item, "currency");
}

/* The answer goes with the call, so its text is copied to where the entries may view it. */
static enum result take_batch(const struct cart_product_read *read)
{
	struct span items = read->call.items;
	struct json_walk walk;
	struct item item;
	char *text;

	if (read->call.result != RESULT_OK)
		return read->call.result;
	text = arena_copy(read->await->arena, items.data, items.len);
	if (!text)
		return RESULT_NO_MEMORY;
	json_walk_init(&walk, (struct span){text, items.len});
	while (item_view_next(&walk, &item))
		take_item(read, &item);
	return RESULT_OK;
}

/* ------------------------------------------------------------------ batch after batch */

static void read_batch(struct cart_product_read *read);

static void on_batch(struct dynamodb_call *call)
{
	struct cart_product_read *read = call->context;
	enum result result = take_batch(read);

	dynamodb_call_clear(call);
	if (result == RESULT_OK && read->next < read->out->count) {
		read_batch(read);
		return;
	}
	if (result != RESULT_OK)
		read->out->count = 0; /* half of it is none of it */
	read->done(read, result);
}

static void read_batch(struct cart_product_read *read)
{
	char pks[PRODUCTS_OF_A_BATCH][PRODUCT_KEY_SIZE];
	struct dynamodb_key keys[DYNAMODB_BATCH_GET_MAX];
	char names[NAMES_SIZE];
	size_t count = 0;

	for (; count < PRODUCTS_OF_A_BATCH && read->next < read->out->count; count++) {
		product_item_key("P#", read->out->items[read->next++].id, pks[count]);
		keys[2 * count] = (struct dynamodb_key){pks[count], "#"};
		keys[2 * count + 1] = (struct dynamodb_key){pks[count], "STOCK"};
	}
	snprintf(names, sizeof(names), "{\"#p\":\"%s\",\"#n\":\"name\",\"#l\":\"level\"}",
		 read->repo->db.partition_key);
	read->call = (struct dynamodb_call){
		.await = read->await,
		.done = on_batch,
		.context = read,
		.projection = read->is_for_checkout
				      ? "#p, sk, #n, price, currency, #l, available, reserved, "
					"low_stock_at, version"
				      : "#p, sk, #n, price, currency, #l",
		.names = names,
	};
	dynamodb_batch_get(&read->repo->db, &read->call, keys, 2 * count, read->is_for_checkout);
}

void cart_product_read(struct cart_product_read *read)
{
	if (knows_all(read)) {
		read->done(read, RESULT_OK);
		return;
	}
	want_all(read);
	read->next = 0;
	read_batch(read);
}
