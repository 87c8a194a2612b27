#include "aws/aws_metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LABELS_SIZE = 128 };

/* The plain counters: where each is, and what it is called. */
static const struct {
	size_t offset;
	bool is_millis;
	bool is_gauge;
	const char *name;
	const char *help;
} counters[] = {
	{offsetof(struct aws_metrics, attempts), false, false, "shopd_aws_attempts_total",
	 "Requests sent to AWS, retries included."},
	{offsetof(struct aws_metrics, retries), false, false, "shopd_aws_retries_total",
	 "Requests sent to AWS again after a failed attempt."},
	{offsetof(struct aws_metrics, throttles), false, false, "shopd_aws_throttles_total",
	 "Answers of AWS that asked to slow down."},
	{offsetof(struct aws_metrics, conflicts), false, false, "shopd_aws_conflicts_total",
	 "Writes begun again because they met a transaction on the same item."},
	{offsetof(struct aws_metrics, read_millis), true, false, "shopd_aws_read_units_total",
	 "Read capacity units consumed."},
	{offsetof(struct aws_metrics, write_millis), true, false, "shopd_aws_write_units_total",
	 "Write capacity units consumed."},
	{offsetof(struct aws_metrics, cut_off), false, false, "shopd_aws_cut_off_total",
	 "Requests not sent because the endpoint was found to be down."},
	{offsetof(struct aws_metrics, circuits_open), false, true, "shopd_aws_circuits_open",
	 "Workers that find the endpoint down and fail calls at once."},
};

enum { COUNTERS = sizeof(counters) / sizeof(counters[0]) };

/*
 * How attempts fail: first those without a whole answer, in the order of enum exchange_end, then
 * the errors of AWS that say something. All others are one, so that nobody can make labels.
 */
static const char *const errors[] = {
	[EXCHANGE_ANSWERED] = "other",
	[EXCHANGE_NOT_SENT] = "not_sent",
	[EXCHANGE_NO_ANSWER] = "no_answer",
	[EXCHANGE_BROKEN] = "broken_answer",
	[EXCHANGE_TOO_LONG] = "long_answer",
	[EXCHANGE_TIMEOUT] = "timeout",
	[EXCHANGE_OVERLOADED] = "overloaded",
	[EXCHANGE_SHUTDOWN] = "shutdown",
	[EXCHANGE_NO_MEMORY] = "no_memory",
	"garbled_answer",
	"ConditionalCheckFailedException",
	"TransactionCanceledException",
	"TransactionConflictException",
	"TransactionInProgressException",
	"IdempotentParameterMismatchException",
	"ItemCollectionSizeLimitExceededException",
	"ValidationException",
	"SerializationException",
	"ResourceNotFoundException",
	"ResourceInUseException",
	"ProvisionedThroughputExceededException",
	"ThrottlingException",
	"RequestLimitExceeded",
	"LimitExceededException",
	"InternalServerError",
	"ServiceUnavailable",
	"AccessDeniedException",
	"ExpiredTokenException",
	"UnrecognizedClientException",
	"InvalidSignatureException",
	"MissingAuthenticationTokenException",
	/* SNS */
	"Throttled",
	"Throttling",
	"InternalError",
	"InternalFailure",
	"InvalidParameter",
	"ParameterValueInvalid",
	"NotFound",
	"AuthorizationError",
	"EndpointDisabled",
	"PlatformApplicationDisabled",
	"ExpiredToken",
	"InvalidClientTokenId",
	"SignatureDoesNotMatch",
};

enum { ERRORS = sizeof(errors) / sizeof(errors[0]), GARBLED = EXCHANGE_NO_MEMORY + 1 };

_Static_assert((int)ERRORS <= (int)AWS_METRICS_ERRORS, "each name has its counter");

/* Those that requests need most stand first; what has no name here is "other". */
static const char *const operations[] = {
	"Query",        "TransactWriteItems", "UpdateItem",       "GetItem",
	"BatchGetItem", "DeleteItem",         "PublishBatch",     "Publish",
	"PutItem",      "BatchWriteItem",     "TransactGetItems", "DescribeTable",
	"other",
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]), OTHER = OPERATIONS - 1 };

_Static_assert((int)OPERATIONS <= (int)AWS_METRICS_OPERATIONS, "each name has its histogram");

static size_t operation_of(const char *target)
{
	const char *dot = strrchr(target, '.');
	const char *name = dot ? dot + 1 : target;
	size_t i = 0;

	while (i < OTHER && strcmp(name, operations[i]) != 0)
		i++;
	return i;
}

static size_t error_of(const struct exchange *exchange, const struct aws_verdict *verdict)
{
	if (exchange->end != EXCHANGE_ANSWERED)
		return exchange->end;
	if (verdict->result == RESULT_GARBLED)
		return GARBLED;
	for (size_t i = GARBLED + 1; i < ERRORS; i++) {
		if (strcmp(verdict->error, errors[i]) == 0)
			return i;
	}
	return EXCHANGE_ANSWERED;
}

