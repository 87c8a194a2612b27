#include "http/jwks.h"

#include <cjose/cjose.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_exact.h"

enum {
	RSA_BITS_MIN = 2048,
	RSA_BYTES_MAX = 512,
	EXPONENT_BYTES_MAX = 4,
	COORDINATE = 32, /* bytes of a coordinate of P-256 */
	PREFIX = 27,     /* of a SubjectPublicKeyInfo */
	PEM_KEY = PREFIX + 2 * COORDINATE,
};

struct jwk {
	char id[JWKS_ID_MAX + 1];
	size_t id_len;
	enum jwk_algorithm algorithm;
	cjose_jwk_t *key;
};

struct jwks {
	size_t count;
	struct jwk keys[JWKS_MAX];
};

/* What reading one key of a set came to. */
enum reading { KEY_TAKEN, KEY_PASSED_OVER, KEY_WRONG };

static const char no_memory[] = "does not fit into memory";

/* "" for what is no string. */
static struct span member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_exact_is_string(value))
		return (struct span){"", 0};
	return (struct span){json_string_value(value), json_string_length(value)};
}

static bool is_absent_or(const json_t *object, const char *name, const char *wanted)
{
	return !json_object_get(object, name) || span_equals(member(object, name), wanted);
}

static bool is_id(struct span id)
{
	return id.len > 0 && id.len <= JWKS_ID_MAX;
}

/* Bytes of a member in base64url; 0 when it is none, or has more than `room`. */
static size_t read_bytes(const json_t *object, const char *name, uint8_t *bytes, size_t room)
{
	size_t len = text_base64_decode(member(object, name), bytes, room);

	return len == SIZE_MAX ? 0 : len;
}

/* RFC 7518, 6.3.1: no zero bytes in front. */
static bool is_usable_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	bool is_long_enough =
		n_len > RSA_BITS_MIN / 8 || (n_len == RSA_BITS_MIN / 8 && n[0] & 0x80);

	if (!is_long_enough || n[0] == 0 || !(n[n_len - 1] & 1))
		return false;
	return e_len > 0 && e[0] != 0 && e[e_len - 1] & 1 && !(e_len == 1 && e[0] == 1);
}

static enum reading read_rsa(const json_t *object, struct jwk *jwk)
{
	uint8_t n[RSA_BYTES_MAX];
	uint8_t e[EXPONENT_BYTES_MAX];
	cjose_jwk_rsa_keyspec spec = {
		.n = n,
		.nlen = read_bytes(object, "n", n, sizeof(n)),
		.e = e,
		.elen = read_bytes(object, "e", e, sizeof(e)),
	};

	if (!is_usable_rsa(n, spec.nlen, e, spec.elen))
		return KEY_WRONG;
	jwk->algorithm = JWK_RS256;
	jwk->key = cjose_jwk_create_RSA_spec(&spec, NULL);
	return jwk->key ? KEY_TAKEN : KEY_WRONG;
}

/* From X and Y, one behind the other. OpenSSL refuses a point that is not on the curve. */
static enum reading make_ec(const uint8_t *point, struct jwk *jwk)
{
	uint8_t x[COORDINATE];
	uint8_t y[COORDINATE];
	const cjose_jwk_ec_keyspec spec = {
		.crv = CJOSE_JWK_EC_P_256,
		.x = x,
		.xlen = sizeof(x),
		.y = y,
		.ylen = sizeof(y),
	};

	memcpy(x, point, sizeof(x));
	memcpy(y, point + COORDINATE, sizeof(y));
	jwk->algorithm = JWK_ES256;
	jwk->key = cjose_jwk_create_EC_spec(&spec, NULL);
	return jwk->key ? KEY_TAKEN : KEY_WRONG;
}

static enum reading read_ec(const json_t *object, struct jwk *jwk)
{
	uint8_t point[2 * COORDINATE];

	if (read_bytes(object, "x", point, COORDINATE) != COORDINATE ||
	    read_bytes(object, "y", point + COORDINATE, COORDINATE) != COORDINATE)
		return KEY_WRONG;
	return make_ec(point, jwk);
}

static enum reading read_key(const json_t *object, struct jwk *jwk)
{
	bool is_rsa = span_equals(member(object, "kty"), "RSA");
	bool is_ec = span_equals(member(object, "kty"), "EC") &&
		     span_equals(member(object, "crv"), "P-256");
	struct span id = member(object, "kid");

	if (!is_rsa && !is_ec)
		return KEY_PASSED_OVER;
	if (!is_absent_or(object, "use", "sig") ||
	    !is_absent_or(object, "alg", is_rsa ? "RS256" : "ES256"))
		return KEY_PASSED_OVER;
	if (!is_id(id))
		return KEY_WRONG;
	memcpy(jwk->id, id.data, id.len);
	jwk->id_len = id.len;
	return is_rsa ? read_rsa(object, jwk) : read_ec(object, jwk);
}

static bool explain(char why[static JWKS_WHY_SIZE], const char *text)
{
	snprintf(why, JWKS_WHY_SIZE, "%s", text);
	return false;
}

