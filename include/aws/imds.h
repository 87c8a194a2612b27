/*
 * Credentials of the instance's role from the EC2 instance metadata service, version 2 only.
 *
 * A fetch asks three things in turn: a session token (kept for the next fetch), the name of the
 * role, the role's keys. Each has one second: the service is on the same machine.
 *
 * Source: Amazon EC2 User Guide, "Use the Instance Metadata Service" and "IAM roles for Amazon
 * EC2".
 */
#ifndef SHOPD_AWS_IMDS_H
#define SHOPD_AWS_IMDS_H

#include <stdbool.h>

#include "aws/keys.h"
#include "base/result.h"
#include "base/text.h"
#include "io/exchange.h"
#include "io/loop.h"

struct imds;

struct imds_options {
	const char *endpoint; /* "http://169.254.169.254", with or without a slash at its end */
	struct loop *loop;
	struct transport *transport;
};

/* New; NULL when out of memory. The options' texts are copied. */
struct imds *imds_new(const struct imds_options *options);
/* No fetch may be under way. */
void imds_free(struct imds *imds);

/*
 * Called once for each fetch, never from within imds_fetch. The keys are borrowed, and NULL when
 * the fetch failed; why was logged then.
 */
typedef void imds_done(void *context, const struct aws_keys *keys);

/* One fetch at a time. */
void imds_fetch(struct imds *imds, imds_done *done, void *context);

/* True with `keys` (cleared before) set from the service's JSON; false when it has none. */
MUST_CHECK bool imds_parse_keys(struct span text, struct aws_keys *keys);

#endif
