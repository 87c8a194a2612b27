#include "io/http_carrier.h"

#include <assert.h>
#include <stdlib.h>

#include "base/digest.h"

static void list_leave(struct carrier *carrier)
{
	if (carrier->previous != NULL)
		carrier->previous->next = carrier->next;
	else
		*carrier->list = carrier->next;
	if (carrier->next != NULL)
		carrier->next->previous = carrier->previous;
	carrier->list = NULL;
}

static void list_enter(struct carrier **list, struct carrier *carrier)
{
	if (carrier->list != NULL)
		list_leave(carrier);
	carrier->previous = NULL;
	carrier->next = *list;
	if (*list != NULL)
		(*list)->previous = carrier;
	*list = carrier;
	carrier->list = list;
}

void carrier_close(struct carrier *carrier)
{
	struct pool *pool = carrier->pool;

	list_leave(carrier);
	if (carrier->is_connected)
		metric_add(&pool->client->metrics.closed, 1);
	else
		pool->connecting--;
	pool->count--;
	http_link_close(carrier->link);
	free(carrier);
}

static void carrier_to_idle(struct carrier *carrier)
{
	struct pool *pool = carrier->pool;

	carrier->idle_since_us = loop_now_us(pool->client->options.loop);
	list_enter(&pool->idle, carrier);
}

/* The exchange on this carrier cannot go on, and neither can the carrier. */
void carrier_fail(struct carrier *carrier, enum exchange_end end, const char *error)
{
	struct pool *pool = carrier->pool;
	struct exchange *exchange = carrier->exchange;

	assert(exchange != NULL);
	carrier_close(carrier);
	http_client_finish(pool->client, exchange, end, error);
	http_pool_serve(pool);
}

/* The connection ended while its exchange was under way. */
static void carrier_lost(struct carrier *carrier)
{
	struct exchange *exchange = carrier->exchange;

	if (exchange->answer.state != HTTP_ANSWER_HEAD || exchange->answer.head.len > 0 ||
	    exchange->answer.status != 0)
		carrier_fail(carrier, EXCHANGE_BROKEN, "the connection ended within the answer");
	else if (exchange->was_sent)
		carrier_fail(carrier, EXCHANGE_NO_ANSWER, "the connection ended without an answer");
	else
		carrier_fail(carrier, EXCHANGE_NOT_SENT, "the connection had ended");
}

static void carrier_send(struct carrier *carrier)
{
	struct exchange *exchange = carrier->exchange;
	const struct buf *request = &exchange->request;

	while (carrier->sent < request->len) {
		size_t moved;
		enum http_link_io io = http_link_send(carrier->link, request->data + carrier->sent,
						      request->len - carrier->sent, &moved);

		if (io == HTTP_LINK_CLOSED ||
		    (io == HTTP_LINK_LATER && !http_link_await_room(carrier->link, true))) {
			carrier_lost(carrier);
			return;
		}
		if (io == HTTP_LINK_LATER)
			return;
		exchange->was_sent = true;
		carrier->sent += moved;
	}
}

static void on_writable(void *owner)
{
	struct carrier *carrier = owner;

	if (!http_link_await_room(carrier->link, false))
		carrier_lost(carrier);
	else if (carrier->exchange != NULL)
		carrier_send(carrier);
}

void carrier_take(struct carrier *carrier, struct exchange *exchange)
{
	struct http_client *client = carrier->pool->client;

	list_enter(&carrier->pool->busy, carrier);
	if (carrier->exchanges++ > 0)
		metric_add(&client->metrics.reused, 1);
	exchange_queue_remove(exchange);
	exchange_queue_add(&client->on_wire, exchange);
	exchange->carrier = carrier;
	carrier->exchange = exchange;
	carrier->sent = 0;
	carrier_send(carrier);
}

bool carrier_is_fresh(const struct carrier *carrier)
{
	const struct http_client_options *options = &carrier->pool->client->options;

	return loop_now_us(options->loop) - carrier->opened_us < options->max_age_us;
}

/*
 * A whole answer is there. `has_surplus`: bytes came behind it, so the framing is not to be
 * trusted.
 */
static void carrier_complete(struct carrier *carrier, bool has_surplus)
{
	struct pool *pool = carrier->pool;
	struct exchange *exchange = carrier->exchange;
	bool is_reusable = exchange->answer.keeps_open && !has_surplus &&
			   carrier->sent == exchange->request.len && carrier_is_fresh(carrier);

	if (is_reusable) {
		carrier->exchange = NULL;
		carrier_to_idle(carrier);
	} else {
		carrier_close(carrier);
	}
	http_client_finish(pool->client, exchange, EXCHANGE_ANSWERED, "");
	http_pool_serve(pool);
}

