/*
 * Judges tokens, for comparison with another implementation.
 *
 * Each line of standard input is a JSON object: "keys" (the text of a set), or "token" with
 * "issuer", "audiences", "now" (seconds) and perhaps "signer". For each token a line: the number of
 * the result, a space, and the subject if it is good.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/jwt.h"

static struct jwks *replace(struct jwks *keys, const json_t *order)
{
	char why[JWKS_WHY_SIZE] = "";
	struct jwks *fresh = jwks_parse(span_of(json_string_value(order)), why);

	if (!fresh) {
		fprintf(stderr, "jwt_driver: the set %s\n", why);
		exit(2);
	}
	jwks_free(keys);
	return fresh;
}

static const char *text_of(const json_t *order, const char *name)
{
	return json_string_value(json_object_get(order, name));
}

static void judge(const struct jwks *keys, const json_t *order)
{
	const struct jwt_rules rules = {
		.issuer = text_of(order, "issuer"),
		.audiences = text_of(order, "audiences"),
		.signer = text_of(order, "signer"),
	};
	int64_t now_ms = json_integer_value(json_object_get(order, "now")) * 1000;
	struct jwt_subject subject = {0};
	enum jwt_result result =
		jwt_check(span_of(text_of(order, "token")), keys, &rules, now_ms, &subject);

	printf("%d %s\n", (int)result, subject.id);
}

int main(void)
{
	struct jwks *keys = NULL;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		json_t *order = json_loads(line, 0, NULL);
		const json_t *set = json_object_get(order, "keys");

		if (!order || (!set && !keys))
			return 2;
		if (set)
			keys = replace(keys, set);
		else
			judge(keys, order);
		json_decref(order);
	}
	free(line);
	jwks_free(keys);
	return 0;
}
