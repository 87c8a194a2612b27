#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/config.h"
#include "base/config_describe.h"
#include "base/text.h"

static struct config config;
static struct buf mistakes;
static struct buf out;

static void set_up(void)
{
	buf_init(&mistakes, 100000);
	buf_init(&out, 100000);
}

static void tear_down(void)
{
	config_clear(&config);
	buf_clear(&mistakes);
	buf_clear(&out);
}

enum { VARIABLES_MAX = 12 };

/* Reads the variables given, and AWS_REGION unless they have it or an endpoint. */
static bool read_variables(const char *const *variables)
{
	static char region[] = "AWS_REGION=eu-west-1";
	char *environment[VARIABLES_MAX + 2] = {NULL};
	bool has_place = false;
	size_t count = 0;

	for (; variables[count]; count++) {
		environment[count] = (char *)(uintptr_t)variables[count];
		has_place = has_place || strstr(variables[count], "REGION=") ||
			    strstr(variables[count], "AWS_ENDPOINT");
	}
	if (!has_place)
		environment[count] = region;
	config_clear(&config);
	buf_reset(&mistakes);
	return config_read(&config, environment, &mistakes);
}

#define READ(...) read_variables((const char *const[]){__VA_ARGS__, NULL})

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void assert_one_mistake(const char *about)
{
	ck_assert_msg(count_lines(buf_text(&mistakes)) == 1, "%s", buf_text(&mistakes));
	ck_assert_msg(strstr(buf_text(&mistakes), about) != NULL, "%s", buf_text(&mistakes));
}

START_TEST(a_region_is_enough_and_the_rest_has_defaults)
{
	ck_assert(READ("AWS_REGION=eu-west-1"));
	ck_assert_str_eq(buf_text(&mistakes), "");
	ck_assert_str_eq(config.table_name, "shop");
	ck_assert_str_eq(config.primary_key, "pk");
	ck_assert_str_eq(config.region, "eu-west-1");
	ck_assert_str_eq(config.endpoint_dynamodb, "https://dynamodb.eu-west-1.amazonaws.com");
	ck_assert_ptr_null(config.access_key_id);
	ck_assert_ptr_null(config.secret_access_key);
	ck_assert_ptr_null(config.session_token);
	ck_assert_str_eq(config.metadata_endpoint, "http://169.254.169.254");
	ck_assert(!config.is_metadata_disabled);
	ck_assert_ptr_null(config.ca_bundle);
	ck_assert_uint_eq(config.max_attempts, 0);
	ck_assert_str_eq(config.listen, "127.0.0.1:8080");
	ck_assert_str_eq(config.admin_listen, "127.0.0.1:8081");
	ck_assert_uint_eq(config.workers, 0);
	ck_assert_str_eq(config.currency, "USD");
	ck_assert_uint_eq(config.max_body, 262144);
	ck_assert_uint_eq(config.request_deadline_us, 10000000);
	ck_assert_uint_eq(config.read_deadline_us, 15000000);
	ck_assert_uint_eq(config.drain_deadline_us, 25000000);
	ck_assert_uint_eq(config.idle_timeout_us, 75000000);
	ck_assert_uint_eq(config.max_connections, 10000);
	ck_assert_uint_eq(config.max_calls, 128);
	ck_assert_uint_eq(config.max_requests, 2000);
	ck_assert_uint_eq(config.max_connections_per_address, 256);
	ck_assert_uint_eq(config.send_deadline_us, 60 * 1000 * 1000);
	ck_assert_uint_eq(config.rate_limit, 100);
	ck_assert_uint_eq(config.rate_burst, 200);
	ck_assert_uint_eq(config.trusted_proxies, 0);
	ck_assert(!config.knows_proxies);
	ck_assert_int_eq(config.proxy_header, PROXY_X_FORWARDED_FOR);
	ck_assert_uint_eq(config.write_shards, 4);
	ck_assert(!config.is_match_required);
	ck_assert(!config.is_auth_off);
	ck_assert_int_eq(config.log_level, LOG_INFO);
	ck_assert_int_eq(config.log_format, LOG_JSON);
}
END_TEST

