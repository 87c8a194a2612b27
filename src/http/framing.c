#include "http/framing.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

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

static enum MHD_Result check_header(void *context, enum MHD_ValueKind kind, const char *name,
				    size_t name_len, const char *value, size_t value_len)
{
	struct framing *framing = context;
	struct span name_span = {name, name_len};
	struct span value_span = {value, value_len};

	(void)kind;
	framing->count++;
	framing->bytes += name_len + value_len;
	if (!is_token(name, name_len))
		framing->fault = "A header's name has characters that it must not have.";
	else if (value == NULL || !is_field_value(value, value_len))
		framing->fault = "A header's value has control characters.";
	else if (span_equals_nocase(name_span, "host"))
		framing->hosts++;
	else if (span_equals_nocase(name_span, "content-length"))
		check_length(framing, value_span);
	else if (span_equals_nocase(name_span, "transfer-encoding"))
		check_encoding(framing, value_span);
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

/*
 * libmicrohttpd hands on neither folded lines, nor what follows a NUL, nor lines without a name; but
 * it tells the head's size. What we were shown must add up to it, but for at most one space after
 * each colon. A head with bare line feeds comes out too small.
 */
static bool adds_up(struct MHD_Connection *mhd, const char *method, const char *target,
		    const struct framing *framing)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t shown = strlen(method) + strlen(target) + strlen("  HTTP/1.1\r\n") + framing->bytes +
		       framing->count * strlen(":\r\n") + strlen("\r\n");

	return info != NULL && info->header_size >= shown &&
	       info->header_size <= shown + framing->count;
}

const char *framing_check(struct MHD_Connection *mhd, const struct framing_line *line,
			  struct framing *framing, bool *is_too_large)
{
	bool is_http10 = strcmp(line->version, "HTTP/1.0") == 0;

	memset(framing, 0, sizeof(*framing));
	*is_too_large = false;
	framing->fault = check_target(line->target);
	if (framing->fault == NULL && !is_http10 && strcmp(line->version, "HTTP/1.1") != 0)
		framing->fault = "The protocol must be HTTP/1.1 or HTTP/1.0.";
	if (framing->fault == NULL)
		MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, check_header, framing);
	if (framing->fault == NULL && !adds_up(mhd, line->method, line->target, framing))
		framing->fault =
			"The head has folded or nameless lines, NUL bytes or stray spaces.";
	if (framing->fault == NULL && framing->hosts != 1)
		framing->fault = "There must be exactly one Host header.";
	if (framing->fault == NULL && framing->has_length && framing->is_chunked)
		framing->fault = "Content-Length and Transfer-Encoding exclude each other.";
	if (framing->fault == NULL && is_http10 && framing->is_chunked)
		framing->fault = "HTTP/1.0 has no Transfer-Encoding.";
	*is_too_large = framing->count > FRAMING_HEADERS_MAX ||
			framing->bytes > FRAMING_BYTES_MAX ||
			strlen(line->target) > FRAMING_BYTES_MAX;
	return framing->fault;
}
