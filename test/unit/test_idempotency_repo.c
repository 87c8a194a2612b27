#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/idempotency_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

/* The script's clock begins at 1440938160 s. */
#define RECORD(status, ttl)                                                                 \
	"{\"pk\":{\"S\":\"I#the-id\"},\"fingerprint\":{\"S\":\"the-fingerprint\"},"         \
	"\"answer_status\":{\"N\":\"" status "\"},\"content_type\":{\"S\":\"text/plain\"}," \
	"\"headers\":{\"S\":\"A: b\\nC: d\\n\"},\"body\":{\"S\":\"\\\"\\u00e4\\\"\\n\"},"   \
	"\"ttl\":{\"N\":\"" ttl "\"}}"
#define FOUND(record) TEXT("{\"Item\":" record "}")
#define GOOD RECORD("201", "1440938161")

static struct scripted_repo on;
static struct idempotency idempotency;

static void renew(void)
{
	scripted_repo_renew(&on);
	idempotency = (struct idempotency){0};
	strcpy(idempotency.id, "the-id");
	strcpy(idempotency.fingerprint, "the-fingerprint");
}

static void set_up(void)
{
	scripted_repo_init(&on);
	renew();
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_found(void)
{
	ck_assert(!idempotency.is_other);
	ck_assert_int_eq(idempotency.found.status, 201);
	ck_assert(span_equals(idempotency.found.content_type, "text/plain"));
	ck_assert(span_equals(idempotency.found.headers, "A: b\nC: d\n"));
	ck_assert(span_equals(idempotency.found.body, "\"\xc3\xa4\"\n"));
}

static void find(void)
{
	idempotency_repo_find(&on.repo, &idempotency, &on.await);
}

/* ------------------------------------------------------------------ finding */

START_TEST(a_key_that_never_came_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	find();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"I#the-id\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
}
END_TEST

START_TEST(an_earlier_request_is_found_with_its_answer)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(GOOD));
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert_found();
	ck_assert(!idempotency.is_kept);
}
END_TEST

START_TEST(an_earlier_request_with_another_body_is_another)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(GOOD));
	strcpy(idempotency.fingerprint, "the-fingerprinT");
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert(idempotency.is_other);
}
END_TEST

START_TEST(what_is_older_than_a_day_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(RECORD("201", "1440938160")));
	find();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	renew();
	SCRIPT_PLAY(&on.aws.script, FOUND(RECORD("x", "1")));
	find();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	find();
	scripted_repo_expect(&on, RESULT_REFUSED);
	renew();
	idempotency_repo_keep(&on.repo, &idempotency, &(struct kept_answer){.status = 200},
			      &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	ck_assert(!idempotency.is_kept);
}
END_TEST

/* ------------------------------------------------------------------ of a user */

#define USER "01900000-0000-7000-8000-000000000001"
#define UNMET "{\"Code\":\"ConditionalCheckFailed\"}"

static void keep_of_user(enum result expected)
{
	struct kept_answer answer = {.status = 200, .body = span_of("{}"), .owner = USER};

	renew();
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(what_tells_of_a_user_is_kept_with_a_note_while_the_user_is_there)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	keep_of_user(RESULT_OK);
	ck_assert(idempotency.is_kept);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0, "{\"pk\":{\"S\":\"U#" USER "\"},\"sk\":{\"S\":\"I#the-id\"}");
	ck_assert_sent(
		&on, 0,
		"{\"ConditionCheck\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"U#" USER
		"\"},\"sk\":{\"S\":\"#\"}},\"ConditionExpression\":\"attribute_exists(#p)\"");
	SCRIPT_PLAY(&on.aws.script, CANCELLED("{\"Code\":\"ConditionalCheckFailed\",\"Item\":" GOOD
					      "}," NONE "," UNMET));
	keep_of_user(RESULT_REPEATED);
	ck_assert_found();
}
END_TEST

START_TEST(of_who_is_not_there_nothing_is_kept)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," NONE "," UNMET));
	keep_of_user(RESULT_OK);
	ck_assert(!idempotency.is_kept);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," UNMET));
	keep_of_user(RESULT_GARBLED);
}
END_TEST

START_TEST(an_answer_that_went_with_its_person_is_told_apart)
{
	static const char record[] = "{\"fingerprint\":{\"S\":\"removed\"},"
				     "\"answer_status\":{\"N\":\"410\"}}";
	struct buf written = {0};

	SCRIPT_PLAY(&on.aws.script, FOUND("{\"fingerprint\":{\"S\":\"removed\"},"
					  "\"answer_status\":{\"N\":\"410\"}}"));
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert(idempotency.is_removed && !idempotency.is_other);
	buf_init(&written, 1000);
	idempotency_repo_write_removed(&on.repo, &written);
	ck_assert_int_eq(strncmp(buf_text(&written), record + 1, strlen(record) - 2), 0);
	buf_clear(&written);
}
END_TEST

/* ------------------------------------------------------------------ strange records */

#define OF(members) "{\"fingerprint\":{\"S\":\"the-fingerprint\"}," members "}"
#define STATUS(status) "\"answer_status\":{\"N\":\"" status "\"}"

