/*
 * What the configuration takes from the files of the AWS tools, and what follows from regions:
 * docs/aws.md, "Region" and "Endpoints". Credentials in these files are not looked at here.
 */
#ifndef SHOPD_BASE_CONFIG_AWS_H
#define SHOPD_BASE_CONFIG_AWS_H

#include <stdbool.h>

#include "base/config.h"
#include "base/text.h"

#define CONFIG_AWS_CONFIG_FILE "~/.aws/config"
#define CONFIG_AWS_CREDENTIALS_FILE "~/.aws/credentials"
#define CONFIG_AWS_METADATA "http://169.254.169.254"
#define CONFIG_AWS_METADATA_IPV6 "http://[fd00:ec2::254]"

/* Which settings the environment gave: those go before the files. */
struct config_aws_given {
	const char *home; /* HOME, or NULL */
	bool profile;
	bool config_file;
	bool credentials_file;
	bool region;
	bool fips;
	bool dualstack;
	bool metadata;
};

/*
 * Completes a configuration that has what the environment says. False when something is wrong;
 * `mistakes` then has one line for each. The region stays NULL, and the endpoints that depend on
 * it, when only the instance can tell.
 */
MUST_CHECK bool config_aws_read(struct config *config, const struct config_aws_given *given,
				struct buf *mistakes);

/* Sets a region that was found later. False when it is none, or when out of memory. */
MUST_CHECK bool config_aws_set_region(struct config *config, struct span region);

#endif
