/*
 * Exchanges in line: an exchange stands in at most one queue, and can leave it from anywhere.
 */
#ifndef SHOPD_IO_EXCHANGE_QUEUE_H
#define SHOPD_IO_EXCHANGE_QUEUE_H

#include <stddef.h>

#include "io/exchange.h"

/* Zeroed memory is an empty queue. */
struct exchange_queue {
	struct exchange *first;
	struct exchange *last;
	size_t count;
};

/* At the end. It must not stand in another queue. */
void exchange_queue_add(struct exchange_queue *queue, struct exchange *exchange);

/* Out of the queue that it stands in. */
void exchange_queue_remove(struct exchange *exchange);

#endif
