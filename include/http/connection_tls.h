/*
 * What TLS adds to a connection: the identity that it shows, a handshake before the first request,
 * and bytes that were taken from the socket but not asked for yet.
 */
#ifndef SHOPD_HTTP_CONNECTION_TLS_H
#define SHOPD_HTTP_CONNECTION_TLS_H

#include <microhttpd.h>
#include <stdbool.h>

#include "http/tls_identity.h"

/* Embedded in a connection, zeroed at birth. Private. */
struct connection_tls {
	struct tls_identity *identity; /* held */
	void *session;                 /* gnutls_session_t; NULL: there is no TLS */
	bool is_established;
};

/* A connection begins, with this identity; NULL: without TLS. */
void connection_tls_begin(struct connection_tls *tls, struct MHD_Connection *mhd,
			  struct tls_identity *identity);
/* libmicrohttpd has no use for the session any more. */
void connection_tls_end(struct connection_tls *tls);

/* Whether its handshake has just been found to be over: true once, false without TLS. */
bool connection_tls_is_new(struct connection_tls *tls);

/* Whether there are bytes that the socket does not tell of. */
bool connection_tls_has_unread(const struct connection_tls *tls);

#endif
