/*
 * How a product is shown: straight from the items' text into a reply, without a tree in between.
 */
#ifndef SHOPD_REPO_PRODUCT_VIEW_H
#define SHOPD_REPO_PRODUCT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "repo/product_item.h"
#include "repo/repo.h"

enum {
	PRODUCT_TAG_SIZE = 44,        /* two numbers of 64 bits and a dot */
	PRODUCT_LIST_FIELDS_ALL = -1, /* for product_view_write_entry */
};

/* The entity tag, "<version>.<stock version>": the stock is part of what is shown. */
void product_view_tag(const struct stored_product *product, char tag[static PRODUCT_TAG_SIZE]);

/*
 * Appends the product as a JSON object: its id, the known fields in their order, the open
 * attributes, the stock, version and times. What another tool has made unreadable is left out.
 */
void product_view_write(const struct stored_product *product, struct buf *out);

/*
 * Appends the product as a line that can be imported again, without a line break: its id, the known
 * fields, the open attributes, and of its stock what a new product takes.
 */
void product_view_write_line(const struct stored_product *product, struct buf *out);

/* The names of what lists show, in order; ends in NULL. They fit the bits of an int. */
extern const char *const product_list_fields[];

/*
 * Appends an entry of a list, as the index has it, as a JSON object. `fields` has a bit for each of
 * product_list_fields that is to be shown.
 */
void product_view_write_entry(const struct repo *repo, struct span entry, int fields,
			      struct buf *out);

/* The id in an item's partition key; absent when it is none. */
struct span product_view_id(const struct item *item, const char *partition_key);

#endif
