/*
 * The serving process: makes the workers and the operators' listener, waits for signals, keeps
 * systemd's watchdog content, and drains.
 */
#ifndef SHOPD_DAEMON_DAEMON_H
#define SHOPD_DAEMON_DAEMON_H

#include "base/config.h"

/* Serves until SIGTERM or SIGINT. Returns the process's exit status. */
int daemon_run(const struct config *config);

#endif
