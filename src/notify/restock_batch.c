/*
 * Goes through phases, for all its recipients together. An operation's end only queues the batch's
 * task, so no step runs from within what it waited for.
 */
#include "notify/restock_batch.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "notify/direct.h"
#include "notify/event_message.h"

enum phase {
	OVER,
	SENDING,    /* to the topic */
	TELLING,    /* in person */
	FORGETTING, /* their subscriptions */
};

static void queue(struct restock_batch *batch)
{
	loop_defer(batch->means->loop, &batch->task);
}

static void on_over(struct await *await)
{
	struct restock_recipient *recipient = await->context;

	queue(recipient->batch);
}

/* The first failure counts. */
static void fail(struct restock_batch *batch, enum result result)
{
	if (batch->result == RESULT_OK)
		batch->result = result;
}

static void leave(struct restock_batch *batch, struct restock_recipient *recipient,
		  const char *reason)
{
	recipient->stage = STAGE_LEFT;
	batch->left++;
	metric_add(&batch->means->metrics->left, 1);
	log_event(LOG_WARNING, "a subscriber cannot be told that a product is back",
		  LOG_F_STR("event_id", recipient->event.id),
		  LOG_F_STR("user_id", recipient->event.user_id), LOG_F_STR("error", reason));
}

static void begin(struct restock_recipient *recipient)
{
	struct restock_batch *batch = recipient->batch;

	recipient->is_busy = true;
	recipient->await = (struct await){
		.deadline_us = batch->deadline_us,
		.arena = &batch->arena,
		.resume = on_over,
		.context = recipient,
	};
}

/* True while something of the phase is under way. */
static bool is_busy(const struct restock_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->recipients[i].is_busy && batch->recipients[i].await.is_pending)
			return true;
	}
	return false;
}

static struct span mark_of(const struct restock_recipient *recipient)
{
	return span_of(recipient->subscriber->subscription.mark);
}

static void end(struct restock_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		unsaved_set(batch->unsaved, mark_of(&batch->recipients[i]),
			    batch->recipients[i].stage);
	batch->phase = OVER;
	batch->done(batch);
}

/* ------------------------------------------------------------------ forgetting */

static void take_forgotten(struct restock_batch *batch)
{
	if (is_busy(batch))
		return;
	for (size_t i = 0; i < batch->count; i++) {
		struct restock_recipient *recipient = &batch->recipients[i];

		if (!recipient->is_busy)
			continue;
		if (recipient->await.result != RESULT_OK) {
			fail(batch, recipient->await.result);
			continue;
		}
		if (recipient->stage == STAGE_DONE)
			batch->told++;
		recipient->stage = STAGE_NONE;
	}
	metric_add(&batch->means->metrics->told, batch->told);
	end(batch);
}

static void forget(struct restock_batch *batch)
{
	batch->phase = FORGETTING;
	for (size_t i = 0; i < batch->count; i++) {
		struct restock_recipient *recipient = &batch->recipients[i];

		recipient->is_busy = false;
		if (recipient->stage != STAGE_DONE && recipient->subscriber->is_there)
			continue;
		begin(recipient);
		subscriber_forget(batch->means->repo, &recipient->subscriber->subscription,
				  &recipient->await);
	}
	/* Also when there is nothing to wait for. */
	queue(batch);
}

/* ------------------------------------------------------------------ in person */

static void take_telling(struct restock_recipient *recipient)
{
	struct restock_batch *batch = recipient->batch;
	enum result result = recipient->await.result;

	if (result == RESULT_OK)
		recipient->stage = STAGE_DONE;
	else if (recipient->following.reason)
		leave(batch, recipient, recipient->following.reason);
	else
		fail(batch, result);
}

static void take_tellings(struct restock_batch *batch)
{
	if (is_busy(batch))
		return;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->recipients[i].is_busy)
			take_telling(&batch->recipients[i]);
	}
	forget(batch);
}

static void tell(struct restock_batch *batch)
{
	batch->phase = TELLING;
	for (size_t i = 0; i < batch->count; i++) {
		struct restock_recipient *recipient = &batch->recipients[i];

		recipient->is_busy = false;
		/* Without an event there was no memory for it: it is told the next time. */
		if (recipient->stage != STAGE_SENT || !recipient->event.told.id.data)
			continue;
		if (!recipient->subscriber->has_preferences) {
			recipient->stage = STAGE_DONE;
			continue;
		}
		begin(recipient);
		recipient->following = (struct following){
			.repo = batch->means->repo,
			.sns = batch->means->sns,
			.event = &recipient->event.told,
		};
		direct_tell(&recipient->following, &recipient->await);
	}
	queue(batch);
}

