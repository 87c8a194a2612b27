#include "http/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "http/lending.h"
#include "http/problem.h"

enum { PROBLEM_MAX = 256 * 1024, DETAIL_SIZE = 512, HEADER_SIZE = 2048, RETRY_AFTER_SECONDS = 1 };

static const char out_of_memory[] =
	"{\"type\":\"/problem/unavailable\",\"title\":\"Temporarily unavailable\",\"status\":503,"
	"\"detail\":\"The server is out of memory. Try again after the time in Retry-After.\","
	"\"code\":\"unavailable\"}\n";

static enum flow begin(struct request *rq, int status, const char *content_type)
{
	assert(!rq->reply.is_made);
	rq->reply.is_made = true;
	rq->reply.status = status;
	rq->reply.content_type = content_type;
	return FLOW_REPLY;
}

void reply_init_body(struct request *rq, struct buf *body, size_t max)
{
	if (rq->lending)
		*body = lending_take_body(rq->lending, max);
	else
		buf_init(body, max);
}

enum flow reply_text(struct request *rq, int status, const char *content_type, struct buf *body)
{
	if (!buf_ok(body)) {
		buf_clear(body);
		return reply_failure(rq, RESULT_NO_MEMORY);
	}
	buf_move(&rq->reply.body, body);
	return begin(rq, status, content_type);
}

enum flow reply_constant(struct request *rq, int status, const char *content_type, struct span body)
{
	rq->reply.constant = body;
	return begin(rq, status, content_type);
}

enum flow reply_json(struct request *rq, int status, struct buf *body)
{
	buf_add_char(body, '\n');
	return reply_text(rq, status, "application/json", body);
}

enum flow reply_empty(struct request *rq, int status)
{
	return begin(rq, status, NULL);
}

/* A detail may quote the client, and be cut within a character: what is broken is replaced. */
static void add_member(struct buf *out, const char *name, const char *value)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":\"");
	buf_add_escaped(out, value, strlen(value), SIZE_MAX);
	buf_add_char(out, '"');
}

static void write_problem(struct request *rq, const struct problem *problem, const char *detail,
			  struct buf *out)
{
	buf_add_str(out, "{\"type\":\"/problem/");
	buf_add_str(out, problem->code);
	buf_add_str(out, "\",\"status\":");
	buf_add_u64(out, (uint64_t)problem->status);
	add_member(out, "title", problem->title);
	add_member(out, "detail", detail);
	add_member(out, "code", problem->code);
	if (rq->path != NULL)
		add_member(out, "instance", rq->path);
	add_member(out, "request_id", rq->id);
}

enum flow reply_problem_members(struct request *rq, const char *code, const char *members,
				const char *detail)
{
	const struct problem *problem = problem_find(code);
	struct buf *body = &rq->reply.body;

	rq->reply.code = problem->code;
	if (problem->status == 503)
		reply_header(rq, "Retry-After", "%d", RETRY_AFTER_SECONDS);
	buf_init(body, PROBLEM_MAX);
	write_problem(rq, problem, detail != NULL ? detail : problem->detail, body);
	if (members != NULL) {
		buf_add_char(body, ',');
		buf_add_str(body, members);
	}
	buf_add_str(body, "}\n");
	if (buf_ok(body))
		return begin(rq, problem->status, "application/problem+json");
	buf_clear(body);
	return reply_constant(rq, 503, "application/problem+json", span_of(out_of_memory));
}

enum flow reply_problem(struct request *rq, const char *code, const char *detail, ...)
{
	char text[DETAIL_SIZE];
	va_list arguments;

	if (detail == NULL)
		return reply_problem_members(rq, code, NULL, NULL);
	va_start(arguments, detail);
	vsnprintf(text, sizeof(text), detail, arguments);
	va_end(arguments);
	return reply_problem_members(rq, code, NULL, text);
}

/* What the client is told of each failure; answers never come here. */
static const char *failure_detail(enum result result)
{
	switch (result) {
	case RESULT_THROTTLED:
		return "The database is busy. Nothing was changed.";
	case RESULT_TIMEOUT:
		return "The database did not answer in time.";
	case RESULT_OVERLOADED:
		return "Too many requests are waiting. Nothing was changed.";
	case RESULT_NO_MEMORY:
		return "The server is out of memory.";
	case RESULT_UNREACHABLE:
		return "The database cannot be reached. Nothing was changed.";
	case RESULT_OK:
	case RESULT_NOT_FOUND:
	case RESULT_NO_OWNER:
	case RESULT_EXISTS:
	case RESULT_CONFLICT:
	case RESULT_IN_USE:
	case RESULT_INVALID:
	case RESULT_TOO_LARGE:
	case RESULT_UNKNOWN:
	case RESULT_REFUSED:
	case RESULT_GARBLED:
	case RESULT_SHUTDOWN:
	case RESULT_REPEATED:
		break;
	}
	return NULL;
}

enum flow reply_failure(struct request *rq, enum result result)
{
	if (result == RESULT_SHUTDOWN)
		return reply_problem_members(rq, "shutting-down", NULL, NULL);
	if (result == RESULT_UNKNOWN)
		return reply_problem_members(rq, "outcome-unknown", NULL, NULL);
	return reply_problem_members(rq, "unavailable", NULL, failure_detail(result));
}

enum flow reply_failure_instead(struct request *rq, enum result result)
{
	buf_clear(&rq->reply.body);
	rq->reply = (struct reply){0};
	return reply_failure(rq, result);
}

void reply_header(struct request *rq, const char *name, const char *format, ...)
{
	struct reply *reply = &rq->reply;
	char text[HEADER_SIZE];
	va_list arguments;
	int len;
	char *value;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= sizeof(text) || reply->header_count == REPLY_HEADERS_MAX)
		return;
	value = arena_copy(&rq->arena, text, (size_t)len);
	if (value == NULL) {
		reply->is_incomplete = true;
		return;
	}
	for (char *at = value; *at != '\0'; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	reply->headers[reply->header_count++] = (struct reply_header){name, value};
}

void reply_etag(struct request *rq, const char *tag)
{
	reply_header(rq, "ETag", "\"%s\"", tag);
}

/* A path as it was sent, but nothing in it ends the link that it stands in. */
static void add_path(struct buf *out, const char *path)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "<>\"");

		buf_add(out, path, len);
		path += len;
		if (*path != '\0')
			buf_add_percent_encoded(out, path++, 1);
	}
}

void reply_next_link(struct request *rq, const char *cursor)
{
	struct buf target = {0};

	buf_init(&target, HEADER_SIZE);
	add_path(&target, rq->path);
	buf_add_char(&target, '?');
	for (size_t i = 0; i < rq->query_count; i++) {
		const struct query_parameter *parameter = &rq->query[i];

		if (strcmp(parameter->name, "cursor") == 0)
			continue;
		buf_add_percent_encoded(&target, parameter->name, strlen(parameter->name));
		buf_add_char(&target, '=');
		buf_add_percent_encoded(&target, parameter->value, strlen(parameter->value));
		buf_add_char(&target, '&');
	}
	buf_add_str(&target, "cursor=");
	buf_add_percent_encoded(&target, cursor, strlen(cursor));
	if (buf_ok(&target)) /* a longer one is left out; `next` in the body has it */
		reply_header(rq, "Link", "<%s>; rel=\"next\"", buf_text(&target));
	buf_clear(&target);
}
