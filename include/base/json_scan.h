/*
 * A JSON text read in place, without a tree: for answers of AWS services on the hot path.
 *
 * json_scan_check reads the whole text once, strictly (RFC 8259, at most JSON_SCAN_DEPTH deep).
 * After that, and only then, the other functions may walk it: they rely on the syntax being right.
 * Values are spans of the text and live as long as it does.
 */
#ifndef SHOPD_BASE_JSON_SCAN_H
#define SHOPD_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum {
	JSON_SCAN_DEPTH = 80
}; /* 32 levels of a document, two for each in DynamoDB's form, and some */

/* True if `text` is exactly one JSON value. */
bool json_scan_check(struct span text);

/* Walks the members of an object or the elements of an array. */
struct json_walk {
	const char *at;    /* private */
	const char *end;   /* private: of the object or array */
	bool is_object;    /* private */
	struct span name;  /* the member's name without its quotes, escapes not resolved */
	struct span value; /* the member's or element's text, without spaces around it */
};

/* Begins at a value that is an object or an array; anything else has no members. */
void json_walk_init(struct json_walk *walk, struct span value);
/* False after the last one. */
bool json_walk_next(struct json_walk *walk);

/*
 * The next element of an array, walked right away instead of being skipped first to find its end.
 * False after the last one, and for an element that is no object or array. Then json_walk_up, which
 * walks over what is left of it, and the outer walk goes on.
 */
bool json_walk_down(struct json_walk *walk, struct json_walk *inner);
void json_walk_up(struct json_walk *walk, struct json_walk *inner);

/*
 * The value of an object's member; absent (data NULL) when there is none or it is no object. The
 * name is compared as it is written: a member whose name has escapes is not found.
 */
struct span json_scan_member(struct span object, const char *name);

/* The inside of a string's quotes, escapes not resolved; absent for other values. */
struct span json_scan_raw_string(struct span value);

bool json_scan_is_true(struct span value);

/*
 * For other readers of JSON: the length of the number that `text` begins with (RFC 8259, section
 * 6).
 */
size_t json_scan_number_len(struct span text);

/* How many bytes at the start are ASCII that a string may hold as it is: no quote, no backslash. */
size_t json_scan_plain_len(struct span text);

#endif
