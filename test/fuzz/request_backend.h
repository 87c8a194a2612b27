/*
 * What stands behind the server in fuzz_request.c instead of DynamoDB: a transport that answers
 * from a small shop that never changes, or as the input says.
 *
 * The script has one part for each call, in their order, with RS (0x1e) between them; calls behind
 * its end find the shop. A part's first byte says what happens to the call:
 *
 *	s   the shop's own answer
 *	2   status 200, and the rest is the body; likewise 4 (400) and 5 (500)
 *	c   the condition fails, and the item that is there comes with it
 *	x   the transaction is cancelled; the rest has a letter for each of its actions: c as above,
 *	    x another transaction, t throttled, anything else nothing
 *	n   sent, and no answer; likewise u (not sent), b (broken), t (timeout), o (overloaded)
 */
#ifndef SHOPD_TEST_REQUEST_BACKEND_H
#define SHOPD_TEST_REQUEST_BACKEND_H

#include <jansson.h>

#include "base/text.h"
#include "io/exchange.h"

/* Stands in every error, where AWS says more than clients are told. */
#define REQUEST_BACKEND_CANARY "what-only-aws-says"

struct request_backend {
	struct transport transport;
	struct loop *loop;
	struct loop_timer timer;
	struct exchange *waiting; /* in the order in which they were started */
	json_t *shop;             /* its items */
	struct span script;       /* what is left of it */
};

void request_backend_init(struct request_backend *backend, struct loop *loop);
void request_backend_play(struct request_backend *backend, struct span script);

#endif
