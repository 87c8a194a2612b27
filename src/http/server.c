#include "http/server.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "http/connection.h"
#include "http/connection_deadline.h"
#include "http/framing.h"

enum {
	SWEEP_INTERVAL_US = 1000 * 1000,
	DRAIN_SWEEP_INTERVAL_US = 50 * 1000,
	ACCEPT_ROUNDS = 1000,
	RUNS_PER_TURN = 8,
	CROWD_SHARE = 8, /* of all connections may be closed at a time to make room */
	FRUITLESS_RUNS = 16,
	FRUITLESS_PAUSE_US = 2000,
};

/* Paths and query are decoded by the router, after they were split. */
static size_t leave_escaped(void *context, struct MHD_Connection *mhd, char *text)
{
	(void)context;
	(void)mhd;
	return strlen(text);
}

static void run_now(struct server *server)
{
	server->must_run = false;
	server->fruitless_runs++;
	MHD_run(server->mhd);
	parking_fill(server);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	run_now(watch->context);
}

/*
 * libmicrohttpd 0.9.75 wants to be run at once, and again, and again, for a client whose chunk's
 * first line fills all of its connection's memory: it can neither read on nor give up. Until the
 * read deadline ends that, runs that come to nothing are made with pauses.
 */
static bool is_turning_in_vain(const struct server *server)
{
	return server->fruitless_runs >= FRUITLESS_RUNS;
}

static uint64_t patience(struct loop_hook *hook)
{
	struct server *server = hook->context;
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (MHD_get_timeout(server->mhd, &wait_ms) != MHD_YES)
		return UINT64_MAX;
	if (wait_ms > 0)
		return (uint64_t)wait_ms * 1000;
	server->must_run = true;
	return is_turning_in_vain(server) ? FRUITLESS_PAUSE_US : 0;
}

/*
 * Connections that were resumed in this turn get their replies in this turn. That takes two runs:
 * libmicrohttpd writes in one and ends the request in the next. The bound keeps those who send
 * without end from keeping out everybody else; what is left is done in the next turn.
 */
static void after_turn(struct loop_hook *hook)
{
	struct server *server = hook->context;

	for (int run = 0; server->must_run && run < RUNS_PER_TURN; run++) {
		run_now(server);
		(void)patience(hook);
		if (is_turning_in_vain(server))
			break;
	}
}

/* Who waits to be accepted may be a load balancer, which has to hear that all is well. */
static size_t crowd(const struct server *server)
{
	uint64_t max = server->options.max_connections;

	return server->connection_count >= max ? (size_t)(max / CROWD_SHARE + 1) : 0;
}

static void sweep(struct loop_timer *timer)
{
	struct server *server = timer->context;
	struct loop *loop = server->options.loop;
	uint64_t now_us = loop_now_us(loop);
	uint64_t interval_us = server->is_draining ? DRAIN_SWEEP_INTERVAL_US : SWEEP_INTERVAL_US;

	server->crowd = crowd(server);
	for (struct connection *at = server->connections; at != NULL; at = at->next)
		connection_deadline_check(at, now_us);
	lending_trim(&server->lending);
	/* The heap has had room for this timer before. */
	(void)!loop_timer_set(loop, timer, now_us + interval_us);
	/* libmicrohttpd closes connections that were silent too long only when it runs. */
	server->must_run = true;
}

/*
 * libmicrohttpd's own limit would count each IPv6 address, and does not know of proxies.
 */
static enum MHD_Result may_connect(void *context, const struct sockaddr *address, socklen_t len)
{
	struct server *server = context;
	const struct config *config = server->options.config;
	uint64_t max = config->max_connections_per_address;
	struct ip ip = ip_of_socket(address);

	(void)len;
	if (max == 0 || config->trusted_proxies > 0 ||
	    (!config->knows_proxies && ip_is_private(&ip)) ||
	    neighbours_count(&server->neighbours, &ip, max) < max)
		return MHD_YES;
	metric_add(&server->metrics.connections_refused, 1);
	return MHD_NO;
}

