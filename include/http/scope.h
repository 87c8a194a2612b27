/*
 * Scopes: what staff may do. A key (api_key.h) has some, and a route (who.h) asks for one.
 *
 * Checklist for a new scope: a bit here, its name in scope.c.
 */
#ifndef SHOPD_HTTP_SCOPE_H
#define SHOPD_HTTP_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum scope {
	SCOPE_ADMIN, /* everything */
	SCOPE_PRODUCT_READ,
	SCOPE_PRODUCT_WRITE,
	SCOPE_STOCK_READ,
	SCOPE_STOCK_WRITE,
	SCOPE_USER_READ,
	SCOPE_USER_WRITE,
	SCOPE_CART_READ,
	SCOPE_CART_WRITE,
	SCOPE_ORDER_READ, /* checkouts too */
	SCOPE_ORDER_WRITE,
	SCOPE_PAYMENT_WRITE,
	SCOPE_DELIVERY_READ,
	SCOPE_DELIVERY_WRITE,
	SCOPE_COUNT,
};

/* One bit for each; that of SCOPE_ADMIN has all others in it. */
typedef uint64_t scope_set;

static inline scope_set scope_bit(enum scope scope)
{
	return UINT64_C(1) << scope;
}

/* "product:write", in the order of the enum; NULL behind the last one. */
extern const char *const scope_names[SCOPE_COUNT + 1];

/* False when there is no such scope. */
bool scope_find(struct span name, enum scope *scope);

bool scope_is_in(scope_set scopes, enum scope scope);

#endif
