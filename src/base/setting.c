#include "base/setting.h"

#include <assert.h>
#include <string.h>

#include "base/address.h"
#include "base/arn.h"
#include "base/text.h"

enum { NAME_MAX_LEN = 255, TABLE_NAME_MIN_LEN = 3, REGION_MAX_LEN = 32 };
enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

/* What a value becomes on its way into the field. */
struct reading {
	const struct setting *setting;
	const char *text;
	struct arena *owned;
	void *field;
};

static bool keep_text(const struct reading *reading, const char *text)
{
	if (!text)
		return false;
	*(const char **)reading->field = text;
	return true;
}

static bool keep_number(const struct reading *reading, uint64_t number)
{
	if (number < reading->setting->min || number > reading->setting->max)
		return false;
	*(uint64_t *)reading->field = number;
	return true;
}

static bool read_text(const struct reading *reading)
{
	struct span text = span_of(reading->text);

	return text_is_utf8(text) && !text_has_control(text) && keep_text(reading, reading->text);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and the characters of `others`. */
static bool is_made_of_name_characters(const char *text, const char *others)
{
	for (; *text; text++) {
		if (!is_letter(*text) && !(*text >= '0' && *text <= '9') && !strchr(others, *text))
			return false;
	}
	return true;
}

static bool read_table_name(const struct reading *reading)
{
	size_t len = strlen(reading->text);

	return len >= TABLE_NAME_MIN_LEN && len <= NAME_MAX_LEN &&
	       is_made_of_name_characters(reading->text, "_.-") &&
	       keep_text(reading, reading->text);
}

static bool read_attribute_name(const struct reading *reading)
{
	return strlen(reading->text) <= NAME_MAX_LEN &&
	       is_made_of_name_characters(reading->text, "_.-") &&
	       keep_text(reading, reading->text);
}

/* It becomes part of a host's name, so nothing else than this may be in it. */
static bool read_region(const struct reading *reading)
{
	for (const char *at = reading->text; *at; at++) {
		if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && *at != '-')
			return false;
	}
	return strlen(reading->text) <= REGION_MAX_LEN && keep_text(reading, reading->text);
}

static bool read_topic(const struct reading *reading)
{
	struct arn arn;

	return arn_parse(span_of(reading->text), &arn) && arn_is_topic(&arn) &&
	       keep_text(reading, reading->text);
}

/* One after the other: their keys are in one place only when they are in one region. */
static bool read_balancers(const struct reading *reading)
{
	const char *at = reading->text;
	struct span region = {0};

	for (;;) {
		struct arn arn;
		size_t len = strcspn(at, ",");

		if (!arn_parse((struct span){at, len}, &arn) || !arn_is_load_balancer(&arn))
			return false;
		if (region.data && (region.len != arn.region.len ||
				    memcmp(region.data, arn.region.data, region.len) != 0))
			return false;
		region = arn.region;
		if (!at[len])
			return keep_text(reading, reading->text);
		at += len + 1;
	}
}

/* As browsers write it: in lower case, with a port only where it is not the usual one. */
static bool is_origin(struct span text)
{
	struct address address;
	bool is_tls;

	if (!address_parse_url(text, &address, &is_tls) || text.data[text.len - 1] == '/' ||
	    address.port == (is_tls ? HTTPS_PORT : HTTP_PORT))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 'A' && text.data[i] <= 'Z')
			return false;
	return true;
}

static bool read_origins(const struct reading *reading)
{
	const char *at = reading->text;

	if (strcmp(at, "*") == 0)
		return keep_text(reading, reading->text);
	for (;;) {
		size_t len = strcspn(at, ",");

		if (!is_origin((struct span){at, len}))
			return false;
		if (!at[len])
			return keep_text(reading, reading->text);
		at += len + 1;
	}
}

/* Without encryption nothing may leave this machine and its link, credentials least of all. */
static bool is_safe_url(struct span url)
{
	struct address address;
	bool is_tls;

	return address_parse_url(url, &address, &is_tls) &&
	       (is_tls || address_is_loopback(address.host) || address_is_link_local(address.host));
}

