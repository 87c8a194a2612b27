#include "base/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/config_aws.h"
#include "base/config_credentials.h"
#include "base/setting.h"
#include "base/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) .offset = offsetof(struct config, field)
#define MS(n) (UINT64_C(1000) * (n))
#define SEC(n) (UINT64_C(1000000) * (n))
#define KIB(n) (UINT64_C(1024) * (n))

/* A misspelt name with this beginning is a mistake. */
#define OUR_PREFIX "SHOPD_"

enum {
	SHOWN_MAX = 80,    /* bytes of a mistaken value or name */
	NAME_MAX_LEN = 80, /* what is longer is like none of ours anyway */
};

static const struct setting settings[] = {
	{"DYNAMODB_TABLE_NAME", SETTING_TABLE_NAME, AT(table_name), "shop",
	 .help = "The table that holds everything."},
	{"PRIMARY_KEY", SETTING_ATTRIBUTE_NAME, AT(primary_key), "pk",
	 .help = "The name of the table's partition key attribute."},
	{"SNS_TOPIC_ARN", SETTING_TOPIC, AT(topic_arn),
	 .help = "The topic that is told what happens, in whichever region it is; none: the log."},
	{"SHOPD_PUBLISH", SETTING_SWITCH, AT(is_publishing), "on",
	 .help = "off: events wait in the table until it is on; the same for all instances.",
	 .words = {"off", "on"}},
	{"AWS_REGION", SETTING_REGION, AT(region),
	 .help = "The table's region; else the profile's, else the instance's own."},
	{"AWS_DEFAULT_REGION", SETTING_REGION, AT(region),
	 .help = "The same; AWS_REGION goes first."},
	{"AWS_ENDPOINT_URL_DYNAMODB", SETTING_URL, AT(endpoint_dynamodb),
	 .help = "Where DynamoDB is, if not where the region says."},
	{"AWS_ENDPOINT_URL_SNS", SETTING_URL, AT(endpoint_sns), .help = "The same for SNS."},
	{"AWS_ENDPOINT_URL_STS", SETTING_URL, AT(endpoint_sts),
	 .help = "The same for STS, which gives credentials for roles."},
	{"AWS_ENDPOINT_URL", SETTING_URL, AT(endpoint_all),
	 .help = "The same for each service that has no setting of its own."},
	{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", SETTING_SWITCH, AT(ignores_endpoint_urls), "false",
	 .help = "Whether these four, and those of profiles, are ignored.",
	 .words = {"false", "true"}},
	{"AWS_USE_FIPS_ENDPOINT", SETTING_SWITCH, AT(uses_fips), "false",
	 .help = "Whether to use the region's endpoints with FIPS 140.",
	 .words = {"false", "true"}},
	{"AWS_USE_DUALSTACK_ENDPOINT", SETTING_SWITCH, AT(uses_dualstack), "false",
	 .help = "Whether to use the region's endpoints with IPv6.", .words = {"false", "true"}},
	{"AWS_ACCESS_KEY_ID", SETTING_TEXT, AT(access_key_id),
	 .help = "Credentials. Without them others are asked, in the order of what follows."},
	{"AWS_SECRET_ACCESS_KEY", SETTING_TEXT, AT(secret_access_key),
	 .help = "Belongs to AWS_ACCESS_KEY_ID.", .is_secret = true},
	{"AWS_SESSION_TOKEN", SETTING_TEXT, AT(session_token),
	 .help = "Belongs to AWS_ACCESS_KEY_ID too, if that is temporary.", .is_secret = true},
	{"AWS_WEB_IDENTITY_TOKEN_FILE", SETTING_TEXT, AT(web_identity_token_file),
	 .help = "A token for which STS gives credentials."},
	{"AWS_ROLE_ARN", SETTING_TEXT, AT(role_arn), .help = "For this role."},
	{"AWS_ROLE_SESSION_NAME", SETTING_TEXT, AT(role_session_name), "shopd",
	 .help = "What CloudTrail calls the holder of the role."},
	{"AWS_PROFILE", SETTING_TEXT, AT(profile), "default",
	 .help = "The part of the next two files that counts."},
	{"AWS_CONFIG_FILE", SETTING_TEXT, AT(config_file), CONFIG_AWS_CONFIG_FILE,
	 .help = "Regions, endpoints, roles, as for the AWS CLI."},
	{"AWS_SHARED_CREDENTIALS_FILE", SETTING_TEXT, AT(credentials_file),
	 CONFIG_AWS_CREDENTIALS_FILE, .help = "Credentials, as for the AWS CLI."},
	{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", SETTING_TEXT, AT(container_relative_uri),
	 .help = "Where ECS has the task's credentials, on 169.254.170.2."},
	{"AWS_CONTAINER_CREDENTIALS_FULL_URI", SETTING_TEXT, AT(container_full_uri),
	 .help = "Where ECS or EKS Pod Identity has them."},
	{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", SETTING_TEXT, AT(container_token_file),
	 .help = "A token to show there, read each time."},
	{"AWS_CONTAINER_AUTHORIZATION_TOKEN", SETTING_TEXT, AT(container_token),
	 .help = "The token itself; the file goes first.", .is_secret = true},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT", SETTING_URL, AT(metadata_endpoint),
	 CONFIG_AWS_METADATA, .help = "Where to ask for the instance's role and region."},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", SETTING_SWITCH, AT(is_metadata_ipv6), "IPv4",
	 .help = "IPv6: at http://[fd00:ec2::254], unless it is set.", .words = {"IPv4", "IPv6"}},
	{"AWS_EC2_METADATA_DISABLED", SETTING_SWITCH, AT(is_metadata_disabled), "false",
	 .help = "Whether never to ask there.", .words = {"false", "true"}},
	{"AWS_CA_BUNDLE", SETTING_TEXT, AT(ca_bundle),
	 .help = "A file of certificates to trust instead of the system's."},
	{"AWS_MAX_ATTEMPTS", SETTING_NUMBER, AT(max_attempts), "0",
	 .help = "How often a call is tried; 0: 4 times for DynamoDB, else 3 times.", .max = 10},
	{"SHOPD_LISTEN", SETTING_ADDRESS, AT(listen), "127.0.0.1:8080",
	 .help = "Where shoppers are served, if systemd passes no socket."},
	{"SHOPD_ADMIN_LISTEN", SETTING_ADDRESS_OR_OFF, AT(admin_listen), "127.0.0.1:8081",
	 .help = "Where metrics and the like are served, or off."},
	{"SHOPD_TLS_CERT", SETTING_TEXT, AT(tls_certificate_file),
	 .help = "A file of certificates (PEM), our own first; with it SHOPD_LISTEN speaks TLS."},
	{"SHOPD_TLS_KEY", SETTING_TEXT, AT(tls_key_file),
	 .help = "The file with the certificate's key (PEM, no passphrase)."},
	{"CREDENTIALS_DIRECTORY", SETTING_TEXT, AT(credentials_directory),
	 .help = "Set by systemd's LoadCredential=: api-keys, jwks, tls-cert and tls-key are looked "
		 "for there, unless their settings name files."},
	{"SHOPD_AUTH", SETTING_SWITCH, AT(is_auth_off), "on",
	 .help = "off: every caller may do everything, on whatever address.",
	 .words = {"on", "off"}},
	{"SHOPD_API_KEYS", SETTING_TEXT, AT(api_keys_file),
	 .help = "The file of API keys (--new-api-key makes them); with it callers are asked who "
		 "they are."},
	{"SHOPD_JWT_ISSUER", SETTING_TEXT, AT(jwt_issuer),
	 .help = "Whose tokens (JWT) say who a caller is: their iss, exactly."},
	{"SHOPD_JWT_AUDIENCE", SETTING_TEXT, AT(jwt_audience),
	 .help = "For whom they must be meant: aud or client_id, several with commas."},
	{"SHOPD_JWKS_FILE", SETTING_TEXT, AT(jwks_file),
	 .help = "A file with the issuer's keys; goes before the address."},
	{"SHOPD_JWKS_URL", SETTING_PAGE, AT(jwks_url),
	 .help = "Where the issuer publishes its keys (JWKS)."},
	{"SHOPD_GROUP_SCOPES", SETTING_TEXT, AT(group_scopes),
	 .help = "Scopes by tokens' groups: admins=admin;packing=order:read."},
	{"SHOPD_ALB_ARN", SETTING_BALANCERS, AT(balancers),
	 .help = "The load balancer (ARN, several with commas) whose x-amzn-oidc-data is believed."},
	{"SHOPD_ALB_KEYS_URL", SETTING_PAGE, AT(balancer_keys),
	 .help = "Where its public keys are, if not where its region says."},
	{"SHOPD_CORS_ORIGINS", SETTING_ORIGINS, AT(cors_origins),
	 .help = "Whose web pages may use the API from browsers (CORS); *: all."},
	{"SHOPD_WORKERS", SETTING_NUMBER, AT(workers), "0",
	 .help = "Threads that serve; 0: one for each CPU.", .max = 64},
	{"SHOPD_CURRENCY", SETTING_CURRENCY, AT(currency), "USD",
	 .help = "The currency of prices that name none (ISO 4217)."},
	{"SHOPD_MAX_BODY", SETTING_SIZE, AT(max_body), "256KiB",
	 .help = "The largest body of a request.", .min = KIB(1), .max = KIB(1024)},
	{"SHOPD_REQUEST_DEADLINE", SETTING_DURATION, AT(request_deadline_us), "10s",
	 .help = "How long a request may take; API Gateway gives up at 30s.", .min = MS(100),
	 .max = SEC(29)},
	{"SHOPD_READ_DEADLINE", SETTING_DURATION, AT(read_deadline_us), "15s",
	 .help = "How long a request may take to arrive.", .min = MS(100), .max = SEC(300)},
	{"SHOPD_SEND_DEADLINE", SETTING_DURATION, AT(send_deadline_us), "60s",
	 .help = "How long a client may take to receive a reply, or a part of a stream.",
	 .min = MS(100), .max = SEC(3600)},
	{"SHOPD_DRAIN_DEADLINE", SETTING_DURATION, AT(drain_deadline_us), "25s",
	 .help = "How long requests under way may take when shopd stops.", .min = MS(100),
	 .max = SEC(600)},
	{"SHOPD_IDLE_TIMEOUT", SETTING_DURATION, AT(idle_timeout_us), "75s",
	 .help = "When an idle connection is closed; an ALB's own limit must be shorter.",
	 .min = SEC(1), .max = SEC(3600)},
	{"SHOPD_MAX_CONNECTIONS", SETTING_NUMBER, AT(max_connections), "10000",
	 .help = "Clients' connections of each worker.", .min = 1, .max = 1000000},
	{"SHOPD_MAX_CONNECTIONS_PER_ADDRESS", SETTING_NUMBER, AT(max_connections_per_address),
	 "256", .help = "Those of one client's address, where there is no proxy; 0: no limit.",
	 .max = 1000000},
	{"SHOPD_MAX_REQUESTS", SETTING_NUMBER, AT(max_requests), "2000",
	 .help = "Requests under way of each worker; what is beyond is 503 at once.", .min = 1,
	 .max = 1000000},
	{"SHOPD_RATE_LIMIT", SETTING_NUMBER, AT(rate_limit), "100",
	 .help = "Requests a second of each API key, user or client address; 0: no limit.",
	 .max = 1000},
	{"SHOPD_RATE_BURST", SETTING_NUMBER, AT(rate_burst), "200",
	 .help = "How many of them may come at once.", .min = 1, .max = 10000},
	{"SHOPD_TRUSTED_PROXIES", SETTING_NUMBER, AT(trusted_proxies),
	 .help = "Proxies in front that add to X-Forwarded-For; 0 is not unset: docs/security.md.",
	 .max = 16},
	{"SHOPD_MAX_CALLS", SETTING_NUMBER, AT(max_calls), "128",
	 .help = "Calls to DynamoDB in flight of each worker.", .min = 1, .max = 10000},
	{"SHOPD_WRITE_SHARDS", SETTING_POWER_OF_TWO, AT(write_shards), "4",
	 .help = "Over how many partitions lists are spread. Never change it for a table in use.",
	 .min = 1, .max = 256},
	{"SHOPD_HOLD_TIME", SETTING_DURATION, AT(hold_time_us), "10m",
	 .help = "How long a checkout holds its stock.", .min = SEC(1), .max = SEC(86400)},
	{"SHOPD_PAYMENT_TIME", SETTING_DURATION, AT(payment_time_us), "30m",
	 .help = "After what time an order that is not paid expires.", .min = SEC(1),
	 .max = SEC(30 * 86400)},
	{"TMPDIR", SETTING_TEXT, AT(temporary_folder), "/tmp",
	 .help = "Where the results of a large import are kept until they are sent."},
	{"SHOPD_REQUIRE_MATCH", SETTING_SWITCH, AT(is_match_required), "off",
	 .help = "on: changes must name the version that they change (If-Match).",
	 .words = {"off", "on"}},
	{"SHOPD_PAYMENT_SECRET", SETTING_TEXT, AT(payment_secret),
	 .help = "What payment providers sign with; without it POST /payment/callback is 404.",
	 .is_secret = true},
	{"SHOPD_LOG_LEVEL", SETTING_CHOICE, AT(log_level), "info",
	 .help = "The least important lines that are logged.",
	 .words = {"debug", "info", "warning", "error"}},
	{"SHOPD_LOG_FORMAT", SETTING_CHOICE, AT(log_format), "json",
	 .help = "How lines are logged.", .words = {"json", "text"}},
};

