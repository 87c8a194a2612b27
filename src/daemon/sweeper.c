/*
 * Each shard goes through phases (enum phase). An operation's end only queues the shard's task; the
 * task then takes the next step, so that no step runs from within what it waited for.
 */
#include "daemon/sweeper.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "repo/checkout_repo.h"
#include "repo/due.h"
#include "repo/lease.h"
#include "repo/order_repo.h"
#include "repo/person_removal.h"

enum { STEP_US = 10 * 1000 * 1000 };

enum phase {
	OFF,       /* not started, or over */
	RESTING,   /* until the timer */
	LEASING,   /* the lease is taken or renewed */
	LOOKING,   /* for what is due */
	WORKING,   /* on what was found */
	RELEASING, /* the lease is let go */
};

/* What may be due, and how it is told of. */
enum work { CHECKOUT, ORDER, PERSON, WORKS = SWEEPER_WORKS };

static const struct {
	const char *failure;
	const char *label; /* of the metric */
} works[WORKS] = {
	[CHECKOUT] = {"cannot expire a checkout", "what=\"checkout\""},
	[ORDER] = {"cannot expire an order", "what=\"order\""},
	[PERSON] = {"cannot remove a person", "what=\"person\""},
};

/* One thing that is dealt with. */
struct hand {
	enum work work;
	struct shard *shard;
	struct await await;
	struct arena arena;
	const char *id;
	bool is_busy;
	bool is_over; /* and its result not taken yet */
};

struct shard {
	struct sweeper *sweeper;
	uint32_t number;
	enum phase phase;
	struct lease lease;
	struct await await;
	struct arena arena;
	struct loop_timer timer;
	struct loop_task task;
	enum due_kind kind;
	struct due due;
	size_t next; /* of what was found */
	uint64_t done[WORKS];
	bool is_failing; /* has been told: the others of a row of failures are not */
	struct hand hands[SWEEPER_HANDS];
};

struct sweeper {
	struct sweeper_options options;
	struct sweeper_metrics metrics;
	bool is_stopping;
	size_t shard_count;
	struct shard shards[];
};

static uint64_t now_us(const struct shard *shard)
{
	return loop_now_us(shard->sweeper->options.loop);
}

static void prepare(const struct shard *shard, struct await *await, struct arena *arena)
{
	arena_reset(arena);
	await->usage = (struct usage){0};
	await->deadline_us = now_us(shard) + STEP_US;
}

static void on_over(struct await *await)
{
	struct shard *shard = await->context;

	loop_defer(shard->sweeper->options.loop, &shard->task);
}

static void report(struct shard *shard, const char *what, enum result result, const char *id)
{
	char digest[ID_DIGEST_SIZE];

	metric_add(&shard->sweeper->metrics.failures, 1);
	if (result != RESULT_SHUTDOWN)
		log_event(LOG_WARNING, what, LOG_F_STR("result", result_name(result)),
			  LOG_F_NUM("shard", shard->number),
			  LOG_F_STR("id_digest", id_digest(id, digest)));
}

/* The same for what is tried again every second: the first of a row of failures is told. */
static void report_once(struct shard *shard, const char *what, enum result result)
{
	if (shard->is_failing)
		metric_add(&shard->sweeper->metrics.failures, 1);
	else
		report(shard, what, result, NULL);
	shard->is_failing = true;
}

/* ------------------------------------------------------------------ resting */

static void end_pass(struct shard *shard)
{
	uint64_t pause_us =
		lease_holds(&shard->lease, now_us(shard)) ? SWEEPER_HOLDER_US : SWEEPER_OTHER_US;

	if (shard->done[CHECKOUT] + shard->done[ORDER] + shard->done[PERSON] > 0)
		log_event(LOG_INFO, "swept", LOG_F_NUM("shard", shard->number),
			  LOG_F_NUM("checkouts", shard->done[CHECKOUT]),
			  LOG_F_NUM("orders", shard->done[ORDER]),
			  LOG_F_NUM("persons", shard->done[PERSON]));
	shard->phase = RESTING;
	/* The heap keeps the room that the last timer had. */
	(void)!loop_timer_set(shard->sweeper->options.loop, &shard->timer,
			      now_us(shard) + pause_us);
}

static void tell_of_lease(struct shard *shard)
{
	const struct sweeper_options *options = &shard->sweeper->options;
	bool is_ours = lease_holds(&shard->lease, now_us(shard)) && !shard->sweeper->is_stopping;

	if (options->on_lease)
		options->on_lease(options->context, shard->number,
				  is_ours ? shard->lease.until_us : 0);
}

/* Stopping: what is left is to let the lease go. */
static void wind_up(struct shard *shard)
{
	loop_timer_off(shard->sweeper->options.loop, &shard->timer);
	tell_of_lease(shard);
	if (!lease_holds(&shard->lease, now_us(shard))) {
		shard->phase = OFF;
		return;
	}
	shard->phase = RELEASING;
	prepare(shard, &shard->await, &shard->arena);
	lease_release(shard->sweeper->options.repo, &shard->lease, &shard->await);
}

