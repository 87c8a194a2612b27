/*
 * How access control (http/access.h) comes to know callers by their tokens: the settings of issuer
 * and load balancers, and what a good token makes of a caller.
 */
#ifndef SHOPD_DAEMON_TOKEN_ACCESS_H
#define SHOPD_DAEMON_TOKEN_ACCESS_H

#include "base/config.h"
#include "daemon/backend.h"
#include "daemon/tokens.h"
#include "http/access.h"

/* What the configuration alone cannot judge. False with a line appended to `mistakes`. */
MUST_CHECK bool token_access_check(const struct config *config, struct buf *mistakes);

/*
 * New, for a worker's backend whose configuration has an issuer or a load balancer and has been
 * checked; NULL when out of memory.
 */
struct tokens *token_access_new(const struct backend *backend);

/* For struct access; the context is struct tokens. */
enum jwt_result token_access_read(void *context, struct request *rq,
				  const struct shown_token *token, struct caller *caller);
void token_access_await(void *context, const struct shown_token *token, struct await *await);

#endif
