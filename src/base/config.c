#include "base/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/config_aws.h"
#include "base/config_credentials.h"
#include "base/config_settings.h"
#include "base/setting.h"
#include "base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A misspelt name with this beginning is a mistake. */
#define OUR_PREFIX "SHOPD_"

enum {
	SHOWN_MAX = 80,    /* bytes of a mistaken value or name */
	NAME_MAX_LEN = 80, /* what is longer is like none of ours anyway */
};

/* What the table's own attributes are called, in whichever kind of item beside the key. */
static const char *const taken_names[] = {
	"sk",         "g1p",          "g1s",        "g2p",        "g2s",      "ttl",
	"wt",         "name",         "price",      "currency",   "category", "description",
	"image_url",  "weight_grams", "tags",       "backorder",  "extra",    "version",
	"created_at", "updated_at",   "available",  "reserved",   "level",    "low_stock_at",
	"delta",      "reason",       "time",       "by",         "status",   "user_id",
	"email",      "lines",        "total",      "expires_at", "note",     "payment_status",
	"paid",       "refunded",     "line_count", "address",    "number",   "fulfillment_status",
	"type",       "subject",      "data",       "attempts",   "events",   "sent",
	"next_at",    "shard",        "dead_at",    "refused",
};

struct reading {
	struct config *config;
	char *const *environment;
	struct buf *mistakes;
	bool is_right;
	const struct setting *settings;
	size_t count;
};

/* The caller adds the line and its end. */
static struct buf *mistake(struct reading *reading)
{
	reading->is_right = false;
	return reading->mistakes;
}

static void *field_of(struct config *config, const struct setting *setting)
{
	return (char *)config + setting->offset;
}

/* NULL when it is not set, or empty. */
static const char *find_value(const struct reading *reading, const char *name)
{
	size_t len = strlen(name);

	for (char *const *entry = reading->environment; *entry; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return (*entry)[len + 1] ? *entry + len + 1 : NULL;
	}
	return NULL;
}

/* Whether a setting, or another one that shares its field, was given. */
static bool is_given(const struct reading *reading, size_t offset)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->settings[i].offset == offset &&
		    find_value(reading, reading->settings[i].name))
			return true;
	}
	return false;
}

static void set_defaults(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct setting *setting = &reading->settings[i];
		bool is_set = !setting->initial ||
			      setting_read(setting, setting->initial, &reading->config->owned,
					   field_of(reading->config, setting));

		assert(is_set);
		(void)is_set;
	}
}

static void report_value(struct reading *reading, const struct setting *setting, const char *value)
{
	struct buf *out = mistake(reading);

	buf_add_str(out, setting->name);
	if (setting->is_secret) {
		buf_add_str(out, " has a value that is not allowed");
	} else {
		buf_add_str(out, " is \"");
		buf_add_escaped(out, value, strlen(value), SHOWN_MAX);
		buf_add_str(out, "\"");
	}
	buf_add_str(out, "; it takes ");
	setting_add_allowed(setting, out);
	buf_add_str(out, "\n");
}

/* Whether a setting before this one, with the same field, is given. */
static bool is_superseded(const struct reading *reading, const struct setting *setting)
{
	for (const struct setting *other = reading->settings; other < setting; other++) {
		if (other->offset == setting->offset && find_value(reading, other->name))
			return true;
	}
	return false;
}

static void read_values(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct setting *setting = &reading->settings[i];
		const char *value = find_value(reading, setting->name);

		if (!value || is_superseded(reading, setting))
			continue;
		if (!setting_read(setting, value, &reading->config->owned,
				  field_of(reading->config, setting)))
			report_value(reading, setting, value);
	}
}

