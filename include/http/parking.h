/*
 * Where a connection stays between two requests that follow one another closely.
 *
 * libmicrohttpd takes a connection out of its epoll set while a request waits for its answer, tries
 * to read from it when the answer is sent, finds nothing and puts it back: three system calls that
 * nobody needs. So a connection whose request is over is parked instead: suspended for
 * libmicrohttpd, and watched by the loop itself, which was told of it once. When bytes arrive (or
 * the end) it is resumed, and libmicrohttpd reads at once.
 *
 * Only the lively ones are parked. libmicrohttpd walks along all suspended connections whenever one
 * is resumed, so there is a limit; and one that stays silent for long is given back, for
 * libmicrohttpd to watch it and to close it after its idle time.
 *
 * Its manual wants connections to be suspended by a callback. What it is about are daemons that run
 * in threads of their own; ours runs only in the loop's thread, and never while this suspends.
 */
#ifndef SHOPD_HTTP_PARKING_H
#define SHOPD_HTTP_PARKING_H

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

struct connection;
struct server;

enum { PARKING_MAX = 128, PARKING_US = 1000 * 1000 };

/* Embedded in a connection, zeroed at birth. Private. */
struct parking_place {
	struct loop_watch watch; /* stays on while requests come and go */
	bool is_taken;
	bool is_wanted;   /* on the server's list of connections to be parked */
	bool is_hastened; /* has a timeout of its own */
	struct connection *next;
};

/*
 * To be called before a connection whose reply is ready is resumed. libmicrohttpd would read from
 * it first, find nothing, and put it back into its set. But it looks at connections that have a
 * timeout of their own before it looks at sockets; so this one gets its own, a second longer, until
 * its request is over.
 */
void parking_hasten(struct connection *connection);

/* A request is over: its connection is parked by the next parking_fill. */
void parking_want(struct connection *connection);

/* Parks what is still idle. To be called when libmicrohttpd has run, not while it runs. */
void parking_fill(struct server *server);

/* Gives a connection back to libmicrohttpd if it has been parked for long. */
void parking_check(struct connection *connection, uint64_t now_us);

/* Gives all of them back: libmicrohttpd cannot be stopped while connections are suspended. */
void parking_clear(struct server *server);

/* The connection is about to be freed. */
void parking_forget(struct connection *connection);

#endif
