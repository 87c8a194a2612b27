/*
 * A server on the loopback, and visitors who write raw bytes to it: all in one thread, so that each
 * test decides what happens when. Nothing waits longer than some seconds.
 *
 * The server's clock is the machine's own, but can be moved ahead.
 */
#ifndef SHOPD_TEST_SERVING_H
#define SHOPD_TEST_SERVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"
#include "io/http_answer.h"

enum {
	SERVING_BODY_MAX = 100 * 1000, /* config.max_body */
	SERVING_WAITING_MAX = 1024,
	SERVING_REQUEST_DEADLINE_US = 20 * 1000 * 1000,
	SERVING_READ_DEADLINE_US = 10 * 1000 * 1000,
	SERVING_SEND_DEADLINE_US = 60 * 1000 * 1000,
};

struct serving {
	struct config config;
	const struct idempotency_store *idempotency; /* of the server to come; usually NULL */
	const struct access *access;                 /* likewise */
	struct tls_identity *identity;               /* likewise */
	struct rate_limit *rate_limit;               /* likewise */
	struct clock clock;
	uint64_t ahead_us; /* by how much the clock was moved */
	struct loop *loop;
	int listen_fd;
	struct server *server;

	unsigned hello; /* how often these endpoints ran */
	unsigned smuggled;
	unsigned wide;
	struct request *waiting[SERVING_WAITING_MAX]; /* requests to /wait, oldest first */
	size_t waiting_count;
};

/* There is one server at a time. */
extern struct serving serving;

/*
 * The usual routes:
 *
 *	GET /hello      "hello"
 *	GET /live       "live", always on
 *	POST /echo      the body
 *	GET /smuggled   only counts
 *	GET /wait       waits for serving_let_go
 *	GET /big        1 MB of "x"
 *	GET /wide       a head as long as replies have
 */
extern const struct route serving_routes[];

/* Sets the configuration, which may be changed until serving_start. */
void serving_init(void);
/* A server for these routes; nobody is served yet. False when out of memory; then stop it. */
bool serving_prepare(const struct route *routes);
/* The same, open and ready. */
void serving_start(const struct route *routes);
/* Lets all requests go, drains, frees. */
void serving_stop(void);

/* Turns the loop, for at least so many milliseconds (paced) and as many turns, and some more. */
void serving_pass(int ms);
/* Moves the clock ahead, and turns until that was noticed. */
void serving_jump(uint64_t us);
/* Finishes what the oldest request waits for. */
void serving_let_go(enum result result);
/* Turns until so many wait. */
void serving_wait_for(size_t count);
/* Turns until there are so many connections. */
void serving_wait_for_connections(size_t count);

struct visitor {
	int fd;
	bool is_closed; /* by the server */
	char *bytes;    /* received and not taken yet, with a NUL behind */
	size_t len;
	char *head; /* of the last answer, with a NUL behind */
	struct http_answer answer;
};

void visitor_connect(struct visitor *visitor);
void visitor_leave(struct visitor *visitor);

void visitor_send(struct visitor *visitor, const char *text);
void visitor_send_bytes(struct visitor *visitor, const void *bytes, size_t len);

/* Waits for the next answer and returns its status; 0 when the connection ends instead. */
int visitor_status(struct visitor *visitor);
/* The same for an answer to HEAD. */
int visitor_head_status(struct visitor *visitor);
/* Sends and waits. */
int visitor_ask(struct visitor *visitor, const char *text);

/* Of the last answer. The value is valid until the next call; NULL when there is none. */
const char *visitor_body(const struct visitor *visitor);
const char *visitor_header(const struct visitor *visitor, const char *name);
/* True if the body is a problem with this code. */
bool visitor_has_problem(const struct visitor *visitor, const char *code);

/* Waits for the server to close; false if it does not. */
bool visitor_is_sent_away(struct visitor *visitor);
/* Waits a moment: nothing comes, and the connection stays open. */
bool visitor_is_left_alone(struct visitor *visitor);

#endif
