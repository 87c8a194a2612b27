/*
 * An HTTP client on an event loop, and calls by it: the other side of peer.h.
 *
 * The loop's clock is the machine's own, but can be moved ahead.
 */
#ifndef SHOPD_TEST_CALLING_H
#define SHOPD_TEST_CALLING_H

#include "io/http_client.h"
#include "peer.h"

enum { CALL_BODY_MAX = 64 * 1024 };

/* What the tests of one process share; zeroed by calling_start. */
struct calling {
	struct clock clock;
	uint64_t ahead_us; /* by how much the clock was moved */
	struct loop *loop;
	struct http_client_options options;
	SSL_CTX *tls; /* the peer's, if it is to have one */
	struct http_client *client;
	struct peer peer;
	struct origin origin; /* the peer */
};

/* Sensible options and a loop, but no client or peer yet. */
void calling_init(struct calling *calling);
/* Starts the peer's script and makes the client. */
void calling_start(struct calling *calling, void (*script)(struct peer *peer));
/* Stops the client, lets its calls end, waits for the script's end, frees all. */
void calling_stop(struct calling *calling);

struct call {
	struct exchange exchange;
	struct calling *calling;
	unsigned done_count;
};

/* A GET of this path; calls begin with deadlines two seconds (paced) away. */
void call_init(struct call *call, struct calling *calling, const char *path);
void call_start(struct call *call);
/* call_init and call_start. */
void call_get(struct call *call, struct calling *calling, const char *path);
void call_clear(struct call *call);

/* Turns the loop until the call is done. */
void call_wait(struct call *call);
/* Turns the loop for so long (paced). */
void calling_pass(struct calling *calling, int ms);
/* Turns the loop until the metric has this value. */
void calling_wait_for(struct calling *calling, const metric_counter *metric, uint64_t value);

/* Waits, and asserts an answer with this body. */
void call_expect(struct call *call, const char *body);
/* Waits, and asserts that it ended so, with a reason in words. */
void call_expect_end(struct call *call, enum exchange_end end, bool was_sent);

#endif
