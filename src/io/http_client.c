#include "io/http_client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/http_link.h"

enum { RECEIVE_SIZE = 32 * 1024, REAP_INTERVAL_US = 1000 * 1000 };

/* A doubly linked queue: an exchange stands in exactly one while it is under way. */
struct exchange_queue {
	struct exchange *first;
	struct exchange *last;
	size_t count;
};

struct carrier {
	struct pool *pool;
	struct http_link *link;
	bool is_connected;
	struct exchange *exchange; /* NULL while idle or connecting */
	size_t sent;               /* bytes of its request */
	size_t exchanges;          /* carried so far */
	uint64_t opened_us;
	uint64_t idle_since_us;
	struct carrier *next;      /* in the pool's list of idle or of other carriers */
	struct carrier *previous;
};

struct pool {
	struct http_client *client;
	const struct origin *origin;
	struct exchange_queue waiting;
	struct carrier *idle; /* the most recently used first, so that the others can grow old */
	struct carrier *busy; /* also those that connect */
	size_t count;
	size_t connecting;
	struct pool *next;
};

struct http_client {
	struct transport transport; /* first, so that a transport is its client */
	struct http_client_options options;
	struct http_link_context links;
	struct http_client_metrics metrics;
	struct pool *pools;
	struct exchange_queue on_wire;
	struct exchange_queue finished;
	struct loop_task finish_task;
	struct loop_timer reap_timer;
	bool is_stopped;
	char received[RECEIVE_SIZE];
};

/* ---- queues ---- */

static void queue_add(struct exchange_queue *queue, struct exchange *exchange)
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

static void queue_remove(struct exchange *exchange)
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

static void list_add(struct carrier **list, struct carrier *carrier)
{
	carrier->previous = NULL;
	carrier->next = *list;
	if (*list != NULL)
		(*list)->previous = carrier;
	*list = carrier;
}

static void list_remove(struct carrier **list, struct carrier *carrier)
{
	if (carrier->previous != NULL)
		carrier->previous->next = carrier->next;
	else
		*list = carrier->next;
	if (carrier->next != NULL)
		carrier->next->previous = carrier->previous;
}

/* ---- the end of an exchange: announced after all events of the turn ---- */

static void exchange_finish(struct http_client *client, struct exchange *exchange,
			    enum exchange_end end, const char *error)
{
	exchange->end = end;
	exchange->carrier = NULL;
	snprintf(exchange->error, sizeof(exchange->error), "%s", error);
	loop_timer_off(client->options.loop, &exchange->timer);
	if (exchange->queue != NULL)
		queue_remove(exchange);
	queue_add(&client->finished, exchange);
	loop_defer(client->options.loop, &client->finish_task);
}

static void announce_finished(struct loop_task *task)
{
	struct http_client *client = task->context;

	while (client->finished.first != NULL) {
		struct exchange *exchange = client->finished.first;

		queue_remove(exchange);
		exchange->done(exchange);
	}
}

/* ---- carriers ---- */

static void pool_serve(struct pool *pool);

static void carrier_close(struct carrier *carrier)
{
	struct pool *pool = carrier->pool;
	bool is_idle = carrier->is_connected && carrier->exchange == NULL;

	list_remove(is_idle ? &pool->idle : &pool->busy, carrier);
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
	list_remove(&pool->busy, carrier);
	list_add(&pool->idle, carrier);
}

