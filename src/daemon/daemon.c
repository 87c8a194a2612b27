#include "daemon/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/log.h"
#include "base/resident.h"
#include "daemon/metrics_page.h"
#include "daemon/worker.h"
#include "http/capacity.h"
#include "http/rate_limit.h"
#include "io/listener.h"
#include "io/service_manager.h"

enum { WORKERS_MAX = 64, ADMIN_TURNS = 100 };
enum { ADMIN_CONNECTIONS = 100 };
enum { SETTLE_US = 1000 * 1000 }; /* from being ready */
/*
 * Of a worker: a call has its connection and what libcurl opens for that, a stream its spool file;
 * and what is no client's, no call's and no stream's.
 */
enum { DESCRIPTORS_OF_CALL = 3, DESCRIPTORS_OF_STREAM = 1, DESCRIPTORS_OF_WORKER = 32 };

struct daemon {
	const struct config *config;
	struct backend backend; /* of the main thread, for the operators' listener */
	struct loop *loop;      /* the backend's: signals, watchdog, operators */
	struct app app;
	struct app_status status;
	struct worker_shared shared;
	struct worker *workers;
	size_t worker_count;
	int systemd_fd; /* the listening socket that systemd passed, or -1 */
	int admin_fd;
	struct server *admin;
	struct loop_watch signal_watch;
	struct loop_timer watchdog_timer;
	struct loop_timer settle_timer;
	uint64_t watchdog_us;
	uint64_t heartbeats[WORKERS_MAX];
	bool is_ready;
	bool is_draining;
	bool has_failed;
};

/* ---- draining ---- */

static void drain(struct daemon *daemon)
{
	if (!daemon->is_draining) {
		log_event(LOG_INFO, "stopping");
		service_manager_notify("STOPPING=1");
	}
	daemon->is_draining = true;
	atomic_store(&daemon->status.is_draining, true);
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_drain(&daemon->workers[i]);
}

/* ---- what wakes the main thread ---- */

static void on_credentials(void *context)
{
	const struct daemon *daemon = context;

	server_set_ready(daemon->admin);
}

/*
 * The operators' listener has a way to the table of its own, so that it works however busy the
 * workers are. That the table is as it should be the workers have seen.
 */
static void open_operators_table(struct daemon *daemon)
{
	if (daemon->admin == NULL)
		return;
	memcpy(daemon->backend.repo.cursor_key, daemon->workers[0].backend.repo.cursor_key,
	       sizeof(daemon->backend.repo.cursor_key));
	credentials_start(daemon->backend.credentials, on_credentials, daemon);
}

/* Not at once: the first clients would wait for what they need to come back. */
static void on_settled(struct loop_timer *timer)
{
	(void)timer;
	resident_drop_code();
}

static void announce_ready(struct daemon *daemon)
{
	daemon->is_ready = true;
	for (size_t i = 0; i < daemon->worker_count; i++)
		daemon->heartbeats[i] = 0;
	open_operators_table(daemon);
	/* Else it holds more memory, that is all. */
	(void)!loop_timer_set(daemon->loop, &daemon->settle_timer,
			      loop_now_us(daemon->loop) + SETTLE_US);
	service_manager_notify("READY=1");
	log_event(LOG_INFO, "ready",
		  LOG_F_STR("listen",
			    daemon->systemd_fd >= 0 ? "systemd's socket" : daemon->config->listen),
		  LOG_F_STR("admin", daemon->config->admin_listen),
		  LOG_F_STR("table", daemon->config->table_name),
		  LOG_F_NUM("workers", daemon->worker_count));
}

static void on_woken(void *context)
{
	struct daemon *daemon = context;

	if (!daemon->is_ready && !daemon->is_draining &&
	    atomic_load(&daemon->status.starting_workers) == 0)
		announce_ready(daemon);
	if (atomic_load(&daemon->shared.has_failed) && !daemon->has_failed) {
		daemon->has_failed = true;
		drain(daemon);
		drain(daemon); /* nothing is worth waiting for */
	}
	if (atomic_load(&daemon->shared.running) == 0)
		loop_stop(daemon->loop);
}

static void reload(struct daemon *daemon)
{
	bool is_serving = daemon->is_ready && !daemon->is_draining;

	if (is_serving)
		service_manager_notify_reloading(clock_monotonic_us(clock_system()));
	log_event(LOG_INFO, "files are read again; the settings are the environment's, so restart "
			    "to change them");
	/* What is not sound changes nothing, and the log says what it is. */
	(void)!files_read(&daemon->shared.files, daemon->config);
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_take_files(&daemon->workers[i], &daemon->shared.files);
	if (is_serving)
		service_manager_notify("READY=1");
}

static void on_signal(struct loop_watch *watch, uint32_t events)
{
	struct daemon *daemon = watch->context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(daemon);
		else
			drain(daemon);
	}
}

/*
 * Workers may sleep for long when there is nothing to do; so each is woken, and must have turned by
 * the next time. When one has not, systemd is told nothing, and restarts us.
 */
