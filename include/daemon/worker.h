/*
 * A worker: a thread with its own event loop, server, outgoing connections and credentials. Workers
 * share nothing that is written after the start but a few atomics and the counters of /metrics.
 *
 * Life: starting (credentials, then the table; tried again until it works) → serving → draining →
 * gone. While a start takes longer than a second (at systemd's socket, where clients wait for the
 * next process: than a request may take), it answers /live and /ready, and 503 to
 * everything else; until then clients wait.
 */
#ifndef SHOPD_DAEMON_WORKER_H
#define SHOPD_DAEMON_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "api/app.h"
#include "base/await.h"
#include "daemon/backend.h"
#include "daemon/files.h"
#include "daemon/sweeper.h"
#include "daemon/token_access.h"
#include "http/access.h"
#include "http/idempotency.h"
#include "http/server.h"
#include "notify/publisher.h"
#include "notify/restocker.h"

/* What the workers and the main thread share. */
struct worker_shared {
	const struct config *config;
	struct trust *trust;
	struct app *app;
	struct files files;            /* the main thread's */
	struct rate_limit *rate_limit; /* NULL: there is no limit */
	struct loop *main_loop;   /* woken when a worker starts to serve, has failed, or is gone */
	atomic_bool has_failed;   /* a worker cannot ever serve; the log says why */
	atomic_int running;       /* threads that are not gone */
	size_t worker_count;      /* to be */
	uint64_t max_connections; /* of clients, to each */
};

struct worker {
	struct worker_shared *shared;
	size_t index; /* among the workers */
	pthread_t thread;
	struct backend backend;
	struct server *server;
	struct sweeper *sweeper;
	struct publisher *publisher; /* NULL: SHOPD_PUBLISH=off */
	struct restocker *restocker; /* likewise */
	struct idempotency_store idempotency;
	struct tokens *tokens; /* NULL: there is no issuer, and no load balancer */
	struct access access;
	_Atomic(struct api_keys *) new_keys; /* held; for access, when the thread wakes up */
	_Atomic(struct tls_identity *) new_identity; /* held; for the server, likewise */
	atomic_bool must_renew_tokens;
	int listen_fd;
	bool owns_listen_fd; /* closed when draining begins */
	struct await await;  /* of the start */
	struct arena arena;
	struct buf differences;           /* between the table and what is expected */
	struct loop_timer start_timer;    /* tries again */
	struct loop_timer patience_timer; /* serves 503 when the start takes long */
	struct loop_timer drain_timer;    /* looks whether all is answered */
	uint64_t start_delay_us;
	uint64_t drain_deadline_us;
	bool is_draining;
	bool is_cut_short;
	bool is_joinable;
	atomic_bool must_drain;
	atomic_bool must_hurry;
};

/* What one worker gets. */
struct worker_socket {
	int fd;
	bool is_own;  /* the worker closes it; systemd's is not */
	size_t index; /* of the worker */
};

/*
 * Makes everything that can fail, without starting. False when it did; worker_clear is due anyway.
 */
bool worker_init(struct worker *worker, struct worker_shared *shared,
		 const struct worker_socket *socket);

/* Starts the thread. */
bool worker_start(struct worker *worker);

/*
 * From any thread: stop accepting, answer what is there, then end. The second call does not wait
 * for the drain deadline any more.
 */
void worker_drain(struct worker *worker);

/* From the main thread: what was read counts from now on, and the issuer's keys are looked for. */
void worker_take_files(struct worker *worker, const struct files *files);

/* Waits for the thread's end. */
void worker_join(struct worker *worker);
void worker_clear(struct worker *worker);

#endif
