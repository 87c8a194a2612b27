#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/imds.h"
#include "scripted.h"

enum { SECOND = 1000000 };

#define KEYS(more)                                                               \
	"{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIA1\"," \
	"\"SecretAccessKey\":\"sec/ret\",\"Token\":\"to\\/ken==\"," more         \
	"\"Expiration\":\"2015-08-30T18:36:00Z\"}"

static struct script script;
static struct imds *imds;
static bool is_done;
static struct aws_keys taken;

static char taken_why[PROVIDER_WHY_SIZE];

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

static struct imds *make_imds(const char *endpoint)
{
	return imds_new(&(struct imds_options){.endpoint = endpoint,
					       .loop = script.loop,
					       .transport = &script.transport});
}

static void set_up(void)
{
	script_init(&script);
	imds = make_imds("http://169.254.169.254");
	ck_assert_ptr_nonnull(imds);
}

static void tear_down(void)
{
	aws_keys_clear(&taken);
	imds_free(imds);
	script_clear(&script);
}

static void fetch(void)
{
	is_done = false;
	imds_fetch(imds, on_keys, &script);
	ck_assert_msg(!is_done, "called from within imds_fetch");
	script_run(&script, &is_done, 10 * SECOND);
	ck_assert(is_done);
}

static const char *first_line(size_t request)
{
	static char line[256];
	size_t len = strcspn(script.requests[request].text, "\r");

	memcpy(line, script.requests[request].text, len);
	line[len] = '\0';
	return line;
}

START_TEST(three_questions_bring_the_keys)
{
	char value[128];

	SCRIPT_PLAY(&script, {.status = 200, .body = "TOKEN=="},
		    {.status = 200, .body = "shop-role\n"}, {.status = 200, .body = KEYS("")});
	fetch();
	ck_assert_str_eq(taken.access_key, "ASIA1");
	ck_assert_str_eq(taken.secret, "sec/ret");
	ck_assert_str_eq(taken.token, "to/ken==");
	ck_assert_int_eq(taken.expires_ms,
			 script.wall_ms - script.wall_ms % 60000 + 6 * 3600 * 1000);
	ck_assert_str_eq(first_line(0), "PUT /latest/api/token HTTP/1.1");
	ck_assert_str_eq(script_header(&script, 0, "X-aws-ec2-metadata-token-ttl-seconds", value,
				       128),
			 "21600");
	ck_assert_str_eq(script_header(&script, 0, "Host", value, 128), "169.254.169.254");
	ck_assert_str_eq(first_line(1), "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1");
	ck_assert_str_eq(script_header(&script, 1, "X-aws-ec2-metadata-token", value, 128),
			 "TOKEN==");
	ck_assert_str_eq(first_line(2),
			 "GET /latest/meta-data/iam/security-credentials/shop-role HTTP/1.1");
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(script.requests[i].deadline_us - script.requests[i].at_us,
				  SECOND);
}
END_TEST

START_TEST(the_token_is_kept_until_it_is_old)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = "TOKEN"}, {.status = 200, .body = "role"},
		    {.status = 200, .body = KEYS("")}, {.status = 200, .body = "role"},
		    {.status = 200, .body = KEYS("")}, {.status = 200, .body = "TOKEN2"},
		    {.status = 200, .body = "role"}, {.status = 200, .body = KEYS("")});
	fetch();
	fetch();
	ck_assert_uint_eq(script.request_count, 5);
	script_pass(&script, 21000ULL * SECOND);
	fetch();
	ck_assert_uint_eq(script.request_count, 8);
	ck_assert_str_eq(first_line(5), "PUT /latest/api/token HTTP/1.1");
}
END_TEST

START_TEST(a_refused_token_is_renewed_once)
{
	SCRIPT_PLAY(&script, {.status = 200, .body = "OLD"}, {.status = 401},
		    {.status = 200, .body = "NEW"}, {.status = 200, .body = "role"},
		    {.status = 200, .body = KEYS("")});
	fetch();
	ck_assert_ptr_nonnull(taken.access_key);
	ck_assert_uint_eq(script.request_count, 5);

	script_forget_requests(&script);
	SCRIPT_PLAY(&script, {.status = 401}, {.status = 200, .body = "NEW"}, {.status = 401});
	fetch();
	ck_assert_ptr_null(taken.access_key);
	ck_assert_uint_eq(script.request_count, 3);
}
END_TEST

#define TOKEN_STEP                             \
	{                                      \
		.status = 200, .body = "TOKEN" \
	}
#define ROLE_STEP                             \
	{                                     \
		.status = 200, .body = "role" \
	}

