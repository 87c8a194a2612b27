/*
 * One outgoing connection: made by libcurl (names, TCP, TLS, proxies), then bytes in and out by us.
 *
 * libcurl drives the connecting only (CURLOPT_CONNECT_ONLY), in a small multi handle of its own:
 * curl_easy_send and _recv look their connection up in the multi's cache, which is slow in a
 * shared one. After that the owner is told when there is something to read or room to write, and
 * asks for it. Nothing is ever sent again behind the owner's back.
 *
 * No callback runs inside a libcurl callback, and the owner may close the link in any of them.
 */
#ifndef SHOPD_IO_HTTP_LINK_H
#define SHOPD_IO_HTTP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/exchange.h"
#include "io/loop.h"
#include "io/trust.h"

struct http_link;

/* libcurl's own start and end, for the whole process, while there is one thread. */
bool http_link_global_init(void);
void http_link_global_clear(void);

/* What all links of one client share. */
struct http_link_context {
	struct loop *loop;
	struct trust *trust; /* NULL: only http:// origins can be reached */
	void *share;         /* CURLSH for names and TLS sessions, see http_link_context_init */
	uint64_t connect_timeout_us;
	uint64_t name_age_us; /* for so long an address is used again, in whole seconds; 0: never */
};

/* False when out of memory. */
bool http_link_context_init(struct http_link_context *context);
/* All links must be closed. */
void http_link_context_clear(struct http_link_context *context);

struct http_link_owner {
	void (*connected)(void *owner);
	void (*failed)(void *owner, const char *error); /* could not connect; close it */
	void (*readable)(void *owner);                  /* bytes, or the end */
	void (*writable)(void *owner);                  /* after http_link_await_room */
};

/*
 * Begins to connect. Exactly one of connected and failed follows, never from within this call.
 * NULL when out of memory. `owner` is handed to the callbacks.
 */
struct http_link *http_link_open(const struct http_link_context *context,
				 const struct origin *origin,
				 const struct http_link_owner *callbacks, void *owner);
void http_link_close(struct http_link *link);

/* After `failed`: which setting to look at, for the log; NULL: none in particular. Static. */
const char *http_link_hint(const struct http_link *link);

enum http_link_io {
	HTTP_LINK_DONE,   /* `moved` bytes, at least one */
	HTTP_LINK_LATER,  /* nothing now: wait to be told */
	HTTP_LINK_CLOSED, /* the end, or an error */
};

enum http_link_io http_link_send(struct http_link *link, const void *bytes, size_t len,
				 size_t *moved);
enum http_link_io http_link_receive(struct http_link *link, void *bytes, size_t room,
				    size_t *moved);

/* True when TLS holds no bytes back that epoll would not tell of. */
bool http_link_is_quiet(struct http_link *link);

/* Whether `writable` is to be called. False when the kernel refuses. */
bool http_link_await_room(struct http_link *link, bool is_awaited);

#endif
