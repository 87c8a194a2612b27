#include "aws/provider_instance.h"

#include <stdlib.h>

#include "aws/imds.h"

struct instance {
	struct provider provider;
	const struct config *config;
	struct imds *imds;
};

static enum provider_state look(const struct config *config, struct buf *about)
{
	buf_add_str(about, config->is_metadata_disabled ? "AWS_EC2_METADATA_DISABLED is true"
							: config->metadata_endpoint);
	return config->is_metadata_disabled ? PROVIDER_UNSET : PROVIDER_SET;
}

static bool needs_trust(const struct config *config)
{
	return config->metadata_endpoint[4] == 's'; /* https */
}

static struct provider *make(struct provider_context *context)
{
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->provider.kind = &provider_instance;
	instance->config = context->config;
	instance->imds = provider_context_imds(context);
	if (instance->imds)
		return &instance->provider;
	free(instance);
	return NULL;
}

static void release(struct provider *provider)
{
	free(provider);
}

static void fetch(struct provider *provider, provider_done *done, void *context)
{
	struct instance *instance = (struct instance *)provider;

	if (instance->config->is_metadata_disabled) /* a profile may name it all the same */
		done(context, NULL, "AWS_EC2_METADATA_DISABLED is true");
	else
		imds_fetch(instance->imds, done, context);
}

const struct provider_kind provider_instance = {
	.name = "instance role",
	.look = look,
	.needs_trust = needs_trust,
	.make = make,
	.free = release,
	.fetch = fetch,
};