static void on_watchdog(struct loop_timer *timer)
{
	struct daemon *daemon = timer->context;
	bool is_alive = true;

	for (size_t i = 0; i < daemon->worker_count; i++) {
		struct loop *loop = daemon->workers[i].backend.loop;
		uint64_t heartbeat = loop_heartbeat_us(loop);

		if (heartbeat == daemon->heartbeats[i])
			is_alive = false;
		daemon->heartbeats[i] = heartbeat;
		loop_wake(loop);
	}
	if (is_alive)
		service_manager_notify("WATCHDOG=1");
	(void)!loop_timer_set(daemon->loop, timer,
			      loop_now_us(daemon->loop) + daemon->watchdog_us / 2);
}

/* ---- making everything ---- */

static bool watch_signals(struct daemon *daemon)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	daemon->signal_watch.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	daemon->signal_watch.ready = on_signal;
	daemon->signal_watch.context = daemon;
	return daemon->signal_watch.fd >= 0 &&
	       loop_watch_set(daemon->loop, &daemon->signal_watch, EPOLLIN);
}

static bool complain(const char *error)
{
	log_event(LOG_ERROR, error);
	return false;
}

static bool open_admin(struct daemon *daemon)
{
	char error[LISTENER_ERROR_SIZE];
	struct server_options options = {
		.loop = daemon->loop,
		.config = daemon->config,
		.routes = admin_routes,
		.max_connections = ADMIN_CONNECTIONS,
		.repo = &daemon->backend.repo,
		.app = &daemon->app,
		.is_quiet = true,
	};

	if (daemon->config->admin_listen == NULL)
		return true;
	daemon->admin_fd = listener_open(daemon->config->admin_listen, false, error);
	if (daemon->admin_fd < 0)
		return complain(error);
	options.listen_fd = daemon->admin_fd;
	daemon->admin = server_new(&options);
	if (daemon->admin == NULL || !server_open(daemon->admin))
		return complain("cannot serve the operators' listener");
	return true;
}

static size_t count_workers(const struct config *config)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->workers > 0)
		return config->workers;
	if (cpus < 1)
		return 1;
	return cpus < WORKERS_MAX ? (size_t)cpus : WORKERS_MAX;
}

static struct worker_socket worker_socket(const struct daemon *daemon,
					  char error[static LISTENER_ERROR_SIZE])
{
	if (daemon->systemd_fd >= 0)
		return (struct worker_socket){daemon->systemd_fd, false, daemon->worker_count};
	return (struct worker_socket){listener_open(daemon->config->listen, true, error), true,
				      daemon->worker_count};
}

static bool make_workers(struct daemon *daemon)
{
	char error[LISTENER_ERROR_SIZE];
	size_t count = count_workers(daemon->config);
	int first;
	int passed = listener_from_systemd(&first);

	if (passed > 1)
		return complain("systemd passes several sockets, and shopd serves one: a single "
				"ListenStream= in shopd.socket ([::]:8080 is for IPv4, too)");
	daemon->systemd_fd = passed > 0 ? first : -1;
	/* For SHOPD_LISTEN the configuration has seen to it. */
	if (daemon->systemd_fd >= 0 && !daemon->config->is_auth_off &&
	    !config_asks_callers(daemon->config) && !listener_is_local(daemon->systemd_fd))
		return complain("systemd's socket can be reached from other machines, and nobody "
				"is asked who he is; SHOPD_AUTH=off says that this is meant");
	/* SO_REUSEPORT would let two shopds share an address without a word. */
	if (daemon->systemd_fd < 0 && !listener_is_free(daemon->config->listen, error))
		return complain(error);
	daemon->shared.worker_count = count;
	daemon->workers = calloc(count, sizeof(*daemon->workers));
	if (daemon->workers == NULL)
		return complain("out of memory");
	for (; daemon->worker_count < count; daemon->worker_count++) {
		struct worker *worker = &daemon->workers[daemon->worker_count];
		struct worker_socket socket = worker_socket(daemon, error);

		if (socket.fd < 0)
			return complain(error);
		if (!worker_init(worker, &daemon->shared, &socket)) {
			worker_clear(worker);
			return complain("cannot make a worker: out of memory or descriptors");
		}
	}
	return true;
}

static bool start_workers(struct daemon *daemon)
{
	atomic_store(&daemon->status.starting_workers, (int)daemon->worker_count);
	for (size_t i = 0; i < daemon->worker_count; i++)
		if (!worker_start(&daemon->workers[i]))
			return complain("cannot start a thread");
	return true;
}

/* Each connection is a descriptor, and the default of 1,024 is soon used up. What there is then. */
static uint64_t raise_descriptor_limit(void)
{
	struct rlimit limit;
	struct rlimit highest;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return UINT64_MAX;
	highest = (struct rlimit){limit.rlim_max, limit.rlim_max};
	return setrlimit(RLIMIT_NOFILE, &highest) == 0 ? highest.rlim_cur : limit.rlim_cur;
}

/*
 * A worker makes room among its connections when it has as many as it may have, but not when there
 * are no descriptors; so it may not have more than there are. Its calls and streams need some, too.
 * They seldom need all that they may have: clients have half in any case.
 */
