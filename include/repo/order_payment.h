/*
 * Recording what a provider tells of a payment, with all that follows from it (domain/payment.h):
 * the payment's item, the order's states and amounts, history and events, in one transaction on the
 * order's version. So of two reports at once each finds what the other has left.
 */
#ifndef SHOPD_REPO_ORDER_PAYMENT_H
#define SHOPD_REPO_ORDER_PAYMENT_H

#include "domain/payment.h"
#include "domain/payment_body.h"
#include "repo/order_change.h"

/* Texts are needed until the end. */
struct order_paying {
	const char *order_id;
	uint64_t expected_version; /* 0: any */
	const char *by;            /* of the history */
	struct payment_body told;  /* without its order_id */
};

/* The order as it is afterwards; or why nothing was changed. */
struct order_paid {
	struct stored_order order;
	enum payment_verdict verdict;
	int64_t expected; /* of PAY_WRONG_AMOUNT */
};

/*
 * RESULT_OK when it was recorded, or was before; RESULT_INVALID when the verdict is another;
 * RESULT_NOT_FOUND, also for what is no id; RESULT_CONFLICT: the order has another version than the
 * expected one.
 */
void order_payment_record(struct repo *repo, const struct order_paying *paying,
			  struct order_paid *out, struct await *await);

#endif
