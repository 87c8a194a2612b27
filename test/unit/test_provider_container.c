#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/provider_container.h"
#include "providing.h"
#include "written.h"

static const char *header(size_t request, const char *name)
{
	static char value[200];

	return script_header(&providing.script, request, name, value, sizeof(value));
}

static void assert_request_line(size_t request, const char *line)
{
	const char *text = providing.script.requests[request].text;

	ck_assert_msg(strncmp(text, line, strlen(line)) == 0, "%s", text);
}

START_TEST(ecs_has_an_address_of_its_own)
{
	providing_assert_look(&provider_container, PROVIDER_UNSET, "are not set");
	providing.config.container_full_uri = "https://example.com/x";
	ck_assert(provider_container.needs_trust(&providing.config));
	providing.config.container_relative_uri = "/v2/credentials/1?a=b";
	ck_assert(!provider_container.needs_trust(&providing.config));
	providing_assert_look(&provider_container, PROVIDER_SET,
			      "http://169.254.170.2/v2/credentials/1?a=b");
	SCRIPT_PLAY(&providing.script, PROVIDING_JSON("ASIA1"));
	providing_fetch(&provider_container);
	providing_assert_key("ASIA1");
	assert_request_line(0, "GET /v2/credentials/1?a=b HTTP/1.1\r\n");
	ck_assert_str_eq(header(0, "Host"), "169.254.170.2");
	ck_assert_str_eq(header(0, "Authorization"), "");
}
END_TEST

START_TEST(others_are_anywhere_and_read_a_token_each_time)
{
	providing.config.container_full_uri = "http://[fd00:ec2::23]:80";
	providing.config.container_token = "from the variable";
	SCRIPT_PLAY(&providing.script, PROVIDING_JSON("ASIA1"));
	providing_fetch(&provider_container);
	providing_assert_key("ASIA1");
	assert_request_line(0, "GET / HTTP/1.1\r\n");
	ck_assert_str_eq(header(0, "Host"), "[fd00:ec2::23]:80");
	ck_assert_str_eq(header(0, "Authorization"), "from the variable");
	providing.config.container_token_file = written("token", "first\n");
	providing_fetch(&provider_container);
	ck_assert_str_eq(header(1, "Authorization"), "first");
	written("token", "second");
	providing_fetch(&provider_container);
	ck_assert_str_eq(header(2, "Authorization"), "second");
}
END_TEST

START_TEST(a_token_that_would_be_two_headers_is_refused)
{
	providing.config.container_full_uri = "http://169.254.170.23/v1/credentials";
	providing.config.container_token_file = written("token", "a\r\nX-Evil: b\n");
	providing_fetch(&provider_container);
	providing_assert_why("has a line break");
	written("token", "\n");
	providing_fetch(&provider_container);
	providing_assert_why("is empty");
	providing.config.container_token_file = written_path("none");
	providing_fetch(&provider_container);
	providing_assert_why("none cannot be read: No such file");
	ck_assert_uint_eq(providing.script.request_count, 0);
}
END_TEST

static const struct {
	struct script_step step;
	const char *why;
} failures[] = {
	{{.end = EXCHANGE_TIMEOUT}, "no answer from http://169.254.170.23: scripted"},
	{{.end = EXCHANGE_BROKEN}, "no answer from http://169.254.170.23: scripted"},
	{{.status = 401, .body = "{\"code\":\"x\",\"message\":\"no such token\"}"},
	 "answers 401 no such token"},
	{{.status = 500, .body = "<html>"}, "answers 500"},
	{{.status = 200, .body = "<html></html>"},
	 "the answer of http://169.254.170.23 is not JSON"},
	{{.status = 200, .body = "{\"code\":\"x\"}"}, "has no keys that can be used"},
};

START_TEST(what_does_not_work_is_told)
{
	providing.config.container_full_uri = "http://169.254.170.23/v1/credentials";
	script_play(&providing.script, &failures[_i].step, 1);
	providing_fetch(&provider_container);
	providing_assert_why(failures[_i].why);
	SCRIPT_PLAY(&providing.script, PROVIDING_JSON("ASIA1"));
	providing_fetch(&provider_container);
	providing_assert_key("ASIA1");
}
END_TEST

START_TEST(a_profile_may_name_one_that_is_not_configured)
{
	providing_fetch(&provider_container);
	providing_assert_why("the container's endpoint is not configured");
}
END_TEST

START_TEST(a_lack_of_memory_is_told)
{
	providing.config.container_full_uri = "http://169.254.170.23/v1/credentials";
	providing.config.container_token_file = written("token", "first");
	SCRIPT_PLAY(&providing.script, PROVIDING_JSON("ASIA1"));
	alloc_fail_each(providing_fetch_once, (void *)(uintptr_t)&provider_container);
}
END_TEST

Suite *provider_container_suite(void)
{
	Suite *all = suite_create("provider_container");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, ecs_has_an_address_of_its_own);
	tcase_add_test(cases, others_are_anywhere_and_read_a_token_each_time);
	tcase_add_test(cases, a_token_that_would_be_two_headers_is_refused);
	tcase_add_loop_test(cases, what_does_not_work_is_told, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(cases, a_profile_may_name_one_that_is_not_configured);
	tcase_add_test(cases, a_lack_of_memory_is_told);
	suite_add_tcase(all, cases);
	return all;
}
