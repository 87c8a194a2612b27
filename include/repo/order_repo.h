/*
 * Orders in the table: reading and listing them, and what happens to one in itself. How one is made
 * of a checkout is in order_placing.h, how others change it in order_change.h.
 */
#ifndef SHOPD_REPO_ORDER_REPO_H
#define SHOPD_REPO_ORDER_REPO_H

#include "repo/list_page.h"
#include "repo/order_change.h"

/* All of it, consistently. RESULT_OK or RESULT_NOT_FOUND, also for what is no id. */
void order_repo_find(struct repo *repo, const char *id, struct stored_order *out,
		     struct await *await);

/* Texts are needed until the list is found. */
struct order_list {
	enum order_status status; /* of those only; ORDER_STATUSES: of all */
	const char *from;         /* RFC 3339 with milliseconds, of the last change; NULL: any */
	const char *to;           /* likewise, itself included */
	size_t limit;
	const char *cursor;
};

/* The last changed first. RESULT_OK or RESULT_INVALID: as partition_list.h. */
void order_repo_list(struct repo *repo, const struct order_list *list, struct list_page *out,
		     struct await *await);

struct order_user_list {
	const char *user_id; /* a valid id */
	size_t limit;
	const char *cursor;
};

/* A user's, the newest first; none when there is no such user. The same results. */
void order_repo_list_of(struct repo *repo, const struct order_user_list *list,
			struct list_page *out, struct await *await);

/*
 * Expires an order that was not paid: one that is placed, unpaid, and was last changed
 * `payment_ms` ago or earlier; for the sweeper. RESULT_OK when it was expired, RESULT_INVALID when
 * it is not for expiring (any more); else as order_change_run.
 */
void order_repo_expire(struct repo *repo, const char *id, int64_t payment_ms, struct await *await);

#endif
