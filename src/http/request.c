#include "http/request.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "base/json_exact.h"
#include "base/text.h"
#include "http/connection.h"
#include "http/reply.h"

enum { TRACE_MAX = 256 };

/* ---- headers ---- */

const char *request_header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection->mhd, MHD_HEADER_KIND, name);
}

const char *request_harmless_header(const struct request *rq, const char *name)
{
	const char *value = request_header(rq, name);

	if (value == NULL || strlen(value) > TRACE_MAX)
		return NULL;
	for (const char *at = value; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			return NULL;
	return value;
}

/* ---- query ---- */

/* Decodes a name or value into the arena. False after a reply was made. */
static bool decode(struct request *rq, const char *text, size_t len, const char **out)
{
	char *copy = arena_copy(&rq->arena, text, len);
	struct span span = {copy, len};

	if (copy == NULL) {
		reply_failure(rq, RESULT_NO_MEMORY);
		return false;
	}
	span.len = text_percent_decode(copy, len);
	if (span.len == SIZE_MAX || memchr(copy, '\0', span.len) != NULL || !text_is_utf8(span) ||
	    text_has_control(span)) {
		reply_problem(rq, "invalid-parameter",
			      "A query parameter is not percent-encoded UTF-8 text.");
		return false;
	}
	copy[span.len] = '\0';
	*out = copy;
	return true;
}

static void list_known(const struct request *rq, struct buf *out)
{
	if (rq->route->query == NULL || rq->route->query[0] == NULL) {
		buf_add_str(out, "none");
		return;
	}
	for (const char *const *name = rq->route->query; *name != NULL; name++) {
		if (name != rq->route->query)
			buf_add_str(out, ", ");
		buf_add_str(out, *name);
	}
}

static bool is_known(const struct request *rq, const char *name)
{
	if (rq->route->query == NULL)
		return false;
	for (const char *const *known = rq->route->query; *known != NULL; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

/* How much of a client's text is repeated: whole characters of it. */
static size_t cut_len(const char *text)
{
	enum { SHOWN_MAX = 64 };
	struct span rest = span_of(text);
	size_t len = 0;

	while (rest.len > 0 && len + text_utf8_decode(rest, NULL) <= SHOWN_MAX) {
		size_t character = text_utf8_decode(rest, NULL);

		len += character;
		rest.data += character;
		rest.len -= character;
	}
	return len;
}

static void reply_unknown(struct request *rq, const char *name)
{
	enum { KNOWN_MAX = 512 };
	struct buf known = {0};
	int shown = (int)cut_len(name);

	buf_init(&known, KNOWN_MAX);
	list_known(rq, &known);
	reply_problem(rq, "unknown-parameter",
		      "There is no query parameter \"%.*s\" here. Known ones: %s.", shown, name,
		      buf_text(&known));
	buf_clear(&known);
}

static enum MHD_Result read_parameter(void *context, enum MHD_ValueKind kind, const char *name,
				      size_t name_len, const char *value, size_t value_len)
{
	struct request *rq = context;
	struct query_parameter parameter = {NULL, ""};

	(void)kind;
	if (!decode(rq, name, name_len, &parameter.name) ||
	    (value != NULL && !decode(rq, value, value_len, &parameter.value)))
		return MHD_NO;
	if (!is_known(rq, parameter.name))
		reply_unknown(rq, parameter.name);
	else if (request_query(rq, parameter.name) != NULL)
		reply_problem(rq, "invalid-parameter", "The query parameter %s is given twice.",
			      parameter.name);
	else if (rq->query_count == REQUEST_QUERY_MAX)
		reply_problem(rq, "invalid-parameter", "There are too many query parameters.");
	else
		rq->query[rq->query_count++] = parameter;
	return rq->reply.is_made ? MHD_NO : MHD_YES;
}

void request_read_query(struct request *rq)
{
	MHD_get_connection_values_n(rq->connection->mhd, MHD_GET_ARGUMENT_KIND, read_parameter, rq);
}

const char *request_query(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->query_count; i++)
		if (strcmp(rq->query[i].name, name) == 0)
			return rq->query[i].value;
	return NULL;
}

bool request_query_u64(struct request *rq, const char *name, uint64_t min, uint64_t max,
		       uint64_t *value)
{
	const char *text = request_query(rq, name);
	uint64_t number;

	if (text == NULL)
		return true;
	if (!text_parse_u64(span_of(text), &number) || number < min || number > max) {
		reply_problem(rq, "invalid-parameter",
			      "%s must be a whole number from %llu to %llu.", name,
			      (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*value = number;
	return true;
}

bool request_query_bool(struct request *rq, const char *name, bool *value)
{
	const char *text = request_query(rq, name);

	if (text == NULL)
		return true;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		reply_problem(rq, "invalid-parameter", "%s must be true or false.", name);
		return false;
	}
	*value = text[0] == 't';
	return true;
}

/* ---- body ---- */

/* "application/json" or "application/…+json", with any parameters. */
static bool is_json_type(const char *type)
{
	size_t len;

	if (type == NULL)
		return false;
	len = strcspn(type, "; \t");
	if (len == strlen("application/json") && strncasecmp(type, "application/json", len) == 0)
		return true;
	return len > strlen("application/+json") && strncasecmp(type, "application/", 12) == 0 &&
	       strncasecmp(type + len - 5, "+json", 5) == 0;
}

static enum flow parse(struct request *rq, struct span text)
{
	struct json_mistake mistake = {0};

	rq->body = json_exact_parse(text, &mistake);
	if (rq->body != NULL)
		return FLOW_NEXT;
	if (mistake.line == 0)
		return reply_failure(rq, RESULT_NO_MEMORY);
	return reply_problem(rq, "invalid-json", "Line %zu, column %zu: %s.", mistake.line,
			     mistake.column, mistake.text);
}

enum flow read_json(struct request *rq)
{
	const char *encoding = request_header(rq, "Content-Encoding");

	if (!is_json_type(request_header(rq, "Content-Type")))
		return reply_problem(rq, "unsupported-media-type", NULL);
	if (encoding != NULL && strcasecmp(encoding, "identity") != 0)
		return reply_problem(rq, "unsupported-media-type",
				     "Send the body as it is, without Content-Encoding.");
	return parse(rq, (struct span){buf_text(&rq->raw_body), rq->raw_body.len});
}

enum flow read_optional_json(struct request *rq)
{
	bool has_body = rq->raw_body.len > 0 || request_header(rq, "Content-Type") != NULL;

	return has_body ? read_json(rq) : parse(rq, span_of("{}"));
}

/* ---- preconditions (RFC 9110, section 13) ---- */

/* One entity tag at `at`, without its quotes; NULL when there is none. `end` gets what follows. */
static const char *read_tag(const char *at, size_t *len, bool *is_weak, const char **end)
{
	const char *close;

	*is_weak = strncmp(at, "W/", 2) == 0;
	if (*is_weak)
		at += 2;
	if (*at != '"')
		return NULL;
	close = strchr(++at, '"');
	if (close == NULL)
		return NULL;
	*len = (size_t)(close - at);
	*end = close + 1;
	return at;
}

static bool reply_bad_match(struct request *rq)
{
	reply_problem(rq, "invalid-header",
		      "If-Match must be one version in quotes, such as \"3\", or *.");
	return false;
}

bool request_expected_version(struct request *rq, uint64_t *version)
{
	const char *header = request_header(rq, "If-Match");
	const char *tag;
	const char *end;
	size_t len;
	bool is_weak;

	if (request_header(rq, "If-None-Match") != NULL) {
		reply_problem(rq, "invalid-header", "If-None-Match is for GET and HEAD.");
		return false;
	}
	if (header == NULL && rq->config->is_match_required) {
		reply_problem(rq, "precondition-required", NULL);
		return false;
	}
	*version = 0;
	if (header == NULL || strcmp(header, "*") == 0)
		return true;
	tag = read_tag(header, &len, &is_weak, &end);
	if (tag == NULL || *end != '\0')
		return reply_bad_match(rq);
	/* Weak tags never match here, and tags that are no versions are none of ours. */
	len = strcspn(tag, ".\"") < len ? strcspn(tag, ".\"") : len;
	if (!is_weak && tag[0] != '0' && text_parse_u64((struct span){tag, len}, version))
		return true;
	reply_problem(rq, "precondition-failed", NULL);
	return false;
}

bool request_none_match_holds(const struct request *rq, const char *tag)
{
	const char *at = request_header(rq, "If-None-Match");
	size_t len;
	bool is_weak;

	if (at == NULL)
		return false;
	if (strcmp(at, "*") == 0)
		return true;
	for (;;) {
		const char *given;

		at += strspn(at, ", \t");
		given = read_tag(at, &len, &is_weak, &at);
		if (given == NULL)
			return false;
		if (len == strlen(tag) && memcmp(given, tag, len) == 0)
			return true;
	}
}
