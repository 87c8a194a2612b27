/*
 * Payments of an order: what a provider tells (authorized, paid, failed, refunded), and what that
 * makes of the order.
 *
 * A payment has a reference, which is the provider's name for it. What was told of a reference
 * before is not told again: so a provider, or a client that has lost an answer, may repeat himself.
 * Amounts are exact: a payment is for the order's total, a refund for no more than is left of what
 * was paid.
 *
 * An order that is expired or cancelled still takes payments, since the money has moved already,
 * and so does one that was paid before, by another reference. They are orphaned: recorded, told of,
 * and to be refunded, but they change no state of the order. Refunds go to what was paid beyond the
 * total first.
 */
#ifndef SHOPD_DOMAIN_PAYMENT_H
#define SHOPD_DOMAIN_PAYMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "domain/event.h"
#include "domain/order.h"

enum {
	PAYMENT_EVENTS_MAX = 2,
	/* Failed ones beyond so many are not recorded: there must be room for one that is paid. */
	PAYMENT_FAILURES_MAX = ORDER_PAYMENTS_MAX / 2,
};

/* What was told. */
struct payment {
	struct span reference;      /* as it stands in a JSON string */
	enum payment_status status; /* authorized, paid, failed or refunded */
	struct span amount;         /* a JSON number; of a failed one ignored */
};

enum payment_verdict {
	PAY_TAKEN,
	PAY_KNOWN,            /* nothing new: nothing changes */
	PAY_REFUSED,          /* the order's payment status does not allow it */
	PAY_WRONG_AMOUNT,     /* see `expected` */
	PAY_REFERENCE_REUSED, /* what was told of the reference before is something else */
	PAY_TOO_MANY,         /* ORDER_PAYMENTS_MAX, or more money than can be counted */
};

/* All but verdict and `expected` only if taken. */
struct payment_decision {
	enum payment_verdict verdict;
	int64_t expected; /* what the amount should be; of a refund, the most that it can be */

	struct order_payment payment; /* to be recorded; updated_at is the caller's to set */
	bool is_new;                  /* then created_at too */
	size_t place;                 /* among the payments; if new, behind them */

	/* what the order becomes */
	enum order_status status;
	enum payment_status payment_status;
	int64_t paid;
	int64_t refunded;

	const char *what; /* for the history */
	size_t event_count;
	enum event_type events[PAYMENT_EVENTS_MAX];
};

/* `payments` are those so far, whose texts a decision may borrow. */
struct payment_decision payment_decide(const struct order *order,
				       const struct order_payment *payments, size_t count,
				       const struct payment *told);

#endif
