/*
 * The buffers of calls that are over, for those that come after: with their memory, without their
 * bytes. What is large, or too much, goes back to the system, requests overwritten.
 */
#ifndef SHOPD_AWS_AWS_SPARES_H
#define SHOPD_AWS_AWS_SPARES_H

#include <stddef.h>

#include "base/buf.h"
#include "io/exchange.h"

enum { AWS_SPARES_MAX = 64, AWS_SPARE_ROOM_MAX = 8 * 1024 };

/* Zeroed memory is one that has nothing yet. */
struct aws_spares {
	struct aws_spare {
		struct buf request;
		struct buf head;
		struct buf body; /* of the answer */
	} exchanges[AWS_SPARES_MAX];
	size_t exchange_count;
	struct buf bodies[AWS_SPARES_MAX]; /* of requests */
	size_t body_count;
};

/* Replaces the buffers of an exchange, which were just made and have no memory yet. */
void aws_spares_take(struct aws_spares *spares, struct exchange *exchange);
void aws_spares_give(struct aws_spares *spares, struct exchange *exchange);

/* An empty buffer; its maximum is at least AWS_SPARE_ROOM_MAX. */
void aws_spares_take_body(struct aws_spares *spares, struct buf *body, size_t max);
void aws_spares_give_body(struct aws_spares *spares, struct buf *body);

void aws_spares_clear(struct aws_spares *spares);

#endif
