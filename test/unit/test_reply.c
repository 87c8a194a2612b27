#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/problem.h"
#include "http/reply.h"

static struct request rq;

static void set_up(void)
{
	memset(&rq, 0, sizeof(rq));
	rq.path = "/product/x";
	strcpy(rq.id, "the-id");
}

static void tear_down(void)
{
	buf_clear(&rq.reply.body);
	arena_clear(&rq.arena);
}

static void again(void)
{
	tear_down();
	set_up();
}

static const char *header(const char *name)
{
	for (size_t i = 0; i < rq.reply.header_count; i++)
		if (strcmp(rq.reply.headers[i].name, name) == 0)
			return rq.reply.headers[i].value;
	return NULL;
}

/* ---- bodies ---- */

static struct buf body_of(const char *text)
{
	struct buf body = {0};

	buf_init(&body, 1000);
	buf_add_str(&body, text);
	return body;
}

START_TEST(a_json_body_is_taken_over_and_ends_in_a_new_line)
{
	struct buf body = body_of("{}");

	ck_assert_int_eq(reply_json(&rq, 201, &body), FLOW_REPLY);
	ck_assert(rq.reply.is_made);
	ck_assert_int_eq(rq.reply.status, 201);
	ck_assert_str_eq(rq.reply.content_type, "application/json");
	ck_assert_str_eq(buf_text(&rq.reply.body), "{}\n");
	ck_assert_ptr_null(body.data);
	ck_assert_ptr_null(rq.reply.code);
}
END_TEST

START_TEST(another_body_stays_as_it_is)
{
	struct buf body = body_of("a 1\n");

	ck_assert_int_eq(reply_text(&rq, 200, "text/plain", &body), FLOW_REPLY);
	ck_assert_str_eq(rq.reply.content_type, "text/plain");
	ck_assert_str_eq(buf_text(&rq.reply.body), "a 1\n");
}
END_TEST

START_TEST(an_empty_reply_has_no_type)
{
	ck_assert_int_eq(reply_empty(&rq, 304), FLOW_REPLY);
	ck_assert_int_eq(rq.reply.status, 304);
	ck_assert_ptr_null(rq.reply.content_type);
	ck_assert_uint_eq(rq.reply.body.len, 0);
}
END_TEST

START_TEST(a_body_that_failed_becomes_a_503)
{
	struct buf body = body_of("{}");

	body.failed = true;
	ck_assert_int_eq(reply_json(&rq, 200, &body), FLOW_REPLY);
	ck_assert_int_eq(rq.reply.status, 503);
	ck_assert_str_eq(rq.reply.content_type, "application/problem+json");
	ck_assert_str_eq(header("Retry-After"), "1");
	ck_assert_ptr_null(body.data);
}
END_TEST

START_TEST(a_second_reply_is_our_own_mistake)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* assert's message */
	reply_empty(&rq, 204);
	reply_problem(&rq, "not-found", NULL);
}
END_TEST

/* ---- problems ---- */

/* The body as JSON; jansson has the last word on whether it is. */
static json_t *problem(void)
{
	json_error_t error;
	json_t *json = json_loads(buf_text(&rq.reply.body), JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(json != NULL, "%s in %s", error.text, buf_text(&rq.reply.body));
	ck_assert_str_eq(rq.reply.content_type, "application/problem+json");
	return json;
}

static const char *text(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

START_TEST(a_problem_says_what_where_and_who)
{
	json_t *json;

	ck_assert_int_eq(reply_problem(&rq, "product-not-found", NULL), FLOW_REPLY);
	json = problem();
	ck_assert_int_eq(rq.reply.status, 404);
	ck_assert_str_eq(rq.reply.code, "product-not-found");
	ck_assert_str_eq(text(json, "type"), "/problem/product-not-found");
	ck_assert_str_eq(text(json, "title"), "No such product");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "status")), 404);
	ck_assert_str_eq(text(json, "detail"), problem_find("product-not-found")->detail);
	ck_assert_str_eq(text(json, "code"), "product-not-found");
	ck_assert_str_eq(text(json, "instance"), "/product/x");
	ck_assert_str_eq(text(json, "request_id"), "the-id");
	ck_assert_uint_eq(json_object_size(json), 7);
	ck_assert_ptr_null(header("Retry-After"));
	json_decref(json);
}
END_TEST

