#include "aws/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static void wipe(char **text)
{
	if (*text)
		digest_wipe(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

bool aws_keys_set(struct aws_keys *keys, const char *access_key, const char *secret,
		  const char *token, int64_t expires_ms)
{
	keys->access_key = strdup(access_key);
	keys->secret = strdup(secret);
	keys->token = token ? strdup(token) : NULL;
	keys->expires_ms = expires_ms;
	if (keys->access_key && keys->secret && (keys->token || !token))
		return true;
	aws_keys_clear(keys);
	return false;
}

static bool is_visible(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c > '~')
			return false;
	}
	return *text != '\0';
}

bool aws_keys_are_valid(const struct aws_keys *keys)
{
	return keys->access_key && keys->secret && is_visible(keys->access_key) &&
	       is_visible(keys->secret) && (!keys->token || is_visible(keys->token));
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool aws_keys_equal(const struct aws_keys *a, const struct aws_keys *b)
{
	return text_equal(a->access_key, b->access_key) && text_equal(a->secret, b->secret) &&
	       text_equal(a->token, b->token);
}

void aws_keys_clear(struct aws_keys *keys)
{
	wipe(&keys->access_key);
	wipe(&keys->secret);
	wipe(&keys->token);
	*keys = (struct aws_keys){0};
}
