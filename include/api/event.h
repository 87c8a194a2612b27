/*
 * Events that wait, and those that were put away, for operators: /event and /event/{id}/retry, on
 * their listener.
 */
#ifndef SHOPD_API_EVENT_H
#define SHOPD_API_EVENT_H

#include "http/request.h"

extern const struct endpoint get_events;
extern const struct endpoint post_event_retry;

#endif
