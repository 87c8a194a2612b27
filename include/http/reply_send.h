/*
 * Hands a finished reply to libmicrohttpd, with the headers that every reply has: Content-Type,
 * X-Request-Id, Server-Timing, and what was consumed if the table was touched.
 */
#ifndef SHOPD_HTTP_REPLY_SEND_H
#define SHOPD_HTTP_REPLY_SEND_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

/*
 * The reply's bytes must live until libmicrohttpd tells that the request is completed. `closes`:
 * the connection ends after it. MHD_NO when memory is out; returned to libmicrohttpd, that closes
 * the connection, which is all that is left then.
 */
enum MHD_Result reply_send(const struct request *rq, struct MHD_Connection *mhd, uint64_t now_us,
			   bool closes);

#endif
