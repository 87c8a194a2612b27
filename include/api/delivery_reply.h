/*
 * Replies about deliveries: one as it is, or why something cannot be done.
 */
#ifndef SHOPD_API_DELIVERY_REPLY_H
#define SHOPD_API_DELIVERY_REPLY_H

#include "http/request.h"
#include "repo/delivery_repo.h"

/* The delivery with its tag. */
enum flow reply_delivery(struct request *rq, int status, const struct stored_order *order,
			 const struct order_delivery *delivery);

/* The same for GET: 304 when the caller has it already. */
enum flow reply_delivery_found(struct request *rq, const struct stored_order *order,
			       const struct order_delivery *delivery);

/* A list of some of an order's: these, one behind the other. */
enum flow reply_deliveries(struct request *rq, const struct stored_order *order,
			   const struct order_delivery *deliveries, size_t count);

/* 404 delivery-not-found. */
enum flow reply_delivery_missing(struct request *rq);

/* Why a change was not made: for every result of delivery_repo.h but RESULT_OK. */
enum flow reply_delivery_refused(struct request *rq, const struct delivery_outcome *outcome);

#endif
