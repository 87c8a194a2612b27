#include "aws/credentials.h"

#include <assert.h>
#include <stdlib.h>

#include "aws/credentials_chain.h"
#include "aws/provider.h"
#include "base/digest.h"
#include "base/log.h"

enum {
	MINUTE_MS = 60 * 1000,
	REFRESH_AHEAD_MS = 15 * MINUTE_MS,
	URGENT_AHEAD_MS = 10 * MINUTE_MS,
	RETRY_MS = MINUTE_MS,
	RETRY_URGENT_MS = 15 * 1000,
	FIRST_RETRY_MS = 1000,
	FIRST_RETRY_MAX_MS = 30 * 1000,
	/* The wall clock may jump while a timer runs on the other one: look again at times. */
	LOOK_AGAIN_MS = 5 * MINUTE_MS,
	LOOKED_AT_MAX = 4096,
};

static const uint64_t refresh_pause_us = 10000000;

struct credentials {
	struct credentials_options options;
	struct provider_context providers;
	struct provider *provider; /* NULL until one is configured */
	struct buf looked_at;      /* what speaks against the others */
	struct aws_keys keys;
	bool is_fresh; /* the keys: the last fetch brought them, and not the same again */
	struct credentials_metrics metrics;
	struct loop_timer timer;
	struct loop_task task; /* begins a fetch */
	void (*ready)(void *context);
	void *ready_context;
	int64_t refresh_at_ms; /* wall clock */
	bool has_refreshed;
	uint64_t refreshed_us; /* when the last fetch that somebody waited for ended */
	unsigned failures;     /* in a row */
	bool is_fetching;      /* from the decision on */
	bool is_asking;        /* the provider, and it has not answered */
	bool is_stopped;
	struct credentials_wait *waits;
};

static void on_timer(struct loop_timer *timer);
static void on_task(struct loop_task *task);

struct credentials *credentials_new(const struct credentials_options *options)
{
	struct credentials *credentials = calloc(1, sizeof(*credentials));

	if (!credentials)
		return NULL;
	credentials->options = *options;
	credentials->providers = (struct provider_context){
		.config = options->config,
		.loop = options->loop,
		.transport = options->transport,
		.digest = options->digest,
	};
	buf_init(&credentials->looked_at, LOOKED_AT_MAX);
	credentials->timer = (struct loop_timer){.fire = on_timer, .context = credentials};
	credentials->task = (struct loop_task){.run = on_task, .context = credentials};
	return credentials;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	assert(!credentials->is_asking);
	loop_timer_off(credentials->options.loop, &credentials->timer);
	loop_defer_off(credentials->options.loop, &credentials->task);
	if (credentials->provider)
		credentials->provider->kind->free(credentials->provider);
	provider_context_clear(&credentials->providers);
	buf_clear(&credentials->looked_at);
	aws_keys_clear(&credentials->keys);
	free(credentials);
}

const struct aws_keys *credentials_current(const struct credentials *credentials)
{
	return credentials->keys.access_key ? &credentials->keys : NULL;
}

const struct credentials_metrics *credentials_get_metrics(const struct credentials *credentials)
{
	return &credentials->metrics;
}

static int64_t wall_ms(const struct credentials *credentials)
{
	return clock_wall_ms(loop_clock(credentials->options.loop));
}

/* A time of about `span_ms`: three to five quarters of it, so that many machines spread out. */
static int64_t about(const struct credentials *credentials, int64_t span_ms)
{
	const struct credentials_options *options = &credentials->options;
	uint32_t random;

	if (options->random)
		random = options->random(options->random_context);
	else
		digest_random(&random, sizeof(random));
	return span_ms - span_ms / 4 + (int64_t)(((uint64_t)span_ms * random / 2) >> 32);
}

static void set_timer(struct credentials *credentials)
{
	int64_t left_ms = credentials->refresh_at_ms - wall_ms(credentials);

	if (left_ms < 0)
		left_ms = 0;
	if (left_ms > LOOK_AGAIN_MS)
		left_ms = LOOK_AGAIN_MS;
	if (!loop_timer_set(credentials->options.loop, &credentials->timer,
			    loop_now_us(credentials->options.loop) + (uint64_t)left_ms * 1000))
		log_event(LOG_ERROR, "out of memory: AWS credentials will not be refreshed");
}

