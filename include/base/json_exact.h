/*
 * JSON texts from callers, as jansson trees, with numbers kept exactly.
 *
 * jansson's own parser turns numbers into 64-bit integers and doubles, which would make 19.99 into
 * something else and refuse 38 digits. So the parser is ours and only the tree is jansson's. A
 * number is kept in it as a string marked by a leading NUL, which no real string can have: a text
 * with NUL in a string is refused. Ask json_exact_is_number and json_exact_is_string, never
 * json_is_number or json_is_string.
 *
 * The depth is bounded, so that a small text cannot use up the stack: jansson's parser would
 * recurse 2048 deep. What is wrong with a text is told in words for who wrote it.
 */
#ifndef SHOPD_BASE_JSON_EXACT_H
#define SHOPD_BASE_JSON_EXACT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/json_reader.h"
#include "base/text.h"

enum { JSON_EXACT_DEPTH = 32, JSON_EXACT_NUMBER = 512 /* characters in one number */ };

/*
 * The tree of a whole JSON text: new, or NULL with `mistake` filled in. Duplicate keys, nesting
 * beyond JSON_EXACT_DEPTH, NUL, half surrogate pairs, broken UTF-8, numbers longer than
 * JSON_EXACT_NUMBER and anything behind the value are mistakes. Out of memory is reported as NULL
 * with mistake->line 0.
 */
json_t *json_exact_parse(struct span text, struct json_mistake *mistake);

/* Writes a tree back, numbers as they were written, members in their order. */
void json_exact_write(const json_t *value, struct buf *out);

bool json_exact_is_number(const json_t *value);
/* True strings only: not the marked ones. */
bool json_exact_is_string(const json_t *value);

/* The number's text, borrowed from the tree. */
struct span json_exact_number_text(const json_t *value);

#endif
