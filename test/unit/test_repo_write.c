#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/idempotency_repo.h"
#include "repo/repo_write.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define FAILS "{\"Code\":\"ConditionalCheckFailed\"}"
#define FAILS_WITH(item) "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" item "}"
#define RECORD                                                                       \
	"{\"pk\":{\"S\":\"I#the-id\"},\"fingerprint\":{\"S\":\"the-fingerprint\"},"  \
	"\"answer_status\":{\"N\":\"201\"},\"content_type\":{\"S\":\"text/plain\"}," \
	"\"headers\":{\"S\":\"Location: /a\\n\"},\"body\":{\"S\":\"done\"},"         \
	"\"ttl\":{\"N\":\"1440938160\"}}"

static struct scripted_repo on;
static struct dynamodb_call call;
static struct idempotency idempotency;
static enum result result; /* of repo_write, then of the call */
static char old_item[100]; /* of the first reason */
static unsigned rehearsals;
static bool can_rehearse;
static size_t body_len;
static const char *owner; /* of the answer */

static bool rehearse(struct idempotency *which, struct kept_answer *answer)
{
	static char body[IDEMPOTENCY_ANSWER_MAX + 1];

	ck_assert_ptr_eq(which, &idempotency);
	rehearsals++;
	memset(body, 'b', sizeof(body));
	*answer = (struct kept_answer){.status = 201,
				       .content_type = span_of("text/plain"),
				       .body = {body, body_len}};
	strcpy(answer->owner, owner);
	return can_rehearse;
}

static void on_done(struct dynamodb_call *done)
{
	ck_assert_ptr_eq(done, &call);
	ck_assert_ptr_eq(done->context, &on);
	ck_assert(!on.is_done);
	result = done->result;
	old_item[0] = '\0';
	if (result == RESULT_CONFLICT && done->reasons[0].item.data)
		snprintf(old_item, sizeof(old_item), "%.*s", (int)done->reasons[0].item.len,
			 done->reasons[0].item.data);
	on.is_done = true;
}

static void set_up(void)
{
	scripted_repo_init(&on);
	idempotency = (struct idempotency){.rehearse = rehearse};
	strcpy(idempotency.id, "the-id");
	strcpy(idempotency.fingerprint, "the-fingerprint");
	rehearsals = 0;
	can_rehearse = true;
	body_len = 4;
	owner = "";
}

static void tear_down(void)
{
	dynamodb_call_clear(&call);
	scripted_repo_clear(&on);
}

static bool start(size_t count, bool has_key)
{
	static const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT,
		 .key = {"A", "#"},
		 .item = "\"a\":{\"S\":\"1\"}",
		 .condition = "attribute_not_exists(pk)"},
		{.action = DYNAMODB_DELETE, .key = {"B", "#"}},
		{.action = DYNAMODB_CHECK, .key = {"C", "#"}, .condition = "attribute_exists(pk)"},
	};

	dynamodb_call_clear(&call);
	scripted_repo_renew(&on);
	call = (struct dynamodb_call){.await = &on.await, .done = on_done, .context = &on};
	on.await.idempotency = has_key ? &idempotency : NULL;
	result = repo_write(&on.repo, &call, writes, count);
	return result == RESULT_OK;
}

static void ck_assert_comes_to(enum result expected)
{
	script_run(&on.aws.script, &on.is_done, 30000000);
	ck_assert(on.is_done);
	ck_assert_str_eq(result_name(result), result_name(expected));
}

/* ------------------------------------------------------------------ without a key */

START_TEST(a_single_write_is_no_transaction)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert(start(1, false));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert(repo_write_is_alone(&on.await));
}
END_TEST

START_TEST(a_single_writes_failed_condition_is_its_one_reason)
{
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"a\":{\"S\":\"old\"}}"));
	ck_assert(start(1, false));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 1);
	ck_assert(call.reasons[0].is_condition);
	ck_assert_str_eq(old_item, "{\"a\":{\"S\":\"old\"}}");
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ConditionalCheckFailedException"));
	ck_assert(start(1, false));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_ptr_null(call.reasons[0].item.data);
}
END_TEST

