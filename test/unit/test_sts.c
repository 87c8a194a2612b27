#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/sts.h"
#include "scripted.h"
#include "written.h"

enum { SECOND = 1000000 };

#define ANSWER(operation, inside)                                                          \
	"<" operation                                                                      \
	"Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" operation     \
	"Result><AssumedRoleUser><Arn>a</Arn></AssumedRoleUser>" inside "</" operation     \
	"Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></" operation \
	"Response>"
#define CREDENTIALS                                                                               \
	"<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>sec/ret</SecretAccessKey>" \
	"<SessionToken>to&#x2f;ken==</SessionToken><Expiration>2015-08-30T13:36:00Z</Expiration>" \
	"</Credentials>"
#define ERROR                                                                                    \
	"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender" \
	"</Type><Code>AccessDenied</Code><Message>you may not</Message></Error></ErrorResponse>"

static struct script script;
static struct digest *digest;
static struct sts *sts;
static bool is_done;
static struct aws_keys taken;
static char taken_why[PROVIDER_WHY_SIZE];

static struct sts *make_sts(void)
{
	return sts_new(&(struct sts_options){.endpoint = "https://sts.eu-west-1.amazonaws.com",
					     .region = "eu-west-1",
					     .loop = script.loop,
					     .transport = &script.transport,
					     .digest = digest});
}

static void set_up(void)
{
	written_set_up();
	script_init(&script);
	digest = digest_new();
	sts = make_sts();
	ck_assert_ptr_nonnull(sts);
}

static void tear_down(void)
{
	aws_keys_clear(&taken);
	sts_free(sts);
	digest_free(digest);
	script_clear(&script);
	written_tear_down();
}

static void on_keys(void *context, const struct aws_keys *keys, const char *why)
{
	ck_assert_ptr_eq(context, &script);
	ck_assert(!is_done);
	is_done = true;
	aws_keys_clear(&taken);
	snprintf(taken_why, sizeof(taken_why), "%s", why);
	if (keys)
		ck_assert(aws_keys_set(&taken, keys->access_key, keys->secret, keys->token,
				       keys->expires_ms) ||
			  alloc_has_failed());
}

static const struct aws_keys own_keys = {.access_key = (char[]){"AKID"},
					 .secret = (char[]){"secret"},
					 .token = (char[]){"own token"}};
static const struct sts_request plain = {.role_arn = "arn:aws:iam::1:role/shop",
					 .session_name = "shopd",
					 .keys = &own_keys};

static void assume(const struct sts_request *request)
{
	is_done = false;
	sts_assume_role(sts, request, on_keys, &script);
	script_run(&script, &is_done, 10 * SECOND);
	ck_assert(is_done);
}

static void assume_by_token(const char *file)
{
	is_done = false;
	sts_assume_role_by_token(sts, &plain, file, on_keys, &script);
	script_run(&script, &is_done, 10 * SECOND);
	ck_assert(is_done);
}

START_TEST(a_role_is_assumed_with_other_keys)
{
	struct sts_request request = plain;
	char value[512];

	SCRIPT_PLAY(&script, {.status = 200, .body = ANSWER("AssumeRole", CREDENTIALS)});
	request.external_id = "a&b";
	request.duration_s = 900;
	assume(&request);
	ck_assert_str_eq(taken.access_key, "ASIA1");
	ck_assert_str_eq(taken.secret, "sec/ret");
	ck_assert_str_eq(taken.token, "to/ken==");
	ck_assert_int_eq(taken.expires_ms, 1440941760000);
	ck_assert_str_eq(script_body(&script, 0),
			 "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
			 "role%2Fshop&RoleSessionName=shopd&ExternalId=a%26b&DurationSeconds=900");
	ck_assert_str_eq(script_header(&script, 0, "Host", value, sizeof(value)),
			 "sts.eu-west-1.amazonaws.com");
	ck_assert_str_eq(script_header(&script, 0, "Content-Type", value, sizeof(value)),
			 "application/x-www-form-urlencoded; charset=utf-8");
	script_header(&script, 0, "Authorization", value, sizeof(value));
	ck_assert_ptr_nonnull(strstr(value, "Credential=AKID/20150830/eu-west-1/sts/aws4_request"));
	ck_assert_ptr_nonnull(
		strstr(value, "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"));
	ck_assert_str_eq(script_header(&script, 0, "X-Amz-Target", value, sizeof(value)), "");
}
END_TEST

