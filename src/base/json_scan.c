/*
 * The strict gate, which trusts nothing. What relies on its verdict is in json_walk.c.
 */
#include "base/json_scan.h"

#include <string.h>

#include "base/json_bytes.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_digits(struct scanner *scan)
{
	const char *start = scan->at;

	while (is_digit(peek(scan)))
		scan->at++;
	return scan->at > start;
}

size_t json_scan_number_len(struct span text)
{
	struct scanner scan = {text.data, span_end(text)};

	take(&scan, '-');
	if (!take(&scan, '0') && !take_digits(&scan))
		return 0;
	if (take(&scan, '.') && !take_digits(&scan))
		return 0;
	if (take(&scan, 'e') || take(&scan, 'E')) {
		if (!take(&scan, '+'))
			take(&scan, '-');
		if (!take_digits(&scan))
			return 0;
	}
	return (size_t)(scan.at - text.data);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}
static inline const char *skip_plain(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t marks = not_plain(load_eight(at));

		if (marks)
			return at + first_mark(marks);
	}
	while (at < end && is_plain((unsigned char)*at))
		at++;
	return at;
}

size_t json_scan_plain_len(struct span text)
{
	return (size_t)(skip_plain(text.data, span_end(text)) - text.data);
}

/* Behind the backslash. */
static bool check_escape(struct scanner *scan)
{
	char c = peek(scan);
	uint32_t code;

	if (c == '\0' || !strchr("\"\\/bfnrtu", c))
		return false;
	scan->at++;
	if (c != 'u')
		return true;
	if (scan->end - scan->at < 4 || !text_parse_hex((struct span){scan->at, 4}, &code))
		return false;
	scan->at += 4;
	return true;
}

/* Behind the opening quote, up to behind the closing one. */
static bool check_string(struct scanner *scan)
{
	for (;;) {
		size_t len;

		scan->at = skip_plain(scan->at, scan->end);
		if (take(scan, '"'))
			return true;
		if (take(scan, '\\')) {
			if (!check_escape(scan))
				return false;
			continue;
		}
		if ((unsigned char)peek(scan) < 0x80)
			return false; /* the end, or a control character */
		len = text_utf8_decode(rest_of(scan), NULL);
		if (len == 0)
			return false;
		scan->at += len;
	}
}

