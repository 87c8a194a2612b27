/*
 * The demo shop: a small catalogue with stock, and some users with addresses, to try things with.
 */
#ifndef SHOPD_API_SEED_H
#define SHOPD_API_SEED_H

#include <stddef.h>

#include "base/await.h"

struct repo;

/*
 * Makes what is not there yet, one thing after another; what is there is left as it is. `made` and
 * `present` are counted up as it goes. Products have fixed ids, and prices in USD; users are known
 * by their e-mail addresses.
 */
void seed_demo(struct repo *repo, size_t *made, size_t *present, struct await *await);

#endif