/* ------------------------------------------------------------------ to the topic */

static void take_outcome(struct restock_batch *batch, struct restock_recipient *recipient,
			 const struct sns_outcome *outcome)
{
	if (outcome->fate == SNS_ACCEPTED)
		recipient->stage = STAGE_SENT;
	else if (outcome->fate == SNS_REFUSED && outcome->is_sender_fault)
		leave(batch, recipient, outcome->code);
	else
		fail(batch, batch->call.result != RESULT_OK ? batch->call.result : RESULT_UNKNOWN);
}

static void on_sent(struct sns_call *call)
{
	struct restock_batch *batch = call->context;

	for (size_t i = 0; i < batch->send_count; i++)
		take_outcome(batch, batch->sending[i], &call->outcomes[i]);
	sns_call_clear(call);
	queue(batch);
}

/* As all events when there is no topic (publish_pass.c). */
static void write_to_log(struct restock_batch *batch, const struct sns_message *messages)
{
	for (size_t i = 0; i < batch->send_count; i++) {
		log_event(LOG_INFO, "event", LOG_F_STR("type", event_name(EVENT_STOCK_BACK)),
			  LOG_F_STR("message", messages[i].body));
		batch->sending[i]->stage = STAGE_SENT;
	}
	queue(batch);
}

static bool make_messages(struct restock_batch *batch, struct sns_message *messages)
{
	for (size_t i = 0; i < batch->send_count; i++) {
		if (!event_message_make(&batch->sending[i]->event.told, &batch->arena,
					&messages[i]))
			return false;
	}
	return true;
}

static void send(struct restock_batch *batch)
{
	struct sns_message messages[SNS_BATCH_MAX];

	batch->phase = SENDING;
	if (!make_messages(batch, messages)) {
		fail(batch, RESULT_NO_MEMORY);
		queue(batch);
		return;
	}
	if (!batch->means->sns->topic_arn) {
		write_to_log(batch, messages);
		return;
	}
	batch->await.deadline_us = batch->deadline_us;
	batch->await.arena = &batch->arena;
	batch->call = (struct sns_call){.await = &batch->await, .done = on_sent, .context = batch};
	sns_publish_batch(batch->means->sns, &batch->call, messages, batch->send_count);
}

/* ------------------------------------------------------------------ step by step */

static void on_task(struct loop_task *task)
{
	struct restock_batch *batch = task->context;

	switch ((enum phase)batch->phase) {
	case SENDING:
		tell(batch);
		break;
	case TELLING:
		take_tellings(batch);
		break;
	case FORGETTING:
		take_forgotten(batch);
		break;
	case OVER:
		break;
	}
}

static void prepare(struct restock_batch *batch, size_t index)
{
	struct restock_recipient *recipient = &batch->recipients[index];
	const struct subscriber *subscriber = &batch->subscribers[index];

	*recipient = (struct restock_recipient){.batch = batch, .subscriber = subscriber};
	if (!subscriber->is_there)
		return;
	recipient->stage = unsaved_find(batch->unsaved, mark_of(recipient));
	if (recipient->stage == STAGE_DONE || recipient->stage == STAGE_LEFT)
		return;
	if (!restock_event_init(&recipient->event, batch->restock, subscriber->subscription.user_id,
				batch->means->repo->digest))
		fail(batch, RESULT_NO_MEMORY);
	else if (recipient->stage == STAGE_NONE)
		batch->sending[batch->send_count++] = recipient;
}

void restock_batch_start(struct restock_batch *batch)
{
	assert(batch->count >= 1 && batch->count <= SNS_BATCH_MAX);
	arena_reset(&batch->arena);
	batch->task.run = on_task;
	batch->task.context = batch;
	batch->result = RESULT_OK;
	batch->told = 0;
	batch->left = 0;
	batch->send_count = 0;
	for (size_t i = 0; i < batch->count; i++)
		prepare(batch, i);
	if (batch->send_count > 0) {
		send(batch);
		return;
	}
	batch->phase = SENDING;
	queue(batch);
}

void restock_batch_clear(struct restock_batch *batch)
{
	loop_defer_off(batch->means->loop, &batch->task);
	arena_clear(&batch->arena);
}
