#include "daemon/tokens.h"

#include <assert.h>
#include <stdlib.h>

struct tokens {
	struct tokens_options options;
	struct group_scopes groups;
	struct jwks_source *source;
};

static bool read_groups(struct tokens *tokens)
{
	struct buf mistake = {0};

	return !tokens->options.groups || group_scopes_read(&tokens->groups, tokens->options.groups,
							    tokens->options.scopes, &mistake);
}

struct tokens *tokens_new(const struct tokens_options *options)
{
	struct tokens *tokens = calloc(1, sizeof(*tokens));
	bool is_sound;

	if (!tokens)
		return NULL;
	tokens->options = *options;
	is_sound = read_groups(tokens);
	assert(is_sound);
	tokens->source = is_sound ? jwks_source_new(&options->keys) : NULL;
	if (tokens->source)
		return tokens;
	free(tokens);
	return NULL;
}

void tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	jwks_source_free(tokens->source);
	free(tokens);
}

void tokens_start(struct tokens *tokens)
{
	jwks_source_start(tokens->source);
}

void tokens_renew(struct tokens *tokens)
{
	jwks_source_look(tokens->source);
}

void tokens_stop(struct tokens *tokens)
{
	jwks_source_stop(tokens->source);
}

enum jwt_result tokens_check(struct tokens *tokens, struct span token, enum token_form form,
			     struct jwt_subject *subject)
{
	const struct jwks *keys = jwks_source_keys(tokens->source);
	const struct jwt_rules rules = {
		.issuer = tokens->options.issuer,
		.audiences = tokens->options.audiences,
		.signer = form == TOKEN_BALANCED ? tokens->options.signer : NULL,
		.groups = &tokens->groups,
	};
	enum jwt_result result = JWT_KEY_UNKNOWN;

	if (form == TOKEN_BALANCED && !rules.signer)
		return JWT_SIGNER_WRONG;
	if (keys)
		result = jwt_check(token, keys, &rules,
				   clock_wall_ms(loop_clock(tokens->options.keys.loop)), subject);
	if (result == JWT_KEY_UNKNOWN)
		jwks_source_missed(tokens->source);
	return result;
}
