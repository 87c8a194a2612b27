/*
 * The way out (attribute_to_json) goes through the text once, from left to right, with a cursor:
 * json_walk would look for the end of each value before descending into it, at every depth anew. It
 * relies on the syntax being right, which json_scan_check has seen to; what it does not rely on is
 * that the JSON is an attribute value.
 */
#include "aws/attribute.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json_exact.h"
#include "base/json_scan.h"

/* ------------------------------------------------------------------ typed values to plain JSON */

struct cursor {
	const char *at;
	const char *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool take(struct cursor *cursor, char c)
{
	while (cursor->at < cursor->end && is_space(*cursor->at))
		cursor->at++;
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static size_t left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* A string with its quotes, or absent. */
static struct span take_string(struct cursor *cursor)
{
	const char *start;

	if (!take(cursor, '"'))
		return (struct span){0};
	start = cursor->at - 1;
	for (;;) {
		cursor->at += json_scan_plain_len((struct span){cursor->at, left(cursor)});
		if (left(cursor) == 0)
			return (struct span){0};
		if (*cursor->at == '"')
			break;
		/* An escaped character, or one beyond ASCII. */
		cursor->at += *cursor->at == '\\' && left(cursor) > 1 ? 2 : 1;
	}
	cursor->at++;
	return (struct span){start, (size_t)(cursor->at - start)};
}

static bool copy_string(struct cursor *cursor, struct buf *out)
{
	struct span text = take_string(cursor);

	buf_add(out, text.data, text.len);
	return text.data;
}

/* The digits go out as JSON, so they must be a number whatever the service says. */
static bool copy_number(struct cursor *cursor, struct buf *out)
{
	struct span text = take_string(cursor);

	if (text.len < 3)
		return false;
	text = (struct span){text.data + 1, text.len - 2};
	if (json_scan_number_len(text) != text.len)
		return false;
	buf_add(out, text.data, text.len);
	return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
	size_t len = strlen(word);

	if (!take(cursor, word[0]) || left(cursor) < len - 1 ||
	    memcmp(cursor->at, word + 1, len - 1) != 0)
		return false;
	cursor->at += len - 1;
	return true;
}

static bool copy_bool(struct cursor *cursor, struct buf *out)
{
	const char *word = take_word(cursor, "true") ? "true" : "false";

	if (word[0] == 'f' && !take_word(cursor, word))
		return false;
	buf_add_str(out, word);
	return true;
}

static bool copy_null(struct cursor *cursor, struct buf *out)
{
	if (!take_word(cursor, "true"))
		return false;
	buf_add_str(out, "null");
	return true;
}

static bool copy_value(struct cursor *cursor, struct buf *out);

static bool copy_elements(struct cursor *cursor, struct buf *out,
			  bool (*copy)(struct cursor *cursor, struct buf *out))
{
	if (!take(cursor, '['))
		return false;
	buf_add_char(out, '[');
	for (bool is_first = true; !take(cursor, ']'); is_first = false) {
		if (!is_first && !take(cursor, ','))
			return false;
		if (!is_first)
			buf_add_char(out, ',');
		if (!copy(cursor, out))
			return false;
	}
	buf_add_char(out, ']');
	return true;
}

static bool copy_list(struct cursor *cursor, struct buf *out)
{
	return copy_elements(cursor, out, copy_value);
}

static bool copy_strings(struct cursor *cursor, struct buf *out)
{
	return copy_elements(cursor, out, copy_string);
}

static bool copy_numbers(struct cursor *cursor, struct buf *out)
{
	return copy_elements(cursor, out, copy_number);
}

static bool copy_member(struct cursor *cursor, struct buf *out)
{
	if (!copy_string(cursor, out) || !take(cursor, ':'))
		return false;
	buf_add_char(out, ':');
	return copy_value(cursor, out);
}

static bool copy_map(struct cursor *cursor, struct buf *out)
{
	if (!take(cursor, '{'))
		return false;
	buf_add_char(out, '{');
	for (bool is_first = true; !take(cursor, '}'); is_first = false) {
		if (!is_first && !take(cursor, ','))
			return false;
		if (!is_first)
			buf_add_char(out, ',');
		if (!copy_member(cursor, out))
			return false;
	}
	buf_add_char(out, '}');
	return true;
}

static const struct {
	const char *type; /* with its quotes */
	bool (*copy)(struct cursor *cursor, struct buf *out);
} types[] = {
	{"\"S\"", copy_string},   {"\"N\"", copy_number},   {"\"BOOL\"", copy_bool},
	{"\"M\"", copy_map},      {"\"L\"", copy_list},     {"\"NULL\"", copy_null},
	{"\"SS\"", copy_strings}, {"\"NS\"", copy_numbers}, {"\"B\"", copy_string},
	{"\"BS\"", copy_strings},
};

static bool copy_value(struct cursor *cursor, struct buf *out)
{
	struct span type;

	if (!take(cursor, '{'))
		return false;
	type = take_string(cursor);
	if (!type.data || !take(cursor, ':'))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (span_equals(type, types[i].type))
			return types[i].copy(cursor, out) && take(cursor, '}');
	}
	return false;
}

/* Strings and numbers, without looking at each of their characters. */
static bool copy_usual(struct span typed, struct buf *out)
{
	struct span inside = item_usual_inside(typed);

	if (!inside.data)
		return false;
	if (typed.data[2] == 'S')
		buf_add(out, inside.data - 1, inside.len + 2);
	else if (typed.data[2] == 'N' && inside.len > 0 &&
		 json_scan_number_len(inside) == inside.len)
		buf_add(out, inside.data, inside.len);
	else
		return false;
	return true;
}

bool attribute_to_json(struct span typed, struct buf *out)
{
	struct cursor cursor = {typed.data, span_end(typed)};
	size_t start = out->len;

	if (typed.data && copy_usual(typed, out))
		return true;
	if (typed.data && copy_value(&cursor, out))
		return true;
	if (out->data && out->len > start) {
		out->len = start;
		out->data[start] = '\0';
	}
	return false;
}

void attribute_show(struct span name, struct span typed, struct buf *out)
{
	size_t before = out->len;

	if (!typed.data)
		return;
	if (before > 0 && out->data[before - 1] != '{')
		buf_add_char(out, ',');
	buf_add_char(out, '"');
	buf_add(out, name.data, name.len);
	buf_add(out, "\":", 2);
	if (!attribute_to_json(typed, out) && out->len > before)
		buf_truncate(out, before);
}

/* ------------------------------------------------------------------ plain JSON to typed values */

static bool add_number(const json_t *value, struct buf *out)
{
	char canonical[DECIMAL_SIZE];

	if (decimal_normalize(json_exact_number_text(value), canonical) != DECIMAL_FINE)
		return false;
	buf_add_str(out, "{\"N\":\"");
	buf_add_str(out, canonical);
	buf_add_str(out, "\"}");
	return true;
}

static bool add_map(const json_t *value, struct buf *out)
{
	/* jansson's iterator takes a mutable object, but does not change it. */
	json_t *object = (json_t *)(uintptr_t)value;
	void *at = json_object_iter(object);
	bool is_first = true;

	buf_add_str(out, "{\"M\":{");
	for (; at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);

		if (!is_first)
			buf_add_char(out, ',');
		is_first = false;
		buf_add_json_string(out, key, strlen(key));
		buf_add_char(out, ':');
		if (!attribute_from_json(json_object_iter_value(at), out))
			return false;
	}
	buf_add_str(out, "}}");
	return true;
}

