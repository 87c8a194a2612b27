/*
 * A program that is run for what it prints: without a shell, in a time and up to a length.
 *
 * It gets an empty standard input, our environment, and no descriptor of ours. It leads a process
 * group of its own, which is killed as a whole when the time is over or too much was printed.
 */
#ifndef SHOPD_IO_PROCESS_H
#define SHOPD_IO_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "io/loop.h"

enum { PROCESS_ERROR_MAX = 256 };

enum process_end {
	PROCESS_EXITED, /* by itself; `status` is its exit status, 128 + n for signal n */
	PROCESS_TOO_SLOW,
	PROCESS_TOO_LONG, /* it printed more than is wanted */
	PROCESS_STOPPED,  /* by process_stop */
};

struct process;

struct process_options {
	struct loop *loop;
	char *const *argv;                     /* argv[0] is looked for in PATH */
	uint64_t timeout_us;                   /* from the start */
	size_t output_max;                     /* bytes of standard output */
	void (*done)(struct process *process); /* exactly once, never from within start */
	void *context;
};

/* New, and running. NULL with errno when it could not be started. */
struct process *process_start(const struct process_options *options);
/* Kills it if it still runs; done is called from within. */
void process_stop(struct process *process);
/* After done, also from within. Overwrites what was printed. */
void process_free(struct process *process);

/* What came of it, in done and until process_free. */
void *process_context(const struct process *process);
enum process_end process_end(const struct process *process);
int process_status(const struct process *process);
const struct buf *process_output(const struct process *process);
/* The first bytes of its standard error. */
const struct buf *process_error(const struct process *process);

#endif