static bool start_once(bool has_key)
{
	static const struct dynamodb_write add = {
		.action = DYNAMODB_UPDATE,
		.key = {"A", "#"},
		.update = "ADD a :one",
		.condition = "attribute_exists(a)",
		.values = "{\":one\":{\"N\":\"1\"}}",
	};

	dynamodb_call_clear(&call);
	scripted_repo_renew(&on);
	call = (struct dynamodb_call){.await = &on.await, .done = on_done, .context = &on};
	on.await.idempotency = has_key ? &idempotency : NULL;
	result = repo_write_once(&on.repo, &call, &add);
	return result == RESULT_OK;
}

START_TEST(a_write_that_must_not_come_twice_is_a_transaction_though_it_is_one)
{
	SCRIPT_PLAY(&on.aws.script, LOST, TEXT("{}"));
	ck_assert(start_once(false));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0, "\"ClientRequestToken\"");
	ck_assert_str_eq(script_body(&on.aws.script, 0), script_body(&on.aws.script, 1));
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS_WITH("{\"x\":{}}")));
	ck_assert(start_once(false));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 1);
	ck_assert_str_eq(old_item, "{\"x\":{}}");
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert(start_once(true));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 0, "I#the-id");
}
END_TEST

START_TEST(several_writes_are_a_transaction_with_a_reason_for_each)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert(start(3, false));
	ck_assert_comes_to(RESULT_OK);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_not_sent(&on, 0, "I#");
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS_WITH("{\"x\":{}}") "," NONE "," FAILS));
	ck_assert(start(3, false));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 3);
	ck_assert(call.reasons[0].is_condition && call.reasons[2].is_condition);
	ck_assert(!call.reasons[1].is_condition);
	ck_assert_str_eq(old_item, "{\"x\":{}}");
}
END_TEST

/* ------------------------------------------------------------------ with a key */

START_TEST(with_a_key_the_answer_is_written_behind_the_effect)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert(start(1, true));
	ck_assert(!repo_write_is_alone(&on.await));
	ck_assert(!idempotency.is_kept);
	ck_assert_comes_to(RESULT_OK);
	ck_assert(idempotency.is_kept);
	ck_assert_uint_eq(rehearsals, 1);
	ck_assert_operation(&on, 0, "TransactWriteItems");
	ck_assert_sent(&on, 0,
		       "{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":\"I#the-id\"},"
		       "\"sk\":{\"S\":\"#\"},\"fingerprint\":{\"S\":\"the-fingerprint\"},"
		       "\"answer_status\":{\"N\":\"201\"},\"content_type\":{\"S\":\"text/plain\"},"
		       "\"body\":{\"S\":\"bbbb\"},\"ttl\":{\"N\":\"1441024560\"}}");
	ck_assert(strstr(script_body(&on.aws.script, 0), "I#the-id") >
		  strstr(script_body(&on.aws.script, 0), "{\"S\":\"A\"}"));
}
END_TEST

START_TEST(an_answer_that_tells_of_a_user_is_noted)
{
	owner = "01900000-0000-7000-8000-000000000001";
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_OK);
	ck_assert(idempotency.is_kept);
	ck_assert_sent(&on, 0,
		       "{\"Put\":{\"TableName\":\"shop\",\"Item\":{\"pk\":{\"S\":"
		       "\"U#01900000-0000-7000-8000-000000000001\"},\"sk\":{\"S\":\"I#the-id\"},"
		       "\"ttl\":{\"N\":\"1441024560\"}}}}");
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS "," NONE "," NONE));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 1);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILS_WITH(RECORD) "," NONE));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_REPEATED);
}
END_TEST

START_TEST(the_callers_reasons_are_as_without_a_key)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILS "," NONE));
	ck_assert(start(2, true));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 2);
	ck_assert(!call.reasons[0].is_condition && call.reasons[1].is_condition);
	ck_assert(!idempotency.is_kept);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS_WITH("{\"y\":{}}") "," NONE));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_CONFLICT);
	ck_assert_uint_eq(call.failed_count, 1);
	ck_assert_str_eq(old_item, "{\"y\":{}}");
}
END_TEST