START_TEST(what_does_not_work_brings_no_keys)
{
	static const struct script_step table[][3] = {
		{{.end = EXCHANGE_NOT_SENT}},
		{{.end = EXCHANGE_TIMEOUT, .was_sent = true}},
		{{.end = EXCHANGE_SHUTDOWN}},
		{{.status = 403}},
		{{.status = 200, .body = ""}},
		{{.status = 200, .body = "a b"}},
		{{.status = 200, .body = "\x80"}},
		{TOKEN_STEP, {.status = 404}},
		{TOKEN_STEP, {.status = 200, .body = ""}},
		{TOKEN_STEP, {.status = 200, .body = "../evil"}},
		{TOKEN_STEP, {.status = 200, .body = "a?b"}},
		{TOKEN_STEP, {.status = 500}},
		{TOKEN_STEP, {.status = 200, .body = "<html>Sign in</html>"}},
		{TOKEN_STEP, {.end = EXCHANGE_TIMEOUT, .was_sent = true}},
		{TOKEN_STEP, ROLE_STEP, {.status = 200, .body = "<html>Sign in</html>"}},
		{TOKEN_STEP,
		 ROLE_STEP,
		 {.status = 200, .body = "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA"}},
		{TOKEN_STEP, ROLE_STEP, {.status = 404}},
		{TOKEN_STEP, ROLE_STEP, {.status = 200, .body = ""}},
		{TOKEN_STEP, ROLE_STEP, {.status = 200, .body = "{\"Code\":\"Failed\"}"}},
		{TOKEN_STEP, ROLE_STEP, {.end = EXCHANGE_BROKEN, .was_sent = true}},
	};

	script_play(&script, table[_i], 3);
	fetch();
	ck_assert_ptr_null(taken.access_key);
	/* The next fetch is not hampered by it. */
	imds_free(imds);
	imds = make_imds("http://[fd00:ec2::254]/");
	SCRIPT_PLAY(&script, TOKEN_STEP, ROLE_STEP, {.status = 200, .body = KEYS("")});
	script_forget_requests(&script);
	fetch();
	ck_assert_ptr_nonnull(taken.access_key);
	ck_assert_ptr_nonnull(strstr(script.requests[0].text, "\r\nHost: [fd00:ec2::254]\r\n"));
}
END_TEST

static char region[IMDS_REGION_SIZE];

static void on_region(void *context, const char *found, const char *why)
{
	ck_assert_ptr_eq(context, &script);
	is_done = true;
	snprintf(region, sizeof(region), "%s", found);
	snprintf(taken_why, sizeof(taken_why), "%s", why);
}

static void find_region(void)
{
	is_done = false;
	imds_find_region(imds, on_region, &script);
	ck_assert(!is_done);
	script_run(&script, &is_done, 10 * SECOND);
	ck_assert(is_done);
}

START_TEST(the_region_is_found)
{
	SCRIPT_PLAY(&script, TOKEN_STEP, {.status = 200, .body = "eu-west-1"}, {.status = 401},
		    TOKEN_STEP, {.status = 200, .body = "eu-west-2\n"},
		    {.status = 200, .body = "<html><body>Sign in</body></html>"});
	find_region();
	ck_assert_str_eq(region, "eu-west-1");
	ck_assert_str_eq(first_line(1), "GET /latest/meta-data/placement/region HTTP/1.1");
	find_region();
	ck_assert_str_eq(region, "eu-west-2");
	find_region();
	ck_assert_str_eq(region, "");
	ck_assert_ptr_nonnull(strstr(taken_why, "gives something else than the region"));
}
END_TEST

static const struct {
	struct script_step step;
	const char *why;
} failures[] = {
	{{.end = EXCHANGE_TIMEOUT, .was_sent = true}, "hop limit must be 2 or more"},
	{{.end = EXCHANGE_NOT_SENT}, "is this an EC2 instance?"},
	{{.status = 403}, "answers 403 to the question for a token; it is switched off"},
	{{.status = 200, .body = "<html></html> <p>"}, "gives something else than a token"},
};

START_TEST(why_there_is_nothing_is_told)
{
	script_play(&script, &failures[_i].step, 1);
	fetch();
	ck_assert_msg(strstr(taken_why, failures[_i].why) != NULL, "%s", taken_why);
}
END_TEST

static void fetch_once(void *context)
{
	(void)context;
	script_forget_requests(&script);
	script.next_step = 0;
	imds = make_imds("http://169.254.169.254");
	if (!imds) {
		ck_assert(alloc_has_failed());
		return;
	}
	fetch();
	ck_assert(taken.access_key || alloc_has_failed());
	aws_keys_clear(&taken);
	imds_free(imds);
	imds = NULL;
}

START_TEST(it_fails_in_order_when_memory_is_short)
{
	imds_free(imds);
	imds = NULL;
	SCRIPT_PLAY(&script, {.status = 200, .body = "TOKEN"}, {.status = 200, .body = "role"},
		    {.status = 200, .body = KEYS("")});
	alloc_fail_each(fetch_once, NULL);
}
END_TEST

Suite *imds_suite(void)
{
	Suite *all = suite_create("imds");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, three_questions_bring_the_keys);
	tcase_add_test(cases, the_token_is_kept_until_it_is_old);
	tcase_add_test(cases, a_refused_token_is_renewed_once);
	tcase_add_loop_test(cases, what_does_not_work_brings_no_keys, 0, 20);
	tcase_add_test(cases, the_region_is_found);
	tcase_add_loop_test(cases, why_there_is_nothing_is_told, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(cases, it_fails_in_order_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