static int64_t retry_pause_ms(const struct credentials *credentials)
{
	int64_t pause_ms = FIRST_RETRY_MS;

	if (credentials_current(credentials)) {
		int64_t left_ms = credentials->keys.expires_ms - wall_ms(credentials);
		bool is_urgent = credentials->keys.expires_ms && left_ms <= URGENT_AHEAD_MS;

		return !is_urgent ? RETRY_MS : RETRY_URGENT_MS;
	}
	for (unsigned i = 1; i < credentials->failures && pause_ms < FIRST_RETRY_MAX_MS; i++)
		pause_ms *= 2;
	return pause_ms < FIRST_RETRY_MAX_MS ? pause_ms : FIRST_RETRY_MAX_MS;
}

/* How long before their expiry keys are to be replaced. New ones are good for half their life. */
static int64_t ahead_ms(const struct credentials *credentials, int64_t now_ms)
{
	int64_t half_ms = (credentials->keys.expires_ms - now_ms) / 2;

	return credentials->is_fresh && half_ms < REFRESH_AHEAD_MS ? half_ms : REFRESH_AHEAD_MS;
}

/* When to fetch next, after a fetch: well ahead of the expiry, or soon if that time has come. */
static void plan(struct credentials *credentials)
{
	int64_t now_ms = wall_ms(credentials);
	int64_t wanted_ms = credentials->keys.expires_ms - ahead_ms(credentials, now_ms);

	if (credentials->failures == 0 && credentials->keys.expires_ms == 0)
		return; /* they do not expire */
	if (credentials->failures > 0 || wanted_ms < now_ms + FIRST_RETRY_MS)
		wanted_ms = now_ms + about(credentials, retry_pause_ms(credentials));
	credentials->refresh_at_ms = wanted_ms;
	set_timer(credentials);
}

static void log_keys(const struct credentials *credentials)
{
	const struct aws_keys *keys = &credentials->keys;
	int64_t left_s = (keys->expires_ms - wall_ms(credentials)) / 1000;
	const struct log_field fields[] = {
		LOG_F_STR("provider", credentials->provider->kind->name),
		LOG_F_STR("access_key", keys->access_key),
		/* Those that never expire have no such field. */
		keys->expires_ms ? LOG_F_NUM("expires_in_s", left_s) : LOG_F_END,
		LOG_F_END,
	};

	log_write(LOG_INFO, "AWS credentials taken", fields);
}

static void take_keys(struct credentials *credentials, const struct aws_keys *keys)
{
	struct aws_keys fresh = {0};
	uint64_t generation = credentials->keys.generation;

	credentials->failures = 0;
	credentials->is_fresh = false;
	if (aws_keys_equal(&credentials->keys, keys)) {
		credentials->keys.expires_ms = keys->expires_ms;
		return;
	}
	if (!aws_keys_set(&fresh, keys->access_key, keys->secret, keys->token, keys->expires_ms)) {
		credentials->failures = 1;
		return;
	}
	aws_keys_clear(&credentials->keys);
	credentials->keys = fresh;
	credentials->keys.generation = generation + 1;
	credentials->is_fresh = true;
	log_keys(credentials);
}

static void log_failure(const struct credentials *credentials, const char *why)
{
	const char *name = credentials->provider ? credentials->provider->kind->name : "none";

	if (credentials_current(credentials))
		log_event(LOG_WARNING,
			  "AWS credentials could not be renewed; the old ones stay in force",
			  LOG_F_STR("provider", name), LOG_F_STR("why", why));
	else
		log_event(LOG_WARNING, "no AWS credentials yet", LOG_F_STR("provider", name),
			  LOG_F_STR("why", why),
			  LOG_F_STR("looked_at", buf_text(&credentials->looked_at)));
}

