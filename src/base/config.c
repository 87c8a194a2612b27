#include "base/config.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
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
	ENDPOINT_MAX = 100,
};

/* Where the columns of config_describe begin and end. */
enum { DEFAULT_COLUMN = 35, MEANING_COLUMN = 59, LAST_COLUMN = 100 };

/* In the order of --help. Of those that share a field, the first one that is set counts. */
static const struct setting settings[] = {
	{"DYNAMODB_TABLE_NAME", SETTING_TABLE_NAME, AT(table_name), "shop",
	 .help = "The table that holds everything."},
	{"PRIMARY_KEY", SETTING_ATTRIBUTE_NAME, AT(primary_key), "pk",
	 .help = "The name of the table's partition key attribute."},
	{"AWS_REGION", SETTING_REGION, AT(region),
	 .help = "The table's region. Must be set, or else an endpoint; then it is us-east-1."},
	{"AWS_DEFAULT_REGION", SETTING_REGION, AT(region),
	 .help = "The same; AWS_REGION goes first."},
	{"AWS_ENDPOINT_URL_DYNAMODB", SETTING_URL, AT(endpoint_dynamodb),
	 .help = "Where DynamoDB is, if not where the region says."},
	{"AWS_ENDPOINT_URL", SETTING_URL, AT(endpoint_dynamodb),
	 .help = "The same; AWS_ENDPOINT_URL_DYNAMODB goes first."},
	{"AWS_ACCESS_KEY_ID", SETTING_TEXT, AT(access_key_id),
	 .help = "Credentials. Without them those of the machine's role are used."},
	{"AWS_SECRET_ACCESS_KEY", SETTING_TEXT, AT(secret_access_key),
	 .help = "Belongs to AWS_ACCESS_KEY_ID.", .is_secret = true},
	{"AWS_SESSION_TOKEN", SETTING_TEXT, AT(session_token),
	 .help = "Belongs to AWS_ACCESS_KEY_ID too, if that is temporary.", .is_secret = true},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT", SETTING_URL, AT(metadata_endpoint),
	 "http://169.254.169.254", .help = "Where to ask for the machine's role."},
	{"AWS_EC2_METADATA_DISABLED", SETTING_SWITCH, AT(is_metadata_disabled), "false",
	 .help = "Whether never to ask for it.", .words = {"false", "true"}},
	{"AWS_CA_BUNDLE", SETTING_TEXT, AT(ca_bundle),
	 .help = "A file of certificates to trust instead of the system's."},
	{"AWS_MAX_ATTEMPTS", SETTING_NUMBER, AT(max_attempts), "0",
	 .help = "How often a call is tried; 0: 4 times for DynamoDB, else 3 times.", .max = 10},
	{"SHOPD_LISTEN", SETTING_ADDRESS, AT(listen), "127.0.0.1:8080",
	 .help = "Where shoppers are served, if systemd passes no socket."},
	{"SHOPD_ADMIN_LISTEN", SETTING_ADDRESS_OR_OFF, AT(admin_listen), "127.0.0.1:8081",
	 .help = "Where metrics and the like are served, or off."},
	{"SHOPD_AUTH", SETTING_SWITCH, AT(is_auth_off), "on",
	 .help = "off: every caller may do everything, on whatever address.",
	 .words = {"on", "off"}},
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
	{"SHOPD_DRAIN_DEADLINE", SETTING_DURATION, AT(drain_deadline_us), "25s",
	 .help = "How long requests under way may take when shopd stops.", .min = MS(100),
	 .max = SEC(600)},
	{"SHOPD_IDLE_TIMEOUT", SETTING_DURATION, AT(idle_timeout_us), "75s",
	 .help = "When an idle connection is closed; an ALB's own limit must be shorter.",
	 .min = SEC(1), .max = SEC(3600)},
	{"SHOPD_MAX_CONNECTIONS", SETTING_NUMBER, AT(max_connections), "10000",
	 .help = "Clients' connections of each worker.", .min = 1, .max = 1000000},
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
	{"SHOPD_REQUIRE_MATCH", SETTING_SWITCH, AT(is_match_required), "off",
	 .help = "on: changes must name the version that they change (If-Match).",
	 .words = {"off", "on"}},
	{"SHOPD_LOG_LEVEL", SETTING_CHOICE, AT(log_level), "info",
	 .help = "The least important lines that are logged.",
	 .words = {"debug", "info", "warning", "error"}},
	{"SHOPD_LOG_FORMAT", SETTING_CHOICE, AT(log_format), "json",
	 .help = "How lines are logged.", .words = {"json", "text"}},
};

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

