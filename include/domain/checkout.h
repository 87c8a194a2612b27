/*
 * Checkouts: what a cart comes to at the prices of this moment, frozen, with its stock held for a
 * while. An order is made of it, or it ends and the stock is free again.
 *
 * Texts are views of what was read, as they stand in JSON strings (escapes not resolved).
 */
#ifndef SHOPD_DOMAIN_CHECKOUT_H
#define SHOPD_DOMAIN_CHECKOUT_H

#include "base/clock.h"
#include "domain/cart.h"

enum checkout_status {
	CHECKOUT_HELD,
	CHECKOUT_USED, /* there is an order of the same id */
	CHECKOUT_RELEASED,
	CHECKOUT_EXPIRED,
};

struct checkout_line {
	char product_id[ID_SIZE];
	int64_t quantity;
	struct span name;
	struct span price; /* a decimal */
	int64_t amount;    /* the price in the currency's smallest unit */
	struct span was;   /* the price when the line was added to the cart; absent: the same */
	bool is_gone;      /* the product can no longer be bought */
};

struct checkout {
	char id[ID_SIZE];
	char cart_id[ID_SIZE];
	char user_id[ID_SIZE]; /* "": a guest's */
	enum checkout_status status;
	struct span address; /* as it is stored: {"M": …} */
	struct span email;   /* absent: none */
	bool is_extended;
	struct span currency;
	int64_t total; /* in the currency's smallest unit */
	uint64_t version;
	char expires_at[CLOCK_RFC3339_SIZE];
	char created_at[CLOCK_RFC3339_SIZE];
	char updated_at[CLOCK_RFC3339_SIZE];
	size_t count;
	struct checkout_line lines[CART_LINES_MAX];
};

/* Why something cannot be done. Clients decide by what api/checkout_reply.c calls these. */
enum checkout_refusal {
	CHECKOUT_FINE,
	CHECKOUT_NOT_FOUND,
	CHECKOUT_NO_CART,
	CHECKOUT_CART_CLOSED,
	CHECKOUT_CART_EMPTY,
	CHECKOUT_ACTIVE, /* the cart has one that is held */
	CHECKOUT_GONE,   /* products: see the lines */
	CHECKOUT_INSUFFICIENT,
	CHECKOUT_CURRENCIES,
	CHECKOUT_TOO_LARGE, /* the total */
	CHECKOUT_ALREADY_EXTENDED,
	CHECKOUT_IS_USED,
	CHECKOUT_ENDED,
	CHECKOUT_OTHER_VERSION, /* than the one that the caller has named */
};

/* "held", "used", "released", "expired": as stored and shown. */
const char *checkout_status_name(enum checkout_status status);
/* False when there is no such status. */
bool checkout_status_find(struct span name, enum checkout_status *status);

/*
 * Lines, currency and total of a cart that has lines, at what the products cost now. Unless
 * CHECKOUT_FINE only the lines' `is_gone` means something.
 */
enum checkout_refusal checkout_freeze(const struct cart *cart, const struct cart_product *products,
				      size_t product_count, struct checkout *out);

/* True while it is held and its time has not come; times are RFC 3339 with milliseconds. */
bool checkout_is_held(const struct checkout *checkout, const char *now);

/* True while it has not been ended though its time is over. */
bool checkout_is_over(const struct checkout *checkout, const char *now);

/* Whether anything can still become of it: CHECKOUT_FINE, CHECKOUT_IS_USED or CHECKOUT_ENDED. */
enum checkout_refusal checkout_judge(const struct checkout *checkout, const char *now);

#endif