static const struct {
	const char *record;
	enum result result;
} records[] = {
	{OF(STATUS("200")), RESULT_REPEATED},
	{OF(STATUS("499")), RESULT_REPEATED},
	{OF(STATUS("2.04e2")), RESULT_REPEATED},
	{OF(STATUS("199")), RESULT_GARBLED},
	{OF(STATUS("500")), RESULT_GARBLED},
	{OF(STATUS("0")), RESULT_GARBLED},
	{OF(STATUS("-200")), RESULT_GARBLED},
	{OF(STATUS("200.5")), RESULT_GARBLED},
	{OF(STATUS("4294967496")), RESULT_GARBLED}, /* 200 in 32 bits */
	{OF(STATUS("9223372036854775807")), RESULT_GARBLED},
	{OF(STATUS("1e100")), RESULT_GARBLED},
	{OF(STATUS("")), RESULT_GARBLED},
	{OF("\"answer_status\":{\"S\":\"200\"}"), RESULT_GARBLED},
	{OF("\"answer_status\":{\"N\":200}"), RESULT_GARBLED},
	{OF("\"answer_status\":{}"), RESULT_GARBLED},
	{OF("\"body\":{\"S\":\"b\"}"), RESULT_GARBLED},
	{"{" STATUS("200") "}", RESULT_GARBLED},
	{"{\"fingerprint\":{\"N\":\"1\"}," STATUS("200") "}", RESULT_GARBLED},
	{OF(STATUS("200") ",\"body\":{\"B\":\"YQ==\"}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"body\":{\"M\":{}}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"body\":{\"S\":1}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"body\":{}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"headers\":{\"L\":[]}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"content_type\":{\"NULL\":true}"), RESULT_GARBLED},
	{OF(STATUS("200") ",\"body\":{\"S\":\"a\\u0000b\\ud800\"}"), RESULT_REPEATED},
	{OF(STATUS("200") ",\"headers\":{\"S\":\"\"}"), RESULT_REPEATED},
	{OF(STATUS("200") ",\"ttl\":{\"S\":\"never\"}"), RESULT_REPEATED},
	{"{}", RESULT_GARBLED},
	{"[]", RESULT_GARBLED},
	{"\"record\"", RESULT_GARBLED},
	{"{\"fingerprint\":1}", RESULT_GARBLED},
};

START_TEST(a_strange_record_is_garbled_or_makes_sense)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		char answer[1024];
		const struct script_step step = {.status = 200, .body = answer};
		enum result result;

		snprintf(answer, sizeof(answer), "{\"Item\":%s}", records[i].record);
		renew();
		script_play(&on.aws.script, &step, 1);
		find();
		result = scripted_repo_run(&on);
		ck_assert_msg(result == records[i].result, "%s: %s", records[i].record,
			      result_name(result));
		if (result == RESULT_GARBLED)
			ck_assert(!idempotency.is_other && idempotency.found.status == 0);
	}
}
END_TEST

START_TEST(what_a_record_lacks_is_absent)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(OF(STATUS("204"))));
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert_int_eq(idempotency.found.status, 204);
	ck_assert_ptr_null(idempotency.found.content_type.data);
	ck_assert_ptr_null(idempotency.found.headers.data);
	ck_assert_ptr_null(idempotency.found.body.data);
}
END_TEST

START_TEST(characters_are_what_they_were)
{
	SCRIPT_PLAY(&on.aws.script, FOUND(OF(STATUS("200") ",\"body\":{\"S\":\"a\\u0000b\"}")));
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert_uint_eq(idempotency.found.body.len, 3);
	ck_assert_mem_eq(idempotency.found.body.data, "a\0b", 3);
}
END_TEST

START_TEST(no_text_is_a_record_and_none_is_read_beyond_its_end)
{
	for (size_t len = 0; len < strlen(GOOD); len++) {
		struct span part = {GOOD, len};
		enum result result;

		renew();
		if (!json_scan_check(part)) /* only checked texts come here; but none at all may */
			part = (struct span){NULL, 0};
		result = idempotency_repo_take(&idempotency, part, &on.arena);
		ck_assert_int_eq(result, RESULT_GARBLED);
	}
}
END_TEST

/* ------------------------------------------------------------------ keeping */

static struct kept_answer answer_of(const char *body)
{
	return (struct kept_answer){.status = 409,
				    .content_type = span_of("application/json"),
				    .headers = span_of("A: \"b\"\n"),
				    .body = span_of(body)};
}

START_TEST(an_answer_is_kept_for_a_day_unless_there_is_one)
{
	struct kept_answer answer = answer_of("{\"a\":1}\n");

	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(idempotency.is_kept);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert_sent(&on, 0,
		       "\"Item\":{\"pk\":{\"S\":\"I#the-id\"},\"sk\":{\"S\":\"#\"},"
		       "\"fingerprint\":{\"S\":\"the-fingerprint\"},"
		       "\"answer_status\":{\"N\":\"409\"},"
		       "\"content_type\":{\"S\":\"application/json\"},"
		       "\"headers\":{\"S\":\"A: \\\"b\\\"\\n\"},"
		       "\"body\":{\"S\":\"{\\\"a\\\":1}\\n\"},\"ttl\":{\"N\":\"1441024560\"}");
	ck_assert_sent(&on, 0, "\"attribute_not_exists(#p) OR #t <= :now\"");
	ck_assert_sent(&on, 0, "{\"#p\":\"pk\",\"#t\":\"ttl\"}");
	ck_assert_sent(&on, 0, "{\":now\":{\"N\":\"1440938160\"}}");
}
END_TEST

