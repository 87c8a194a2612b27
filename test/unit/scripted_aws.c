#include "scripted_aws.h"

#include <check.h>

static void make_credentials(struct scripted_aws *aws)
{
	const struct credentials_options options = {
		.access_key_id = "AKID",
		.secret_access_key = "secret",
		.loop = aws->script.loop,
		.transport = &aws->script.transport,
	};

	aws->credentials = credentials_new(&options);
	ck_assert_ptr_nonnull(aws->credentials);
}

void scripted_aws_init(struct scripted_aws *aws)
{
	*aws = (struct scripted_aws){0};
	script_init(&aws->script);
	aws->digest = digest_new();
	ck_assert_ptr_nonnull(aws->digest);
	aws->origin = (struct origin){.url = "http://db:1", .authority = "db:1"};
	make_credentials(aws);
	aws->options = (struct aws_client_options){
		.service = "dynamodb",
		.region = "eu-west-1",
		.content_type = "application/x-amz-json-1.0",
		.origin = &aws->origin,
		.transport = &aws->script.transport,
		.loop = aws->script.loop,
		.credentials = aws->credentials,
		.digest = aws->digest,
		.metrics = &aws->metrics,
		.policy = &retry_policy_dynamodb,
		.attempt_timeout_us = 1500000,
		.answer_max = 1 << 20,
		.random = script_random,
		.random_context = &aws->script,
	};
	scripted_aws_make_client(aws);
}

void scripted_aws_make_client(struct scripted_aws *aws)
{
	aws_client_free(aws->client);
	aws->client = aws_client_new(&aws->options);
	ck_assert_ptr_nonnull(aws->client);
}

void scripted_aws_clear(struct scripted_aws *aws)
{
	aws_client_free(aws->client);
	credentials_stop(aws->credentials);
	credentials_free(aws->credentials);
	digest_free(aws->digest);
	script_clear(&aws->script);
}
