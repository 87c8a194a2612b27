/*
 * Where an AWS service is in a region: its host follows from a few rules and a table of partitions.
 *
 * Good for services whose hosts follow the common rules in all regions: dynamodb, sns, sts.
 *
 * Source: AWS General Reference, "AWS service endpoints", and the endpoint rule sets that the SDKs
 * share.
 */
#ifndef SHOPD_BASE_ENDPOINT_H
#define SHOPD_BASE_ENDPOINT_H

#include <stdbool.h>

#include "base/buf.h"

struct endpoint_place {
	const char *region;
	bool uses_fips;      /* a host with validated cryptography */
	bool uses_dualstack; /* a host that has IPv6 addresses too */
};

/* Appends "https://dynamodb.eu-west-1.amazonaws.com". */
void endpoint_add_url(const struct endpoint_place *place, const char *service, struct buf *out);

/*
 * Appends where a region's Application Load Balancers publish the keys that they sign with, each
 * below it by its id: "https://public-keys.auth.elb.eu-west-1.amazonaws.com". GovCloud has them in
 * a bucket.
 *
 * Source: Elastic Load Balancing, "Authenticate users using an Application Load Balancer".
 */
void endpoint_add_balancer_keys_url(const char *region, struct buf *out);

#endif
