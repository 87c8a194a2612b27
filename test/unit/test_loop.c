#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "looping.h"

/* ---- deferred tasks ---- */

static void note_task(struct loop_task *task)
{
	looping_note(task->context);
}

#define TASK(name)                                  \
	{                                           \
		.run = note_task, .context = (name) \
	}

START_TEST(tasks_run_once_in_the_order_in_which_they_were_deferred)
{
	struct loop_task a = TASK("a");
	struct loop_task b = TASK("b");
	struct loop_task c = TASK("c");

	loop_defer(looping.loop, &b);
	loop_defer(looping.loop, &a);
	loop_defer(looping.loop, &b); /* queued already: keeps its place */
	loop_defer(looping.loop, &c);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "bac");
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "bac");
}
END_TEST

START_TEST(a_task_can_be_taken_out_wherever_it_stands)
{
	static const char *const without[] = {"bcd", "acd", "abd", "abc"};

	for (size_t i = 0; i < 4; i++) {
		struct loop_task tasks[4] = {TASK("a"), TASK("b"), TASK("c"), TASK("d")};

		for (size_t at = 0; at < 3; at++)
			loop_defer(looping.loop, &tasks[at]);
		if (i == 3)
			loop_defer_off(looping.loop, &tasks[i]); /* never was in */
		loop_defer_off(looping.loop, &tasks[i]);
		if (i != 3)
			loop_defer(looping.loop,
				   &tasks[3]); /* the end of the queue is still right */
		looping_turn_after(0);
		ck_assert_str_eq(looping.notes, without[i]);
		looping.notes[0] = '\0';
	}
}
END_TEST

static struct loop_task second = TASK("2");

static void defer_another(struct loop_task *task)
{
	(void)task;
	looping_note("1");
	loop_defer(looping.loop, &second);
}

START_TEST(a_task_that_a_task_adds_runs_in_the_same_turn)
{
	struct loop_task first = {.run = defer_another};

	loop_defer(looping.loop, &first);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "12");
}
END_TEST

static size_t runs;

static void defer_itself(struct loop_task *task)
{
	runs++;
	loop_defer(looping.loop, task);
}

START_TEST(tasks_without_end_do_not_hold_up_the_turn)
{
	struct loop_task endless = {.run = defer_itself};
	size_t runs_before;

	loop_defer(looping.loop, &endless);
	looping_turn_after(0);
	ck_assert_uint_gt(runs, 0);
	runs_before = runs;
	loop_turn(looping.loop, UINT64_MAX); /* goes on, and does not wait */
	ck_assert_uint_gt(runs, runs_before);
	loop_defer_off(looping.loop, &endless);
}
END_TEST

/* ---- descriptors ---- */

struct pair {
	int ours;
	int theirs;
	struct loop_watch watch;
};

static void note_watch(struct loop_watch *watch, uint32_t events)
{
	char byte;

	looping_note((events & EPOLLIN) != 0 ? watch->context : "?");
	ck_assert_int_eq(read(watch->fd, &byte, 1), 1);
}

static void open_pair(struct pair *pair, const char *name)
{
	int both[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, both), 0);
	memset(pair, 0, sizeof(*pair));
	pair->ours = both[0];
	pair->theirs = both[1];
	pair->watch.fd = both[0];
	pair->watch.ready = note_watch;
	pair->watch.context = (void *)(uintptr_t)name;
}

static void close_pair(struct pair *pair)
{
	loop_watch_off(looping.loop, &pair->watch);
	close(pair->ours);
	close(pair->theirs);
}

static void poke(const struct pair *pair)
{
	ck_assert_int_eq(write(pair->theirs, "x", 1), 1);
}

START_TEST(a_watch_is_told_what_is_ready_until_it_is_off)
{
	struct pair pair;

	open_pair(&pair, "r");
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN));
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "");
	poke(&pair);
	poke(&pair);
	looping_turn_after(0);
	looping_turn_after(0); /* level-triggered: the second byte is told of again */
	ck_assert_str_eq(looping.notes, "rr");
	poke(&pair);
	loop_watch_off(looping.loop, &pair.watch);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "rr");
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN)); /* on again */
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "rrr");
	close_pair(&pair);
}
END_TEST

static void note_events(struct loop_watch *watch, uint32_t events)
{
	(void)watch;
	looping_note((events & EPOLLIN) != 0 ? "i" : "");
	looping_note((events & EPOLLOUT) != 0 ? "o" : "");
}

START_TEST(a_watch_that_is_on_can_change_its_events)
{
	struct pair pair;

	open_pair(&pair, "");
	pair.watch.ready = note_events;
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN));
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "");
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN | EPOLLOUT));
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "o");
	poke(&pair);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "oio");
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN));
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "oioi");
	close_pair(&pair);
}
END_TEST

