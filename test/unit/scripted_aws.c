#include "scripted_aws.h"

#include <check.h>

static const struct config config = {.access_key_id = "AKID", .secret_access_key = "secret"};

static void on_ready(void *context)
{
	*(bool *)context = true;
}

static void make_credentials(struct scripted_aws *aws)
{
	const struct credentials_options options = {
		.config = &config,
		.loop = aws->script.loop,
		.transport = &aws->script.transport,
		.digest = aws->digest,
	};
	bool is_ready = false;

	aws->credentials = credentials_new(&options);
	ck_assert_ptr_nonnull(aws->credentials);
	credentials_start(aws->credentials, on_ready, &is_ready);
	loop_turn(aws->script.loop, 0);
	ck_assert(is_ready);
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
		.protocol = &aws_protocol_json,
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
	aws->await.deadline_us = aws->script.now_us + 10000000;
}

void scripted_aws_make_client(struct scripted_aws *aws)
{
	aws_client_free(aws->client);
	aws->client = aws_client_new(&aws->options);
	ck_assert_ptr_nonnull(aws->client);
}

void scripted_aws_clear(struct scripted_aws *aws)
{
	aws_call_clear(&aws->call);
	aws_client_free(aws->client);
	credentials_stop(aws->credentials);
	credentials_free(aws->credentials);
	digest_free(aws->digest);
	script_clear(&aws->script);
}

static void on_done(struct aws_call *call)
{
	struct scripted_aws *aws = call->context;

	ck_assert_ptr_eq(call, &aws->call);
	ck_assert_msg(!aws->is_done, "done was called twice");
	aws->is_done = true;
}

void scripted_aws_prepare(struct scripted_aws *aws)
{
	aws->is_done = false;
	aws->call.target = "DynamoDB_20120810.PutItem";
	aws->call.await = &aws->await;
	aws->call.done = on_done;
	aws->call.context = aws;
	buf_init(&aws->call.body, 4096);
	buf_add_str(&aws->call.body, "{\"a\":1}");
}

void scripted_aws_start(struct scripted_aws *aws)
{
	scripted_aws_prepare(aws);
	aws_call_start(aws->client, &aws->call);
	ck_assert_msg(!aws->is_done, "done was called from within the start");
}

void scripted_aws_run(struct scripted_aws *aws)
{
	scripted_aws_start(aws);
	script_run(&aws->script, &aws->is_done, 30000000);
	ck_assert(aws->is_done);
}
