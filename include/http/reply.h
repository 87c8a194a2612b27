/*
 * Making replies. Each function that makes one returns FLOW_REPLY, so that a step says
 * `return reply_…(rq, …);` and cannot go on by mistake. A second reply is an assert.
 *
 * Every reply carries X-Request-Id, Server-Timing and, when the table was touched, what it cost.
 */
#ifndef SHOPD_HTTP_REPLY_H
#define SHOPD_HTTP_REPLY_H

#include "http/request.h"

/*
 * Begins a body, of at most `max` bytes, in memory that an earlier reply had: for the bodies of
 * frequent requests. Otherwise as buf_init.
 */
void reply_init_body(struct request *rq, struct buf *body, size_t max);

/* A JSON body; the buffer is taken over. One that failed becomes a 503. */
enum flow reply_json(struct request *rq, int status, struct buf *body);

/* Another kind of body; the buffer is taken over. */
enum flow reply_text(struct request *rq, int status, const char *content_type, struct buf *body);

/* A body that is part of the program. */
enum flow reply_constant(struct request *rq, int status, const char *content_type,
			 struct span body);

/* 204, 304. */
enum flow reply_empty(struct request *rq, int status);

/*
 * RFC 9457: application/problem+json. `code` must be a row of problem.c, which has its status,
 * title and usual detail. `detail` (printf-like) says what to do for this very request, and is cut
 * at 511 bytes; NULL takes the usual one.
 */
enum flow reply_problem(struct request *rq, const char *code, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same with an "errors" member (or any other): `members` is JSON text such as `"errors":[…]`.
 */
enum flow reply_problem_members(struct request *rq, const char *code, const char *members,
				const char *detail);

/* The reply for a failure of base/result.h: 503 with Retry-After. The engine uses it. */
enum flow reply_failure(struct request *rq, enum result result);

/* The same in place of a reply that was made already. */
enum flow reply_failure_instead(struct request *rq, enum result result);

/*
 * Adds a header to the reply to come. The name is borrowed until the reply is sent; the value is
 * copied, and control characters (below U+0020) in it become spaces. Left out without a word: a
 * value of 2,048 bytes or more, and what comes after REPLY_HEADERS_MAX headers.
 */
void reply_header(struct request *rq, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ETag of the reply to come; without quotes. */
void reply_etag(struct request *rq, const char *tag);

/* Link: <…>; rel="next" with this request's own path and query, and another cursor. */
void reply_next_link(struct request *rq, const char *cursor);

#endif
