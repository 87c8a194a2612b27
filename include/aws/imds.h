/*
 * The EC2 instance metadata service, version 2 only: credentials of the instance's role, and the
 * region that it is in.
 *
 * A fetch asks several things in turn: a session token (kept for the next fetch), the name of the
 * role, the role's keys. Each has one second: the service is on the same machine.
 *
 * Source: Amazon EC2 User Guide, "Use the Instance Metadata Service" and "IAM roles for Amazon
 * EC2".
 */
#ifndef SHOPD_AWS_IMDS_H
#define SHOPD_AWS_IMDS_H

#include <stdbool.h>

#include "aws/provider.h"

enum { IMDS_REGION_SIZE = 33 };

struct imds_options {
	const char *endpoint; /* "http://169.254.169.254", with or without a slash at its end */
	struct loop *loop;
	struct transport *transport;
};

/* New; NULL when out of memory. The options' texts are copied. */
struct imds *imds_new(const struct imds_options *options);
/* No fetch may be under way. */
void imds_free(struct imds *imds);

/* Fetches the role's keys. One fetch at a time; `done` is never called from within. */
void imds_fetch(struct imds *imds, provider_done *done, void *context);

/* The end of a question for the region: its name, or "" and why. */
typedef void imds_region_done(void *context, const char *region, const char *why);

/* The same for the region. */
void imds_find_region(struct imds *imds, imds_region_done *done, void *context);

#endif