static uint64_t limit_connections(uint64_t descriptors, uint64_t workers,
				  const struct config *config)
{
	uint64_t others = ADMIN_CONNECTIONS + workers * (DESCRIPTORS_OF_CALL * config->max_calls +
							 DESCRIPTORS_OF_STREAM * CAPACITY_STREAMS +
							 DESCRIPTORS_OF_WORKER);
	bool is_short = others > descriptors / 2;
	uint64_t room = (descriptors - (is_short ? descriptors / 2 : others)) / workers;

	if (room >= config->max_connections)
		return config->max_connections;
	log_event(is_short ? LOG_WARNING : LOG_INFO,
		  "the limit of open files leaves each worker fewer connections than "
		  "SHOPD_MAX_CONNECTIONS; raise LimitNOFILE (ulimit -n)",
		  LOG_F_NUM("max_connections", room));
	return room;
}

static void write_metrics(struct app *app, struct buf *out)
{
	const struct daemon *daemon = app->context;

	metrics_page_write(
		&(struct metrics_page){
			.workers = daemon->workers,
			.count = daemon->worker_count,
			.operators = &daemon->backend,
		},
		out);
	files_write_metrics(&daemon->shared.files, out);
	if (daemon->shared.rate_limit != NULL)
		rate_limit_write_metrics(daemon->shared.rate_limit, out);
}

/* One worker that finds it so speaks for all: they come to it in turns. */
static bool is_cut_off(const struct app *app)
{
	const struct daemon *daemon = app->context;

	for (size_t i = 0; i < daemon->worker_count; i++) {
		if (metric_get(&daemon->workers[i].backend.metrics.circuits_open) > 0)
			return true;
	}
	return false;
}

static bool make_rate_limit(struct daemon *daemon)
{
	const struct config *config = daemon->config;

	if (config->rate_limit == 0)
		return true;
	daemon->shared.rate_limit = rate_limit_new(config->rate_limit, config->rate_burst,
						   clock_monotonic_us(clock_system()));
	return daemon->shared.rate_limit != NULL || complain("out of memory");
}

static bool make(struct daemon *daemon)
{
	daemon->app.status = &daemon->status;
	daemon->app.write_metrics = write_metrics;
	daemon->app.is_cut_off = is_cut_off;
	daemon->app.context = daemon;
	daemon->shared.config = daemon->config;
	daemon->shared.app = &daemon->app;
	if (!backend_load_trust(daemon->config, &daemon->shared.trust))
		return false;
	if (!backend_init(&daemon->backend, daemon->config, daemon->shared.trust))
		return complain("out of memory or descriptors");
	daemon->loop = daemon->backend.loop;
	daemon->shared.main_loop = daemon->loop;
	loop_on_wake(daemon->loop, on_woken, daemon);
	daemon->shared.max_connections =
		limit_connections(raise_descriptor_limit(), count_workers(daemon->config),
				  daemon->config);
	return files_read(&daemon->shared.files, daemon->config) && watch_signals(daemon) &&
	       make_rate_limit(daemon) && open_admin(daemon) && make_workers(daemon);
}

/* ---- the end ---- */

/* What is under way ends in the turns that follow, and its requests with it. */
static void clear_admin(struct daemon *daemon)
{
	if (daemon->admin != NULL)
		server_drain(daemon->admin);
	backend_stop(&daemon->backend);
	for (int turn = 0; daemon->admin != NULL && turn < ADMIN_TURNS &&
			   (server_requests(daemon->admin) > 0 || turn < 3);
	     turn++)
		loop_turn(daemon->loop, 1000);
	server_free(daemon->admin);
	if (daemon->admin_fd >= 0)
		close(daemon->admin_fd);
}

static void clear(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_join(&daemon->workers[i]);
	clear_admin(daemon); /* its /metrics are about the workers */
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_clear(&daemon->workers[i]);
	free(daemon->workers);
	files_clear(&daemon->shared.files);
	rate_limit_free(daemon->shared.rate_limit);
	if (daemon->signal_watch.fd >= 0)
		close(daemon->signal_watch.fd);
	backend_clear(&daemon->backend);
	trust_free(daemon->shared.trust);
	log_flush();
}

int daemon_run(const struct config *config)
{
	struct daemon daemon = {.config = config, .systemd_fd = -1, .admin_fd = -1};
	bool is_made;

	daemon.signal_watch.fd = -1;
	is_made = make(&daemon) && start_workers(&daemon);
	for (size_t i = 0; !is_made && i < daemon.worker_count; i++)
		worker_drain(&daemon.workers[i]); /* those that were started */
	if (is_made && config->is_auth_off)
		log_event(LOG_WARNING, "SHOPD_AUTH=off: every caller may do everything");
	daemon.watchdog_us = service_manager_watchdog_us();
	daemon.watchdog_timer.fire = on_watchdog;
	daemon.watchdog_timer.context = &daemon;
	daemon.settle_timer.fire = on_settled;
	if (is_made && daemon.watchdog_us > 0)
		on_watchdog(&daemon.watchdog_timer);
	if (is_made)
		loop_run(daemon.loop);
	clear(&daemon);
	return is_made && !daemon.has_failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
