/*
 * Walking a JSON text in place that json_scan.h has accepted: these functions rely on the syntax
 * being right. Values are spans of the text and live as long as it does.
 */
#ifndef SHOPD_BASE_JSON_WALK_H
#define SHOPD_BASE_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct json_index; /* of json_scan.h */
struct json_row;

/* Walks the members of an object or the elements of an array. */
struct json_walk {
	const char *at;    /* private */
	const char *end;   /* private: of the object or array */
	bool is_object;    /* private */
	struct span name;  /* the member's name without its quotes, escapes not resolved */
	struct span value; /* the member's or element's text, without spaces around it */
	const struct json_index *index; /* of the text, for json_walk_row; may be set after init */
	size_t row;                     /* private: the next in the index */
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
 * The next element's members as the index of the text has them, instead of a walk along them. NULL
 * when it does not have them (or there is no element); then the walk stays where it is.
 */
const struct json_row *json_walk_row(struct json_walk *walk);

/*
 * The value of an object's member; absent (data NULL) when there is none or it is no object. The
 * name is compared as it is written: a member whose name has escapes is not found.
 */
struct span json_scan_member(struct span object, const char *name);

/* The inside of a string's quotes, escapes not resolved; absent for other values. */
struct span json_scan_raw_string(struct span value);

bool json_scan_is_true(struct span value);

#endif
