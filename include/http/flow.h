/*
 * The step engine: runs an endpoint's steps one after another, across waits, up to a reply.
 */
#ifndef SHOPD_HTTP_FLOW_H
#define SHOPD_HTTP_FLOW_H

#include "http/request.h"

/*
 * Runs the steps of rq->route. rq->finished is called exactly once, when there is a reply: perhaps
 * before this returns, perhaps much later. The request's deadline must be set.
 */
void flow_start(struct request *rq);

#endif
