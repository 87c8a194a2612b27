/*
 * In this order: the form, the header, the signature, and only then what the token says.
 */
#include "http/jwt.h"

#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/json_exact.h"
#include "http/token_user.h"

enum {
	PARTS = 3,
	ES256_SIZE = 64,     /* of a signature */
	SIGNATURE_MAX = 512, /* of RS256 with 4096 bits */
	TIME_DIGITS = 12,
	DECODED_MAX = JWT_SIZE_MAX / 4 * 3,
};

/* A token taken apart: trees of its header and its claims, both objects. */
struct token {
	struct span part[PARTS]; /* as base64, without padding */
	json_t *header;
	json_t *claims;
};

static void clear(struct token *token)
{
	json_decref(token->header);
	json_decref(token->claims);
}

/* ---------------------------------------------------------------- members */

/* Absent (data NULL) for what is no string. */
static struct span string_of(const json_t *value)
{
	if (!json_exact_is_string(value))
		return (struct span){0};
	return (struct span){json_string_value(value), json_string_length(value)};
}

static struct span member(const json_t *object, const char *name)
{
	return string_of(json_object_get(object, name));
}

/* Whole seconds; no time that matters is negative or written with an exponent. */
static bool read_time(const json_t *value, int64_t *seconds)
{
	struct span text;
	const char *point;
	uint64_t number;

	if (!json_exact_is_number(value))
		return false;
	text = json_exact_number_text(value);
	point = memchr(text.data, '.', text.len);
	if (memchr(text.data, 'e', text.len) || memchr(text.data, 'E', text.len))
		return false;
	if (point)
		text.len = (size_t)(point - text.data);
	if (text.len > TIME_DIGITS || !text_parse_u64(text, &number))
		return false;
	*seconds = (int64_t)number;
	return true;
}

/* ------------------------------------------------------------------- form */

/* A load balancer pads; what follows the padding must be the end of the part. */
static struct span without_padding(struct span part)
{
	size_t whole = part.len;

	if (whole % 4 != 0)
		return part;
	while (part.len > 0 && whole - part.len < 2 && part.data[part.len - 1] == '=')
		part.len--;
	return part;
}

static bool split(struct span text, struct token *token)
{
	for (size_t i = 0; i < PARTS; i++) {
		const char *dot = memchr(text.data, '.', text.len);
		struct span part = {text.data, dot ? (size_t)(dot - text.data) : text.len};

		if ((dot != NULL) != (i < PARTS - 1) || part.len == 0)
			return false;
		token->part[i] = without_padding(part);
		text.data += part.len + (dot ? 1 : 0);
		text.len -= part.len + (dot ? 1 : 0);
	}
	return true;
}

static enum jwt_result read_object(struct span part, json_t **object)
{
	struct json_mistake mistake = {0};
	uint8_t bytes[DECODED_MAX];
	size_t len = text_base64_decode(part, bytes, sizeof(bytes));

	if (len == SIZE_MAX)
		return JWT_MALFORMED;
	*object = json_exact_parse((struct span){(const char *)bytes, len}, &mistake);
	if (!*object)
		return mistake.line > 0 ? JWT_MALFORMED : JWT_NO_MEMORY;
	return json_is_object(*object) ? JWT_OK : JWT_MALFORMED;
}

/* Clear the token in either case. */
static enum jwt_result read_header(struct span text, struct token *token)
{
	if (text.len > JWT_SIZE_MAX)
		return JWT_TOO_LONG;
	if (text.len == 0 || !split(text, token))
		return JWT_MALFORMED;
	return read_object(token->part[0], &token->header);
}

/* -------------------------------------------------------------- signature */

static bool read_algorithm(const json_t *header, enum jwk_algorithm *algorithm)
{
	struct span name = member(header, "alg");

	*algorithm = span_equals(name, "ES256") ? JWK_ES256 : JWK_RS256;
	return span_equals(name, "ES256") || span_equals(name, "RS256");
}

/* Its text is checked here, as what libcjose takes for base64 is more than that. */
static bool is_signature(struct span part, enum jwk_algorithm algorithm)
{
	uint8_t bytes[SIGNATURE_MAX];
	size_t len = text_base64_decode(part, bytes, sizeof(bytes));

	return len != SIZE_MAX && (algorithm != JWK_ES256 || len == ES256_SIZE);
}

/* libcjose ends the process (an assertion) on claims that have "=" where none can be. */
static bool are_claims(struct span part)
{
	uint8_t bytes[DECODED_MAX];

	return text_base64_decode(part, bytes, sizeof(bytes)) != SIZE_MAX;
}

