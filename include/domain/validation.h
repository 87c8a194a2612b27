/*
 * What is wrong with an input, all of it at once: a list of mistakes, each with the field where it
 * is, a code for programs and a sentence for people.
 *
 * The list is bounded: of an input that is wrong in a thousand places the first VALIDATION_MAX
 * mistakes are told, and how many more there are. Memory is used only when there are mistakes.
 */
#ifndef SHOPD_DOMAIN_VALIDATION_H
#define SHOPD_DOMAIN_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
	VALIDATION_MAX = 50,
	VALIDATION_FIELD_MAX = 200, /* bytes of a field's path; longer ones are cut */
};

/* Clients decide by the names of these (validation.c); they never change. */
enum mistake_code {
	MISTAKE_REQUIRED, /* not given, or to be removed */
	MISTAKE_WRONG_TYPE,
	MISTAKE_TOO_SHORT,
	MISTAKE_TOO_LONG,
	MISTAKE_INVALID_TEXT, /* control characters */
	MISTAKE_INVALID_URL,
	MISTAKE_NEGATIVE,
	MISTAKE_TOO_LARGE,
	MISTAKE_NOT_AN_INTEGER,
	MISTAKE_TOO_MANY_DECIMALS, /* than the currency has */
	MISTAKE_TOO_PRECISE,       /* more digits than can be kept */
	MISTAKE_OUT_OF_RANGE,      /* a number beyond what can be kept */
	MISTAKE_UNKNOWN_CURRENCY,
	MISTAKE_TOO_MANY, /* elements */
	MISTAKE_READ_ONLY,
	MISTAKE_UNKNOWN_FIELD,
	MISTAKE_ZERO,       /* or another number that is too small */
	MISTAKE_NOT_ONE_OF, /* the values that there are */
	MISTAKE_DUPLICATE,  /* element */
	MISTAKE_INVALID_ID,
	MISTAKE_INVALID_EMAIL,
	MISTAKE_INVALID_PHONE,
	MISTAKE_INVALID_LOCALE,
	MISTAKE_INVALID_COUNTRY,
	MISTAKE_INVALID_TIME,
	MISTAKE_IN_FUTURE,
};

enum { MISTAKE_CODES = MISTAKE_IN_FUTURE + 1 };

struct mistake {
	const char *field; /* "price", "tags[3]", "specs.weight"; "" is the body as a whole */
	enum mistake_code code;
	const char *detail;
	struct mistake *next;
};

struct validation {
	struct arena *arena;
	struct mistake *first;
	struct mistake *last;
	size_t count;    /* of all mistakes, also of those that are not in the list */
	bool has_failed; /* out of memory: the list is not to be trusted */
};

/* An empty list; texts will be in the arena. */
void validation_init(struct validation *validation, struct arena *arena);

/* Adds a mistake; field and detail (printf-like) are copied. */
void validation_add(struct validation *validation, const char *field, enum mistake_code code,
		    const char *detail, ...) __attribute__((format(printf, 4, 5)));

/* True as long as there is no mistake and memory has sufficed. */
bool validation_passes(const struct validation *validation);

/* Appends `"errors":[{"field":…,"code":…,"detail":…}]`, and `,"omitted":n` when there were more. */
void validation_write(const struct validation *validation, struct buf *out);

/* "too-long"; and what that says of a field, for the documentation. */
const char *mistake_code_name(enum mistake_code code);
const char *mistake_code_meaning(enum mistake_code code);

#endif
