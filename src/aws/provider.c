#include "aws/provider.h"

#include "aws/imds.h"
#include "aws/sts.h"

struct imds *provider_context_imds(struct provider_context *context)
{
	if (!context->imds)
		context->imds = imds_new(&(struct imds_options){
			.endpoint = context->config->metadata_endpoint,
			.loop = context->loop,
			.transport = context->transport,
		});
	return context->imds;
}

struct sts *provider_context_sts(struct provider_context *context)
{
	if (!context->sts)
		context->sts = sts_new(&(struct sts_options){
			.endpoint = context->config->endpoint_sts,
			.region = context->config->region,
			.loop = context->loop,
			.transport = context->transport,
			.digest = context->digest,
		});
	return context->sts;
}

void provider_context_clear(struct provider_context *context)
{
	imds_free(context->imds);
	sts_free(context->sts);
	context->imds = NULL;
	context->sts = NULL;
}
