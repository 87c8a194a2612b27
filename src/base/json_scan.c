/*
 * Two readers in one file: the strict gate (json_scan_check and what it calls), which trusts
 * nothing, and the walkers, which rely on what the gate has found and only look for where a value
 * ends. They stay within the text whatever it is.
 */
#include "base/json_scan.h"

#include <endian.h>
#include <string.h>

struct scanner {
	const char *at;
	const char *end;
};

static struct span rest_of(const struct scanner *scan)
{
	return (struct span){scan->at, (size_t)(scan->end - scan->at)};
}

/* The next byte, or NUL (which no rule asks for) at the end. */
static char peek(const struct scanner *scan)
{
	if (scan->at == scan->end)
		return '\0';
	return *scan->at;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Services write no spaces, so the usual case is one comparison. */
static inline void skip_space(struct scanner *scan)
{
	while (scan->at < scan->end && (unsigned char)*scan->at <= ' ' && is_space(*scan->at))
		scan->at++;
}

/* Steps over `c`, or says that something else is there. */
static bool take(struct scanner *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

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
	struct scanner scan = {text.data, text.data + text.len};

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

/*
 * Strings are most of what DynamoDB answers, so they are looked at eight bytes at a time, the first
 * byte lowest. A set high bit marks a byte that was looked for; the borrow of the subtraction can
 * mark others too, but only behind the first real one, so the lowest mark is right.
 */
static inline uint64_t load_eight(const char *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof(eight));
	return le64toh(eight);
}

static inline uint64_t zero_bytes(uint64_t eight)
{
	return (eight - 0x0101010101010101u) & ~eight & 0x8080808080808080u;
}

static inline uint64_t quotes_and_backslashes(uint64_t eight)
{
	return zero_bytes(eight ^ 0x2222222222222222u) | zero_bytes(eight ^ 0x5c5c5c5c5c5c5c5cu);
}

static inline size_t first_mark(uint64_t marks)
{
	return (size_t)__builtin_ctzll(marks) / 8;
}

size_t json_scan_plain_len(struct span text)
{
	size_t len = 0;

	for (; text.len - len >= 8; len += 8) {
		uint64_t eight = load_eight(text.data + len);
		uint64_t marks = quotes_and_backslashes(eight) |
				 ((eight | (eight - 0x2020202020202020u)) & 0x8080808080808080u);

		if (marks)
			return len + first_mark(marks);
	}
	while (len < text.len && is_plain((unsigned char)text.data[len]))
		len++;
	return len;
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

		scan->at += json_scan_plain_len(rest_of(scan));
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

static bool check_value(struct scanner *scan, unsigned depth);

/* Behind the opening brace. */
static bool check_object(struct scanner *scan, unsigned depth)
{
	skip_space(scan);
	if (take(scan, '}'))
		return true;
	do {
		skip_space(scan);
		if (!take(scan, '"') || !check_string(scan))
			return false;
		skip_space(scan);
		if (!take(scan, ':') || !check_value(scan, depth))
			return false;
	} while (take(scan, ','));
	return take(scan, '}');
}

/* Behind the opening bracket. */
static bool check_array(struct scanner *scan, unsigned depth)
{
	skip_space(scan);
	if (take(scan, ']'))
		return true;
	do {
		if (!check_value(scan, depth))
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
		is_right = depth < JSON_SCAN_DEPTH && check_array(scan, depth + 1);
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
	struct scanner scan = {text.data, text.data + text.len};

	return text.len > 0 && check_value(&scan, 0) && scan.at == scan.end;
}

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

static const char *skip_value(const char *at, const char *end)
{
	if (at == end)
		return end;
	if (*at == '"')
		return skip_string(at, end);
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