/* The exchange on this carrier cannot go on, and neither can the carrier. */
static void carrier_fail(struct carrier *carrier, enum exchange_end end, const char *error)
{
	struct pool *pool = carrier->pool;
	struct exchange *exchange = carrier->exchange;

	carrier_close(carrier);
	exchange_finish(pool->client, exchange, end, error);
	pool_serve(pool);
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
		enum http_link_io io =
			http_link_send(carrier->link, request->data + carrier->sent,
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

static void carrier_take(struct carrier *carrier, struct exchange *exchange)
{
	struct http_client *client = carrier->pool->client;

	if (carrier->exchanges++ > 0)
		metric_add(&client->metrics.reused, 1);
	queue_remove(exchange);
	queue_add(&client->on_wire, exchange);
	exchange->carrier = carrier;
	carrier->exchange = exchange;
	carrier->sent = 0;
	carrier_send(carrier);
}

static bool carrier_is_fresh(const struct carrier *carrier)
{
	const struct http_client_options *options = &carrier->pool->client->options;

	return loop_now_us(options->loop) - carrier->opened_us < options->max_age_us;
}

/* A whole answer is there. `has_surplus`: bytes came behind it, so the framing is not to be trusted. */
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
	exchange_finish(pool->client, exchange, EXCHANGE_ANSWERED, "");
	pool_serve(pool);
}

/* Takes received bytes; false once the exchange has ended (and the carrier may be gone). */
static bool carrier_received(struct carrier *carrier, size_t len)
{
	struct http_client *client = carrier->pool->client;
	struct http_answer *answer = &carrier->exchange->answer;
	size_t taken = http_answer_add(answer, client->received, len);

	if (answer->state == HTTP_ANSWER_BROKEN) {
		carrier_fail(carrier, EXCHANGE_BROKEN, "the answer is malformed or too long");
		return false;
	}
	if (answer->state != HTTP_ANSWER_DONE)
		return true;
	carrier_complete(carrier, taken < len || !http_link_is_quiet(carrier->link));
	return false;
}

/* Nothing is expected on an idle connection but TLS's own records, which come out as no bytes. */
static void idle_readable(struct carrier *carrier)
{
	struct http_client *client = carrier->pool->client;
	size_t moved;

	if (http_link_receive(carrier->link, client->received, RECEIVE_SIZE, &moved) !=
	    HTTP_LINK_LATER)
		carrier_close(carrier);
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
		enum http_link_io io =
			http_link_receive(carrier->link, client->received, RECEIVE_SIZE, &moved);

		if (io == HTTP_LINK_LATER)
			return;
		if (io == HTTP_LINK_CLOSED)
			break;
		if (!carrier_received(carrier, moved))
			return;
	}
	http_answer_end(&carrier->exchange->answer);
	if (carrier->exchange->answer.state == HTTP_ANSWER_DONE)
		carrier_complete(carrier, true);
	else
		carrier_lost(carrier);
}

static void on_connected(void *owner)
{
	struct carrier *carrier = owner;
	struct pool *pool = carrier->pool;

	carrier->is_connected = true;
	pool->connecting--;
	metric_add(&pool->client->metrics.opened, 1);
	carrier_to_idle(carrier);
	pool_serve(pool);
}

/* Each failed attempt fails one exchange; the others go on trying until their own deadlines. */
static void on_failed(void *owner, const char *error)
{
	struct carrier *carrier = owner;
	struct pool *pool = carrier->pool;
	struct exchange *exchange = pool->waiting.first;

	metric_add(&pool->client->metrics.failed, 1);
	if (exchange != NULL)
		exchange_finish(pool->client, exchange, EXCHANGE_NOT_SENT, error);
	carrier_close(carrier);
	pool_serve(pool);
}

static const struct http_link_owner carrier_callbacks = {
	.connected = on_connected,
	.failed = on_failed,
	.readable = on_readable,
	.writable = on_writable,
};

static bool carrier_open(struct pool *pool)
{
	struct http_client *client = pool->client;
	struct carrier *carrier = calloc(1, sizeof(*carrier));

	if (carrier == NULL)
		return false;
	carrier->pool = pool;
	carrier->opened_us = loop_now_us(client->options.loop);
	carrier->link =
		http_link_open(&client->links, pool->origin, &carrier_callbacks, carrier);
	if (carrier->link == NULL) {
		free(carrier);
		return false;
	}
	list_add(&pool->busy, carrier);
	pool->connecting++;
	pool->count++;
	return true;
}

/* ---- pools ---- */

/* Gives waiting exchanges to idle carriers, and opens connections for the others. */
static void pool_serve(struct pool *pool)
{
	const struct http_client_options *options = &pool->client->options;

	while (pool->waiting.first != NULL && pool->idle != NULL) {
		struct carrier *carrier = pool->idle;

		list_remove(&pool->idle, carrier);
		list_add(&pool->busy, carrier);
		carrier_take(carrier, pool->waiting.first);
	}
	while (pool->waiting.count > pool->connecting &&
	       pool->connecting < options->max_connecting &&
	       pool->count < options->max_connections) {
		if (carrier_open(pool))
			continue;
		if (pool->count == 0) /* nobody else will ever serve it */
			exchange_finish(pool->client, pool->waiting.first, EXCHANGE_NO_MEMORY,
					"out of memory");
		return;
	}
}

static struct pool *pool_for(struct http_client *client, const struct origin *origin)
{
	struct pool *pool;

	for (pool = client->pools; pool != NULL; pool = pool->next)
		if (pool->origin == origin)
			return pool;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	pool->client = client;
	pool->origin = origin;
	pool->next = client->pools;
	client->pools = pool;
	return pool;
}

