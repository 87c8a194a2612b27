/*
 * A user's active cart: the one that the pointer U#user / CART names, while it is open.
 *
 * A cart that was merged away, ordered or has expired leaves its pointer behind; it then counts for
 * nothing. Making a cart moves the pointer on the condition that it is as it was read, so of those
 * that make one at the same time one does, and all get that one.
 */
#ifndef SHOPD_REPO_CART_USER_H
#define SHOPD_REPO_CART_USER_H

#include "repo/cart_job.h"

/* RESULT_OK; RESULT_INVALID: CART_NOT_FOUND, there is none; CART_NO_USER. */
void cart_user_find(struct repo *repo, const char *user_id, struct cart_answer *out,
		    struct await *await);

/* The same, but makes one when there is none: then out->is_new. */
void cart_user_make(struct repo *repo, const char *user_id, struct cart_answer *out,
		    struct await *await);

#endif
