#include "domain/order_ending_body.h"

#include "domain/field_apply.h"
#include "domain/order_parts_body.h"

#define REASON                                                            \
	{                                                                 \
		"reason", .check = field_check_line, .min = 1, .max = 200 \
	}
#define END                         \
	{                           \
		NULL, .check = NULL \
	}

static const struct field cancel_fields[] = {REASON, END};

static const struct field return_fields[] = {{"lines", .is_required = true,
					      .check = order_parts_check,
					      .max = ORDER_PART_LINES_MAX},
					     REASON,
					     END};

static bool is_sound(const struct field *fields, const json_t *body, struct validation *validation)
{
	json_decref(field_apply(&(struct field_input){fields, FIELD_CREATE, false, body}, NULL,
				validation));
	return validation_passes(validation);
}

bool order_ending_body_read_cancel(const json_t *body, struct validation *validation,
				   const char **reason)
{
	if (!is_sound(cancel_fields, body, validation))
		return false;
	*reason = json_string_value(json_object_get(body, "reason"));
	return true;
}

bool order_ending_body_read_return(const json_t *body, struct validation *validation,
				   struct return_body *out)
{
	if (!is_sound(return_fields, body, validation))
		return false;
	out->reason = json_string_value(json_object_get(body, "reason"));
	out->part_count = order_parts_read(json_object_get(body, "lines"), out->parts);
	return true;
}
