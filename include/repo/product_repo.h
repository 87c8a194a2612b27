/*
 * Products in the table: reading one, making one together with its stock, removing one.
 * Changing one is in product_update.h, lists are in product_list.h.
 */
#ifndef SHOPD_REPO_PRODUCT_REPO_H
#define SHOPD_REPO_PRODUCT_REPO_H

#include <stdbool.h>
#include <stdint.h>

#include "repo/new_product.h"
#include "repo/product_item.h"
#include "repo/repo.h"

/*
 * Reads a product and its stock: one query. RESULT_OK or RESULT_NOT_FOUND, also for what is no id.
 * Eventually consistent unless asked otherwise.
 */
void product_repo_find(struct repo *repo, const char *id, bool is_consistent,
		       struct stored_product *out, struct await *await);

/*
 * Makes a product, its stock item and, if there is stock, the first movement of its ledger, in one
 * transaction. RESULT_OK, RESULT_EXISTS (the id is taken) or RESULT_TOO_LARGE. What `new` points to
 * is needed during this call only.
 */
void product_repo_create(struct repo *repo, const struct new_product *new,
			 struct stored_product *out, struct await *await);

/*
 * Removes a product and its stock in one transaction; the ledger stays. RESULT_OK,
 * RESULT_NOT_FOUND, RESULT_CONFLICT (it has another version than `expected_version`, which is 0 for
 * any) or RESULT_IN_USE (some of its stock is reserved).
 */
void product_repo_remove(struct repo *repo, const char *id, uint64_t expected_version,
			 struct await *await);

/*
 * Starts the query that reads a product's items; `id` must be valid. For the repositories
 * themselves.
 */
void product_repo_query(const struct repo *repo, const char *id, bool is_consistent,
			struct dynamodb_call *call);

#endif
