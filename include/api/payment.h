/*
 * What is told of payments: by the shop's own systems for an order, or by the provider himself, who
 * signs what he says.
 */
#ifndef SHOPD_API_PAYMENT_H
#define SHOPD_API_PAYMENT_H

#include "http/request.h"

extern const struct endpoint put_payment;
extern const struct endpoint post_payment_callback;

#endif
