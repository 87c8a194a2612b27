/*
 * The one way to change an order: read all of it, let the caller decide what becomes of it, and
 * write that in one transaction on the condition that the head's version is the one that was read.
 * Payments, deliveries, returns, stocks, history and events are in the same transaction
 * (order_draft.h), so of two who change an order at once one wins, and the other decides again by
 * what there is then.
 *
 *	static enum order_decision cancel(struct order_draft *draft, void *context)
 *	{
 *		struct order *head = &draft->order->head;
 *
 *		if (!order_state_may_change(ORDER_STATUS, head->status, ORDER_CANCELLED))
 *			return ORDER_REFUSE;
 *		head->status = ORDER_CANCELLED;
 *		... order_draft_move(draft, line->product_id, STOCK_RELEASE, line->quantity);
 *		order_draft_log(draft, "cancelled", NULL, NULL);
 *		order_draft_tell(draft, EVENT_ORDER_CANCELLED, NULL);
 *		return ORDER_WRITE;
 *	}
 */
#ifndef SHOPD_REPO_ORDER_CHANGE_H
#define SHOPD_REPO_ORDER_CHANGE_H

#include <stdint.h>

#include "repo/order_draft.h"

enum { ORDER_CHANGE_TRIES = 20 };

enum order_decision {
	ORDER_WRITE,
	ORDER_LEAVE,  /* nothing is to be changed: RESULT_OK with the order as it is */
	ORDER_REFUSE, /* RESULT_INVALID; why is in the context */
};

/* Perhaps several times, each time with the order as it then is. Without I/O. */
typedef enum order_decision (*order_decide)(struct order_draft *draft, void *context);

/* Texts are needed until the end. */
struct order_change {
	const char *order_id;
	uint64_t expected_version; /* 0: any */
	const char *by;            /* of the history: "staff", "provider", "carrier", "system" */
	order_decide decide;
	void *context;
};

/*
 * RESULT_OK with the order as it is afterwards (or with ORDER_LEAVE, was); RESULT_INVALID, with the
 * order as it is, when it was refused; RESULT_NOT_FOUND, also for what is no id; RESULT_CONFLICT:
 * it has another version than the expected one, and is not to be left as it is; RESULT_EXISTS: the
 * condition of a write of the draft's own failed; RESULT_TOO_LARGE: more than STOCK_MAX of a
 * product would be given back, or it takes more writes than a transaction can have;
 * RESULT_THROTTLED when too many others were faster.
 */
void order_change_run(struct repo *repo, const struct order_change *change,
		      struct stored_order *out, struct await *await);

#endif
