/*
 * Each shard goes through phases (enum phase). An operation's end only queues the shard's task,
 * which then takes the next step.
 */
#include "notify/restocker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum phase {
	RESTING,   /* until it is time to look again */
	LOOKING,   /* for a restock */
	READING,   /* a page of its subscribers */
	TELLING,   /* them */
	FINISHING, /* the restock goes */
};

enum { STEP_US = 5 * 1000 * 1000 };

/* A restock that is under way. */
struct work {
	struct arena arena; /* of the texts of the restock */
	struct restock restock;
	struct subscriber_query query;
	struct subscriber_page page;
	uint64_t told;
	uint64_t left;
	struct restock_batch hands[RESTOCK_HANDS];
	size_t busy; /* hands */
	enum result result;
};

/* How far the restock has come that was last under way: pauses do not send it back. */
struct progress {
	char restock_id[ID_SIZE];
	uint32_t shard; /* of its subscribers */
	char after[SUBSCRIPTION_SORT_SIZE];
	struct unsaved unsaved; /* of the page behind that */
};

struct shard {
	struct restocker *restocker;
	uint32_t number;
	enum phase phase;
	uint64_t hold_until_us; /* on the monotonic clock: the lease is ours */
	uint64_t look_at_us;    /* likewise: the next look */
	unsigned failures;      /* in a row */
	uint64_t passed_over;   /* items, when it was last told */
	struct await await;
	struct arena arena;
	struct loop_task task;
	struct loop_timer timer;
	struct progress progress;
	struct work *work; /* NULL while resting */
};

struct restocker {
	struct restock_means means;
	struct restock_metrics metrics;
	bool is_stopping;
	uint32_t shard_count;
	struct shard shards[];
};

static void go_on(struct shard *shard);

static uint64_t now_us(const struct shard *shard)
{
	return loop_now_us(shard->restocker->means.loop);
}

static void queue(struct shard *shard)
{
	loop_defer(shard->restocker->means.loop, &shard->task);
}

static void on_over(struct await *await)
{
	queue(await->context);
}

static bool may_go_on(const struct shard *shard)
{
	return !shard->restocker->is_stopping && now_us(shard) < shard->hold_until_us;
}

/* No call outlives the lease. */
static uint64_t deadline_us(const struct shard *shard)
{
	uint64_t step_end_us = now_us(shard) + STEP_US;

	return step_end_us < shard->hold_until_us ? step_end_us : shard->hold_until_us;
}

static void step(struct shard *shard, enum phase phase)
{
	shard->phase = phase;
	arena_reset(&shard->arena);
	shard->await.usage = (struct usage){0};
	shard->await.deadline_us = deadline_us(shard);
}

/* ------------------------------------------------------------------ resting */

static void free_work(struct shard *shard)
{
	struct work *work = shard->work;

	if (!work)
		return;
	for (size_t i = 0; i < RESTOCK_HANDS; i++) {
		if (work->hands[i].means)
			restock_batch_clear(&work->hands[i]);
	}
	arena_clear(&work->arena);
	free(work);
	shard->work = NULL;
}

static void rest(struct shard *shard, uint64_t delay_us)
{
	const struct restocker *restocker = shard->restocker;

	free_work(shard);
	arena_clear(&shard->arena);
	shard->phase = RESTING;
	shard->look_at_us = now_us(shard) + delay_us;
	/* At worst it waits for the next sign of the lease. */
	if (!restocker->is_stopping)
		(void)!loop_timer_set(restocker->means.loop, &shard->timer, shard->look_at_us);
}

/* The first of a row of failures is told. The page is read anew afterwards. */
static void pause(struct shard *shard, enum result result)
{
	struct restocker *restocker = shard->restocker;
	uint64_t delay_us = RESTOCK_PAUSE_MAX_US;

	metric_add(&restocker->metrics.failures, 1);
	if (shard->failures == 0 && result != RESULT_SHUTDOWN)
		log_event(LOG_WARNING, "subscribers cannot be told; they wait",
			  LOG_F_STR("result", result_name(result)),
			  LOG_F_NUM("shard", shard->number));
	if (shard->failures < 5)
		delay_us = (uint64_t)RESTOCK_PAUSE_US << shard->failures;
	shard->failures++;
	rest(shard, delay_us);
}

/* ------------------------------------------------------------------ looking */

static void look(struct shard *shard)
{
	struct work *work;

	if (!may_go_on(shard) || shard->phase != RESTING || now_us(shard) < shard->look_at_us)
		return;
	work = calloc(1, sizeof(*work));
	if (!work) {
		pause(shard, RESULT_NO_MEMORY);
		return;
	}
	shard->work = work;
	step(shard, LOOKING);
	shard->await.arena = &work->arena;
	restock_repo_next(shard->restocker->means.repo, shard->number, &work->restock,
			  &shard->await);
}

