#include "domain/checkout_body.h"

#include "domain/address.h"
#include "domain/contact.h"
#include "domain/field_apply.h"
#include "domain/order.h"

/* It has fields of its own, which are looked at afterwards. */
static void check_address(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation)
{
	(void)field;
	(void)path;
	(void)value;
	(void)validation;
}

#define OF_THE_SERVER                                                                              \
	{"id", FIELD_SERVERS, .check = NULL}, {"user_id", FIELD_SERVERS, .check = NULL},           \
		{"status", FIELD_SERVERS, .check = NULL}, {"lines", FIELD_SERVERS, .check = NULL}, \
		{"total", FIELD_SERVERS, .check = NULL},                                           \
		{"currency", FIELD_SERVERS, .check = NULL},                                        \
		{"price_changes", FIELD_SERVERS, .check = NULL},                                   \
		{"expires_at", FIELD_SERVERS, .check = NULL},                                      \
		{"extended", FIELD_SERVERS, .check = NULL},                                        \
		{"order_id", FIELD_SERVERS, .check = NULL},                                        \
		{"version", FIELD_SERVERS, .check = NULL},                                         \
		{"created_at", FIELD_SERVERS, .check = NULL},                                      \
	{                                                                                          \
		"updated_at", FIELD_SERVERS, .check = NULL                                         \
	}

static const struct field new_fields[] = {
	{"cart_id", .is_required = true, .check = field_check_id},
	{"address", .is_required = true, .check = check_address},
	{"email", .check = contact_check_email},
	OF_THE_SERVER,
	{NULL, .check = NULL},
};

/* There is nothing that false could mean: what was extended stays so. */
static void check_extend(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	if (json_is_false(value))
		validation_add(validation, path, MISTAKE_NOT_ONE_OF, "It can only be true.");
	else
		field_check_boolean(field, path, value, validation);
}

static const struct field patch_fields[] = {
	{"address", .is_required = true, .check = check_address},
	{"email", .check = contact_check_email},
	{"extend", .check = check_extend},
	{"cart_id", FIELD_SERVERS, .check = NULL},
	OF_THE_SERVER,
	{NULL, .check = NULL},
};

static bool read_body(const struct field_input *input, const json_t *stored,
		      struct validation *validation, struct checkout_body *out)
{
	json_t *made = field_apply(input, stored, validation);
	const json_t *address = json_object_get(made, "address");

	*out = (struct checkout_body){.made = made};
	if (address)
		out->address = address_apply("address", FIELD_CREATE, address, NULL, validation);
	if (!made || !validation_passes(validation)) {
		checkout_body_clear(out);
		return false;
	}
	out->cart_id = json_string_value(json_object_get(made, "cart_id"));
	out->email = json_string_value(json_object_get(made, "email"));
	out->wants_extension = json_is_true(json_object_get(made, "extend"));
	return true;
}

bool checkout_body_read_new(const json_t *body, struct validation *validation,
			    struct checkout_body *out)
{
	return read_body(&(struct field_input){new_fields, FIELD_CREATE, false, body}, NULL,
			 validation, out);
}

bool checkout_body_read_patch(const json_t *body, const json_t *stored,
			      struct validation *validation, struct checkout_body *out)
{
	return read_body(&(struct field_input){patch_fields, FIELD_PATCH, false, body}, stored,
			 validation, out);
}

void checkout_body_clear(struct checkout_body *body)
{
	json_decref(body->address);
	json_decref(body->made);
	*body = (struct checkout_body){0};
}

/* ------------------------------------------------------------------ orders */

static const struct field order_fields[] = {
	{"checkout_id", .is_required = true, .check = field_check_id},
	{"cash_on_delivery", .check = field_check_boolean},
	{NULL, .check = NULL},
};

static const struct field note_fields[] = {
	{"note", .check = field_check_text, .max = ORDER_NOTE_MAX},
	{"id", FIELD_SERVERS, .check = NULL},
	{"user_id", FIELD_SERVERS, .check = NULL},
	{"email", FIELD_SERVERS, .check = NULL},
	{"status", FIELD_SERVERS, .check = NULL},
	{"payment_status", FIELD_SERVERS, .check = NULL},
	{"fulfillment_status", FIELD_SERVERS, .check = NULL},
	{"cash_on_delivery", FIELD_SERVERS, .check = NULL},
	{"lines", FIELD_SERVERS, .check = NULL},
	{"total", FIELD_SERVERS, .check = NULL},
	{"currency", FIELD_SERVERS, .check = NULL},
	{"paid", FIELD_SERVERS, .check = NULL},
	{"refunded", FIELD_SERVERS, .check = NULL},
	{"address", FIELD_SERVERS, .check = NULL},
	{"deliveries", FIELD_SERVERS, .check = NULL},
	{"history", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

static bool is_sound(const struct field_input *input, struct validation *validation)
{
	json_t *made = field_apply(input, NULL, validation);
	bool is_object = made != NULL;

	json_decref(made);
	return is_object && validation_passes(validation);
}

bool order_body_read_new(const json_t *body, struct validation *validation, struct order_body *out)
{
	if (!is_sound(&(struct field_input){order_fields, FIELD_CREATE, false, body}, validation))
		return false;
	out->checkout_id = json_string_value(json_object_get(body, "checkout_id"));
	out->is_cash_on_delivery = json_is_true(json_object_get(body, "cash_on_delivery"));
	return true;
}

bool order_body_read_patch(const json_t *body, struct validation *validation, const char **note)
{
	if (!is_sound(&(struct field_input){note_fields, FIELD_PATCH, false, body}, validation))
		return false;
	if (json_object_get(body, "note"))
		*note = json_string_value(json_object_get(body, "note"));
	return true;
}