static struct MHD_Daemon *start_daemon(struct server *server)
{
	const struct config *config = server->options.config;
	struct MHD_OptionItem tls[TLS_IDENTITY_OPTIONS] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (server->identity) {
		flags |= MHD_USE_TLS;
		tls_identity_fill_options(tls);
	}
	return MHD_start_daemon(
		flags, 0, may_connect, server, connection_handle, server, MHD_OPTION_LISTEN_SOCKET,
		server->options.listen_fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)server->options.max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(config->idle_timeout_us / 1000000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)FRAMING_MEMORY, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, connection_begin, server, MHD_OPTION_NOTIFY_CONNECTION,
		connection_notify, server, MHD_OPTION_NOTIFY_COMPLETED, connection_completed,
		server, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static bool watch_daemon(struct server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	struct loop *loop = server->options.loop;

	if (info == NULL)
		return false;
	server->watch.fd = info->epoll_fd;
	server->watch.ready = on_ready;
	server->watch.context = server;
	server->hook.run = after_turn;
	server->hook.patience = patience;
	server->hook.context = server;
	server->sweep_timer.fire = sweep;
	server->sweep_timer.context = server;
	if (!loop_watch_set(loop, &server->watch, EPOLLIN) ||
	    !loop_timer_set(loop, &server->sweep_timer, loop_now_us(loop) + SWEEP_INTERVAL_US))
		return false;
	loop_hook_add(loop, &server->hook);
	return true;
}

struct server *server_new(const struct server_options *options)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->options = *options;
	if (options->identity)
		server->identity = tls_identity_hold(options->identity);
	if (neighbours_init(&server->neighbours))
		server->mhd = start_daemon(server);
	if (server->mhd == NULL) {
		server_free(server);
		return NULL;
	}
	return server;
}

bool server_open(struct server *server)
{
	if (!server->is_open)
		server->is_open = watch_daemon(server);
	return server->is_open;
}

void server_set_ready(struct server *server)
{
	server->is_ready = true;
}

void server_set_identity(struct server *server, struct tls_identity *identity)
{
	assert(server->identity);
	tls_identity_release(server->identity);
	server->identity = tls_identity_hold(identity);
}

static bool is_anybody_waiting(const struct server *server)
{
	struct pollfd listening = {.fd = server->options.listen_fd, .events = POLLIN};

	return poll(&listening, 1, 0) > 0;
}

void server_drain(struct server *server)
{
	struct loop *loop = server->options.loop;

	if (server->is_draining)
		return;
	server->is_draining = true;
	if (!server->is_open) {
		MHD_quiesce_daemon(server->mhd);
		return;
	}
	server->drain_us = loop_now_us(loop);
	for (int round = 0; round < ACCEPT_ROUNDS && is_anybody_waiting(server); round++)
		run_now(server);
	MHD_quiesce_daemon(server->mhd);
	(void)!loop_timer_set(loop, &server->sweep_timer,
			      server->drain_us + DRAIN_SWEEP_INTERVAL_US);
}

size_t server_requests(const struct server *server)
{
	return server->request_count;
}

size_t server_connections(const struct server *server)
{
	return server->connection_count;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	loop_watch_off(server->options.loop, &server->watch);
	loop_hook_remove(server->options.loop, &server->hook);
	loop_timer_off(server->options.loop, &server->sweep_timer);
	if (server->mhd != NULL) {
		/*
		 * Quiesced first, so that libmicrohttpd leaves the listening socket to its owner.
		 */
		if (!server->is_draining)
			MHD_quiesce_daemon(server->mhd);
		parking_clear(server);
		MHD_stop_daemon(server->mhd);
	}
	assert(server->connection_count == 0);
	tls_identity_release(server->identity);
	lending_clear(&server->lending);
	free(server);
}

const struct http_metrics *server_metrics(const struct server *server)
{
	return &server->metrics;
}
