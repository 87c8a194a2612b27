#include "daemon/worker.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/log.h"
#include "repo/idempotency_repo.h"
#include "repo/owner_repo.h"
#include "repo/table_repo.h"

#define CANNOT_SERVE "cannot serve: out of memory or descriptors"

enum {
	START_DELAY_US = 250 * 1000,
	START_DELAY_MAX_US = 5 * 1000 * 1000,
	PATIENCE_US = 1000 * 1000, /* a start takes a few milliseconds */
	START_DEADLINE_US = 10 * 1000 * 1000,
	DRAIN_LOOK_US = 20 * 1000,
	CUT_SHORT_US = 2 * 1000 * 1000, /* to send the last answers after the deadline */
	DIFFERENCES_MAX = 8 * 1024,
};

/* ---- starting ---- */

static void check_table(struct worker *worker)
{
	struct loop *loop = worker->backend.loop;

	memset(&worker->await.usage, 0, sizeof(worker->await.usage));
	arena_reset(&worker->arena);
	buf_reset(&worker->differences);
	worker->await.deadline_us = loop_now_us(loop) + START_DEADLINE_US;
	table_repo_check(&worker->backend.repo, &worker->differences, &worker->await);
}

static void on_start_timer(struct loop_timer *timer)
{
	check_table(timer->context);
}

static void start_again_later(struct worker *worker)
{
	struct loop *loop = worker->backend.loop;

	log_event(LOG_WARNING, "cannot reach the table yet",
		  LOG_F_STR("table", worker->backend.config->table_name),
		  LOG_F_STR("endpoint", worker->backend.config->endpoint_dynamodb),
		  LOG_F_STR("result", result_name(worker->await.result)));
	/* The heap keeps the room that the last timer had. */
	(void)!loop_timer_set(loop, &worker->start_timer,
			      loop_now_us(loop) + worker->start_delay_us);
	worker->start_delay_us *= 2;
	if (worker->start_delay_us > START_DELAY_MAX_US)
		worker->start_delay_us = START_DELAY_MAX_US;
}

static void fail(struct worker *worker, const char *message)
{
	log_event(LOG_ERROR, message, LOG_F_STR("table", worker->backend.config->table_name),
		  LOG_F_STR("endpoint", worker->backend.config->endpoint_dynamodb),
		  LOG_F_STR("differences",
			    worker->differences.len > 0 ? buf_text(&worker->differences) : NULL));
	atomic_store(&worker->shared->has_failed, true);
	loop_wake(worker->shared->main_loop);
}

static void open_server(struct worker *worker)
{
	if (!server_open(worker->server))
		fail(worker, CANNOT_SERVE);
}

/* It takes too long: clients are told so instead of being kept waiting. */
static void on_patience_timer(struct loop_timer *timer)
{
	open_server(timer->context);
}

static void on_table_checked(struct await *await)
{
	struct worker *worker = await->context;

	if (worker->is_draining)
		return;
	if (await->result == RESULT_OK) {
		loop_timer_off(worker->backend.loop, &worker->patience_timer);
		server_set_ready(worker->server);
		open_server(worker);
		if (!sweeper_start(worker->sweeper))
			fail(worker, CANNOT_SERVE);
		atomic_fetch_sub(&worker->shared->app->status->starting_workers, 1);
		loop_wake(worker->shared->main_loop);
	} else if (await->result == RESULT_NOT_FOUND) {
		fail(worker, "there is no such table; shopd --init-table makes it");
	} else if (await->result == RESULT_INVALID) {
		fail(worker, "the table is not one that shopd made; name another");
	} else if (await->result == RESULT_REFUSED) {
		fail(worker, "DynamoDB refuses us; see the warning before for its reason");
	} else {
		start_again_later(worker);
	}
}

static void on_credentials(void *context)
{
	struct worker *worker = context;

	if (!worker->is_draining)
		check_table(worker);
}

/* ---- draining ---- */

static void stop_calls(struct worker *worker)
{
	if (worker->tokens != NULL)
		tokens_stop(worker->tokens);
	backend_stop(&worker->backend);
}

static void cut_short(struct worker *worker)
{
	worker->is_cut_short = true;
	worker->drain_deadline_us = loop_now_us(worker->backend.loop) + CUT_SHORT_US;
	if (server_requests(worker->server) > 0)
		log_event(LOG_WARNING, "the drain deadline has passed",
			  LOG_F_NUM("requests", server_requests(worker->server)));
	stop_calls(worker);
}

/* Whoever tells subscribers does so under a lease, which is not let go before that is over. */
static void end_leases(struct worker *worker)
{
	if (worker->restocker != NULL)
		restocker_stop(worker->restocker);
	if (worker->restocker == NULL || restocker_is_idle(worker->restocker))
		sweeper_stop(worker->sweeper);
}

/* What cannot be published now stays in the table. */
static bool has_published(const struct worker *worker)
{
	return worker->publisher == NULL ||
	       (publisher_is_idle(worker->publisher) && restocker_is_idle(worker->restocker));
}

