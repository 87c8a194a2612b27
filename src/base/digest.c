#include "base/digest.h"

#include <errno.h>
#include <libdeflate.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SHA256_BLOCK = 64 };

struct digest {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
};

struct digest *digest_new(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return NULL;
	digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	digest->context = EVP_MD_CTX_new();
	if (!digest->sha256 || !digest->context) {
		digest_free(digest);
		return NULL;
	}
	return digest;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	EVP_MD_free(digest->sha256);
	free(digest);
}

static bool begin(const struct digest *digest, EVP_MD_CTX *context, const void *bytes, size_t len)
{
	return EVP_DigestInit_ex2(context, digest->sha256, NULL) &&
	       EVP_DigestUpdate(context, bytes, len);
}

static bool end(EVP_MD_CTX *context, const void *bytes, size_t len, uint8_t *out)
{
	uint8_t result[EVP_MAX_MD_SIZE];

	if (!EVP_DigestUpdate(context, bytes, len) || !EVP_DigestFinal_ex(context, result, NULL))
		return false;
	memcpy(out, result, DIGEST_SHA256_SIZE);
	return true;
}

/* The hash of two texts, one behind the other. */
static bool hash(struct digest *digest, struct bytes first, struct bytes second, uint8_t *out)
{
	return begin(digest, digest->context, first.data, first.len) &&
	       end(digest->context, second.data, second.len, out);
}

bool digest_sha256(struct digest *digest, const void *bytes, size_t len,
		   uint8_t out[static DIGEST_SHA256_SIZE])
{
	return hash(digest, (struct bytes){bytes, len}, (struct bytes){"", 0}, out);
}

bool digest_prefix_set(struct digest *digest, struct digest_prefix *prefix, const void *bytes,
		       size_t len)
{
	if (!prefix->context)
		prefix->context = EVP_MD_CTX_new();
	return prefix->context && begin(digest, prefix->context, bytes, len);
}

bool digest_prefix_sha256(struct digest *digest, const struct digest_prefix *prefix,
			  const void *bytes, size_t len, uint8_t out[static DIGEST_SHA256_SIZE])
{
	return prefix->context && EVP_MD_CTX_copy_ex(digest->context, prefix->context) &&
	       end(digest->context, bytes, len, out);
}

void digest_prefix_clear(struct digest_prefix *prefix)
{
	EVP_MD_CTX_free(prefix->context);
	prefix->context = NULL;
}

static void change(uint8_t block[static SHA256_BLOCK], uint8_t mask)
{
	for (size_t i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= mask;
}

/*
 * By hand rather than by EVP_MAC: as short, and half the time (0.4 instead of 0.8 µs for a message
 * of 100 bytes), since EVP_MAC sets itself up anew for each key.
 */
bool digest_hmac_sha256(struct digest *digest, struct bytes key, struct bytes message,
			uint8_t out[static DIGEST_SHA256_SIZE])
{
	const uint8_t inner_mask = 0x36;
	const uint8_t outer_mask = 0x5c;
	uint8_t block[SHA256_BLOCK] = {0};
	uint8_t inner[DIGEST_SHA256_SIZE];
	bool is_done = true;

	if (key.len > sizeof(block))
		is_done = digest_sha256(digest, key.data, key.len, block);
	else if (key.len > 0)
		memcpy(block, key.data, key.len);
	change(block, inner_mask);
	is_done = is_done && hash(digest, (struct bytes){block, sizeof(block)}, message, inner);
	change(block, inner_mask ^ outer_mask);
	is_done = is_done && hash(digest, (struct bytes){block, sizeof(block)},
				  (struct bytes){inner, sizeof(inner)}, out);
	digest_wipe(block, sizeof(block));
	return is_done;
}

uint32_t digest_crc32(const void *bytes, size_t len)
{
	return libdeflate_crc32(0, bytes, len);
}

bool digest_equal(const void *a, const void *b, size_t len)
{
	return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}

void digest_random(void *bytes, size_t len)
{
	uint8_t *at = bytes;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* Without randomness nothing that is meant to be secret or unique would be. */
		if (got <= 0)
			abort();
		at += got;
		len -= (size_t)got;
	}
}

void digest_wipe(void *bytes, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(bytes, len);
}