/* ------------------------------------------------------------------ looking */

static void look(struct shard *shard, enum due_kind kind, const char *after)
{
	const struct sweeper_options *options = &shard->sweeper->options;
	int64_t until_ms = clock_wall_ms(options->repo->clock);
	struct due_query query = {.kind = kind, .shard = shard->number, .after = after};

	if (!lease_holds(&shard->lease, now_us(shard)))
		until_ms -= SWEEPER_LATE_MS;
	if (kind == DUE_ORDERS)
		until_ms -= options->payment_ms;
	query.until_ms = until_ms;
	shard->phase = LOOKING;
	shard->kind = kind;
	shard->next = 0;
	prepare(shard, &shard->await, &shard->arena);
	due_find(options->repo, &query, &shard->due, &shard->await);
}

static void begin_pass(struct shard *shard)
{
	memset(shard->done, 0, sizeof(shard->done));
	if (!lease_is_due(&shard->lease, now_us(shard))) {
		tell_of_lease(shard);
		look(shard, DUE_CHECKOUTS, NULL);
		return;
	}
	shard->phase = LEASING;
	prepare(shard, &shard->await, &shard->arena);
	lease_take(shard->sweeper->options.repo, &shard->lease, &shard->await);
}

static void take_lease(struct shard *shard)
{
	if (result_is_failure(shard->await.result))
		report_once(shard, "the sweeper cannot take a lease", shard->await.result);
	else if (shard->lease.is_new)
		metric_add(&shard->sweeper->metrics.leases, 1);
	tell_of_lease(shard);
	look(shard, DUE_CHECKOUTS, NULL);
}

/* ------------------------------------------------------------------ working */

static void start_checkout(struct hand *hand)
{
	struct checkout_answer *answer = arena_alloc(&hand->arena, sizeof(*answer));

	if (answer) {
		checkout_repo_expire(hand->shard->sweeper->options.repo, hand->id, answer,
				     &hand->await);
	} else {
		await_start(&hand->await);
		await_finish(&hand->await, RESULT_NO_MEMORY);
	}
}

static void start_hand(struct hand *hand, size_t which)
{
	struct shard *shard = hand->shard;
	const struct sweeper_options *options = &shard->sweeper->options;

	hand->id = shard->due.ids[which];
	hand->work = shard->kind == DUE_ORDERS ? ORDER : CHECKOUT;
	if (shard->due.is_person[which])
		hand->work = PERSON;
	hand->is_busy = true;
	hand->is_over = false;
	prepare(shard, &hand->await, &hand->arena);
	switch (hand->work) {
	case ORDER:
		order_repo_expire(options->repo, hand->id, options->payment_ms, &hand->await);
		break;
	case PERSON:
		person_removal_go_on(options->repo, hand->id, &hand->await);
		break;
	case CHECKOUT:
	case WORKS:
		start_checkout(hand);
		break;
	}
}

static void on_hand_over(struct await *await)
{
	struct hand *hand = await->context;

	hand->is_over = true;
	loop_defer(hand->shard->sweeper->options.loop, &hand->shard->task);
}

static void take_hand(struct hand *hand)
{
	struct shard *shard = hand->shard;

	hand->is_busy = false;
	if (hand->await.result == RESULT_OK) {
		shard->done[hand->work]++;
		metric_add(&shard->sweeper->metrics.done[hand->work], 1);
	} else if (result_is_failure(hand->await.result)) {
		report(shard, works[hand->work].failure, hand->await.result, hand->id);
	}
}

/* Takes what is over and gives out what is to be done. True while there is something under way. */
static bool work(struct shard *shard)
{
	bool is_busy = false;

	for (size_t i = 0; i < SWEEPER_HANDS; i++) {
		struct hand *hand = &shard->hands[i];

		if (hand->is_busy && hand->is_over)
			take_hand(hand);
		if (!hand->is_busy && !shard->sweeper->is_stopping &&
		    shard->next < shard->due.count)
			start_hand(hand, shard->next++);
		is_busy |= hand->is_busy;
	}
	return is_busy;
}

static void go_on_working(struct shard *shard)
{
	shard->phase = WORKING;
	if (work(shard))
		return;
	if (shard->sweeper->is_stopping)
		wind_up(shard);
	else if (shard->due.has_more)
		look(shard, shard->kind, shard->due.last);
	else if (shard->kind == DUE_CHECKOUTS)
		look(shard, DUE_ORDERS, NULL);
	else
		end_pass(shard);
}

static void take_due(struct shard *shard)
{
	if (shard->await.result == RESULT_OK) {
		shard->is_failing = false;
		go_on_working(shard);
		return;
	}
	report_once(shard, "the sweeper cannot look for what is due", shard->await.result);
	end_pass(shard);
}

/* ------------------------------------------------------------------ step by step */