static void on_drain_timer(struct loop_timer *timer)
{
	struct worker *worker = timer->context;
	struct loop *loop = worker->backend.loop;
	uint64_t now_us = loop_now_us(loop);
	bool is_over = now_us >= worker->drain_deadline_us;

	end_leases(worker);
	/* A request may outlive its connection, see http/stream.h. */
	if ((server_connections(worker->server) == 0 && server_requests(worker->server) == 0 &&
	     sweeper_is_idle(worker->sweeper) && has_published(worker)) ||
	    (is_over && worker->is_cut_short)) {
		loop_stop(loop);
		return;
	}
	if (!worker->is_cut_short && (is_over || atomic_load(&worker->must_hurry)))
		cut_short(worker);
	(void)!loop_timer_set(loop, timer, now_us + DRAIN_LOOK_US);
}

static void begin_drain(struct worker *worker)
{
	struct loop *loop = worker->backend.loop;

	if (worker->is_draining)
		return;
	worker->is_draining = true;
	loop_timer_off(loop, &worker->start_timer);
	loop_timer_off(loop, &worker->patience_timer);
	worker->drain_deadline_us = loop_now_us(loop) + worker->shared->config->drain_deadline_us;
	server_drain(worker->server);
	end_leases(worker);
	/*
	 * What comes from now on is refused at once, unless systemd keeps the socket for the next.
	 */
	if (worker->owns_listen_fd)
		close(worker->listen_fd);
	worker->owns_listen_fd = false;
	if (!loop_timer_set(loop, &worker->drain_timer, loop_now_us(loop)))
		loop_stop(loop);
}

static void take_files(struct worker *worker)
{
	struct api_keys *keys = atomic_exchange(&worker->new_keys, NULL);
	struct tls_identity *identity = atomic_exchange(&worker->new_identity, NULL);

	if (keys != NULL) {
		api_keys_release(worker->access.keys);
		worker->access.keys = keys;
	}
	if (identity != NULL)
		server_set_identity(worker->server, identity);
	tls_identity_release(identity);
	if (atomic_exchange(&worker->must_renew_tokens, false) && worker->tokens != NULL)
		tokens_renew(worker->tokens);
}

static void on_woken(void *context)
{
	struct worker *worker = context;

	take_files(worker);
	if (atomic_load(&worker->must_drain))
		begin_drain(worker);
}

void worker_drain(struct worker *worker)
{
	if (!worker->is_joinable)
		return;
	if (atomic_exchange(&worker->must_drain, true))
		atomic_store(&worker->must_hurry, true);
	loop_wake(worker->backend.loop);
}

/* What it has not taken yet is out of date. */
void worker_take_files(struct worker *worker, const struct files *files)
{
	if (files->keys != NULL)
		api_keys_release(atomic_exchange(&worker->new_keys, api_keys_hold(files->keys)));
	if (files->identity != NULL)
		tls_identity_release(
			atomic_exchange(&worker->new_identity, tls_identity_hold(files->identity)));
	atomic_store(&worker->must_renew_tokens, true);
	loop_wake(worker->backend.loop);
}

/* ---- the thread ---- */

/*
 * Who waits at systemd's socket came while the process before this one ended, and should not be
 * turned away for that; he waits for an answer as long as a request may take anyway.
 */
static uint64_t patience_us(const struct worker *worker)
{
	return worker->owns_listen_fd ? PATIENCE_US : worker->shared->config->request_deadline_us;
}

static void *run(void *context)
{
	struct worker *worker = context;
	struct loop *loop = worker->backend.loop;

	if (!loop_timer_set(loop, &worker->patience_timer, loop_now_us(loop) + patience_us(worker)))
		open_server(worker);
	credentials_start(worker->backend.credentials, on_credentials, worker);
	if (worker->tokens != NULL)
		tokens_start(worker->tokens);
	loop_run(loop);
	end_leases(worker);
	sweeper_stop(worker->sweeper);
	if (worker->publisher != NULL)
		publisher_stop(worker->publisher);
	stop_calls(worker);
	/* What was under way ends in the turns that follow, and its requests with it. */
	for (int turn = 0;
	     turn < 100 &&
	     (server_requests(worker->server) > 0 || worker->await.is_pending ||
	      !sweeper_is_idle(worker->sweeper) || !has_published(worker) || turn < 3);
	     turn++)
		loop_turn(loop, 1000);
	log_flush();
	atomic_fetch_sub(&worker->shared->running, 1);
	loop_wake(worker->shared->main_loop);
	return NULL;
}

static bool make_tokens(struct worker *worker)
{
	worker->tokens = token_access_new(&worker->backend);
	return worker->tokens != NULL;
}

