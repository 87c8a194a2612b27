/*
 * /cart/{id}/item/{product_id}: the lines of a cart.
 */
#ifndef SHOPD_API_CART_ITEM_H
#define SHOPD_API_CART_ITEM_H

#include "http/request.h"

extern const struct endpoint put_cart_item;    /* sets the quantity */
extern const struct endpoint post_cart_item;   /* adds to it */
extern const struct endpoint delete_cart_item; /* takes the line out */

#endif
