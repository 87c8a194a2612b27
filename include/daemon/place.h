/*
 * Where AWS is, when only the instance can tell: its metadata service is asked for the region.
 */
#ifndef SHOPD_DAEMON_PLACE_H
#define SHOPD_DAEMON_PLACE_H

#include <stdbool.h>

#include "base/config.h"

/*
 * Completes a configuration that has no region; does nothing for one that has. Waits for the
 * metadata service, which is asked three times at most, a second each. False, with a line in the
 * log, when it does not tell.
 */
MUST_CHECK bool place_find(struct config *config);

#endif