/* They hold up nobody, but somebody must look at them. */
static void report_passed_over(struct shard *shard, uint64_t count)
{
	if (count > shard->passed_over)
		log_event(LOG_ERROR, "there are restocks that shopd did not write; they stay",
			  LOG_F_NUM("shard", shard->number), LOG_F_NUM("items", count));
	shard->passed_over = count;
}

/* Those of an earlier restock whom SNS refused are told of this one. */
static void begin_restock(struct shard *shard, const struct restock *restock)
{
	struct progress *progress = &shard->progress;

	if (memcmp(progress->restock_id, restock->id, ID_SIZE) == 0)
		return;
	unsaved_clear(&progress->unsaved);
	*progress = (struct progress){0};
	memcpy(progress->restock_id, restock->id, ID_SIZE);
}

static void take_look(struct shard *shard)
{
	shard->await.arena = &shard->arena;
	if (!result_is_failure(shard->await.result))
		report_passed_over(shard, shard->work->restock.passed_over);
	if (shard->await.result == RESULT_NOT_FOUND) {
		shard->failures = 0;
		rest(shard, RESTOCK_LOOK_US);
	} else if (shard->await.result != RESULT_OK) {
		pause(shard, shard->await.result);
	} else {
		begin_restock(shard, &shard->work->restock);
		go_on(shard);
	}
}

/* ------------------------------------------------------------------ finishing */

static void finish(struct shard *shard)
{
	const struct work *work = shard->work;

	if (work->told + work->left > 0)
		log_event(LOG_INFO, "told that a product is back",
			  LOG_F_STR("product_id", work->restock.product_id),
			  LOG_F_NUM("subscribers", work->told), LOG_F_NUM("left", work->left));
	step(shard, FINISHING);
	restock_repo_remove(shard->restocker->means.repo, &work->restock, &shard->await);
}

static void take_finish(struct shard *shard)
{
	if (shard->await.result != RESULT_OK) {
		pause(shard, shard->await.result);
		return;
	}
	metric_add(&shard->restocker->metrics.done, 1);
	shard->failures = 0;
	rest(shard, 0);
}

/* ------------------------------------------------------------------ telling */

static void leave_page(struct shard *shard)
{
	const struct subscriber_page *page = &shard->work->page;
	struct progress *progress = &shard->progress;

	if (page->has_more) {
		memcpy(progress->after, page->last, sizeof(progress->after));
	} else {
		progress->after[0] = '\0';
		progress->shard++;
	}
	unsaved_clear(&progress->unsaved);
	go_on(shard);
}

static void on_batch_over(struct restock_batch *batch)
{
	struct shard *shard = batch->context;
	struct work *work = shard->work;

	work->busy--;
	work->told += batch->told;
	work->left += batch->left;
	if (work->result == RESULT_OK)
		work->result = batch->result;
	if (work->busy == 0)
		queue(shard);
}

static void tell(struct shard *shard)
{
	struct work *work = shard->work;

	shard->phase = TELLING;
	work->result = RESULT_OK;
	for (size_t i = 0; i * SNS_BATCH_MAX < work->page.count; i++) {
		struct restock_batch *hand = &work->hands[i];
		size_t rest_count = work->page.count - i * SNS_BATCH_MAX;

		hand->means = &shard->restocker->means;
		hand->restock = &work->restock;
		hand->subscribers = &work->page.entries[i * SNS_BATCH_MAX];
		hand->count = rest_count < SNS_BATCH_MAX ? rest_count : SNS_BATCH_MAX;
		hand->unsaved = &shard->progress.unsaved;
		hand->deadline_us = deadline_us(shard);
		hand->done = on_batch_over;
		hand->context = shard;
		work->busy++;
		restock_batch_start(hand);
	}
}

static void take_told(struct shard *shard)
{
	struct work *work = shard->work;

	if (work->busy > 0)
		return;
	if (work->result != RESULT_OK) {
		pause(shard, work->result);
		return;
	}
	shard->failures = 0;
	leave_page(shard);
}

/* ------------------------------------------------------------------ reading */

static void go_on(struct shard *shard)
{
	struct work *work = shard->work;

	if (shard->progress.shard == shard->restocker->shard_count) {
		finish(shard);
		return;
	}
	if (!may_go_on(shard)) {
		rest(shard, 0);
		return;
	}
	step(shard, READING);
	work->query = (struct subscriber_query){
		.product_id = work->restock.product_id,
		.shard = shard->progress.shard,
		.after = shard->progress.after,
	};
	subscriber_page_read(shard->restocker->means.repo, &work->query, &work->page,
			     &shard->await);
}

static void take_page(struct shard *shard)
{
	struct work *work = shard->work;

	if (shard->await.result != RESULT_OK)
		pause(shard, shard->await.result);
	else if (!work->page.is_available)
		finish(shard);
	else if (work->page.count > 0)
		tell(shard);
	else
		leave_page(shard);
}