/* Takes one key into the set; false and why when it should not be there. */
static bool add_key(struct jwks *keys, size_t number, const json_t *object,
		    char why[static JWKS_WHY_SIZE])
{
	struct jwk *jwk = &keys->keys[keys->count];
	enum reading reading = read_key(object, jwk);

	if (reading == KEY_PASSED_OVER)
		return true;
	if (reading == KEY_WRONG) {
		snprintf(why, JWKS_WHY_SIZE,
			 "has a key, number %zu, that has no usable kid (1 to %d bytes), or whose "
			 "numbers are not those of a public key of its type",
			 number + 1, JWKS_ID_MAX);
		return false;
	}
	if (jwks_find(keys, (struct span){jwk->id, jwk->id_len}, jwk->algorithm)) {
		cjose_jwk_release(jwk->key);
		return explain(why, "has two keys with the same kid");
	}
	keys->count++;
	return true;
}

static bool add_keys(struct jwks *keys, const json_t *set, char why[static JWKS_WHY_SIZE])
{
	const json_t *array = json_object_get(set, "keys");
	size_t count = json_array_size(array);

	if (!json_is_array(array))
		return explain(why, "has no array \"keys\"");
	if (count > JWKS_MAX)
		return explain(why, "has more than 32 keys");
	for (size_t i = 0; i < count; i++) {
		if (!add_key(keys, i, json_array_get(array, i), why))
			return false;
	}
	if (keys->count == 0)
		return explain(why, "has no key that can be used: none of RSA for RS256, none on "
				    "P-256 for ES256");
	return true;
}

static json_t *parse(struct span text, char why[static JWKS_WHY_SIZE])
{
	struct json_mistake mistake = {0};
	json_t *set;

	if (text.len > JWKS_SIZE_MAX) {
		explain(why, "is longer than 64 KiB");
		return NULL;
	}
	set = json_exact_parse(text, &mistake);
	if (set)
		return set;
	if (mistake.line == 0)
		explain(why, no_memory);
	else
		snprintf(why, JWKS_WHY_SIZE, "is not JSON: line %zu, column %zu: %s", mistake.line,
			 mistake.column, mistake.text);
	return NULL;
}

struct jwks *jwks_parse(struct span text, char why[static JWKS_WHY_SIZE])
{
	json_t *set = parse(text, why);
	struct jwks *keys;
	bool ok;

	if (!set)
		return NULL;
	keys = calloc(1, sizeof(*keys));
	ok = keys ? add_keys(keys, set, why) : explain(why, no_memory);
	json_decref(set);
	if (ok)
		return keys;
	jwks_free(keys);
	return NULL;
}

/*
 * The base64 between PEM's two lines as base64url, without line breaks and padding; false when it
 * is not as long as a key on P-256.
 */
static bool unwrap_pem(struct span text, struct buf *out)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----";
	static const char end[] = "-----END PUBLIC KEY-----";
	const char *from = memmem(text.data, text.len, begin, sizeof(begin) - 1);
	const char *to = memmem(text.data, text.len, end, sizeof(end) - 1);

	if (!from || !to || from > to)
		return false;
	for (from += sizeof(begin) - 1; from < to; from++) {
		if (!strchr("\r\n=", *from))
			buf_add_char(out, *from == '+' ? '-' : *from == '/' ? '_' : *from);
	}
	return buf_ok(out);
}

/* RFC 5480: all that is in front of the coordinates is the same for every key on P-256. */
static bool read_pem(struct span text, uint8_t key[static PEM_KEY])
{
	static const uint8_t prefix[PREFIX] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
		0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
	};
	char memory[PEM_KEY * 2];
	struct buf base64;

	buf_init_over(&base64, memory, sizeof(memory));
	if (text.len > JWKS_SIZE_MAX || !unwrap_pem(text, &base64))
		return false;
	return text_base64_decode((struct span){buf_text(&base64), base64.len}, key, PEM_KEY) ==
		       PEM_KEY &&
	       memcmp(key, prefix, PREFIX) == 0;
}

struct jwks *jwks_parse_pem(struct span id, struct span text, char why[static JWKS_WHY_SIZE])
{
	uint8_t key[PEM_KEY];
	struct jwks *keys;

	if (!is_id(id) || !read_pem(text, key)) {
		explain(why, "is not the public key of P-256 in PEM");
		return NULL;
	}
	keys = calloc(1, sizeof(*keys));
	if (!keys) {
		explain(why, no_memory);
		return NULL;
	}
	memcpy(keys->keys[0].id, id.data, id.len);
	keys->keys[0].id_len = id.len;
	if (make_ec(key + PREFIX, &keys->keys[0]) == KEY_TAKEN) {
		keys->count = 1;
		return keys;
	}
	explain(why, "is not a point of P-256");
	jwks_free(keys);
	return NULL;
}

void jwks_free(struct jwks *keys)
{
	for (size_t i = 0; keys && i < keys->count; i++)
		cjose_jwk_release(keys->keys[i].key);
	free(keys);
}

size_t jwks_count(const struct jwks *keys)
{
	return keys->count;
}

const struct jwk *jwks_find(const struct jwks *keys, struct span id, enum jwk_algorithm algorithm)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct jwk *jwk = &keys->keys[i];

		if (jwk->algorithm == algorithm && jwk->id_len == id.len &&
		    memcmp(jwk->id, id.data, id.len) == 0)
			return jwk;
	}
	return NULL;
}

bool jwk_verify(const struct jwk *key, struct span token)
{
	cjose_jws_t *jws = cjose_jws_import(token.data, token.len, NULL);
	bool is_signed = jws && cjose_jws_verify(jws, key->key, NULL);

	if (jws)
		cjose_jws_release(jws);
	return is_signed;
}
