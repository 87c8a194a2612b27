#include "scripted_sns.h"

#include <check.h>

static void on_done(struct sns_call *call)
{
	struct scripted_sns *on = call->context;

	ck_assert_ptr_eq(call, &on->call);
	ck_assert_msg(!on->is_done, "done was called twice");
	on->is_done = true;
}

void scripted_sns_renew(struct scripted_sns *on)
{
	on->is_done = false;
	on->await = (struct await){.deadline_us = on->aws.script.now_us + 10000000};
	on->call = (struct sns_call){.await = &on->await, .done = on_done, .context = on};
}

void scripted_sns_init(struct scripted_sns *on)
{
	*on = (struct scripted_sns){0};
	scripted_aws_init(&on->aws);
	on->aws.options.service = "sns";
	on->aws.options.protocol = &aws_protocol_query;
	on->aws.options.policy = &retry_policy_standard;
	scripted_aws_make_client(&on->aws);
	on->sns = (struct sns){.client = on->aws.client,
			       .loop = on->aws.script.loop,
			       .topic_arn = SNS_TOPIC_ARN};
	scripted_sns_renew(on);
}

void scripted_sns_clear(struct scripted_sns *on)
{
	sns_call_clear(&on->call);
	scripted_aws_clear(&on->aws);
}

void scripted_sns_run(struct scripted_sns *on)
{
	ck_assert_msg(!on->is_done, "done was called from within the start");
	script_run(&on->aws.script, &on->is_done, 30000000);
	ck_assert(on->is_done);
}
