/*
 * A client of AWS on a scripted transport, with permanent keys, for all that is built on one.
 */
#ifndef SHOPD_TEST_SCRIPTED_AWS_H
#define SHOPD_TEST_SCRIPTED_AWS_H

#include "aws/aws_call.h"
#include "scripted.h"

struct scripted_aws {
	struct script script;
	struct digest *digest;
	struct origin origin;
	struct aws_metrics metrics;
	struct credentials *credentials;
	struct aws_client_options options; /* may be changed before scripted_aws_make_client */
	struct aws_client *client;
};

/* With a client. */
void scripted_aws_init(struct scripted_aws *aws);
/* Another client with the options as they are now. */
void scripted_aws_make_client(struct scripted_aws *aws);
void scripted_aws_clear(struct scripted_aws *aws);

/* An error answer of DynamoDB. */
#define AWS_ERROR(name) \
	{.status = 400, .body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" name "\"}"}

#endif
