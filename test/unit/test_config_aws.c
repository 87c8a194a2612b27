#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/config_aws.h"
#include "written.h"

static struct config config;
static struct buf mistakes;

static void set_up(void)
{
	written_set_up();
	buf_init(&mistakes, 10000);
}

static void tear_down(void)
{
	config_clear(&config);
	buf_clear(&mistakes);
	written_tear_down();
}

enum { VARIABLES_MAX = 12 };

/* Reads a config file that says `text`, and the variables. */
static bool read_with(const char *text, const char *const *variables)
{
	static char file[300];
	char *environment[VARIABLES_MAX + 2] = {file};

	snprintf(file, sizeof(file), "AWS_CONFIG_FILE=%s", written("config", text));
	for (size_t i = 0; variables[i]; i++)
		environment[i + 1] = (char *)(uintptr_t)variables[i];
	config_clear(&config);
	buf_reset(&mistakes);
	return config_read(&config, environment, &mistakes);
}

#define READ(text, ...) read_with((text), (const char *const[]){__VA_ARGS__, NULL})

static void assert_one_mistake(const char *about)
{
	ck_assert_msg(strstr(buf_text(&mistakes), about) != NULL, "%s", buf_text(&mistakes));
	ck_assert_msg(strchr(buf_text(&mistakes), '\n')[1] == '\0', "%s", buf_text(&mistakes));
}

START_TEST(the_environment_goes_before_the_profile)
{
	const char *file = "[default]\nregion = eu-west-3\nuse_fips_endpoint = true\n";

	ck_assert(READ(file, "X=1"));
	ck_assert_str_eq(config.region, "eu-west-3");
	ck_assert_str_eq(config.endpoint_sts, "https://sts-fips.eu-west-3.amazonaws.com");
	ck_assert(READ(file, "AWS_DEFAULT_REGION=us-east-2", "AWS_USE_FIPS_ENDPOINT=false"));
	ck_assert_str_eq(config.region, "us-east-2");
	ck_assert_str_eq(config.endpoint_sns, "https://sns.us-east-2.amazonaws.com");
	ck_assert(READ(file, "AWS_USE_DUALSTACK_ENDPOINT=true"));
	ck_assert_str_eq(config.endpoint_dynamodb, "https://dynamodb-fips.eu-west-3.api.aws");
}
END_TEST

START_TEST(a_named_profile_must_be_there)
{
	const char *file = "[profile shop]\nregion = eu-west-3\n";

	ck_assert(READ(file, "AWS_PROFILE=shop"));
	ck_assert_str_eq(config.region, "eu-west-3");
	ck_assert(!READ(file, "AWS_PROFILE=shpo", "AWS_REGION=eu-west-1"));
	assert_one_mistake("AWS_PROFILE is \"shpo\", but");
	ck_assert(READ(file, "AWS_PROFILE=default", "AWS_REGION=eu-west-1"));
}
END_TEST

static const struct {
	const char *file;
	const char *variables[4];
	const char *dynamodb;
	const char *sts;
} endpoints[] = {
	{"[default]\nservices = s\nendpoint_url = http://127.0.0.1:3\n[services s]\nsts =\n"
	 " endpoint_url = http://127.0.0.1:2/\n",
	 {"AWS_REGION=eu-west-1"},
	 "http://127.0.0.1:3",
	 "http://127.0.0.1:2"},
	{"[default]\nendpoint_url = http://127.0.0.1:3\n",
	 {"AWS_ENDPOINT_URL=http://127.0.0.1:4", "AWS_ENDPOINT_URL_STS=http://[::1]:5"},
	 "http://127.0.0.1:4",
	 "http://[::1]:5"},
	{"[default]\nendpoint_url = http://127.0.0.1:3\n",
	 {"AWS_ENDPOINT_URL=http://127.0.0.1:4", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:5",
	  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "AWS_REGION=eu-west-1"},
	 "https://dynamodb.eu-west-1.amazonaws.com",
	 "https://sts.eu-west-1.amazonaws.com"},
	{"[default]\nregion = eu-west-2\nservices = s\n[services s]\ndynamodb =\n"
	 "  endpoint_url = https://[fe80::1]:8000\n",
	 {NULL},
	 "https://[fe80::1]:8000",
	 "https://sts.eu-west-2.amazonaws.com"},
};

