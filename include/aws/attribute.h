/*
 * Attribute values: DynamoDB's typed JSON ({"S": "x"}, {"N": "1.5"}, {"M": {…}}), read in place and
 * written from exact JSON trees.
 *
 * Reading never builds a tree: an item is an array of views into the answer, and a value goes into
 * a reply by copying its characters, numbers as they are.
 *
 * Source: Amazon DynamoDB API Reference, AttributeValue.
 */
#ifndef SHOPD_AWS_ATTRIBUTE_H
#define SHOPD_AWS_ATTRIBUTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
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

/* The value's typed text, absent when there is no such attribute. */
struct span item_get(const struct item *item, const char *name);

/* A number attribute's digits, a string attribute's raw inside; absent for another type. */
struct span item_number(const struct item *item, const char *name);
struct span item_raw_string(const struct item *item, const char *name);
bool item_u64(const struct item *item, const char *name, uint64_t *number);
bool item_i64(const struct item *item, const char *name, int64_t *number);

/* Appends a typed value as plain JSON. Sets become arrays, binary stays base64 text. False when the
 * value is not an attribute value (nothing useful was appended then). */
bool attribute_to_json(struct span typed, struct buf *out);

/*
 * Appends a member `"name":value` as plain JSON, with a comma first unless an object has just begun.
 * Nothing for what is absent or no attribute value.
 */
void attribute_show(struct span name, struct span typed, struct buf *out);

/*
 * Appends an exact JSON tree (json_exact.h) as a typed value, numbers in canonical form. False when
 * a number cannot be kept exactly.
 */
bool attribute_from_json(const json_t *value, struct buf *out);

/*
 * Appends `"name":{"S":"text"}` or `"name":{"N":"number"}`, with a comma first unless `out` is
 * empty or ends in "{". attribute_add_json marks `out` as failed when a number cannot be kept.
 */
void attribute_add_string(struct buf *out, const char *name, const char *text, size_t len);
void attribute_add_number(struct buf *out, const char *name, const char *number);
void attribute_add_text(struct buf *out, const char *name, const char *text);
void attribute_add_integer(struct buf *out, const char *name, int64_t number);
void attribute_add_json(struct buf *out, const char *name, const json_t *value);

#endif
