#include "domain/delivery_body.h"

#include <string.h>

#include "domain/field_apply.h"
#include "domain/order_parts_body.h"

/* A time as carriers give it, of whatever offset. */
static void check_time(const struct field *field, const char *path, const json_t *value,
		       struct validation *validation)
{
	int64_t time_ms;

	(void)field;
	if (field_is_text(path, value, validation) &&
	    !clock_parse_rfc3339_anywhere(json_string_value(value), json_string_length(value),
					  &time_ms))
		validation_add(validation, path, MISTAKE_INVALID_TIME,
			       "It must be a time of RFC 3339 such as 2026-11-24T08:15:00+01:00.");
}

#define TEXT(name, is_needed, most)                                                    \
	{                                                                              \
		name, .is_required = (is_needed), .check = field_check_line, .min = 1, \
		      .max = (most)                                                    \
	}

static const char *const first_statuses[] = {"pending", "shipped", NULL};

static const struct field new_fields[] = {
	TEXT("carrier", true, DELIVERY_TEXT_MAX),
	TEXT("tracking_number", true, DELIVERY_TEXT_MAX),
	{"status", .check = field_check_choice, .choices = first_statuses},
	{"lines", .check = order_parts_check, .max = ORDER_PART_LINES_MAX},
	{"id", FIELD_SERVERS, .check = NULL},
	{"order_id", FIELD_SERVERS, .check = NULL},
	{"tracking_status", FIELD_SERVERS, .check = NULL},
	{"tracked_at", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static const char *const later_statuses[] = {"shipped", "cancelled", NULL};

/* "Required" of a change means that null is not taken. */
static const struct field patch_fields[] = {
	TEXT("carrier", true, DELIVERY_TEXT_MAX),
	TEXT("tracking_number", true, DELIVERY_TEXT_MAX),
	{"status", .is_required = true, .check = field_check_choice, .choices = later_statuses},
	{"lines", FIELD_SERVERS, .check = NULL},
	{"id", FIELD_SERVERS, .check = NULL},
	{"order_id", FIELD_SERVERS, .check = NULL},
	{"tracking_status", FIELD_SERVERS, .check = NULL},
	{"tracked_at", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static const struct field report_fields[] = {
	TEXT("event_id", true, DELIVERY_EVENT_ID_MAX),
	{"tracking_status", .is_required = true, .check = field_check_choice,
	 .choices = tracking_status_names},
	{"time", .is_required = true, .check = check_time},
	TEXT("place", false, DELIVERY_PLACE_MAX),
	{NULL, .check = NULL},
};

static bool is_sound(const struct field_input *input, struct validation *validation)
{
	json_decref(field_apply(input, NULL, validation));
	return validation_passes(validation);
}

static const char *text_of(const json_t *body, const char *name)
{
	return json_string_value(json_object_get(body, name));
}

bool delivery_body_read(const json_t *body, struct validation *validation,
			struct delivery_body *out)
{
	const char *status = text_of(body, "status");

	if (!is_sound(&(struct field_input){new_fields, FIELD_CREATE, false, body}, validation))
		return false;
	out->carrier = text_of(body, "carrier");
	out->tracking_number = text_of(body, "tracking_number");
	out->is_pending = status && strcmp(status, "pending") == 0;
	out->part_count = order_parts_read(json_object_get(body, "lines"), out->parts);
	return true;
}

bool delivery_body_read_patch(const json_t *body, struct validation *validation,
			      struct delivery_patch *out)
{
	const json_t *status = json_object_get(body, "status");
	enum delivery_status wanted = DELIVERY_PENDING;

	if (!is_sound(&(struct field_input){patch_fields, FIELD_PATCH, false, body}, validation))
		return false;
	*out = (struct delivery_patch){
		.carrier = text_of(body, "carrier"),
		.tracking_number = text_of(body, "tracking_number"),
		.has_status = status && delivery_status_find(field_text(status), &wanted),
	};
	out->status = wanted;
	return true;
}

bool delivery_body_read_report(const json_t *body, int64_t now_ms, struct validation *validation,
			       struct delivery_report *out)
{
	struct span time = field_text(json_object_get(body, "time"));
	int64_t time_ms = 0;

	if (is_sound(&(struct field_input){report_fields, FIELD_CREATE, false, body}, validation) &&
	    clock_parse_rfc3339_anywhere(time.data, time.len, &time_ms) &&
	    time_ms > now_ms + DELIVERY_AHEAD_MS)
		validation_add(validation, "time", MISTAKE_IN_FUTURE,
			       "It is more than a day in the future.");
	if (!validation_passes(validation))
		return false;
	out->event_id = text_of(body, "event_id");
	out->place = text_of(body, "place");
	(void)!tracking_status_find(field_text(json_object_get(body, "tracking_status")),
				    &out->status);
	clock_format_rfc3339(time_ms, out->time);
	return true;
}
