/*
 * /checkout: a cart's lines, frozen and held for a while.
 */
#ifndef SHOPD_API_CHECKOUT_H
#define SHOPD_API_CHECKOUT_H

#include "http/request.h"

extern const struct endpoint post_checkout;
extern const struct endpoint get_checkout;
extern const struct endpoint patch_checkout;
extern const struct endpoint delete_checkout;

#endif
