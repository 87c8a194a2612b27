/*
 * Carts in the table: reading one, making a guest's, removing one. A user's active cart is in
 * cart_user.h, its lines change in cart_change.h, two become one in cart_merge.h.
 *
 * All end in RESULT_OK, or RESULT_INVALID with the reason in `out->refusal`. What is no id is not
 * found; so is a cart whose time to live has passed, whether DynamoDB has removed it or not.
 */
#ifndef SHOPD_REPO_CART_REPO_H
#define SHOPD_REPO_CART_REPO_H

#include <stdint.h>

#include "repo/cart_job.h"

/* A cart in any state, and the products in it. The cart is read consistently. */
void cart_repo_find(struct repo *repo, const char *id, struct cart_answer *out,
		    struct await *await);

/* A new guest's cart. Its id is random through and through, for it is the only key to it. */
void cart_repo_create(struct repo *repo, struct cart_answer *out, struct await *await);

/*
 * Removes a cart that was not ordered; a user's together with the pointer to it.
 * `expected_version`: 0 for any. Only `out->refusal` is set.
 */
void cart_repo_remove(struct repo *repo, const char *id, uint64_t expected_version,
		      struct cart_answer *out, struct await *await);

/* For the repositories themselves: an empty cart made now. False when out of memory. */
MUST_CHECK bool cart_repo_fill_new(const struct cart_job *job, const char *user_id,
				   struct cart *cart);

#endif
