/*
 * /order: orders as such. What is paid, delivered, cancelled and returned is elsewhere.
 */
#ifndef SHOPD_API_ORDER_H
#define SHOPD_API_ORDER_H

#include "http/request.h"

extern const struct endpoint post_order;
extern const struct endpoint get_orders;
extern const struct endpoint get_order;
extern const struct endpoint patch_order;
extern const struct endpoint get_user_orders;

#endif
