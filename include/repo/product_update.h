/*
 * Changing a product: read, let the caller make the new one of the old, write on the condition that
 * the version is still the one that was read.
 *
 * When somebody else was faster, it is read and made again, unless the caller has named the version
 * that must be there. One of those that meet always succeeds, so this ends; after
 * PRODUCT_UPDATE_TRIES it is given up.
 */
#ifndef SHOPD_REPO_PRODUCT_UPDATE_H
#define SHOPD_REPO_PRODUCT_UPDATE_H

#include <jansson.h>
#include <stdint.h>

#include "repo/product_item.h"
#include "repo/repo.h"

enum { PRODUCT_UPDATE_TRIES = 20 };

struct product_update {
	const char *id;            /* needed until the end */
	uint64_t expected_version; /* 0: any */
	/*
	 * The array of the product's items if it was just read, consistently; needed until the end.
	 * Absent: it is read first.
	 */
	struct span items;
	/*
	 * Makes the new product (a new tree) of the one in the table, perhaps several times. Any
	 * other result than RESULT_OK ends the update with it.
	 */
	enum result (*change)(const json_t *stored, void *context, json_t **changed);
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
