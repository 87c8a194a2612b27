/*
 * Changing one line of a cart: read the cart and the products in it, decide, write by path.
 *
 * What others change at the same time survives: each write touches one line, on the condition
 * that the rules still hold, not that nobody else has written. When the condition fails, the old
 * item comes with the failure and it is decided again. Only a caller who names a version, or whose
 * answer must be known beforehand (repo_write.h), insists on the version.
 *
 * Without a version a write token is no full protection against a second effect (dynamodb.h), so
 * each change is a transaction, though it is only one item (repo_write_once).
 */
#ifndef SHOPD_REPO_CART_CHANGE_H
#define SHOPD_REPO_CART_CHANGE_H

#include <stdint.h>

#include "repo/cart_job.h"

struct cart_line_change {
	const char *cart_id; /* both ids, as they came, are needed until the end */
	struct cart_change change;
	uint64_t expected_version; /* 0: any */
};

/*
 * RESULT_OK with the cart as it is after the change (for CART_REMOVE without products), or
 * RESULT_INVALID with the reason in `out->refusal`. To set what is set already writes nothing.
 */
void cart_change_run(struct repo *repo, const struct cart_line_change *change,
		     struct cart_answer *out, struct await *await);

#endif
