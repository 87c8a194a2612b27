/*
 * /live, /ready, /metrics and /config: what load balancers, systemd's friends, Prometheus and
 * operators ask.
 */
#ifndef SHOPD_API_SYSTEM_H
#define SHOPD_API_SYSTEM_H

#include "http/request.h"

extern const struct endpoint get_live;    /* 200 while the event loop turns */
extern const struct endpoint get_ready;   /* 200 once started and until draining, else 503 */
extern const struct endpoint get_metrics; /* Prometheus' text format */
extern const struct endpoint get_config;  /* what is in force, a line each, without secrets */

#endif
