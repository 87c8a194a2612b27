/*
 * When to try again: a pure policy. The caller does the waiting.
 *
 * AWS SDKs' standard retry mode with the figures of 2026: the delay before retry n is
 *
 *	random(0..1) × min(base × 2^(n-1), 20 s)
 *
 * with a base of 1 s after throttling, 25 ms for DynamoDB and 50 ms for other services otherwise. A
 * quota keeps retries from becoming a storm: a client owns 500 tokens, a retry costs 14 of them (5
 * after throttling), a call that succeeds gives back what its last retry cost, or 1 without one.
 * When there are not enough left, calls fail at their first error.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
 */
#ifndef SHOPD_AWS_RETRY_H
#define SHOPD_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

enum {
	RETRY_QUOTA = 500,
	RETRY_COST = 14,
	RETRY_COST_THROTTLED = 5,
	RETRY_GIFT = 1,                /* for a success without a retry */
	RETRY_SKEW_MS = 4 * 60 * 1000, /* clocks closer than this are not the reason */
};

struct retry_policy {
	uint64_t base_us;
	unsigned max_attempts;
};

extern const struct retry_policy retry_policy_dynamodb; /* 25 ms, 4 attempts */
extern const struct retry_policy retry_policy_standard; /* 50 ms, 3 attempts */

enum retry_kind {
	RETRY_NEVER,
	RETRY_TRANSIENT,
	RETRY_THROTTLED,
	RETRY_CREDENTIALS, /* with new credentials, once */
	RETRY_CLOCK,       /* if the clocks differ, with the service's time */
};

/* What an error answer calls for. `error` is the name without prefix, "" if there was none. */
enum retry_kind retry_classify(int status, const char *error);

/* One client's tokens. */
struct retry_quota {
	unsigned tokens;
};

void retry_quota_init(struct retry_quota *quota);

/* One call's history. Zeroed memory is a call that has made no attempt. */
struct retry_state {
	unsigned attempts; /* made so far: the caller counts each as it begins */
	unsigned last_cost;
};

/* What is known when an attempt has failed. */
struct retry_question {
	enum retry_kind kind;  /* RETRY_TRANSIENT or RETRY_THROTTLED */
	unsigned max_attempts; /* 0: the policy's */
	uint32_t random;       /* uniform over all 32 bits */
	bool has_retry_after;
	uint64_t retry_after_ms; /* x-amz-retry-after */
};

/*
 * True, with the tokens taken and the delay set, when the call shall be tried again. False when it
 * has had its attempts or the quota is used up; nothing is taken then.
 */
MUST_CHECK bool retry_again(const struct retry_policy *policy, struct retry_quota *quota,
			    struct retry_state *state, const struct retry_question *question,
			    uint64_t *delay_us);

/* Gives back what retry_again took for a retry that is not made after all. */
void retry_not_made(struct retry_quota *quota, struct retry_state *state);

/* Gives tokens back for a call that succeeded. */
void retry_succeeded(struct retry_quota *quota, const struct retry_state *state);

/* random(0..1) × min(base × 2^(attempt-1), 20 s), in microseconds; `attempt` counts from 1. */
uint64_t retry_backoff_us(uint64_t base_us, unsigned attempt, uint32_t random);

#endif
