/*
 * How many requests each caller may make: a bucket for each, which holds `burst` requests and is
 * filled with `rate` a second. One table for all workers, of a fixed size, without locks.
 *
 * A bucket is one number: until when what was taken from it is worked off (GCRA, the generic cell
 * rate algorithm of ITU-T I.371; it admits exactly what a token bucket admits). Number and a part
 * of the caller's hash are one word, so a request costs one look at a cache line and one
 * compare-and-swap. The hash has a secret key: nobody can aim at another's bucket.
 *
 * Each caller belongs to one of RATE_SETS sets and has any of its RATE_WAYS places. Is he in none,
 * he takes the place of who has used the least, and with it what that one has used (as in the
 * Space-Saving algorithm of Metwally, Agrawal and El Abbadi, 2005). While there is a place whose
 * bucket is full again, that is nothing. Otherwise the two share a bucket for a while. So nobody
 * gets a fresh bucket by pushing others out, or being pushed out: a full table makes callers wait
 * too long, never too short.
 *
 * What may go wrong: two callers of a set share a bucket for good with a chance of 1 in 2^20; and
 * two workers that meet a caller for the first time in the same instant may give him two buckets,
 * of which one is forgotten as soon as it is full.
 */
#ifndef SHOPD_HTTP_RATE_LIMIT_H
#define SHOPD_HTTP_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"

/* 32,768 callers at a time, in 256 KiB. */
enum { RATE_SETS = 4096, RATE_WAYS = 8 };

/* Limits of the settings: time is counted in 16 µs. */
enum { RATE_MAX = 1000, RATE_BURST_MAX = 10000 };

/* What a caller is known by. */
enum rate_kind {
	RATE_KEY,     /* the name of an API key */
	RATE_USER,    /* the subject of a token */
	RATE_ADDRESS, /* the client's address */
	RATE_KINDS,
};

/* "key" and so on: for metrics and clients. */
extern const char *const rate_kind_names[RATE_KINDS];

struct rate_limit;

/*
 * New; NULL when out of memory or randomness. `rate` (1 to RATE_MAX requests a second, kept to one
 * in a hundred) and `burst` (1 to RATE_BURST_MAX). Time begins at `now_us` and lasts for eight
 * years.
 */
struct rate_limit *rate_limit_new(uint64_t rate, uint64_t burst, uint64_t now_us);
void rate_limit_free(struct rate_limit *limit);

/* What stands for a caller in the next call. */
uint64_t rate_limit_caller(const struct rate_limit *limit, enum rate_kind kind, const void *name,
			   size_t len);

/*
 * From any thread: takes one request out of the caller's bucket. 0 when it may be served, else
 * after how many microseconds there is one again, and nothing was taken.
 */
MUST_CHECK uint64_t rate_limit_take(struct rate_limit *limit, uint64_t caller, uint64_t now_us);

/* The settings, for the client. */
uint64_t rate_limit_burst(const struct rate_limit *limit);
/* In how many seconds an empty bucket is full again, rounded up. */
uint64_t rate_limit_window_s(const struct rate_limit *limit);

/* How often a caller took a place whose bucket was not full: the table is too small. */
uint64_t rate_limit_crowded(const struct rate_limit *limit);

/* The same, in Prometheus' text form. */
void rate_limit_write_metrics(const struct rate_limit *limit, struct buf *out);

#endif
