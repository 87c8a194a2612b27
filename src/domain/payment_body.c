#include "domain/payment_body.h"

#include "base/json_exact.h"
#include "domain/field_apply.h"
#include "domain/order.h"

static const char *const statuses[] = {"authorized", "paid", "failed", "refunded", NULL};

static bool is_visible_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

/* It becomes part of a key. */
static void check_reference(const struct field *field, const char *path, const json_t *value,
			    struct validation *validation)
{
	struct span text = field_text(value);

	if (!field_is_text(path, value, validation))
		return;
	if (text.len == 0)
		validation_add(validation, path, MISTAKE_TOO_SHORT, "It cannot be empty.");
	else if (text.len > field->max)
		validation_add(validation, path, MISTAKE_TOO_LONG, "It has at most %zu characters.",
			       field->max);
	else if (!is_visible_ascii(text))
		validation_add(validation, path, MISTAKE_INVALID_TEXT,
			       "It has visible ASCII characters only, no spaces.");
}

#define PAYMENT_FIELDS                                                                             \
	{"reference", .is_required = true, .check = check_reference, .max = ORDER_REFERENCE_MAX},  \
		{"status", .is_required = true, .check = field_check_choice, .choices = statuses}, \
		{"amount", .check = field_check_amount},                                           \
	{                                                                                          \
		NULL, .check = NULL                                                                \
	}

static const struct field fields[] = {PAYMENT_FIELDS};

static const struct field callback_fields[] = {{"order_id", .is_required = true,
						.check = field_check_id},
					       PAYMENT_FIELDS};

/* Of a body that is right otherwise. */
static void check_presence(const json_t *body, unsigned status, struct validation *validation)
{
	const json_t *amount = json_object_get(body, "amount");

	if ((!amount || json_is_null(amount)) && status != PAYMENT_FAILED)
		validation_add(validation, "amount", MISTAKE_REQUIRED, "It is required.");
}

static bool read_body(const struct field *table, const json_t *body, struct validation *validation,
		      struct payment_body *out)
{
	const struct field_input input = {table, FIELD_CREATE, false, body};
	const json_t *amount = json_object_get(body, "amount");
	unsigned status = PAYMENT_NONE;

	json_decref(field_apply(&input, NULL, validation));
	if (validation_passes(validation) &&
	    order_state_find(ORDER_PAYMENT, field_text(json_object_get(body, "status")), &status))
		check_presence(body, status, validation);
	if (!validation_passes(validation))
		return false;
	*out = (struct payment_body){
		.order_id = json_string_value(json_object_get(body, "order_id")),
		.reference = json_string_value(json_object_get(body, "reference")),
		.status = (enum payment_status)status,
	};
	if (amount && json_exact_is_number(amount))
		out->amount = json_exact_number_text(amount);
	return true;
}

bool payment_body_read(const json_t *body, struct validation *validation, struct payment_body *out)
{
	return read_body(fields, body, validation, out);
}

bool payment_body_read_callback(const json_t *body, struct validation *validation,
				struct payment_body *out)
{
	return read_body(callback_fields, body, validation, out);
}
