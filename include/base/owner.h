/*
 * Whose a cart, checkout or order is.
 *
 * It is asked for by the http layer (http/access.h) and looked for by the repositories
 * (repo/owner_repo.h); layers between need not know of it.
 */
#ifndef SHOPD_BASE_OWNER_H
#define SHOPD_BASE_OWNER_H

#include "base/id.h"

enum owner_of { OWNER_OF_CART, OWNER_OF_CHECKOUT, OWNER_OF_ORDER };

struct owner {
	char user_id[ID_SIZE]; /* "": a guest's */
};

#endif
