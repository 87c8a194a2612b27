#include <check.h>
#include <string.h>

#include "base/arn.h"

#define NAME_64 "0123456789abcdefABCDEF-_6789abcdef0123456789abcdef0123456789abcd"
#define NAME_251 \
	NAME_64 NAME_64 NAME_64 "0123456789abcdef0123456789abcdef0123456789abcdef01234567890"

static const struct {
	const char *text;
	bool is_arn;
	bool is_topic;
} arns[] = {
	{"arn:aws:sns:eu-west-1:123456789012:shop", true, true},
	{"arn:aws-cn:sns:cn-north-1:123456789012:shop.fifo", true, true},
	{"arn:aws:sns:eu-west-1:123456789012:" NAME_251 ".fifo", true, true},
	{"arn:aws:sns:eu-west-1:123456789012:" NAME_251 "1.fifo", true, false},
	{"arn:aws:sns:eu-west-1:123456789012:.fifo", true, false},
	{"arn:aws:sns:eu-west-1:123456789012:a.b", true, false},
	{"arn:aws:sns:eu-west-1:123456789012:shop:7ed2a5c4", true, false},
	{"arn:aws:sns:eu-west-1:123456789012:app/GCM/shop", true, false},
	{"arn:aws:sns:eu-west-1:12345678901:shop", true, false},
	{"arn:aws:sns:eu-west-1:1234567890123:shop", true, false},
	{"arn:aws:sns:eu-west-1:12345678901x:shop", true, false},
	{"arn:aws:sns::123456789012:shop", true, false},
	{"arn:aws:sns:EU:123456789012:shop", true, false},
	{"arn:aws:sns:evil.example.com/:123456789012:shop", true, false},
	{"arn:aws:sqs:eu-west-1:123456789012:shop", true, false},
	{"arn:aws:iam::123456789012:role/shop", true, false},
	{"arn:aws:sns:eu-west-1:123456789012:", false, false},
	{"arn:aws:sns:eu-west-1:123456789012", false, false},
	{"arn::sns:eu-west-1:123456789012:shop", false, false},
	{"arn:aws::eu-west-1:123456789012:shop", false, false},
	{"urn:aws:sns:eu-west-1:123456789012:shop", false, false},
	{"arn:aws:sns:eu-west-1:123456789012:sh op", false, false},
	{"arn:aws:sns:eu-west-1:123456789012:sh\xc3\xb6p", false, false},
	{"arn", false, false},
	{"", false, false},
};

START_TEST(arns_and_topics_are_told_from_what_looks_like_them)
{
	struct arn arn = {0};
	bool is_arn = arn_parse(span_of(arns[_i].text), &arn);

	ck_assert_int_eq(is_arn, arns[_i].is_arn);
	if (is_arn)
		ck_assert_int_eq(arn_is_topic(&arn), arns[_i].is_topic);
	else
		ck_assert_ptr_null(arn.partition.data);
}
END_TEST

static const struct {
	const char *text;
	bool is_endpoint;
} endpoints[] = {
	{"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/5e3e9847-3183", true},
	{"arn:aws-cn:sns:cn-north-1:123456789012:endpoint/APNS_SANDBOX/my.shop/1", true},
	{"arn:aws:sns:eu-west-1:123456789012:shop", false},
	{"arn:aws:sns:eu-west-1:123456789012:shop.fifo", false},
	{"arn:aws:sns:eu-west-1:123456789012:app/GCM/shop", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoint//shop/1", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1/2", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/1:2", false},
	{"arn:aws:sns:eu-west-1:123456789012:endpoints/GCM/shop/1", false},
	{"arn:aws:sns:eu-west-1::endpoint/GCM/shop/1", false},
	{"arn:aws:sns::123456789012:endpoint/GCM/shop/1", false},
	{"arn:aws:sqs:eu-west-1:123456789012:endpoint/GCM/shop/1", false},
};

START_TEST(endpoints_are_told_from_what_looks_like_them)
{
	struct arn arn;

	ck_assert(arn_parse(span_of(endpoints[_i].text), &arn));
	ck_assert_int_eq(arn_is_endpoint(&arn), endpoints[_i].is_endpoint);
	ck_assert(!endpoints[_i].is_endpoint || !arn_is_topic(&arn));
}
END_TEST

#define ELB "arn:aws:elasticloadbalancing:"
#define ALB ELB "eu-west-1:123456789012:loadbalancer/"

START_TEST(load_balancers_are_told_from_what_looks_like_them)
{
	static const struct {
		const char *text;
		bool is_one;
	} given[] = {
		{ALB "app/shop/50dc6c495c0c9188", true},
		{"arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:123456789012:loadbalancer/app/a/1",
		 true},
		{ALB "net/shop/50dc6c495c0c9188", false},
		{ALB "app/", false},
		{ALB "app/shop/1,2", false},
		{ALB "app/../1", false},
		{ELB ":123456789012:loadbalancer/app/a/1", false},
		{ELB "evil.com/:123456789012:loadbalancer/app/a/1", false},
		{ELB "eu-west-1:12345678901:loadbalancer/app/a/1", false},
		{"arn:aws:sns:eu-west-1:123456789012:loadbalancer/app/a/1", false},
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		struct arn arn;

		ck_assert(arn_parse(span_of(given[i].text), &arn));
		ck_assert_msg(arn_is_load_balancer(&arn) == given[i].is_one, "%s", given[i].text);
	}
}
END_TEST

START_TEST(the_parts_are_viewed)
{
	struct arn arn;

	ck_assert(arn_parse(span_of("arn:aws:sns:eu-west-1:123456789012:shop:sub"), &arn));
	ck_assert(span_equals(arn.partition, "aws"));
	ck_assert(span_equals(arn.service, "sns"));
	ck_assert(span_equals(arn.region, "eu-west-1"));
	ck_assert(span_equals(arn.account, "123456789012"));
	ck_assert(span_equals(arn.resource, "shop:sub"));
}
END_TEST

Suite *arn_suite(void)
{
	Suite *all = suite_create("arn");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, arns_and_topics_are_told_from_what_looks_like_them, 0,
			    (int)(sizeof(arns) / sizeof(arns[0])));
	tcase_add_loop_test(cases, endpoints_are_told_from_what_looks_like_them, 0,
			    (int)(sizeof(endpoints) / sizeof(endpoints[0])));
	tcase_add_test(cases, load_balancers_are_told_from_what_looks_like_them);
	tcase_add_test(cases, the_parts_are_viewed);
	suite_add_tcase(all, cases);
	return all;
}