static bool read_page(const struct reading *reading)
{
	const char *host = strstr(reading->text, "://");
	size_t len = host ? (size_t)(host - reading->text) + 3 : 0;

	for (const char *at = reading->text; *at; at++) {
		if (*at <= ' ' || *at > '~' || *at == '#')
			return false;
	}
	len += strcspn(reading->text + len, "/");
	return is_safe_url((struct span){reading->text, len}) && keep_text(reading, reading->text);
}

static bool read_url(const struct reading *reading)
{
	size_t len = strlen(reading->text);

	if (!is_safe_url(span_of(reading->text)))
		return false;
	if (reading->text[len - 1] != '/')
		return keep_text(reading, reading->text);
	return keep_text(reading, arena_copy(reading->owned, reading->text, len - 1));
}

static bool read_address(const struct reading *reading)
{
	struct address address;

	return address_parse(span_of(reading->text), &address) && address.port > 0 &&
	       address_is_numeric(address.host) && keep_text(reading, reading->text);
}

static bool read_address_or_off(const struct reading *reading)
{
	if (strcmp(reading->text, "off") != 0)
		return read_address(reading);
	*(const char **)reading->field = NULL;
	return true;
}

static bool read_currency(const struct reading *reading)
{
	if (strlen(reading->text) != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (reading->text[i] < 'A' || reading->text[i] > 'Z')
			return false;
	}
	return keep_text(reading, reading->text);
}

static bool read_number(const struct reading *reading)
{
	uint64_t number;

	return text_parse_u64(span_of(reading->text), &number) && keep_number(reading, number);
}

static bool read_power_of_two(const struct reading *reading)
{
	uint64_t number;

	return text_parse_u64(span_of(reading->text), &number) && (number & (number - 1)) == 0 &&
	       keep_number(reading, number);
}

static bool read_size(const struct reading *reading)
{
	uint64_t bytes;

	return text_parse_size(span_of(reading->text), &bytes) && keep_number(reading, bytes);
}

static bool read_duration(const struct reading *reading)
{
	uint64_t microseconds;

	return text_parse_duration(span_of(reading->text), &microseconds) &&
	       keep_number(reading, microseconds);
}

/* The place of a word among those of the setting; SIZE_MAX when it is none of them. */
static size_t find_word(const struct setting *setting, const char *text)
{
	for (size_t i = 0; setting->words[i]; i++) {
		if (span_equals_nocase(span_of(text), setting->words[i]))
			return i;
	}
	return SIZE_MAX;
}

static bool read_choice(const struct reading *reading)
{
	size_t place = find_word(reading->setting, reading->text);

	if (place == SIZE_MAX)
		return false;
	/* An enum without negative values is an unsigned int to gcc and clang. */
	*(unsigned *)reading->field = (unsigned)place;
	return true;
}

static bool read_switch(const struct reading *reading)
{
	size_t place = find_word(reading->setting, reading->text);

	if (place == SIZE_MAX)
		return false;
	*(bool *)reading->field = place == 1;
	return true;
}

struct unit {
	uint64_t factor;
	const char *name;
};

/* In the largest unit that leaves no rest, else in the last one. */
static void add_with_unit(uint64_t number, const struct unit *units, struct buf *out)
{
	while (units[1].name && (number == 0 || number % units->factor != 0))
		units++;
	buf_add_u64(out, number / units->factor);
	buf_add_str(out, units->name);
}

static void add_text(const struct setting *setting, const void *field, struct buf *out)
{
	const char *text = *(const char *const *)field;

	if (text)
		buf_add_str(out, setting->is_secret ? "(set)" : text);
}

static void add_text_or_off(const struct setting *setting, const void *field, struct buf *out)
{
	(void)setting;
	buf_add_str(out, *(const char *const *)field ? *(const char *const *)field : "off");
}

static void add_number(const struct setting *setting, const void *field, struct buf *out)
{
	(void)setting;
	buf_add_u64(out, *(const uint64_t *)field);
}

