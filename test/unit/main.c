/*
 * Runs the unit tests: all suites, or those named on the command line.
 *
 * A suite is a file test/unit/test_<module>.c with one function `Suite *<module>_suite(void)`; from
 * the names of the files the Makefile makes suites.inc. Each suite runs in its own process, as many
 * at once as there are CPUs. A suite that dies runs again with a process for each test, which tells
 * whose fault it is; with CK_FORK=yes all do. CK_FORK=no keeps all in this process, for a debugger.
 */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUITE(module) Suite *module##_suite(void);
#include "suites.inc"
#undef SUITE

static const struct suite {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(module) {#module, module##_suite},
#include "suites.inc"
#undef SUITE
};

enum { SUITES = sizeof(suites) / sizeof(suites[0]), SUITE_SECONDS = 60 };

/* Whose tests die on purpose, or count what is the process's. */
static const char *const forking[] = {"await", "flow",    "http_client_names",
				      "log",   "problem", "reply"};

struct run {
	const struct suite *suite;
	pid_t pid;
	int checks; /* these three are the child's, in memory that both share */
	int failures;
	bool is_over;
	bool was_forking;
	bool has_died;
};

static bool is_forking(const char *name)
{
	for (size_t i = 0; i < sizeof(forking) / sizeof(forking[0]); i++)
		if (strcmp(forking[i], name) == 0)
			return true;
	return false;
}

static void perform(struct run *run, enum fork_status fork_status)
{
	SRunner *runner = srunner_create(run->suite->make());

	srunner_set_fork_status(runner, fork_status);
	srunner_run_all(runner, CK_SILENT);
	run->checks = srunner_ntests_run(runner);
	run->failures = srunner_ntests_failed(runner);
	if (run->failures > 0)
		srunner_print(runner, CK_NORMAL);
	srunner_free(runner);
	run->is_over = true;
}

/* By a timer of its own: check has a handler for alarm(), which would kill the whole group. */
static void die_in_time(void)
{
	const char *multiplier = getenv("CK_TIMEOUT_MULTIPLIER");
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	struct itimerspec end = {.it_value.tv_sec =
					 SUITE_SECONDS * (multiplier ? atoi(multiplier) : 1)};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &end, NULL) < 0)
		exit(EXIT_FAILURE);
}

static void start(struct run *run, bool is_to_fork)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (!is_to_fork)
			die_in_time();
		perform(run, is_to_fork ? CK_FORK : CK_NOFORK);
		exit(EXIT_SUCCESS); /* where leaks are looked for */
	}
	run->pid = pid;
	run->was_forking = is_to_fork;
	run->has_died |= pid < 0;
}

/* Waits for the end of one of them. False: none is left. */
static bool wait_for_one(struct run *runs, size_t count)
{
	int status = 0;
	pid_t pid = wait(&status);
	struct run *run = runs;

	if (pid < 0)
		return false;
	while (run < runs + count && run->pid != pid)
		run++;
	if (run == runs + count || (status == 0 && run->is_over))
		return true;
	run->has_died = true;
	printf("unit: suite %s ended with %s %d\n", run->suite->name,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (!run->was_forking) {
		start(run, true);
		waitpid(run->pid, NULL, 0);
	}
	return true;
}

static void run_all(struct run *runs, size_t count)
{
	const char *fork_status = getenv("CK_FORK");
	long at_once = sysconf(_SC_NPROCESSORS_ONLN);
	bool is_one_process = fork_status != NULL && strcmp(fork_status, "no") == 0;

	for (size_t i = 0; i < count; i++) {
		if (is_one_process) {
			perform(&runs[i], CK_NOFORK);
			continue;
		}
		if ((long)i >= at_once)
			wait_for_one(runs, i);
		start(&runs[i], fork_status != NULL || is_forking(runs[i].suite->name));
	}
	while (wait_for_one(runs, count))
		;
}

static const struct suite *find_suite(const char *name)
{
	for (const struct suite *suite = suites; suite < suites + SUITES; suite++)
		if (strcmp(suite->name, name) == 0)
			return suite;
	fprintf(stderr, "unit: no suite is called '%s'\n", name);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? (size_t)argc - 1 : SUITES;
	struct run *runs = mmap(NULL, count * sizeof(*runs), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int checks = 0;
	int failures = 0;
	int errors = 0;

	if (runs == MAP_FAILED)
		return EXIT_FAILURE;
	for (size_t i = 0; i < count; i++)
		runs[i].suite = argc > 1 ? find_suite(argv[i + 1]) : &suites[i];
	setenv("CK_DEFAULT_TIMEOUT", "30", 0); /* seconds for each test: machines may be busy */
	run_all(runs, count);
	for (size_t i = 0; i < count; i++) {
		checks += runs[i].checks;
		failures += runs[i].failures;
		errors += runs[i].has_died;
	}
	printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
	       checks > 0 ? 100 * (checks - failures) / checks : 0, checks, failures, errors);
	return failures + errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
