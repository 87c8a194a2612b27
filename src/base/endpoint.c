#include "base/endpoint.h"

#include <string.h>

struct partition {
	const char *prefix; /* of its regions */
	const char *suffix; /* of its hosts */
	const char *dualstack_suffix;
	bool is_fips_anyway; /* its plain hosts are those with FIPS */
};

/* The first whose prefix fits. */
static const struct partition partitions[] = {
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
	{"us-gov-", "amazonaws.com", "api.aws", true},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu", false},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov", false},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud", false},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", false},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", false},
	{"", "amazonaws.com", "api.aws", false},
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *partition = partitions;

	while (strncmp(region, partition->prefix, strlen(partition->prefix)) != 0)
		partition++;
	return partition;
}

void endpoint_add_url(const struct endpoint_place *place, const char *service, struct buf *out)
{
	const struct partition *partition = partition_of(place->region);
	bool has_own_fips_host = !partition->is_fips_anyway || place->uses_dualstack;

	buf_add_format(out, "https://%s%s.%s.%s", service,
		       place->uses_fips && has_own_fips_host ? "-fips" : "", place->region,
		       place->uses_dualstack ? partition->dualstack_suffix : partition->suffix);
}

void endpoint_add_balancer_keys_url(const char *region, struct buf *out)
{
	const struct endpoint_place place = {.region = region};

	if (strncmp(region, "us-gov-", strlen("us-gov-")) == 0)
		buf_add_format(out, "https://s3-%s.amazonaws.com/aws-elb-public-keys-prod-%s",
			       region, region);
	else
		endpoint_add_url(&place, "public-keys.auth.elb", out);
}
