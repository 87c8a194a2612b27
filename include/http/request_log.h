/*
 * The log line that every request leaves.
 */
#ifndef SHOPD_HTTP_REQUEST_LOG_H
#define SHOPD_HTTP_REQUEST_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct connection;

/*
 * The connection's request is over: answered, or its client has left before. A warning for statuses
 * from 500, else information (debugging, where the server is to be quiet).
 */
void request_log(const struct connection *connection, bool was_answered, uint64_t duration_us);

#endif
