#include "daemon/tokens.h"

#include <assert.h>
#include <stdlib.h>

struct tokens {
	struct tokens_options options;
	struct group_scopes groups;
	struct jwks_source *source;      /* NULL: there are none */
	struct balancer_keys *balancers; /* likewise */
};

static bool read_groups(struct tokens *tokens)
{
	struct buf mistake = {0};

	return !tokens->options.groups || group_scopes_read(&tokens->groups, tokens->options.groups,
							    tokens->options.scopes, &mistake);
}

static bool make_sources(struct tokens *tokens)
{
	const struct tokens_options *options = &tokens->options;

	if (options->keys.file || options->keys.url)
		tokens->source = jwks_source_new(&options->keys);
	if (options->signers)
		tokens->balancers = balancer_keys_new(
			&(struct key_page_place){options->signer_keys, options->keys.loop,
						 options->keys.transport});
	return (tokens->source || !(options->keys.file || options->keys.url)) &&
	       (tokens->balancers || !options->signers);
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
	if (is_sound && make_sources(tokens))
		return tokens;
	tokens_free(tokens);
	return NULL;
}

void tokens_free(struct tokens *tokens)
{
	if (!tokens)
		return;
	jwks_source_free(tokens->source);
	balancer_keys_free(tokens->balancers);
	free(tokens);
}

void tokens_start(struct tokens *tokens)
{
	if (tokens->source)
		jwks_source_start(tokens->source);
}

void tokens_renew(struct tokens *tokens)
{
	if (tokens->source)
		jwks_source_look(tokens->source);
}

void tokens_stop(struct tokens *tokens)
{
	if (tokens->source)
		jwks_source_stop(tokens->source);
	if (tokens->balancers)
		balancer_keys_stop(tokens->balancers);
}

static int64_t now_ms(const struct tokens *tokens)
{
	return clock_wall_ms(loop_clock(tokens->options.keys.loop));
}

static enum jwt_result check_bearer(struct tokens *tokens, struct span token,
				    const struct jwt_rules *rules, struct jwt_subject *subject)
{
	const struct jwks *keys = tokens->source ? jwks_source_keys(tokens->source) : NULL;
	enum jwt_result result = JWT_KEY_UNKNOWN;

	if (keys)
		result = jwt_check(token, keys, rules, now_ms(tokens), subject);
	if (result == JWT_KEY_UNKNOWN && tokens->source)
		jwks_source_missed(tokens->source);
	return result;
}

/* A stranger's token must not make us ask for its key. */
static enum jwt_result check_balanced(struct tokens *tokens, struct span token,
				      struct jwt_rules *rules, struct jwt_subject *subject)
{
	char id[JWKS_ID_MAX + 1];
	const struct jwks *key;
	bool is_coming;

	rules->signers = tokens->options.signers;
	if (!tokens->balancers || !jwt_key_id(token, rules->signers, id))
		return JWT_SIGNER_WRONG;
	key = balancer_keys_find(tokens->balancers, id, &is_coming);
	if (key)
		return jwt_check(token, key, rules, now_ms(tokens), subject);
	return is_coming ? JWT_KEY_AWAITED : JWT_KEY_UNKNOWN;
}

enum jwt_result tokens_check(struct tokens *tokens, struct span token, enum token_form form,
			     struct jwt_subject *subject)
{
	struct jwt_rules rules = {
		.issuer = tokens->options.issuer,
		.audiences = tokens->options.audiences,
		.groups = &tokens->groups,
		.digest = tokens->options.digest,
	};

	if (form == TOKEN_BALANCED)
		return check_balanced(tokens, token, &rules, subject);
	return check_bearer(tokens, token, &rules, subject);
}

void tokens_await(struct tokens *tokens, struct span token, struct await *await)
{
	char id[JWKS_ID_MAX + 1];
	bool names_key = jwt_key_id(token, tokens->options.signers, id);

	assert(tokens->balancers && names_key);
	if (names_key)
		balancer_keys_await(tokens->balancers, id, await);
}