START_TEST(a_problem_before_the_path_is_known_has_no_instance)
{
	json_t *json;

	rq.path = NULL;
	reply_problem(&rq, "invalid-request", NULL);
	json = problem();
	ck_assert_ptr_null(json_object_get(json, "instance"));
	json_decref(json);
}
END_TEST

START_TEST(a_503_says_when_to_come_back)
{
	reply_problem(&rq, "not-ready", NULL);
	ck_assert_str_eq(header("Retry-After"), "1");
}
END_TEST

START_TEST(further_members_stand_behind_the_usual_ones)
{
	json_t *json;

	reply_problem_members(&rq, "validation-failed", "\"errors\":[{\"pointer\":\"/a\"}]", NULL);
	json = problem();
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 1);
	ck_assert_uint_eq(json_object_size(json), 8);
	json_decref(json);
}
END_TEST

/* Whatever is put into a detail, the body stays JSON. */
static const struct {
	const char *given;
	const char *shown; /* NULL: the same */
} details[] = {
	{"plain", NULL},
	{"quotes \" and \\ backslashes", NULL},
	{"lines\r\nand\ttabs", NULL},
	{"\x01\x1f\x7f", NULL},
	{"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", NULL},
	{"cut \xc3", "cut \xef\xbf\xbd"},
	{"broken \xff\xfe!", "broken \xef\xbf\xbd\xef\xbf\xbd!"},
	{"", NULL},
};

START_TEST(a_detail_of_any_bytes_is_a_json_string)
{
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		json_t *json;

		reply_problem(&rq, "invalid-header", "%s", details[i].given);
		json = problem();
		ck_assert_str_eq(text(json, "detail"),
				 details[i].shown != NULL ? details[i].shown : details[i].given);
		json_decref(json);
		again();
	}
}
END_TEST

START_TEST(a_detail_that_is_too_long_is_cut_between_characters)
{
	char long_text[2001];

	for (size_t shift = 0; shift < 4; shift++) {
		json_t *json;

		memset(long_text, 'x', shift);
		for (size_t i = shift; i + 4 < sizeof(long_text); i += 4)
			memcpy(long_text + i, "\xf0\x9f\x98\x80", 5);
		reply_problem(&rq, "invalid-header", "%s", long_text);
		json = problem();
		ck_assert_uint_gt(strlen(text(json, "detail")), 400);
		json_decref(json);
		again();
	}
}
END_TEST

START_TEST(each_failure_is_a_503_that_says_what_it_can)
{
	for (enum result result = RESULT_THROTTLED; result <= RESULT_NO_MEMORY; result++) {
		json_t *json;

		ck_assert(result_is_failure(result));
		ck_assert_int_eq(reply_failure(&rq, result), FLOW_REPLY);
		json = problem();
		ck_assert_int_eq(rq.reply.status, 503);
		ck_assert_str_ne(text(json, "detail"), "");
		ck_assert_str_eq(header("Retry-After"), "1");
		if (result == RESULT_UNKNOWN || result == RESULT_TIMEOUT)
			ck_assert_ptr_null(strstr(text(json, "detail"), "Nothing was changed"));
		json_decref(json);
		again();
	}
}
END_TEST

/* ---- headers ---- */

START_TEST(a_header_cannot_end_its_line)
{
	reply_header(&rq, "X-Test", "a\r\nSet-Cookie: b\tc\x01%s", "\n\r");
	ck_assert_str_eq(header("X-Test"), "a  Set-Cookie: b c   ");
	reply_etag(&rq, "1\r\nX: y");
	ck_assert_str_eq(header("ETag"), "\"1  X: y\"");
}
END_TEST

START_TEST(a_header_that_is_too_long_or_one_too_many_is_left_out)
{
	char value[3000];

	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	reply_header(&rq, "X-Long", "%s", value);
	ck_assert_uint_eq(rq.reply.header_count, 0);
	for (int i = 0; i < REPLY_HEADERS_MAX + 1; i++)
		reply_header(&rq, "X-Many", "%d", i);
	ck_assert_uint_eq(rq.reply.header_count, REPLY_HEADERS_MAX);
}
END_TEST

static void give_query(const char *name, const char *value)
{
	rq.query[rq.query_count++] = (struct query_parameter){name, value};
}

