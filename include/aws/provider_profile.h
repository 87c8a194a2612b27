/*
 * Keys by way of a profile in the AWS tools' files; see profile_plan.h. The files are read again
 * each time, so that keys which were changed there are taken up when the old ones are refused.
 */
#ifndef SHOPD_AWS_PROVIDER_PROFILE_H
#define SHOPD_AWS_PROVIDER_PROFILE_H

#include "aws/provider.h"

extern const struct provider_kind provider_profile;

#endif
