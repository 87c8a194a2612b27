#include "aws/provider_environment.h"

#include <stdlib.h>

struct environment {
	struct provider provider;
	const struct config *config;
};

static enum provider_state look(const struct config *config, struct buf *about)
{
	bool is_set = config->access_key_id && config->secret_access_key;

	buf_add_str(about, is_set ? "AWS_ACCESS_KEY_ID" : "AWS_ACCESS_KEY_ID is not set");
	return is_set ? PROVIDER_SET : PROVIDER_UNSET;
}

static bool needs_trust(const struct config *config)
{
	(void)config;
	return false;
}

static struct provider *make(struct provider_context *context)
{
	struct environment *environment = calloc(1, sizeof(*environment));

	if (!environment)
		return NULL;
	environment->provider.kind = &provider_environment;
	environment->config = context->config;
	return &environment->provider;
}

static void release(struct provider *provider)
{
	free(provider);
}

static void fetch(struct provider *provider, provider_done *done, void *context)
{
	const struct config *config = ((struct environment *)provider)->config;
	struct aws_keys keys = {0};

	if (!config->access_key_id || !config->secret_access_key)
		done(context, NULL, "AWS_ACCESS_KEY_ID is not set");
	else if (!aws_keys_set(&keys, config->access_key_id, config->secret_access_key,
			       config->session_token, 0))
		done(context, NULL, "out of memory");
	else if (!aws_keys_are_valid(&keys))
		done(context, NULL,
		     "AWS_ACCESS_KEY_ID and what belongs to it have characters that "
		     "no key has");
	else
		done(context, &keys, "");
	aws_keys_clear(&keys);
}

const struct provider_kind provider_environment = {
	.name = "environment",
	.look = look,
	.needs_trust = needs_trust,
	.make = make,
	.free = release,
	.fetch = fetch,
	.is_permanent = true,
};
