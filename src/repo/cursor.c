#include "repo/cursor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	MAC_SIZE = 16, /* half of HMAC-SHA-256's, which RFC 2104 allows */
	PAYLOAD_MAX = MAC_SIZE + CURSOR_POSITION_MAX,
	LENGTH_SIZE = 24,
	SIGNED_MAX = 16 * 1024,
};

/* The length of the scope comes first, so that no other pair gives the same bytes. */
static bool sign(const struct repo *repo, struct span scope, struct span position,
		 uint8_t mac[static DIGEST_SHA256_SIZE])
{
	struct buf text = {0};
	char length[LENGTH_SIZE];
	bool is_made;

	snprintf(length, sizeof(length), "%zu:", scope.len);
	buf_init(&text, SIGNED_MAX);
	buf_add_str(&text, length);
	buf_add(&text, scope.data, scope.len);
	buf_add(&text, position.data, position.len);
	is_made = buf_ok(&text) &&
		  digest_hmac_sha256(repo->digest,
				     (struct bytes){repo->cursor_key, sizeof(repo->cursor_key)},
				     (struct bytes){text.data, text.len}, mac);
	buf_clear(&text);
	return is_made;
}

const char *cursor_make(const struct repo *repo, struct span scope, struct span position,
			struct arena *arena)
{
	uint8_t payload[PAYLOAD_MAX];
	uint8_t mac[DIGEST_SHA256_SIZE];
	char *text;

	assert(position.len <= CURSOR_POSITION_MAX);
	text = arena_alloc(arena, text_base64_size(MAC_SIZE + position.len));
	if (!text || !sign(repo, scope, position, mac))
		return NULL;
	memcpy(payload, mac, MAC_SIZE);
	memcpy(payload + MAC_SIZE, position.data, position.len);
	text_base64_encode(payload, MAC_SIZE + position.len, text);
	return text;
}

enum result cursor_read(const struct repo *repo, struct span scope, const char *cursor,
			struct arena *arena, struct span *position)
{
	uint8_t payload[PAYLOAD_MAX];
	uint8_t mac[DIGEST_SHA256_SIZE];
	size_t len = text_base64_decode(span_of(cursor), payload, sizeof(payload));
	struct span inside = {(const char *)payload + MAC_SIZE, len - MAC_SIZE};

	if (len == SIZE_MAX || len <= MAC_SIZE)
		return RESULT_INVALID;
	if (!sign(repo, scope, inside, mac))
		return RESULT_NO_MEMORY;
	if (!digest_equal(mac, payload, MAC_SIZE))
		return RESULT_INVALID;
	position->data = arena_copy(arena, inside.data, inside.len);
	position->len = inside.len;
	return position->data ? RESULT_OK : RESULT_NO_MEMORY;
}