START_TEST(settings_are_read_into_their_fields)
{
	ck_assert(READ("DYNAMODB_TABLE_NAME=my-table", "PRIMARY_KEY=id", "SHOPD_CURRENCY=EUR",
		       "SHOPD_MAX_BODY=64KiB", "SHOPD_REQUEST_DEADLINE=500ms",
		       "SHOPD_WRITE_SHARDS=16", "SHOPD_LOG_LEVEL=debug", "SHOPD_LOG_FORMAT=text",
		       "SHOPD_REQUIRE_MATCH=on", "SHOPD_ADMIN_LISTEN=off", "SHOPD_WORKERS=2"));
	ck_assert_str_eq(config.table_name, "my-table");
	ck_assert_str_eq(config.primary_key, "id");
	ck_assert_str_eq(config.currency, "EUR");
	ck_assert_uint_eq(config.max_body, 65536);
	ck_assert_uint_eq(config.request_deadline_us, 500000);
	ck_assert_uint_eq(config.write_shards, 16);
	ck_assert_int_eq(config.log_level, LOG_DEBUG);
	ck_assert_int_eq(config.log_format, LOG_TEXT);
	ck_assert(config.is_match_required);
	ck_assert_ptr_null(config.admin_listen);
	ck_assert_uint_eq(config.workers, 2);
}
END_TEST

START_TEST(other_programs_variables_are_none_of_ours)
{
	ck_assert(READ("PATH=/bin", "HOME=/root", "AWS_PROFILE=default", "AWS_SOMETHING_NEW=1",
		       "NO_EQUALS_SIGN", "", "SHOPDX=1", "shopd_listen=x"));
	ck_assert_str_eq(buf_text(&mistakes), "");
}
END_TEST

START_TEST(an_empty_value_counts_as_none)
{
	ck_assert(READ("SHOPD_WORKERS=", "PRIMARY_KEY=", "AWS_ACCESS_KEY_ID=",
		       "AWS_SECRET_ACCESS_KEY=", "SHOPD_NONSENSE=", "AWS_ENDPOINT_URL_DYNAMODB=",
		       "AWS_REGION=eu-west-1"));
	ck_assert_str_eq(config.primary_key, "pk");
	ck_assert_ptr_null(config.access_key_id);
	ck_assert(!READ("AWS_REGION=", "AWS_EC2_METADATA_DISABLED=true"));
	assert_one_mistake("AWS_REGION");
}
END_TEST

START_TEST(the_first_of_two_equal_names_counts)
{
	ck_assert(READ("SHOPD_WORKERS=1", "SHOPD_WORKERS=2"));
	ck_assert_uint_eq(config.workers, 1);
}
END_TEST

START_TEST(the_endpoint_comes_from_the_region_unless_it_is_given)
{
	ck_assert(READ("AWS_REGION=cn-north-1"));
	ck_assert_str_eq(config.endpoint_dynamodb, "https://dynamodb.cn-north-1.amazonaws.com.cn");
	ck_assert(READ("AWS_DEFAULT_REGION=us-west-2"));
	ck_assert_str_eq(config.endpoint_dynamodb, "https://dynamodb.us-west-2.amazonaws.com");
	ck_assert(READ("AWS_DEFAULT_REGION=us-west-2", "AWS_REGION=eu-west-1"));
	ck_assert_str_eq(config.region, "eu-west-1");
	ck_assert(READ("AWS_ENDPOINT_URL=http://127.0.0.1:8000/"));
	ck_assert_str_eq(config.endpoint_dynamodb, "http://127.0.0.1:8000");
	ck_assert_str_eq(config.region, "us-east-1");
	ck_assert(READ("AWS_ENDPOINT_URL=http://127.0.0.1:8000",
		       "AWS_ENDPOINT_URL_DYNAMODB=https://db.example.com", "AWS_REGION=eu-west-3"));
	ck_assert_str_eq(config.endpoint_dynamodb, "https://db.example.com");
	ck_assert_str_eq(config.region, "eu-west-3");
}
END_TEST

