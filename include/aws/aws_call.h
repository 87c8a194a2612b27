/*
 * One signed call to an AWS service, with retries.
 *
 * A call does: sign, send, check the answer's checksum, decide, back off, again; all within the
 * deadline of the await that it works for. It never waits for credentials: when there are none, it
 * fails. What came of it is one enum result; the name of an AWS error is there for those who must
 * tell one from another.
 *
 * Fate: when an attempt ended without an answer, a write may have happened. `is_uncertain` stays
 * set from then on, whatever a later attempt says; the caller must know how to tell (see
 * dynamodb.h). Such a call never ends with another failure than RESULT_UNKNOWN.
 *
 * Retries follow the AWS SDKs' standard mode of 2026; the figures are in retry.h. While the
 * endpoint is down, attempts are not sent, and their calls fail at once; see circuit.h.
 */
#ifndef SHOPD_AWS_AWS_CALL_H
#define SHOPD_AWS_AWS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/aws_answer.h"
#include "aws/aws_metrics.h"
#include "aws/aws_protocol.h"
#include "aws/credentials.h"
#include "aws/retry.h"
#include "aws/service_clock.h"
#include "base/await.h"
#include "base/digest.h"
#include "base/id.h"
#include "io/exchange.h"
#include "io/loop.h"

struct aws_client_options {
	const char *service; /* "dynamodb", "sns": also the name in the credential scope */
	const char *region;
	const struct aws_protocol *protocol;
	const struct origin *origin;
	struct transport *transport;
	struct loop *loop;
	struct credentials *credentials;
	struct digest *digest;
	struct aws_metrics *metrics;         /* may be NULL */
	struct service_clock *service_clock; /* told what answers say; may be NULL */
	const struct retry_policy *policy;
	uint64_t max_attempts; /* 0: the policy's own */
	uint64_t attempt_timeout_us;
	size_t answer_max;                 /* bytes */
	uint32_t (*random)(void *context); /* uniform 32 bits; NULL: the kernel's */
	void *random_context;
};

struct aws_client;

/* New; NULL when out of memory. Everything in the options is borrowed. */
struct aws_client *aws_client_new(const struct aws_client_options *options);
/* No call may be under way. */
void aws_client_free(struct aws_client *client);

/*
 * Fails every call that is between two attempts, now and from now on, with RESULT_SHUTDOWN. Those
 * on the wire end when the transport says so.
 */
void aws_client_stop(struct aws_client *client);

/* Where the client counts, or NULL. */
struct aws_metrics *aws_client_metrics(const struct aws_client *client);
/* Uniform 32 bits from the client's source. */
uint32_t aws_client_random(const struct aws_client *client);

/* Zeroed at birth. May be started again, for another request, once it is done. */
struct aws_call {
	/* in */
	/* For X-Amz-Target, if the protocol has that, and the log: "DynamoDB_20120810.GetItem" */
	const char *target;
	bool is_read;        /* changes nothing, so its fate is never uncertain */
	struct buf body;     /* the request's body; cleared by aws_call_clear */
	struct await *await; /* whose deadline, trace id and account it is; not finished by this */
	void (*done)(struct aws_call *call); /* exactly once, never from within start */
	/* True for a failure that who started it deals with: it is not warned of. Or NULL. */
	bool (*expects)(struct aws_call *call);
	void *context;

	/* out, valid in done */
	enum result result;
	int status;                 /* of the last answer, or 0 */
	char error[AWS_ERROR_SIZE]; /* the AWS error's name without its prefix, "" for none */
	struct span answer;         /* the last answer's body: checked; borrowed from the call */
	/* Of a JSON answer. The client's, so it is good until done returns. */
	const struct json_index *index;
	bool is_uncertain; /* an attempt's fate is unknown */
	unsigned attempts;

	/* private */
	struct aws_client *client; /* NULL: never started */
	struct exchange exchange;
	struct loop_timer timer;
	struct loop_task task;
	struct credentials_wait wait;
	struct retry_state retry;
	char invocation[ID_SIZE]; /* names the call in all its attempts */
	uint64_t keys_generation;
	int64_t clock_offset_ms; /* the client's when the attempt under way was dated */
	uint64_t attempt_began_us;
	bool has_refreshed_credentials;
	bool is_probe;            /* the attempt under way, of the client's circuit */
	bool is_cut_off;          /* the circuit did not let it through */
	bool is_between_attempts; /* then in the client's list */
	struct aws_call *next;
	struct aws_call *previous;
};

/* Begins the body of a call that was not started yet, in memory that an earlier call had. */
void aws_call_init_body(struct aws_client *client, struct aws_call *call, size_t max);

/*
 * Starts a call. RESULT_OK for any 2xx; RESULT_CONFLICT for the errors that the caller decides
 * about (ConditionalCheckFailedException, TransactionCanceledException,
 * TransactionConflictException, IdempotentParameterMismatchException); RESULT_NOT_FOUND for
 * ResourceNotFoundException; RESULT_EXISTS for ResourceInUseException; else a failure. A body that
 * could not be built is RESULT_NO_MEMORY.
 */
void aws_call_start(struct aws_client *client, struct aws_call *call);

/* The same, but the first attempt is made `delay_us` from now. */
void aws_call_start_later(struct aws_client *client, struct aws_call *call, uint64_t delay_us);

/* Releases the buffers, after done. */
void aws_call_clear(struct aws_call *call);

#endif
