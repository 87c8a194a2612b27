/*
 * Orders that are cancelled, and what comes back of those that were shipped.
 */
#ifndef SHOPD_API_ORDER_ENDING_H
#define SHOPD_API_ORDER_ENDING_H

#include "http/request.h"

extern const struct endpoint post_order_cancel;
extern const struct endpoint post_order_return;

#endif
