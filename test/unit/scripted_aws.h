/*
 * A client of AWS on a scripted transport, with permanent keys, and one call of it.
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

	struct await await; /* ten seconds */
	struct aws_call call;
	bool is_done;
};

/* With a client. */
void scripted_aws_init(struct scripted_aws *aws);
/* Another client with the options as they are now. */
void scripted_aws_make_client(struct scripted_aws *aws);
void scripted_aws_clear(struct scripted_aws *aws);

/* Fills in the call: a write with the body {"a":1}. */
void scripted_aws_prepare(struct scripted_aws *aws);
/* The same, and starts it. */
void scripted_aws_start(struct scripted_aws *aws);
/* The same, and runs until it is done. */
void scripted_aws_run(struct scripted_aws *aws);

/* An error answer of DynamoDB. */
#define AWS_ERROR(name)                                                              \
	{                                                                            \
		.status = 400,                                                       \
		.body = "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" name "\"}" \
	}

#endif
