#include "domain/order_parts_body.h"

#include <stdio.h>
#include <string.h>

#include "domain/field_apply.h"

enum { PATH_SIZE = 64 };

static const struct field part_fields[] = {
	{"product_id", .is_required = true, .check = field_check_id},
	{"quantity", .is_required = true, .check = field_check_integer, .smallest = "1",
	 .largest = "9999"},
	{NULL, .check = NULL},
};

static const json_t *id_at(const json_t *lines, size_t index)
{
	return json_object_get(json_array_get(lines, index), "product_id");
}

static bool is_repeated(const json_t *lines, size_t index)
{
	const json_t *id = id_at(lines, index);

	for (size_t i = 0; id && i < index; i++) {
		if (json_equal(id_at(lines, i), id))
			return true;
	}
	return false;
}

static void check_line(const char *path, const json_t *lines, size_t index,
		       struct validation *validation)
{
	const struct field_input input = {part_fields, FIELD_CREATE, false,
					  json_array_get(lines, index)};
	char at[PATH_SIZE];

	snprintf(at, sizeof(at), "%s[%zu]", path, index);
	json_decref(field_apply_at(at, &input, NULL, validation));
	if (!is_repeated(lines, index))
		return;
	snprintf(at, sizeof(at), "%s[%zu].product_id", path, index);
	validation_add(validation, at, MISTAKE_DUPLICATE, "The product has a line already.");
}

void order_parts_check(const struct field *field, const char *path, const json_t *value,
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
			check_line(path, value, i, validation);
}

size_t order_parts_read(const json_t *lines, struct order_part *parts)
{
	size_t count = json_array_size(lines);

	for (size_t i = 0; i < count; i++) {
		const json_t *line = json_array_get(lines, i);

		memcpy(parts[i].product_id, json_string_value(id_at(lines, i)), ID_SIZE);
		parts[i].quantity = field_integer(json_object_get(line, "quantity"));
	}
	return count;
}
