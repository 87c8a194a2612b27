/*
 * Keys from the environment: AWS_ACCESS_KEY_ID and what belongs to it. They never change.
 */
#ifndef SHOPD_AWS_PROVIDER_ENVIRONMENT_H
#define SHOPD_AWS_PROVIDER_ENVIRONMENT_H

#include "aws/provider.h"

extern const struct provider_kind provider_environment;

#endif