START_TEST(an_answer_without_texts_has_none_in_its_record)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	idempotency_repo_keep(&on.repo, &idempotency, &(struct kept_answer){.status = 204},
			      &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_not_sent(&on, 0, "content_type");
	ck_assert_not_sent(&on, 0, "headers");
	ck_assert_not_sent(&on, 0, "body");
}
END_TEST

START_TEST(another_answer_that_was_faster_counts)
{
	struct kept_answer answer = answer_of("late");

	SCRIPT_PLAY(&on.aws.script, FAILED(GOOD));
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert(!idempotency.is_kept);
	ck_assert_found();
	renew();
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ConditionalCheckFailedException"));
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

START_TEST(an_answer_may_be_384_kib_and_mostly_escapes)
{
	static char body[IDEMPOTENCY_ANSWER_MAX + 2];
	struct kept_answer answer;

	memset(body, '"', sizeof(body) - 1);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	answer = answer_of(body);
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_TOO_LARGE);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	renew();
	answer.body.len = IDEMPOTENCY_ANSWER_MAX;
	idempotency_repo_keep(&on.repo, &idempotency, &answer, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

START_TEST(what_is_kept_is_what_is_found)
{
	static char item[4096];
	static char answer[8192];
	const struct script_step step = {.status = 200, .body = answer};
	struct kept_answer kept = answer_of("a\"\\\x01\xf0\x9f\x98\x80\n");
	struct idempotency_write record;
	struct dynamodb_write write;

	ck_assert_int_eq(idempotency_repo_prepare(&on.repo, &idempotency, &kept, &record, &write),
			 RESULT_OK);
	snprintf(item, sizeof(item), "{%s}", write.item);
	buf_clear(&record.item);
	snprintf(answer, sizeof(answer), "{\"Item\":%s}", item);
	script_play(&on.aws.script, &step, 1);
	find();
	scripted_repo_expect(&on, RESULT_REPEATED);
	ck_assert(!idempotency.is_other);
	ck_assert_int_eq(idempotency.found.status, 409);
	ck_assert(span_equals(idempotency.found.headers, "A: \"b\"\n"));
	ck_assert(span_equals(idempotency.found.body, "a\"\\\x01\xf0\x9f\x98\x80\n"));
}
END_TEST

/* ------------------------------------------------------------------ short memory */

static void run_once(void *context)
{
	const bool *finds = context;
	enum result result;

	idempotency = (struct idempotency){0};
	strcpy(idempotency.fingerprint, "the-fingerprint");
	if (!scripted_repo_enter(&on))
		return;
	if (*finds)
		find();
	else
		idempotency_repo_keep(&on.repo, &idempotency, &(struct kept_answer){.status = 204},
				      &on.await);
	result = scripted_repo_run(&on);
	if (result == RESULT_REPEATED)
		ck_assert_found();
	else if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	bool finds = true;

	SCRIPT_PLAY(&on.aws.script, FOUND(GOOD));
	alloc_fail_each(run_once, &finds);
	finds = false;
	SCRIPT_PLAY(&on.aws.script, FAILED(GOOD));
	alloc_fail_each(run_once, &finds);
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	alloc_fail_each(run_once, &finds);
}
END_TEST

Suite *idempotency_repo_suite(void)
{
	Suite *suite = suite_create("idempotency_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_key_that_never_came_is_not_found);
	tcase_add_test(tests, an_earlier_request_is_found_with_its_answer);
	tcase_add_test(tests, an_earlier_request_with_another_body_is_another);
	tcase_add_test(tests, what_is_older_than_a_day_is_not_found);
	tcase_add_test(tests, what_tells_of_a_user_is_kept_with_a_note_while_the_user_is_there);
	tcase_add_test(tests, of_who_is_not_there_nothing_is_kept);
	tcase_add_test(tests, an_answer_that_went_with_its_person_is_told_apart);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, a_strange_record_is_garbled_or_makes_sense);
	tcase_add_test(tests, what_a_record_lacks_is_absent);
	tcase_add_test(tests, characters_are_what_they_were);
	tcase_add_test(tests, no_text_is_a_record_and_none_is_read_beyond_its_end);
	tcase_add_test(tests, an_answer_is_kept_for_a_day_unless_there_is_one);
	tcase_add_test(tests, an_answer_without_texts_has_none_in_its_record);
	tcase_add_test(tests, another_answer_that_was_faster_counts);
	tcase_add_test(tests, an_answer_may_be_384_kib_and_mostly_escapes);
	tcase_add_test(tests, what_is_kept_is_what_is_found);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
