/*
 * What endpoints see of the process that they run in.
 */
#ifndef SHOPD_API_APP_H
#define SHOPD_API_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Written by the main thread and the workers, read by everyone. */
struct app_status {
	atomic_int starting_workers; /* how many do not have credentials and table yet */
	atomic_bool is_draining;
};

struct app {
	struct app_status *status;
	/* Appends all metrics of the process in Prometheus' text form. */
	void (*write_metrics)(struct app *app, struct buf *out);
	/* True while DynamoDB is down and calls to it fail at once. */
	bool (*is_cut_off)(const struct app *app);
	void *context;
};

#endif
