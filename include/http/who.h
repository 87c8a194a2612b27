/*
 * Who may call a route: its row's own say (api/routes.c), which access.c enforces.
 *
 * A row that says nothing is for admins alone, so that what was forgotten is closed.
 */
#ifndef SHOPD_HTTP_WHO_H
#define SHOPD_HTTP_WHO_H

#include "base/buf.h"
#include "http/scope.h"

/* Whose it is, besides staff's. */
enum owned {
	OWNED_NOT,      /* nobody's: only staff with the scope may */
	OWNED_ANYONE,   /* everybody may */
	OWNED_USER,     /* the first {id} is the caller's own */
	OWNED_SELF,     /* a shopper may for himself: the endpoint sees to that */
	OWNED_BY_QUERY, /* the query's user_id is the caller's own, or a shopper's own if absent */
	OWNED_CART,     /* the first {id} names a cart of the caller's own, or a guest's */
	OWNED_CHECKOUT, /* likewise */
	OWNED_ORDER,    /* likewise */
};

struct who {
	enum owned owned;
	enum scope scope; /* of staff who may too */
};

#define ANYONE                        \
	{                             \
		.owned = OWNED_ANYONE \
	}
#define STAFF(what)                                       \
	{                                                 \
		.owned = OWNED_NOT, .scope = SCOPE_##what \
	}
#define OWNER(what, staff)                                    \
	{                                                     \
		.owned = OWNED_##what, .scope = SCOPE_##staff \
	}

/* Appends it in words: "the user, or staff with user:read". */
void who_write(struct who who, struct buf *out);

#endif
