#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_bytes.h"
#include "base/text.h"

enum { SMALLEST_ROOM = 64 };

void buf_init(struct buf *buf, size_t max)
{
	assert(max <= SIZE_MAX / 4);
	*buf = (struct buf){.max = max};
}

void buf_init_over(struct buf *buf, char *memory, size_t room)
{
	assert(room > 0);
	/* It never grows, since its room is its maximum. */
	*buf = (struct buf){.data = memory, .room = room, .max = room - 1};
	memory[0] = '\0';
}

void buf_clear(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){.max = buf->max};
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_truncate(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	buf->len = len;
	if (buf->data)
		buf->data[len] = '\0';
}

void buf_move(struct buf *to, struct buf *from)
{
	assert(to != from);
	free(to->data);
	*to = *from;
	*from = (struct buf){.max = to->max};
}

bool buf_ok(const struct buf *buf)
{
	return !buf->failed;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

static bool grow(struct buf *buf, size_t need)
{
	size_t room = buf->room ? buf->room * 2 : SMALLEST_ROOM;
	char *data;

	assert(need > 0);
	if (room > buf->max + 1)
		room = buf->max + 1;
	if (room < need)
		room = need;
	data = realloc(buf->data, room);
	if (!data)
		return false;
	data[buf->len] = '\0';
	buf->data = data;
	buf->room = room;
	return true;
}

char *buf_reserve(struct buf *buf, size_t more)
{
	if (buf->failed)
		return NULL;
	if (more > buf->max - buf->len) {
		buf->failed = true;
		return NULL;
	}
	/* One more for the NUL. */
	if (buf->len + more >= buf->room && !grow(buf, buf->len + more + 1)) {
		buf->failed = true;
		return NULL;
	}
	return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
	assert(len == 0 || buf->len + len < buf->room);
	buf->len += len;
	if (buf->data)
		buf->data[buf->len] = '\0';
}

void buf_add_slowly(struct buf *buf, const void *bytes, size_t len)
{
	char *room = buf_reserve(buf, len);

	if (!room || len == 0)
		return;
	memcpy(room, bytes, len);
	buf_commit(buf, len);
}

void buf_add_u64(struct buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add(buf, digits + at, sizeof(digits) - at);
}

/* Formats into the room there is. True if that was enough, else `need` says how much it takes. */
__attribute__((format(printf, 2, 0))) static bool try_format(struct buf *buf, const char *format,
							     va_list args, size_t *need)
{
	size_t room = buf->room - buf->len;
	int len = vsnprintf(buf->data + buf->len, room, format, args);

	if (len >= 0 && (size_t)len < room) {
		buf_commit(buf, (size_t)len);
		return true;
	}
	/* What was cut off must not stand behind the bytes in use. */
	buf->data[buf->len] = '\0';
	*need = len < 0 ? SIZE_MAX : (size_t)len;
	return false;
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
	size_t need = 0;
	va_list args;
	bool is_done;

	if (!buf_reserve(buf, 0))
		return;
	va_start(args, format);
	is_done = try_format(buf, format, args, &need);
	va_end(args);
	if (is_done || !buf_reserve(buf, need))
		return;
	va_start(args, format);
	if (!try_format(buf, format, args, &need))
		buf->failed = true;
	va_end(args);
}

/* The letter behind the backslash: 'u' for the long form, NUL for what needs no escape. */
static char escape_letter(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return c < 0x20 ? 'u' : '\0';
	}
}

static void add_escape(struct buf *buf, unsigned char c)
{
	char letter = escape_letter(c);

	buf_add_char(buf, '\\');
	buf_add_char(buf, letter);
	if (letter == 'u') {
		buf_add_str(buf, "00");
		buf_add_hex(buf, &c, 1);
	}
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

void buf_add_json_string(struct buf *buf, const char *text, size_t len)
{
	size_t run = 0;

	buf_add_char(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (!needs_escape((unsigned char)text[i]))
			continue;
		buf_add(buf, text + run, i - run);
		add_escape(buf, (unsigned char)text[i]);
		run = i + 1;
	}
	if (run < len)
		buf_add(buf, text + run, len - run);
	buf_add_char(buf, '"');
}

/* How many bytes at the start are written as they are, in logs too. */
static size_t plain_len(struct span text)
{
	size_t len = 0;

	for (; text.len - len >= 8; len += 8) {
		uint64_t eight = load_eight(text.data + len);
		/* One more makes a DEL the first byte beyond ASCII. */
		uint64_t deletes = (eight + 0x0101010101010101u) & 0x8080808080808080u;
		uint64_t marks = not_plain(eight) | deletes;

		if (marks)
			return len + first_mark(marks);
	}
	while (len < text.len && !needs_escape((unsigned char)text.data[len]) &&
	       (unsigned char)text.data[len] < 0x7f)
		len++;
	return len;
}

/*
 * Controls (U+0000–1F, U+007F–9F), line separators and embeddings (U+2028–2E), isolates
 * (U+2066–69).
 */
static bool is_harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* How one character is written. */
struct piece {
	char bytes[8];
	size_t len;
	size_t taken; /* bytes of the text */
};

static struct piece next_piece(struct span text)
{
	uint32_t code = 0xfffd;
	size_t taken = text_utf8_decode(text, &code);
	struct piece piece = {.taken = taken > 0 ? taken : 1};
	char letter = '\0';

	if (code < 0x80)
		letter = escape_letter((unsigned char)code);
	if (letter && letter != 'u') {
		piece.len = 2;
		piece.bytes[0] = '\\';
		piece.bytes[1] = letter;
	} else if (taken == 0 || is_harmful(code)) {
		piece.len = (size_t)snprintf(piece.bytes, sizeof(piece.bytes), "\\u%04x", code);
	} else {
		piece.len = taken;
		memcpy(piece.bytes, text.data, taken);
	}
	return piece;
}

void buf_add_escaped(struct buf *buf, const char *text, size_t len, size_t limit)
{
	struct span rest = {text, len};

	while (rest.len > 0) {
		size_t plain = plain_len(rest);
		struct piece piece = {.len = plain, .taken = plain};

		if (plain == 0)
			piece = next_piece(rest);
		if (piece.len > limit) {
			buf_add(buf, rest.data, plain > 0 ? limit : 0);
			buf_add_str(buf, "…");
			return;
		}
		buf_add(buf, plain > 0 ? rest.data : piece.bytes, piece.len);
		limit -= piece.len;
		rest.data += piece.taken;
		rest.len -= piece.taken;
	}
}

void buf_add_hex(struct buf *buf, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *room = len <= SIZE_MAX / 2 ? buf_reserve(buf, 2 * len) : NULL;

	if (!room)
		return;
	for (size_t i = 0; i < len; i++) {
		room[2 * i] = digits[bytes[i] >> 4];
		room[2 * i + 1] = digits[bytes[i] & 15];
	}
	buf_commit(buf, 2 * len);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void buf_add_percent_encoded(struct buf *buf, const char *text, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

		if (is_unreserved(c))
			buf_add_char(buf, text[i]);
		else
			buf_add(buf, escape, sizeof(escape));
	}
}
