#include "scripted_dynamodb.h"

#include <check.h>

static void on_done(struct dynamodb_call *call)
{
	struct scripted_dynamodb *on = call->context;

	ck_assert_ptr_eq(call, &on->call);
	ck_assert_msg(!on->is_done, "done was called twice");
	on->is_done = true;
}

void scripted_dynamodb_renew(struct scripted_dynamodb *on)
{
	on->is_done = false;
	on->await = (struct await){.deadline_us = on->aws.script.now_us + 10000000,
				   .arena = &on->arena};
	on->call = (struct dynamodb_call){.await = &on->await, .done = on_done, .context = on};
}

void scripted_dynamodb_init(struct scripted_dynamodb *on)
{
	*on = (struct scripted_dynamodb){0};
	scripted_aws_init(&on->aws);
	on->db = (struct dynamodb){.client = on->aws.client,
				   .loop = on->aws.script.loop,
				   .table = "shop",
				   .partition_key = "pk"};
	scripted_dynamodb_renew(on);
}

void scripted_dynamodb_clear(struct scripted_dynamodb *on)
{
	dynamodb_call_clear(&on->call);
	arena_clear(&on->arena);
	scripted_aws_clear(&on->aws);
}

void scripted_dynamodb_run(struct scripted_dynamodb *on)
{
	ck_assert_msg(!on->is_done, "done was called from within the start");
	script_run(&on->aws.script, &on->is_done, 30000000);
	ck_assert(on->is_done);
}
