/*
 * Text that comes from outside: numbers, durations, UTF-8, names that were nearly right.
 */
#ifndef SHOPD_BASE_TEXT_H
#define SHOPD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes in somebody else's memory; not NUL-terminated. */
struct span {
	const char *data; /* NULL: absent */
	size_t len;
};

static inline struct span span_of(const char *text)
{
	return (struct span){text, text ? strlen(text) : 0};
}

/* Behind its last byte. NULL + 0 is undefined until C2y, so an empty one's end is its start. */
static inline const char *span_end(struct span span)
{
	return span.len > 0 ? span.data + span.len : span.data;
}

static inline bool span_equals(struct span span, const char *text)
{
	size_t len = strlen(text);

	return span.data && span.len == len && memcmp(span.data, text, len) == 0;
}

/* The same bytes. Absent is like empty. */
static inline bool span_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool span_equals_nocase(struct span span, const char *text);

/* Decimal digits only, no sign or space, no overflow. */
bool text_parse_u64(struct span text, uint64_t *number);

/* 1 to 8 hexadecimal digits of either case, nothing else. */
bool text_parse_hex(struct span text, uint32_t *number);

/* "4", "500ms", "10m", "24h": seconds without a unit, else ms, s, m, h or d. In microseconds. */
bool text_parse_duration(struct span text, uint64_t *microseconds);

/* "65536", "64KiB", "1MiB": bytes without a unit, else B, KiB or MiB. */
bool text_parse_size(struct span text, uint64_t *bytes);

/*
 * The length of the UTF-8 sequence at `text` (1 to 4), or 0 when it is not one: overlong forms,
 * surrogates and anything beyond U+10FFFF are refused. `code` gets the character, is untouched when
 * there is none, and may be NULL.
 */
size_t text_utf8_decode(struct span text, uint32_t *code);
bool text_is_utf8(struct span text);

/* Characters, not bytes. The text must be UTF-8. */
size_t text_utf8_count(struct span text);

/* True if there is a control character (U+0000–U+001F, U+007F–U+009F). The text must be UTF-8. */
bool text_has_control(struct span text);

/* Whether a name is one of those in a list with commas. One with a comma in it never is. */
bool text_is_listed(const char *list, struct span name);

/*
 * Decodes %XX in place and returns the new length; SIZE_MAX when an escape is malformed.
 * "+" stays as it is.
 */
size_t text_percent_decode(char *text, size_t len);

/* RFC 4648 base64url without padding. `out` has room for text_base64_size(len) and gets a NUL. */
size_t text_base64_size(size_t len);
void text_base64_encode(const uint8_t *bytes, size_t len, char *out);
/* Returns the number of bytes, at most `room`; SIZE_MAX when the text is not base64url. */
size_t text_base64_decode(struct span text, uint8_t *bytes, size_t room);

/* How many letters must be changed, added, removed or swapped: for "did you mean". */
size_t text_distance(const char *a, const char *b);

#endif
