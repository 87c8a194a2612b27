/*
 * A client's connection and the request on it: from libmicrohttpd's callbacks to the step engine
 * and back.
 *
 * One request at a time: begun when its first line was read, checked when its head is there, its
 * body collected up to a cap, then run. While its steps wait, the connection is suspended; the
 * reply resumes it. Streams (stream.h) are suspended and resumed while the body comes and while the
 * reply goes out, and may hold the request when the connection has ended: then both are freed with
 * the last hold.
 */
#ifndef SHOPD_HTTP_CONNECTION_H
#define SHOPD_HTTP_CONNECTION_H

#include <microhttpd.h>

#include "base/id.h"
#include "base/ip.h"
#include "http/capacity.h"
#include "http/connection_tls.h"
#include "http/lending.h"
#include "http/neighbours.h"
#include "http/parking.h"
#include "http/request.h"
#include "http/server.h"

/* The insides of the http layer: no other layer includes this header. */
struct server {
	struct server_options options;
	struct http_metrics metrics;
	struct MHD_Daemon *mhd;
	struct tls_identity *identity; /* held, for connections to come; NULL: no TLS */
	struct loop_watch watch;       /* libmicrohttpd's epoll descriptor */
	struct loop_hook hook;
	struct loop_timer sweep_timer;
	struct connection *connections;
	size_t connection_count;
	struct connection *to_park; /* their requests are over */
	size_t parked_count;
	struct capacity capacity;
	struct neighbours neighbours;
	size_t crowd; /* how many idle connections this sweep may close to make room */
	struct lending lending;
	struct id_sequence request_ids;
	size_t request_count;
	bool must_run;           /* libmicrohttpd has something to do in this turn */
	unsigned fruitless_runs; /* of libmicrohttpd, since it last called us */
	bool is_open;            /* accepts connections */
	bool is_ready;           /* serves all routes */
	bool is_draining;
	bool has_met_proxy; /* that the configuration does not know; the log has said so */
	uint64_t drain_us;  /* since when */
};

enum connection_state {
	CONNECTION_IDLE,    /* before a request's first line */
	CONNECTION_READING, /* its head or body */
	CONNECTION_RUNNING, /* its steps */
	CONNECTION_READY,   /* the reply is made, but not with libmicrohttpd yet */
	CONNECTION_SENDING,
	CONNECTION_ABANDONED, /* the client has left, but the request is held (stream.h) */
};

struct connection {
	struct server *server;
	struct MHD_Connection *mhd; /* NULL: closed */
	int fd;
	struct ip peer_ip;
	char peer[IP_TEXT_SIZE];
	enum connection_state state;
	uint64_t since_us; /* when it came into this state */
	bool has_head;     /* the request's head was checked */
	bool is_suspended;
	bool is_body_too_large;
	size_t body_room;      /* taken of the server's capacity */
	bool must_close;       /* after this reply */
	uint64_t bytes_before; /* received by the kernel up to the end of the last request */
	bool knows_bytes_before;
	uint64_t bytes_acked; /* by the client's machine; looked at while a reply is streamed */
	uint64_t partial_us;  /* since when part of a request's first lines lies there, or 0 */
	struct connection_tls tls;
	struct request rq;
	struct parking_place place;
	struct neighbour neighbour;
	struct connection *next;
	struct connection *previous;
};

/* libmicrohttpd's callbacks; the closure is the struct server. */
void connection_notify(void *server, struct MHD_Connection *mhd, void **socket_context,
		       enum MHD_ConnectionNotificationCode code);
void *connection_begin(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result connection_handle(void *server, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **context);
void connection_completed(void *server, struct MHD_Connection *mhd, void **context,
			  enum MHD_RequestTerminationCode code);

/* For stream.c: libmicrohttpd leaves the connection alone until it is resumed. */
void connection_suspend(struct connection *connection);
void connection_resume(struct connection *connection);

/* For stream.c: the last hold of a request whose client has left is released. */
void connection_abandon(struct connection *connection);

#endif
