#include "aws/credentials.h"

#include <assert.h>
#include <stdlib.h>

#include "aws/imds.h"
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
};

static const uint64_t refresh_pause_us = 10000000;

struct credentials {
	struct credentials_options options; /* its texts are not used after credentials_new */
	struct imds *imds;                  /* NULL: permanent keys, or none at all */
	struct aws_keys keys;
	struct loop_timer timer;
	struct loop_task task; /* announces permanent keys */
	void (*ready)(void *context);
	void *ready_context;
	int64_t refresh_at_ms; /* wall clock */
	bool has_refreshed;
	uint64_t refreshed_us; /* when the last fetch that somebody waited for ended */
	unsigned failures;     /* in a row */
	bool is_fetching;
	bool is_stopped;
	struct credentials_wait *waits;
};

static void on_timer(struct loop_timer *timer);
static void announce(struct loop_task *task);

static bool take_permanent_keys(struct credentials *credentials)
{
	const struct credentials_options *from = &credentials->options;

	if (!aws_keys_set(&credentials->keys, from->access_key_id, from->secret_access_key,
			  from->session_token, 0))
		return false;
	credentials->keys.generation = 1;
	if (!aws_keys_are_valid(&credentials->keys)) {
		log_event(LOG_ERROR, "the configured AWS keys hold characters that no key has");
		aws_keys_clear(&credentials->keys);
	}
	return true;
}

static bool make_imds(struct credentials *credentials)
{
	const struct credentials_options *from = &credentials->options;

	if (from->is_metadata_disabled) {
		log_event(LOG_ERROR, "no AWS keys, and the metadata service must not be asked");
		return true;
	}
	credentials->imds = imds_new(&(struct imds_options){.endpoint = from->metadata_endpoint,
							    .loop = from->loop,
							    .transport = from->transport});
	return credentials->imds != NULL;
}

struct credentials *credentials_new(const struct credentials_options *options)
{
	struct credentials *credentials = calloc(1, sizeof(*credentials));
	bool ok;

	if (!credentials)
		return NULL;
	credentials->options = *options;
	credentials->timer = (struct loop_timer){.fire = on_timer, .context = credentials};
	credentials->task = (struct loop_task){.run = announce, .context = credentials};
	ok = options->access_key_id && options->secret_access_key ? take_permanent_keys(credentials)
								  : make_imds(credentials);
	if (ok)
		return credentials;
	credentials_free(credentials);
	return NULL;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	assert(!credentials->is_fetching);
	loop_timer_off(credentials->options.loop, &credentials->timer);
	loop_defer_off(credentials->options.loop, &credentials->task);
	imds_free(credentials->imds);
	aws_keys_clear(&credentials->keys);
	free(credentials);
}

const struct aws_keys *credentials_current(const struct credentials *credentials)
{
	return credentials->keys.access_key ? &credentials->keys : NULL;
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

		return left_ms > URGENT_AHEAD_MS ? RETRY_MS : RETRY_URGENT_MS;
	}
	for (unsigned i = 1; i < credentials->failures && pause_ms < FIRST_RETRY_MAX_MS; i++)
		pause_ms *= 2;
	return pause_ms < FIRST_RETRY_MAX_MS ? pause_ms : FIRST_RETRY_MAX_MS;
}

/* When to fetch next, after a fetch: well ahead of the expiry, or soon if that time has come. */
static void plan(struct credentials *credentials)
{
	int64_t now_ms = wall_ms(credentials);
	int64_t wanted_ms = credentials->keys.expires_ms - REFRESH_AHEAD_MS;

	if (credentials->failures > 0 || wanted_ms <= now_ms)
		wanted_ms = now_ms + about(credentials, retry_pause_ms(credentials));
	credentials->refresh_at_ms = wanted_ms;
	set_timer(credentials);
}

static void take_keys(struct credentials *credentials, const struct aws_keys *keys)
{
	struct aws_keys fresh = {0};
	uint64_t generation = credentials->keys.generation;

	credentials->failures = 0;
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
	log_event(LOG_INFO, "AWS credentials taken from the instance's role",
		  LOG_F_STR("access_key", fresh.access_key),
		  LOG_F_NUM("expires_in_s", (fresh.expires_ms - wall_ms(credentials)) / 1000));
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

static void on_fetched(void *context, const struct aws_keys *keys)
{
	struct credentials *credentials = context;
	bool is_first = !credentials_current(credentials);

	credentials->is_fetching = false;
	if (credentials->waits) {
		credentials->has_refreshed = true;
		credentials->refreshed_us = loop_now_us(credentials->options.loop);
	}
	if (credentials->is_stopped)
		return;
	if (keys)
		take_keys(credentials, keys);
	else
		credentials->failures++;
	plan(credentials);
	if (is_first && credentials_current(credentials))
		credentials->ready(credentials->ready_context);
	tell_waits(credentials);
}

static void fetch(struct credentials *credentials)
{
	credentials->is_fetching = true;
	loop_timer_off(credentials->options.loop, &credentials->timer);
	imds_fetch(credentials->imds, on_fetched, credentials);
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

static void announce(struct loop_task *task)
{
	struct credentials *credentials = task->context;

	credentials->ready(credentials->ready_context);
}

void credentials_start(struct credentials *credentials, void (*ready)(void *context), void *context)
{
	credentials->ready = ready;
	credentials->ready_context = context;
	if (credentials_current(credentials))
		loop_defer(credentials->options.loop, &credentials->task);
	else if (credentials->imds)
		fetch(credentials);
}

void credentials_stop(struct credentials *credentials)
{
	credentials->is_stopped = true;
	while (credentials->waits)
		credentials_wait_off(credentials, credentials->waits);
	loop_timer_off(credentials->options.loop, &credentials->timer);
	loop_defer_off(credentials->options.loop, &credentials->task);
}

bool credentials_refresh(struct credentials *credentials, struct credentials_wait *wait)
{
	uint64_t now_us = loop_now_us(credentials->options.loop);

	assert(!wait->is_on);
	if (!credentials->imds || credentials->is_stopped)
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