START_TEST(what_the_kernel_cannot_watch_is_refused)
{
	struct loop_watch watch = {.fd = -1, .ready = note_watch};

	ck_assert(!loop_watch_set(looping.loop, &watch, EPOLLIN));
	ck_assert(!watch.is_on);
	loop_watch_off(looping.loop, &watch);
}
END_TEST

/* Both are ready in one turn; whichever comes first takes the other away, and its memory too. */
static struct pair *rivals[2];

static void remove_the_other(struct loop_watch *watch, uint32_t events)
{
	size_t other = rivals[0] != NULL && watch == &rivals[0]->watch ? 1 : 0;

	(void)events;
	looping_note("1");
	close_pair(rivals[other]);
	free(rivals[other]);
	rivals[other] = NULL;
}

START_TEST(a_watch_removed_by_a_handler_of_the_same_turn_is_not_called)
{
	for (size_t i = 0; i < 2; i++) {
		rivals[i] = malloc(sizeof(*rivals[i]));
		open_pair(rivals[i], "");
		rivals[i]->watch.ready = remove_the_other;
		ck_assert(loop_watch_set(looping.loop, &rivals[i]->watch, EPOLLIN));
		poke(rivals[i]);
	}
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "1");
	for (size_t i = 0; i < 2; i++) {
		if (rivals[i] == NULL)
			continue;
		close_pair(rivals[i]);
		free(rivals[i]);
	}
}
END_TEST

static void remove_itself(struct loop_watch *watch, uint32_t events)
{
	struct pair *pair = watch->context;

	(void)events;
	looping_note("1");
	close_pair(pair);
	free(pair);
}

START_TEST(a_watch_may_remove_and_free_itself)
{
	struct pair *pair = malloc(sizeof(*pair));

	open_pair(pair, "");
	pair->watch.ready = remove_itself;
	pair->watch.context = pair;
	ck_assert(loop_watch_set(looping.loop, &pair->watch, EPOLLIN));
	poke(pair);
	looping_turn_after(0);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes, "1");
}
END_TEST

START_TEST(more_descriptors_than_fit_one_turn_are_all_served)
{
	enum { MANY = 300 };
	static struct pair pairs[MANY];
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < MANY; i++) {
		open_pair(&pairs[i], "");
		ck_assert(loop_watch_set(looping.loop, &pairs[i].watch, EPOLLIN));
		poke(&pairs[i]);
	}
	for (int i = 0; i < 4; i++)
		looping_turn_after(0);
	for (size_t i = 0; i < MANY; i++) {
		char byte;

		ck_assert_int_eq(read(pairs[i].ours, &byte, 1), -1); /* taken already */
		close_pair(&pairs[i]);
	}
}
END_TEST

/* ---- order of a turn, hooks ---- */

static void note_hook(struct loop_hook *hook)
{
	looping_note(hook->context);
}

static uint64_t no_patience(struct loop_hook *hook)
{
	(void)hook;
	return 0;
}

static void note_timer(struct loop_timer *timer)
{
	looping_note(timer->context);
}

START_TEST(a_turn_runs_descriptors_then_timers_then_tasks_then_hooks)
{
	struct pair pair;
	struct loop_timer timer = {.fire = note_timer, .context = "t"};
	struct loop_task task = TASK("d");
	struct loop_hook hook = {.run = note_hook, .context = "h"};

	open_pair(&pair, "w");
	loop_hook_add(looping.loop, &hook);
	loop_defer(looping.loop, &task);
	ck_assert(loop_timer_set(looping.loop, &timer, LOOPING_START_US));
	ck_assert(loop_watch_set(looping.loop, &pair.watch, EPOLLIN));
	poke(&pair);
	looping_turn_after(1);
	ck_assert_str_eq(looping.notes, "wtdh");
	loop_hook_remove(looping.loop, &hook);
	close_pair(&pair);
}
END_TEST

START_TEST(hooks_run_in_each_turn_until_removed_and_bound_the_wait)
{
	struct loop_hook a = {.run = note_hook, .patience = no_patience, .context = "a"};
	struct loop_hook b = {.run = note_hook, .context = "b"};

	loop_hook_remove(looping.loop, &a); /* never added */
	loop_hook_add(looping.loop, &a);
	loop_hook_add(looping.loop, &b);
	loop_turn(looping.loop, UINT64_MAX); /* would wait for ever but for a's patience */
	ck_assert_uint_eq(strlen(looping.notes), 2);
	loop_hook_remove(looping.loop, &b);
	loop_turn(looping.loop, UINT64_MAX);
	ck_assert_str_eq(looping.notes + 2, "a");
	loop_hook_remove(looping.loop, &a);
	looping_turn_after(0);
	ck_assert_str_eq(looping.notes + 2, "a");
}
END_TEST

