/*
 * A request to an endpoint that streams (http/stream.h), without a server: what carries it is
 * played here, on asking.h's transport.
 */
#ifndef SHOPD_TEST_STREAMING_H
#define SHOPD_TEST_STREAMING_H

#include "asking.h"

enum { STREAMING_REPLY_MAX = 1024 * 1024 };

struct streaming_client {
	struct asking asking;
	struct server server;
	size_t taken;    /* of what was sent */
	struct buf body; /* of the reply, as far as it was given */
	long end;        /* what `give` returned last, if not bytes */
};

void streaming_init(struct streaming_client *client);
void streaming_clear(struct streaming_client *client);

/*
 * A request whose head is acceptable. There are no headers here, so what the endpoint says of them
 * is forgotten.
 */
void streaming_begin(struct streaming_client *client, const struct endpoint *endpoint);

/* Sends bytes, as fast as they are taken. Returns how many were, within some seconds. */
size_t streaming_send(struct streaming_client *client, const char *text);

/* Ends the body, runs the steps and returns the status. */
int streaming_finish(struct streaming_client *client);

/* Reads the reply: `room` bytes at a time, to its end. */
void streaming_read(struct streaming_client *client, size_t room);

/* Ends the request; true when nothing holds it any more. */
bool streaming_end(struct streaming_client *client);

#endif
