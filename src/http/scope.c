#include "http/scope.h"

const char *const scope_names[SCOPE_COUNT + 1] = {
	[SCOPE_ADMIN] = "admin",
	[SCOPE_PRODUCT_READ] = "product:read",
	[SCOPE_PRODUCT_WRITE] = "product:write",
	[SCOPE_STOCK_READ] = "stock:read",
	[SCOPE_STOCK_WRITE] = "stock:write",
	[SCOPE_USER_READ] = "user:read",
	[SCOPE_USER_WRITE] = "user:write",
	[SCOPE_CART_READ] = "cart:read",
	[SCOPE_CART_WRITE] = "cart:write",
	[SCOPE_ORDER_READ] = "order:read",
	[SCOPE_ORDER_WRITE] = "order:write",
	[SCOPE_PAYMENT_WRITE] = "payment:write",
	[SCOPE_DELIVERY_READ] = "delivery:read",
	[SCOPE_DELIVERY_WRITE] = "delivery:write",
};

bool scope_find(struct span name, enum scope *scope)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++) {
		if (span_equals(name, scope_names[i])) {
			*scope = (enum scope)i;
			return true;
		}
	}
	return false;
}

bool scope_is_in(scope_set scopes, enum scope scope)
{
	return (scopes & (scope_bit(scope) | scope_bit(SCOPE_ADMIN))) != 0;
}
