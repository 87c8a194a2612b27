#include "domain/address.h"

#include "domain/contact.h"

const struct field address_fields[] = {
	{"name", .is_required = true, .check = field_check_line, .min = 1, .max = 200},
	{"line1", .is_required = true, .check = field_check_line, .min = 1, .max = 200},
	{"line2", .check = field_check_line, .min = 1, .max = 200},
	{"city", .is_required = true, .check = field_check_line, .min = 1, .max = 200},
	{"region", .check = field_check_line, .min = 1, .max = 200},
	{"postal_code", .check = field_check_line, .min = 1, .max = 20},
	{"country", .is_required = true, .check = contact_check_country},
	{"phone", .check = contact_check_phone},
	{"id", FIELD_SERVERS, .check = NULL},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

json_t *address_apply(const char *path, enum field_change change, const json_t *body,
		      const json_t *stored, struct validation *validation)
{
	const struct field_input input = {address_fields, change, false, body};
	json_t *address = field_apply_at(path, &input, stored, validation);

	return address ? field_judge(address, validation) : NULL;
}
