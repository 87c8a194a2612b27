/*
 * Listening sockets: our own, one for each worker on the same address (SO_REUSEPORT), or the one
 * that systemd hands over.
 */
#ifndef SHOPD_IO_LISTENER_H
#define SHOPD_IO_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

enum { LISTENER_ERROR_SIZE = 160 };

/*
 * Binds "host:port" ("127.0.0.1:8080", "[::1]:8080", "0.0.0.0:80") and listens. Returns a
 * non-blocking descriptor, or -1 with the reason in `error`. With `is_shared` several sockets may
 * be opened on one address; that somebody else has it already must have been found out before, by
 * listener_is_free.
 */
int listener_open(const char *address, bool is_shared, char error[static LISTENER_ERROR_SIZE]);

/* False, with the reason in `error`, when the address is taken or cannot be bound. */
bool listener_is_free(const char *address, char error[static LISTENER_ERROR_SIZE]);

/* True when only this machine can reach the socket: a loopback address, or no network at all. */
bool listener_is_local(int fd);

/*
 * The sockets that systemd passed (sd_listen_fds(3)): descriptor 3 and following, by LISTEN_PID and
 * LISTEN_FDS. Returns how many; 0 when there are none.
 */
int listener_from_systemd(int *first);

#endif