void aws_metrics_count_attempt(struct aws_metrics *metrics, const char *target,
			       const struct exchange *exchange, const struct aws_verdict *verdict,
			       uint64_t took_us)
{
	metric_observe(&metrics->attempt_time[operation_of(target)], took_us);
	if (verdict->retry == RETRY_THROTTLED)
		metric_add(&metrics->throttles, 1);
	if (verdict->result != RESULT_OK)
		metric_add(&metrics->errors[error_of(exchange, verdict)], 1);
}

static metric_counter *counter_of(struct aws_metrics *metrics, size_t i)
{
	return (metric_counter *)((char *)metrics + counters[i].offset);
}

static uint64_t value_of(const struct aws_metrics *metrics, size_t i)
{
	return metric_get((const metric_counter *)((const char *)metrics + counters[i].offset));
}

void aws_metrics_add(struct aws_metrics *sum, const struct aws_metrics *from)
{
	for (size_t i = 0; i < COUNTERS; i++)
		metric_add(counter_of(sum, i), value_of(from, i));
	for (size_t i = 0; i < AWS_METRICS_RESULTS; i++)
		metric_add(&sum->results[i], metric_get(&from->results[i]));
	for (size_t i = 0; i < ERRORS; i++)
		metric_add(&sum->errors[i], metric_get(&from->errors[i]));
	for (size_t i = 0; i < OPERATIONS; i++)
		metric_histogram_add(&sum->attempt_time[i], &from->attempt_time[i]);
}

static void write_results(struct buf *out, const struct aws_metrics_sum *sum)
{
	char labels[LABELS_SIZE];

	for (size_t i = 0; i < AWS_METRICS_RESULTS; i++) {
		snprintf(labels, sizeof(labels), "service=\"%s\",result=\"%s\"", sum->service,
			 result_name((enum result)i));
		metric_write(out, "shopd_aws_calls_total", labels,
			     metric_get(&sum->metrics->results[i]));
	}
}

static void write_errors(struct buf *out, const struct aws_metrics_sum *sum)
{
	char labels[LABELS_SIZE];

	for (size_t i = 0; i < ERRORS; i++) {
		uint64_t count = metric_get(&sum->metrics->errors[i]);

		if (count == 0)
			continue;
		snprintf(labels, sizeof(labels), "service=\"%s\",error=\"%s\"", sum->service,
			 errors[i]);
		metric_write(out, "shopd_aws_errors_total", labels, count);
	}
}

static void write_counter(struct buf *out, const struct aws_metrics_sum *sum, size_t i)
{
	char labels[LABELS_SIZE];

	snprintf(labels, sizeof(labels), "service=\"%s\"", sum->service);
	if (counters[i].is_millis)
		metric_write_millis(out, counters[i].name, labels, value_of(sum->metrics, i));
	else
		metric_write(out, counters[i].name, labels, value_of(sum->metrics, i));
}

/* Of those that were asked for: nobody needs the fifteen lines of the others. */
static void write_times(struct buf *out, const struct aws_metrics_sum *sum)
{
	char labels[LABELS_SIZE];

	for (size_t i = 0; i < OPERATIONS; i++) {
		const struct metric_histogram *time = &sum->metrics->attempt_time[i];

		if (metric_histogram_count(time) == 0)
			continue;
		snprintf(labels, sizeof(labels), "service=\"%s\",operation=\"%s\"", sum->service,
			 operations[i]);
		metric_write_histogram(out, "shopd_aws_attempt_seconds", labels, time);
	}
}

void aws_metrics_write(struct buf *out, const struct aws_metrics_sum *sums, size_t count)
{
	metric_write_head(out, "shopd_aws_calls_total", "counter",
			  "Calls to AWS by what they came to, each with its retries.");
	for (size_t i = 0; i < count; i++)
		write_results(out, &sums[i]);
	metric_write_head(out, "shopd_aws_errors_total", "counter",
			  "Requests to AWS that failed, by what failed or the error's name.");
	for (size_t i = 0; i < count; i++)
		write_errors(out, &sums[i]);
	for (size_t i = 0; i < COUNTERS; i++) {
		metric_write_head(out, counters[i].name, counters[i].is_gauge ? "gauge" : "counter",
				  counters[i].help);
		for (size_t k = 0; k < count; k++)
			write_counter(out, &sums[k], i);
	}
	metric_write_head(out, "shopd_aws_attempt_seconds", "histogram",
			  "Time of one request to AWS, waiting for a connection included.");
	for (size_t i = 0; i < count; i++)
		write_times(out, &sums[i]);
}
