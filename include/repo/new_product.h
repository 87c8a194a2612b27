/*
 * A product that is not there yet, as the items that it will be: the product, its stock and, when
 * there is some, the first movement of its ledger. Written together, on the condition that there is
 * no such product, by product_repo.h (one) and product_import.h (many).
 */
#ifndef SHOPD_REPO_NEW_PRODUCT_H
#define SHOPD_REPO_NEW_PRODUCT_H

#include <jansson.h>

#include "domain/stock.h"
#include "repo/product_item.h"
#include "repo/repo.h"

enum { NEW_PRODUCT_ITEMS = 3 };

struct new_product {
	const char *id;        /* NULL: a new random one */
	const json_t *product; /* as product_apply made it */
	struct stock_opening opening;
	const char *by; /* who makes it; NULL: staff */
};

struct new_product_items {
	char id[ID_SIZE];
	char pk[PRODUCT_KEY_SIZE];
	char ledger[PRODUCT_KEY_SIZE];
	char movement_id[ID_SIZE];
	/* Members but for the keys. `movement` is empty when there is no stock. */
	struct buf product;
	struct buf stock;
	struct buf movement;
};

/* Makes them; false when out of memory. Clear them in either case. */
MUST_CHECK bool new_product_make(const struct repo *repo, const struct new_product *new,
				 struct new_product_items *items);
void new_product_clear(struct new_product_items *items);

/*
 * The writes, and how many: the product first, then its stock. They borrow the items, and `names`,
 * the JSON object that gives "#p" its name.
 */
size_t new_product_writes(const struct new_product_items *items, const char *names,
			  struct dynamodb_write writes[static NEW_PRODUCT_ITEMS]);

#endif