START_TEST(a_token_needs_no_signature)
{
	char value[512];

	SCRIPT_PLAY(&script,
		    {.status = 200, .body = ANSWER("AssumeRoleWithWebIdentity", CREDENTIALS)});
	assume_by_token(written("token", "header.body.sign+ature\n"));
	ck_assert_str_eq(taken.access_key, "ASIA1");
	ck_assert_str_eq(script_body(&script, 0),
			 "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3A"
			 "iam%3A%3A1%3Arole%2Fshop&RoleSessionName=shopd&WebIdentityToken="
			 "header.body.sign%2Bature");
	ck_assert_str_eq(script_header(&script, 0, "Authorization", value, sizeof(value)), "");
	ck_assert_str_eq(script_header(&script, 0, "X-Amz-Date", value, sizeof(value)), "");
}
END_TEST

START_TEST(a_token_that_is_not_there_is_told)
{
	assume_by_token(written_path("none"));
	ck_assert_ptr_nonnull(strstr(taken_why, "none cannot be read: No such file"));
	assume_by_token(written("token", "\n"));
	ck_assert_ptr_nonnull(strstr(taken_why, "token is empty"));
	assume_by_token(written_long("long", STS_TOKEN_MAX + 1));
	ck_assert_ptr_nonnull(strstr(taken_why, "long cannot be read: File too large"));
	ck_assert_uint_eq(script.request_count, 0);
}
END_TEST

static const struct {
	struct script_step step;
	const char *why;
} failures[] = {
	{{.end = EXCHANGE_NOT_SENT}, "no answer from STS (https://sts.eu-west-1.amazonaws.com): "},
	{{.end = EXCHANGE_BROKEN}, "no answer from STS"},
	{{.status = 403, .body = ERROR}, "STS refuses with 403 AccessDenied: you may not"},
	{{.status = 503, .body = "<html>"}, "answers 503 and no reason"},
	{{.status = 200, .body = "<html><body/></html>"}, "answers 200, but no keys"},
	{{.status = 200, .body = "{\"AccessKeyId\":\"A\"}"}, "answers 200, but no keys"},
	{{.status = 200, .body = ANSWER("AssumeRole", "")}, "answers 200, but no keys"},
	{{.status = 200, .body = ANSWER("AssumeRole", "<Credentials/>")}, "answers 200, but no"},
	{{.status = 200,
	  .body = ANSWER("AssumeRole",
			 "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>"
			 "s</SecretAccessKey><SessionToken>a&#10;b</SessionToken>"
			 "<Expiration>2015-08-30T13:36:00Z</Expiration></Credentials>")},
	 "answers 200, but no keys"},
	{{.status = 200,
	  .body = ANSWER("AssumeRole", "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>"
				       "s</SecretAccessKey><SessionToken>t</SessionToken>"
				       "<Expiration>soon</Expiration></Credentials>")},
	 "answers 200, but no keys"},
};

START_TEST(what_does_not_work_brings_no_keys)
{
	script_play(&script, &failures[_i].step, 1);
	assume(&plain);
	ck_assert_ptr_null(taken.access_key);
	ck_assert_msg(strstr(taken_why, failures[_i].why) != NULL, "%s", taken_why);
	SCRIPT_PLAY(&script, {.status = 200, .body = ANSWER("AssumeRole", CREDENTIALS)});
	assume(&plain);
	ck_assert_str_eq(taken.access_key, "ASIA1");
}
END_TEST

START_TEST(a_clock_that_is_off_is_set_by_theirs)
{
	char value[64];

	SCRIPT_PLAY(&script,
		    {.status = 403,
		     .headers = "Date: Sun, 30 Aug 2015 14:36:00 GMT\r\n",
		     .body = ERROR},
		    {.status = 200, .body = ANSWER("AssumeRole", CREDENTIALS)});
	assume(&plain);
	assume(&plain);
	script_header(&script, 1, "X-Amz-Date", value, sizeof(value));
	ck_assert_int_eq(strncmp(value, "20150830T1436", 13), 0);
}
END_TEST

static void assume_once(void *context)
{
	(void)context;
	script_forget_requests(&script);
	script.next_step = 0;
	sts = make_sts();
	if (!sts) {
		ck_assert(alloc_has_failed());
		return;
	}
	assume(&plain);
	ck_assert(taken.access_key || alloc_has_failed());
	aws_keys_clear(&taken);
	sts_free(sts);
	sts = NULL;
}

START_TEST(it_fails_in_order_when_memory_is_short)
{
	sts_free(sts);
	sts = NULL;
	SCRIPT_PLAY(&script, {.status = 200, .body = ANSWER("AssumeRole", CREDENTIALS)});
	alloc_fail_each(assume_once, NULL);
}
END_TEST

Suite *sts_suite(void)
{
	Suite *all = suite_create("sts");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_role_is_assumed_with_other_keys);
	tcase_add_test(cases, a_token_needs_no_signature);
	tcase_add_test(cases, a_token_that_is_not_there_is_told);
	tcase_add_loop_test(cases, what_does_not_work_brings_no_keys, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(cases, a_clock_that_is_off_is_set_by_theirs);
	tcase_add_test(cases, it_fails_in_order_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
