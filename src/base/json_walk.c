/*
 * The walkers rely on what the gate (json_scan.c) has found and only look for where a value ends.
 * They stay within the text whatever it is.
 */
#include "base/json_scan.h"

#include <string.h>

#include "base/json_bytes.h"

/* The next quote or backslash, or the end. */
static inline const char *find_mark(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t marks = quotes_and_backslashes(load_eight(at));

		if (marks)
			return at + first_mark(marks);
	}
	while (at < end && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* From behind an opening quote to its closing one, or to the end. */
static const char *find_quote(const char *at, const char *end)
{
	for (;;) {
		at = find_mark(at, end);
		if (at == end || *at == '"')
			return at;
		if (end - at < 2)
			return end;
		at += 2; /* a backslash and what it escapes */
	}
}

/* From an opening quote to behind the closing one. */
static const char *skip_string(const char *at, const char *end)
{
	const char *quote = find_quote(at + 1, end);

	return quote < end ? quote + 1 : end;
}

/* From an opening brace or bracket to behind the closing one. */
static const char *skip_container(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		char c = *at;

		if (c == '"') {
			at = skip_string(at, end);
			continue;
		}
		at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	return at;
}

/*
 * {"S":"…"}, {"N":"…"}: nearly all that DynamoDB answers looks like that. NULL when this does not.
 */
static inline const char *skip_typed_string(const char *at, const char *end)
{
	static const char form[] = "{\"T\":\"";
	const size_t len = sizeof(form) - 1;
	const char *quote;

	if ((size_t)(end - at) <= len || at[1] != '"' || at[2] == '\\' || at[3] != '"' ||
	    at[4] != ':' || at[5] != '"')
		return NULL;
	quote = find_quote(at + len, end);
	return end - quote > 1 && quote[1] == '}' ? quote + 2 : NULL;
}

static const char *skip_value(const char *at, const char *end)
{
	const char *behind = NULL;

	if (at == end)
		return end;
	if (*at == '"')
		return skip_string(at, end);
	if (*at == '{')
		behind = skip_typed_string(at, end);
	if (behind)
		return behind;
	if (*at == '{' || *at == '[')
		return skip_container(at, end);
	while (at < end && !is_space(*at) && *at != ',' && *at != '}' && *at != ']')
		at++;
	return at;
}

void json_walk_init(struct json_walk *walk, struct span value)
{
	*walk = (struct json_walk){0};
	if (value.len < 2 || (value.data[0] != '{' && value.data[0] != '['))
		return;
	walk->at = value.data + 1;
	walk->end = value.data + value.len - 1;
	walk->is_object = value.data[0] == '{';
}

/* A member's name and the colon. False when that is not what is there. */
static bool walk_name(struct scanner *scan, struct span *name)
{
	const char *start = scan->at + 1;
	const char *quote;

	if (!take(scan, '"'))
		return false;
	quote = find_quote(start, scan->end);
	if (quote == scan->end)
		return false;
	*name = (struct span){start, (size_t)(quote - start)};
	scan->at = quote + 1;
	skip_space(scan);
	if (!take(scan, ':'))
		return false;
	skip_space(scan);
	return true;
}

/* A walk that went down does not know its end beforehand, but meets its bracket. */
static bool is_over(const struct scanner *scan)
{
	return scan->at == scan->end || *scan->at == '}' || *scan->at == ']';
}

bool json_walk_next(struct json_walk *walk)
{
	struct scanner scan = {walk->at, walk->end};

	skip_space(&scan);
	if (take(&scan, ','))
		skip_space(&scan);
	walk->at = scan.at;
	if (is_over(&scan) || (walk->is_object && !walk_name(&scan, &walk->name)))
		return false;
	walk->value.data = scan.at;
	walk->at = skip_value(scan.at, scan.end);
	walk->value.len = (size_t)(walk->at - walk->value.data);
	return walk->value.len > 0;
}

bool json_walk_down(struct json_walk *walk, struct json_walk *inner)
{
	struct scanner scan = {walk->at, walk->end};

	skip_space(&scan);
	if (take(&scan, ','))
		skip_space(&scan);
	*inner = (struct json_walk){.end = walk->end};
	inner->is_object = peek(&scan) == '{';
	if (walk->is_object || (!inner->is_object && peek(&scan) != '['))
		return false;
	inner->at = scan.at + 1;
	return true;
}

void json_walk_up(struct json_walk *walk, struct json_walk *inner)
{
	while (json_walk_next(inner))
		continue;
	walk->at = inner->at < inner->end ? inner->at + 1 : inner->end;
}

const struct json_row *json_walk_row(struct json_walk *walk)
{
	const struct json_index *index = walk->index;
	struct scanner scan = {walk->at, walk->end};
	const struct json_row *row;

	if (!index)
		return NULL;
	skip_space(&scan);
	if (take(&scan, ','))
		skip_space(&scan);
	while (walk->row < index->row_count && index->row[walk->row].text.data < scan.at)
		walk->row++;
	row = &index->row[walk->row];
	if (walk->row == index->row_count || row->text.data != scan.at)
		return NULL;
	walk->row++;
	walk->at = scan.at + row->text.len;
	return row;
}

struct span json_scan_member(struct span object, const char *name)
{
	size_t len = strlen(name);
	struct json_walk walk;

	json_walk_init(&walk, object);
	if (!walk.is_object)
		return (struct span){0};
	while (json_walk_next(&walk)) {
		if (walk.name.len == len && memcmp(walk.name.data, name, len) == 0)
			return walk.value;
	}
	return (struct span){0};
}

struct span json_scan_raw_string(struct span value)
{
	if (value.len < 2 || value.data[0] != '"')
		return (struct span){0};
	return (struct span){value.data + 1, value.len - 2};
}

bool json_scan_is_true(struct span value)
{
	return span_equals(value, "true");
}
