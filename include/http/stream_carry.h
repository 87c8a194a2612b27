/*
 * How streams (stream.h) are carried by libmicrohttpd: for connection.c and reply_send.c.
 */
#ifndef SHOPD_HTTP_STREAM_CARRY_H
#define SHOPD_HTTP_STREAM_CARRY_H

#include "http/connection.h"
#include "http/stream.h"

/* True when the route's endpoint takes its body as it comes. */
bool stream_takes_body(const struct request *rq);

/* Begins a request whose head is acceptable and whose endpoint streams something. */
void stream_open(struct request *rq);

/* Hands a part of the body to the endpoint. As the access handler has it. */
void stream_upload(struct connection *connection, const char *upload, size_t *upload_len);

/* The response to queue for a reply that is streamed; NULL when out of memory. */
struct MHD_Response *stream_response(const struct request *rq);

/* Whether a streamed reply has made no progress for `patience_us`. */
bool stream_is_stuck(struct connection *connection, uint64_t now_us, uint64_t patience_us);

/* The end of a request that nothing holds. */
void stream_close(struct request *rq);

#endif
