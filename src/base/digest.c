#include "base/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

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

static bool begin(struct digest *digest)
{
	return EVP_DigestInit_ex2(digest->context, digest->sha256, NULL);
}

static bool add(struct digest *digest, const void *bytes, size_t len)
{
	return len == 0 || EVP_DigestUpdate(digest->context, bytes, len);
}

static bool finish(struct digest *digest, uint8_t *out)
{
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (!EVP_DigestFinal_ex(digest->context, hash, NULL))
		return false;
	memcpy(out, hash, DIGEST_SHA256_SIZE);
	return true;
}

bool digest_sha256(struct digest *digest, const void *bytes, size_t len,
		   uint8_t out[static DIGEST_SHA256_SIZE])
{
	return begin(digest) && add(digest, bytes, len) && finish(digest, out);
}

/* The hash of a key's block, each byte changed by `pad`, and of a text behind it. */
static bool hash_padded(struct digest *digest, const uint8_t block[static SHA256_BLOCK],
			uint8_t pad, const void *bytes, size_t len, uint8_t *out)
{
	uint8_t padded[SHA256_BLOCK];
	bool is_done;

	for (size_t i = 0; i < sizeof(padded); i++)
		padded[i] = block[i] ^ pad;
	is_done = begin(digest) && add(digest, padded, sizeof(padded)) && add(digest, bytes, len) &&
		  finish(digest, out);
	digest_wipe(padded, sizeof(padded));
	return is_done;
}

/*
 * By hand rather than by EVP_MAC: as short, and half the time (0.4 instead of 0.8 µs for a message of
 * 100 bytes), since EVP_MAC sets itself up anew for each key.
 */
bool digest_hmac_sha256(struct digest *digest, const void *key, size_t key_len, const void *bytes,
			size_t len, uint8_t out[static DIGEST_SHA256_SIZE])
{
	uint8_t block[SHA256_BLOCK] = {0};
	uint8_t inner[DIGEST_SHA256_SIZE];
	bool is_done = true;

	if (key_len > sizeof(block))
		is_done = digest_sha256(digest, key, key_len, block);
	else if (key_len > 0)
		memcpy(block, key, key_len);
	is_done = is_done && hash_padded(digest, block, 0x36, bytes, len, inner) &&
		  hash_padded(digest, block, 0x5c, inner, sizeof(inner), out);
	digest_wipe(block, sizeof(block));
	return is_done;
}

uint32_t digest_crc32(const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(0, bytes, len);
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
