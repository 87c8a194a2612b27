#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"

enum { EVENTS_PER_TURN = 256, HEAP_START = 64, TASKS_PER_TURN = 16384 };

struct loop {
	const struct clock *clock;
	int epoll_fd;
	int wake_fd;
	uint64_t now_us;
	_Atomic uint64_t heartbeat_us;
	bool is_stopping;

	struct epoll_event events[EVENTS_PER_TURN];
	int event_count; /* of this turn */
	int event_next;  /* the first one that was not handed out yet */

	struct loop_timer **heap; /* from index 1, the soonest first */
	size_t timer_count;
	size_t timer_room;

	struct loop_task *first_task;
	struct loop_task **last_task;
	struct loop_hook *hooks;

	struct loop_watch wake_watch;
	void (*woken)(void *context);
	void *woken_context;
};

static void on_wake(struct loop_watch *watch, uint32_t events)
{
	struct loop *loop = watch->context;
	uint64_t count;

	(void)events;
	if (read(loop->wake_fd, &count, sizeof(count)) < 0)
		return; /* another thread's wake was read together with an earlier one */
	if (loop->woken != NULL)
		loop->woken(loop->woken_context);
}

struct loop *loop_new(const struct clock *clock)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->clock = clock;
	loop->now_us = clock_monotonic_us(clock);
	loop->last_task = &loop->first_task;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->heap = malloc((HEAP_START + 1) * sizeof(struct loop_timer *));
	loop->timer_room = HEAP_START;
	loop->wake_watch.fd = loop->wake_fd;
	loop->wake_watch.ready = on_wake;
	loop->wake_watch.context = loop;
	if (loop->epoll_fd < 0 || loop->wake_fd < 0 || loop->heap == NULL ||
	    !loop_watch_set(loop, &loop->wake_watch, EPOLLIN)) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	free(loop->heap);
	free(loop);
}

const struct clock *loop_clock(const struct loop *loop)
{
	return loop->clock;
}

uint64_t loop_now_us(const struct loop *loop)
{
	return loop->now_us;
}

uint64_t loop_heartbeat_us(const struct loop *loop)
{
	return atomic_load_explicit(&loop->heartbeat_us, memory_order_relaxed);
}

/* ---- descriptors ---- */

bool loop_watch_set(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int operation = watch->is_on ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (watch->is_on && watch->events == events)
		return true;
	if (epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) != 0)
		return false;
	watch->events = events;
	watch->is_on = true;
	return true;
}

void loop_watch_off(struct loop *loop, struct loop_watch *watch)
{
	if (!watch->is_on)
		return;
	watch->is_on = false;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->event_next; i < loop->event_count; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

static void handle_events(struct loop *loop)
{
	for (loop->event_next = 0; loop->event_next < loop->event_count;) {
		struct epoll_event *event = &loop->events[loop->event_next++];
		struct loop_watch *watch = event->data.ptr;

		if (watch != NULL)
			watch->ready(watch, event->events);
	}
	loop->event_count = 0;
}

/* ---- timers: a binary heap whose entries know their place ---- */

static void heap_place(struct loop *loop, struct loop_timer *timer, size_t position)
{
	loop->heap[position] = timer;
	timer->position = position;
}

static void heap_up(struct loop *loop, struct loop_timer *timer, size_t position)
{
	while (position > 1 && loop->heap[position / 2]->due_us > timer->due_us) {
		heap_place(loop, loop->heap[position / 2], position);
		position /= 2;
	}
	heap_place(loop, timer, position);
}

static void heap_down(struct loop *loop, struct loop_timer *timer, size_t position)
{
	for (;;) {
		size_t child = position * 2;

		if (child > loop->timer_count)
			break;
		if (child < loop->timer_count &&
		    loop->heap[child + 1]->due_us < loop->heap[child]->due_us)
			child++;
		if (loop->heap[child]->due_us >= timer->due_us)
			break;
		heap_place(loop, loop->heap[child], position);
		position = child;
	}
	heap_place(loop, timer, position);
}

static bool heap_grow(struct loop *loop)
{
	size_t room = loop->timer_room * 2;
	struct loop_timer **heap = realloc(loop->heap, (room + 1) * sizeof(struct loop_timer *));

	if (heap == NULL)
		return false;
	loop->heap = heap;
	loop->timer_room = room;
	return true;
}

bool loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t due_us)
{
	loop_timer_off(loop, timer);
	if (loop->timer_count == loop->timer_room && !heap_grow(loop))
		return false;
	timer->due_us = due_us;
	heap_up(loop, timer, ++loop->timer_count);
	return true;
}

