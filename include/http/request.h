/*
 * One request on its way through an endpoint, and what an endpoint is: a list of steps.
 *
 * A step looks at the request, does one thing, and returns what comes next. It may start at most
 * one operation, with rq->await, and then returns FLOW_WAIT; the following step finds the outcome
 * in rq->await.result. Failures (see base/result.h) never reach a step: the engine answers 503.
 * Replies are made by the functions of reply.h, whose return value the step returns.
 *
 *	static enum flow find_product(struct request *rq)
 *	{
 *		struct product_state *st = rq->state;
 *
 *		product_repo_find(rq->repo, rq->param[0], &st->product, &rq->await);
 *		return FLOW_WAIT;
 *	}
 *
 * An endpoint whose body or reply is too large to be there as a whole streams it: see stream.h.
 */
#ifndef SHOPD_HTTP_REQUEST_H
#define SHOPD_HTTP_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/await.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/ip.h"
#include "base/owner.h"
#include "http/caller.h"
#include "http/who.h"

enum flow {
	FLOW_NEXT,  /* go on with the next step */
	FLOW_WAIT,  /* one operation was started with rq->await; go on when it is finished */
	FLOW_REPLY, /* a reply was made; no further step runs */
};

struct request;
typedef enum flow (*flow_step)(struct request *rq);
typedef long (*stream_give)(struct request *rq, char *out, size_t room); /* see stream.h */
struct streaming;

struct endpoint {
	size_t state_size;              /* bytes of zeroed memory that rq->state points to */
	const flow_step *steps;         /* ends in NULL; the last step replies */
	const struct streaming *stream; /* see stream.h; NULL: neither body nor reply is streamed */
	bool is_secret;                 /* ids in its path are keys: the log must not have them */
	bool takes_no_key;              /* an Idempotency-Key means nothing to it */
};
#define STEPS(...) ((const flow_step[]){__VA_ARGS__, NULL})

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER
};

/* One row of the public interface. Rows of one path stand together. */
struct route {
	enum method method;
	const char *path; /* "/product/{id}" */
	const struct endpoint *endpoint;
	const char *const *query; /* known query parameters, ends in NULL; NULL: none */
	bool is_always_on;        /* served also before the daemon is ready */
	struct who who;           /* may call it */
};
#define QUERY(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { REQUEST_PARAMS_MAX = 4, REQUEST_QUERY_MAX = 16, REQUEST_ID_MAX = 128 };

struct repo;
struct app;
struct connection;
struct lending;

enum { REPLY_HEADERS_MAX = 16 };

/* Private to the layer: filled by the functions of reply.h. */
struct reply {
	bool is_made;
	int status;
	const char *content_type; /* NULL: no body */
	struct buf body;
	struct span constant; /* instead of `body`: part of the program */
	const char *code;     /* of a problem, for the log; or NULL */
	bool is_incomplete;   /* there was no memory for a header */
	stream_give give;     /* instead of `body`; see stream.h */
	size_t header_count;
	struct reply_header {
		const char *name;
		const char *value; /* in the arena */
	} headers[REPLY_HEADERS_MAX];
};

/* Of one that is not streamed. */
static inline struct span reply_body(const struct reply *reply)
{
	if (reply->constant.data != NULL)
		return reply->constant;
	return (struct span){buf_text(&reply->body), reply->body.len};
}

struct request {
	/* for the steps */
	void *state;                           /* the endpoint's own, zeroed */
	const char *param[REQUEST_PARAMS_MAX]; /* path parameters, decoded, in order */
	json_t *body;                          /* after read_json: borrowed, exact */
	struct await await;
	struct arena arena; /* lives until the reply is sent */
	struct repo *repo;
	struct app *app;
	const struct config *config;
	struct caller caller; /* see access.h */
	struct ip client;     /* see forwarded.h */

	/* about the request */
	enum method method;
	const struct route *route; /* NULL while unknown */
	char id[REQUEST_ID_MAX + 1];
	const char *target; /* raw, as it was sent: path and query */
	const char *path;   /* raw, without the query */
	struct query_parameter {
		const char *name; /* decoded */
		const char *value;
	} query[REQUEST_QUERY_MAX];
	size_t query_count;
	struct buf raw_body;
	uint64_t received_us; /* monotonic: when the head was there */
	uint64_t lines;       /* of a stream: the endpoint counts, the log tells */

	/* private to the layer */
	struct reply reply;
	size_t next_step;
	bool is_caller_awaited; /* it could not be told by the head alone who calls */
	enum request_stage {
		REQUEST_CALLER,
		REQUEST_OWNER,   /* of what the path names */
		REQUEST_FINDING, /* an earlier request with the same Idempotency-Key */
		REQUEST_STEPS,
		REQUEST_KEEPING, /* the answer, for later requests with the same key */
		REQUEST_DONE,
	} stage;
	bool is_running; /* a step is on the stack */
	struct owner_search {
		const char *problem; /* when it is another's; NULL: nothing was looked for */
		struct owner owner;
	} search;
	struct lending *lending; /* of the server; NULL without one */
	struct connection *connection;
	void (*finished)(struct request *rq); /* called once, when the reply is made */
	struct stream {
		bool is_open; /* its `end` is due */
		bool is_gone; /* the client has left, but the request is held */
		unsigned holds;
		uint64_t bytes_in;
		uint64_t bytes_out;
	} stream;
};

/* A query parameter's decoded value; NULL when it was not given. */
const char *request_query(const struct request *rq, const char *name);

/* A request header's value by its name, or NULL. Borrowed until the reply is sent. */
const char *request_header(const struct request *rq, const char *name);
/* For logs and headers of our own: NULL too when it has more than 256 bytes or not only ASCII. */
const char *request_harmless_header(const struct request *rq, const char *name);

/*
 * `limit`, `consistent` and their like. False after a reply was made (400 invalid-parameter); then
 * return FLOW_REPLY.
 */
bool request_query_u64(struct request *rq, const char *name, uint64_t min, uint64_t max,
		       uint64_t *value);
bool request_query_bool(struct request *rq, const char *name, bool *value);

/*
 * Private to the layer: takes the query apart and judges it by the route's list. A reply is made
 * when it is not acceptable.
 */
void request_read_query(struct request *rq);

/* A step: requires and parses a JSON body into rq->body; replies 400 or 415. */
enum flow read_json(struct request *rq);
/* The same where nothing is required: a request with neither body nor Content-Type says {}. */
enum flow read_optional_json(struct request *rq);

/*
 * If-Match of a PUT, PATCH or DELETE as a version: 0 for none or "*". Only the part before a "." in
 * the tag counts (see docs/architecture.md, "Versions"). False after a reply was made: 400 when it
 * cannot be read, 412 when it can match no version, 428 when one is required and there is none.
 */
bool request_expected_version(struct request *rq, uint64_t *version);

/* True when If-None-Match of a GET or HEAD names this tag (without quotes) or is "*". */
bool request_none_match_holds(const struct request *rq, const char *tag);

#endif
