/*
 * How long a connection may be in which state: idle, with half a request, with a reply that is not
 * taken. libmicrohttpd's own time-out starts again with every byte, so it is not enough.
 */
#ifndef SHOPD_HTTP_CONNECTION_DEADLINE_H
#define SHOPD_HTTP_CONNECTION_DEADLINE_H

#include "http/connection.h"

/* Closes it if it has overstayed: called now and then for each. */
void connection_deadline_check(struct connection *connection, uint64_t now_us);

#endif
