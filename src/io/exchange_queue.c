#include "io/exchange_queue.h"

void exchange_queue_add(struct exchange_queue *queue, struct exchange *exchange)
{
	exchange->next = NULL;
	exchange->previous = queue->last;
	if (queue->last != NULL)
		queue->last->next = exchange;
	else
		queue->first = exchange;
	queue->last = exchange;
	queue->count++;
	exchange->queue = queue;
}

void exchange_queue_remove(struct exchange *exchange)
{
	struct exchange_queue *queue = exchange->queue;

	if (exchange->previous != NULL)
		exchange->previous->next = exchange->next;
	else
		queue->first = exchange->next;
	if (exchange->next != NULL)
		exchange->next->previous = exchange->previous;
	else
		queue->last = exchange->previous;
	queue->count--;
	exchange->queue = NULL;
}
