/*
 * Idempotency-Key: a POST or PATCH that comes again gets the first answer again, and has its
 * effect once. One mechanism for all endpoints, run by the step engine; they need not know of it.
 *
 *	1. Before the first step an earlier request with this key is looked for; if there was one,
 *	   its answer is the answer.
 *	2. When the endpoint writes, the repository asks for the answer ahead of time (rehearse):
 *	   the step that follows the write is run as if the write had succeeded, its reply is kept
 *	   in the write's own transaction, and forgotten here. When the transaction finds that
 *	   another request with this key was faster, the result is RESULT_REPEATED and that one's
 *	   answer is given.
 *	3. An answer that came without a write is kept by itself, but for those that a client can
 *	   correct or that mean nothing (400, 415, 428, 5xx).
 *
 * What it asks of an endpoint: its write is its last operation, and the step behind it only
 * replies, from rq->state and rq->await.result. That step may run several times.
 */
#ifndef SHOPD_HTTP_IDEMPOTENCY_H
#define SHOPD_HTTP_IDEMPOTENCY_H

#include "base/idempotency.h"
#include "http/request.h"

/*
 * Where records are. The functions are those of repo/idempotency_repo.h, handed in by the daemon.
 */
struct idempotency_store {
	void (*find)(struct repo *repo, struct idempotency *idempotency, struct await *await);
	void (*keep)(struct repo *repo, struct idempotency *idempotency,
		     const struct kept_answer *answer, struct await *await);
	struct digest *digest;
};

/*
 * Takes up the request's key, if its method takes one and it has one, and starts looking for an
 * earlier request with rq->await: then true. A reply is made when the key is not acceptable.
 */
bool idempotency_begin(struct request *rq);

/* What `rehearse` of a request's idempotency is; its context is the request. */
bool idempotency_rehearse(struct idempotency *idempotency, struct kept_answer *answer);

/* Whether the reply that was made is still to be kept; then starts keeping it with rq->await. */
bool idempotency_keep(struct request *rq);

/*
 * The reply to RESULT_REPEATED: the earlier answer; or 422 when its request was another, or when
 * the answer to this one is too large to be kept. A reply that was made is dropped.
 */
enum flow idempotency_reply(struct request *rq);

#endif
