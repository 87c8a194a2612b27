/*
 * /product/{id}/subscription?user_id=…: whether a user is told when the product is back in stock.
 */
#ifndef SHOPD_API_SUBSCRIPTION_H
#define SHOPD_API_SUBSCRIPTION_H

#include "http/request.h"

extern const struct endpoint put_subscription;
extern const struct endpoint delete_subscription;

#endif
