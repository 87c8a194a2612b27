/*
 * One HTTP/1.1 request and its answer: what the AWS layer hands to a transport.
 *
 * The transport of the daemon is the HTTP client; tests put a scripted one in its place. Nothing is
 * ever sent twice by a transport: it says how far it came, and the caller decides.
 */
#ifndef SHOPD_IO_EXCHANGE_H
#define SHOPD_IO_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "io/http_answer.h"
#include "io/loop.h"

/*
 * Where requests go. A transport keeps connections for each origin and knows it by its address, so
 * an origin, and its texts, which are borrowed, must last as long as the transport is used.
 */
struct origin {
	const char *url;       /* "https://dynamodb.eu-west-1.amazonaws.com" without a path */
	const char *authority; /* for the Host header: "host" or "host:port" */
	bool bypasses_proxy;   /* metadata and container endpoints */
};

enum exchange_end {
	EXCHANGE_ANSWERED,  /* a whole answer, of whatever status */
	EXCHANGE_NOT_SENT,  /* no connection: not one byte left us */
	EXCHANGE_NO_ANSWER, /* sent in part or whole, then the connection ended: fate unknown */
	EXCHANGE_BROKEN,    /* an answer began and could not be read to its end */
	EXCHANGE_TOO_LONG,  /* its body is longer than we take: the other side is well */
	EXCHANGE_TIMEOUT, /* the attempt's deadline passed; was_sent says whether fate is unknown */
	EXCHANGE_OVERLOADED, /* too many in flight and too many waiting */
	EXCHANGE_SHUTDOWN,   /* the client is being stopped */
	EXCHANGE_NO_MEMORY,
};

struct exchange {
	/* in */
	const struct origin *origin;
	struct buf request;   /* head and body, owned by the caller, unchanged until done */
	uint64_t deadline_us; /* of this attempt, connecting included */
	bool is_secret;       /* the transport overwrites what it received, once it is taken */
	void (*done)(struct exchange *exchange); /* exactly once, never from within start */
	void *context;

	/* out, valid in done */
	enum exchange_end end;
	bool was_sent;             /* at least one byte of the request was handed to the kernel */
	struct http_answer answer; /* initialised and cleared by the caller */
	char error[128];           /* why it failed, for the log; "" when it did not */
	const char *hint;          /* which setting to look at then, or NULL; static */

	/* private to the transport */
	struct exchange *next;
	struct exchange *previous;
	struct exchange_queue *queue; /* that it stands in */
	struct loop_timer timer;
	void *carrier; /* the connection that carries it */
};

struct transport {
	void (*start)(struct transport *transport, struct exchange *exchange);
};

#endif
