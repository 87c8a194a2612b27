#include "base/id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

enum { ID_BYTES = ID_HASH_MIN };

/* True at the places of the four dashes in 8-4-4-4-12. */
static bool is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Sets the version and the variant bits of RFC 9562, section 4, and writes the text form. */
static void write_id(uint8_t bytes[static ID_BYTES], unsigned version, char text[static ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | version << 4);
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < ID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}

void id_make_random(char text[static ID_SIZE])
{
	uint8_t bytes[ID_BYTES];

	digest_random(bytes, sizeof(bytes));
	write_id(bytes, 4, text);
}

static void set_time(uint8_t bytes[static ID_BYTES], int64_t wall_ms)
{
	uint64_t time = wall_ms > 0 ? (uint64_t)wall_ms : 0;

	for (size_t i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(time >> (40 - 8 * i));
}

void id_make_ordered(int64_t wall_ms, char text[static ID_SIZE])
{
	uint8_t bytes[ID_BYTES];

	digest_random(bytes, sizeof(bytes));
	set_time(bytes, wall_ms);
	write_id(bytes, 7, text);
}

void id_make_next(struct id_sequence *sequence, int64_t wall_ms, char text[static ID_SIZE])
{
	uint8_t bytes[ID_BYTES] = {0};

	if (!sequence->is_begun)
		digest_random(&sequence->counter, sizeof(sequence->counter));
	sequence->is_begun = true;
	sequence->counter++;
	/* Byte 8 gives two bits to the variant, so the counter begins behind it. */
	for (size_t i = 0; i < 7; i++)
		bytes[9 + i] = (uint8_t)(sequence->counter >> (48 - 8 * i));
	bytes[7] = (uint8_t)(sequence->counter >> 56);
	set_time(bytes, wall_ms);
	write_id(bytes, 7, text);
}

void id_make_hashed(const uint8_t hash[static ID_HASH_MIN], char text[static ID_SIZE])
{
	uint8_t bytes[ID_BYTES];

	memcpy(bytes, hash, ID_BYTES);
	write_id(bytes, 8, text);
}

bool id_is_hashed(const char text[static ID_SIZE])
{
	return text[14] == '8' && strchr("89ab", text[19]) != NULL;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool id_is_valid(const char *text)
{
	for (size_t i = 0; i < ID_LEN; i++) {
		/* A text that ends early fails here at its NUL. */
		if (is_dash_place(i) ? text[i] != '-' : !is_hex(text[i]))
			return false;
	}
	return text[ID_LEN] == '\0';
}

bool id_take(struct span text, char id[static ID_SIZE])
{
	char copy[ID_SIZE] = "";

	if (text.len != ID_LEN)
		return false;
	memcpy(copy, text.data, ID_LEN);
	if (!id_is_valid(copy))
		return false;
	memcpy(id, copy, ID_SIZE);
	return true;
}

bool id_read_time(struct span text, int64_t *wall_ms)
{
	char id[ID_SIZE];
	uint32_t high;
	uint32_t low;

	if (!id_take(text, id) || !text_parse_hex((struct span){id, 8}, &high) ||
	    !text_parse_hex((struct span){id + 9, 4}, &low))
		return false;
	*wall_ms = (int64_t)((uint64_t)high << 16 | low);
	return true;
}

/*
 * FNV-1a, whose low bits alone are not mixed well, and MurmurHash3's last step, which mixes them.
 * The figures are part of the table's layout: shards of stored items are computed with them.
 */
uint32_t id_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	hash = (hash ^ hash >> 16) * 0x85ebca6bu;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
	return hash ^ hash >> 16;
}

const char *id_digest(const char *id, char digest[static ID_DIGEST_SIZE])
{
	if (!id)
		return NULL;
	snprintf(digest, ID_DIGEST_SIZE, "%08" PRIx32, id_hash(id));
	return digest;
}
