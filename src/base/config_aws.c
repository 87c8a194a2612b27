#include "base/config_aws.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/arn.h"
#include "base/endpoint.h"
#include "base/profile.h"
#include "base/setting.h"

enum { ENDPOINT_MAX = 128, SHOWN_MAX = 80 };

#define AT(field) offsetof(struct config, field)

struct reading {
	struct config *config;
	const struct config_aws_given *given;
	struct profiles profiles;
	struct buf *mistakes;
	bool is_right;
};

/* The services that are called, and where their endpoints are kept. */
static const struct {
	const char *host;       /* the first part of its host's name */
	const char *in_profile; /* what the profile's services section calls it */
	size_t offset;
} services[] = {
	{"dynamodb", "dynamodb", AT(endpoint_dynamodb)},
	{"sns", "sns", AT(endpoint_sns)},
	{"sts", "sts", AT(endpoint_sts)},
};

enum { SERVICE_COUNT = sizeof(services) / sizeof(services[0]) };

static const char **endpoint_of(struct config *config, size_t service)
{
	return (const char **)(void *)((char *)config + services[service].offset);
}

/* The caller adds the line and its end. */
static struct buf *mistake(struct reading *reading)
{
	reading->is_right = false;
	return reading->mistakes;
}

static void report_memory(struct reading *reading)
{
	buf_add_str(mistake(reading), "out of memory\n");
}

/* ---- the files ---- */

/* "~/x" below the home directory; NULL when there is none. */
static const char *below_home(struct reading *reading, const char *path)
{
	const char *home = reading->given->home;
	const char *found = NULL;
	struct buf full;

	if (!home)
		return NULL;
	buf_init(&full, PATH_MAX);
	buf_add_str(&full, home);
	buf_add_str(&full, path + 1);
	if (buf_ok(&full))
		found = arena_copy(&reading->config->owned, full.data, full.len);
	if (!found)
		report_memory(reading);
	buf_clear(&full);
	return found;
}

/* A default that cannot be read (a service has no home) is as good as none. */
static void find_file(struct reading *reading, const char **path, bool is_given)
{
	if (strncmp(*path, "~/", 2) == 0)
		*path = below_home(reading, *path);
	if (*path && !is_given && access(*path, R_OK) != 0)
		*path = NULL;
}

static void read_profiles(struct reading *reading)
{
	struct config *config = reading->config;
	struct buf why;

	find_file(reading, &config->config_file, reading->given->config_file);
	find_file(reading, &config->credentials_file, reading->given->credentials_file);
	buf_init(&why, 1024);
	if (!profiles_read(&reading->profiles, config->config_file, config->credentials_file,
			   &why)) {
		buf_add_str(mistake(reading), buf_text(&why));
		buf_add_str(reading->mistakes, "\n");
	} else if (reading->given->profile && strcmp(config->profile, "default") != 0 &&
		   !profiles_have(&reading->profiles, config->profile)) {
		buf_add_str(mistake(reading), "AWS_PROFILE is \"");
		buf_add_escaped(reading->mistakes, config->profile, strlen(config->profile),
				SHOWN_MAX);
		buf_add_str(reading->mistakes,
			    "\", but AWS_CONFIG_FILE and "
			    "AWS_SHARED_CREDENTIALS_FILE have no such profile\n");
	}
	buf_clear(&why);
}

/* Reads a property into a field as if the environment had said so. */
static void take(struct reading *reading, struct span value, const struct setting *setting,
		 void *field)
{
	struct config *config = reading->config;
	const char *text;

	if (!value.data)
		return;
	text = arena_copy(&config->owned, value.data, value.len);
	if (text && strlen(text) == value.len && setting_read(setting, text, &config->owned, field))
		return;
	buf_add_format(mistake(reading), "%s is \"", setting->name);
	buf_add_escaped(reading->mistakes, value.data, value.len, SHOWN_MAX);
	buf_add_str(reading->mistakes, "\" in the profile; it takes ");
	setting_add_allowed(setting, reading->mistakes);
	buf_add_str(reading->mistakes, "\n");
}

static struct span find(const struct reading *reading, const char *name)
{
	return profiles_find(&reading->profiles, reading->config->profile, name);
}

static void take_switch(struct reading *reading, const char *name, bool is_given, bool *field)
{
	const struct setting setting = {.name = name,
					.kind = SETTING_SWITCH,
					.words = {"false", "true"}};

	if (!is_given)
		take(reading, find(reading, name), &setting, field);
}

/* ---- where things are ---- */

static void take_endpoint(struct reading *reading, size_t service)
{
	static const struct setting setting = {.name = "endpoint_url", .kind = SETTING_URL};
	const char **endpoint = endpoint_of(reading->config, service);
	struct span value;

	if (reading->config->ignores_endpoint_urls)
		*endpoint = NULL;
	else if (!*endpoint)
		*endpoint = reading->config->endpoint_all;
	if (*endpoint || reading->config->ignores_endpoint_urls)
		return;
	value = profiles_find_service(&reading->profiles, find(reading, "services"),
				      services[service].in_profile, "endpoint_url");
	take(reading, value.data ? value : find(reading, "endpoint_url"), &setting, endpoint);
}