START_TEST(a_setting_that_another_one_goes_before_is_not_even_judged)
{
	ck_assert(READ("AWS_DEFAULT_REGION=NOT A REGION", "AWS_REGION=eu-west-1"));
}
END_TEST

START_TEST(without_a_place_the_region_is_asked_for)
{
	ck_assert(READ("AWS_REGION="));
	ck_assert_msg(!config.region && !config.endpoint_dynamodb, "the instance will tell");
	ck_assert(!READ("AWS_REGION=", "AWS_EC2_METADATA_DISABLED=true"));
	assert_one_mistake("set AWS_REGION");
	ck_assert(!READ("AWS_REGION=EU"));
	assert_one_mistake("AWS_REGION is \"EU\"");
	ck_assert(!READ("AWS_ENDPOINT_URL=nonsense"));
	assert_one_mistake("AWS_ENDPOINT_URL is \"nonsense\"");
}
END_TEST

START_TEST(keys_come_in_pairs)
{
	ck_assert(READ("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"));
	ck_assert_str_eq(config.access_key_id, "a");
	ck_assert_str_eq(config.secret_access_key, "b");
	ck_assert(READ("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_SESSION_TOKEN=c"));
	ck_assert_str_eq(config.session_token, "c");
	ck_assert(!READ("AWS_ACCESS_KEY_ID=a"));
	assert_one_mistake("AWS_SECRET_ACCESS_KEY is not");
	ck_assert(!READ("AWS_SECRET_ACCESS_KEY=b"));
	assert_one_mistake("AWS_ACCESS_KEY_ID is not");
	ck_assert(!READ("AWS_SESSION_TOKEN=c"));
	assert_one_mistake("AWS_SESSION_TOKEN is set");
}
END_TEST

START_TEST(a_secret_never_gets_into_a_mistake)
{
	ck_assert(!READ("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=hush\n"));
	assert_one_mistake("AWS_SECRET_ACCESS_KEY has a value that is not allowed");
	ck_assert_ptr_null(strstr(buf_text(&mistakes), "hush"));
}
END_TEST

static const char *const taken[] = {
	"sk",         "g1p",          "g1s",       "g2p",       "g2s",      "ttl",
	"wt",         "name",         "price",     "currency",  "category", "description",
	"image_url",  "weight_grams", "tags",      "backorder", "extra",    "version",
	"created_at", "updated_at",   "available", "reserved",  "level",    "low_stock_at",
	"delta",      "reason",       "time",      "by",
};

START_TEST(the_primary_key_is_none_of_the_tables_own_names)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		char variable[64];

		snprintf(variable, sizeof(variable), "PRIMARY_KEY=%s", taken[i]);
		ck_assert_msg(!READ(variable), "%s", taken[i]);
		assert_one_mistake("PRIMARY_KEY");
	}
	ck_assert(READ("PRIMARY_KEY=SK"));
	ck_assert(READ("PRIMARY_KEY=product_id"));
}
END_TEST

static const struct {
	const char *listen;
	bool is_local;
} listens[] = {
	{"127.0.0.1:8080", true},  {"127.1.2.3:8080", true}, {"[::1]:8080", true},
	{"0.0.0.0:8080", false},   {"[::]:8080", false},     {"10.0.0.1:8080", false},
	{"169.254.1.1:80", false},
};

START_TEST(only_loopback_is_served_as_long_as_nobody_is_asked_who_he_is)
{
	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
		char listen[64];
		char admin[64];

		snprintf(listen, sizeof(listen), "SHOPD_LISTEN=%s", listens[i].listen);
		snprintf(admin, sizeof(admin), "SHOPD_ADMIN_LISTEN=%s", listens[i].listen);
		ck_assert_msg(READ(listen) == listens[i].is_local, "%s", listen);
		ck_assert(listens[i].is_local || strstr(buf_text(&mistakes), "SHOPD_AUTH=off"));
		ck_assert(READ(listen, "SHOPD_AUTH=off"));
		ck_assert(config.is_auth_off);
		ck_assert(READ(admin, "SHOPD_LISTEN=127.0.0.1:1") == listens[i].is_local);
		ck_assert(READ(admin, "SHOPD_LISTEN=127.0.0.1:1", "SHOPD_AUTH=off"));
	}
	ck_assert(!READ("SHOPD_LISTEN=0.0.0.0:8080", "SHOPD_AUTH=on"));
}
END_TEST

