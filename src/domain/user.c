#include "domain/user.h"

#include "domain/contact.h"

const struct field user_fields[] = {
	{"name", .is_required = true, .check = field_check_line, .min = 1, .max = 200},
	{"email", .is_required = true, .check = contact_check_email},
	{"phone", .check = contact_check_phone},
	{"locale", .check = contact_check_locale},
	{"id", FIELD_OPENING, .check = field_check_id},
	{"version", FIELD_SERVERS, .check = NULL},
	{"created_at", FIELD_SERVERS, .check = NULL},
	{"updated_at", FIELD_SERVERS, .check = NULL},
	{NULL, .check = NULL},
};

json_t *user_apply(enum field_change change, const json_t *body, const json_t *stored,
		   struct validation *validation)
{
	const struct field_input input = {user_fields, change, false, body};
	json_t *user = field_apply(&input, stored, validation);

	return user ? field_judge(user, validation) : NULL;
}
