/*
 * The answer to an HTTP/1.1 request, parsed as its bytes arrive (RFC 9112).
 *
 * Strict: what is not clearly framed is refused, for then nobody knows where the next answer
 * begins. Only what an AWS client needs of the head is kept. Answers to HEAD are not expected.
 */
#ifndef SHOPD_IO_HTTP_ANSWER_H
#define SHOPD_IO_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

enum { HTTP_ANSWER_HEAD_MAX = 16 * 1024 };

enum http_answer_state {
	HTTP_ANSWER_HEAD,
	HTTP_ANSWER_BODY, /* Content-Length counts down */
	HTTP_ANSWER_CHUNK_SIZE,
	HTTP_ANSWER_CHUNK,
	HTTP_ANSWER_CHUNK_END,
	HTTP_ANSWER_TRAILER,
	HTTP_ANSWER_UNTIL_CLOSE,
	HTTP_ANSWER_DONE,
	HTTP_ANSWER_BROKEN,
	HTTP_ANSWER_TOO_LONG, /* its body is */
};

struct http_answer {
	enum http_answer_state state;
	int status;      /* 100 to 599, once the head is there */
	bool keeps_open; /* the connection may be used again */
	bool has_crc32;  /* x-amz-crc32 was there */
	uint32_t crc32;
	bool has_date;
	int64_t date_ms; /* Date */
	bool has_retry_after;
	uint64_t retry_after_ms; /* x-amz-retry-after, milliseconds */
	bool is_encoded;         /* Content-Encoding other than identity */
	struct buf head;         /* private: bytes of the head, chunk sizes and trailers */
	struct buf body;         /* decoded of its chunks */
	uint64_t left;           /* private: bytes still to come of the body or chunk */
};

/* `body_max`: bytes; a longer body makes the answer TOO_LONG. */
void http_answer_init(struct http_answer *answer, size_t body_max);
void http_answer_clear(struct http_answer *answer);
/* Ready for the next answer, keeping memory. */
void http_answer_reset(struct http_answer *answer);

/*
 * Takes the next bytes and returns how many belonged to this answer: fewer than `len` only when it
 * is over. 1xx answers are skipped.
 */
size_t http_answer_add(struct http_answer *answer, const char *bytes, size_t len);

/* The peer closed: DONE if that is how this answer ends; BROKEN, unless it was over. */
void http_answer_end(struct http_answer *answer);

/* True when it takes no more: DONE, BROKEN or TOO_LONG. */
bool http_answer_is_over(const struct http_answer *answer);

#endif
