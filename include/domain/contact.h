/*
 * How people are reached: e-mail addresses, phone numbers, languages and countries, as kinds of
 * fields (field.h).
 */
#ifndef SHOPD_DOMAIN_CONTACT_H
#define SHOPD_DOMAIN_CONTACT_H

#include "base/buf.h"
#include "base/text.h"
#include "domain/field.h"

enum {
	CONTACT_EMAIL_MAX = 254, /* bytes; RFC 5321, 4.5.3.1.3, less the angle brackets */
	CONTACT_LOCAL_MAX = 64,  /* bytes before the @; RFC 5321, 4.5.3.1.1 */
};

/*
 * local@domain.tld as the HTML standard has it ("valid e-mail address"), with at least one dot in
 * the domain; and characters beyond ASCII in both parts (RFC 6531), but for spaces and those that
 * cannot be seen.
 */
void contact_check_email(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation);

/* The same for a text that is no JSON, of any bytes: whether it could be a user's. */
bool contact_is_email(struct span text);

/* E.164: a "+" and 8 to 15 digits, the first not 0. */
void contact_check_phone(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation);

/* BCP 47, as far as shops need it: a language, then perhaps a script, then perhaps a region. */
void contact_check_locale(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation);

/* ISO 3166-1 alpha-2, in capital letters. */
void contact_check_country(const struct field *field, const char *path, const json_t *value,
			   struct validation *validation);

/* Appends what is the same for e-mail addresses that differ only in case (name_fold.h). */
void contact_fold_email(struct span email, struct buf *out);

#endif
