#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "io/process.h"
#include "pidfd.h"

enum { SECOND = 1000000, OUTPUT_MAX = 1000 };

static struct loop *loop;
static bool is_over;
static enum process_end end;
static int status;
static char output[OUTPUT_MAX + 1];
static char errors[PROCESS_ERROR_MAX + 1];

static void on_end(struct process *process)
{
	ck_assert_ptr_eq(process_context(process), &is_over);
	ck_assert(!is_over);
	is_over = true;
	end = process_end(process);
	status = process_status(process);
	snprintf(output, sizeof(output), "%s", buf_text(process_output(process)));
	snprintf(errors, sizeof(errors), "%s", buf_text(process_error(process)));
	process_free(process);
}

static struct process *start(char *const *argv, uint64_t timeout_us)
{
	is_over = false;
	return process_start(&(struct process_options){.loop = loop,
						       .argv = argv,
						       .timeout_us = timeout_us,
						       .output_max = OUTPUT_MAX,
						       .done = on_end,
						       .context = &is_over});
}

static struct process *start_shell(const char *script, uint64_t timeout_us)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)script, NULL};

	return start(argv, timeout_us);
}

static void run_shell(const char *script, uint64_t timeout_us)
{
	ck_assert_ptr_nonnull(start_shell(script, timeout_us));
	ck_assert(!is_over);
	while (!is_over)
		loop_turn(loop, SECOND);
}

static void set_up(void)
{
	loop = loop_new(clock_system());
	ck_assert_ptr_nonnull(loop);
}

static void tear_down(void)
{
	loop_free(loop);
}

START_TEST(what_it_prints_is_taken)
{
	run_shell("echo keys; echo complaint >&2; exit 3", 10 * SECOND);
	ck_assert_int_eq(end, PROCESS_EXITED);
	ck_assert_int_eq(status, 3);
	ck_assert_str_eq(output, "keys\n");
	ck_assert_str_eq(errors, "complaint\n");
}
END_TEST

START_TEST(a_signal_is_told_apart)
{
	run_shell("kill -TERM $$", 10 * SECOND);
	ck_assert_int_eq(end, PROCESS_EXITED);
	ck_assert_int_eq(status, 128 + SIGTERM);
}
END_TEST

START_TEST(outputs_that_are_closed_are_not_its_end)
{
	run_shell("echo keys; exec >&- 2>&-; sleep 0.05; exit 4", 10 * SECOND);
	ck_assert_int_eq(status, 4);
	ck_assert_str_eq(output, "keys\n");
}
END_TEST

START_TEST(whoever_holds_its_output_is_not_waited_for)
{
	run_shell("sleep 5 & echo keys", 4 * SECOND);
	ck_assert_int_eq(end, PROCESS_EXITED);
	ck_assert_str_eq(output, "keys\n");
}
END_TEST

START_TEST(a_slow_one_is_killed_with_its_children)
{
	run_shell("(sleep 0.4; echo late >&2) & sleep 10", SECOND / 10);
	ck_assert_int_eq(end, PROCESS_TOO_SLOW);
	ck_assert_int_eq(status, 128 + SIGKILL);
}
END_TEST

START_TEST(one_that_prints_without_end_is_killed)
{
	run_shell("yes", 10 * SECOND);
	ck_assert_int_eq(end, PROCESS_TOO_LONG);
	run_shell("head -c 100000 /dev/zero | tr '\\0' x >&2; echo keys", 10 * SECOND);
	ck_assert_msg(end == PROCESS_EXITED, "but its complaints are only cut");
	ck_assert_uint_eq(strlen(errors), PROCESS_ERROR_MAX);
	ck_assert_str_eq(output, "keys\n");
}
END_TEST

START_TEST(as_much_as_is_wanted_is_not_too_much)
{
	run_shell("printf %01000d 1", 10 * SECOND);
	ck_assert_int_eq(end, PROCESS_EXITED);
	ck_assert_uint_eq(strlen(output), OUTPUT_MAX);
	run_shell("printf %01001d 1", 10 * SECOND);
	ck_assert_int_eq(end, PROCESS_TOO_LONG);
}
END_TEST

/* As a bit each, from what the program printed of itself. */
static unsigned long long ignored_signals(void)
{
	const char *line = strstr(output, "SigIgn:");

	ck_assert_ptr_nonnull(line);
	return strtoull(line + strlen("SigIgn:"), NULL, 16);
}

START_TEST(it_has_nothing_of_ours_but_the_environment)
{
	sigset_t all;
	sigset_t before;

	setenv("SHOPD_TEST_VARIABLE", "seen", 1);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_ge(dup2(STDOUT_FILENO, 77), 0);
	run_shell("read x; echo \"$?$SHOPD_TEST_VARIABLE\"; echo /proc/self/fd/*; "
		  "grep -E 'Sig(Blk|Ign)' /proc/self/status",
		  10 * SECOND);
	sigprocmask(SIG_SETMASK, &before, NULL);
	ck_assert_ptr_nonnull(strstr(output, "1seen\n"));
	ck_assert_msg(!strstr(output, "/77"), "%s", output);
	ck_assert_ptr_nonnull(strstr(output, "SigBlk:\t0000000000000000"));
	ck_assert_uint_eq(ignored_signals() & 1ULL << (SIGPIPE - 1), 0);
}
END_TEST

START_TEST(a_stop_kills_it)
{
	struct process *process = start_shell("sleep 10", 20ULL * SECOND);

	ck_assert_ptr_nonnull(process);
	process_stop(process);
	ck_assert(is_over);
	ck_assert_int_eq(end, PROCESS_STOPPED);
}
END_TEST

START_TEST(one_that_is_not_there_cannot_be_started)
{
	char *argv[] = {(char[]){"/none/such"}, NULL};

	ck_assert_ptr_null(start(argv, SECOND));
	ck_assert_int_eq(errno, ENOENT);
	argv[0] = (char[]){"/"};
	ck_assert_ptr_null(start(argv, SECOND));
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

static void run_once(void *context)
{
	(void)context;
	if (start_shell("echo keys", 10 * SECOND)) {
		while (!is_over)
			loop_turn(loop, SECOND);
		ck_assert_str_eq(output, "keys\n");
	} else {
		ck_assert(alloc_has_failed());
	}
}

START_TEST(a_lack_of_memory_is_told)
{
	alloc_fail_each(run_once, NULL);
}
END_TEST

Suite *process_suite(void)
{
	Suite *all = suite_create("process");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	suite_add_tcase(all, cases);
	if (!programs_can_run())
		return all;
	tcase_add_test(cases, what_it_prints_is_taken);
	tcase_add_test(cases, a_signal_is_told_apart);
	tcase_add_test(cases, outputs_that_are_closed_are_not_its_end);
	tcase_add_test(cases, whoever_holds_its_output_is_not_waited_for);
	tcase_add_test(cases, a_slow_one_is_killed_with_its_children);
	tcase_add_test(cases, one_that_prints_without_end_is_killed);
	tcase_add_test(cases, as_much_as_is_wanted_is_not_too_much);
	tcase_add_test(cases, it_has_nothing_of_ours_but_the_environment);
	tcase_add_test(cases, a_stop_kills_it);
	tcase_add_test(cases, one_that_is_not_there_cannot_be_started);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	return all;
}
