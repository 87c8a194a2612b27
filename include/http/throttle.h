/*
 * Applies the limit of requests (rate_limit.h): who a request counts for, and the 429 for one that
 * is too much.
 *
 * It counts for the name of its API key, else for its token's user, else for its client's address
 * (forwarded.h), by subscriber (ip.h). A private address counts only where SHOPD_TRUSTED_PROXIES is
 * set: otherwise it may be the load balancer's, which all clients share. Routes that are always on
 * are not limited.
 */
#ifndef SHOPD_HTTP_THROTTLE_H
#define SHOPD_HTTP_THROTTLE_H

#include "http/request.h"

/* When the caller is known. False after a reply was made: 429 with Retry-After. */
bool throttle_admit(struct request *rq);

#endif
