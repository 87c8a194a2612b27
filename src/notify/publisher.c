#include "notify/publisher.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "notify/publish_pass.h"

struct shard {
	struct publisher *publisher;
	uint32_t number;
	bool is_running;
	bool is_due;            /* somebody has rung, or it is time to look */
	bool is_pausing;        /* after a failure, until the timer */
	uint64_t hold_until_us; /* on the monotonic clock: the lease is ours */
	uint64_t unreadable;    /* items, when it was last told */
	unsigned failures;      /* in a row */
	unsigned looks;         /* in a row, for what another worker is about to do */
	struct loop_timer timer;
	struct loop_task task;
	struct unsaved unsaved;
	struct publish_pass pass;
};

struct publisher {
	struct publish_means means;
	struct publisher_metrics metrics;
	bool is_stopping;
	uint32_t shard_count;
	struct shard shards[];
};

static uint64_t now_us(const struct shard *shard)
{
	return loop_now_us(shard->publisher->means.loop);
}

static bool is_holder(const struct shard *shard)
{
	return now_us(shard) < shard->hold_until_us;
}

/* ------------------------------------------------------------------ when a pass is over */

static void set_timer(struct shard *shard, uint64_t delay_us)
{
	/* The heap keeps the room that the last timer had; at worst the next sweep comes first. */
	if (!loop_timer_set(shard->publisher->means.loop, &shard->timer, now_us(shard) + delay_us))
		shard->is_pausing = false;
}

/* The first of a row of failures is told. */
static void pause(struct shard *shard)
{
	const struct publish_pass *pass = &shard->pass;
	uint64_t delay_us = PUBLISHER_PAUSE_MAX_US;
	uint32_t random = aws_client_random(shard->publisher->means.repo->db.client);

	if (shard->failures == 0 && pass->result != RESULT_SHUTDOWN)
		log_event(LOG_WARNING, "events cannot be published; they wait",
			  LOG_F_STR("result", result_name(pass->result)),
			  LOG_F_STR("error", pass->error[0] ? pass->error : NULL),
			  LOG_F_NUM("shard", shard->number));
	if (shard->failures < 5)
		delay_us = (uint64_t)PUBLISHER_PAUSE_US << shard->failures;
	shard->failures++;
	shard->is_pausing = true;
	shard->is_due = true;
	set_timer(shard, delay_us / 2 + delay_us / 2 * (random >> 16) / 65536);
}

/* A time of the table's clock on this machine's monotonic one, where ages are exact. */
static uint64_t monotonic_us(const struct shard *shard, int64_t wall_ms)
{
	int64_t age_ms = clock_wall_ms(shard->publisher->means.repo->clock) - wall_ms;
	uint64_t age_us = age_ms > 0 ? (uint64_t)age_ms * 1000 : 0;

	return age_us < now_us(shard) ? now_us(shard) - age_us : 1;
}

static void count(struct shard *shard)
{
	const struct publish_pass *pass = &shard->pass;
	struct publisher_metrics *metrics = &shard->publisher->metrics;

	if (!is_holder(shard) || !pass->is_counted)
		return;
	metric_set(&metrics->pending[shard->number], pass->pending);
	metric_set(&metrics->oldest_us[shard->number],
		   pass->pending > 0 ? monotonic_us(shard, pass->oldest_ms) : 0);
}

static void take_success(struct shard *shard)
{
	const struct publish_pass *pass = &shard->pass;

	if (shard->failures > 0)
		log_event(LOG_INFO, "events are published again",
			  LOG_F_NUM("shard", shard->number));
	if (pass->unreadable > shard->unreadable)
		log_event(LOG_WARNING, "the outbox has items that shopd did not write",
			  LOG_F_NUM("shard", shard->number), LOG_F_NUM("items", pass->unreadable));
	if (pass->is_counted && pass->pending == 0 && !pass->has_more)
		unsaved_clear(&shard->unsaved); /* somebody else has deleted what is in it */
	shard->unreadable = pass->unreadable;
	shard->failures = 0;
	shard->is_due |= pass->has_more && pass->accepted > 0;
	shard->looks = pass->is_waiting ? shard->looks + 1 : 0;
	if (pass->is_waiting && shard->looks <= PUBLISHER_LOOKS_MAX && !shard->is_due)
		set_timer(shard, PUBLISHER_LOOK_US);
}