void loop_timer_off(struct loop *loop, struct loop_timer *timer)
{
	size_t position = timer->position;
	struct loop_timer *last;

	if (position == 0)
		return;
	timer->position = 0;
	last = loop->heap[loop->timer_count--];
	if (last == timer)
		return;
	if (position > 1 && loop->heap[position / 2]->due_us > last->due_us)
		heap_up(loop, last, position);
	else
		heap_down(loop, last, position);
}

static void fire_timers(struct loop *loop)
{
	/* No more than there were, for a timer may set itself for now again, without end. */
	for (size_t left = loop->timer_count; left > 0 && loop->timer_count > 0; left--) {
		struct loop_timer *timer = loop->heap[1];

		if (timer->due_us > loop->now_us)
			return;
		loop_timer_off(loop, timer);
		timer->fire(timer);
	}
}

/* ---- deferred tasks and hooks ---- */

void loop_defer(struct loop *loop, struct loop_task *task)
{
	if (task->is_queued)
		return;
	task->is_queued = true;
	task->next = NULL;
	*loop->last_task = task;
	loop->last_task = &task->next;
}

void loop_defer_off(struct loop *loop, struct loop_task *task)
{
	struct loop_task **at = &loop->first_task;

	if (!task->is_queued)
		return;
	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
	if (loop->last_task == &task->next)
		loop->last_task = at;
	task->is_queued = false;
}

/*
 * Tasks may add tasks, as an answer leads to the next call. The bound keeps a chain without end
 * from starving the descriptors; what is left runs in the next turn, which then does not wait.
 */
static void run_tasks(struct loop *loop)
{
	for (int i = 0; i < TASKS_PER_TURN && loop->first_task != NULL; i++) {
		struct loop_task *task = loop->first_task;

		loop_defer_off(loop, task);
		task->run(task);
	}
}

void loop_hook_add(struct loop *loop, struct loop_hook *hook)
{
	hook->next = loop->hooks;
	loop->hooks = hook;
}

void loop_hook_remove(struct loop *loop, struct loop_hook *hook)
{
	for (struct loop_hook **at = &loop->hooks; *at != NULL; at = &(*at)->next) {
		if (*at != hook)
			continue;
		*at = hook->next;
		return;
	}
}

/* ---- turns ---- */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t time_to_wait(const struct loop *loop, uint64_t wait_us)
{
	if (loop->first_task != NULL || loop->is_stopping)
		return 0;
	if (loop->timer_count > 0) {
		uint64_t due_us = loop->heap[1]->due_us;

		wait_us = min_u64(wait_us, due_us > loop->now_us ? due_us - loop->now_us : 0);
	}
	for (struct loop_hook *hook = loop->hooks; hook != NULL; hook = hook->next)
		if (hook->patience != NULL)
			wait_us = min_u64(wait_us, hook->patience(hook));
	return wait_us;
}

static void beat(struct loop *loop)
{
	loop->now_us = clock_monotonic_us(loop->clock);
	atomic_store_explicit(&loop->heartbeat_us, loop->now_us, memory_order_relaxed);
}

void loop_turn(struct loop *loop, uint64_t wait_us)
{
	enum { LONGEST_WAIT_MS = 60 * 1000 };
	uint64_t wait_ms;
	int count;

	beat(loop);
	wait_us = time_to_wait(loop, wait_us);
	/* Rounded up, so that a timer is due when we wake and not a moment later. */
	wait_ms = min_u64(wait_us / 1000 + (wait_us % 1000 != 0), LONGEST_WAIT_MS);
	count = epoll_wait(loop->epoll_fd, loop->events, EVENTS_PER_TURN, (int)wait_ms);
	assert(count >= 0 || errno == EINTR);
	loop->event_count = count > 0 ? count : 0;
	beat(loop);
	handle_events(loop);
	fire_timers(loop);
	run_tasks(loop);
	for (struct loop_hook *hook = loop->hooks; hook != NULL; hook = hook->next)
		hook->run(hook);
	log_flush();
}

void loop_run(struct loop *loop)
{
	while (!loop->is_stopping)
		loop_turn(loop, UINT64_MAX);
	loop->is_stopping = false;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopping = true;
}

void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context)
{
	loop->woken = woken;
	loop->woken_context = context;
}

void loop_wake(struct loop *loop)
{
	uint64_t one = 1;
	ssize_t written = write(loop->wake_fd, &one, sizeof(one));

	(void)written; /* only a full counter refuses, and then the loop is awake already */
}