START_TEST(endpoints_are_looked_for_in_order)
{
	ck_assert_msg(read_with(endpoints[_i].file, endpoints[_i].variables), "%s",
		      buf_text(&mistakes));
	ck_assert_str_eq(config.endpoint_dynamodb, endpoints[_i].dynamodb);
	ck_assert_str_eq(config.endpoint_sts, endpoints[_i].sts);
}
END_TEST

START_TEST(sns_is_where_the_topic_is)
{
	const char *topic = "SNS_TOPIC_ARN=arn:aws:sns:us-east-1:123456789012:shop";

	ck_assert(READ("", "AWS_REGION=eu-west-1", topic));
	ck_assert_str_eq(config.region, "eu-west-1");
	ck_assert_str_eq(config.sns_region, "us-east-1");
	ck_assert_str_eq(config.endpoint_sns, "https://sns.us-east-1.amazonaws.com");
	ck_assert_str_eq(config.endpoint_sts, "https://sts.eu-west-1.amazonaws.com");
	ck_assert(
		READ("", "AWS_REGION=eu-west-1", topic, "AWS_ENDPOINT_URL_SNS=http://127.0.0.1:5"));
	ck_assert_str_eq(config.sns_region, "us-east-1");
	ck_assert_str_eq(config.endpoint_sns, "http://127.0.0.1:5");
	ck_assert(READ("", "AWS_REGION=eu-west-1"));
	ck_assert_str_eq(config.sns_region, "eu-west-1");
	ck_assert(READ("", topic));
	ck_assert_ptr_null(config.endpoint_sns);
	ck_assert(config_aws_set_region(&config, span_of("eu-west-2")));
	ck_assert_str_eq(config.endpoint_sns, "https://sns.us-east-1.amazonaws.com");
}
END_TEST

START_TEST(load_balancers_keys_are_where_they_are)
{
	const char *arn = "SHOPD_ALB_ARN=arn:aws:elasticloadbalancing:us-gov-west-1:123456789012:"
			  "loadbalancer/app/a/1";

	ck_assert(READ("", "AWS_REGION=eu-west-1", arn));
	ck_assert_str_eq(config.balancer_keys, "https://s3-us-gov-west-1.amazonaws.com/"
					       "aws-elb-public-keys-prod-us-gov-west-1");
	ck_assert(READ("", "AWS_REGION=eu-west-1", arn, "SHOPD_ALB_KEYS_URL=https://x/y"));
	ck_assert_str_eq(config.balancer_keys, "https://x/y");
	ck_assert(READ("", "AWS_REGION=eu-west-1"));
	ck_assert_ptr_null(config.balancer_keys);
}
END_TEST

START_TEST(mistakes_in_a_profile_are_told)
{
	ck_assert(!READ("[default]\nregion = Europe!\n", "X=1"));
	assert_one_mistake("region is \"Europe!\" in the profile; it takes the name of a region");
	ck_assert(!READ("[default]\nuse_fips_endpoint = si\n", "AWS_REGION=eu-west-1"));
	assert_one_mistake("use_fips_endpoint");
	ck_assert(!READ("[default]\nregion\n", "AWS_REGION=eu-west-1"));
	assert_one_mistake("line 2");
}
END_TEST

START_TEST(a_region_may_come_later)
{
	ck_assert(READ("", "AWS_USE_DUALSTACK_ENDPOINT=true"));
	ck_assert_ptr_null(config.region);
	ck_assert_ptr_null(config.endpoint_sts);
	ck_assert_msg(READ("", "AWS_ENDPOINT_URL_DYNAMODB=https://x") && !config.region,
		      "only an emulator takes any region");
	ck_assert(READ("", "AWS_USE_DUALSTACK_ENDPOINT=true"));
	ck_assert(!config_aws_set_region(&config, span_of("")));
	ck_assert(!config_aws_set_region(&config, span_of("<html>")));
	ck_assert_ptr_null(config.region);
	ck_assert(config_aws_set_region(&config, span_of("eu-south-2")));
	ck_assert_str_eq(config.region, "eu-south-2");
	ck_assert_str_eq(config.endpoint_dynamodb, "https://dynamodb.eu-south-2.api.aws");
}
END_TEST

