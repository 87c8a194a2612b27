/*
 * Carts: what may be in one, how its lines change, and what two of them become when they are
 * merged.
 *
 * Texts are views of what was read, as they stand in JSON strings (escapes not resolved): a cart
 * only passes them on. They live as long as what was read does.
 */
#ifndef SHOPD_DOMAIN_CART_H
#define SHOPD_DOMAIN_CART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/text.h"
#include "domain/stock.h"

enum {
	CART_LINES_MAX = 90,
	CART_QUANTITY_MAX = 9999,
	/* After its last change it lives as long as this. */
	CART_GUEST_SECONDS = 24 * 60 * 60,
	CART_USER_SECONDS = 30 * CART_GUEST_SECONDS,
};

enum cart_status { CART_OPEN, CART_MERGED, CART_ORDERED };

/* Name, price and currency are those of the moment at which the line was added. */
struct cart_line {
	char product_id[ID_SIZE];
	int64_t quantity;
	int64_t place; /* lines stand in the order of their places */
	struct span name;
	struct span price; /* a decimal */
	struct span currency;
};

struct cart {
	char id[ID_SIZE];
	char user_id[ID_SIZE];     /* "": a guest's */
	char merged_into[ID_SIZE]; /* "" unless CART_MERGED */
	char checkout_id[ID_SIZE]; /* of its last checkout, which may have ended; "": none */
	enum cart_status status;
	uint64_t version;
	int64_t expires_s;    /* since 1970 */
	struct span currency; /* of all lines; means nothing while there are none */
	struct span created_at;
	struct span updated_at;
	size_t count;
	struct cart_line lines[CART_LINES_MAX]; /* in order */
};

/* What a cart needs to know of a product as it is now. Without a price there is no such product. */
struct cart_product {
	char id[ID_SIZE];
	struct span name;
	struct span price; /* a decimal */
	struct span currency;
	struct span level; /* absent when another tool has removed the stock */
	bool has_stock;    /* only when it was read for a checkout */
	struct stock stock;
};

enum cart_act {
	CART_SET,    /* the line has this quantity */
	CART_ADD,    /* the line has this much more */
	CART_REMOVE, /* there is no line */
};

struct cart_change {
	enum cart_act act;
	const char *product_id;
	int64_t quantity; /* 1 to CART_QUANTITY_MAX */
};

/* What happens to products that both carts have. */
enum cart_strategy {
	CART_SUM,     /* the quantities are added */
	CART_REPLACE, /* the quantity of the cart that is merged counts */
	CART_KEEP,    /* the quantity that is there already counts */
};

/* Why something cannot be done to a cart. Clients decide by what api/cart_reply.c calls these. */
enum cart_refusal {
	CART_FINE,
	CART_NOT_FOUND, /* or it has expired */
	CART_NO_USER,
	CART_NO_PRODUCT,
	CART_NO_LINE,
	CART_OTHER_VERSION, /* than the one that the caller has named */
	CART_CLOSED,        /* merged or ordered */
	CART_FULL,
	CART_TOO_MANY,       /* of one product */
	CART_OTHER_CURRENCY, /* than the other lines */
};

/* "open", "merged", "ordered": as stored and shown. */
const char *cart_status_name(enum cart_status status);
/* False when there is no such status. */
bool cart_status_find(struct span name, enum cart_status *status);

/* How long it lives after a change made now. */
int64_t cart_seconds(const struct cart *cart);

/* NULL when there is none. */
struct cart_line *cart_find_line(struct cart *cart, const char *product_id);

/* Brings the lines into the order of their places. */
void cart_sort(struct cart *cart);

/*
 * What a change makes of a cart, in place: its lines and its currency, not its version and times.
 * Untouched unless CART_FINE. `product`: as it is now; NULL when there is none, or to remove.
 */
enum cart_refusal cart_apply(struct cart *cart, const struct cart_change *change,
			     const struct cart_product *product);

/* Puts the lines of `from` into `into`, likewise. `into` is not to be used unless CART_FINE. */
enum cart_refusal cart_merge(struct cart *into, const struct cart *from,
			     enum cart_strategy strategy);

/*
 * What a product costs now, in the smallest unit of the cart's currency. False when it cannot be
 * counted: there is no such product any more, or its price is in another currency by now.
 */
bool cart_price(const struct cart *cart, const struct cart_product *product, int64_t *amount);

/* True when the price of a line was another one when it was added. */
bool cart_price_has_changed(const struct cart *cart, const struct cart_line *line, int64_t amount);

#endif