/* The setting of ours that a name is most like; its distance is 0 if it is that. */
static const struct setting *nearest(const struct reading *reading, const char *name,
				     size_t *distance)
{
	const struct setting *best = NULL;

	for (size_t i = 0; i < reading->count; i++) {
		size_t d = text_distance(name, reading->settings[i].name);

		if (strncmp(reading->settings[i].name, OUR_PREFIX, strlen(OUR_PREFIX)) != 0)
			continue;
		if (!best || d < *distance) {
			best = &reading->settings[i];
			*distance = d;
		}
	}
	return best;
}

static void check_name(struct reading *reading, const char *name)
{
	size_t distance = 0;
	const struct setting *setting = nearest(reading, name, &distance);
	struct buf *out;

	if (distance == 0)
		return;
	out = mistake(reading);
	buf_add_escaped(out, name, strlen(name), SHOWN_MAX);
	buf_add_format(out, " is not a setting; the nearest name is %s\n", setting->name);
}

/* A misspelt setting would be ignored in silence otherwise. */
static void check_names(struct reading *reading)
{
	char name[NAME_MAX_LEN + 1];

	for (char *const *entry = reading->environment; *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		size_t len = equals ? (size_t)(equals - *entry) : 0;

		if (strncmp(*entry, OUR_PREFIX, strlen(OUR_PREFIX)) != 0 || len == 0 || !equals[1])
			continue;
		if (len > NAME_MAX_LEN)
			len = NAME_MAX_LEN;
		memcpy(name, *entry, len);
		name[len] = '\0';
		check_name(reading, name);
	}
}

static void check_primary_key(struct reading *reading)
{
	for (size_t i = 0; i < COUNT_OF(taken_names); i++) {
		if (strcmp(reading->config->primary_key, taken_names[i]) == 0) {
			buf_add_format(mistake(reading),
				       "PRIMARY_KEY is \"%s\", which is the name of another "
				       "attribute of the table\n",
				       taken_names[i]);
		}
	}
}

static void check_pair(struct reading *reading, const char *name, const char *other)
{
	if (find_value(reading, name) && !find_value(reading, other)) {
		buf_add_format(mistake(reading), "%s is set, but %s is not; they come together\n",
			       name, other);
	}
}