START_TEST(files_are_looked_for_in_the_home)
{
	char home[200] = "HOME=";
	const char *none = written_path("none");

	strncat(home, none, (size_t)(strrchr(none, '/') - none));
	ck_assert(READ("", home, "AWS_REGION=eu-west-1"));
	ck_assert_msg(!config.credentials_file, "a default that is not there is none");
	ck_assert(READ("", "AWS_SHARED_CREDENTIALS_FILE=/none", "AWS_REGION=eu-west-1"));
	ck_assert_str_eq(config.credentials_file, "/none");
	strcat(home, "/");
	ck_assert(READ("", home, "AWS_SHARED_CREDENTIALS_FILE=~/config", "AWS_REGION=eu-west-1"));
	ck_assert_msg(strstr(config.credentials_file, "//config"), "%s", config.credentials_file);
}
END_TEST

static const struct {
	const char *uri;
	bool is_right;
} uris[] = {
	{"http://169.254.170.2/v2/x?id=1", true},
	{"http://169.254.170.23/v1/credentials", true},
	{"http://[fd00:ec2::23]/v1/credentials", true},
	{"http://127.0.0.1:8000", true},
	{"http://localhost/x", true},
	{"https://example.com/x", true},
	{"http://example.com/x", false},
	{"http://169.254.169.254/x", false},
	{"http://10.0.0.1/x", false},
	{"http://127.0.0.1@example.com/x", false},
	{"http://127.0.0.1/a b", false},
	{"http://127.0.0.1?x", false},
	{"ftp://127.0.0.1/", false},
	{"/relative", false},
};

START_TEST(credentials_are_not_sent_for_just_anywhere)
{
	char variable[200];

	snprintf(variable, sizeof(variable), "AWS_CONTAINER_CREDENTIALS_FULL_URI=%s", uris[_i].uri);
	ck_assert_msg(READ("", variable, "AWS_REGION=eu-west-1") == uris[_i].is_right, "%s",
		      uris[_i].uri);
	if (!uris[_i].is_right)
		assert_one_mistake("AWS_CONTAINER_CREDENTIALS_FULL_URI takes");
	ck_assert_msg(READ("", variable, "AWS_REGION=eu-west-1",
			   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x"),
		      "the relative one goes first");
	ck_assert(!READ("", "AWS_REGION=eu-west-1", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=x"));
}
END_TEST

START_TEST(metadata_have_an_ipv6_address_too)
{
	ck_assert(READ("", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=ipv6", "AWS_REGION=x"));
	ck_assert_str_eq(config.metadata_endpoint, "http://[fd00:ec2::254]");
	ck_assert(READ("", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6", "AWS_REGION=x",
		       "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1"));
	ck_assert_str_eq(config.metadata_endpoint, "http://127.0.0.1:1");
}
END_TEST

static void read_all(void *context)
{
	(void)context;
	ck_assert(READ("[default]\nregion=eu-west-1\nservices=s\nuse_fips_endpoint=true\n"
		       "[services s]\nsts =\n endpoint_url = http://127.0.0.1/\n",
		       "HOME=/") != alloc_has_failed());
	config_clear(&config);
}

START_TEST(a_lack_of_memory_is_told)
{
	ck_assert_ptr_nonnull(buf_reserve(&mistakes, 5000));
	alloc_fail_each(read_all, NULL);
}
END_TEST

Suite *config_aws_suite(void)
{
	Suite *all = suite_create("config_aws");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, the_environment_goes_before_the_profile);
	tcase_add_test(cases, a_named_profile_must_be_there);
	tcase_add_loop_test(cases, endpoints_are_looked_for_in_order, 0,
			    sizeof(endpoints) / sizeof(endpoints[0]));
	tcase_add_test(cases, sns_is_where_the_topic_is);
	tcase_add_test(cases, load_balancers_keys_are_where_they_are);
	tcase_add_test(cases, mistakes_in_a_profile_are_told);
	tcase_add_test(cases, a_region_may_come_later);
	tcase_add_test(cases, files_are_looked_for_in_the_home);
	tcase_add_loop_test(cases, credentials_are_not_sent_for_just_anywhere, 0,
			    sizeof(uris) / sizeof(uris[0]));
	tcase_add_test(cases, metadata_have_an_ipv6_address_too);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