/* A topic is where its ARN says, and SNS takes requests for it only there. */
static bool find_sns_region(struct config *config)
{
	struct arn topic;

	config->sns_region = config->region;
	if (!config->topic_arn || !arn_parse(span_of(config->topic_arn), &topic))
		return true;
	config->sns_region = arena_copy(&config->owned, topic.region.data, topic.region.len);
	return config->sns_region != NULL;
}

/* Load balancers' keys are where the region of their ARNs says. */
static bool find_balancer_keys(struct config *config)
{
	const char *arns = config->balancers;
	struct arn arn;
	struct buf url;
	const char *region;

	if (!arns || config->balancer_keys ||
	    !arn_parse((struct span){arns, strcspn(arns, ",")}, &arn))
		return true;
	region = arena_copy(&config->owned, arn.region.data, arn.region.len);
	if (!region)
		return false;
	buf_init(&url, ENDPOINT_MAX);
	endpoint_add_balancer_keys_url(region, &url);
	if (buf_ok(&url))
		config->balancer_keys = arena_copy(&config->owned, url.data, url.len);
	buf_clear(&url);
	return config->balancer_keys != NULL;
}

static struct endpoint_place place_of(const struct config *config, size_t service)
{
	bool is_sns = services[service].offset == AT(endpoint_sns);

	return (struct endpoint_place){is_sns ? config->sns_region : config->region,
				       config->uses_fips, config->uses_dualstack};
}

static bool fill_endpoints(struct config *config)
{
	bool ok = true;
	struct buf url;

	if (!find_sns_region(config))
		return false;
	buf_init(&url, ENDPOINT_MAX);
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		const struct endpoint_place place = place_of(config, i);
		const char **endpoint = endpoint_of(config, i);

		if (*endpoint)
			continue;
		buf_reset(&url);
		endpoint_add_url(&place, services[i].host, &url);
		if (buf_ok(&url))
			*endpoint = arena_copy(&config->owned, url.data, url.len);
		ok = ok && *endpoint;
	}
	buf_clear(&url);
	return ok;
}

/* An emulator takes any region; it only has to be there, since it is signed. */
static bool is_emulator(const char *endpoint)
{
	return endpoint && strncmp(endpoint, "http:", 5) == 0;
}

static void find_place(struct reading *reading)
{
	static const struct setting region = {.name = "region", .kind = SETTING_REGION};
	struct config *config = reading->config;

	take_switch(reading, "use_fips_endpoint", reading->given->fips, &config->uses_fips);
	take_switch(reading, "use_dualstack_endpoint", reading->given->dualstack,
		    &config->uses_dualstack);
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		take_endpoint(reading, i);
	if (!reading->given->region)
		take(reading, find(reading, "region"), &region, &config->region);
	if (!config->region && !reading->given->region && is_emulator(config->endpoint_dynamodb))
		config->region = "us-east-1";
	if (config->region) {
		if (!fill_endpoints(config))
			report_memory(reading);
	} else if (config->is_metadata_disabled && !reading->given->region) {
		buf_add_str(mistake(reading), "set AWS_REGION, such as AWS_REGION=eu-west-1\n");
	}
}

bool config_aws_set_region(struct config *config, struct span region)
{
	static const struct setting setting = {.name = "region", .kind = SETTING_REGION};
	const char *text =
		region.len > 0 ? arena_copy(&config->owned, region.data, region.len) : NULL;

	return text && strlen(text) == region.len &&
	       setting_read(&setting, text, &config->owned, &config->region) &&
	       fill_endpoints(config);
}

/* ---- the container's endpoint ---- */

/* Where credentials may be sent for without encryption. */
static bool is_near(struct span host)
{
	static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (span_equals(host, hosts[i]))
			return true;
	}
	return address_is_loopback(host);
}

/* It becomes part of a request's first line. */
static bool is_path(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c > '~' || *c == '#')
			return false;
	}
	return *text == '/';
}

static bool is_full_uri(const char *uri)
{
	const char *authority = strstr(uri, "://");
	size_t len = authority ? 3 + strcspn(authority + 3, "/?#") : 0;
	struct address address;
	bool is_tls;

	return authority &&
	       address_parse_url((struct span){uri, (size_t)(authority - uri) + len}, &address,
				 &is_tls) &&
	       (is_tls || is_near(address.host)) && (!authority[len] || is_path(authority + len));
}

static void check_container(struct reading *reading)
{
	const struct config *config = reading->config;

	if (config->container_relative_uri && !is_path(config->container_relative_uri))
		buf_add_str(mistake(reading), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI takes a path "
					      "that begins with /\n");
	else if (!config->container_relative_uri && config->container_full_uri &&
		 !is_full_uri(config->container_full_uri))
		buf_add_str(mistake(reading),
			    "AWS_CONTAINER_CREDENTIALS_FULL_URI takes a URL with https://, or "
			    "with http:// on loopback, 169.254.170.2, 169.254.170.23 or "
			    "[fd00:ec2::23]\n");
}

bool config_aws_read(struct config *config, const struct config_aws_given *given,
		     struct buf *mistakes)
{
	struct reading reading = {.config = config,
				  .given = given,
				  .mistakes = mistakes,
				  .is_right = true};

	if (config->is_metadata_ipv6 && !given->metadata)
		config->metadata_endpoint = CONFIG_AWS_METADATA_IPV6;
	read_profiles(&reading);
	find_place(&reading);
	if (!find_balancer_keys(config))
		report_memory(&reading);
	check_container(&reading);
	profiles_clear(&reading.profiles);
	return reading.is_right;
}
