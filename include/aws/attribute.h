/*
 * Attribute values: DynamoDB's typed JSON ({"S": "x"}, {"N": "1.5"}, {"M": {…}}), turned into plain
 * JSON and written from exact JSON trees. How items are read is in item.h.
 *
 * Reading never builds a tree: a value goes into a reply by copying its characters, numbers as they
 * are.
 *
 * Source: Amazon DynamoDB API Reference, AttributeValue.
 */
#ifndef SHOPD_AWS_ATTRIBUTE_H
#define SHOPD_AWS_ATTRIBUTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/item.h"
#include "base/buf.h"
#include "base/text.h"

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
