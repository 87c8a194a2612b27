/*
 * Deliveries: what is sent of an order, and what carriers report of it.
 */
#ifndef SHOPD_API_DELIVERY_H
#define SHOPD_API_DELIVERY_H

#include "http/request.h"

extern const struct endpoint get_order_deliveries;
extern const struct endpoint post_order_delivery;
extern const struct endpoint get_deliveries;
extern const struct endpoint get_delivery;
extern const struct endpoint patch_delivery;
extern const struct endpoint post_delivery_event;

#endif
