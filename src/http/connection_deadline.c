#include "http/connection_deadline.h"

#include <linux/tcp.h> /* netinet/tcp.h lacks tcpi_bytes_received */
#include <sys/socket.h>

#include "http/stream_carry.h"

enum { DRAIN_GRACE_US = 1000 * 1000, CROWDED_GRACE_US = 1000 * 1000 };

/* How many bytes the kernel has received on this connection since it began. */
static bool bytes_received(const struct connection *connection, uint64_t *bytes)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return false;
	*bytes = info.tcpi_bytes_received;
	return true;
}

/* Nothing has come for a while: who has to go before his time, and how soon. */
static bool is_silence_over(const struct connection *connection, uint64_t now_us)
{
	struct server *server = connection->server;
	uint64_t silent_us = now_us - connection->since_us;

	if (server->is_draining)
		return now_us - server->drain_us > DRAIN_GRACE_US && silent_us > DRAIN_GRACE_US;
	if (server->crowd == 0 || silent_us <= CROWDED_GRACE_US)
		return false;
	server->crowd--;
	return true;
}

/*
 * libmicrohttpd tells of a request only when its first line is there, and its own timeout starts
 * again with every byte. So part of a first line is recognised by what the kernel has received; so
 * is part of a handshake.
 */
static bool is_idle_overdue(struct connection *connection, uint64_t now_us)
{
	const struct server *server = connection->server;
	uint64_t bytes;

	if (!bytes_received(connection, &bytes))
		return true;
	if (connection_tls_is_new(&connection->tls) || !connection->knows_bytes_before) {
		connection->partial_us = 0;
		connection->bytes_before = bytes;
		connection->knows_bytes_before = true;
	}
	if (bytes == connection->bytes_before)
		return is_silence_over(connection, now_us);
	if (connection->partial_us == 0)
		connection->partial_us = now_us;
	return now_us - connection->partial_us > server->options.config->read_deadline_us;
}

/*
 * libmicrohttpd 0.9.75 takes a short read for all there was, and waits for an edge that does not
 * come when the client's farewell was there as well.
 */
static bool has_left(const struct connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void connection_deadline_check(struct connection *connection, uint64_t now_us)
{
	uint64_t patience_us = connection->server->options.config->send_deadline_us;
	bool is_overdue = false;

	switch (connection->state) {
	case CONNECTION_IDLE:
		parking_check(connection, now_us);
		is_overdue = is_idle_overdue(connection, now_us);
		break;
	case CONNECTION_READING:
		is_overdue = !connection->is_suspended &&
			     (now_us - connection->since_us >
				      connection->server->options.config->read_deadline_us ||
			      has_left(connection));
		break;
	case CONNECTION_SENDING:
		is_overdue = connection->rq.reply.give != NULL
				     ? stream_is_stuck(connection, now_us, patience_us)
				     : now_us - connection->since_us > patience_us;
		break;
	case CONNECTION_RUNNING: /* its own deadline is the await's */
	case CONNECTION_READY:
	case CONNECTION_ABANDONED:
		break;
	}
	/* libmicrohttpd owns the descriptor; it finds the end and closes it. */
	if (is_overdue)
		shutdown(connection->fd, SHUT_RDWR);
}