static void consider(struct shard *shard);

static void on_pass_over(struct publish_pass *pass)
{
	struct shard *shard = pass->context;

	shard->is_running = false;
	count(shard);
	if (pass->result == RESULT_OK)
		take_success(shard);
	else
		pause(shard);
	publish_pass_clear(pass);
	if (shard->is_due)
		loop_defer(shard->publisher->means.loop, &shard->task);
}

/* ------------------------------------------------------------------ what starts one */

static void consider(struct shard *shard)
{
	if (!shard->is_due || shard->is_running || shard->is_pausing ||
	    shard->publisher->is_stopping)
		return;
	shard->is_due = false;
	shard->is_running = true;
	shard->pass = (struct publish_pass){
		.means = &shard->publisher->means,
		.shard = shard->number,
		.is_holder = is_holder(shard),
		.unsaved = &shard->unsaved,
		.done = on_pass_over,
		.context = shard,
	};
	publish_pass_start(&shard->pass);
}

static void on_task(struct loop_task *task)
{
	consider(task->context);
}

static void on_timer(struct loop_timer *timer)
{
	struct shard *shard = timer->context;

	shard->is_pausing = false;
	shard->is_due = true;
	consider(shard);
}

/* Whoever rings is in the middle of something. */
static void on_ring(void *context, uint32_t number)
{
	struct publisher *publisher = context;

	if (number >= publisher->shard_count || publisher->is_stopping)
		return;
	publisher->shards[number].is_due = true;
	loop_defer(publisher->means.loop, &publisher->shards[number].task);
}

void publisher_hold(struct publisher *publisher, uint32_t number, uint64_t until_us)
{
	struct shard *shard = &publisher->shards[number];

	assert(number < publisher->shard_count);
	shard->hold_until_us = until_us;
	if (until_us > 0) {
		on_ring(publisher, number);
		return;
	}
	shard->pass.must_end |= shard->is_running && shard->pass.is_holder;
	metric_set(&publisher->metrics.pending[number], 0);
	metric_set(&publisher->metrics.oldest_us[number], 0);
}

/* ------------------------------------------------------------------ life */

struct publisher *publisher_new(const struct publisher_options *options)
{
	uint32_t count_of_shards = options->repo->write_shards;
	struct publisher *publisher =
		calloc(1, sizeof(*publisher) + count_of_shards * sizeof(struct shard));

	assert(count_of_shards <= PUBLISHER_SHARDS_MAX);
	if (!publisher)
		return NULL;
	publisher->means = (struct publish_means){
		.repo = options->repo,
		.sns = options->sns,
		.loop = options->loop,
		.metrics = &publisher->metrics,
	};
	publisher->shard_count = count_of_shards;
	for (uint32_t i = 0; i < count_of_shards; i++) {
		struct shard *shard = &publisher->shards[i];

		shard->publisher = publisher;
		shard->number = i;
		shard->timer.fire = on_timer;
		shard->timer.context = shard;
		shard->task.run = on_task;
		shard->task.context = shard;
	}
	options->repo->bell.ring = on_ring;
	options->repo->bell.context = publisher;
	return publisher;
}

bool publisher_is_idle(const struct publisher *publisher)
{
	for (uint32_t i = 0; i < publisher->shard_count; i++) {
		const struct shard *shard = &publisher->shards[i];

		if (shard->is_running || (shard->is_due && !shard->is_pausing))
			return false;
	}
	return true;
}

void publisher_stop(struct publisher *publisher)
{
	publisher->is_stopping = true;
	for (uint32_t i = 0; i < publisher->shard_count; i++) {
		struct shard *shard = &publisher->shards[i];

		loop_timer_off(publisher->means.loop, &shard->timer);
		shard->is_due = false;
		shard->pass.must_end |= shard->is_running;
	}
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	for (uint32_t i = 0; i < publisher->shard_count; i++) {
		struct shard *shard = &publisher->shards[i];

		assert(!shard->is_running);
		loop_timer_off(publisher->means.loop, &shard->timer);
		loop_defer_off(publisher->means.loop, &shard->task);
		unsaved_clear(&shard->unsaved);
	}
	publisher->means.repo->bell.ring = NULL;
	free(publisher);
}

const struct publisher_metrics *publisher_get_metrics(const struct publisher *publisher)
{
	return &publisher->metrics;
}
