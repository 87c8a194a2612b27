/*
 * A request to one endpoint, without a server: its steps run on a scripted transport, and the reply
 * can be looked at. The request has no headers, but can have an Idempotency-Key (asking_key).
 */
#ifndef SHOPD_TEST_ASKING_H
#define SHOPD_TEST_ASKING_H

#include "base/idempotency.h"
#include "http/connection.h"
#include "http/idempotency.h"
#include "http/request.h"
#include "scripted_repo.h"

struct asking {
	struct scripted_repo on;
	struct config config;           /* the currency is EUR */
	struct idempotency_store store; /* the real one, on the scripted transport */
	struct server server;
	struct connection connection;
	struct request rq;
	struct route route;
	struct endpoint endpoint;
	struct idempotency idempotency;
	struct kept_answer rehearsed; /* the last of the answers made ahead of a write */
	unsigned rehearsals;
	bool is_done;
};

void asking_init(struct asking *asking);
void asking_clear(struct asking *asking);

/* Another request; what the last one left is gone. */
void asking_renew(struct asking *asking);

/* A query parameter for the next asking_run. */
void asking_query(struct asking *asking, const char *name, const char *value);

/*
 * Gives the next request a key that never came before. Its id is ASKING_KEY_ID, what it stands for
 * has the fingerprint ASKING_FINGERPRINT. What the transport is asked for are the writes that keep
 * the answer, not the search for an earlier one.
 */
#define ASKING_KEY_ID "the-key"
#define ASKING_FINGERPRINT "the-fingerprint"
void asking_key(struct asking *asking);

/* Asserts that the reply is, byte for byte, what was rehearsed for it. */
void ck_assert_as_rehearsed(const struct asking *asking);

/* Runs the endpoint to its reply and returns the status. `id` is the path's parameter, or NULL. */
int asking_run(struct asking *asking, const struct endpoint *endpoint, const char *id);

/* The same for an endpoint whose first step reads a body: it is given this one instead. */
int asking_send(struct asking *asking, const struct endpoint *endpoint, const char *id,
		const char *body);

const char *asking_body(const struct asking *asking);
/* A header of the reply, or NULL. */
const char *asking_header(const struct asking *asking, const char *name);

#endif