/* China's regions have a domain of their own (AWS General Reference, "DynamoDB endpoints"). */
static void find_endpoint(struct reading *reading)
{
	struct config *config = reading->config;
	const char *suffix = strncmp(config->region, "cn-", 3) == 0 ? ".cn" : "";
	struct buf url;

	buf_init(&url, ENDPOINT_MAX);
	buf_add_format(&url, "https://dynamodb.%s.amazonaws.com%s", config->region, suffix);
	if (buf_ok(&url))
		config->endpoint_dynamodb = arena_copy(&config->owned, url.data, url.len);
	if (!config->endpoint_dynamodb)
		buf_add_str(mistake(reading), "out of memory\n");
	buf_clear(&url);
}

static void check_place(struct reading *reading)
{
	bool is_region_given = is_given(reading, offsetof(struct config, region));
	bool is_endpoint_given = is_given(reading, offsetof(struct config, endpoint_dynamodb));

	if (!is_region_given && !is_endpoint_given)
		buf_add_str(mistake(reading), "set AWS_REGION, such as AWS_REGION=eu-west-1\n");
	/* An emulator takes any region; it only has to be there, since it is signed. */
	if (!is_region_given && is_endpoint_given)
		reading->config->region = "us-east-1";
	if (!is_endpoint_given && reading->config->region)
		find_endpoint(reading);
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
}

/* As long as nobody is asked who he is, only this machine may ask. */
static void check_listen(struct reading *reading, const char *name, const char *text)
{
	struct address address;

	if (!text || reading->config->is_auth_off || !address_parse(span_of(text), &address) ||
	    address_is_loopback(address.host))
		return;
	buf_add_format(
		mistake(reading),
		"%s is \"%s\", which other machines can reach, and callers are not asked who "
		"they are; listen on 127.0.0.1 or [::1], or set SHOPD_AUTH=off to let "
		"everyone do everything\n",
		name, text);
}

static void check_addresses(struct reading *reading)
{
	const struct config *config = reading->config;

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
	check_place(&reading);
	check_credentials(&reading);
	check_addresses(&reading);
	return reading.is_right;
}

void config_clear(struct config *config)
{
	arena_clear(&config->owned);
	*config = (struct config){0};
}

/* What a setting means, and what it takes where that is more than a kind of text. */
static void add_meaning(struct buf *out, const struct setting *setting)
{
	buf_add_str(out, setting->help);
	if (setting->max == 0 && !setting->words[0])
		return;
	buf_add_str(out, " (");
	setting_add_allowed(setting, out);
	buf_add_str(out, ")");
}

/* A text and spaces behind it, up to a width; at least two. */
static void add_column(struct buf *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	buf_add(out, text, len);
	for (size_t i = len; i < width || i < len + 2; i++)
		buf_add_char(out, ' ');
}

/* Words up to the last column, and on below the first one. */
static void add_wrapped(struct buf *out, const char *text)
{
	size_t column = MEANING_COLUMN;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > MEANING_COLUMN && column + 1 + len > LAST_COLUMN) {
			buf_add_char(out, '\n');
			add_column(out, "", MEANING_COLUMN);
			column = MEANING_COLUMN;
		} else if (column > MEANING_COLUMN) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len + (text[len] == ' ');
	}
	buf_add_char(out, '\n');
}

void config_describe(struct buf *out)
{
	struct buf meaning;

	buf_init(&meaning, 1024);
	add_column(out, "NAME", DEFAULT_COLUMN);
	add_column(out, "DEFAULT", MEANING_COLUMN - DEFAULT_COLUMN);
	add_wrapped(out, "MEANING");
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const char *initial = settings[i].initial;

		buf_reset(&meaning);
		add_meaning(&meaning, &settings[i]);
		add_column(out, settings[i].name, DEFAULT_COLUMN);
		add_column(out, initial ? initial : "-", MEANING_COLUMN - DEFAULT_COLUMN);
		add_wrapped(out, buf_text(&meaning));
		out->failed = out->failed || meaning.failed;
	}
	buf_clear(&meaning);
}

void config_describe_markdown(struct buf *out)
{
	buf_add_str(out, "| name | default | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const char *quote = settings[i].initial ? "`" : "";
		const char *initial = settings[i].initial ? settings[i].initial : "";

		buf_add_format(out, "| `%s` | %s%s%s | ", settings[i].name, quote, initial, quote);
		add_meaning(out, &settings[i]);
		buf_add_str(out, " |\n");
	}
}

/* Whether an earlier row has the same field, and shows it. */
static bool is_shown(const struct setting *setting)
{
	for (const struct setting *other = settings; other < setting; other++) {
		if (other->offset == setting->offset)
			return true;
	}
	return false;
}

void config_show(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		if (is_shown(&settings[i]))
			continue;
		buf_add_str(out, settings[i].name);
		buf_add_char(out, '=');
		setting_add_value(&settings[i], (const char *)config + settings[i].offset, out);
		buf_add_char(out, '\n');
	}
}