static struct server *make_server(struct worker *worker)
{
	struct api_keys *keys = worker->shared->files.keys;
	const struct server_options options = {
		.loop = worker->backend.loop,
		.config = worker->shared->config,
		.routes = api_routes,
		.listen_fd = worker->listen_fd,
		.max_connections = worker->shared->max_connections,
		.repo = &worker->backend.repo,
		.app = worker->shared->app,
		.idempotency = &worker->idempotency,
		.rate_limit = worker->shared->rate_limit,
		.cors_origins = worker->shared->config->cors_origins,
		.access = config_asks_callers(worker->shared->config) ? &worker->access : NULL,
		.identity = worker->shared->files.identity,
	};

	worker->idempotency = (struct idempotency_store){
		.find = idempotency_repo_find,
		.keep = idempotency_repo_keep,
		.digest = worker->backend.digest,
	};
	worker->access = (struct access){
		.keys = keys != NULL ? api_keys_hold(keys) : NULL,
		.digest = worker->backend.digest,
		.find_owner = owner_repo_find,
		.read_token = worker->tokens != NULL ? token_access_read : NULL,
		.await_token = token_access_await,
		.has_balancers = worker->shared->config->balancers != NULL,
		.context = worker->tokens,
	};
	return server_new(&options);
}

static void on_lease(void *context, uint32_t shard, uint64_t until_us)
{
	struct worker *worker = context;

	if (worker->publisher != NULL)
		publisher_hold(worker->publisher, shard, until_us);
	if (worker->restocker != NULL)
		restocker_hold(worker->restocker, shard, until_us);
}

static bool make_publisher(struct worker *worker)
{
	const struct publisher_options options = {
		.loop = worker->backend.loop,
		.repo = &worker->backend.repo,
		.sns = &worker->backend.sns,
	};

	if (!worker->shared->config->is_publishing)
		return true;
	worker->publisher = publisher_new(&options);
	worker->restocker = restocker_new(&(struct restocker_options){
		.loop = options.loop,
		.repo = options.repo,
		.sns = options.sns,
	});
	return worker->publisher != NULL && worker->restocker != NULL;
}

static struct sweeper *make_sweeper(struct worker *worker)
{
	const struct config *config = worker->shared->config;
	const struct sweeper_options options = {
		.loop = worker->backend.loop,
		.repo = &worker->backend.repo,
		.payment_ms = (int64_t)(config->payment_time_us / 1000),
		.shard_count = (uint32_t)config->write_shards,
		.first = (uint32_t)worker->index,
		.step = (uint32_t)worker->shared->worker_count,
		.on_lease = on_lease,
		.context = worker,
	};

	return sweeper_new(&options);
}

bool worker_init(struct worker *worker, struct worker_shared *shared,
		 const struct worker_socket *socket)
{
	memset(worker, 0, sizeof(*worker));
	worker->shared = shared;
	worker->listen_fd = socket->fd;
	worker->owns_listen_fd = socket->is_own;
	worker->index = socket->index;
	worker->start_delay_us = START_DELAY_US;
	worker->start_timer.fire = on_start_timer;
	worker->start_timer.context = worker;
	worker->patience_timer.fire = on_patience_timer;
	worker->patience_timer.context = worker;
	worker->drain_timer.fire = on_drain_timer;
	worker->drain_timer.context = worker;
	worker->await.resume = on_table_checked;
	worker->await.context = worker;
	worker->await.arena = &worker->arena;
	buf_init(&worker->differences, DIFFERENCES_MAX);
	if (!backend_init(&worker->backend, shared->config, shared->trust))
		return false;
	loop_on_wake(worker->backend.loop, on_woken, worker);
	if ((shared->config->jwt_issuer != NULL || shared->config->balancers != NULL) &&
	    !make_tokens(worker))
		return false;
	worker->server = make_server(worker);
	worker->sweeper = make_sweeper(worker);
	return worker->server != NULL && worker->sweeper != NULL && make_publisher(worker);
}

bool worker_start(struct worker *worker)
{
	sigset_t all;
	sigset_t before;

	/* Signals are the main thread's business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&worker->shared->running, 1);
	worker->is_joinable = pthread_create(&worker->thread, NULL, run, worker) == 0;
	if (!worker->is_joinable)
		atomic_fetch_sub(&worker->shared->running, 1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return worker->is_joinable;
}

void worker_join(struct worker *worker)
{
	if (worker->is_joinable)
		pthread_join(worker->thread, NULL);
	worker->is_joinable = false;
}

void worker_clear(struct worker *worker)
{
	if (worker->backend.loop != NULL)
		server_free(worker->server);
	sweeper_free(worker->sweeper);
	publisher_free(worker->publisher);
	restocker_free(worker->restocker);
	if (worker->owns_listen_fd)
		close(worker->listen_fd);
	backend_stop(&worker->backend);
	backend_clear(&worker->backend);
	tokens_free(worker->tokens); /* connections refer to it */
	api_keys_release(worker->access.keys);
	api_keys_release(worker->new_keys);
	tls_identity_release(worker->new_identity);
	arena_clear(&worker->arena);
	buf_clear(&worker->differences);
}
