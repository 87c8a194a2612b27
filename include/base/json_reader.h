/*
 * The pieces of a JSON text (RFC 8259) from somebody who may have made a mistake: strings, numbers
 * and what stands between them, read one after the other.
 *
 * A function that returns false has put into words what is wrong and where, so that its callers
 * only pass the false on. Stricter than the RFC where its readers disagree: no NUL in a string, no
 * half of a surrogate pair.
 */
#ifndef SHOPD_BASE_JSON_READER_H
#define SHOPD_BASE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Where and why a text is not acceptable; line and column count from 1, a column is a character. */
struct json_mistake {
	size_t line;
	size_t column;
	char text[160]; /* "the key \"a\" appears twice"; may quote the caller's text, escaped */
};

struct json_reader {
	const char *start;
	const char *at; /* the next byte */
	const char *end;
	struct json_mistake *mistake;
};

void json_reader_init(struct json_reader *reader, struct span text, struct json_mistake *mistake);

bool json_reader_is_at_end(const struct json_reader *reader);
/* The next byte, or NUL (which no rule asks for) at the end. */
char json_reader_peek(const struct json_reader *reader);
/* Steps over the next byte if it is `c`. */
bool json_reader_take(struct json_reader *reader, char c);
void json_reader_skip_space(struct json_reader *reader);

/* Reports a mistake at a place of the text. Always false. */
bool json_reader_mistake(struct json_reader *reader, const char *where, const char *text);

/*
 * Reports that something else than what was expected is next. Things that are wrong everywhere (a
 * NUL, broken UTF-8, a comment) are named instead. Always false.
 */
bool json_reader_unexpected(struct json_reader *reader, const char *expected);

/* A string, from its opening quote to behind the closing one; `string` has both. */
bool json_reader_string(struct json_reader *reader, struct span *string);

/* A number, whose first byte is a digit or a minus sign, of at most `max` characters. */
bool json_reader_number(struct json_reader *reader, size_t max, struct span *number);

/* The characters that a person would take for one word or number; none is fine too. */
struct span json_reader_word(struct json_reader *reader);

#endif
