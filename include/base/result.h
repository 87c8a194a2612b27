/*
 * What an operation came to: one value for every layer.
 *
 * "Answers" are outcomes that the caller must decide about (there is no such item, the condition
 * did not hold). "Failures" are outcomes that no caller can do anything about but say "try again
 * later". Our own mistakes are neither: those are asserts.
 *
 * Checklist for a new value: its place (answer or failure), its name in result.c, and for a failure
 * what http/reply.c tells the client.
 */
#ifndef SHOPD_BASE_RESULT_H
#define SHOPD_BASE_RESULT_H

#include <stdbool.h>

enum result {
	RESULT_OK,

	/* answers */
	RESULT_NOT_FOUND, /* no such item */
	RESULT_NO_OWNER,  /* nor is there what it would belong to */
	RESULT_EXISTS,    /* it exists already, and it is not ours */
	RESULT_CONFLICT,  /* the version or state that was asked for does not hold */
	RESULT_IN_USE,    /* something else still depends on it */
	RESULT_INVALID,   /* the input breaks a rule; the details are elsewhere */
	RESULT_TOO_LARGE, /* bigger than what can be stored or searched */

	/* failures */
	RESULT_THROTTLED,   /* the service asked us to slow down, and retries did not help */
	RESULT_TIMEOUT,     /* the request's own deadline has passed */
	RESULT_UNREACHABLE, /* no connection, or no credentials to sign with */
	RESULT_UNKNOWN,     /* sent, but no answer came: a write may or may not have happened */
	RESULT_OVERLOADED,  /* our own queue is full */
	RESULT_REFUSED, /* the service refuses us: rights, signature, or a request it cannot read */
	RESULT_GARBLED, /* an answer that makes no sense */
	RESULT_SHUTDOWN, /* the daemon is stopping */
	RESULT_NO_MEMORY,

	/* neither: the request's key decides, the engine answers; see base/idempotency.h */
	RESULT_REPEATED,
};

/* True for all behind the answers, RESULT_REPEATED too: nothing a step could decide about. */
bool result_is_failure(enum result result);

/* A short constant name in snake_case for log lines and metrics. */
const char *result_name(enum result result);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
