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

/* 32 levels of a document, two for each in DynamoDB's form, and some. */
enum { JSON_SCAN_DEPTH = 80, JSON_MEMBERS_MAX = 16 };

/* True if `text` is exactly one JSON value. */
bool json_scan_check(struct span text);

/* The outermost object's members, the first of them if there are more; as json_walk gives them. */
struct json_members {
	size_t count;
	struct span name[JSON_MEMBERS_MAX];
	struct span value[JSON_MEMBERS_MAX];
};

/*
 * True if `text` is exactly one JSON object. Tells where its members are, which saves looking for
 * them.
 */
bool json_scan_check_object(struct span text, struct json_members *members);

/*
 * For other readers of JSON: the length of the number that `text` begins with (RFC 8259, section
 * 6).
 */
size_t json_scan_number_len(struct span text);

/* How many bytes at the start are ASCII that a string may hold as it is: no quote, no backslash. */
size_t json_scan_plain_len(struct span text);

#endif
