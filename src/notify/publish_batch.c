#include "notify/publish_batch.h"

#include <string.h>

#include "base/log.h"
#include "notify/event_message.h"

static void on_sent(struct sns_call *call)
{
	struct publish_batch *batch = call->context;

	batch->result = call->result;
	memcpy(batch->error, call->error, sizeof(batch->error));
	memcpy(batch->outcomes, call->outcomes, sizeof(batch->outcomes));
	sns_call_clear(call);
	batch->done(batch);
}

static void on_task(struct loop_task *task)
{
	struct publish_batch *batch = task->context;

	batch->done(batch);
}

static void finish_later(struct publish_batch *batch, enum result result)
{
	batch->result = result;
	batch->task = (struct loop_task){.run = on_task, .context = batch};
	loop_defer(batch->sns->loop, &batch->task);
}

/* In the form of the message, so that whoever reads the log sees what subscribers would get. */
static void write_to_log(struct publish_batch *batch, const struct sns_message *messages)
{
	for (size_t i = 0; i < batch->count; i++) {
		log_event(LOG_INFO, "event", LOG_F_STR("type", event_name(batch->events[i]->type)),
			  LOG_F_STR("message", messages[i].body));
		batch->outcomes[i].fate = SNS_ACCEPTED;
	}
	finish_later(batch, RESULT_OK);
}

void publish_batch_start(struct publish_batch *batch)
{
	struct sns_message messages[SNS_BATCH_MAX];

	for (size_t i = 0; i < batch->count; i++) {
		if (!event_message_make(batch->events[i], batch->await->arena, &messages[i])) {
			finish_later(batch, RESULT_NO_MEMORY);
			return;
		}
	}
	if (!batch->sns->topic_arn) {
		write_to_log(batch, messages);
		return;
	}
	batch->call = (struct sns_call){.await = batch->await, .done = on_sent, .context = batch};
	sns_publish_batch(batch->sns, &batch->call, messages, batch->count);
}