static bool check_word(struct scanner *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

static bool check_number(struct scanner *scan)
{
	size_t len = json_scan_number_len(rest_of(scan));

	scan->at += len;
	return len > 0;
}

static struct span without_spaces(const char *start, const char *end)
{
	while (start < end && is_space(*start))
		start++;
	while (start < end && is_space(end[-1]))
		end--;
	return (struct span){start, (size_t)(end - start)};
}

static bool check_value(struct scanner *scan, unsigned depth);
static bool check_outer_value(struct scanner *scan, struct json_index *index);

/* Behind the opening brace or a comma. `index`: for a member of the outermost object. */
static inline bool check_member(struct scanner *scan, unsigned depth, struct json_index *index,
				struct json_member *member)
{
	const char *start;

	skip_space(scan);
	start = scan->at + 1;
	if (!take(scan, '"') || !check_string(scan))
		return false;
	member->name = (struct span){start, (size_t)(scan->at - 1 - start)};
	skip_space(scan);
	start = scan->at + 1;
	if (!take(scan, ':') ||
	    !(index ? check_outer_value(scan, index) : check_value(scan, depth)))
		return false;
	member->value = without_spaces(start, scan->at);
	return true;
}

/* Behind the opening brace or a comma. */
static bool check_members(struct scanner *scan, unsigned depth)
{
	struct json_member member;

	do {
		if (!check_member(scan, depth, NULL, &member))
			return false;
	} while (take(scan, ','));
	return take(scan, '}');
}

/* Over the start of "S":"…" and its like, up to behind the third quote. */
static bool take_typed_start(struct scanner *scan)
{
	static const char form[] = "\"T\":\"";
	const size_t len = sizeof(form) - 1;
	const char *at = scan->at;

	if ((size_t)(scan->end - at) < len || at[0] != '"' || !is_plain((unsigned char)at[1]) ||
	    memcmp(at + 2, form + 2, len - 2) != 0)
		return false;
	scan->at += len;
	return true;
}

/* Behind the opening brace. Nearly all objects that DynamoDB answers are {"S":"…"} and its like. */
static bool check_object(struct scanner *scan, unsigned depth)
{
	if (take_typed_start(scan)) {
		if (!check_string(scan))
			return false;
		skip_space(scan);
		return take(scan, '}') || (take(scan, ',') && check_members(scan, depth));
	}
	skip_space(scan);
	return take(scan, '}') || check_members(scan, depth);
}

/* From the opening brace on. It is in the index when there is room for all of its members. */
static bool check_row(struct scanner *scan, struct json_index *index)
{
	struct json_row *row = &index->row[index->row_count];
	struct json_member member;
	const char *start = scan->at++;

	*row = (struct json_row){.first = index->row_member_count};
	skip_space(scan);
	if (!take(scan, '}')) {
		do {
			if (!check_member(scan, 3, NULL, &member))
				return false;
			if (row->first + row->count < JSON_ROW_MEMBERS_MAX)
				index->row_member[row->first + row->count] = member;
			row->count++;
		} while (take(scan, ','));
		if (!take(scan, '}'))
			return false;
	}
	row->text = (struct span){start, (size_t)(scan->at - start)};
	if (row->first + row->count <= JSON_ROW_MEMBERS_MAX) {
		index->row_member_count += row->count;
		index->row_count++;
	}
	skip_space(scan);
	return true;
}

static bool check_element(struct scanner *scan, unsigned depth, struct json_index *index)
{
	if (!index || index->row_count == JSON_ROWS_MAX)
		return check_value(scan, depth);
	skip_space(scan);
	return peek(scan) == '{' ? check_row(scan, index) : check_value(scan, depth);
}

/* Behind the opening bracket. `index`: for an array of the outermost object. */
static bool check_array(struct scanner *scan, unsigned depth, struct json_index *index)
{
	skip_space(scan);
	if (take(scan, ']'))
		return true;
	do {
		if (!check_element(scan, depth, index))
			return false;
	} while (take(scan, ','));
	return take(scan, ']');
}

/* A value and the spaces on both sides of it. `depth`: of the containers around it. */
static bool check_value(struct scanner *scan, unsigned depth)
{
	bool is_right;

	skip_space(scan);
	if (take(scan, '"'))
		is_right = check_string(scan);
	else if (take(scan, '{'))
		is_right = depth < JSON_SCAN_DEPTH && check_object(scan, depth + 1);
	else if (take(scan, '['))
		is_right = depth < JSON_SCAN_DEPTH && check_array(scan, depth + 1, NULL);
	else if (peek(scan) == '-' || is_digit(peek(scan)))
		is_right = check_number(scan);
	else
		is_right = check_word(scan, "true") || check_word(scan, "false") ||
			   check_word(scan, "null");
	skip_space(scan);
	return is_right;
}

bool json_scan_check(struct span text)
{
	struct scanner scan = {text.data, span_end(text)};

	return text.len > 0 && check_value(&scan, 0) && scan.at == scan.end;
}

static bool check_outer_value(struct scanner *scan, struct json_index *index)
{
	bool is_right;

	skip_space(scan);
	if (!take(scan, '['))
		return check_value(scan, 1);
	is_right = check_array(scan, 2, index);
	skip_space(scan);
	return is_right;
}

bool json_scan_check_object(struct span text, struct json_index *index)
{
	struct scanner scan = {text.data, span_end(text)};
	struct json_member member;

	index->count = 0;
	index->row_count = 0;
	index->row_member_count = 0;
	if (!take(&scan, '{'))
		return false;
	skip_space(&scan);
	if (!take(&scan, '}')) {
		do {
			if (!check_member(&scan, 1, index, &member))
				return false;
			if (index->count < JSON_MEMBERS_MAX)
				index->member[index->count++] = member;
		} while (take(&scan, ','));
		if (!take(&scan, '}'))
			return false;
	}
	return scan.at == scan.end;
}
