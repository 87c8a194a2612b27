/*
 * The event loop of one thread: descriptors, timers, and work that is put off to the end of the
 * turn.
 *
 * A turn is: wait for events or the next timer, call the handlers of ready descriptors, call due
 * timers, run the deferred tasks (and those that they add), then every after-turn hook. Answers
 * are taken up in deferred tasks, so that no handler is ever re-entered from within a library's
 * callback.
 *
 * Everything belongs to the loop's thread, except loop_wake.
 */
#ifndef SHOPD_IO_LOOP_H
#define SHOPD_IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/result.h"

struct loop;

/* A descriptor that is watched. Embedded in its owner, zeroed at birth. */
struct loop_watch {
	int fd;
	uint32_t events; /* EPOLLIN, EPOLLOUT; level-triggered */
	void (*ready)(struct loop_watch *watch, uint32_t events);
	void *context;
	bool is_on; /* private */
};

/* A timer that fires once. Embedded in its owner, zeroed at birth. */
struct loop_timer {
	void (*fire)(struct loop_timer *timer);
	void *context;
	uint64_t due_us; /* private */
	size_t position; /* private: place in the heap, from 1; 0 is off */
};

/* Work for the end of this turn. Embedded in its owner, zeroed at birth. */
struct loop_task {
	void (*run)(struct loop_task *task);
	void *context;
	struct loop_task *next; /* private */
	bool is_queued;         /* private */
};

/* Called at the end of each turn. */
struct loop_hook {
	void (*run)(struct loop_hook *hook);
	/*
	 * Microseconds until the hook must run again at the latest; UINT64_MAX: whenever. May be
	 * NULL.
	 */
	uint64_t (*patience)(struct loop_hook *hook);
	void *context;
	struct loop_hook *next; /* private */
};

/* NULL when out of memory or descriptors. The clock is borrowed. */
struct loop *loop_new(const struct clock *clock);
/* Watches, timers, tasks and hooks must be gone or no longer matter. */
void loop_free(struct loop *loop);

const struct clock *loop_clock(const struct loop *loop);
/* The time at the beginning of this turn, on the monotonic clock. */
uint64_t loop_now_us(const struct loop *loop);

/* Starts watching, or changes the events of a watch that is on. False when the kernel refuses. */
MUST_CHECK bool loop_watch_set(struct loop *loop, struct loop_watch *watch, uint32_t events);
/* Stops watching. The owner may be freed at once: no event of this turn reaches it any more. */
void loop_watch_off(struct loop *loop, struct loop_watch *watch);

/* (Re)starts a timer for an absolute time. False when out of memory. */
MUST_CHECK bool loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t due_us);
void loop_timer_off(struct loop *loop, struct loop_timer *timer);

/* Queues a task unless it is queued already. Cannot fail. */
void loop_defer(struct loop *loop, struct loop_task *task);
/* Takes a task out of the queue. */
void loop_defer_off(struct loop *loop, struct loop_task *task);

void loop_hook_add(struct loop *loop, struct loop_hook *hook);
void loop_hook_remove(struct loop *loop, struct loop_hook *hook);

/* Runs one turn that waits at most `wait_us`. */
void loop_turn(struct loop *loop, uint64_t wait_us);
/* Turns until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* From any thread: calls `woken` (set once, before the loop runs) in the loop's own thread. */
void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context);
void loop_wake(struct loop *loop);

/* When the loop last began a turn or a wait, for the watchdog; may be read by any thread. */
uint64_t loop_heartbeat_us(const struct loop *loop);

#endif