START_TEST(a_request_that_was_faster_is_what_counts)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS "," FAILS_WITH(RECORD)));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_REPEATED);
	ck_assert(!idempotency.is_kept);
	ck_assert(!idempotency.is_other);
	dynamodb_call_clear(&call); /* what was found outlives it */
	ck_assert_int_eq(idempotency.found.status, 201);
	ck_assert(span_equals(idempotency.found.content_type, "text/plain"));
	ck_assert(span_equals(idempotency.found.headers, "Location: /a\n"));
	ck_assert(span_equals(idempotency.found.body, "done"));
}
END_TEST

START_TEST(a_faster_request_with_another_body_is_told_apart)
{
	strcpy(idempotency.fingerprint, "another");
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILS_WITH(RECORD)));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_REPEATED);
	ck_assert(idempotency.is_other);
}
END_TEST

START_TEST(reasons_that_do_not_fit_the_writes_are_garbled)
{
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_GARBLED);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS "," NONE "," NONE));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_GARBLED);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS));
	ck_assert(start(2, false));
	ck_assert_comes_to(RESULT_GARBLED);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILS)); /* the record's item is missing */
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_GARBLED);
}
END_TEST

START_TEST(failures_are_passed_on_and_keep_nothing)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_REFUSED);
	ck_assert(!idempotency.is_kept);
	SCRIPT_PLAY(&on.aws.script, LOST);
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_UNKNOWN);
	ck_assert(!idempotency.is_kept);
	ck_assert(start(1, false));
	ck_assert_comes_to(RESULT_UNKNOWN);
}
END_TEST

START_TEST(an_answer_that_cannot_be_kept_starts_nothing)
{
	body_len = IDEMPOTENCY_ANSWER_MAX + 1;
	ck_assert(!start(1, true));
	ck_assert_int_eq(result, RESULT_REPEATED);
	ck_assert(idempotency.is_too_large);
	can_rehearse = false;
	ck_assert(!start(1, true));
	ck_assert_int_eq(result, RESULT_NO_MEMORY);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(the_largest_answer_can_be_kept)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	body_len = IDEMPOTENCY_ANSWER_MAX;
	ck_assert(start(1, true));
	ck_assert_comes_to(RESULT_OK);
}
END_TEST

START_TEST(there_is_room_for_the_record_in_the_largest_transaction)
{
	static struct dynamodb_write writes[REPO_WRITES_MAX];

	for (size_t i = 0; i < REPO_WRITES_MAX; i++)
		writes[i] = (struct dynamodb_write){.action = DYNAMODB_DELETE, .key = {"A", "#"}};
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	call = (struct dynamodb_call){.await = &on.await, .done = on_done, .context = &on};
	on.await.idempotency = &idempotency;
	ck_assert_int_eq(repo_write(&on.repo, &call, writes, REPO_WRITES_MAX), RESULT_OK);
	ck_assert_comes_to(RESULT_OK);
	ck_assert_sent(&on, 0, "I#the-id");
}
END_TEST

/* ------------------------------------------------------------------ the bell */

static char rung[40];

static void on_ring(void *context, uint32_t shard)
{
	ck_assert_ptr_eq(context, rung);
	ck_assert(!on.is_done);
	snprintf(rung + strlen(rung), sizeof(rung) - strlen(rung), "%u ", shard);
}

static void ck_assert_rung(enum result expected, const char *shards)
{
	static const struct dynamodb_write writes[] = {
		{.action = DYNAMODB_PUT, .key = {"OUT#2", "a"}, .item = ""},
		{.action = DYNAMODB_PUT, .key = {"OUT#0", "b"}, .item = ""},
		{.action = DYNAMODB_DELETE, .key = {"OUTER#3", "c"}},
		{.action = DYNAMODB_PUT, .key = {"OUT#2", "d"}, .item = ""},
	};

	rung[0] = '\0';
	on.repo.bell.ring = on_ring;
	on.repo.bell.context = rung;
	dynamodb_call_clear(&call);
	scripted_repo_renew(&on);
	call = (struct dynamodb_call){.await = &on.await, .done = on_done, .context = &on};
	ck_assert_int_eq(repo_write(&on.repo, &call, writes, 4), RESULT_OK);
	ck_assert_comes_to(expected);
	ck_assert_str_eq(rung, shards);
}

