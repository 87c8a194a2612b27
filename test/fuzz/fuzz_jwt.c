/*
 * Tokens: nothing is good that nobody signed. Fuzzed are the bytes as a token, and as a header and
 * claims with a line break between them, so that what is behind the base64 is reached; claims also
 * as they are, since libcjose reads them before they are known to be signed. What they say is only
 * read when they are, so that is left to the unit tests.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/tokens.h"
#include "http/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct digest *digest;

static void check(struct span token, const struct jwks *keys, const char *signer)
{
	static const struct group_scopes groups;
	const struct jwt_rules rules = {"https://issuer.example/pool", "web", signer, &groups,
					digest};
	struct jwt_subject subject = {0};
	char id[JWKS_ID_MAX + 1] = "";
	enum jwt_result result = jwt_check(token, keys, &rules, 1000000000000, &subject);

	if ((result == JWT_OK) != (subject.id[0] != '\0') || subject.scopes != 0)
		abort();
	if (jwt_key_id(token, "arn", id) != (id[0] != '\0'))
		abort();
}

static void add_claims(char *token, struct span text, bool is_raw)
{
	if (is_raw)
		strncat(token, text.data, text.len);
	else
		text_base64_encode((const uint8_t *)text.data, text.len, token + strlen(token));
}

/* The texts as the two parts of a token with some signature. */
static void check_texts(struct span text, const struct jwks *keys, bool is_raw)
{
	const char *line = memchr(text.data, '\n', text.len);
	size_t len = line ? (size_t)(line - text.data) : text.len;
	char *token = calloc(1, text.len * 2 + 200);

	if (!token)
		return;
	text_base64_encode((const uint8_t *)text.data, len, token);
	strcat(token, ".");
	if (line)
		add_claims(token, (struct span){line + 1, text.len - len - 1}, is_raw);
	strcat(token, ".");
	text_base64_encode((const uint8_t[64]){1}, 64, token + strlen(token));
	check(span_of(token), keys, NULL);
	free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char set[] = TOKENS_SET;
	char why[JWKS_WHY_SIZE];
	struct jwks *keys = jwks_parse((struct span){set, sizeof(set) - 1}, why);
	struct span text = {(const char *)data, size};

	if (!digest)
		digest = digest_new();
	if (!keys || !digest)
		abort();
	check(text, keys, NULL);
	check(text, keys, "arn");
	if (size > 0 && size < JWT_SIZE_MAX) {
		check_texts(text, keys, false);
		check_texts(text, keys, true);
	}
	jwks_free(keys);
	return 0;
}
