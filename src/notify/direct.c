#include "notify/direct.h"

#include <string.h>

#include "base/log.h"
#include "notify/event_message.h"
#include "repo/notification_target.h"

/* What SNS says when it is the target's own fault, which publishing again does not mend. */
static const char *const targets_faults[] = {
	"EndpointDisabled",
	"InvalidParameter",
	"InvalidParameterValue",
	"ParameterValueInvalid",
	"ValidationException",
	"NotFound",
	"OptedOut",
};

struct telling {
	struct following *following;
	struct await *await;
	struct await step; /* of one operation after the other */
	char user_id[ID_SIZE];
	struct notification_target target;
	struct sns_call call;
};

static void finish(struct telling *telling, enum result result)
{
	sns_call_clear(&telling->call);
	await_finish(telling->await, result);
}

/* ------------------------------------------------------------------ refused */

static bool is_targets_fault(const struct sns_outcome *outcome)
{
	for (size_t i = 0; i < sizeof(targets_faults) / sizeof(targets_faults[0]); i++) {
		if (strcmp(outcome->code, targets_faults[i]) == 0)
			return outcome->is_sender_fault;
	}
	return false;
}

static void on_marked(struct await *step)
{
	finish(step->context, step->result);
}

/* SNS's own words may name the phone number, so its code is kept, and no more. */
static void mark_target(struct telling *telling, const struct sns_outcome *outcome)
{
	log_event(LOG_WARNING, "a user's phone or endpoint refuses notifications",
		  LOG_F_STR("user_id", telling->user_id), LOG_F_STR("error", outcome->code));
	telling->step.resume = on_marked;
	notification_target_refuse(telling->following->repo, telling->user_id,
				   telling->target.version, outcome->code, &telling->step);
}

static void take_refusal(struct telling *telling, const struct sns_outcome *outcome)
{
	if (is_targets_fault(outcome)) {
		mark_target(telling, outcome);
		return;
	}
	telling->following->reason =
		arena_copy(telling->await->arena, outcome->code, strlen(outcome->code));
	finish(telling, RESULT_REFUSED);
}

/* ------------------------------------------------------------------ telling */

static void on_published(struct sns_call *call)
{
	struct telling *telling = call->context;

	if (call->result != RESULT_OK)
		finish(telling, call->result);
	else if (call->outcomes[0].fate == SNS_REFUSED)
		take_refusal(telling, &call->outcomes[0]);
	else
		finish(telling,
		       call->outcomes[0].fate == SNS_ACCEPTED ? RESULT_OK : RESULT_UNKNOWN);
}

/* Like all other events when there is no topic. Whose phone it is stays out of the log. */
static void write_to_log(struct telling *telling, const struct sns_message *message)
{
	log_event(LOG_INFO, "event for a user", LOG_F_STR("user_id", telling->user_id),
		  LOG_F_STR("message", message->body));
	finish(telling, RESULT_OK);
}

static void publish(struct telling *telling)
{
	const struct following *following = telling->following;
	bool is_phone = telling->target.channel == NOTIFICATION_SMS;
	struct sns_message message;

	if (!(is_phone ? event_message_make_text
		       : event_message_make)(following->event, telling->await->arena, &message)) {
		finish(telling, RESULT_NO_MEMORY);
		return;
	}
	if (!following->sns->topic_arn) {
		write_to_log(telling, &message);
		return;
	}
	telling->call = (struct sns_call){
		.await = &telling->step,
		.done = on_published,
		.context = telling,
	};
	sns_publish(following->sns, &telling->call,
		    (struct sns_target){is_phone ? SNS_PHONE : SNS_ENDPOINT,
					telling->target.address},
		    &message);
}

static void on_target(struct await *step)
{
	struct telling *telling = step->context;

	if (step->result != RESULT_OK || telling->target.channel == NOTIFICATION_NOWHERE)
		finish(telling, step->result);
	else
		publish(telling);
}

void direct_tell(struct following *following, struct await *await)
{
	struct telling *telling = arena_alloc(await->arena, sizeof(*telling));
	struct span user_id = following->event->user_id;

	await_start(await);
	if (!telling || user_id.len != ID_LEN) {
		await_finish(await, telling ? RESULT_OK : RESULT_NO_MEMORY);
		return;
	}
	telling->following = following;
	telling->await = await;
	memcpy(telling->user_id, user_id.data, ID_LEN);
	telling->step = (struct await){
		.deadline_us = await->deadline_us,
		.arena = await->arena,
		.resume = on_target,
		.context = telling,
	};
	notification_target_find(following->repo, telling->user_id, following->event->type,
				 &telling->target, &telling->step);
}
