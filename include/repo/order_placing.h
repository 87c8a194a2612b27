/*
 * Making an order of a checkout, in one transaction: the order, the checkout that is used by it,
 * the cart that is ordered, and the event. The stock stays as it is, held.
 *
 * The order's id is the checkout's, so a checkout cannot become two orders, whoever asks how often;
 * all who ask get that one. CHECKOUT_ENDED is final as well: a checkout whose time is over is ended
 * before that is said, so no order that was under way can follow it.
 */
#ifndef SHOPD_REPO_ORDER_PLACING_H
#define SHOPD_REPO_ORDER_PLACING_H

#include "domain/checkout.h"
#include "repo/order_item.h"
#include "repo/repo.h"

enum { ORDER_PLACING_TRIES = 10 };

struct order_placing {
	const char *checkout_id; /* needed until the end */
	bool is_cash_on_delivery;
};

struct order_placed {
	enum checkout_refusal refusal; /* why not; CHECKOUT_FINE with RESULT_OK */
	bool is_new;                   /* it was made by this */
	struct stored_order order;
};

/* RESULT_OK, RESULT_INVALID, or RESULT_THROTTLED when too many others were faster. */
void order_placing_run(struct repo *repo, const struct order_placing *placing,
		       struct order_placed *out, struct await *await);

#endif
