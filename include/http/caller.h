/*
 * Who makes a request, as far as it is known.
 */
#ifndef SHOPD_HTTP_CALLER_H
#define SHOPD_HTTP_CALLER_H

#include "http/scope.h"

enum caller_kind {
	CALLER_NOBODY,  /* has shown nothing: a guest, perhaps */
	CALLER_SHOPPER, /* a user, by a token */
	CALLER_STAFF,   /* by a key; or everybody, where nobody is asked */
};

struct caller {
	enum caller_kind kind;
	const char *id;   /* the user's, or the key's name; "" when there is none */
	scope_set scopes; /* a shopper may have some too */
	/*
	 * As what histories and ledgers name it: "guest", "shopper", "staff", "staff:<key's
	 * name>". Never a shopper's id, which would outlive the person there.
	 */
	const char *by;
};

#endif
