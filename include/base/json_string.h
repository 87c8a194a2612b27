/*
 * The characters of a JSON string whose syntax has been checked.
 */
#ifndef SHOPD_BASE_JSON_STRING_H
#define SHOPD_BASE_JSON_STRING_H

#include "base/buf.h"
#include "base/text.h"

/*
 * Appends a string value's characters, its escapes resolved, as UTF-8; nothing for other values.
 * `value` has its quotes. Half a surrogate pair becomes U+FFFD.
 */
void json_string_decode(struct span value, struct buf *out);

#endif
