/*
 * How a product is kept: two items under one partition key, so that one query reads both.
 *
 * P#id / #      what callers write (fields as attributes, open attributes in the map "extra"), its
 *               version and times, and the keys of the two indexes.
 * P#id / STOCK  how much of it there is: changed often, hence apart, see stock_item.h.
 *
 * docs/table.md has it all.
 */
#ifndef SHOPD_REPO_PRODUCT_ITEM_H
#define SHOPD_REPO_PRODUCT_ITEM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/result.h"

enum {
	PRODUCT_KEY_SIZE = ID_SIZE + 4,     /* "P#" and an id */
	PRODUCT_ITEM_MAX = 4 * 1024 * 1024, /* as JSON: 400 KiB may be mostly escapes */
};

/* A product as it was read. The views live as long as the text that they were made of. */
struct stored_product {
	char id[ID_SIZE];
	uint64_t version;       /* 0 when another tool has removed it */
	uint64_t stock_version; /* 0 when there is no stock item */
	struct item product;
	struct item stock; /* absent when another tool has removed it */
};

/* What a product's item has beside the product itself. */
struct product_stamp {
	const char *id;
	uint64_t version;
	const char *created_at; /* RFC 3339 */
	const char *updated_at;
	uint32_t write_shards;
};

/* "P#id" or another prefix. */
void product_item_key(const char *prefix, const char *id, char key[static PRODUCT_KEY_SIZE]);

/*
 * Finds both items in an array of items. False when there is no product among them. `out->id` is
 * not set. `index`: of the answer that the array is in, if there is one.
 */
bool product_item_find(struct span items, const struct json_index *index,
		       struct stored_product *out);

/*
 * The product as domain/product.h has it: new. RESULT_GARBLED when the item is beyond
 * understanding.
 */
MUST_CHECK enum result product_item_tree(const struct item *item, json_t **product);

/* Appends the members of the product's item but for its key. */
void product_item_write(const json_t *product, const struct product_stamp *stamp, struct buf *out);

/*
 * Appends those attributes of an older item that product_item_write knows nothing of: another
 * tool's, or a later version's.
 */
void product_item_keep(const struct item *older, const char *partition_key, struct buf *out);

#endif
