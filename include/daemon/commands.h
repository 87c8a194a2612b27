/*
 * What shopd does when it does not serve: commands that work on the table and end.
 */
#ifndef SHOPD_DAEMON_COMMANDS_H
#define SHOPD_DAEMON_COMMANDS_H

#include "base/config.h"

/* Each returns the process's exit status and tells on standard output what it did. */

/* Makes the table unless it is there, and compares it with what is expected if it is. */
int command_init_table(const struct config *config);

/* Adds the demo catalogue; products that are there already are left as they are. */
int command_seed_demo(const struct config *config);

#endif
