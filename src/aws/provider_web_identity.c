#include "aws/provider_web_identity.h"

#include <stdlib.h>
#include <string.h>

#include "aws/sts.h"

struct web_identity {
	struct provider provider;
	struct provider_context *context;
};

static enum provider_state look(const struct config *config, struct buf *about)
{
	if (!config->web_identity_token_file) {
		buf_add_str(about, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
		return PROVIDER_UNSET;
	}
	if (!config->role_arn) {
		buf_add_str(about, "AWS_ROLE_ARN is not set");
		return PROVIDER_UNSET;
	}
	buf_add_str(about, "role ");
	buf_add_str(about, config->role_arn);
	buf_add_str(about, " for the token in ");
	buf_add_str(about, config->web_identity_token_file);
	return PROVIDER_SET;
}

static bool needs_trust(const struct config *config)
{
	return !config->endpoint_sts || strncmp(config->endpoint_sts, "https:", 6) == 0;
}

static struct provider *make(struct provider_context *context)
{
	struct web_identity *web_identity = calloc(1, sizeof(*web_identity));

	if (!web_identity)
		return NULL;
	web_identity->provider.kind = &provider_web_identity;
	web_identity->context = context;
	return &web_identity->provider;
}

static void release(struct provider *provider)
{
	free(provider);
}

static void fetch(struct provider *provider, provider_done *done, void *context)
{
	struct provider_context *shared = ((struct web_identity *)provider)->context;
	const struct sts_request request = {
		.role_arn = shared->config->role_arn,
		.session_name = shared->config->role_session_name,
	};
	struct sts *sts = provider_context_sts(shared);

	if (sts)
		sts_assume_role_by_token(sts, &request, shared->config->web_identity_token_file,
					 done, context);
	else
		done(context, NULL, "out of memory");
}

const struct provider_kind provider_web_identity = {
	.name = "web identity",
	.look = look,
	.needs_trust = needs_trust,
	.make = make,
	.free = release,
	.fetch = fetch,
};
