#include <check.h>

#include "base/endpoint.h"

/* As botocore 1.43 says; test/system/test_endpoint_botocore.py asks it about every region. */
static const struct {
	struct endpoint_place place;
	const char *service;
	const char *url;
} table[] = {
	{{"eu-west-1", false, false}, "dynamodb", "https://dynamodb.eu-west-1.amazonaws.com"},
	{{"eu-west-1", false, true}, "sts", "https://sts.eu-west-1.api.aws"},
	{{"us-east-1", true, false}, "sts", "https://sts-fips.us-east-1.amazonaws.com"},
	{{"us-east-1", true, true}, "dynamodb", "https://dynamodb-fips.us-east-1.api.aws"},
	{{"us-gov-west-1", false, false}, "sns", "https://sns.us-gov-west-1.amazonaws.com"},
	{{"us-gov-west-1", true, false}, "sns", "https://sns.us-gov-west-1.amazonaws.com"},
	{{"us-gov-west-1", true, true}, "sns", "https://sns-fips.us-gov-west-1.api.aws"},
	{{"cn-north-1", false, false}, "sts", "https://sts.cn-north-1.amazonaws.com.cn"},
	{{"cn-north-1", false, true}, "sts", "https://sts.cn-north-1.api.amazonwebservices.com.cn"},
	{{"us-iso-east-1", false, false}, "sts", "https://sts.us-iso-east-1.c2s.ic.gov"},
	{{"us-isob-east-1", false, false}, "sts", "https://sts.us-isob-east-1.sc2s.sgov.gov"},
	{{"eu-isoe-west-1", false, false}, "sts", "https://sts.eu-isoe-west-1.cloud.adc-e.uk"},
	{{"us-isof-south-1", false, false}, "sts", "https://sts.us-isof-south-1.csp.hci.ic.gov"},
	{{"eusc-de-east-1", false, false}, "sts", "https://sts.eusc-de-east-1.amazonaws.eu"},
};

START_TEST(a_host_follows_from_region_and_wishes)
{
	struct buf url;

	buf_init(&url, 200);
	endpoint_add_url(&table[_i].place, table[_i].service, &url);
	ck_assert_str_eq(buf_text(&url), table[_i].url);
	buf_clear(&url);
}
END_TEST

START_TEST(load_balancers_keys_are_in_their_region)
{
	static const char *const rows[][2] = {
		{"eu-west-1", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"},
		{"cn-north-1", "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn"},
		{"us-gov-east-1", "https://s3-us-gov-east-1.amazonaws.com/"
				  "aws-elb-public-keys-prod-us-gov-east-1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf url;

		buf_init(&url, 200);
		endpoint_add_balancer_keys_url(rows[i][0], &url);
		ck_assert_str_eq(buf_text(&url), rows[i][1]);
		buf_clear(&url);
	}
}
END_TEST

Suite *endpoint_suite(void)
{
	Suite *all = suite_create("endpoint");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, a_host_follows_from_region_and_wishes, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, load_balancers_keys_are_in_their_region);
	suite_add_tcase(all, cases);
	return all;
}
