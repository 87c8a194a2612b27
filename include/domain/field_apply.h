/*
 * What a body makes of a resource: the fields of a table (field.h) are checked and put together.
 *
 * Resources are exact JSON trees (base/json_exact.h), flat as callers see them, without nulls at
 * their top and without the fields that are the server's.
 *
 * What null means, and a field that is not given:
 *
 *	          null                                 not given
 *	create    as not given                         left out; required ones are missed
 *	PUT       wrong-type: PATCH is what removes    stays as it is
 *	PATCH     removed (RFC 7396)                   stays as it is
 *
 * Required fields and those that stay cannot be removed.
 */
#ifndef SHOPD_DOMAIN_FIELD_APPLY_H
#define SHOPD_DOMAIN_FIELD_APPLY_H

#include "domain/field.h"

enum field_change { FIELD_CREATE, FIELD_PUT, FIELD_PATCH };

struct field_input {
	const struct field *fields;
	enum field_change change;
	bool is_open;       /* keeps what is not in the table (open_value.h), else it is refused */
	const json_t *body; /* as it came, of whatever type */
};

/*
 * What a body makes of `stored` (NULL for a new resource): new, with every mistake of the body
 * added to `validation`; in spite of mistakes, so that rules that take several fields can be
 * looked at too. NULL when the body is no object (a mistake) or out of memory (has_failed).
 */
json_t *field_apply(const struct field_input *input, const json_t *stored,
		    struct validation *validation);

/*
 * The same for a part of a body, such as an address: mistakes are told at "path.name". A part is
 * never open.
 */
json_t *field_apply_at(const char *path, const struct field_input *input, const json_t *stored,
		       struct validation *validation);

/* What was made if the validation passes, else NULL; then it is released. */
json_t *field_judge(json_t *made, const struct validation *validation);

#endif
