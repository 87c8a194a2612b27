#include "aws/retry.h"

#include <assert.h>
#include <string.h>

static const uint64_t base_throttled_us = 1000000;
static const uint64_t backoff_max_us = 20000000;
static const uint64_t retry_after_more_us = 5000000;

const struct retry_policy retry_policy_dynamodb = {.base_us = 25000, .max_attempts = 4};
const struct retry_policy retry_policy_standard = {.base_us = 50000, .max_attempts = 3};

static const struct {
	const char *error;
	enum retry_kind kind;
} errors[] = {
	{"ProvisionedThroughputExceededException", RETRY_THROTTLED},
	{"ProvisionedThroughputExceeded", RETRY_THROTTLED},
	{"ThrottlingException", RETRY_THROTTLED},
	{"Throttling", RETRY_THROTTLED},
	{"ThrottledException", RETRY_THROTTLED},
	{"Throttled", RETRY_THROTTLED},
	{"KMSThrottling", RETRY_THROTTLED},
	{"RequestThrottledException", RETRY_THROTTLED},
	{"RequestThrottled", RETRY_THROTTLED},
	{"TooManyRequestsException", RETRY_THROTTLED},
	{"RequestLimitExceeded", RETRY_THROTTLED},
	{"TransactionInProgressException", RETRY_THROTTLED},
	{"LimitExceededException", RETRY_THROTTLED},
	{"BandwidthLimitExceeded", RETRY_THROTTLED},
	{"PriorRequestNotComplete", RETRY_THROTTLED},
	{"EC2ThrottledException", RETRY_THROTTLED},
	{"SlowDown", RETRY_THROTTLED},
	{"RequestTimeout", RETRY_TRANSIENT},
	{"RequestTimeoutException", RETRY_TRANSIENT},
	{"InternalServerError", RETRY_TRANSIENT},
	{"ExpiredToken", RETRY_CREDENTIALS},
	{"ExpiredTokenException", RETRY_CREDENTIALS},
	{"UnrecognizedClientException", RETRY_CREDENTIALS},
	{"InvalidClientTokenId", RETRY_CREDENTIALS},
	{"RequestTimeTooSkewed", RETRY_CLOCK},
	{"RequestInTheFuture", RETRY_CLOCK},
	{"RequestExpired", RETRY_CLOCK},
	{"InvalidSignatureException", RETRY_CLOCK},
	{"SignatureDoesNotMatch", RETRY_CLOCK},
	{"AuthFailure", RETRY_CLOCK},
};

enum retry_kind retry_classify(int status, const char *error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(error, errors[i].error) == 0)
			return errors[i].kind;
	}
	if (status == 429)
		return RETRY_THROTTLED;
	if (status == 500 || status == 502 || status == 503 || status == 504)
		return RETRY_TRANSIENT;
	return RETRY_NEVER;
}

void retry_quota_init(struct retry_quota *quota)
{
	quota->tokens = RETRY_QUOTA;
}

uint64_t retry_backoff_us(uint64_t base_us, unsigned attempt, uint32_t random)
{
	uint64_t limit = base_us;

	assert(attempt > 0 && base_us > 0);
	for (unsigned i = 1; i < attempt && limit < backoff_max_us; i++)
		limit *= 2;
	if (limit > backoff_max_us)
		limit = backoff_max_us;
	/* 20 s in microseconds times 2^32 fits into 64 bits. */
	return (limit * random + UINT32_MAX / 2) / UINT32_MAX;
}

/* The service's wish counts, but not for longer than 5 s beyond our own delay. */
static uint64_t respect_wish(uint64_t delay_us, const struct retry_question *question)
{
	uint64_t most = delay_us + retry_after_more_us;
	uint64_t wish;

	if (!question->has_retry_after)
		return delay_us;
	wish = question->retry_after_ms < most / 1000 ? question->retry_after_ms * 1000 : most;
	return wish > delay_us ? wish : delay_us;
}

bool retry_again(const struct retry_policy *policy, struct retry_quota *quota,
		 struct retry_state *state, const struct retry_question *question,
		 uint64_t *delay_us)
{
	bool is_throttled = question->kind == RETRY_THROTTLED;
	unsigned cost = is_throttled ? RETRY_COST_THROTTLED : RETRY_COST;
	unsigned most = question->max_attempts ? question->max_attempts : policy->max_attempts;

	assert(is_throttled || question->kind == RETRY_TRANSIENT);
	if (state->attempts >= most || quota->tokens < cost)
		return false;
	quota->tokens -= cost;
	state->last_cost = cost;
	*delay_us = retry_backoff_us(is_throttled ? base_throttled_us : policy->base_us,
				     state->attempts, question->random);
	*delay_us = respect_wish(*delay_us, question);
	return true;
}

void retry_not_made(struct retry_quota *quota, struct retry_state *state)
{
	quota->tokens += state->last_cost;
	state->last_cost = 0;
}

void retry_succeeded(struct retry_quota *quota, const struct retry_state *state)
{
	quota->tokens += state->last_cost ? state->last_cost : RETRY_GIFT;
	if (quota->tokens > RETRY_QUOTA)
		quota->tokens = RETRY_QUOTA;
}
