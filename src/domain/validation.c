#include "domain/validation.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_SIZE = 256 };

static const char *const NAMES[] = {
	[MISTAKE_REQUIRED] = "required",
	[MISTAKE_WRONG_TYPE] = "wrong-type",
	[MISTAKE_TOO_SHORT] = "too-short",
	[MISTAKE_TOO_LONG] = "too-long",
	[MISTAKE_INVALID_TEXT] = "invalid-text",
	[MISTAKE_INVALID_URL] = "invalid-url",
	[MISTAKE_NEGATIVE] = "negative",
	[MISTAKE_TOO_LARGE] = "too-large",
	[MISTAKE_NOT_AN_INTEGER] = "not-an-integer",
	[MISTAKE_TOO_MANY_DECIMALS] = "too-many-decimals",
	[MISTAKE_TOO_PRECISE] = "too-precise",
	[MISTAKE_OUT_OF_RANGE] = "out-of-range",
	[MISTAKE_UNKNOWN_CURRENCY] = "unknown-currency",
	[MISTAKE_TOO_MANY] = "too-many",
	[MISTAKE_READ_ONLY] = "read-only",
	[MISTAKE_UNKNOWN_FIELD] = "unknown-field",
	[MISTAKE_ZERO] = "zero",
	[MISTAKE_NOT_ONE_OF] = "not-one-of",
	[MISTAKE_DUPLICATE] = "duplicate",
	[MISTAKE_INVALID_ID] = "invalid-id",
	[MISTAKE_INVALID_EMAIL] = "invalid-email",
	[MISTAKE_INVALID_PHONE] = "invalid-phone",
	[MISTAKE_INVALID_LOCALE] = "invalid-locale",
	[MISTAKE_INVALID_COUNTRY] = "invalid-country",
	[MISTAKE_INVALID_TIME] = "invalid-time",
	[MISTAKE_IN_FUTURE] = "in-future",
};

const char *mistake_code_name(enum mistake_code code)
{
	assert((size_t)code < sizeof(NAMES) / sizeof(NAMES[0]));
	return NAMES[code];
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
