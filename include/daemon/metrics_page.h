/*
 * /metrics of the whole process: the workers' counters added up, in Prometheus' text form.
 */
#ifndef SHOPD_DAEMON_METRICS_PAGE_H
#define SHOPD_DAEMON_METRICS_PAGE_H

#include "base/buf.h"
#include "daemon/worker.h"

void metrics_page_write(const struct worker *workers, size_t count, struct buf *out);

#endif
