/*
 * A JSON text read in place, without a tree: for answers of AWS services on the hot path.
 *
 * json_scan_check reads the whole text once, strictly (RFC 8259, at most JSON_SCAN_DEPTH deep).
 * After that, and only then, the functions of json_walk.h may walk it.
 */
#ifndef SHOPD_BASE_JSON_SCAN_H
#define SHOPD_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json_walk.h"
#include "base/text.h"

enum {
	JSON_SCAN_DEPTH =
		80, /* 32 levels of a document, two for each in DynamoDB's form, and some */
	JSON_MEMBERS_MAX = 16,
	JSON_ROWS_MAX = 4,
	JSON_ROW_MEMBERS_MAX = 128,
};

/* True if `text` is exactly one JSON value. */
bool json_scan_check(struct span text);

struct json_member {
	struct span name; /* both as json_walk gives them */
	struct span value;
};

/*
 * What is where in an object: its members, and its rows, by which the objects are meant that are
 * the elements of its arrays (a Query's items). The first of them, as many as there is room for.
 */
struct json_index {
	size_t count;
	struct json_member member[JSON_MEMBERS_MAX];
	size_t row_count;
	struct json_row {
		struct span text;
		size_t first; /* of its members in row_member */
		size_t count;
	} row[JSON_ROWS_MAX];
	size_t row_member_count;
	struct json_member row_member[JSON_ROW_MEMBERS_MAX];
};

/* True if `text` is exactly one JSON object. Then its index saves looking for what is in it. */
bool json_scan_check_object(struct span text, struct json_index *index);

/*
 * For other readers of JSON: the length of the number that `text` begins with (RFC 8259, section
 * 6).
 */
size_t json_scan_number_len(struct span text);

/* How many bytes at the start are ASCII that a string may hold as it is: no quote, no backslash. */
size_t json_scan_plain_len(struct span text);

#endif
