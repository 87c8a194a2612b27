#include "domain/order_ending_body.h"

#include <stdio.h>
#include <string.h>

#include "domain/field_apply.h"

enum { PATH_SIZE = 64 };

#define REASON                                                            \
	{                                                                 \
		"reason", .check = field_check_line, .min = 1, .max = 200 \
	}
#define END                         \
	{                           \
		NULL, .check = NULL \
	}

static const struct field part_fields[] = {{"product_id", .is_required = true,
					    .check = field_check_id},
					   {"quantity", .is_required = true,
					    .check = field_check_integer, .smallest = "1",
					    .largest = "9999"},
					   END};

static bool is_named_before(const json_t *list, size_t index)
{
	const json_t *id = json_object_get(json_array_get(list, index), "product_id");

	for (size_t i = 0; id && i < index; i++) {
		if (json_equal(json_object_get(json_array_get(list, i), "product_id"), id))
			return true;
	}
	return false;
}

static void check_part(const char *path, const json_t *list, size_t index,
		       struct validation *validation)
{
	const struct field_input input = {part_fields, FIELD_CREATE, false,
					  json_array_get(list, index)};
	char at[PATH_SIZE];

	snprintf(at, sizeof(at), "%s[%zu]", path, index);
	json_decref(field_apply_at(at, &input, NULL, validation));
	if (!is_named_before(list, index))
		return;
	snprintf(at, sizeof(at), "%s[%zu].product_id", path, index);
	validation_add(validation, at, MISTAKE_DUPLICATE, "The product has a line already.");
}

static void check_parts(const struct field *field, const char *path, const json_t *value,
			struct validation *validation)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		validation_add(validation, path, MISTAKE_WRONG_TYPE, "It must be a list.");
	else if (count == 0)
		validation_add(validation, path, MISTAKE_TOO_SHORT, "It must have a line.");
	else if (count > field->max)
		validation_add(validation, path, MISTAKE_TOO_MANY,
			       "There are %zu; at most %zu are possible at a time.", count,
			       field->max);
	else
		for (size_t i = 0; i < count; i++)
			check_part(path, value, i, validation);
}

static const struct field cancel_fields[] = {REASON, END};

static const struct field return_fields[] = {{"lines", .is_required = true, .check = check_parts,
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
	const json_t *lines = json_object_get(body, "lines");

	if (!is_sound(return_fields, body, validation))
		return false;
	out->reason = json_string_value(json_object_get(body, "reason"));
	out->part_count = json_array_size(lines);
	for (size_t i = 0; i < out->part_count; i++) {
		const json_t *line = json_array_get(lines, i);

		memcpy(out->parts[i].product_id,
		       json_string_value(json_object_get(line, "product_id")), ID_SIZE);
		out->parts[i].quantity = field_integer(json_object_get(line, "quantity"));
	}
	return true;
}
