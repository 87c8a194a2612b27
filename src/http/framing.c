#include "http/framing.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum {
	LINE_END = 2,    /* CR and LF */
	BLANKS_MAX = 16, /* a colon and what may follow it */
	ENTRY_COST = 64, /* what libmicrohttpd remembers of a header, a cookie or a parameter */
	REPLY_ROOM = 3 * 1024,
};

static const char strange_lines[] =
	"The head has folded or nameless lines, bare line ends or NUL bytes.";

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_alnum =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!is_alnum && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return len > 0;
}

/* Field values: visible characters, spaces, tabs and bytes above ASCII (RFC 9110, 5.5). */
static bool is_field_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static void check_length(struct framing *framing, struct span value)
{
	framing->has_length = true;
	if (framing->lengths++ > 0)
		framing->fault = "There is more than one Content-Length.";
	else if (!text_parse_u64(value, &framing->length))
		framing->fault = "Content-Length is not a number.";
}

static void check_encoding(struct framing *framing, struct span value)
{
	framing->is_chunked = true;
	if (framing->encodings++ > 0)
		framing->fault = "There is more than one Transfer-Encoding.";
	else if (!span_equals_nocase(value, "chunked"))
		framing->fault = "The only Transfer-Encoding taken is chunked.";
}

static size_t distance(const char *from, const char *to)
{
	return (uintptr_t)to - (uintptr_t)from; /* huge when it is the other way round */
}

/*
 * Names and values stand where they were received: a line end before, a colon and blanks between.
 */
static bool is_in_place(const struct framing *framing, struct span name, const char *value)
{
	const char *colon = span_end(name);

	if (distance(framing->end, name.data) != LINE_END || distance(colon, value) < 1 ||
	    distance(colon, value) > BLANKS_MAX)
		return false;
	for (const char *at = colon + 1; at < value; at++)
		if (*at != ' ' && *at != '\t')
			return false;
	return true;
}

static enum MHD_Result check_header(void *context, enum MHD_ValueKind kind, const char *name,
				    size_t name_len, const char *value, size_t value_len)
{
	struct framing *framing = context;
	struct span name_span = {name, name_len};
	struct span value_span = {value, value_len};

	(void)kind;
	framing->count++;
	framing->bytes += name_len + value_len;
	if (value == NULL || !is_in_place(framing, name_span, value))
		framing->fault = strange_lines;
	else if (!is_token(name, name_len))
		framing->fault = "A header's name has characters that it must not have.";
	else if (!is_field_value(value, value_len))
		framing->fault = "A header's value has control characters.";
	else if (span_equals_nocase(name_span, "host"))
		framing->hosts++;
	else if (span_equals_nocase(name_span, "content-length"))
		check_length(framing, value_span);
	else if (span_equals_nocase(name_span, "transfer-encoding"))
		check_encoding(framing, value_span);
	else if (span_equals_nocase(name_span, "cookie"))
		framing->cookie_bytes += value_len; /* it makes a copy */
	framing->end = value != NULL ? value + value_len : name;
	return framing->fault == NULL ? MHD_YES : MHD_NO;
}

static const char *check_target(const char *target)
{
	if (target[0] != '/')
		return "The request target must begin with a slash.";
	for (const char *at = target; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return "The request target has characters that must be percent-encoded.";
	return NULL;
}

/* The first line, where each part is one space behind the other. */
static const char *check_line(const struct framing_line *line)
{
	const char *fault = check_target(line->target);

	if (fault == NULL && strcmp(line->version, "HTTP/1.1") != 0 &&
	    strcmp(line->version, "HTTP/1.0") != 0)
		fault = "The protocol must be HTTP/1.1 or HTTP/1.0.";
	if (fault == NULL && !is_token(line->method, strlen(line->method)))
		fault = "The method has characters that it must not have.";
	if (fault == NULL && distance(line->method, line->version) !=
				     strlen(line->method) + strlen(line->target) + strlen("  "))
		fault = "The first line has stray spaces.";
	return fault;
}

/*
 * libmicrohttpd hands on neither folded lines as such, nor what follows a NUL, nor lines without a
 * name, and takes a bare line feed for a line's end. But it takes the head apart in place: so every
 * byte of it must be one that we were shown, or one that belongs where it is.
 */
static const char *check_headers(struct MHD_Connection *mhd, const struct framing_line *line,
				 struct framing *framing)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	framing->end = line->version + strlen(line->version);
	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, check_header, framing);
	if (framing->fault == NULL &&
	    (info == NULL ||
	     info->header_size != distance(line->method, framing->end) + 2 * LINE_END))
		framing->fault = strange_lines;
	return framing->fault;
}

/* Without room for a reply's head the request would run and its connection close without a word. */
static bool leaves_room(struct MHD_Connection *mhd, const struct framing *framing)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	int entries = MHD_get_connection_values_n(
		mhd, MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND, NULL, NULL);

	return info != NULL && info->header_size + framing->cookie_bytes +
					       (size_t)entries * ENTRY_COST + REPLY_ROOM <=
				       FRAMING_MEMORY;
}

const char *framing_check(struct MHD_Connection *mhd, const struct framing_line *line,
			  struct framing *framing, bool *is_too_large)
{
	bool is_http10 = strcmp(line->version, "HTTP/1.0") == 0;

	memset(framing, 0, sizeof(*framing));
	*is_too_large = false;
	framing->fault = check_line(line);
	if (framing->fault == NULL)
		framing->fault = check_headers(mhd, line, framing);
	if (framing->fault == NULL && framing->hosts != 1)
		framing->fault = "There must be exactly one Host header.";
	if (framing->fault == NULL && framing->has_length && framing->is_chunked)
		framing->fault = "Content-Length and Transfer-Encoding exclude each other.";
	if (framing->fault == NULL && is_http10 && framing->is_chunked)
		framing->fault = "HTTP/1.0 has no Transfer-Encoding.";
	*is_too_large = framing->count > FRAMING_HEADERS_MAX ||
			framing->bytes > FRAMING_BYTES_MAX ||
			strlen(line->target) > FRAMING_BYTES_MAX || !leaves_room(mhd, framing);
	return framing->fault;
}