static enum jwt_result check_signature(struct span text, const struct token *token,
				       const struct jwks *keys)
{
	struct span id = member(token->header, "kid");
	enum jwk_algorithm algorithm;
	const struct jwk *key;

	if (!read_algorithm(token->header, &algorithm))
		return JWT_ALGORITHM_REFUSED;
	if (json_object_get(token->header, "crit"))
		return JWT_CRITICAL_REFUSED;
	key = id.data ? jwks_find(keys, id, algorithm) : NULL;
	if (!key)
		return JWT_KEY_UNKNOWN;
	if (!are_claims(token->part[1]) || !is_signature(token->part[2], algorithm))
		return JWT_MALFORMED;
	return jwk_verify(key, text) ? JWT_OK : JWT_SIGNATURE_WRONG;
}

/* ----------------------------------------------------------------- claims */

static enum jwt_result check_expiry(const json_t *object, bool is_required, int64_t now_ms)
{
	const json_t *value = json_object_get(object, "exp");
	int64_t seconds;

	if (!value && !is_required)
		return JWT_OK;
	if (!read_time(value, &seconds))
		return JWT_MALFORMED;
	return now_ms < (seconds + JWT_LEEWAY_S) * 1000 ? JWT_OK : JWT_EXPIRED;
}

static enum jwt_result check_beginning(const json_t *object, int64_t now_ms)
{
	const json_t *value = json_object_get(object, "nbf");
	int64_t seconds;

	if (!value)
		return JWT_OK;
	if (!read_time(value, &seconds))
		return JWT_MALFORMED;
	return now_ms >= (seconds - JWT_LEEWAY_S) * 1000 ? JWT_OK : JWT_NOT_YET_VALID;
}

/* RFC 7519, 4.1.3: one name or several. */
static bool is_audience(const json_t *value, const char *audiences)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct span name = string_of(json_array_get(value, i));

		if (name.data && text_is_listed(audiences, name))
			return true;
	}
	return text_is_listed(audiences, string_of(value));
}

/* An access token of Cognito has no audience unless its client asked for one. */
static enum jwt_result check_audience(const json_t *claims, const char *audiences)
{
	const json_t *audience = json_object_get(claims, "aud");
	struct span use = member(claims, "token_use");
	bool has_use = json_object_get(claims, "token_use") != NULL;

	if (has_use && !span_equals(use, "access") && !span_equals(use, "id"))
		return JWT_USE_WRONG;
	if (audience)
		return is_audience(audience, audiences) ? JWT_OK : JWT_AUDIENCE_WRONG;
	if (span_equals(use, "id") || !text_is_listed(audiences, member(claims, "client_id")))
		return JWT_AUDIENCE_WRONG;
	return JWT_OK;
}

static enum jwt_result check_issued(const json_t *claims, const struct jwt_rules *rules,
				    int64_t now_ms)
{
	enum jwt_result result = check_expiry(claims, true, now_ms);

	if (result != JWT_OK)
		return result;
	if (!span_equals(member(claims, "iss"), rules->issuer))
		return JWT_ISSUER_WRONG;
	return check_audience(claims, rules->audiences);
}

/* The claims are what the issuer's user info says; they may repeat some of this. */
static enum jwt_result check_balanced(const struct token *token, const struct jwt_rules *rules,
				      int64_t now_ms)
{
	enum jwt_result result;

	if (!text_is_listed(rules->signers, member(token->header, "signer")))
		return JWT_SIGNER_WRONG;
	result = check_expiry(token->header, true, now_ms);
	if (result == JWT_OK)
		result = check_expiry(token->claims, false, now_ms);
	if (result != JWT_OK)
		return result;
	if (!rules->issuer)
		return JWT_OK;
	if (!span_equals(member(token->header, "iss"), rules->issuer) ||
	    (json_object_get(token->claims, "iss") &&
	     !span_equals(member(token->claims, "iss"), rules->issuer)))
		return JWT_ISSUER_WRONG;
	return text_is_listed(rules->audiences, member(token->header, "client"))
		       ? JWT_OK
		       : JWT_AUDIENCE_WRONG;
}

/* ---------------------------------------------------------------- subject */

static uint64_t scopes_of_array(const json_t *array, const struct group_scopes *groups)
{
	uint64_t scopes = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		struct span name = string_of(json_array_get(array, i));

		if (name.data)
			scopes |= group_scopes_find(groups, name);
	}
	return scopes;
}

