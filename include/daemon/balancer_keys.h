/*
 * The keys that load balancers sign x-amzn-oidc-data with. Each has a page of its own, named by
 * its id, and which one is used is known only when a token names it. So a key is fetched when it is
 * first asked for, and who asks may wait for it.
 *
 * The ids come from whoever sends a token, so what they can cause is bounded: only ids that look
 * like one (a UUID) are asked for, one at a time, at most once a second. A key that is there is
 * looked at again after an hour, one that the place does not have after five minutes, one that
 * could not be fetched after thirty seconds. A key stays when a later look fails, and those that
 * are there are the last to be forgotten. So many may wait as BALANCER_KEYS_WAITING_MAX says.
 *
 * One for each worker, on its loop.
 */
#ifndef SHOPD_DAEMON_BALANCER_KEYS_H
#define SHOPD_DAEMON_BALANCER_KEYS_H

#include "base/await.h"
#include "daemon/key_page.h"
#include "http/jwks.h"

enum { BALANCER_KEYS_MAX = 16, BALANCER_KEYS_WAITING_MAX = 256 };

struct balancer_keys;

/* New; NULL when out of memory. */
struct balancer_keys *balancer_keys_new(const struct key_page_place *place);
/* After balancer_keys_stop, when the transport has ended what was under way. NULL is fine. */
void balancer_keys_free(struct balancer_keys *keys);

/* Fetches no more; whoever waits ends with RESULT_SHUTDOWN. */
void balancer_keys_stop(struct balancer_keys *keys);

/*
 * A set with the key of this id and no other, borrowed until the loop's next turn. NULL when there
 * is none; `is_coming` then says whether there may be one in a moment.
 */
const struct jwks *balancer_keys_find(struct balancer_keys *keys, const char *id, bool *is_coming);

/*
 * Waits for the key of this id, which is copied. RESULT_OK when it is worth looking again: the key
 * is there, or there is none, or it cannot be fetched now, or the await's deadline has come. Its
 * arena has what the waiting needs.
 */
void balancer_keys_await(struct balancer_keys *keys, const char *id, struct await *await);

#endif