static bool add_list(const json_t *value, struct buf *out)
{
	size_t count = json_array_size(value);

	buf_add_str(out, "{\"L\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		if (!attribute_from_json(json_array_get(value, i), out))
			return false;
	}
	buf_add_str(out, "]}");
	return true;
}

bool attribute_from_json(const json_t *value, struct buf *out)
{
	if (json_exact_is_number(value))
		return add_number(value, out);
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return add_map(value, out);
	case JSON_ARRAY:
		return add_list(value, out);
	case JSON_STRING:
		buf_add_str(out, "{\"S\":");
		buf_add_json_string(out, json_string_value(value), json_string_length(value));
		buf_add_char(out, '}');
		return true;
	case JSON_TRUE:
		buf_add_str(out, "{\"BOOL\":true}");
		return true;
	case JSON_FALSE:
		buf_add_str(out, "{\"BOOL\":false}");
		return true;
	case JSON_NULL:
		buf_add_str(out, "{\"NULL\":true}");
		return true;
	case JSON_INTEGER:
	case JSON_REAL:
		assert(!"not an exact JSON tree");
	}
	return false;
}

/* ------------------------------------------------------------------ members of an item */

static void begin_member(struct buf *out, const char *name)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_add_json_string(out, name, strlen(name));
	buf_add_char(out, ':');
}

void attribute_add_string(struct buf *out, const char *name, const char *text, size_t len)
{
	begin_member(out, name);
	buf_add_str(out, "{\"S\":");
	buf_add_json_string(out, text, len);
	buf_add_char(out, '}');
}

void attribute_add_number(struct buf *out, const char *name, const char *number)
{
	begin_member(out, name);
	buf_add_str(out, "{\"N\":\"");
	buf_add_str(out, number);
	buf_add_str(out, "\"}");
}

void attribute_add_text(struct buf *out, const char *name, const char *text)
{
	attribute_add_string(out, name, text, strlen(text));
}

void attribute_add_integer(struct buf *out, const char *name, int64_t number)
{
	enum { NUMBER_SIZE = 24 };
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, number);
	attribute_add_number(out, name, text);
}

void attribute_add_json(struct buf *out, const char *name, const json_t *value)
{
	begin_member(out, name);
	if (!attribute_from_json(value, out))
		out->failed = true;
}
