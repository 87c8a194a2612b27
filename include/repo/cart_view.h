/*
 * How a cart is shown: with what its products are called and cost now.
 *
 * A line whose product is gone, or can no longer be counted because its price is in another
 * currency by now, is "unavailable" and counts nothing. Totals are exact, however large.
 */
#ifndef SHOPD_REPO_CART_VIEW_H
#define SHOPD_REPO_CART_VIEW_H

#include "base/buf.h"
#include "repo/cart_job.h"

enum { CART_TAG_SIZE = 40, CART_VIEW_MAX = 1024 * 1024 };

/* Appends the cart as a JSON object. */
void cart_view_write(const struct cart_answer *answer, struct buf *out);

/*
 * The entity tag of a cart shown as `body`, "<version>.<digest>": names, prices and levels change
 * without the cart. False when out of memory.
 */
MUST_CHECK bool cart_view_tag(const struct repo *repo, const struct cart *cart,
			      const struct buf *body, char tag[static CART_TAG_SIZE]);

#endif
