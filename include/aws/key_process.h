/*
 * Keys that a program prints: a profile's credential_process.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
 */
#ifndef SHOPD_AWS_KEY_PROCESS_H
#define SHOPD_AWS_KEY_PROCESS_H

#include "aws/provider.h"
#include "io/process.h"

/*
 * Runs a command line; `done` is called once, from within when it cannot be started. The process is
 * for process_stop; NULL when done was called already.
 */
struct process *key_process_start(struct loop *loop, const char *command, provider_done *done,
				  void *context);

#endif
