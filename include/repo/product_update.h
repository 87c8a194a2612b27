/*
 * Changing a product, as all items are changed (item_update.h).
 */
#ifndef SHOPD_REPO_PRODUCT_UPDATE_H
#define SHOPD_REPO_PRODUCT_UPDATE_H

#include <stdint.h>

#include "repo/item_update.h"
#include "repo/product_item.h"
#include "repo/repo.h"

struct product_update {
	const char *id;            /* needed until the end */
	uint64_t expected_version; /* 0: any */
	/*
	 * The array of the product's items if it was just read, consistently; needed until the end.
	 * Absent: it is read first.
	 */
	struct span items;
	item_change change; /* see product_apply */
	void *context;
};

/*
 * RESULT_OK, RESULT_NOT_FOUND, RESULT_CONFLICT (another version than the expected one; or too many
 * others), RESULT_TOO_LARGE, or what `change` said. A change that changes nothing is RESULT_OK
 * without a write: the version stays. `out` may be NULL.
 */
void product_update_run(struct repo *repo, const struct product_update *update,
			struct stored_product *out, struct await *await);

#endif
