/*
 * Keys from the endpoint of a container's orchestrator: ECS tasks and EKS Pod Identity. Where it
 * may be is checked with the configuration.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
 */
#ifndef SHOPD_AWS_PROVIDER_CONTAINER_H
#define SHOPD_AWS_PROVIDER_CONTAINER_H

#include "aws/provider.h"

extern const struct provider_kind provider_container;

#endif