const struct setting *config_settings(size_t *count)
{
	*count = COUNT_OF(settings);
	return settings;
}

static_assert(sizeof(enum log_level) == sizeof(unsigned), "choices are kept as unsigned");
static_assert(sizeof(enum log_format) == sizeof(unsigned), "choices are kept as unsigned");

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
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		if (settings[i].offset == offset && find_value(reading, settings[i].name))
			return true;
	}
	return false;
}

static void set_defaults(struct reading *reading)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *setting = &settings[i];
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
	for (const struct setting *other = settings; other < setting; other++) {
		if (other->offset == setting->offset && find_value(reading, other->name))
			return true;
	}
	return false;
}

static void read_values(struct reading *reading)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *setting = &settings[i];
		const char *value = find_value(reading, setting->name);

		if (!value || is_superseded(reading, setting))
			continue;
		if (!setting_read(setting, value, &reading->config->owned,
				  field_of(reading->config, setting)))
			report_value(reading, setting, value);
	}
}

/* The setting of ours that a name is most like; its distance is 0 if it is that. */
static const struct setting *nearest(const char *name, size_t *distance)
{
	const struct setting *best = NULL;

	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		size_t d = text_distance(name, settings[i].name);

		if (strncmp(settings[i].name, OUR_PREFIX, strlen(OUR_PREFIX)) != 0)
			continue;
		if (!best || d < *distance) {
			best = &settings[i];
			*distance = d;
		}
	}
	return best;
}

static void check_name(struct reading *reading, const char *name)
{
	size_t distance = 0;
	const struct setting *setting = nearest(name, &distance);
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

bool config_read(struct config *config, char *const *environment, struct buf *mistakes)
{
	struct reading reading = {config, environment, mistakes, true};

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
	config->knows_proxies = is_given(&reading, offsetof(struct config, trusted_proxies));
	read_aws(&reading);
	check_addresses(&reading);
	return reading.is_right;
}

void config_clear(struct config *config)
{
	arena_clear(&config->owned);
	*config = (struct config){0};
}
