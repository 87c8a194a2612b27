/*
 * /cart, /cart/{id} and /user/{id}/cart: carts as a whole. Their lines are in cart_item.h.
 */
#ifndef SHOPD_API_CART_H
#define SHOPD_API_CART_H

#include "http/request.h"

extern const struct endpoint post_cart;
extern const struct endpoint get_cart;
extern const struct endpoint delete_cart;
extern const struct endpoint post_cart_merge;
extern const struct endpoint get_user_cart;

#endif