static void on_task(struct loop_task *task)
{
	struct shard *shard = task->context;
	bool is_stopping = shard->sweeper->is_stopping;

	switch (shard->phase) {
	case LEASING:
		if (is_stopping)
			wind_up(shard);
		else
			take_lease(shard);
		break;
	case LOOKING:
		if (is_stopping)
			wind_up(shard);
		else
			take_due(shard);
		break;
	case WORKING:
		go_on_working(shard);
		break;
	case RELEASING:
		shard->phase = OFF;
		break;
	case OFF:
	case RESTING:
		break;
	}
}

static void on_timer(struct loop_timer *timer)
{
	begin_pass(timer->context);
}

/* ------------------------------------------------------------------ life */

static size_t count_shards(const struct sweeper_options *options)
{
	return options->first < options->shard_count
		       ? (options->shard_count - options->first - 1) / options->step + 1
		       : 0;
}

static void init_shard(struct shard *shard, struct sweeper *sweeper, uint32_t number,
		       const char *holder)
{
	shard->sweeper = sweeper;
	shard->number = number;
	shard->await.resume = on_over;
	shard->await.context = shard;
	shard->await.arena = &shard->arena;
	shard->timer.fire = on_timer;
	shard->timer.context = shard;
	shard->task.run = on_task;
	shard->task.context = shard;
	snprintf(shard->lease.name, sizeof(shard->lease.name), "sweep-%u", number);
	snprintf(shard->lease.holder, sizeof(shard->lease.holder), "%s", holder);
	for (size_t i = 0; i < SWEEPER_HANDS; i++) {
		struct hand *hand = &shard->hands[i];

		hand->shard = shard;
		hand->await.resume = on_hand_over;
		hand->await.context = hand;
		hand->await.arena = &hand->arena;
	}
}

struct sweeper *sweeper_new(const struct sweeper_options *options)
{
	size_t count = count_shards(options);
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper) + count * sizeof(struct shard));
	char holder[ID_SIZE];

	if (!sweeper)
		return NULL;
	sweeper->options = *options;
	sweeper->shard_count = count;
	id_make_random(holder);
	for (size_t i = 0; i < count; i++)
		init_shard(&sweeper->shards[i], sweeper,
			   options->first + (uint32_t)i * options->step, holder);
	return sweeper;
}

bool sweeper_start(struct sweeper *sweeper)
{
	struct loop *loop = sweeper->options.loop;

	for (size_t i = 0; i < sweeper->shard_count && !sweeper->is_stopping; i++) {
		struct shard *shard = &sweeper->shards[i];

		if (!loop_timer_set(loop, &shard->timer, loop_now_us(loop) + SWEEPER_START_US))
			return false;
		shard->phase = RESTING;
	}
	return true;
}

void sweeper_stop(struct sweeper *sweeper)
{
	sweeper->is_stopping = true;
	for (size_t i = 0; i < sweeper->shard_count; i++) {
		if (sweeper->shards[i].phase == RESTING)
			wind_up(&sweeper->shards[i]);
	}
}

bool sweeper_is_idle(const struct sweeper *sweeper)
{
	for (size_t i = 0; i < sweeper->shard_count; i++) {
		if (sweeper->shards[i].phase != OFF)
			return false;
	}
	return true;
}

void sweeper_free(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	for (size_t i = 0; i < sweeper->shard_count; i++) {
		struct shard *shard = &sweeper->shards[i];

		assert(!shard->await.is_pending);
		loop_timer_off(sweeper->options.loop, &shard->timer);
		loop_defer_off(sweeper->options.loop, &shard->task);
		arena_clear(&shard->arena);
		for (size_t h = 0; h < SWEEPER_HANDS; h++)
			arena_clear(&shard->hands[h].arena);
	}
	free(sweeper);
}

/* ------------------------------------------------------------------ metrics */

const struct sweeper_metrics *sweeper_get_metrics(const struct sweeper *sweeper)
{
	return &sweeper->metrics;
}

void sweeper_metrics_add(struct sweeper_metrics *sum, const struct sweeper_metrics *from)
{
	for (size_t i = 0; i < SWEEPER_WORKS; i++)
		metric_add(&sum->done[i], metric_get(&from->done[i]));
	metric_add(&sum->failures, metric_get(&from->failures));
	metric_add(&sum->leases, metric_get(&from->leases));
}

void sweeper_metrics_write(struct buf *out, const struct sweeper_metrics *sum)
{
	metric_write_head(out, "shopd_sweeper_expired_total", "counter",
			  "Checkouts and orders ended because their time was over, and removals of "
			  "persons gone on with.");
	for (size_t i = 0; i < SWEEPER_WORKS; i++)
		metric_write(out, "shopd_sweeper_expired_total", works[i].label,
			     metric_get(&sum->done[i]));
	metric_write_total(out, "shopd_sweeper_failures_total",
			   "What the sweeper could not do, and tries again.",
			   metric_get(&sum->failures));
	metric_write_total(out, "shopd_sweeper_leases_total",
			   "Leases that the sweeper has taken over.", metric_get(&sum->leases));
}
