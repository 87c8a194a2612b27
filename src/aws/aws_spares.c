#include "aws/aws_spares.h"

#include <assert.h>

#include "base/secret.h"

static void clear(struct aws_spare *spare)
{
	secret_clear(&spare->request); /* with a session token in it */
	buf_clear(&spare->head);
	buf_clear(&spare->body);
}

void aws_spares_take(struct aws_spares *spares, struct exchange *exchange)
{
	const struct aws_spare *spare;

	if (spares->exchange_count == 0)
		return;
	spare = &spares->exchanges[--spares->exchange_count];
	exchange->request = spare->request;
	exchange->answer.head = spare->head;
	exchange->answer.body = spare->body;
}

void aws_spares_give(struct aws_spares *spares, struct exchange *exchange)
{
	struct aws_spare spare = {exchange->request, exchange->answer.head, exchange->answer.body};

	if (spares->exchange_count == AWS_SPARES_MAX || spare.request.room > AWS_SPARE_ROOM_MAX ||
	    spare.body.room > AWS_SPARE_ROOM_MAX)
		clear(&spare);
	else
		spares->exchanges[spares->exchange_count++] = spare;
}

void aws_spares_take_body(struct aws_spares *spares, struct buf *body, size_t max)
{
	assert(max >= AWS_SPARE_ROOM_MAX);
	buf_init(body, max);
	if (spares->body_count > 0)
		*body = spares->bodies[--spares->body_count];
	body->max = max;
}

void aws_spares_give_body(struct aws_spares *spares, struct buf *body)
{
	if (spares->body_count == AWS_SPARES_MAX || body->room > AWS_SPARE_ROOM_MAX ||
	    !body->data) {
		buf_clear(body);
		return;
	}
	buf_reset(body);
	spares->bodies[spares->body_count++] = *body;
	*body = (struct buf){0};
}

void aws_spares_clear(struct aws_spares *spares)
{
	while (spares->exchange_count > 0)
		clear(&spares->exchanges[--spares->exchange_count]);
	while (spares->body_count > 0)
		buf_clear(&spares->bodies[--spares->body_count]);
}
