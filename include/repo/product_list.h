/*
 * Lists of products: all of them or those of a category, with names that begin somehow, in one of
 * three orders, page by page.
 *
 * Two orders are kept by the table: a category by name (index gsi1), and everything by age (gsi2,
 * in write_shards parts that are read at once). There a page costs about as much as it shows. Any
 * other order reads all that the query covers and keeps the first: fine for hundreds of products,
 * refused beyond PRODUCT_LIST_READ_UNITS. A prefix without a category is looked for in the order of
 * age: where so few names begin so that a full page would take more than that, it is shorter.
 */
#ifndef SHOPD_REPO_PRODUCT_LIST_H
#define SHOPD_REPO_PRODUCT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "repo/list_page.h"
#include "repo/product_order.h"
#include "repo/repo.h"

enum { PRODUCT_LIST_READ_UNITS = 1280 /* that one request may consume: 10 MB of index */ };

struct product_list_query {
	const char *category; /* NULL: all products */
	const char *prefix;   /* of the name, without regard to case; NULL or "": any */
	enum product_order order;
	bool is_in_stock;   /* of product_in_stock.h: cursors of those are for those only */
	size_t limit;       /* 1 to LIST_PAGE_MAX */
	const char *cursor; /* of the page before; NULL: the first page */
};

/*
 * RESULT_OK; RESULT_INVALID: the cursor is not one of this query; RESULT_TOO_LARGE: there is too
 * much to read for an order that the table does not keep. A page may be shorter than its limit, or
 * empty, and have a next one. The query's texts are needed until the end, the page is in the
 * await's arena.
 */
void product_list_find(struct repo *repo, const struct product_list_query *query,
		       struct list_page *out, struct await *await);

/* The cursor behind an entry of this query's pages, in the arena; NULL when out of memory. */
const char *product_list_cursor(const struct repo *repo, const struct product_list_query *query,
				struct span entry, struct arena *arena);

#endif
