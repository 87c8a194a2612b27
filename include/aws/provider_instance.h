/*
 * Keys of the EC2 instance's role, from its metadata service; see imds.h.
 */
#ifndef SHOPD_AWS_PROVIDER_INSTANCE_H
#define SHOPD_AWS_PROVIDER_INSTANCE_H

#include "aws/provider.h"

extern const struct provider_kind provider_instance;

#endif
