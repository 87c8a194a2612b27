#include "io/http_answer.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

/*
 * Head, chunk sizes and trailers are collected in `head` until they are complete and then taken
 * apart; body bytes go straight from the caller's buffer into `body`.
 */

void http_answer_init(struct http_answer *answer, size_t body_max)
{
	memset(answer, 0, sizeof(*answer));
	buf_init(&answer->head, HTTP_ANSWER_HEAD_MAX);
	buf_init(&answer->body, body_max);
}

void http_answer_clear(struct http_answer *answer)
{
	buf_clear(&answer->head);
	buf_clear(&answer->body);
}

void http_answer_reset(struct http_answer *answer)
{
	struct buf head = answer->head;
	struct buf body = answer->body;

	memset(answer, 0, sizeof(*answer));
	answer->head = head;
	answer->body = body;
	buf_reset(&answer->head);
	buf_reset(&answer->body);
}

/* ---- the head ---- */

struct framing {
	bool has_length;
	bool is_chunked;
	uint64_t length;
};

static struct span trim(struct span text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

static bool read_status_line(struct http_answer *answer, struct span line)
{
	const char *at = line.data;

	/* "HTTP/1.1 200 OK"; the reason may be missing, the space before it too */
	if (line.len < 12 || memcmp(at, "HTTP/1.", 7) != 0 || (at[7] != '0' && at[7] != '1') ||
	    at[8] != ' ' || (line.len > 12 && at[12] != ' '))
		return false;
	answer->status = 0;
	for (int i = 9; i < 12; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		answer->status = answer->status * 10 + (at[i] - '0');
	}
	answer->keeps_open = at[7] == '1';
	return answer->status >= 100 && answer->status <= 599;
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || (c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

static bool is_token(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_token_char(text.data[i]))
			return false;
	return text.len > 0;
}

static bool take_length(struct http_answer *answer, struct framing *framing, struct span value)
{
	uint64_t length;

	(void)answer;
	/* Twice the same is harmless but never seen; twice different is an attack. Refuse both. */
	if (framing->has_length || !text_parse_u64(value, &length))
		return false;
	framing->has_length = true;
	framing->length = length;
	return true;
}

/* True if a comma-separated list has this word. */
static bool has_word(struct span list, const char *word)
{
	while (list.len > 0) {
		const char *comma = memchr(list.data, ',', list.len);
		size_t len = comma != NULL ? (size_t)(comma - list.data) : list.len;

		if (span_equals_nocase(trim((struct span){list.data, len}), word))
			return true;
		len += comma != NULL;
		list.data += len;
		list.len -= len;
	}
	return false;
}

static bool take_transfer_encoding(struct http_answer *answer, struct framing *framing,
				   struct span value)
{
	(void)answer;
	if (framing->is_chunked || !span_equals_nocase(value, "chunked"))
		return false;
	framing->is_chunked = true;
	return true;
}

static bool take_connection(struct http_answer *answer, struct framing *framing, struct span value)
{
	(void)framing;
	if (has_word(value, "close"))
		answer->keeps_open = false;
	return true;
}

static bool take_content_encoding(struct http_answer *answer, struct framing *framing,
				  struct span value)
{
	(void)framing;
	answer->is_encoded = !span_equals_nocase(value, "identity");
	return true;
}

static bool take_crc32(struct http_answer *answer, struct framing *framing, struct span value)
{
	uint64_t number;

	(void)framing;
	if (text_parse_u64(value, &number) && number <= UINT32_MAX) {
		answer->has_crc32 = true;
		answer->crc32 = (uint32_t)number;
	}
	return true;
}

static bool take_retry_after(struct http_answer *answer, struct framing *framing, struct span value)
{
	(void)framing;
	if (text_parse_u64(value, &answer->retry_after_ms))
		answer->has_retry_after = true;
	return true;
}

static bool take_date(struct http_answer *answer, struct framing *framing, struct span value)
{
	(void)framing;
	answer->has_date = clock_parse_http_date(value.data, value.len, &answer->date_ms);
	return true;
}

/* The headers that mean something to us. False from `take`: the answer is not acceptable. */
static const struct {
	struct span name;
	bool (*take)(struct http_answer *answer, struct framing *framing, struct span value);
} headers[] = {
#define HEADER(name, take)                     \
	{                                      \
		{name, sizeof(name) - 1}, take \
	}
	HEADER("date", take_date),
	HEADER("connection", take_connection),
	HEADER("x-amz-crc32", take_crc32),
	HEADER("content-length", take_length),
	HEADER("content-encoding", take_content_encoding),
	HEADER("x-amz-retry-after", take_retry_after),
	HEADER("transfer-encoding", take_transfer_encoding),
#undef HEADER
};

static bool read_header(struct http_answer *answer, struct framing *framing, struct span line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct span name = {line.data, colon != NULL ? (size_t)(colon - line.data) : 0};
	struct span value;

	if (!is_token(name))
		return false; /* also folded lines, which begin with a space */
	value = trim((struct span){colon + 1, line.len - name.len - 1});
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (name.len == headers[i].name.len &&
		    strncasecmp(name.data, headers[i].name.data, name.len) == 0)
			return headers[i].take(answer, framing, value);
	return true;
}

static void begin_body(struct http_answer *answer, const struct framing *framing)
{
	if (answer->status == 204 || answer->status == 304) {
		answer->state = HTTP_ANSWER_DONE;
	} else if (framing->is_chunked) {
		answer->state = HTTP_ANSWER_CHUNK_SIZE;
	} else if (framing->has_length) {
		answer->left = framing->length;
		answer->state = answer->left > 0 ? HTTP_ANSWER_BODY : HTTP_ANSWER_DONE;
	} else {
		answer->keeps_open = false;
		answer->state = HTTP_ANSWER_UNTIL_CLOSE;
	}
	if (answer->left > answer->body.max)
		answer->state = HTTP_ANSWER_TOO_LONG;
	else if (answer->left > 0)
		buf_reserve(&answer->body, (size_t)answer->left);
}

/* 1xx: the real answer follows, and this one's headers say nothing about it. */
static void skip_interim(struct http_answer *answer)
{
	int status = answer->status;

	http_answer_reset(answer);
	answer->status = status;
	if (status == 101) /* was not asked for: what follows is not HTTP */
		answer->state = HTTP_ANSWER_BROKEN;
}

/* All lines of a head, the empty one included; each of them ends in CR LF. */
static void finish_head(struct http_answer *answer, struct span rest)
{
	struct framing framing = {0};
	bool is_first = true;
	bool is_good = true;

	while (is_good && rest.len > 2) {
		const char *end = memchr(rest.data, '\n', rest.len);
		struct span line = {rest.data, (size_t)(end - rest.data) - 1};

		rest.data = end + 1;
		rest.len -= line.len + 2;
		is_good = is_first ? read_status_line(answer, line)
				   : read_header(answer, &framing, line);
		is_first = false;
	}
	buf_reset(&answer->head);
	if (!is_good || is_first || (framing.has_length && framing.is_chunked))
		answer->state = HTTP_ANSWER_BROKEN;
	else if (answer->status < 200)
		skip_interim(answer);
	else
		begin_body(answer, &framing);
}

/* It ends in CR LF and has no other CR, nor NUL: lenient parsers disagree about those. */
static bool is_clean(const char *line, size_t len)
{
	return len >= 2 && line[len - 2] == '\r' && memchr(line, '\r', len - 2) == NULL &&
	       memchr(line, '\0', len) == NULL;
}

static bool is_last_line_clean(const struct buf *lines)
{
	const char *before = memrchr(lines->data, '\n', lines->len - 1);
	const char *line = before != NULL ? before + 1 : lines->data;

	return is_clean(line, (size_t)(lines->data + lines->len - line));
}

/* The length of a head all of whose lines are there and clean; 0: it is not like that. */
static size_t clean_head_len(const char *bytes, size_t limit)
{
	size_t len = 0;

	for (;;) {
		const char *line = bytes + len;
		const char *end = memchr(line, '\n', limit - len);
		size_t line_len = end != NULL ? (size_t)(end - line) + 1 : 0;

		if (!is_clean(line, line_len))
			return 0;
		len += line_len;
		if (line_len == 2)
			return len;
	}
}

/*
 * Collects bytes up to and with the next line end. Returns how many were taken; `is_whole` tells
 * whether the line is complete.
 */
static size_t take_line(struct http_answer *answer, const char *bytes, size_t len, bool *is_whole)
{
	const char *end = memchr(bytes, '\n', len);
	size_t taken = end != NULL ? (size_t)(end - bytes) + 1 : len;

	buf_add(&answer->head, bytes, taken);
	if (!buf_ok(&answer->head) || (end != NULL && !is_last_line_clean(&answer->head)))
		answer->state = HTTP_ANSWER_BROKEN;
	*is_whole = end != NULL && answer->state != HTTP_ANSWER_BROKEN;
	return taken;
}

/* A head that came in one piece, which is nearly always so, is read where it is. 0: it did not. */
static size_t take_whole_head(struct http_answer *answer, const char *bytes, size_t len)
{
	size_t limit = len < HTTP_ANSWER_HEAD_MAX ? len : HTTP_ANSWER_HEAD_MAX;
	size_t head_len = answer->head.len == 0 ? clean_head_len(bytes, limit) : 0;

	if (head_len > 0)
		finish_head(answer, (struct span){bytes, head_len});
	return head_len;
}

static size_t add_head(struct http_answer *answer, const char *bytes, size_t len)
{
	bool is_whole;
	size_t whole = take_whole_head(answer, bytes, len);
	const struct buf *head = &answer->head;
	size_t taken;

	if (whole > 0)
		return whole;
	taken = take_line(answer, bytes, len, &is_whole);
	if (is_whole && head->len >= 4 && memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0)
		finish_head(answer, (struct span){head->data, head->len});
	else if (is_whole && head->len <= 2)
		answer->state = HTTP_ANSWER_BROKEN;
	return taken;
}

/* ---- the body ---- */

static size_t add_counted(struct http_answer *answer, const char *bytes, size_t len,
			  enum http_answer_state next)
{
	size_t taken = len < answer->left ? len : (size_t)answer->left;

	buf_add(&answer->body, bytes, taken);
	answer->left -= taken;
	if (!buf_ok(&answer->body))
		answer->state = HTTP_ANSWER_BROKEN;
	else if (answer->left == 0)
		answer->state = next;
	return taken;
}

static bool parse_chunk_size(const struct buf *line, uint64_t *size)
{
	size_t at = 0;

	*size = 0;
	for (; at < line->len; at++) {
		char c = line->data[at];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		else
			break;
		if (at >= 15)
			return false;
		*size = *size * 16 + digit;
	}
	/* An extension may follow; it means nothing to us. */
	return at > 0 && (line->data[at] == ';' || line->data[at] == '\r');
}

static size_t add_chunk_size(struct http_answer *answer, const char *bytes, size_t len)
{
	bool is_whole;
	size_t taken = take_line(answer, bytes, len, &is_whole);

	if (!is_whole)
		return taken;
	if (!parse_chunk_size(&answer->head, &answer->left))
		answer->state = HTTP_ANSWER_BROKEN;
	else if (answer->left > answer->body.max - answer->body.len)
		answer->state = HTTP_ANSWER_TOO_LONG;
	else
		answer->state = answer->left > 0 ? HTTP_ANSWER_CHUNK : HTTP_ANSWER_TRAILER;
	buf_reset(&answer->head);
	return taken;
}

static size_t add_chunk_end(struct http_answer *answer, const char *bytes, size_t len)
{
	bool is_whole;
	size_t taken = take_line(answer, bytes, len, &is_whole);

	if (is_whole)
		answer->state =
			span_equals((struct span){answer->head.data, answer->head.len}, "\r\n")
				? HTTP_ANSWER_CHUNK_SIZE
				: HTTP_ANSWER_BROKEN;
	else if (answer->head.len > 1)
		answer->state = HTTP_ANSWER_BROKEN;
	if (is_whole)
		buf_reset(&answer->head);
	return taken;
}

/*
 * Trailers are skipped line by line, an empty one ends them; all of them within the head's limit.
 */
static size_t add_trailer(struct http_answer *answer, const char *bytes, size_t len)
{
	bool is_whole;
	size_t taken = take_line(answer, bytes, len, &is_whole);
	const struct buf *head = &answer->head;

	if (is_whole && (head->len == 2 || (head->len >= 4 && memcmp(head->data + head->len - 4,
								     "\r\n\r\n", 4) == 0)))
		answer->state = HTTP_ANSWER_DONE;
	return taken;
}

static size_t add_until_close(struct http_answer *answer, const char *bytes, size_t len)
{
	if (len > answer->body.max - answer->body.len) {
		answer->state = HTTP_ANSWER_TOO_LONG;
		return len;
	}
	buf_add(&answer->body, bytes, len);
	if (!buf_ok(&answer->body))
		answer->state = HTTP_ANSWER_BROKEN;
	return len;
}

static size_t add_some(struct http_answer *answer, const char *bytes, size_t len)
{
	switch (answer->state) {
	case HTTP_ANSWER_HEAD:
		return add_head(answer, bytes, len);
	case HTTP_ANSWER_BODY:
		return add_counted(answer, bytes, len, HTTP_ANSWER_DONE);
	case HTTP_ANSWER_CHUNK:
		return add_counted(answer, bytes, len, HTTP_ANSWER_CHUNK_END);
	case HTTP_ANSWER_CHUNK_SIZE:
		return add_chunk_size(answer, bytes, len);
	case HTTP_ANSWER_CHUNK_END:
		return add_chunk_end(answer, bytes, len);
	case HTTP_ANSWER_TRAILER:
		return add_trailer(answer, bytes, len);
	case HTTP_ANSWER_UNTIL_CLOSE:
		return add_until_close(answer, bytes, len);
	case HTTP_ANSWER_DONE:
	case HTTP_ANSWER_BROKEN:
	case HTTP_ANSWER_TOO_LONG:
		break;
	}
	return 0;
}

bool http_answer_is_over(const struct http_answer *answer)
{
	return answer->state == HTTP_ANSWER_DONE || answer->state == HTTP_ANSWER_BROKEN ||
	       answer->state == HTTP_ANSWER_TOO_LONG;
}

size_t http_answer_add(struct http_answer *answer, const char *bytes, size_t len)
{
	size_t taken = 0;

	while (taken < len && !http_answer_is_over(answer))
		taken += add_some(answer, bytes + taken, len - taken);
	return taken;
}

void http_answer_end(struct http_answer *answer)
{
	if (answer->state == HTTP_ANSWER_UNTIL_CLOSE)
		answer->state = HTTP_ANSWER_DONE;
	else if (!http_answer_is_over(answer))
		answer->state = HTTP_ANSWER_BROKEN;
}
