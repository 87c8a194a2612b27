/*
 * A growing byte buffer that cannot exist without a maximum and that remembers its first failure.
 *
 * Because failure is remembered, text is built in a straight line: add, add, add, and ask buf_ok()
 * once at the end. After a failure every further add does nothing.
 *
 *	struct buf text;
 *	buf_init(&text, 64 * 1024);
 *	buf_add_str(&text, "{\"name\":");
 *	buf_add_json_string(&text, name, strlen(name));
 *	if (!buf_ok(&text)) ...
 *	buf_clear(&text);
 *
 * The bytes are always followed by a NUL that is not counted, so `data` is a C string once anything
 * was added. Zeroed memory is a valid buffer with a maximum of 0.
 */
#ifndef SHOPD_BASE_BUF_H
#define SHOPD_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data;  /* NULL until the first byte */
	size_t len;  /* bytes in use */
	size_t room; /* bytes allocated; at most max + 1, for the NUL */
	size_t max;  /* never more than this many bytes in use */
	bool failed; /* out of memory, or beyond max */
};

void buf_init(struct buf *buf, size_t max);

/*
 * A buffer over `room` bytes of the caller's: holds at most room - 1, never allocates, and is not
 * to be cleared.
 */
void buf_init_over(struct buf *buf, char *memory, size_t room);

/* Frees the memory and leaves an empty buffer with the same maximum. */
void buf_clear(struct buf *buf);

/* Forgets the bytes and a failure, keeps the memory. */
void buf_reset(struct buf *buf);

/* Forgets the bytes behind the first `len`; `len` is at most what is in use. */
void buf_truncate(struct buf *buf, size_t len);

/*
 * Hands bytes, maximum and failure of `from` to `to` (which is cleared first); `from` is left empty
 * with the same maximum.
 */
void buf_move(struct buf *to, struct buf *from);

/* True while nothing has failed. */
bool buf_ok(const struct buf *buf);

/* The bytes as a C string, "" when there are none. Borrowed until the next change. */
const char *buf_text(const struct buf *buf);

/* Makes room for `more` bytes behind the used ones; NULL on failure. Follow with buf_commit. */
char *buf_reserve(struct buf *buf, size_t more);
/* Counts `len` bytes that were written into the reserved room. */
void buf_commit(struct buf *buf, size_t len);

/* Adding is done in place where there is room, so that a literal costs a few instructions. */
static inline void buf_add(struct buf *buf, const void *bytes, size_t len);
static inline void buf_add_str(struct buf *buf, const char *text);
static inline void buf_add_char(struct buf *buf, char c);
void buf_add_u64(struct buf *buf, uint64_t number);
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A JSON string with its quotes: RFC 8259 escapes for quotes, backslash, and everything below
 * U+0020; other bytes as they are. The bytes must be UTF-8 already.
 */
void buf_add_json_string(struct buf *buf, const char *text, size_t len);

/*
 * Any bytes for a log or a message to a person, without quotes: valid inside of a JSON string,
 * always one line and harmless to a terminal. Quotes, backslashes, control characters and those
 * that change the direction of text become JSON's escapes, broken UTF-8 becomes \ufffd. When that
 * takes more than `limit` bytes, it is cut behind a character and ends in "…".
 */
void buf_add_escaped(struct buf *buf, const char *text, size_t len, size_t limit);

/* Lower-case hexadecimal. */
void buf_add_hex(struct buf *buf, const uint8_t *bytes, size_t len);

/* Percent-encoding of RFC 3986: everything but letters, digits, "-", ".", "_" and "~". */
void buf_add_percent_encoded(struct buf *buf, const char *text, size_t len);

/* ------------------------------------------------------------------ private */

/* Adds where there is no room, or nothing to add. */
void buf_add_slowly(struct buf *buf, const void *bytes, size_t len);

static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	/* The room is never beyond the maximum. */
	if (len >= buf->room - buf->len || len == 0 || buf->failed) {
		buf_add_slowly(buf, bytes, len);
		return;
	}
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

static inline void buf_add_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

static inline void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

#endif
