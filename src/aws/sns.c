#include "aws/sns.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "aws/sns_answer.h"
#include "aws/sns_request.h"
#include "base/log.h"

/* Each byte may take three, and names and ids come on top. */
enum { REQUEST_MAX = 4 * SNS_SIZE_MAX };

bool sns_topic_is_fifo(const char *topic_arn)
{
	static const char ending[] = ".fifo";
	size_t len = strlen(topic_arn);

	return len >= strlen(ending) && strcmp(topic_arn + len - strlen(ending), ending) == 0;
}

void sns_call_clear(struct sns_call *call)
{
	aws_call_clear(&call->call);
}

/* ------------------------------------------------------------------ the end */

/* The fate of what was sent, when no answer told it. */
static void settle(struct sns_call *call, enum sns_fate fate)
{
	for (size_t i = 0; i < call->count; i++) {
		if (call->outcomes[i].fate == SNS_UNKNOWN)
			call->outcomes[i].fate = fate;
	}
}

static void finish(struct sns_call *call, enum result result)
{
	call->result = result;
	call->done(call);
}

static bool take_answer(struct sns_call *call)
{
	struct span answer = call->call.answer;

	return call->is_batch ? sns_answer_batch(answer, call->outcomes, call->count)
			      : sns_answer_publish(answer, &call->outcomes[0]);
}

static void take_success(struct sns_call *call)
{
	if (take_answer(call)) {
		finish(call, RESULT_OK);
		return;
	}
	log_event(LOG_ERROR, "SNS answers what it was not asked",
		  LOG_F_STR("target", call->call.target),
		  LOG_F_STR("trace", call->await->trace_id));
	finish(call, RESULT_UNKNOWN);
}

static bool take_refusal(struct sns_call *call)
{
	const struct aws_call *aws = &call->call;

	return !call->is_batch && sns_answer_refusal(aws->status, aws->error, aws->answer,
						     call->is_to_topic, &call->outcomes[0]);
}

static bool expects(struct aws_call *aws)
{
	return take_refusal(aws->context);
}

static void on_done(struct aws_call *aws)
{
	struct sns_call *call = aws->context;

	if (aws->result == RESULT_OK) {
		take_success(call);
		return;
	}
	if (take_refusal(call)) {
		finish(call, RESULT_OK);
		return;
	}
	memcpy(call->error, aws->error, sizeof(call->error));
	settle(call, aws->is_uncertain ? SNS_UNKNOWN : SNS_UNSENT);
	finish(call, result_is_failure(aws->result) ? aws->result : RESULT_REFUSED);
}

static void on_task(struct loop_task *task)
{
	struct sns_call *call = task->context;

	finish(call, RESULT_OK);
}

/* ------------------------------------------------------------------ the beginning */

static struct buf *begin(const struct sns *sns, struct sns_call *call, size_t count)
{
	assert(call->await && call->done && !call->sns);
	call->sns = sns;
	call->count = count;
	call->task.run = on_task;
	call->task.context = call;
	call->call.await = call->await;
	call->call.done = on_done;
	call->call.expects = expects;
	call->call.context = call;
	aws_call_init_body(sns->client, &call->call, REQUEST_MAX);
	return &call->call.body;
}

/* Refuses a message that SNS would refuse, or says that it is to be sent. */
static bool judge(const struct sns_message *message, bool is_fifo, struct sns_outcome *outcome)
{
	const char *mistake = sns_request_find_mistake(message, is_fifo);

	if (!mistake) {
		outcome->fate = SNS_UNKNOWN;
		return true;
	}
	outcome->fate = SNS_REFUSED;
	outcome->is_sender_fault = true;
	snprintf(outcome->code, sizeof(outcome->code), "InvalidParameter");
	snprintf(outcome->message, sizeof(outcome->message), "%s", mistake);
	return false;
}

/* With nothing to send it is over, but not before the caller has returned. */
static void start(struct sns_call *call, bool is_something)
{
	call->call.target = call->is_batch ? "SNS.PublishBatch" : "SNS.Publish";
	if (is_something)
		aws_call_start(call->sns->client, &call->call);
	else
		loop_defer(call->sns->loop, &call->task);
}

void sns_publish(const struct sns *sns, struct sns_call *call, struct sns_target target,
		 const struct sns_message *message)
{
	struct buf *body = begin(sns, call, 1);
	bool is_good;

	call->is_to_topic = target.kind == SNS_TOPIC;
	if (call->is_to_topic)
		target.address = sns->topic_arn;
	is_good = judge(message, call->is_to_topic && sns_topic_is_fifo(target.address),
			&call->outcomes[0]);
	if (is_good)
		sns_request_publish(body, target, message);
	start(call, is_good);
}

void sns_publish_batch(const struct sns *sns, struct sns_call *call,
		       const struct sns_message *messages, size_t count)
{
	struct buf *body = begin(sns, call, count);
	bool is_fifo = sns_topic_is_fifo(sns->topic_arn);
	size_t size = 0;
	size_t sent = 0;

	assert(count > 0 && count <= SNS_BATCH_MAX);
	call->is_batch = true;
	sns_request_batch_begin(body, sns->topic_arn);
	for (size_t i = 0; i < count; i++) {
		if (!judge(&messages[i], is_fifo, &call->outcomes[i]))
			continue;
		size += sns_message_size(&messages[i]);
		if (size > SNS_SIZE_MAX) {
			call->outcomes[i].fate = SNS_UNSENT;
			break;
		}
		sns_request_batch_add(body, sent++, i, &messages[i], is_fifo);
	}
	start(call, sent > 0);
}