START_TEST(who_has_keys_does_not_let_everyone_do_everything)
{
	static const char *const asked[][4] = {
		{"SHOPD_API_KEYS=/k"},
		{"SHOPD_ALB_ARN=arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
		 "loadbalancer/app/a/1"},
		{"SHOPD_JWT_ISSUER=https://a.b", "SHOPD_JWT_AUDIENCE=shop",
		 "SHOPD_JWKS_FILE=/jwks"},
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *const *with = asked[i];
		const char *more = with[1] ? with[1] : with[0];
		const char *most = with[2] ? with[2] : with[0];

		ck_assert(READ(with[0], more, most));
		ck_assert(config_asks_callers(&config));
		ck_assert(!READ(with[0], more, most, "SHOPD_AUTH=off"));
		assert_one_mistake("SHOPD_AUTH");
	}
}
END_TEST

START_TEST(a_header_of_proxies_is_read_when_there_are_any)
{
	ck_assert(!READ("SHOPD_PROXY_HEADER=Forwarded"));
	assert_one_mistake("SHOPD_TRUSTED_PROXIES");
	ck_assert(READ("SHOPD_PROXY_HEADER=Forwarded", "SHOPD_TRUSTED_PROXIES=1"));
	ck_assert_int_eq(config.proxy_header, PROXY_FORWARDED);
	ck_assert(config.knows_proxies);
	ck_assert(!READ("SHOPD_PROXY_HEADER=X-Real-IP", "SHOPD_TRUSTED_PROXIES=1"));
	assert_one_mistake("X-Forwarded-For, Forwarded");
}
END_TEST

START_TEST(two_listeners_need_two_addresses)
{
	ck_assert(!READ("SHOPD_LISTEN=127.0.0.1:8081"));
	assert_one_mistake("SHOPD_ADMIN_LISTEN");
	ck_assert(READ("SHOPD_LISTEN=127.0.0.1:8081", "SHOPD_ADMIN_LISTEN=off"));
}
END_TEST

static const struct {
	const char *wrong;
	const char *meant;
} misspelt[] = {
	{"SHOPD_LISTN", "SHOPD_LISTEN"},       {"SHOPD_WROKERS", "SHOPD_WORKERS"},
	{"SHOPD_LOGLEVEL", "SHOPD_LOG_LEVEL"}, {"SHOPD_REQUEST_DEADLNE", "SHOPD_REQUEST_DEADLINE"},
	{"SHOPD_CURENCY", "SHOPD_CURRENCY"},   {"SHOPD_", "SHOPD_AUTH"},
	{"SHOPD_AUTHENTICATION", "SHOPD_"},
};

START_TEST(a_misspelt_name_is_told_with_the_nearest_one)
{
	for (size_t i = 0; i < sizeof(misspelt) / sizeof(misspelt[0]); i++) {
		char variable[64];

		snprintf(variable, sizeof(variable), "%s=1", misspelt[i].wrong);
		ck_assert_msg(!READ(variable), "%s", variable);
		assert_one_mistake(misspelt[i].wrong);
		assert_one_mistake(misspelt[i].meant);
	}
}
END_TEST

START_TEST(a_hostile_name_is_escaped_and_shortened)
{
	char variable[1000] = "SHOPD_\n\x1b[2J";
	size_t len = strlen(variable);

	memset(variable + len, 'x', 900);
	memcpy(variable + len + 900, "=1", 3);
	ck_assert(!READ(variable));
	assert_one_mistake("SHOPD_\\n\\u001b[2Jxxx");
	ck_assert_uint_lt(mistakes.len, 200);
}
END_TEST

