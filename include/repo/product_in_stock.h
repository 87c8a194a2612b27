/*
 * Lists of those products of which something is available.
 *
 * Stock is in no index of products, since it changes with every sale. So a page of the list is read
 * and then the stock of its products, those with nothing left are left out, and it goes on until
 * the page is full. That costs half a read unit for each product that is looked at: more than the
 * list itself, and more still where much is sold out.
 */
#ifndef SHOPD_REPO_PRODUCT_IN_STOCK_H
#define SHOPD_REPO_PRODUCT_IN_STOCK_H

#include "repo/product_list.h"

/*
 * As product_list_find, with query->is_in_stock. When so much is sold out that a full page takes
 * more than PRODUCT_LIST_READ_UNITS, the page has what was found until then, perhaps nothing, and
 * the next one begins behind what was looked at.
 */
void product_in_stock_find(struct repo *repo, const struct product_list_query *query,
			   struct list_page *out, struct await *await);

#endif