/* ---- stopping and waking ---- */

static void stop_loop(struct loop_timer *timer)
{
	looping_note(timer->context);
	loop_stop(looping.loop);
}

START_TEST(the_loop_runs_until_it_is_stopped_and_can_run_again)
{
	struct loop_timer timer = {.fire = stop_loop, .context = "s"};

	ck_assert(loop_timer_set(looping.loop, &timer, LOOPING_START_US));
	loop_run(looping.loop);
	ck_assert_str_eq(looping.notes, "s");
	ck_assert(loop_timer_set(looping.loop, &timer, LOOPING_START_US));
	loop_run(looping.loop);
	ck_assert_str_eq(looping.notes, "ss");
}
END_TEST

static pthread_t loop_thread;

static void on_woken(void *context)
{
	looping_note(context);
	ck_assert(pthread_equal(pthread_self(), loop_thread));
	loop_stop(looping.loop);
}

static void *wake_twice(void *context)
{
	(void)context;
	loop_wake(looping.loop);
	loop_wake(looping.loop);
	return NULL;
}

START_TEST(another_thread_wakes_a_loop_that_waits)
{
	pthread_t thread;

	loop_thread = pthread_self();
	loop_on_wake(looping.loop, on_woken, "w");
	ck_assert_int_eq(pthread_create(&thread, NULL, wake_twice, NULL), 0);
	loop_run(looping.loop); /* nothing else would end it */
	pthread_join(thread, NULL);
	ck_assert_uint_ge(strlen(looping.notes), 1);
	looping_turn_after(0);
	looping_turn_after(0);
	ck_assert_uint_le(strlen(looping.notes), 2);
}
END_TEST

START_TEST(a_wake_that_nobody_listens_to_is_harmless)
{
	loop_wake(looping.loop);
	loop_turn(looping.loop, UINT64_MAX);
	looping_turn_after(0);
}
END_TEST

START_TEST(the_heartbeat_is_the_time_of_the_last_turn)
{
	ck_assert_ptr_eq(loop_clock(looping.loop), &looping.clock);
	looping_turn_after(5);
	ck_assert_uint_eq(loop_heartbeat_us(looping.loop), LOOPING_START_US + 5);
	looping.now_us += 7;
	ck_assert_uint_eq(loop_now_us(looping.loop), LOOPING_START_US + 5);
	ck_assert_uint_eq(loop_heartbeat_us(looping.loop), LOOPING_START_US + 5);
}
END_TEST

START_TEST(a_loop_without_descriptors_cannot_be_made)
{
	struct rlimit files;
	int next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &files);
	for (rlim_t room = 0; room < 2; room++) {
		files.rlim_cur = (rlim_t)next + room;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
		ck_assert_ptr_null(loop_new(&looping.clock));
	}
	loop_free(NULL);
}
END_TEST

Suite *loop_suite(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, looping_set_up, looping_tear_down);
	tcase_add_test(tcase, tasks_run_once_in_the_order_in_which_they_were_deferred);
	tcase_add_test(tcase, a_task_can_be_taken_out_wherever_it_stands);
	tcase_add_test(tcase, a_task_that_a_task_adds_runs_in_the_same_turn);
	tcase_add_test(tcase, tasks_without_end_do_not_hold_up_the_turn);
	tcase_add_test(tcase, a_watch_is_told_what_is_ready_until_it_is_off);
	tcase_add_test(tcase, a_watch_that_is_on_can_change_its_events);
	tcase_add_test(tcase, what_the_kernel_cannot_watch_is_refused);
	tcase_add_test(tcase, a_watch_removed_by_a_handler_of_the_same_turn_is_not_called);
	tcase_add_test(tcase, a_watch_may_remove_and_free_itself);
	tcase_add_test(tcase, more_descriptors_than_fit_one_turn_are_all_served);
	tcase_add_test(tcase, a_turn_runs_descriptors_then_timers_then_tasks_then_hooks);
	tcase_add_test(tcase, hooks_run_in_each_turn_until_removed_and_bound_the_wait);
	tcase_add_test(tcase, the_loop_runs_until_it_is_stopped_and_can_run_again);
	tcase_add_test(tcase, another_thread_wakes_a_loop_that_waits);
	tcase_add_test(tcase, a_wake_that_nobody_listens_to_is_harmless);
	tcase_add_test(tcase, the_heartbeat_is_the_time_of_the_last_turn);
	tcase_add_test(tcase, a_loop_without_descriptors_cannot_be_made);
	suite_add_tcase(suite, tcase);
	return suite;
}
