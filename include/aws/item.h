/*
 * Items as DynamoDB sends them, read in place: an array of views into the answer.
 *
 * Source: Amazon DynamoDB API Reference, AttributeValue.
 */
#ifndef SHOPD_AWS_ITEM_H
#define SHOPD_AWS_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_scan.h"
#include "base/text.h"

enum { ITEM_ATTRIBUTES_MAX = 64 };

/* The top level of one item. Valid as long as the text that it views. */
struct item {
	size_t count; /* 0: absent */
	struct item_attribute {
		struct span name;  /* escapes not resolved; our own names have none */
		struct span value; /* {"S": …} */
	} attribute[ITEM_ATTRIBUTES_MAX];
	unsigned char marks[ITEM_ATTRIBUTES_MAX]; /* private */
};

/* Views an item's JSON text (which json_scan_check has accepted). False when it is not an item. */
bool item_view(struct item *item, struct span text);

/*
 * Views the next item of an array; empty (count 0) when it is none. False after the last one.
 * Cheaper than json_walk_next and item_view, for it goes over the text once.
 */
bool item_view_next(struct json_walk *items, struct item *item);

/* An item is mostly room for attributes; this copies those that there are. */
void item_copy(struct item *to, const struct item *from);

/* Makes it a view of a copy, `to`, of the text `from` that it lies in. */
void item_rebase(struct item *item, const char *from, const char *to);

/* The value's typed text, absent when there is no such attribute. */
struct span item_get(const struct item *item, const char *name);

/* A number attribute's digits, a string attribute's raw inside; absent for another type. */
struct span item_number(const struct item *item, const char *name);
struct span item_raw_string(const struct item *item, const char *name);
bool item_u64(const struct item *item, const char *name, uint64_t *number);
bool item_i64(const struct item *item, const char *name, int64_t *number);

/*
 * The inside of a value whose type has one letter, as DynamoDB writes it: {"S":"…"} and its like,
 * nearly all that there is; typed.data[2] is the letter. Absent for every other form, and when
 * there are escaped quotes in it.
 */
struct span item_usual_inside(struct span typed);

#endif
