/*
 * Keys that STS gives for a token in a file, as Kubernetes puts it there for a service account:
 * AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. The file is read again each time.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Assume a role with web identity".
 */
#ifndef SHOPD_AWS_PROVIDER_WEB_IDENTITY_H
#define SHOPD_AWS_PROVIDER_WEB_IDENTITY_H

#include "aws/provider.h"

extern const struct provider_kind provider_web_identity;

#endif
