#include "aws/sigv4_canonical.h"

#include <string.h>
#include <strings.h>

/* Shortens to `len`, which is not more than is there. */
static void cut(struct buf *buf, size_t len)
{
	if (!buf->data)
		return;
	buf->len = len;
	buf->data[len] = '\0';
}

static void drop_last_segment(struct buf *out, size_t start)
{
	size_t len = out->len;

	/* Slashes within segments are encoded, so a slash always begins one. */
	while (len > start && out->data[len - 1] != '/')
		len--;
	if (len > start)
		cut(out, len - 1);
}

static void add_segment(struct buf *out, size_t start, struct span segment)
{
	if (segment.len == 0 || span_equals(segment, "."))
		return;
	if (span_equals(segment, "..")) {
		drop_last_segment(out, start);
		return;
	}
	buf_add_char(out, '/');
	buf_add_percent_encoded(out, segment.data, segment.len);
}

void sigv4_add_path(struct buf *out, struct span path)
{
	size_t start = out->len;
	size_t from = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.data[i] != '/')
			continue;
		add_segment(out, start, (struct span){path.data + from, i - from});
		from = i + 1;
	}
	if (out->len == start || (path.len > 0 && path.data[path.len - 1] == '/'))
		buf_add_char(out, '/');
}

/* Where a parameter's encoded name and value lie in the scratch buffer. */
struct parameter {
	size_t name;
	size_t value;
	size_t end;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void add_recoded(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		int high = c == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

		if (low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		}
		buf_add_percent_encoded(out, &c, 1);
	}
}

static struct parameter add_parameter(struct buf *scratch, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;
	struct parameter parameter = {.name = scratch->len};

	add_recoded(scratch, text, name_len);
	parameter.value = scratch->len;
	if (equals)
		add_recoded(scratch, equals + 1, len - name_len - 1);
	parameter.end = scratch->len;
	return parameter;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	int order = common ? memcmp(a, b, common) : 0;

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_parameters(const char *text, struct parameter a, struct parameter b)
{
	int order = compare_bytes(text + a.name, a.value - a.name, text + b.name, b.value - b.name);

	if (order)
		return order;
	return compare_bytes(text + a.value, a.end - a.value, text + b.value, b.end - b.value);
}

/* Insertion sort: a handful of parameters, and in order already as a rule. */
static void sort_parameters(const char *text, struct parameter *parameters, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct parameter moving = parameters[i];
		size_t place = i;

		for (; place > 0 && compare_parameters(text, moving, parameters[place - 1]) < 0;
		     place--)
			parameters[place] = parameters[place - 1];
		parameters[place] = moving;
	}
}

static void write_parameters(struct buf *out, const char *text, const struct parameter *parameters,
			     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct parameter *one = &parameters[i];

		if (i > 0)
			buf_add_char(out, '&');
		buf_add(out, text + one->name, one->value - one->name);
		buf_add_char(out, '=');
		buf_add(out, text + one->value, one->end - one->value);
	}
}

bool sigv4_add_query(struct buf *out, struct buf *scratch, struct span query)
{
	struct parameter parameters[SIGV4_PARAMETERS_MAX];
	size_t count = 0;
	size_t from = 0;

	if (query.len == 0)
		return true;
	buf_reset(scratch);
	for (size_t i = 0; i <= query.len; i++) {
		if (i < query.len && query.data[i] != '&')
			continue;
		if (count == SIGV4_PARAMETERS_MAX)
			return false;
		parameters[count++] = add_parameter(scratch, query.data + from, i - from);
		from = i + 1;
	}
	if (!buf_ok(scratch))
		return false;
	sort_parameters(buf_text(scratch), parameters, count);
	write_parameters(out, buf_text(scratch), parameters, count);
	return true;
}

/* What proxies may add, remove or change on the way. */
static const char *const never_signed[] = {
	"connection",
	"expect",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"user-agent",
	"x-amzn-trace-id",
};

static bool is_never_signed(struct span name)
{
	for (size_t i = 0; i < sizeof(never_signed) / sizeof(never_signed[0]); i++) {
		if (span_equals_nocase(name, never_signed[i]))
			return true;
	}
	return name.len > 8 && strncasecmp(name.data, "amz-sdk-", 8) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int compare_names(struct span a, struct span b)
{
	size_t common = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < common; i++) {
		int order = (unsigned char)lower(a.data[i]) - (unsigned char)lower(b.data[i]);

		if (order)
			return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* Sorts those to be signed by name; equal names keep their order. */
static size_t sort_headers(const struct sigv4_header **sorted, const struct sigv4_header *headers,
			   size_t count)
{
	size_t signed_count = 0;

	for (size_t i = 0; i < count; i++) {
		size_t place = signed_count;

		if (is_never_signed(headers[i].name))
			continue;
		for (; place > 0 && compare_names(headers[i].name, sorted[place - 1]->name) < 0;
		     place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = &headers[i];
		signed_count++;
	}
	return signed_count;
}

static void add_lower(struct buf *out, struct span name)
{
	char *room = buf_reserve(out, name.len);

	if (!room)
		return;
	for (size_t i = 0; i < name.len; i++)
		room[i] = lower(name.data[i]);
	buf_commit(out, name.len);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Line breaks count as space, which also unfolds folded headers. */
static void add_trimmed(struct buf *out, struct span value)
{
	size_t start = out->len;
	size_t i = 0;

	while (i < value.len) {
		size_t from;

		while (i < value.len && is_space(value.data[i]))
			i++;
		from = i;
		while (i < value.len && !is_space(value.data[i]))
			i++;
		if (i > from && out->len > start)
			buf_add_char(out, ' ');
		buf_add(out, value.data + from, i - from);
	}
}

bool sigv4_add_headers(struct buf *out, struct buf *names, const struct sigv4_header *headers,
		       size_t count)
{
	const struct sigv4_header *sorted[SIGV4_HEADERS_MAX];

	if (count > SIGV4_HEADERS_MAX)
		return false;
	count = sort_headers(sorted, headers, count);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_names(sorted[i]->name, sorted[i - 1]->name) == 0) {
			buf_add_char(out, ',');
		} else {
			if (i > 0) {
				buf_add_char(out, '\n');
				buf_add_char(names, ';');
			}
			add_lower(names, sorted[i]->name);
			add_lower(out, sorted[i]->name);
			buf_add_char(out, ':');
		}
		add_trimmed(out, sorted[i]->value);
	}
	if (count > 0)
		buf_add_char(out, '\n');
	return true;
}