static void add_size(const struct setting *setting, const void *field, struct buf *out)
{
	static const struct unit units[] = {{UINT64_C(1048576), "MiB"},
					    {1024, "KiB"},
					    {1, ""},
					    {0}};

	(void)setting;
	add_with_unit(*(const uint64_t *)field, units, out);
}

static void add_duration(const struct setting *setting, const void *field, struct buf *out)
{
	static const struct unit units[] = {
		{UINT64_C(3600000000), "h"}, {60000000, "m"}, {1000000, "s"}, {1000, "ms"}, {0},
	};

	(void)setting;
	add_with_unit(*(const uint64_t *)field, units, out);
}

static void add_choice(const struct setting *setting, const void *field, struct buf *out)
{
	buf_add_str(out, setting->words[*(const unsigned *)field]);
}

static void add_switch(const struct setting *setting, const void *field, struct buf *out)
{
	buf_add_str(out, setting->words[*(const bool *)field]);
}

static const struct {
	bool (*read)(const struct reading *reading);
	void (*add_value)(const struct setting *setting, const void *field, struct buf *out);
	const char *allowed; /* limits or words follow where the kind has them */
} kinds[] = {
	[SETTING_TEXT] = {read_text, add_text, "UTF-8 text without control characters"},
	[SETTING_TABLE_NAME] = {read_table_name, add_text, "3 to 255 letters, digits, _ . or -"},
	[SETTING_ATTRIBUTE_NAME] = {read_attribute_name, add_text,
				    "1 to 255 letters, digits, _ . or -"},
	[SETTING_REGION] = {read_region, add_text, "the name of a region, such as eu-west-1"},
	[SETTING_TOPIC] = {read_topic, add_text,
			   "the ARN of an SNS topic, such as "
			   "arn:aws:sns:eu-west-1:123456789012:shop"},
	[SETTING_BALANCERS] =
		{read_balancers, add_text,
		 "ARNs of Application Load Balancers in one region, with commas, such as "
		 "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/"
		 "shop/50dc6c495c0c9188"},
	[SETTING_ORIGINS] = {read_origins, add_text,
			     "origins as browsers send them, with commas, such as "
			     "https://shop.example, or *"},
	[SETTING_URL] = {read_url, add_text,
			 "https://host or https://host:port without a path; http:// only for this "
			 "machine and link-local addresses"},
	[SETTING_PAGE] = {read_page, add_text,
			  "https://host/path; http:// only for this machine and link-local "
			  "addresses"},
	[SETTING_ADDRESS] = {read_address, add_text,
			     "an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080"},
	[SETTING_ADDRESS_OR_OFF] = {read_address_or_off, add_text_or_off,
				    "an IP address and a port, such as 127.0.0.1:8081, or off"},
	[SETTING_CURRENCY] = {read_currency, add_text, "three capital letters, such as USD"},
	[SETTING_NUMBER] = {read_number, add_number, "a number"},
	[SETTING_POWER_OF_TWO] = {read_power_of_two, add_number, "a power of two"},
	[SETTING_SIZE] = {read_size, add_size, "a size"},
	[SETTING_DURATION] = {read_duration, add_duration, "a duration"},
	[SETTING_CHOICE] = {read_choice, add_choice, "one of"},
	[SETTING_SWITCH] = {read_switch, add_switch, "one of"},
};

bool setting_read(const struct setting *setting, const char *text, struct arena *owned, void *field)
{
	struct reading reading = {setting, text, owned, field};

	return kinds[setting->kind].read(&reading);
}

void setting_add_allowed(const struct setting *setting, struct buf *out)
{
	buf_add_str(out, kinds[setting->kind].allowed);
	for (size_t i = 0; setting->words[i]; i++) {
		buf_add_str(out, i > 0 ? ", " : " ");
		buf_add_str(out, setting->words[i]);
	}
	if (setting->max > 0) {
		buf_add_str(out, " from ");
		kinds[setting->kind].add_value(setting, &setting->min, out);
		buf_add_str(out, " to ");
		kinds[setting->kind].add_value(setting, &setting->max, out);
	}
}

void setting_add_value(const struct setting *setting, const void *field, struct buf *out)
{
	kinds[setting->kind].add_value(setting, field, out);
}
