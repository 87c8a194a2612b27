#include <check.h>

#include "aws/retry.h"

enum { LONGEST = 8 };

/* One call's attempts, as AWS's own examples of the standard retry mode write them down. */
struct story {
	const char *name;
	const struct retry_policy *policy;
	unsigned max_attempts;
	unsigned tokens;
	struct {
		int status; /* 200: a success */
		const char *error;
		bool has_retry_after;
		uint64_t retry_after_ms;
		/* what follows */
		bool is_again;
		uint64_t delay_ms;
		unsigned tokens;
	} attempts[LONGEST];
};

#define AGAIN .is_again = true

/* All with random(0..1) = 1. */
static const struct story stories[] = {
	{"success after two retries",
	 &retry_policy_standard,
	 0,
	 500,
	 {{500, "", AGAIN, .delay_ms = 50, .tokens = 486},
	  {500, "", AGAIN, .delay_ms = 100, .tokens = 472},
	  {200, "", .tokens = 486}}},
	{"all attempts used up",
	 &retry_policy_standard,
	 0,
	 500,
	 {{502, "", AGAIN, .delay_ms = 50, .tokens = 486},
	  {502, "", AGAIN, .delay_ms = 100, .tokens = 472},
	  {502, "", .tokens = 472}}},
	{"DynamoDB is tried four times, sooner",
	 &retry_policy_dynamodb,
	 0,
	 500,
	 {{500, "", AGAIN, .delay_ms = 25, .tokens = 486},
	  {500, "", AGAIN, .delay_ms = 50, .tokens = 472},
	  {500, "", AGAIN, .delay_ms = 100, .tokens = 458},
	  {500, "", .tokens = 458}}},
	{"quota used up after a retry",
	 &retry_policy_standard,
	 0,
	 14,
	 {{500, "", AGAIN, .delay_ms = 50, .tokens = 0}, {502, "", .tokens = 0}}},
	{"no quota at all", &retry_policy_standard, 0, 0, {{500, "", .tokens = 0}}},
	{"too little quota for this kind",
	 &retry_policy_standard,
	 0,
	 13,
	 {{504, "", .tokens = 13}}},
	{"throttling costs less and waits longer",
	 &retry_policy_dynamodb,
	 0,
	 500,
	 {{400, "ThrottlingException", AGAIN, .delay_ms = 1000, .tokens = 495},
	  {400, "ProvisionedThroughputExceededException", AGAIN, .delay_ms = 2000, .tokens = 490},
	  {200, "", .tokens = 495}}},
	{"a success at once gives one back",
	 &retry_policy_standard,
	 0,
	 490,
	 {{200, "", .tokens = 491}}},
	{"the quota is never more than full",
	 &retry_policy_standard,
	 0,
	 500,
	 {{200, "", .tokens = 500}}},
	{"AWS_MAX_ATTEMPTS counts more than the policy",
	 &retry_policy_dynamodb,
	 2,
	 500,
	 {{503, "", AGAIN, .delay_ms = 25, .tokens = 486}, {503, "", .tokens = 486}}},
	{"only one attempt", &retry_policy_dynamodb, 1, 500, {{503, "", .tokens = 500}}},
	{"the service asks for more time",
	 &retry_policy_standard,
	 0,
	 500,
	 {{500, "", true, 1500, AGAIN, .delay_ms = 1500, .tokens = 486}, {200, "", .tokens = 500}}},
	{"it asks for less than we wait anyway",
	 &retry_policy_standard,
	 0,
	 500,
	 {{500, "", true, 0, AGAIN, .delay_ms = 50, .tokens = 486}, {200, "", .tokens = 500}}},
	{"it asks for too much",
	 &retry_policy_standard,
	 0,
	 500,
	 {{500, "", true, 10000, AGAIN, .delay_ms = 5050, .tokens = 486},
	  {200, "", .tokens = 500}}},
	{"it asks for nonsense",
	 &retry_policy_standard,
	 0,
	 500,
	 {{500, "", true, UINT64_MAX, AGAIN, .delay_ms = 5050, .tokens = 486},
	  {200, "", .tokens = 500}}},
	{"no delay is longer than 20 s",
	 &retry_policy_dynamodb,
	 8,
	 500,
	 {{400, "SlowDown", AGAIN, .delay_ms = 1000, .tokens = 495},
	  {400, "SlowDown", AGAIN, .delay_ms = 2000, .tokens = 490},
	  {400, "SlowDown", AGAIN, .delay_ms = 4000, .tokens = 485},
	  {400, "SlowDown", AGAIN, .delay_ms = 8000, .tokens = 480},
	  {400, "SlowDown", AGAIN, .delay_ms = 16000, .tokens = 475},
	  {400, "SlowDown", AGAIN, .delay_ms = 20000, .tokens = 470},
	  {400, "SlowDown", AGAIN, .delay_ms = 20000, .tokens = 465},
	  {400, "SlowDown", .tokens = 465}}},
};

