#include "http/parking.h"

#include <sys/epoll.h>

#include "http/connection.h"

static void set_timeout(struct connection *connection, unsigned extra_seconds)
{
	const struct config *config = connection->server->options.config;
	unsigned seconds = (unsigned)(config->idle_timeout_us / 1000000) + extra_seconds;

	MHD_set_connection_option(connection->mhd, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
	connection->place.is_hastened = extra_seconds > 0;
}

void parking_hasten(struct connection *connection)
{
	set_timeout(connection, 1);
}

static void leave(struct connection *connection)
{
	struct server *server = connection->server;

	connection->place.is_taken = false;
	server->parked_count--;
	server->must_run = true;
	MHD_resume_connection(connection->mhd);
}

/*
 * What arrives while the connection is not parked is libmicrohttpd's business: the rest of a
 * request, the next one already, or the end. It would be reported again in every turn.
 */
static void on_ready(struct loop_watch *watch, uint32_t events)
{
	struct connection *connection = watch->context;

	(void)events;
	if (connection->place.is_taken)
		leave(connection);
	else
		loop_watch_off(connection->server->options.loop, watch);
}

static void park(struct connection *connection)
{
	struct server *server = connection->server;
	struct loop_watch *watch = &connection->place.watch;

	if (connection->state != CONNECTION_IDLE || server->is_draining ||
	    server->parked_count >= PARKING_MAX || connection_tls_has_unread(&connection->tls))
		return;
	watch->fd = connection->fd;
	watch->ready = on_ready;
	watch->context = connection;
	if (!loop_watch_set(server->options.loop, watch, EPOLLIN))
		return;
	connection->place.is_taken = true;
	server->parked_count++;
	MHD_suspend_connection(connection->mhd);
}

void parking_want(struct connection *connection)
{
	struct server *server = connection->server;

	if (connection->place.is_wanted)
		return;
	connection->place.is_wanted = true;
	connection->place.next = server->to_park;
	server->to_park = connection;
}

void parking_fill(struct server *server)
{
	while (server->to_park != NULL) {
		struct connection *connection = server->to_park;

		server->to_park = connection->place.next;
		connection->place.is_wanted = false;
		park(connection);
		if (connection->place.is_hastened)
			set_timeout(connection, 0);
	}
}

void parking_check(struct connection *connection, uint64_t now_us)
{
	if (!connection->place.is_taken || now_us - connection->since_us <= PARKING_US)
		return;
	loop_watch_off(connection->server->options.loop, &connection->place.watch);
	leave(connection);
}

void parking_clear(struct server *server)
{
	for (struct connection *at = server->connections; at != NULL; at = at->next)
		if (at->place.is_taken)
			leave(at);
}

void parking_forget(struct connection *connection)
{
	struct connection **at = &connection->server->to_park;

	loop_watch_off(connection->server->options.loop, &connection->place.watch);
	if (!connection->place.is_wanted)
		return;
	while (*at != connection)
		at = &(*at)->place.next;
	*at = connection->place.next;
}
