/*
 * The outgoing HTTP/1.1 client: exchanges over pooled connections, one exchange at a time on each.
 *
 * An exchange waits for a free connection (first come, first served), is written, and its answer
 * is read; the connection then goes back to the pool unless the answer says otherwise. A
 * connection on which anything unexpected happens is closed, never used again; an idle one that
 * the peer closes is noticed at once. New connections are opened as they are needed, but only a
 * few at a time, for a TLS handshake is much work.
 *
 * Everything is bounded: connections, exchanges that wait, connections being opened, their age.
 * So an origin whose name gets another address is followed there: by new connections once the old
 * address has been known for name_age_us, by all once the old connections have failed or are
 * max_age_us old.
 */
#ifndef SHOPD_IO_HTTP_CLIENT_H
#define SHOPD_IO_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "io/exchange.h"
#include "io/loop.h"
#include "io/trust.h"

struct http_client_options {
	struct loop *loop;
	struct trust *trust;    /* NULL: only http:// origins */
	size_t max_connections; /* to each origin: also the limit of exchanges on the wire */
	size_t max_waiting;     /* for each origin; more end with EXCHANGE_OVERLOADED */
	size_t max_connecting;  /* at the same time, to each origin */
	uint64_t connect_timeout_us;
	uint64_t name_age_us; /* a name's address is looked up again after this; whole seconds */
	uint64_t max_idle_us; /* an idle connection is closed after this */
	uint64_t max_age_us;  /* any connection is closed after this, when it is next idle */
};

struct http_client_metrics {
	metric_counter opened; /* connections made */
	metric_counter failed; /* connections that could not be made */
	metric_counter closed;
	metric_counter reused;   /* exchanges on a connection that had carried one before */
	metric_counter overload; /* exchanges refused because too many waited */
};

struct http_client;

/* New; NULL when out of memory. */
struct http_client *http_client_new(const struct http_client_options *options);

/*
 * Ends every exchange with EXCHANGE_SHUTDOWN (their done is called in the next turns) and every one
 * that is started from now on.
 */
void http_client_stop(struct http_client *client);

/* No exchange may be under way: after http_client_stop and the turn that follows. */
void http_client_free(struct http_client *client);

/* For those who only need to send. Owned by the client. */
struct transport *http_client_transport(struct http_client *client);

const struct http_client_metrics *http_client_get_metrics(const struct http_client *client);

#endif
