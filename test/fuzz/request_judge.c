#include "request_judge.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "http/problem.h"
#include "request_backend.h"

void request_judge_demand(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

#define DEMAND(is_true) request_judge_demand((is_true), #is_true)

struct answer {
	int status;
	struct span headers; /* lines with their CRLF */
	struct span body;    /* without the chunks' sizes */
	char *joined;        /* owned: the body of one with chunks */
	bool is_open;        /* nothing says where the body ends, or it ended too early */
};

/* ---- heads ---- */

static bool contains(struct span text, const char *part)
{
	return text.len > 0 && memmem(text.data, text.len, part, strlen(part)) != NULL;
}

static struct span take(struct span *text, size_t len)
{
	struct span front = {text->data, len};

	DEMAND(len <= text->len);
	text->data += len;
	text->len -= len;
	return front;
}

static struct span take_line(struct span *text)
{
	const char *end = text->len > 0 ? memmem(text->data, text->len, "\r\n", 2) : NULL;
	struct span line;

	DEMAND(end != NULL);
	line = take(text, (size_t)(end - text->data));
	take(text, 2);
	return line;
}

/* The value, or one without data. */
static struct span header(const struct answer *answer, const char *name)
{
	struct span rest = answer->headers;

	while (rest.len > 0) {
		struct span line = take_line(&rest);
		size_t len = strlen(name);

		if (line.len > len + 1 && span_equals((struct span){line.data, len}, name) &&
		    line.data[len] == ':')
			return (struct span){line.data + len + 2, line.len - len - 2};
	}
	return (struct span){NULL, 0};
}

static bool is_header(struct span name)
{
	static const char *const known[] = {
		"Allow",
		"Cache-Control",
		"Connection",
		"Content-Length",
		"Content-Type",
		"Date",
		"ETag",
		"Idempotent-Replayed",
		"Link",
		"Location",
		"RateLimit",
		"RateLimit-Policy",
		"Retry-After",
		"Server-Timing",
		"Transfer-Encoding",
		"Vary",
		"WWW-Authenticate",
		"X-Consumed-Read-Units",
		"X-Consumed-Write-Units",
		"X-Content-Type-Options",
		"X-Request-Id",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_equals(name, known[i]))
			return true;
	return false;
}

/* A header that a client could bring in would have another name, or be there twice. */
static void judge_headers(const struct answer *answer)
{
	struct span rest = answer->headers;

	while (rest.len > 0) {
		struct span line = take_line(&rest);
		const char *colon = line.len > 0 ? memchr(line.data, ':', line.len) : NULL;
		struct span name;

		DEMAND(colon != NULL);
		name = (struct span){line.data, (size_t)(colon - line.data)};
		DEMAND(is_header(name));
		DEMAND(line.len > name.len + 1 && colon[1] == ' ');
		for (size_t i = 0; i < line.len; i++)
			DEMAND((unsigned char)line.data[i] >= ' ' && line.data[i] != 0x7f);
		for (struct span later = rest; later.len > 0;) {
			struct span other = take_line(&later);

			DEMAND(other.len <= name.len || other.data[name.len] != ':' ||
			       memcmp(other.data, name.data, name.len) != 0);
		}
	}
}

static void take_head(struct span *received, struct answer *answer)
{
	static const char version[] = "HTTP/1.1 ";
	const char *end = memmem(received->data, received->len, "\r\n\r\n", 4);
	struct span line;

	DEMAND(end != NULL);
	answer->headers = take(received, (size_t)(end - received->data) + 2);
	take(received, 2);
	line = take_line(&answer->headers);
	DEMAND(line.len > strlen(version) + 4);
	DEMAND(memcmp(line.data, version, strlen(version)) == 0);
	answer->status = atoi(line.data + strlen(version));
	DEMAND(line.data[strlen(version) + 3] == ' ');
	judge_headers(answer);
}

/* ---- bodies ---- */

static void take_chunks(struct span *received, struct answer *answer)
{
	answer->joined = malloc(received->len + 1);
	answer->body = (struct span){answer->joined, 0};
	while (received->len > 0) {
		char *end;
		unsigned long size = strtoul(received->data, &end, 16);

		DEMAND(end > received->data && memcmp(end, "\r\n", 2) == 0);
		take(received, (size_t)(end - received->data) + 2);
		if (size + 2 > received->len)
			break;
		memcpy(answer->joined + answer->body.len, take(received, size).data, size);
		answer->body.len += size;
		DEMAND(memcmp(take(received, 2).data, "\r\n", 2) == 0);
		if (size == 0)
			return;
	}
	answer->is_open = true;
	take(received, received->len);
}

static bool has_no_body(const struct answer *answer)
{
	return answer->status < 200 || answer->status == 204 || answer->status == 304;
}

/* What answers a HEAD, which only the one who asked can tell from a body that is missing. */
static bool answers_head(struct span received, struct span input, size_t len)
{
	static const char next[] = "HTTP/1.1 ";

	if (!contains(input, "HEAD "))
		return false;
	return received.len == 0 || len > received.len ||
	       (received.len >= strlen(next) && memcmp(received.data, next, strlen(next)) == 0);
}

static void take_body(struct span *received, struct span input, struct answer *answer)
{
	struct span length = header(answer, "Content-Length");
	bool is_chunked = header(answer, "Transfer-Encoding").data != NULL;
	uint64_t len = 0;

	DEMAND(length.data == NULL || !is_chunked);
	if (has_no_body(answer) || (is_chunked && answers_head(*received, input, 0)))
		return;
	if (is_chunked) {
		take_chunks(received, answer);
		return;
	}
	if (length.data == NULL) { /* to the end, as HTTP/1.0 knows it */
		answer->is_open = contains(input, "HTTP/1.0");
		answer->body = take(received, answer->is_open ? received->len : 0);
		DEMAND(answer->is_open || answers_head(*received, input, 0));
		return;
	}
	DEMAND(text_parse_u64(length, &len));
	if (len == 0 || answers_head(*received, input, len))
		return;
	answer->is_open = len > received->len;
	answer->body = take(received, answer->is_open ? received->len : len);
}

static void judge_json(struct span text)
{
	DEMAND(text_is_utf8(text));
	DEMAND(text.len > 0 && text.data[text.len - 1] == '\n');
	text.len--;
	DEMAND(json_scan_check(text));
}

static void judge_lines(const struct answer *answer)
{
	struct span rest = answer->body;

	while (rest.len > 0) {
		const char *end = memchr(rest.data, '\n', rest.len);

		if (end == NULL && answer->is_open)
			return;
		DEMAND(end != NULL);
		judge_json(take(&rest, (size_t)(end - rest.data) + 1));
	}
}

/* ---- what it says ---- */

static bool is_status(int status)
{
	static const int good[] = {100, 200, 201, 202, 204, 304};
	size_t count;
	const struct problem *problems = problem_table(&count);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (good[i] == status)
			return true;
	for (size_t i = 0; i < count; i++)
		if (problems[i].status == status)
			return true;
	return false;
}

static bool is_foreign(const struct answer *answer)
{
	return header(answer, "X-Request-Id").data == NULL && answer->status != 100;
}

/* libmicrohttpd's own answers to what it cannot read (docs/architecture.md, "Limits"). */
static void judge_foreign(const struct answer *answer)
{
	static const int statuses[] = {400, 413, 414, 431, 505};
	bool is_known = false;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		is_known = is_known || statuses[i] == answer->status;
	DEMAND(is_known);
	DEMAND(span_equals(header(answer, "Connection"), "close"));
}

static bool is_text(const json_t *json, const char *name, const char *value)
{
	const char *given = json_string_value(json_object_get(json, name));

	return given != NULL && strcmp(given, value) == 0;
}

static void judge_problem(const struct answer *answer)
{
	json_t *json = json_loadb(answer->body.data, answer->body.len, 0, NULL);
	const char *code = json_string_value(json_object_get(json, "code"));
	const char *id = json_string_value(json_object_get(json, "request_id"));
	char type[100];

	DEMAND(span_equals(header(answer, "Content-Type"), "application/problem+json"));
	DEMAND(json_is_object(json));
	DEMAND(code != NULL && id != NULL);
	DEMAND(strcmp(problem_find(code)->code, code) == 0);
	DEMAND(problem_find(code)->status == answer->status);
	DEMAND(json_integer_value(json_object_get(json, "status")) == answer->status);
	DEMAND(is_text(json, "title", problem_find(code)->title));
	DEMAND(json_string_length(json_object_get(json, "detail")) > 0);
	DEMAND(span_equals(header(answer, "X-Request-Id"), id));
	snprintf(type, sizeof(type), "/problem/%s", code);
	DEMAND(is_text(json, "type", type));
	DEMAND((answer->status != 503 && answer->status != 429) ||
	       header(answer, "Retry-After").data != NULL);
	DEMAND(answer->status != 405 || header(answer, "Allow").data != NULL);
	DEMAND(answer->status != 401 || code[0] != 'u' ||
	       header(answer, "WWW-Authenticate").data != NULL);
	json_decref(json);
}

static void judge_body(const struct answer *answer)
{
	struct span type = header(answer, "Content-Type");

	DEMAND(type.data != NULL);
	if (span_equals(type, "application/x-ndjson"))
		judge_lines(answer);
	else if (!answer->is_open && !contains(type, "text/plain"))
		judge_json(answer->body);
}

static void judge(const struct answer *answer)
{
	/* What the table holds of an earlier answer is given as it is. */
	if (header(answer, "Idempotent-Replayed").data != NULL)
		return;
	DEMAND(is_status(answer->status));
	DEMAND(answer->status == 100 ||
	       (span_equals(header(answer, "X-Content-Type-Options"), "nosniff") &&
		header(answer, "Cache-Control").data != NULL));
	if (answer->body.len == 0)
		return;
	judge_body(answer);
	if (answer->status >= 400 && !answer->is_open)
		judge_problem(answer);
}

/* ---- all of it ---- */

static void demand_no_secret(struct span text, struct span input)
{
	for (const char *const *secret = request_judge_secrets; *secret != NULL; secret++)
		DEMAND(!contains(text, *secret) || contains(input, *secret));
}

void request_judge_answers(struct span received, struct span input, bool is_whole)
{
	bool is_last = false;

	demand_no_secret(received, input);
	DEMAND(!contains(received, REQUEST_BACKEND_CANARY) ||
	       contains(input, REQUEST_BACKEND_CANARY));
	while (received.len > 0) {
		struct answer answer = {0};

		if (!is_whole && !contains(received, "\r\n\r\n"))
			return;
		DEMAND(!is_last);
		take_head(&received, &answer);
		if (is_foreign(&answer)) {
			judge_foreign(&answer);
			return; /* it may say its head twice, and then its body */
		}
		take_body(&received, input, &answer);
		DEMAND(!answer.is_open || !is_whole ||
		       header(&answer, "Content-Length").data == NULL);
		judge(&answer);
		is_last = span_equals(header(&answer, "Connection"), "close") || answer.is_open;
		free(answer.joined);
	}
}

void request_judge_log(struct span lines, struct span input)
{
	demand_no_secret(lines, input);
	while (lines.len > 0) {
		const char *end = memchr(lines.data, '\n', lines.len);

		DEMAND(end != NULL);
		DEMAND(lines.data[0] == '{');
		judge_json(take(&lines, (size_t)(end - lines.data) + 1));
	}
}
