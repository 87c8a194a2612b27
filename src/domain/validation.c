#include "domain/validation.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_SIZE = 256 };

static const struct {
	const char *name;
	const char *meaning;
} codes[] = {
	[MISTAKE_REQUIRED] = {"required", "It must be there: it is not given, or to be removed."},
	[MISTAKE_WRONG_TYPE] = {"wrong-type",
				"It is a JSON value of another type than it must be."},
	[MISTAKE_TOO_SHORT] = {"too-short",
			       "It is empty: no character that can be seen, no element."},
	[MISTAKE_TOO_LONG] = {"too-long", "It has more characters than it can have."},
	[MISTAKE_INVALID_TEXT] = {"invalid-text",
				  "It has characters, or a form, that it must not have."},
	[MISTAKE_INVALID_URL] = {"invalid-url", "It is no URL."},
	[MISTAKE_NEGATIVE] = {"negative", "It is below 0."},
	[MISTAKE_TOO_LARGE] = {"too-large",
			       "It is beyond what it can be: a number, or the product as a whole."},
	[MISTAKE_NOT_AN_INTEGER] = {"not-an-integer", "It is no whole number."},
	[MISTAKE_TOO_MANY_DECIMALS] = {"too-many-decimals",
				       "It has more decimals than its currency has."},
	[MISTAKE_TOO_PRECISE] = {"too-precise", "It has more than 38 significant digits."},
	[MISTAKE_OUT_OF_RANGE] = {"out-of-range", "Its magnitude is beyond 1E-130 to 9.99E+125."},
	[MISTAKE_UNKNOWN_CURRENCY] = {"unknown-currency", "It is no code of ISO 4217."},
	[MISTAKE_TOO_MANY] = {"too-many", "It has more elements than it can have."},
	[MISTAKE_READ_ONLY] = {"read-only", "It is set by the server, or by another request."},
	[MISTAKE_UNKNOWN_FIELD] = {"unknown-field", "There is no such field."},
	[MISTAKE_ZERO] = {"zero", "It is 0, or below the least that it can be."},
	[MISTAKE_NOT_ONE_OF] = {"not-one-of", "It is none of the values that there are."},
	[MISTAKE_DUPLICATE] = {"duplicate", "It is there twice."},
	[MISTAKE_INVALID_ID] = {"invalid-id", "It is no UUID in lower case."},
	[MISTAKE_INVALID_EMAIL] = {"invalid-email", "It is no e-mail address."},
	[MISTAKE_INVALID_PHONE] = {"invalid-phone", "It is no phone number of E.164."},
	[MISTAKE_INVALID_LOCALE] = {"invalid-locale", "It is no locale such as de or de-AT."},
	[MISTAKE_INVALID_COUNTRY] = {"invalid-country",
				     "It is no country code of ISO 3166-1 alpha-2."},
	[MISTAKE_INVALID_TIME] = {"invalid-time", "It is no time of RFC 3339."},
	[MISTAKE_IN_FUTURE] = {"in-future", "It is more than a day in the future."},
};

static_assert(sizeof(codes) / sizeof(codes[0]) == MISTAKE_CODES, "each code has its row");

const char *mistake_code_name(enum mistake_code code)
{
	assert((size_t)code < MISTAKE_CODES);
	return codes[code].name;
}

const char *mistake_code_meaning(enum mistake_code code)
{
	assert((size_t)code < MISTAKE_CODES);
	return codes[code].meaning;
}

void validation_init(struct validation *validation, struct arena *arena)
{
	*validation = (struct validation){.arena = arena};
}

/* A copy of at most VALIDATION_FIELD_MAX bytes that does not end within a character. */
static const char *copy_field(struct arena *arena, const char *field)
{
	size_t len = strlen(field);

	if (len > VALIDATION_FIELD_MAX) {
		len = VALIDATION_FIELD_MAX;
		while (len > 0 && ((unsigned char)field[len] & 0xc0) == 0x80)
			len--;
	}
	return arena_copy(arena, field, len);
}

void validation_add(struct validation *validation, const char *field, enum mistake_code code,
		    const char *detail, ...)
{
	struct mistake *mistake;
	char text[DETAIL_SIZE];
	va_list arguments;

	if (validation->count++ >= VALIDATION_MAX)
		return;
	va_start(arguments, detail);
	vsnprintf(text, sizeof(text), detail, arguments);
	va_end(arguments);
	mistake = arena_alloc(validation->arena, sizeof(*mistake));
	if (!mistake) {
		validation->has_failed = true;
		return;
	}
	mistake->code = code;
	mistake->field = copy_field(validation->arena, field);
	mistake->detail = arena_copy(validation->arena, text, strlen(text));
	if (!mistake->field || !mistake->detail)
		validation->has_failed = true;
	if (validation->last)
		validation->last->next = mistake;
	else
		validation->first = mistake;
	validation->last = mistake;
}

bool validation_passes(const struct validation *validation)
{
	return validation->count == 0 && !validation->has_failed;
}

static void write_member(struct buf *out, const char *name, const char *value)
{
	buf_add_str(out, name);
	buf_add_json_string(out, value, strlen(value));
}

void validation_write(const struct validation *validation, struct buf *out)
{
	const struct mistake *mistake = validation->first;

	assert(!validation->has_failed);
	buf_add_str(out, "\"errors\":[");
	for (; mistake; mistake = mistake->next) {
		write_member(out, "{\"field\":", mistake->field);
		write_member(out, ",\"code\":", mistake_code_name(mistake->code));
		write_member(out, ",\"detail\":", mistake->detail);
		buf_add_str(out, mistake->next ? "}," : "}");
	}
	buf_add_char(out, ']');
	if (validation->count > VALIDATION_MAX) {
		buf_add_str(out, ",\"omitted\":");
		buf_add_u64(out, validation->count - VALIDATION_MAX);
	}
}