static void tell_waits(struct credentials *credentials)
{
	struct credentials_wait *wait;

	/* Whoever is called may begin another wait, but not for this fetch: those are refused. */
	while ((wait = credentials->waits)) {
		credentials_wait_off(credentials, wait);
		wait->done(wait);
	}
}

static void on_fetched(void *context, const struct aws_keys *keys, const char *why)
{
	struct credentials *credentials = context;
	bool is_first = !credentials_current(credentials);

	credentials->is_fetching = false;
	credentials->is_asking = false;
	if (credentials->waits) {
		credentials->has_refreshed = true;
		credentials->refreshed_us = loop_now_us(credentials->options.loop);
	}
	if (credentials->is_stopped)
		return;
	if (keys) {
		take_keys(credentials, keys);
		metric_add(&credentials->metrics.fetched, 1);
		metric_set(&credentials->metrics.expires_s,
			   (uint64_t)credentials->keys.expires_ms / 1000);
	} else {
		credentials->failures++;
		metric_add(&credentials->metrics.failed, 1);
		log_failure(credentials, why);
	}
	plan(credentials);
	if (is_first && credentials_current(credentials))
		credentials->ready(credentials->ready_context);
	tell_waits(credentials);
}

/* Until one is configured, each fetch looks again: a file may have been written. */
static bool choose_provider(struct credentials *credentials, const char **why)
{
	const struct provider_kind *kind;

	if (credentials->provider)
		return true;
	buf_reset(&credentials->looked_at);
	kind = credentials_chain_choose(credentials->options.config, &credentials->looked_at);
	*why = kind ? "out of memory" : "none is configured, or the first that is cannot work so";
	if (kind)
		credentials->provider = kind->make(&credentials->providers);
	return credentials->provider != NULL;
}

static void on_task(struct loop_task *task)
{
	struct credentials *credentials = task->context;
	const char *why = "";

	if (!choose_provider(credentials, &why)) {
		on_fetched(credentials, NULL, why);
		return;
	}
	credentials->is_asking = true;
	credentials->provider->kind->fetch(credentials->provider, on_fetched, credentials);
}

static void fetch(struct credentials *credentials)
{
	credentials->is_fetching = true;
	loop_timer_off(credentials->options.loop, &credentials->timer);
	loop_defer(credentials->options.loop, &credentials->task);
}

static void on_timer(struct loop_timer *timer)
{
	struct credentials *credentials = timer->context;

	if (credentials->is_fetching)
		return;
	if (wall_ms(credentials) < credentials->refresh_at_ms)
		set_timer(credentials);
	else
		fetch(credentials);
}

void credentials_start(struct credentials *credentials, void (*ready)(void *context), void *context)
{
	credentials->ready = ready;
	credentials->ready_context = context;
	fetch(credentials);
}

void credentials_stop(struct credentials *credentials)
{
	credentials->is_stopped = true;
	while (credentials->waits)
		credentials_wait_off(credentials, credentials->waits);
	loop_timer_off(credentials->options.loop, &credentials->timer);
	loop_defer_off(credentials->options.loop, &credentials->task);
	if (credentials->is_asking && credentials->provider->kind->stop)
		credentials->provider->kind->stop(credentials->provider);
}

bool credentials_refresh(struct credentials *credentials, struct credentials_wait *wait)
{
	uint64_t now_us = loop_now_us(credentials->options.loop);

	assert(!wait->is_on);
	if (!credentials->provider || credentials->provider->kind->is_permanent ||
	    credentials->is_stopped)
		return false;
	if (!credentials->is_fetching) {
		if (credentials->has_refreshed &&
		    now_us - credentials->refreshed_us < refresh_pause_us)
			return false;
		fetch(credentials);
	}
	wait->is_on = true;
	wait->previous = NULL;
	wait->next = credentials->waits;
	if (wait->next)
		wait->next->previous = wait;
	credentials->waits = wait;
	return true;
}

void credentials_wait_off(struct credentials *credentials, struct credentials_wait *wait)
{
	if (!wait->is_on)
		return;
	if (wait->previous)
		wait->previous->next = wait->next;
	else
		credentials->waits = wait->next;
	if (wait->next)
		wait->next->previous = wait->previous;
	wait->is_on = false;
}
