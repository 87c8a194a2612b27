/*
 * Replies about checkouts: a checkout as it is, or why something cannot be done.
 */
#ifndef SHOPD_API_CHECKOUT_REPLY_H
#define SHOPD_API_CHECKOUT_REPLY_H

#include "http/request.h"
#include "repo/checkout_repo.h"

/* The checkout with its tag, or the problem that `answer` has, by rq->await.result. */
enum flow reply_checkout(struct request *rq, int status, const struct checkout_answer *answer);

/* The same for GET: 304 when the caller has it already. */
enum flow reply_checkout_found(struct request *rq, const struct checkout_answer *answer);

/* 204, or the problem. */
enum flow reply_checkout_gone(struct request *rq, const struct checkout_answer *answer);

/* A problem that needs no more than its name. */
enum flow reply_checkout_refusal(struct request *rq, enum checkout_refusal refusal);

#endif
