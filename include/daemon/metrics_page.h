/*
 * /metrics of the whole process: all threads' counters added up, in Prometheus' text form.
 */
#ifndef SHOPD_DAEMON_METRICS_PAGE_H
#define SHOPD_DAEMON_METRICS_PAGE_H

#include "base/buf.h"
#include "daemon/worker.h"

struct metrics_page {
	const struct worker *workers;
	size_t count;                    /* of workers */
	const struct backend *operators; /* the main thread's, whose calls count too */
};

void metrics_page_write(const struct metrics_page *page, struct buf *out);

#endif
