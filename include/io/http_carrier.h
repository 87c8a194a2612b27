/*
 * A carrier is a connection that carries exchanges, one at a time; the carriers to one origin make
 * a pool. Private to http_client.c, which owns the pools, and http_carrier.c.
 *
 * A carrier's life: connecting → idle ⇄ busy → closed. Whatever ends an exchange in another way
 * than with a whole answer also ends its carrier.
 */
#ifndef SHOPD_IO_HTTP_CARRIER_H
#define SHOPD_IO_HTTP_CARRIER_H

#include "io/exchange_queue.h"
#include "io/http_client.h"
#include "io/http_link.h"

enum { HTTP_RECEIVE_SIZE = 32 * 1024 };

struct carrier {
	struct pool *pool;
	struct http_link *link;
	bool is_connected;
	struct exchange *exchange; /* NULL while idle or connecting */
	size_t sent;               /* bytes of its request */
	size_t exchanges;          /* carried so far */
	uint64_t opened_us;
	uint64_t idle_since_us;
	struct carrier **list; /* the pool's idle or busy ones */
	struct carrier *next;
	struct carrier *previous;
};

struct pool {
	struct http_client *client;
	const struct origin *origin;
	struct exchange_queue waiting;
	struct carrier *idle; /* the most recently used first, so that the others can grow old */
	struct carrier *busy; /* also those that connect */
	size_t count;
	size_t connecting;
	struct pool *next;
};

struct http_client {
	struct transport transport; /* first, so that a transport is its client */
	struct http_client_options options;
	struct http_link_context links;
	struct http_client_metrics metrics;
	struct pool *pools;
	struct exchange_queue on_wire;
	struct exchange_queue finished;
	struct loop_task finish_task;
	struct loop_timer reap_timer;
	bool is_stopped;
	char received[HTTP_RECEIVE_SIZE];
};

/* In http_client.c: ends an exchange; its done is called after all events of the turn. */
void http_client_finish(struct http_client *client, struct exchange *exchange,
			enum exchange_end end, const char *error);

/* In http_client.c: gives waiting exchanges to idle carriers and opens connections for others. */
void http_pool_serve(struct pool *pool);

/* Begins to connect. False when out of memory. */
bool carrier_open(struct pool *pool);

/* Sends an exchange that waited, on an idle carrier. */
void carrier_take(struct carrier *carrier, struct exchange *exchange);

/* True while it may be used again: it is not too old. */
bool carrier_is_fresh(const struct carrier *carrier);

/* Ends the exchange under way with `end`, and the carrier. */
void carrier_fail(struct carrier *carrier, enum exchange_end end, const char *error);

/* Closes and frees it. An exchange under way is the caller's to finish. */
void carrier_close(struct carrier *carrier);

#endif