START_TEST(the_next_page_has_the_same_query_and_another_cursor)
{
	rq.path = "/product";
	reply_next_link(&rq, "abc");
	ck_assert_str_eq(header("Link"), "</product?cursor=abc>; rel=\"next\"");
	again();
	rq.path = "/product";
	give_query("limit", "10");
	give_query("cursor", "old");
	give_query("q", "a&b=c d>;,\"\xc3\xbc");
	reply_next_link(&rq, "n/w=");
	ck_assert_str_eq(header("Link"), "</product?limit=10&q=a%26b%3Dc%20d%3E%3B%2C%22%C3%BC"
					 "&cursor=n%2Fw%3D>; rel=\"next\"");
}
END_TEST

START_TEST(a_path_cannot_leave_its_link)
{
	rq.path = "/a>;rel=\"self\",</b\"<";
	reply_next_link(&rq, "x");
	ck_assert_str_eq(header("Link"),
			 "</a%3E;rel=%22self%22,%3C/b%22%3C?cursor=x>; rel=\"next\"");
}
END_TEST

START_TEST(a_link_that_is_too_long_is_left_out)
{
	char value[3000];

	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	give_query("q", value);
	reply_next_link(&rq, "abc");
	ck_assert_ptr_null(header("Link"));
	ck_assert(!rq.reply.is_made);
}
END_TEST

/* ---- out of memory ---- */

static void reply_with_a_problem(void *context)
{
	const char *body;

	(void)context;
	set_up();
	reply_header(&rq, "X-Test", "%d", 1);
	ck_assert_int_eq(reply_problem(&rq, "not-found", "There is no %s.", "x"), FLOW_REPLY);
	body = rq.reply.constant.data != NULL ? rq.reply.constant.data : buf_text(&rq.reply.body);
	ck_assert_int_eq(rq.reply.status, rq.reply.constant.data != NULL ? 503 : 404);
	ck_assert(strstr(body, "\"request_id\"") != NULL || alloc_has_failed());
	tear_down();
}

static void reply_with_a_list(void *context)
{
	struct buf body = {0};

	(void)context;
	set_up();
	buf_init(&body, 1000);
	buf_add_str(&body, "{}");
	give_query("a", "b");
	reply_next_link(&rq, "abc");
	reply_etag(&rq, "1");
	reply_json(&rq, 200, &body);
	ck_assert(rq.reply.is_made);
	ck_assert(rq.reply.status == 200 || alloc_has_failed());
	tear_down();
}

START_TEST(without_memory_there_is_still_a_reply)
{
	json_t *json;

	alloc_fail_each(reply_with_a_problem, NULL);
	alloc_fail_each(reply_with_a_list, NULL);
	set_up();
	alloc_fail_at(1);
	reply_problem_members(&rq, "not-found", NULL, NULL);
	alloc_fail_at(0);
	ck_assert_ptr_nonnull(rq.reply.constant.data);
	json = json_loads(rq.reply.constant.data, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_str_eq(text(json, "code"), "unavailable");
	json_decref(json);
}
END_TEST

Suite *reply_suite(void)
{
	Suite *suite = suite_create("reply");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_json_body_is_taken_over_and_ends_in_a_new_line);
	tcase_add_test(tcase, another_body_stays_as_it_is);
	tcase_add_test(tcase, an_empty_reply_has_no_type);
	tcase_add_test(tcase, a_body_that_failed_becomes_a_503);
	tcase_add_test_raise_signal(tcase, a_second_reply_is_our_own_mistake, SIGABRT);
	tcase_add_test(tcase, a_problem_says_what_where_and_who);
	tcase_add_test(tcase, a_problem_before_the_path_is_known_has_no_instance);
	tcase_add_test(tcase, a_503_says_when_to_come_back);
	tcase_add_test(tcase, further_members_stand_behind_the_usual_ones);
	tcase_add_test(tcase, a_detail_of_any_bytes_is_a_json_string);
	tcase_add_test(tcase, a_detail_that_is_too_long_is_cut_between_characters);
	tcase_add_test(tcase, each_failure_is_a_503_that_says_what_it_can);
	tcase_add_test(tcase, a_header_cannot_end_its_line);
	tcase_add_test(tcase, a_header_that_is_too_long_or_one_too_many_is_left_out);
	tcase_add_test(tcase, the_next_page_has_the_same_query_and_another_cursor);
	tcase_add_test(tcase, a_path_cannot_leave_its_link);
	tcase_add_test(tcase, a_link_that_is_too_long_is_left_out);
	tcase_add_test(tcase, without_memory_there_is_still_a_reply);
	suite_add_tcase(suite, tcase);
	return suite;
}
