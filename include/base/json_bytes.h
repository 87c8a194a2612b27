/*
 * For the readers and writers of JSON in this layer: a place in a text, and how to look at eight
 * bytes of it at once. Private to json_scan.c, json_walk.c and buf.c.
 */
#ifndef SHOPD_BASE_JSON_BYTES_H
#define SHOPD_BASE_JSON_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct scanner {
	const char *at;
	const char *end;
};

static inline struct span rest_of(const struct scanner *scan)
{
	return (struct span){scan->at, (size_t)(scan->end - scan->at)};
}

/* The next byte, or NUL (which no rule asks for) at the end. */
static inline char peek(const struct scanner *scan)
{
	if (scan->at == scan->end)
		return '\0';
	return *scan->at;
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Services write no spaces, so the usual case is one comparison. */
static inline void skip_space(struct scanner *scan)
{
	while (scan->at < scan->end && (unsigned char)*scan->at <= ' ' && is_space(*scan->at))
		scan->at++;
}

/* Steps over `c`, or says that something else is there. */
static inline bool take(struct scanner *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

/*
 * Strings are most of what DynamoDB answers, so they are looked at eight bytes at a time, the first
 * byte lowest. A set high bit marks a byte that was looked for; the borrow of the subtraction can
 * mark others too, but only behind the first real one, so the lowest mark is right.
 */
static inline uint64_t load_eight(const char *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof(eight));
	return le64toh(eight);
}

static inline uint64_t zero_bytes(uint64_t eight)
{
	return (eight - 0x0101010101010101u) & ~eight & 0x8080808080808080u;
}

static inline uint64_t quotes_and_backslashes(uint64_t eight)
{
	return zero_bytes(eight ^ 0x2222222222222222u) | zero_bytes(eight ^ 0x5c5c5c5c5c5c5c5cu);
}

/*
 * What a string cannot hold as it is. Bytes beyond ASCII are marked anyway, so that here the
 * subtractions alone tell the zero bytes.
 */
static inline uint64_t not_plain(uint64_t eight)
{
	uint64_t controls = eight - 0x2020202020202020u;
	uint64_t quotes = (eight ^ 0x2222222222222222u) - 0x0101010101010101u;
	uint64_t backslashes = (eight ^ 0x5c5c5c5c5c5c5c5cu) - 0x0101010101010101u;

	return (eight | controls | quotes | backslashes) & 0x8080808080808080u;
}

static inline size_t first_mark(uint64_t marks)
{
	return (size_t)__builtin_ctzll(marks) / 8;
}

#endif
