/*
 * Judges tokens, for comparison with another implementation.
 *
 * Each line of standard input is a JSON object: "keys" (the text of a set), or "pem" with its "kid",
 * or "token" with "now" (seconds) and perhaps "issuer", "audiences" and "signers". For each token a
 * line: the number of the result, a space, and the user's id if it is good.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/jwt.h"

static const char *text_of(const json_t *order, const char *name)
{
	return json_string_value(json_object_get(order, name));
}

static struct jwks *replace(struct jwks *keys, const json_t *order)
{
	char why[JWKS_WHY_SIZE] = "";
	const char *pem = text_of(order, "pem");
	struct jwks *fresh = pem ? jwks_parse_pem(span_of(text_of(order, "kid")), span_of(pem), why)
				 : jwks_parse(span_of(text_of(order, "keys")), why);

	if (!fresh) {
		fprintf(stderr, "jwt_driver: the keys: %s\n", why);
		exit(2);
	}
	jwks_free(keys);
	return fresh;
}

static void judge(struct digest *digest, const struct jwks *keys, const json_t *order)
{
	const struct jwt_rules rules = {
		.issuer = text_of(order, "issuer"),
		.audiences = text_of(order, "audiences"),
		.signers = text_of(order, "signers"),
		.digest = digest,
	};
	int64_t now_ms = json_integer_value(json_object_get(order, "now")) * 1000;
	struct jwt_subject subject = {0};
	enum jwt_result result =
		jwt_check(span_of(text_of(order, "token")), keys, &rules, now_ms, &subject);

	printf("%d %s\n", (int)result, subject.id);
}

int main(void)
{
	struct digest *digest = digest_new();
	struct jwks *keys = NULL;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		json_t *order = json_loads(line, 0, NULL);
		bool has_token = text_of(order, "token");

		if (!digest || !order || (has_token && !keys))
			return 2;
		if (!has_token)
			keys = replace(keys, order);
		else
			judge(digest, keys, order);
		json_decref(order);
	}
	free(line);
	jwks_free(keys);
	digest_free(digest);
	return 0;
}
