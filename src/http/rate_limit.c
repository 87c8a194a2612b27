#include "http/rate_limit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/metrics.h"
#include "base/siphash.h"

/* A place: 20 bits of its caller's hash, 44 bits of time. Zero is a full bucket of nobody's. */
enum { TIME_BITS = 44, TICK_US = 16 };
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

const char *const rate_kind_names[RATE_KINDS] = {
	[RATE_KEY] = "key", [RATE_USER] = "user", [RATE_ADDRESS] = "address"};

struct set {
	_Atomic uint64_t places[RATE_WAYS];
};

struct rate_limit {
	uint64_t rate;
	uint64_t burst;
	uint64_t interval; /* between two requests; this and the next are in ticks */
	uint64_t depth;    /* of a bucket */
	uint64_t start_us;
	struct siphash_key key;
	_Atomic uint64_t crowded;
	struct set sets[RATE_SETS];
};

struct rate_limit *rate_limit_new(uint64_t rate, uint64_t burst, uint64_t now_us)
{
	/* Places that nobody has used take no memory: the system gives pages when touched. */
	struct rate_limit *limit = calloc(1, sizeof(*limit));

	if (!limit)
		return NULL;
	if (getrandom(&limit->key, sizeof(limit->key), 0) != (ssize_t)sizeof(limit->key)) {
		free(limit);
		return NULL;
	}
	limit->rate = rate;
	limit->burst = burst;
	limit->interval = (1000 * 1000 / TICK_US + rate / 2) / rate;
	limit->depth = burst * limit->interval;
	limit->start_us = now_us;
	return limit;
}

void rate_limit_free(struct rate_limit *limit)
{
	free(limit);
}

uint64_t rate_limit_caller(const struct rate_limit *limit, enum rate_kind kind, const void *name,
			   size_t len)
{
	struct siphash_key key = limit->key;

	key.low ^= (uint64_t)kind;
	return siphash(&key, name, len);
}

struct bucket {
	_Atomic uint64_t *place;
	uint64_t word;
};

/* The caller's own place, or that of who has used the least. */
static struct bucket find_bucket(struct set *set, uint64_t caller)
{
	struct bucket least = {NULL, UINT64_MAX};

	for (size_t i = 0; i < RATE_WAYS; i++) {
		uint64_t word = atomic_load_explicit(&set->places[i], memory_order_relaxed);

		if (word >> TIME_BITS == caller >> TIME_BITS)
			return (struct bucket){&set->places[i], word};
		if (!least.place || (word & TIME_MASK) < (least.word & TIME_MASK))
			least = (struct bucket){&set->places[i], word};
	}
	return least;
}

uint64_t rate_limit_take(struct rate_limit *limit, uint64_t caller, uint64_t now_us)
{
	struct set *set = &limit->sets[caller % RATE_SETS];
	uint64_t tag = caller & ~TIME_MASK;
	uint64_t now = now_us > limit->start_us ? (now_us - limit->start_us) / TICK_US : 0;

	for (;;) {
		struct bucket bucket = find_bucket(set, caller);
		uint64_t used_until = bucket.word & TIME_MASK;
		bool is_used = used_until > now;
		uint64_t until = (is_used ? used_until : now) + limit->interval;

		if (until > now + limit->depth)
			return (until - now - limit->depth) * TICK_US;
		if (!atomic_compare_exchange_weak_explicit(bucket.place, &bucket.word, tag | until,
							   memory_order_relaxed,
							   memory_order_relaxed))
			continue;
		if (is_used && (bucket.word & ~TIME_MASK) != tag)
			atomic_fetch_add_explicit(&limit->crowded, 1, memory_order_relaxed);
		return 0;
	}
}

uint64_t rate_limit_burst(const struct rate_limit *limit)
{
	return limit->burst;
}

uint64_t rate_limit_window_s(const struct rate_limit *limit)
{
	return (limit->burst + limit->rate - 1) / limit->rate;
}

uint64_t rate_limit_crowded(const struct rate_limit *limit)
{
	return atomic_load_explicit(&limit->crowded, memory_order_relaxed);
}

void rate_limit_write_metrics(const struct rate_limit *limit, struct buf *out)
{
	metric_write_total(out, "shopd_rate_limit_crowded_total",
			   "Callers who had to share a bucket: too many at a time.",
			   rate_limit_crowded(limit));
}
