#include "domain/stock_input.h"

#include "base/json_exact.h"
#include "domain/field_apply.h"

#define LARGEST "999999999" /* STOCK_MAX */

static void check_delta(const struct field *field, const char *path, const json_t *value,
			struct validation *validation)
{
	size_t before = validation->count;

	field_check_integer(field, path, value, validation);
	if (validation->count == before && field_integer(value) == 0)
		validation_add(validation, path, MISTAKE_ZERO, "It cannot be 0.");
}

static const struct field adjustment_fields[] = {
	{"delta", .is_required = true, .check = check_delta, .smallest = "-" LARGEST,
	 .largest = LARGEST},
	{"reason", .is_required = true, .check = field_check_line, .min = 1, .max = 100},
	{"reference", .check = field_check_line, .min = 1, .max = 200},
	{NULL, .check = NULL},
};

/* "Required" of a change means that null is not taken, which only the mark is removed by. */
static const struct field count_fields[] = {
	{"on_hand", .is_required = true, .check = field_check_integer, .largest = LARGEST},
	{"change_from", .is_required = true, .check = field_check_integer, .largest = LARGEST},
	{"low_stock_at", .check = field_check_integer, .largest = LARGEST},
	{"available", FIELD_SERVERS, .check = NULL},
	{"reserved", FIELD_SERVERS, .check = NULL},
	{"level", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static bool check(const struct field_input *input, struct validation *validation)
{
	json_decref(field_apply(input, NULL, validation));
	return validation_passes(validation);
}

bool stock_input_adjustment(const json_t *body, struct stock_adjustment *out,
			    struct validation *validation)
{
	if (!check(&(struct field_input){adjustment_fields, FIELD_CREATE, false, body}, validation))
		return false;
	*out = (struct stock_adjustment){
		.delta = field_integer(json_object_get(body, "delta")),
		.reason = json_string_value(json_object_get(body, "reason")),
		.reference = json_string_value(json_object_get(body, "reference")),
	};
	return true;
}

/* What is needed in a body that is right otherwise. */
static void check_presence(const json_t *body, struct validation *validation)
{
	if (json_object_get(body, "on_hand"))
		return;
	if (json_object_get(body, "change_from"))
		validation_add(validation, "on_hand", MISTAKE_REQUIRED,
			       "change_from is for changes of on_hand.");
	else if (!json_object_get(body, "low_stock_at"))
		validation_add(validation, "on_hand", MISTAKE_REQUIRED,
			       "on_hand, low_stock_at or both must be given.");
}

bool stock_input_count(const json_t *body, struct stock_count *out, struct validation *validation)
{
	const json_t *on_hand = json_object_get(body, "on_hand");
	const json_t *change_from = json_object_get(body, "change_from");
	const json_t *mark = json_object_get(body, "low_stock_at");

	if (json_is_object(body))
		check_presence(body, validation);
	if (!check(&(struct field_input){count_fields, FIELD_PATCH, false, body}, validation))
		return false;
	*out = (struct stock_count){
		.has_on_hand = on_hand,
		.on_hand = field_integer(on_hand),
		.has_change_from = change_from,
		.change_from = field_integer(change_from),
		.sets_low_mark = mark,
		.has_low_mark = mark && !json_is_null(mark),
		.low_stock_at = field_integer(mark),
	};
	return true;
}