static void pool_reap(struct pool *pool)
{
	const struct http_client_options *options = &pool->client->options;
	uint64_t now_us = loop_now_us(options->loop);
	struct carrier *next;

	for (struct carrier *carrier = pool->idle; carrier != NULL; carrier = next) {
		next = carrier->next;
		if (now_us - carrier->idle_since_us > options->max_idle_us ||
		    !carrier_is_fresh(carrier))
			carrier_close(carrier);
	}
}

static void on_reap(struct loop_timer *timer)
{
	struct http_client *client = timer->context;
	struct loop *loop = client->options.loop;

	for (struct pool *pool = client->pools; pool != NULL; pool = pool->next)
		pool_reap(pool);
	/* The heap has had room for this timer before. */
	(void)!loop_timer_set(loop, timer, loop_now_us(loop) + REAP_INTERVAL_US);
}

/* ---- the transport ---- */

static void on_deadline(struct loop_timer *timer)
{
	struct exchange *exchange = timer->context;
	struct carrier *carrier = exchange->carrier;
	struct exchange_queue *queue = exchange->queue;
	struct pool *pool;

	if (carrier != NULL) {
		carrier_fail(carrier, EXCHANGE_TIMEOUT, "no answer in time");
		return;
	}
	pool = (struct pool *)((char *)queue - offsetof(struct pool, waiting));
	exchange_finish(pool->client, exchange, EXCHANGE_TIMEOUT,
			"no connection was free in time");
}

static void client_start(struct transport *transport, struct exchange *exchange)
{
	struct http_client *client = (struct http_client *)transport;
	struct pool *pool = pool_for(client, exchange->origin);

	exchange->was_sent = false;
	exchange->queue = NULL;
	exchange->carrier = NULL;
	exchange->timer.fire = on_deadline;
	exchange->timer.context = exchange;
	http_answer_reset(&exchange->answer);
	if (client->is_stopped) {
		exchange_finish(client, exchange, EXCHANGE_SHUTDOWN, "shutting down");
	} else if (pool == NULL || !loop_timer_set(client->options.loop, &exchange->timer,
						   exchange->deadline_us)) {
		exchange_finish(client, exchange, EXCHANGE_NO_MEMORY, "out of memory");
	} else if (pool->waiting.count >= client->options.max_waiting) {
		metric_add(&client->metrics.overload, 1);
		exchange_finish(client, exchange, EXCHANGE_OVERLOADED, "too many calls wait");
	} else {
		queue_add(&pool->waiting, exchange);
		pool_serve(pool);
	}
}

struct http_client *http_client_new(const struct http_client_options *options)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->transport.start = client_start;
	client->options = *options;
	client->links.loop = options->loop;
	client->links.trust = options->trust;
	client->links.connect_timeout_us = options->connect_timeout_us;
	client->finish_task.run = announce_finished;
	client->finish_task.context = client;
	client->reap_timer.fire = on_reap;
	client->reap_timer.context = client;
	if (!http_link_context_init(&client->links)) {
		free(client);
		return NULL;
	}
	if (!loop_timer_set(options->loop, &client->reap_timer,
			    loop_now_us(options->loop) + REAP_INTERVAL_US)) {
		http_client_free(client);
		return NULL;
	}
	return client;
}

static void pool_stop(struct pool *pool)
{
	while (pool->waiting.first != NULL)
		exchange_finish(pool->client, pool->waiting.first, EXCHANGE_SHUTDOWN,
				"shutting down");
	while (pool->busy != NULL) {
		struct exchange *exchange = pool->busy->exchange;

		carrier_close(pool->busy);
		if (exchange != NULL)
			exchange_finish(pool->client, exchange, EXCHANGE_SHUTDOWN, "shutting down");
	}
	while (pool->idle != NULL)
		carrier_close(pool->idle);
}

void http_client_stop(struct http_client *client)
{
	client->is_stopped = true;
	for (struct pool *pool = client->pools; pool != NULL; pool = pool->next)
		pool_stop(pool);
}

void http_client_free(struct http_client *client)
{
	if (client == NULL)
		return;
	http_client_stop(client);
	assert(client->on_wire.count == 0 && client->finished.count == 0);
	while (client->pools != NULL) {
		struct pool *pool = client->pools;

		client->pools = pool->next;
		free(pool);
	}
	loop_timer_off(client->options.loop, &client->reap_timer);
	loop_defer_off(client->options.loop, &client->finish_task);
	http_link_context_clear(&client->links);
	free(client);
}

struct transport *http_client_transport(struct http_client *client)
{
	return &client->transport;
}

const struct http_client_metrics *http_client_get_metrics(const struct http_client *client)
{
	return &client->metrics;
}
