/*
 * Subscriptions: who wants to be told when a product is back in stock. How they are kept is in
 * subscription_item.h; who tells them, in notify.
 */
#ifndef SHOPD_REPO_SUBSCRIPTION_REPO_H
#define SHOPD_REPO_SUBSCRIPTION_REPO_H

#include "repo/repo.h"
#include "repo/subscription_item.h"

/*
 * Subscribes a user, for 90 days from now; the same again renews it. Only while nothing of the
 * product is available: that is checked by the same transaction, so whoever is subscribed is
 * before the event that tells of its return, and none is missed.
 *
 * RESULT_OK; RESULT_NOT_FOUND: no such product; RESULT_NO_OWNER: no such user; RESULT_IN_USE: it is
 * in stock now.
 */
void subscription_repo_put(struct repo *repo, const char *product_id, const char *user_id,
			   struct subscription *out, struct await *await);

/* RESULT_OK, or RESULT_NOT_FOUND: there is none, or its time is over. */
void subscription_repo_remove(struct repo *repo, const char *product_id, const char *user_id,
			      struct await *await);

/*
 * All of a user who has been removed. RESULT_OK, or a failure, after which some are left: to be
 * asked for again. The index that tells of them is eventually consistent, so one that was put a
 * moment ago may stay in any case. It is met by nobody but who would tell the user, does not find
 * them and deletes it; and its time to live. Has the same id come back by then, it is theirs.
 */
void subscription_repo_remove_all(struct repo *repo, const char *user_id, struct await *await);

#endif