START_TEST(each_story_ends_as_told)
{
	const struct story *story = &stories[_i];
	struct retry_quota quota = {story->tokens};
	struct retry_state state = {0};

	for (size_t i = 0; i < LONGEST && story->attempts[i].status; i++) {
		struct retry_question question = {
			.kind = retry_classify(story->attempts[i].status, story->attempts[i].error),
			.max_attempts = story->max_attempts,
			.random = UINT32_MAX,
			.has_retry_after = story->attempts[i].has_retry_after,
			.retry_after_ms = story->attempts[i].retry_after_ms,
		};
		uint64_t delay_us = 0;
		bool is_again = false;

		state.attempts++;
		if (story->attempts[i].status == 200)
			retry_succeeded(&quota, &state);
		else
			is_again = retry_again(story->policy, &quota, &state, &question, &delay_us);
		ck_assert_msg(is_again == story->attempts[i].is_again, "%s, %zu", story->name, i);
		ck_assert_msg(delay_us == story->attempts[i].delay_ms * 1000, "%s, %zu",
			      story->name, i);
		ck_assert_msg(quota.tokens == story->attempts[i].tokens, "%s, %zu: %u", story->name,
			      i, quota.tokens);
	}
}
END_TEST

START_TEST(errors_are_told_apart_by_name_first)
{
	static const struct {
		int status;
		const char *error;
		enum retry_kind kind;
	} table[] = {
		{500, "", RETRY_TRANSIENT},
		{502, "", RETRY_TRANSIENT},
		{503, "", RETRY_TRANSIENT},
		{504, "", RETRY_TRANSIENT},
		{501, "", RETRY_NEVER},
		{500, "InternalServerError", RETRY_TRANSIENT},
		{400, "RequestTimeout", RETRY_TRANSIENT},
		{400, "RequestTimeoutException", RETRY_TRANSIENT},
		{400, "Throttling", RETRY_THROTTLED},
		{400, "ThrottlingException", RETRY_THROTTLED},
		{400, "ThrottledException", RETRY_THROTTLED},
		{429, "Throttled", RETRY_THROTTLED},
		{400, "KMSThrottling", RETRY_THROTTLED},
		{400, "RequestThrottled", RETRY_THROTTLED},
		{400, "RequestThrottledException", RETRY_THROTTLED},
		{400, "TooManyRequestsException", RETRY_THROTTLED},
		{400, "ProvisionedThroughputExceededException", RETRY_THROTTLED},
		{400, "RequestLimitExceeded", RETRY_THROTTLED},
		{400, "TransactionInProgressException", RETRY_THROTTLED},
		{400, "LimitExceededException", RETRY_THROTTLED},
		{503, "SlowDown", RETRY_THROTTLED},
		{429, "", RETRY_THROTTLED},
		{400, "ValidationException", RETRY_NEVER},
		{400, "ConditionalCheckFailedException", RETRY_NEVER},
		{400, "TransactionCanceledException", RETRY_NEVER},
		{400, "TransactionConflictException", RETRY_NEVER},
		{400, "ResourceNotFoundException", RETRY_NEVER},
		{400, "AccessDeniedException", RETRY_NEVER},
		{400, "IdempotentParameterMismatchException", RETRY_NEVER},
		{400, "SerializationException", RETRY_NEVER},
		{400, "ExpiredToken", RETRY_CREDENTIALS},
		{400, "ExpiredTokenException", RETRY_CREDENTIALS},
		{400, "UnrecognizedClientException", RETRY_CREDENTIALS},
		{400, "InvalidSignatureException", RETRY_CLOCK},
		{403, "RequestTimeTooSkewed", RETRY_CLOCK},
		{400, "", RETRY_NEVER},
		{404, "", RETRY_NEVER},
		{200, "", RETRY_NEVER},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(retry_classify(table[i].status, table[i].error) == table[i].kind,
			      "%d %s", table[i].status, table[i].error);
}
END_TEST

START_TEST(the_backoff_is_spread_evenly_from_nothing_to_its_limit)
{
	ck_assert_uint_eq(retry_backoff_us(25000, 1, 0), 0);
	ck_assert_uint_eq(retry_backoff_us(25000, 1, UINT32_MAX / 2), 12500);
	ck_assert_uint_eq(retry_backoff_us(25000, 1, UINT32_MAX), 25000);
	ck_assert_uint_eq(retry_backoff_us(25000, 3, UINT32_MAX), 100000);
	ck_assert_uint_eq(retry_backoff_us(25000, 1000000, UINT32_MAX), 20000000);
}
END_TEST

START_TEST(a_retry_that_is_not_made_costs_nothing)
{
	struct retry_quota quota;
	struct retry_state state = {.attempts = 1};
	struct retry_question question = {.kind = RETRY_TRANSIENT};
	uint64_t delay_us;

	retry_quota_init(&quota);
	ck_assert(retry_again(&retry_policy_standard, &quota, &state, &question, &delay_us));
	retry_not_made(&quota, &state);
	ck_assert_uint_eq(quota.tokens, RETRY_QUOTA);
	retry_not_made(&quota, &state);
	ck_assert_uint_eq(quota.tokens, RETRY_QUOTA);
}
END_TEST

Suite *retry_suite(void)
{
	Suite *all = suite_create("retry");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, each_story_ends_as_told, 0,
			    (int)(sizeof(stories) / sizeof(stories[0])));
	tcase_add_test(cases, errors_are_told_apart_by_name_first);
	tcase_add_test(cases, the_backoff_is_spread_evenly_from_nothing_to_its_limit);
	tcase_add_test(cases, a_retry_that_is_not_made_costs_nothing);
	suite_add_tcase(all, cases);
	return all;
}
