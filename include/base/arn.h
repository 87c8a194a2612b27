/*
 * The names of AWS resources: "arn:partition:service:region:account:resource".
 *
 * Source: AWS Identity and Access Management User Guide, "IAM identifiers"; Amazon SNS API
 * Reference, CreateTopic; Service Authorization Reference, "Elastic Load Balancing V2".
 */
#ifndef SHOPD_BASE_ARN_H
#define SHOPD_BASE_ARN_H

#include <stdbool.h>

#include "base/text.h"

struct arn {
	struct span partition; /* "aws" */
	struct span service;   /* "sns" */
	struct span region;    /* may be empty, as may be the account */
	struct span account;
	struct span resource; /* may hold colons */
};

/* Views the parts; false when there are fewer, or when it is no ASCII text without space. */
bool arn_parse(struct span text, struct arn *arn);

/*
 * True for a topic's: a region, an account of 12 digits, and a name of at most 256 letters, digits,
 * "-" and "_", behind which ".fifo" may be.
 */
bool arn_is_topic(const struct arn *arn);

/*
 * True for a mobile endpoint's: a region, an account of 12 digits, and
 * "endpoint/<platform>/<application>/<id>".
 */
bool arn_is_endpoint(const struct arn *arn);

/* True if both are of one service in one account and region. */
bool arn_is_beside(const struct arn *arn, const struct arn *other);

/* True for an Application Load Balancer's: "loadbalancer/app/<name>/<id>" in a region. */
bool arn_is_load_balancer(const struct arn *arn);

#endif
