/*
 * The fields of a resource as a table: what each may hold and who may set it. What a body makes of
 * a resource by such a table is in field_apply.h.
 *
 * Checklist for a new kind of field: a function here, its rows in test_field.c.
 */
#ifndef SHOPD_DOMAIN_FIELD_H
#define SHOPD_DOMAIN_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain/validation.h"

enum field_role {
	FIELD_STORED,  /* part of the resource */
	FIELD_OPENING, /* taken at creation only, kept elsewhere, read-only afterwards */
	FIELD_IGNORED, /* may be there, means nothing */
	FIELD_SERVERS, /* always read-only */
};

struct field;

/* Reports what is wrong with a value that is not null; `path` is what the caller calls it. */
typedef void (*field_check)(const struct field *field, const char *path, const json_t *value,
			    struct validation *validation);

struct field {
	const char *name; /* NULL ends a table */
	enum field_role role;
	bool is_required; /* at creation, and never to be removed */
	bool stays;       /* has a default and is never to be removed */
	field_check check;
	size_t min;           /* of a text: 1 wants a character that can be seen, 0 takes any */
	size_t max;           /* of characters, of a URL's bytes, of a list's elements */
	const char *smallest; /* of integers; NULL: 0 */
	const char *largest;  /* of integers */
	const char *const *choices; /* of field_check_choice, ends in NULL */
	const char *hint; /* FIELD_OPENING: where it is changed afterwards; NULL: nowhere */
};

/* NULL when the table has no such field. */
const struct field *field_find(const struct field *fields, const char *name);

/* What a field may hold: one line of text, text with lines, … */
void field_check_line(const struct field *field, const char *path, const json_t *value,
		      struct validation *validation);
void field_check_text(const struct field *field, const char *path, const json_t *value,
		      struct validation *validation);
void field_check_lines(const struct field *field, const char *path, const json_t *value,
		       struct validation *validation); /* a list of at most `max` lines */
void field_check_url(const struct field *field, const char *path, const json_t *value,
		     struct validation *validation);
/* Not negative, and can be kept exactly. Which decimals it may have is its currency's business. */
void field_check_amount(const struct field *field, const char *path, const json_t *value,
			struct validation *validation);
/* A whole number from `smallest` to `largest`. */
void field_check_integer(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation);
void field_check_currency(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation);
void field_check_boolean(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation);
/* One of `choices`; a mistake lists them if they are few. */
void field_check_choice(const struct field *field, const char *path, const json_t *value,
			struct validation *validation);
/* A UUID in lower case. */
void field_check_id(const struct field *field, const char *path, const json_t *value,
		    struct validation *validation);

/* For checks of others: reports wrong-type unless it is a text. */
bool field_is_text(const char *path, const json_t *value, struct validation *validation);
struct span field_text(const json_t *value);

/* A checked integer, 0 for NULL. */
int64_t field_integer(const json_t *value);

#endif
