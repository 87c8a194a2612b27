/*
 * The bytes of a signed request: a fixed head, and the body behind it.
 *
 * The order of the headers never changes, so that requests compare well in captures. User-Agent,
 * the trace header and amz-sdk-… are sent but not signed, as the SDKs leave out what something on
 * the way may add or change; and what differs in each request would have to be hashed in each.
 */
#ifndef SHOPD_AWS_AWS_HEAD_H
#define SHOPD_AWS_AWS_HEAD_H

#include <stdbool.h>

#include "aws/keys.h"
#include "aws/sigv4.h"
#include "base/buf.h"
#include "base/result.h"

struct aws_head {
	const char *authority; /* Host */
	const char *content_type;
	const char *target;   /* X-Amz-Target, or NULL */
	const char *date;     /* X-Amz-Date, "20150830T123600Z" */
	const char *trace_id; /* X-Amzn-Trace-Id, or NULL; left out unless all visible ASCII */
	struct span body;

	/* amz-sdk-invocation-id: the same for all attempts of a call; NULL: no amz-sdk-… at all */
	const char *invocation;
	unsigned attempt; /* amz-sdk-request: which one this is, from 1, of how many at most */
	unsigned max_attempts;
};

/* Appends the whole request; unsigned if `keys` is NULL. False when memory or OpenSSL failed. */
MUST_CHECK bool aws_head_write(const struct aws_head *head, struct sigv4 *signer,
			       const struct aws_keys *keys, struct buf *out);

#endif