/* True when nothing more lies there, after a receive that brought `len` bytes. */
static bool is_silent(struct carrier *carrier, size_t len)
{
	enum { FULL_RECEIVE = 16 * 1024 }; /* the longest record of TLS, or as much without it */
	size_t moved;

	if (len < FULL_RECEIVE)
		return http_link_is_quiet(carrier->link);
	return http_link_receive(carrier->link, carrier->pool->client->received, HTTP_RECEIVE_SIZE,
				 &moved) == HTTP_LINK_LATER;
}

/* Takes received bytes; false once the exchange has ended (and the carrier may be gone). */
static bool carrier_received(struct carrier *carrier, size_t len)
{
	struct http_client *client = carrier->pool->client;
	struct http_answer *answer = &carrier->exchange->answer;
	size_t taken = http_answer_add(answer, client->received, len);

	if (carrier->exchange->is_secret)
		digest_wipe(client->received, len);
	if (!http_answer_is_over(answer))
		return true;
	if (answer->state == HTTP_ANSWER_BROKEN)
		carrier_fail(carrier, EXCHANGE_BROKEN, "the answer is malformed");
	else if (answer->state == HTTP_ANSWER_TOO_LONG)
		carrier_fail(carrier, EXCHANGE_TOO_LONG, "the answer is too long");
	else
		carrier_complete(carrier, taken < len || !is_silent(carrier, len));
	return false;
}

/* Nothing is expected on an idle connection but TLS's own records, which come out as no bytes. */
static void idle_readable(struct carrier *carrier)
{
	struct http_client *client = carrier->pool->client;
	size_t moved;

	if (http_link_receive(carrier->link, client->received, HTTP_RECEIVE_SIZE, &moved) !=
	    HTTP_LINK_LATER)
		carrier_close(carrier);
}

/* The peer closed: some answers end like that. */
static void carrier_ended(struct carrier *carrier)
{
	struct http_answer *answer = &carrier->exchange->answer;

	if (answer->state == HTTP_ANSWER_UNTIL_CLOSE) {
		http_answer_end(answer);
		carrier_complete(carrier, true);
	} else {
		carrier_lost(carrier);
	}
}

static void on_readable(void *owner)
{
	struct carrier *carrier = owner;
	struct http_client *client = carrier->pool->client;

	if (carrier->exchange == NULL) {
		idle_readable(carrier);
		return;
	}
	for (;;) {
		size_t moved;
		enum http_link_io io = http_link_receive(carrier->link, client->received,
							 HTTP_RECEIVE_SIZE, &moved);

		if (io == HTTP_LINK_LATER)
			return;
		if (io == HTTP_LINK_CLOSED)
			break;
		if (!carrier_received(carrier, moved))
			return;
	}
	carrier_ended(carrier);
}

static void on_connected(void *owner)
{
	struct carrier *carrier = owner;
	struct pool *pool = carrier->pool;

	carrier->is_connected = true;
	pool->connecting--;
	metric_add(&pool->client->metrics.opened, 1);
	carrier_to_idle(carrier);
	http_pool_serve(pool);
}

/* Each failed attempt fails one exchange; the others go on trying until their own deadlines. */
static void on_failed(void *owner, const char *error)
{
	struct carrier *carrier = owner;
	struct pool *pool = carrier->pool;
	struct exchange *exchange = pool->waiting.first;

	metric_add(&pool->client->metrics.failed, 1);
	if (exchange != NULL) {
		exchange->hint = http_link_hint(carrier->link);
		http_client_finish(pool->client, exchange, EXCHANGE_NOT_SENT, error);
	}
	carrier_close(carrier);
	http_pool_serve(pool);
}

static const struct http_link_owner carrier_callbacks = {
	.connected = on_connected,
	.failed = on_failed,
	.readable = on_readable,
	.writable = on_writable,
};

bool carrier_open(struct pool *pool)
{
	struct http_client *client = pool->client;
	struct carrier *carrier = calloc(1, sizeof(*carrier));

	if (carrier == NULL)
		return false;
	carrier->pool = pool;
	carrier->opened_us = loop_now_us(client->options.loop);
	carrier->link = http_link_open(&client->links, pool->origin, &carrier_callbacks, carrier);
	if (carrier->link == NULL) {
		free(carrier);
		return false;
	}
	list_enter(&pool->busy, carrier);
	pool->connecting++;
	pool->count++;
	return true;
}
