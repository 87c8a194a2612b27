/*
 * The demo catalogue: a small shop to try things with.
 */
#ifndef SHOPD_API_SEED_H
#define SHOPD_API_SEED_H

#include <stddef.h>

#include "base/await.h"

struct repo;

/*
 * Makes the demo products that are not there yet, one after another; those that are there are left
 * as they are. `made` and `present` are counted up as it goes. They have fixed ids, and prices in
 * USD.
 */
void seed_demo(struct repo *repo, size_t *made, size_t *present, struct await *await);

#endif
