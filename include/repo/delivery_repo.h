/*
 * Deliveries in the table. They are parts of their order, and are read and changed with it
 * (order_change.h): so of two who ship the last piece at once one is refused, and stock, states,
 * history and events always fit each other.
 *
 * Results of all that changes something:
 *	RESULT_OK         with the delivery as it is afterwards
 *	RESULT_INVALID    refused: `verdict` says why
 *	RESULT_EXISTS     another delivery of this carrier has the tracking number
 *	RESULT_NOT_FOUND  there is no such order
 * and as order_change_run.
 */
#ifndef SHOPD_REPO_DELIVERY_REPO_H
#define SHOPD_REPO_DELIVERY_REPO_H

#include "domain/delivery_body.h"
#include "repo/order_change.h"

/* What came of it; in the waiter's memory, as are the texts of what is to be done. */
struct delivery_outcome {
	struct stored_order order;
	struct order_delivery delivery; /* as it is afterwards */
	struct order_delivery before;   /* as it was found; not of a new one */
	enum delivery_verdict verdict;
	struct delivery_plan plan; /* of DELIVERY_TOO_MUCH */
};

/* Which one, and whose. */
struct delivery_name {
	const char *order_id;
	const char *id;
	uint64_t expected_version; /* of the delivery; 0: any */
};

/* Which order a delivery belongs to. RESULT_OK or RESULT_NOT_FOUND, also for what is no id. */
void delivery_repo_find_order(struct repo *repo, const char *id, char order_id[static ID_SIZE],
			      struct await *await);

/* NULL when the order has no such delivery. */
struct order_delivery *delivery_repo_pick(const struct stored_order *order, const char *id);

/* A new one. */
void delivery_repo_create(struct repo *repo, const char *order_id, const struct delivery_body *body,
			  struct delivery_outcome *out, struct await *await);

/* Changes one by hand. What is as it is to be already is not written. */
void delivery_repo_change(struct repo *repo, const struct delivery_name *name,
			  const struct delivery_patch *patch, struct delivery_outcome *out,
			  struct await *await);

#endif