START_TEST(a_hostile_value_is_escaped_and_shortened)
{
	char variable[1000] = "SHOPD_WORKERS=\n\x1b[2J\xff";

	memset(variable + strlen(variable), 'x', 900);
	ck_assert(!READ(variable));
	assert_one_mistake("SHOPD_WORKERS is \"\\n\\u001b[2J\\ufffdxxx");
	ck_assert_uint_lt(mistakes.len, 200);
}
END_TEST

START_TEST(every_mistake_is_told_at_once_with_what_is_allowed)
{
	ck_assert(!READ("DYNAMODB_TABLE_NAME=x", "SHOPD_WORKERS=65", "SHOPD_CURRENCY=eur",
			"SHOPD_MAX_BODY=2MiB", "SHOPD_REQUEST_DEADLINE=30s", "SHOPD_LOG_LEVEL=loud",
			"SHOPD_NONSENSE=1", "SHOPD_WRITE_SHARDS=3", "AWS_SESSION_TOKEN=x",
			"AWS_MAX_ATTEMPTS=none"));
	ck_assert_uint_eq(count_lines(buf_text(&mistakes)), 10);
	ck_assert_ptr_nonnull(strstr(
		buf_text(&mistakes),
		"SHOPD_REQUEST_DEADLINE is \"30s\"; it takes a duration from 100ms to 29s\n"));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&mistakes), "it takes one of debug, info, warning, error\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&mistakes), "it takes a size from 1KiB to 1MiB\n"));
}
END_TEST

static void read_all(void *context)
{
	char *environment[] = {context, (char[]){"AWS_REGION=eu-west-1"}, NULL};
	struct config own;
	struct buf text;
	bool is_read;

	buf_init(&text, 10000);
	is_read = config_read(&own, environment, &text);
	ck_assert(!is_read || !alloc_has_failed());
	if (is_read)
		config_show(&own, &text);
	config_clear(&own);
	buf_clear(&text);
}

START_TEST(it_survives_a_lack_of_memory)
{
	alloc_fail_each(read_all, (char[]){"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1/"});
	alloc_fail_each(read_all, (char[]){"SHOPD_WORKERS=many"});
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, a_region_is_enough_and_the_rest_has_defaults);
	tcase_add_test(cases, settings_are_read_into_their_fields);
	tcase_add_test(cases, other_programs_variables_are_none_of_ours);
	tcase_add_test(cases, an_empty_value_counts_as_none);
	tcase_add_test(cases, the_first_of_two_equal_names_counts);
	tcase_add_test(cases, the_endpoint_comes_from_the_region_unless_it_is_given);
	tcase_add_test(cases, a_setting_that_another_one_goes_before_is_not_even_judged);
	tcase_add_test(cases, without_a_place_the_region_is_asked_for);
	tcase_add_test(cases, keys_come_in_pairs);
	tcase_add_test(cases, a_secret_never_gets_into_a_mistake);
	tcase_add_test(cases, the_primary_key_is_none_of_the_tables_own_names);
	tcase_add_test(cases, only_loopback_is_served_as_long_as_nobody_is_asked_who_he_is);
	tcase_add_test(cases, who_has_keys_does_not_let_everyone_do_everything);
	tcase_add_test(cases, a_header_of_proxies_is_read_when_there_are_any);
	tcase_add_test(cases, two_listeners_need_two_addresses);
	tcase_add_test(cases, a_misspelt_name_is_told_with_the_nearest_one);
	tcase_add_test(cases, a_hostile_name_is_escaped_and_shortened);
	tcase_add_test(cases, a_hostile_value_is_escaped_and_shortened);
	tcase_add_test(cases, every_mistake_is_told_at_once_with_what_is_allowed);
	tcase_add_test(cases, it_survives_a_lack_of_memory);
}

Suite *config_suite(void)
{
	Suite *all = suite_create("config");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
