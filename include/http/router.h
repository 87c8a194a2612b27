/*
 * Finds the route for a method and a path, and explains when there is none.
 *
 * Paths are split at "/" first and decoded after, so that an encoded slash can never move a boundary;
 * %2F and %00 are refused outright.
 */
#ifndef SHOPD_HTTP_ROUTER_H
#define SHOPD_HTTP_ROUTER_H

#include "http/request.h"

enum router_outcome {
	ROUTER_FOUND,    /* rq->route and rq->param are set */
	ROUTER_BAD_PATH, /* malformed or forbidden percent-encoding */
	ROUTER_NOT_FOUND,
	ROUTER_NOT_ALLOWED, /* the path exists, the method does not; see router_allow */
	ROUTER_OPTIONS,     /* OPTIONS on a path that exists */
	ROUTER_NO_MEMORY,
};

/*
 * Uses rq->method and rq->path. A GET row also serves HEAD. Of several paths that fit
 * ("/product/import", "/product/{id}") the first one counts, for all methods. `routes` ends in a row
 * without path.
 */
enum router_outcome router_find(const struct route *routes, struct request *rq);

enum { ROUTER_ALLOW_SIZE = 64, ROUTER_SHOWN_SIZE = 128 };

/* "GET, HEAD, POST, OPTIONS" for the path that router_find met last. */
void router_allow(const struct route *routes, const struct request *rq,
		  char allow[static ROUTER_ALLOW_SIZE]);

/*
 * The request's path as the log may have it: as it came, unless ids in it are keys
 * (endpoint.is_secret). Then it is the route's path; or for what only begins like a path with a
 * key, the beginning that is not one. Of a path without a route it is what stands before the first
 * id.
 */
const char *router_loggable_path(const struct route *routes, const struct request *rq,
				 char shown[static ROUTER_SHOWN_SIZE]);

enum method router_method(const char *name);
const char *router_method_name(enum method method);

#endif
