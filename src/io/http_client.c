#include "io/http_client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/http_carrier.h"

enum { REAP_INTERVAL_US = 1000 * 1000 };

/* ---- the end of an exchange: announced after all events of the turn ---- */

void http_client_finish(struct http_client *client, struct exchange *exchange,
			enum exchange_end end, const char *error)
{
	exchange->end = end;
	exchange->carrier = NULL;
	exchange->error[0] = '\0';
	if (error[0] != '\0')
		snprintf(exchange->error, sizeof(exchange->error), "%s", error);
	loop_timer_off(client->options.loop, &exchange->timer);
	if (exchange->queue != NULL)
		exchange_queue_remove(exchange);
	exchange_queue_add(&client->finished, exchange);
	loop_defer(client->options.loop, &client->finish_task);
}

static void announce_finished(struct loop_task *task)
{
	struct http_client *client = task->context;

	while (client->finished.first != NULL) {
		struct exchange *exchange = client->finished.first;

		exchange_queue_remove(exchange);
		exchange->done(exchange);
	}
}

/* ---- pools ---- */

/* Gives waiting exchanges to idle carriers, and opens connections for the others. */
void http_pool_serve(struct pool *pool)
{
	const struct http_client_options *options = &pool->client->options;

	while (pool->waiting.first != NULL && pool->idle != NULL)
		carrier_take(pool->idle, pool->waiting.first);
	while (pool->waiting.count > pool->connecting &&
	       pool->connecting < options->max_connecting &&
	       pool->count < options->max_connections) {
		if (carrier_open(pool))
			continue;
		if (pool->count == 0) /* nobody else will ever serve it */
			http_client_finish(pool->client, pool->waiting.first, EXCHANGE_NO_MEMORY,
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
	http_client_finish(pool->client, exchange, EXCHANGE_TIMEOUT,
			   "no connection was free in time");
}

static void client_start(struct transport *transport, struct exchange *exchange)
{
	struct http_client *client = (struct http_client *)transport;
	struct pool *pool = pool_for(client, exchange->origin);

	exchange->was_sent = false;
	exchange->hint = NULL;
	exchange->queue = NULL;
	exchange->carrier = NULL;
	exchange->timer.fire = on_deadline;
	exchange->timer.context = exchange;
	http_answer_reset(&exchange->answer);
	if (client->is_stopped) {
		http_client_finish(client, exchange, EXCHANGE_SHUTDOWN, "shutting down");
	} else if (pool == NULL ||
		   !loop_timer_set(client->options.loop, &exchange->timer, exchange->deadline_us)) {
		http_client_finish(client, exchange, EXCHANGE_NO_MEMORY, "out of memory");
	} else if (pool->waiting.count >= client->options.max_waiting) {
		metric_add(&client->metrics.overload, 1);
		http_client_finish(client, exchange, EXCHANGE_OVERLOADED, "too many calls wait");
	} else {
		exchange_queue_add(&pool->waiting, exchange);
		http_pool_serve(pool);
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
	client->links.name_age_us = options->name_age_us;
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
		http_client_finish(pool->client, pool->waiting.first, EXCHANGE_SHUTDOWN,
				   "shutting down");
	while (pool->busy != NULL) {
		struct exchange *exchange = pool->busy->exchange;

		carrier_close(pool->busy);
		if (exchange != NULL)
			http_client_finish(pool->client, exchange, EXCHANGE_SHUTDOWN,
					   "shutting down");
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