/* ------------------------------------------------------------------ step by step */

static void on_task(struct loop_task *task)
{
	struct shard *shard = task->context;

	switch (shard->phase) {
	case LOOKING:
		take_look(shard);
		break;
	case READING:
		take_page(shard);
		break;
	case TELLING:
		take_told(shard);
		break;
	case FINISHING:
		take_finish(shard);
		break;
	case RESTING:
		break;
	}
}

static void on_timer(struct loop_timer *timer)
{
	look(timer->context);
}

void restocker_hold(struct restocker *restocker, uint32_t number, uint64_t until_us)
{
	assert(number < restocker->shard_count);
	restocker->shards[number].hold_until_us = until_us;
	look(&restocker->shards[number]);
}

/* ------------------------------------------------------------------ life */

struct restocker *restocker_new(const struct restocker_options *options)
{
	uint32_t count = options->repo->write_shards;
	struct restocker *restocker = calloc(1, sizeof(*restocker) + count * sizeof(struct shard));

	if (!restocker)
		return NULL;
	restocker->means = (struct restock_means){
		.repo = options->repo,
		.sns = options->sns,
		.loop = options->loop,
		.metrics = &restocker->metrics,
	};
	restocker->shard_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct shard *shard = &restocker->shards[i];

		shard->restocker = restocker;
		shard->number = i;
		shard->await.resume = on_over;
		shard->await.context = shard;
		shard->await.arena = &shard->arena;
		shard->task.run = on_task;
		shard->task.context = shard;
		shard->timer.fire = on_timer;
		shard->timer.context = shard;
	}
	return restocker;
}

void restocker_stop(struct restocker *restocker)
{
	restocker->is_stopping = true;
	for (uint32_t i = 0; i < restocker->shard_count; i++)
		loop_timer_off(restocker->means.loop, &restocker->shards[i].timer);
}

bool restocker_is_idle(const struct restocker *restocker)
{
	for (uint32_t i = 0; i < restocker->shard_count; i++) {
		if (restocker->shards[i].phase != RESTING)
			return false;
	}
	return true;
}

void restocker_free(struct restocker *restocker)
{
	if (!restocker)
		return;
	for (uint32_t i = 0; i < restocker->shard_count; i++) {
		struct shard *shard = &restocker->shards[i];

		assert(shard->phase == RESTING);
		loop_timer_off(restocker->means.loop, &shard->timer);
		loop_defer_off(restocker->means.loop, &shard->task);
		arena_clear(&shard->arena);
		unsaved_clear(&shard->progress.unsaved);
	}
	free(restocker);
}

/* ------------------------------------------------------------------ handing over */

static char *keep(struct await *await, struct span text)
{
	return arena_copy(await->arena, text.data ? text.data : "", text.len);
}

void restock_begin(struct following *following, struct await *await)
{
	const struct outbox_told *event = following->event;
	struct restock restock = {
		.time = keep(await, event->time),
		.data = keep(await, event->data),
	};

	/* One without an id, or with more to say than any of ours, is none of ours. */
	if (restock.time && restock.data && event->id.len == ID_LEN &&
	    event->product_id.len == ID_LEN && event->data.len < RESTOCK_DATA_MAX) {
		memcpy(restock.id, event->id.data, ID_LEN);
		memcpy(restock.product_id, event->product_id.data, ID_LEN);
		restock_repo_put(following->repo, &restock, await);
		return;
	}
	await_start(await);
	await_finish(await, restock.time && restock.data ? RESULT_OK : RESULT_NO_MEMORY);
}

/* ------------------------------------------------------------------ metrics */

const struct restock_metrics *restocker_get_metrics(const struct restocker *restocker)
{
	return &restocker->metrics;
}

void restock_metrics_add(struct restock_metrics *sum, const struct restock_metrics *from)
{
	metric_add(&sum->told, metric_get(&from->told));
	metric_add(&sum->left, metric_get(&from->left));
	metric_add(&sum->done, metric_get(&from->done));
	metric_add(&sum->failures, metric_get(&from->failures));
}

void restock_metrics_write(struct buf *out, const struct restock_metrics *sum)
{
	metric_write_total(out, "shopd_restock_told_total",
			   "Subscribers who were told that a product is back in stock.",
			   metric_get(&sum->told));
	metric_write_total(out, "shopd_restock_left_total",
			   "Subscribers whom SNS refused to tell; they stay subscribed.",
			   metric_get(&sum->left));
	metric_write_total(out, "shopd_restock_done_total",
			   "Products back in stock whose subscribers have been told.",
			   metric_get(&sum->done));
	metric_write_total(out, "shopd_restock_failures_total",
			   "Interruptions because SNS or DynamoDB failed; they are made up for.",
			   metric_get(&sum->failures));
}
