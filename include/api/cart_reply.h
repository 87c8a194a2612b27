/*
 * Replies about carts: a cart as it is, or why something cannot be done.
 */
#ifndef SHOPD_API_CART_REPLY_H
#define SHOPD_API_CART_REPLY_H

#include "http/request.h"
#include "repo/cart_job.h"

/* The cart with its tag, or the problem that `answer` has, by rq->await.result. */
enum flow reply_cart(struct request *rq, int status, const struct cart_answer *answer);

/* The same for GET: 304 when the caller has it already. */
enum flow reply_cart_found(struct request *rq, const struct cart_answer *answer);

/* 204, or the problem. */
enum flow reply_cart_gone(struct request *rq, const struct cart_answer *answer);

#endif