static void check_credentials(struct reading *reading)
{
	check_pair(reading, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
	check_pair(reading, "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID");
	check_pair(reading, "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID");
	check_pair(reading, "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
}

/* Either may be a setting's or systemd's. */
static void check_tls(struct reading *reading)
{
	const struct config *config = reading->config;

	if (!config->tls_certificate_file == !config->tls_key_file)
		return;
	buf_add_format(mistake(reading),
		       "there is SHOPD_TLS_%s, but no SHOPD_TLS_%s; they come "
		       "together\n",
		       config->tls_key_file ? "KEY" : "CERT",
		       config->tls_key_file ? "CERT" : "KEY");
}

/* Without keys and an audience there would be tokens that nobody may show. */
static void check_issuer(struct reading *reading)
{
	const struct config *config = reading->config;

	check_pair(reading, "SHOPD_JWT_ISSUER", "SHOPD_JWT_AUDIENCE");
	check_pair(reading, "SHOPD_JWT_AUDIENCE", "SHOPD_JWT_ISSUER");
	check_pair(reading, "SHOPD_JWKS_FILE", "SHOPD_JWT_ISSUER");
	check_pair(reading, "SHOPD_JWKS_URL", "SHOPD_JWT_ISSUER");
	check_pair(reading, "SHOPD_ALB_KEYS_URL", "SHOPD_ALB_ARN");
	if (!config->balancers)
		check_pair(reading, "SHOPD_GROUP_SCOPES", "SHOPD_JWT_ISSUER");
	if (config->jwt_issuer && !config->jwks_file && !config->jwks_url && !config->balancers)
		buf_add_str(mistake(reading),
			    "SHOPD_JWT_ISSUER is set, but neither SHOPD_JWKS_FILE nor "
			    "SHOPD_JWKS_URL is, nor SHOPD_ALB_ARN\n");
}

/* What the files of the AWS tools add. */
static void read_aws(struct reading *reading)
{
	const struct config_aws_given given = {
		.home = find_value(reading, "HOME"),
		.profile = find_value(reading, "AWS_PROFILE") != NULL,
		.config_file = find_value(reading, "AWS_CONFIG_FILE") != NULL,
		.credentials_file = find_value(reading, "AWS_SHARED_CREDENTIALS_FILE") != NULL,
		.region = is_given(reading, offsetof(struct config, region)),
		.fips = find_value(reading, "AWS_USE_FIPS_ENDPOINT") != NULL,
		.dualstack = find_value(reading, "AWS_USE_DUALSTACK_ENDPOINT") != NULL,
		.metadata = find_value(reading, "AWS_EC2_METADATA_SERVICE_ENDPOINT") != NULL,
	};

	if (!config_aws_read(reading->config, &given, reading->mistakes))
		reading->is_right = false;
}

bool config_asks_callers(const struct config *config)
{
	return config->api_keys_file || config->jwt_issuer || config->balancers;
}

/* Whoever has made keys does not mean that anybody may do everything without one. */
static void check_auth(struct reading *reading)
{
	if (reading->config->is_auth_off && config_asks_callers(reading->config))
		buf_add_str(mistake(reading),
			    "SHOPD_AUTH=off lets everyone do everything, but there "
			    "are API keys, an issuer or a load balancer to tell "
			    "callers apart; leave out the one or the other\n");
}

/* Where nobody is asked who he is, only this machine may ask. */
static void check_listen(struct reading *reading, const char *name, const char *text)
{
	bool asks = config_asks_callers(reading->config);
	struct address address;

	if (!text || reading->config->is_auth_off || !address_parse(span_of(text), &address) ||
	    address_is_loopback(address.host))
		return;
	buf_add_format(
		mistake(reading),
		"%s is \"%s\", which other machines can reach, and callers are not asked who "
		"they are there; listen on 127.0.0.1 or [::1]%s\n",
		name, text, asks ? "" : ", or set SHOPD_AUTH=off to let everyone do everything");
}

static void check_addresses(struct reading *reading)
{
	const struct config *config = reading->config;

	if (!config_asks_callers(config))
		check_listen(reading, "SHOPD_LISTEN", config->listen);
	check_listen(reading, "SHOPD_ADMIN_LISTEN", config->admin_listen);
	if (config->admin_listen && strcmp(config->listen, config->admin_listen) == 0) {
		buf_add_format(mistake(reading),
			       "SHOPD_LISTEN and SHOPD_ADMIN_LISTEN are both \"%s\"\n",
			       config->listen);
	}
}

static void read_proxies(struct reading *reading)
{
	struct config *config = reading->config;

	config->knows_proxies = is_given(reading, offsetof(struct config, trusted_proxies));
	if (!config->knows_proxies && is_given(reading, offsetof(struct config, proxy_header)))
		buf_add_str(mistake(reading),
			    "SHOPD_PROXY_HEADER says where proxies write, but no proxy is believed "
			    "before SHOPD_TRUSTED_PROXIES says how many there are\n");
}

bool config_read(struct config *config, char *const *environment, struct buf *mistakes)
{
	struct reading reading = {
		.config = config,
		.environment = environment,
		.mistakes = mistakes,
		.is_right = true,
	};

	reading.settings = config_settings(&reading.count);
	*config = (struct config){0};
	set_defaults(&reading);
	read_values(&reading);
	check_names(&reading);
	check_primary_key(&reading);
	check_credentials(&reading);
	if (!config_credentials_find(config))
		buf_add_str(mistake(&reading), "out of memory\n");
	check_issuer(&reading);
	check_auth(&reading);
	check_tls(&reading);
	read_proxies(&reading);
	read_aws(&reading);
	check_addresses(&reading);
	return reading.is_right;
}

void config_clear(struct config *config)
{
	arena_clear(&config->owned);
	*config = (struct config){0};
}