START_TEST(the_bell_is_rung_once_for_each_shard_before_the_caller_is_told)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	ck_assert_rung(RESULT_OK, "2 0 ");
}
END_TEST

START_TEST(after_a_failure_it_is_worth_a_look_after_a_conflict_there_is_nothing)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_rung(RESULT_REFUSED, "2 0 ");
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS "," NONE "," NONE "," NONE));
	ck_assert_rung(RESULT_CONFLICT, "");
}
END_TEST

START_TEST(who_has_no_bell_writes_as_ever)
{
	static const struct dynamodb_write event = {
		.action = DYNAMODB_PUT,
		.key = {"OUT#2", "a"},
		.item = "",
	};

	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	call = (struct dynamodb_call){.await = &on.await, .done = on_done, .context = &on};
	ck_assert_int_eq(repo_write(&on.repo, &call, &event, 1), RESULT_OK);
	ck_assert_comes_to(RESULT_OK);
}
END_TEST

struct attempt {
	size_t count;
	bool has_key;
};

static void write_once(void *context)
{
	const struct attempt *attempt = context;

	call = (struct dynamodb_call){0};
	if (!scripted_repo_enter(&on))
		return;
	if (start(attempt->count, attempt->has_key))
		script_run(&on.aws.script, &on.is_done, 30000000);
	else
		ck_assert(alloc_has_failed() && !on.is_done && result == RESULT_NO_MEMORY);
	ck_assert(alloc_has_failed() || !result_is_failure(result) || result == RESULT_REPEATED);
	dynamodb_call_clear(&call);
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	struct attempt attempts[] = {{1, false}, {2, false}, {1, true}};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
		alloc_fail_each(write_once, &attempts[i]);
	}
	SCRIPT_PLAY(&on.aws.script, FAILED("{}"));
	alloc_fail_each(write_once, &attempts[0]);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(FAILS "," NONE));
	alloc_fail_each(write_once, &attempts[1]);
	SCRIPT_PLAY(&on.aws.script, CANCELLED(NONE "," FAILS_WITH(RECORD)));
	alloc_fail_each(write_once, &attempts[2]);
}
END_TEST

Suite *repo_write_suite(void)
{
	Suite *suite = suite_create("repo_write");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_single_write_is_no_transaction);
	tcase_add_test(tests, a_single_writes_failed_condition_is_its_one_reason);
	tcase_add_test(tests, a_write_that_must_not_come_twice_is_a_transaction_though_it_is_one);
	tcase_add_test(tests, several_writes_are_a_transaction_with_a_reason_for_each);
	tcase_add_test(tests, with_a_key_the_answer_is_written_behind_the_effect);
	tcase_add_test(tests, an_answer_that_tells_of_a_user_is_noted);
	tcase_add_test(tests, the_callers_reasons_are_as_without_a_key);
	tcase_add_test(tests, a_request_that_was_faster_is_what_counts);
	tcase_add_test(tests, a_faster_request_with_another_body_is_told_apart);
	tcase_add_test(tests, reasons_that_do_not_fit_the_writes_are_garbled);
	tcase_add_test(tests, failures_are_passed_on_and_keep_nothing);
	tcase_add_test(tests, an_answer_that_cannot_be_kept_starts_nothing);
	tcase_add_test(tests, the_largest_answer_can_be_kept);
	tcase_add_test(tests, there_is_room_for_the_record_in_the_largest_transaction);
	tcase_add_test(tests, the_bell_is_rung_once_for_each_shard_before_the_caller_is_told);
	tcase_add_test(tests, after_a_failure_it_is_worth_a_look_after_a_conflict_there_is_nothing);
	tcase_add_test(tests, who_has_no_bell_writes_as_ever);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
