/*
 * The sweeper: gives back what checkouts held whose time is over, ends orders that were not paid in
 * time, and goes on with removals of persons that broke off or had to wait. It runs in every worker
 * of every process, each worker for some of the write shards.
 *
 * Each shard has a lease (repo/lease.h). Who holds it looks every second for what is due and deals
 * with it at once. The others look too, every two seconds, but only for what should have been dealt
 * with two seconds ago: so whatever is killed when, nothing is more than five seconds late, and as
 * long as all is well, nobody does the same work twice. If two do, the transactions' conditions see
 * to it that it has one effect.
 */
#ifndef SHOPD_DAEMON_SWEEPER_H
#define SHOPD_DAEMON_SWEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "io/loop.h"
#include "repo/repo.h"

enum {
	SWEEPER_HANDS = 8, /* things of one shard that are dealt with at once */
	SWEEPER_HOLDER_US = 1000 * 1000,
	SWEEPER_OTHER_US = 2000 * 1000,
	SWEEPER_START_US = 50 * 1000,
	SWEEPER_WORKS = 3,      /* kinds of things */
	SWEEPER_LATE_MS = 2000, /* how late something is before others than the holder care */
};

struct sweeper_options {
	struct loop *loop;
	struct repo *repo;
	int64_t payment_ms;   /* how old an order may become that is not paid */
	uint32_t shard_count; /* of the table */
	uint32_t first;       /* this sweeper's shards: this one, and every `step`-th behind it */
	uint32_t step;
	/*
	 * Told at each pass until when the shard's lease is surely ours, on the monotonic clock; 0:
	 * it is not. NULL: nobody needs to know.
	 */
	void (*on_lease)(void *context, uint32_t shard, uint64_t until_us);
	void *context;
};

struct sweeper_metrics {
	metric_counter done[SWEEPER_WORKS]; /* checkouts, orders, persons */
	metric_counter failures; /* of searches and of single ones; all are tried again */
	metric_counter leases;   /* taken from nobody or from one whose time was over */
};

struct sweeper;

/* New; NULL when out of memory. Everything in the options is borrowed. */
struct sweeper *sweeper_new(const struct sweeper_options *options);

/* Begins in a moment, SWEEPER_START_US: the first clients come first. False when out of memory. */
MUST_CHECK bool sweeper_start(struct sweeper *sweeper);

/*
 * Begins nothing new, lets what is under way end, and then lets its leases go, for the others not
 * to wait. May be called again.
 */
void sweeper_stop(struct sweeper *sweeper);

/* True before the start, and when all of that is over. */
bool sweeper_is_idle(const struct sweeper *sweeper);

/* It must be idle. NULL is fine. */
void sweeper_free(struct sweeper *sweeper);

const struct sweeper_metrics *sweeper_get_metrics(const struct sweeper *sweeper);

/* The lines for /metrics. */
void sweeper_metrics_add(struct sweeper_metrics *sum, const struct sweeper_metrics *from);
void sweeper_metrics_write(struct buf *out, const struct sweeper_metrics *sum);

#endif
