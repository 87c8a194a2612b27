#include "domain/cart_body.h"

#include <string.h>

#include "domain/field_apply.h"

static const struct field new_fields[] = {
	{"user_id", .check = field_check_id},         {"id", FIELD_SERVERS, .check = NULL},
	{"status", FIELD_SERVERS, .check = NULL},     {"merged_into", FIELD_SERVERS, .check = NULL},
	{"lines", FIELD_SERVERS, .check = NULL},      {"total", FIELD_SERVERS, .check = NULL},
	{"currency", FIELD_SERVERS, .check = NULL},   {"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL}, {"updated_at", FIELD_SERVERS, .check = NULL},
	{"expires_at", FIELD_SERVERS, .check = NULL}, {NULL, .check = NULL},
};

static const struct field line_fields[] = {
	{"quantity", .check = field_check_integer, .smallest = "1", .largest = "9999"},
	{"product_id", FIELD_SERVERS, .check = NULL},
	{"name", FIELD_SERVERS, .check = NULL},
	{"price", FIELD_SERVERS, .check = NULL},
	{"total", FIELD_SERVERS, .check = NULL},
	{"level", FIELD_SERVERS, .check = NULL},
	{"price_was", FIELD_SERVERS, .check = NULL},
	{"unavailable", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static const char *const strategies[] = {
	[CART_SUM] = "sum",
	[CART_REPLACE] = "replace",
	[CART_KEEP] = "keep",
	NULL,
};

static const struct field merge_fields[] = {
	{"into", .is_required = true, .check = field_check_id},
	{"strategy", .check = field_check_choice, .choices = strategies},
	{NULL, .check = NULL},
};

/* Null means not given here, so a body is read like that of something new. */
static bool is_sound(const struct field *fields, const json_t *body, struct validation *validation)
{
	const struct field_input input = {fields, FIELD_CREATE, false, body};
	json_t *made = field_apply(&input, NULL, validation);
	bool is_object = made != NULL;

	json_decref(made);
	return is_object && validation_passes(validation);
}

bool cart_body_read_new(const json_t *body, struct validation *validation, const char **user_id)
{
	if (!is_sound(new_fields, body, validation))
		return false;
	*user_id = json_string_value(json_object_get(body, "user_id"));
	return true;
}

bool cart_body_read_line(const json_t *body, bool is_required, struct validation *validation,
			 int64_t *quantity)
{
	const json_t *given = json_object_get(body, "quantity");
	bool is_given = given && !json_is_null(given);

	if (!is_sound(line_fields, body, validation))
		return false;
	if (is_required && !is_given) {
		validation_add(validation, "quantity", MISTAKE_REQUIRED, "It is required.");
		return false;
	}
	*quantity = is_given ? field_integer(given) : 1;
	return true;
}

static enum cart_strategy find_strategy(const json_t *name)
{
	size_t i = 0;

	if (!json_is_string(name))
		return CART_SUM;
	while (strategies[i + 1] && strcmp(json_string_value(name), strategies[i]) != 0)
		i++;
	return (enum cart_strategy)i;
}

bool cart_body_read_merge(const json_t *body, const char *id, struct validation *validation,
			  struct cart_merge_body *out)
{
	const char *into = json_string_value(json_object_get(body, "into"));

	if (is_sound(merge_fields, body, validation) && strcmp(into, id) == 0)
		validation_add(validation, "into", MISTAKE_INVALID_ID,
			       "A cart cannot be merged into itself.");
	if (!validation_passes(validation))
		return false;
	*out = (struct cart_merge_body){into, find_strategy(json_object_get(body, "strategy"))};
	return true;
}
