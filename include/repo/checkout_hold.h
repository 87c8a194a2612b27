/*
 * Making a checkout of a cart: its lines at the prices of this moment, and their stock held, in one
 * transaction with the cart. Either all of it is held or nothing.
 *
 * Cart, products and stocks are read consistently, and the transaction is on the condition that the
 * cart is still as it was read and that each stock suffices. What fails comes with what there is
 * then, and it is decided again by that: so all that is short is known at once.
 */
#ifndef SHOPD_REPO_CHECKOUT_HOLD_H
#define SHOPD_REPO_CHECKOUT_HOLD_H

#include <jansson.h>

#include "repo/checkout_repo.h"

struct checkout_wish {
	const char *cart_id;   /* needed until the end */
	const json_t *address; /* this and `email` are needed during the call only */
	const char *email;     /* NULL: none */
	int64_t hold_ms;
};

/* RESULT_OK with the new checkout, RESULT_INVALID, or RESULT_THROTTLED as checkout_repo_patch. */
void checkout_hold_run(struct repo *repo, const struct checkout_wish *wish,
		       struct checkout_answer *out, struct await *await);

#endif
