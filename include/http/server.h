/*
 * The HTTP server of one event loop: libmicrohttpd in external mode, its epoll descriptor nested in
 * the loop's own. One server for each worker's public listener, and one for the operators'.
 */
#ifndef SHOPD_HTTP_SERVER_H
#define SHOPD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "http/http_metrics.h"
#include "http/request.h"
#include "io/loop.h"

struct access;
struct tls_identity;
struct idempotency_store;
struct rate_limit;

struct server_options {
	struct loop *loop;
	const struct config *config;
	const struct route *routes; /* ends in a row without a path */
	int listen_fd;              /* borrowed; must stay open until server_free */
	uint64_t max_connections;
	struct repo *repo;                           /* for the steps */
	struct app *app;                             /* for the steps */
	const struct idempotency_store *idempotency; /* NULL: keys mean nothing */
	const struct access *access;                 /* NULL: nobody is asked who he is */
	struct tls_identity *identity; /* who it is in TLS; NULL: it speaks plain HTTP */
	struct rate_limit *rate_limit; /* NULL: there is no limit */
	const char *cors_origins;      /* as the setting (http/cors.h); NULL: of none */
	bool is_quiet;                 /* requests are logged at debug level */
};

struct server;

/* New; NULL when out of memory or when libmicrohttpd cannot start. Nobody is served yet. */
struct server *server_new(const struct server_options *options);

/*
 * Begins to accept. Until server_set_ready only routes that are always on are served; the others
 * get 503 not-ready. Before server_open clients wait in the kernel's queue, which is better for
 * them when it is for a moment only. False when out of memory or descriptors.
 */
MUST_CHECK bool server_open(struct server *server);
/* All routes are served from now on. */
void server_set_ready(struct server *server);

/* For connections to come. Only for a server that was made with one. */
void server_set_identity(struct server *server, struct tls_identity *identity);

/*
 * Stops accepting, once what the kernel has accepted for us is taken over. Requests under way are
 * answered with "Connection: close"; idle connections are closed after a moment's grace, for a
 * request may be on its way.
 */
void server_drain(struct server *server);

/* Requests begun and not answered, and connections open. Both are 0 at the end of a drain. */
size_t server_requests(const struct server *server);
size_t server_connections(const struct server *server);

/* No request may be under way: libmicrohttpd must not be stopped with suspended connections. */
void server_free(struct server *server);

const struct http_metrics *server_metrics(const struct server *server);

#endif
