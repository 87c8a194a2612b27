/*
 * Replies about orders: an order as it is, or why something cannot be done.
 */
#ifndef SHOPD_API_ORDER_REPLY_H
#define SHOPD_API_ORDER_REPLY_H

#include "http/request.h"
#include "repo/order_item.h"

/* The order with its tag. */
enum flow reply_order(struct request *rq, int status, const struct stored_order *order);

/* The same for GET: with its history if that is asked for; 304 when the caller has it already. */
enum flow reply_order_found(struct request *rq, const struct stored_order *order, bool has_history);

/* 404 order-not-found. */
enum flow reply_order_missing(struct request *rq);

/* 409 with this code, and `items` that name each product's excess. */
enum flow reply_order_excess(struct request *rq, const char *code,
			     const struct order_excess *excess, size_t count);

/* 409 invalid-transition: what a field is now, and what it could become. */
enum flow reply_order_refused(struct request *rq, enum order_field field, unsigned current);

#endif
