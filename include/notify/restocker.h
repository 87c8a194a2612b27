/*
 * The restocker of one worker: tells those who wait for a product that it is back in stock.
 *
 * The publisher hands over: once the topic has a stock.in (or stock.low, for what was out may come
 * back as that), a restock is put beside the outbox (repo/restock_repo.h), by the follower below.
 * Whoever holds the shard's lease looks for restocks every second, takes the oldest, reads its
 * subscribers page by page and tells them, some batches at a time (restock_batch.h). So a hundred
 * thousand subscribers hold up no other event, and cost no more memory than a page.
 *
 * It goes on while the lease is surely ours, after a pause with the page that it was at. Whoever
 * comes after it begins with those who still have a subscription: nobody is missed. None is told
 * twice but those whose batch was under way when the process was killed, and those whose
 * subscription could not be deleted before another took over.
 *
 * When the product is gone again in the middle, it ends: those who are left stay subscribed, and
 * the next return of the product is theirs.
 */
#ifndef SHOPD_NOTIFY_RESTOCKER_H
#define SHOPD_NOTIFY_RESTOCKER_H

#include <stdbool.h>
#include <stdint.h>

#include "notify/restock_batch.h"

enum {
	RESTOCK_HANDS = SUBSCRIBER_PAGE_MAX / SNS_BATCH_MAX, /* batches under way of one shard */
	RESTOCK_LOOK_US = 1000 * 1000,
	RESTOCK_PAUSE_US = 100 * 1000, /* after the first failure; twice as long after others */
	RESTOCK_PAUSE_MAX_US = 3 * 1000 * 1000,
};

struct restocker_options {
	struct loop *loop;
	struct repo *repo;
	const struct sns *sns;
};

struct restocker;

/* New; NULL when out of memory. Everything in the options is borrowed. */
struct restocker *restocker_new(const struct restocker_options *options);

/*
 * Until when the lease of shard `number` is ours, on the monotonic clock; 0: it is not. To be
 * called every second or so.
 */
void restocker_hold(struct restocker *restocker, uint32_t number, uint64_t until_us);

/* Begins nothing more; what is under way ends after its present step. What is left stays. */
void restocker_stop(struct restocker *restocker);

/* True when nothing is under way. */
bool restocker_is_idle(const struct restocker *restocker);

/* It must be idle. NULL is fine. */
void restocker_free(struct restocker *restocker);

const struct restock_metrics *restocker_get_metrics(const struct restocker *restocker);

/* The lines for /metrics. */
void restock_metrics_add(struct restock_metrics *sum, const struct restock_metrics *from);
void restock_metrics_write(struct buf *out, const struct restock_metrics *sum);

/* The follower of events after which a product may be in stock again: hands it over. */
void restock_begin(struct following *following, struct await *await);

#endif
