/*
 * What the products in a cart are now: name, price, currency and level, of all lines at once.
 *
 * Read in batches of a projection, eventually consistent: a catalogue is read far more often than
 * it changes, and what the shopper pays is settled at the checkout. That reads consistently.
 */
#ifndef SHOPD_REPO_CART_PRODUCT_H
#define SHOPD_REPO_CART_PRODUCT_H

#include "domain/cart.h"
#include "repo/repo.h"

enum { CART_PRODUCTS_MAX = CART_LINES_MAX + 1 };

/* Those that were asked for; what does not exist has an entry without a price. */
struct cart_products {
	size_t count;
	struct cart_product items[CART_PRODUCTS_MAX];
};

/* NULL when it was not asked for. */
const struct cart_product *cart_product_find(const struct cart_products *products, const char *id);

/* One reading under way. Zeroed at birth; lives until its done was called. */
struct cart_product_read {
	/* in */
	const struct repo *repo;
	struct await *await; /* deadline, account, arena; not finished by this */
	const struct cart *cart;
	const char *extra;    /* another product, or NULL */
	bool is_for_checkout; /* consistently, and with the stock in numbers */
	void (*done)(struct cart_product_read *read, enum result result); /* exactly once */
	void *context;
	struct cart_products *out; /* what it has already is not read again */

	/* private */
	size_t next;
	struct dynamodb_call call;
};

/* Reads the products that `out` lacks, if any. May be done before this returns. */
void cart_product_read(struct cart_product_read *read);

#endif
