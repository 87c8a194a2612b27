#include "domain/notification.h"

#include <stdio.h>
#include <string.h>

#include "base/arn.h"
#include "base/json_exact.h"
#include "domain/contact.h"
#include "domain/event.h"
#include "domain/field_apply.h"

enum { PATH_SIZE = VALIDATION_FIELD_MAX + 1, ARN_MAX = 2048 };

static const char *const channels[] = {"topic", "sms", "endpoint", "none", NULL};

/* Which field a channel cannot do without. */
static const struct {
	const char *channel;
	const char *field;
} needs[] = {
	{"sms", "phone"},
	{"endpoint", "target_arn"},
};

/* Nothing else: whoever can set preferences must not have the shop publish to its own topics. */
static void check_target(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	struct arn arn;

	field_check_line(field, path, value, validation);
	if (json_exact_is_string(value) &&
	    (!arn_parse(field_text(value), &arn) || !arn_is_endpoint(&arn)))
		validation_add(validation, path, MISTAKE_INVALID_TEXT,
			       "It must be the ARN of a mobile endpoint of SNS: arn:aws:sns:"
			       "<region>:<account>:endpoint/<platform>/<application>/<id>.");
}

static bool is_for_users(const json_t *name)
{
	enum event_type type;

	return event_find(field_text(name), &type) && event_is_for_users(type);
}

static bool is_repeated(const json_t *events, size_t index)
{
	const json_t *name = json_array_get(events, index);

	for (size_t i = 0; i < index; i++) {
		if (json_equal(json_array_get(events, i), name))
			return true;
	}
	return false;
}

static void check_event(const char *path, const json_t *events, size_t index,
			struct validation *validation)
{
	const json_t *name = json_array_get(events, index);

	if (!field_is_text(path, name, validation))
		return;
	if (!is_for_users(name))
		validation_add(validation, path, MISTAKE_NOT_ONE_OF,
			       "It must be an event for users, such as order.confirmed.");
	else if (is_repeated(events, index))
		validation_add(validation, path, MISTAKE_DUPLICATE, "Name each event once.");
}

static void check_events(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	char name[PATH_SIZE];

	if (!json_is_array(value)) {
		validation_add(validation, path, MISTAKE_WRONG_TYPE,
			       "It must be a list of events.");
		return;
	}
	if (json_array_size(value) > field->max) {
		validation_add(validation, path, MISTAKE_TOO_MANY,
			       "There are %zu; at most %zu are possible.", json_array_size(value),
			       field->max);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		snprintf(name, sizeof(name), "%s[%zu]", path, i);
		check_event(name, value, i, validation);
	}
}

/* Stored like the others, so that it goes when they are set again, but nobody can set it. */
static void check_refused(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation)
{
	(void)field;
	(void)value;
	validation_add(validation, path, MISTAKE_READ_ONLY,
		       "It is set by the server; leave it out.");
}

const struct field notification_fields[] = {
	{"channel", .is_required = true, .check = field_check_choice, .choices = channels},
	{"phone", .check = contact_check_phone},
	{"target_arn", .check = check_target, .min = 1, .max = ARN_MAX},
	{"events", .check = check_events, .max = 100},
	{"refused", .check = check_refused},
	{"version", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static void check_channel(const json_t *made, struct validation *validation)
{
	const json_t *channel = json_object_get(made, "channel");

	if (!json_exact_is_string(channel))
		return;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (span_equals(field_text(channel), needs[i].channel) &&
		    !json_object_get(made, needs[i].field))
			validation_add(validation, needs[i].field, MISTAKE_REQUIRED,
				       "It is required for the channel %s.", needs[i].channel);
	}
}

/* Elsewhere SNS would not let us publish, or not where we ask it. */
static void check_place(const json_t *made, const char *topic_arn, struct validation *validation)
{
	const json_t *target = json_object_get(made, "target_arn");
	struct arn topic;
	struct arn arn;

	if (topic_arn && json_exact_is_string(target) && arn_parse(span_of(topic_arn), &topic) &&
	    arn_parse(field_text(target), &arn) && arn_is_endpoint(&arn) &&
	    !arn_is_beside(&arn, &topic))
		validation_add(validation, "target_arn", MISTAKE_INVALID_TEXT,
			       "It must be an endpoint in the account and the region of the "
			       "shop's own topic.");
}

json_t *notification_apply(const json_t *body, const char *topic_arn, struct validation *validation)
{
	const struct field_input input = {notification_fields, FIELD_CREATE, false, body};
	json_t *made = field_apply(&input, NULL, validation);

	if (!made)
		return NULL;
	check_channel(made, validation);
	check_place(made, topic_arn, validation);
	if (!json_object_get(made, "events") &&
	    json_object_set_new_nocheck(made, "events", json_array()) != 0)
		validation->has_failed = true;
	return field_judge(made, validation);
}

json_t *notification_none(void)
{
	return json_pack("{s:s, s:[]}", "channel", "none", "events");
}