/* RFC 8693, 4.2: words with one space between them. */
static uint64_t scopes_of_words(struct span words, const struct group_scopes *groups)
{
	uint64_t scopes = 0;

	while (words.len > 0) {
		const char *space = memchr(words.data, ' ', words.len);
		size_t len = space ? (size_t)(space - words.data) : words.len;

		scopes |= group_scopes_find(groups, (struct span){words.data, len});
		words.data += len + (space ? 1 : 0);
		words.len -= len + (space ? 1 : 0);
	}
	return scopes;
}

static uint64_t scopes_of(const json_t *claims, const struct group_scopes *groups)
{
	if (!groups)
		return 0;
	return scopes_of_array(json_object_get(claims, "cognito:groups"), groups) |
	       scopes_of_array(json_object_get(claims, "groups"), groups) |
	       scopes_of_words(member(claims, "scope"), groups);
}

/* A load balancer says in the header whom it asked; the claims need not. */
static struct span issuer_of(const struct token *token, const struct jwt_rules *rules)
{
	return member(rules->signers ? token->header : token->claims, "iss");
}

static enum jwt_result take_subject(const struct token *token, const struct jwt_rules *rules,
				    struct jwt_subject *subject)
{
	struct span name = member(token->claims, "sub");
	struct jwt_subject taken = {.scopes = scopes_of(token->claims, rules->groups)};

	if (name.len == 0 || name.len > JWT_SUBJECT_MAX || text_has_control(name))
		return JWT_SUBJECT_WRONG;
	if (!token_user_find(rules->digest, issuer_of(token, rules), name, taken.id))
		return JWT_NO_MEMORY;
	*subject = taken;
	return JWT_OK;
}

static enum jwt_result check_claims(const struct token *token, const struct jwt_rules *rules,
				    int64_t now_ms, struct jwt_subject *subject)
{
	enum jwt_result result = rules->signers ? check_balanced(token, rules, now_ms)
						: check_issued(token->claims, rules, now_ms);

	if (result == JWT_OK)
		result = check_beginning(token->claims, now_ms);
	return result == JWT_OK ? take_subject(token, rules, subject) : result;
}

enum jwt_result jwt_check(struct span text, const struct jwks *keys, const struct jwt_rules *rules,
			  int64_t now_ms, struct jwt_subject *subject)
{
	struct token token = {0};
	enum jwt_result result = read_header(text, &token);

	if (result == JWT_OK)
		result = check_signature(text, &token, keys);
	if (result == JWT_OK)
		result = read_object(token.part[1], &token.claims);
	if (result == JWT_OK)
		result = check_claims(&token, rules, now_ms, subject);
	clear(&token);
	return result;
}

bool jwt_key_id(struct span text, const char *signers, char id[static JWKS_ID_MAX + 1])
{
	struct token token = {0};
	struct span found = {0};

	if (read_header(text, &token) == JWT_OK &&
	    text_is_listed(signers, member(token.header, "signer")))
		found = member(token.header, "kid");
	if (found.len > JWKS_ID_MAX)
		found.len = 0;
	if (found.len > 0) {
		memcpy(id, found.data, found.len);
		id[found.len] = '\0';
	}
	clear(&token);
	return found.len > 0;
}

const char *jwt_result_text(enum jwt_result result)
{
	static const char *const texts[] = {
		[JWT_OK] = "The token is good.",
		[JWT_TOO_LONG] = "The token is longer than 8 KiB.",
		[JWT_MALFORMED] = "The token is no signed JSON Web Token, or has no usable times.",
		[JWT_ALGORITHM_REFUSED] = "The token is not signed with RS256 or ES256.",
		[JWT_CRITICAL_REFUSED] = "The token's header has \"crit\", which is not supported.",
		[JWT_KEY_UNKNOWN] =
			"The token's key (kid) is none of the issuer's for its algorithm.",
		[JWT_KEY_AWAITED] = "The token's key (kid) is being fetched.",
		[JWT_SIGNATURE_WRONG] = "The token's signature is wrong.",
		[JWT_EXPIRED] = "The token has expired.",
		[JWT_NOT_YET_VALID] = "The token is not valid yet.",
		[JWT_ISSUER_WRONG] = "The token is from another issuer.",
		[JWT_AUDIENCE_WRONG] = "The token is meant for somebody else (aud, client_id).",
		[JWT_USE_WRONG] = "The token's token_use is neither access nor id.",
		[JWT_SIGNER_WRONG] = "The token is not signed by this shop's load balancer.",
		[JWT_SUBJECT_WRONG] = "The token has no subject (sub), or no usable one.",
		[JWT_NO_MEMORY] = "There is no memory for the token.",
	};

	return texts[result];
}
