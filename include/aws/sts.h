/*
 * The two operations of STS that give credentials for a role: AssumeRole, which is signed with
 * other credentials, and AssumeRoleWithWebIdentity, which shows a token instead.
 *
 * There are no retries here: who needs credentials asks again.
 *
 * Source: AWS Security Token Service API Reference, version 2011-06-15.
 */
#ifndef SHOPD_AWS_STS_H
#define SHOPD_AWS_STS_H

#include <stdint.h>

#include "aws/keys.h"
#include "aws/provider.h"
#include "base/digest.h"
#include "io/exchange.h"
#include "io/loop.h"

enum { STS_TOKEN_MAX = 20000 }; /* characters of a web identity token */

struct sts;

struct sts_options {
	const char *endpoint; /* "https://sts.eu-west-1.amazonaws.com" */
	const char *region;
	struct loop *loop;
	struct transport *transport;
	struct digest *digest;
};

/* New; NULL when out of memory. The texts are borrowed. */
struct sts *sts_new(const struct sts_options *options);
/* Nothing may be under way. */
void sts_free(struct sts *sts);

struct sts_request {
	const char *role_arn;
	const char *session_name;
	const char *external_id; /* NULL: none */
	uint64_t duration_s;     /* 0: STS's default, an hour */
	/* one of these two */
	const struct aws_keys *keys;
	struct span token;
};

/* One at a time. What the request borrows need not outlive the call. */
void sts_assume_role(struct sts *sts, const struct sts_request *request, provider_done *done,
		     void *context);

/* The same with a token that is read from a file: AssumeRoleWithWebIdentity. */
void sts_assume_role_by_token(struct sts *sts, const struct sts_request *request,
			      const char *token_file, provider_done *done, void *context);

/* True with `keys` (cleared before) set from the answer of either operation. */
MUST_CHECK bool sts_parse_keys(struct span text, struct aws_keys *keys);

#endif
