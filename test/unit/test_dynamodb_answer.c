#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/dynamodb_answer.h"
#include "base/json_scan.h"

START_TEST(consumed_units_are_counted_in_thousandths)
{
	static const struct {
		const char *consumed;
		bool is_read;
		uint64_t read_millis, write_millis;
	} table[] = {
		{"{}", true, 0, 0},
		{"", true, 0, 0},
		{"{\"TableName\":\"t\",\"CapacityUnits\":0.5}", true, 500, 0},
		{"{\"TableName\":\"t\",\"CapacityUnits\":3.0}", false, 0, 3000},
		{"{\"CapacityUnits\":128.125}", true, 128125, 0},
		{"[{\"CapacityUnits\":1},{\"CapacityUnits\":2.5}]", true, 3500, 0},
		{"[{\"CapacityUnits\":8.0,\"WriteCapacityUnits\":8.0}]", false, 0, 8000},
		/* a transaction repeated with the same token */
		{"[{\"CapacityUnits\":4.0,\"ReadCapacityUnits\":4.0}]", false, 4000, 0},
		{"[{\"ReadCapacityUnits\":2,\"CapacityUnits\":2}]", true, 2000, 0},
		{"[]", true, 0, 0},
		{"null", true, 0, 0},
		{"{\"CapacityUnits\":\"many\"}", true, 0, 0},
		{"{\"CapacityUnits\":-1}", true, 0, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct usage usage = {0};

		dynamodb_answer_usage(span_of(table[i].consumed), table[i].is_read, &usage);
		ck_assert_msg(usage.read_millis == table[i].read_millis &&
				      usage.write_millis == table[i].write_millis,
			      "%s", table[i].consumed);
	}
}
END_TEST

#define OLD(token, version) "{\"wt\":{\"S\":\"" token "\"},\"version\":{\"N\":\"" version "\"}}"

START_TEST(whose_write_it_was_is_told_when_it_can_be)
{
	static const struct {
		const char *what;
		enum dynamodb_action action;
		uint64_t expected_version;
		const char *old;
		enum result result;
	} table[] = {
		{"our token", DYNAMODB_PUT, 3, OLD("ours", "4"), RESULT_OK},
		{"our token, no version", DYNAMODB_PUT, 0, OLD("ours", "1"), RESULT_OK},
		{"our token, changed since by a transaction", DYNAMODB_UPDATE, 3, OLD("ours", "5"),
		 RESULT_OK},
		{"somebody else took that step", DYNAMODB_UPDATE, 3, OLD("theirs", "4"),
		 RESULT_CONFLICT},
		{"nobody did", DYNAMODB_UPDATE, 3, OLD("theirs", "3"), RESULT_CONFLICT},
		{"no token at all", DYNAMODB_UPDATE, 3, "{\"version\":{\"N\":\"4\"}}",
		 RESULT_CONFLICT},
		{"more steps than one", DYNAMODB_UPDATE, 3, OLD("theirs", "5"), RESULT_UNKNOWN},
		{"made anew", DYNAMODB_UPDATE, 3, OLD("theirs", "1"), RESULT_UNKNOWN},
		{"no version expected", DYNAMODB_PUT, 0, OLD("theirs", "1"), RESULT_UNKNOWN},
		{"no version there", DYNAMODB_PUT, 3, "{\"wt\":{\"S\":\"theirs\"}}",
		 RESULT_UNKNOWN},
		{"no item", DYNAMODB_UPDATE, 3, NULL, RESULT_UNKNOWN},
		{"not an item", DYNAMODB_UPDATE, 3, "[]", RESULT_UNKNOWN},
		{"deleted", DYNAMODB_DELETE, 3, NULL, RESULT_OK},
		{"deleted, no version", DYNAMODB_DELETE, 0, NULL, RESULT_OK},
		{"still there as it was", DYNAMODB_DELETE, 3, OLD("theirs", "3"), RESULT_CONFLICT},
		{"there, and changed", DYNAMODB_DELETE, 3, OLD("theirs", "7"), RESULT_CONFLICT},
		{"made anew after a delete", DYNAMODB_DELETE, 3, OLD("theirs", "1"),
		 RESULT_UNKNOWN},
		{"there, no version", DYNAMODB_DELETE, 0, OLD("theirs", "1"), RESULT_UNKNOWN},
		{"a delete has no token", DYNAMODB_DELETE, 3, OLD("ours", "2"), RESULT_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dynamodb_doubt doubt = {
			.action = table[i].action,
			.token = "ours",
			.expected_version = table[i].expected_version,
			.old = table[i].old ? span_of(table[i].old) : (struct span){0},
		};

		ck_assert_msg(dynamodb_answer_resolve(&doubt) == table[i].result, "%s: %s",
			      table[i].what, result_name(dynamodb_answer_resolve(&doubt)));
	}
}
END_TEST

#define REASONS(list) "{\"CancellationReasons\":[" list "]}"
#define CODE(code) "{\"Code\":\"" code "\"}"

START_TEST(the_hardest_reason_of_a_cancellation_counts)
{
	static const struct {
		const char *answer;
		enum dynamodb_cancellation cancellation;
	} table[] = {
		{REASONS(CODE("None") "," CODE("TransactionConflict")),
		 DYNAMODB_CANCELLED_BY_OTHERS},
		{REASONS(CODE("ProvisionedThroughputExceeded")), DYNAMODB_CANCELLED_BY_OTHERS},
		{REASONS(CODE("ThrottlingError") "," CODE("None")), DYNAMODB_CANCELLED_BY_OTHERS},
		{REASONS(CODE("TransactionConflict") "," CODE("ConditionalCheckFailed")),
		 DYNAMODB_CANCELLED_BY_CONDITION},
		{REASONS(CODE("ConditionalCheckFailed") "," CODE("None")),
		 DYNAMODB_CANCELLED_BY_CONDITION},
		{REASONS(CODE("ConditionalCheckFailed") "," CODE("ValidationError")),
		 DYNAMODB_CANCELLED_AS_WRONG},
		{REASONS("{\"Code\":\"ValidationError\",\"Message\":\"Item size to update has exceeded the "
			 "maximum allowed size\"}"),
		 DYNAMODB_CANCELLED_BY_SIZE},
		{REASONS(CODE("SomethingNew")), DYNAMODB_CANCELLED_AS_WRONG},
		{REASONS("{}"), DYNAMODB_CANCELLED_AS_WRONG},
		{REASONS(""), DYNAMODB_CANCELLED_AS_WRONG},
		{"{}", DYNAMODB_CANCELLED_AS_WRONG},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_msg(dynamodb_answer_cancellation(span_of(table[i].answer)) ==
				      table[i].cancellation,
			      "%s", table[i].answer);
}
END_TEST

static const char reasons_text[] = REASONS(
	CODE("None") ",{\"Code\":\"ConditionalCheckFailed\",\"Item\":{\"a\":{\"N\":\"1\"}}}," CODE(
		"ConditionalCheckFailed"));

START_TEST(reasons_come_in_order_with_the_old_items)
{
	struct dynamodb_reason *reasons = NULL;
	struct arena arena = {0};
	size_t count = 0;

	ck_assert(dynamodb_answer_reasons(span_of(reasons_text), &arena, &reasons, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert(!reasons[0].is_condition);
	ck_assert(reasons[1].is_condition);
	ck_assert(span_equals(reasons[1].item, "{\"a\":{\"N\":\"1\"}}"));
	ck_assert(reasons[2].is_condition);
	ck_assert_ptr_null(reasons[2].item.data);
	arena_clear(&arena);
}
END_TEST

static void take_reasons(void *context)
{
	struct dynamodb_reason *reasons = NULL;
	struct arena arena = {0};
	size_t count = 0;

	(void)context;
	ck_assert(dynamodb_answer_reasons(span_of(reasons_text), &arena, &reasons, &count) !=
		  alloc_has_failed());
	ck_assert_int_eq(reasons == NULL, alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(reasons_are_there_or_not_when_memory_is_short)
{
	alloc_fail_each(take_reasons, NULL);
}
END_TEST

START_TEST(a_size_error_is_told_by_its_message)
{
	ck_assert(dynamodb_answer_is_size(
		span_of("{\"message\":\"Item size has exceeded the maximum allowed size\"}")));
	ck_assert(dynamodb_answer_is_size(span_of(
		"{\"Message\":\"Item size to update has exceeded the maximum allowed size\"}")));
	ck_assert(!dynamodb_answer_is_size(span_of("{\"message\":\"The item is bad\"}")));
	ck_assert(!dynamodb_answer_is_size(span_of("{}")));
}
END_TEST

START_TEST(items_of_a_transaction_keep_their_places)
{
	struct buf out;

	buf_init(&out, 4096);
	dynamodb_answer_transact_items(
		span_of("{\"Responses\":[{\"Item\":{\"a\":{\"N\":\"1\"}}},{},{\"Item\":{}}]}"),
		&out);
	ck_assert_str_eq(buf_text(&out), "[{\"a\":{\"N\":\"1\"}},{},{}]");
	buf_reset(&out);
	dynamodb_answer_transact_items(span_of("{}"), &out);
	ck_assert_str_eq(buf_text(&out), "[]");
	buf_clear(&out);
}
END_TEST

START_TEST(batches_are_gathered_and_rests_seen)
{
	static const char answer[] = "{\"Responses\":{\"shop\":[{\"a\":{}},{\"b\":{}}]},"
				     "\"UnprocessedKeys\":{\"shop\":{\"Keys\":[]}}}";
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(span_equals(dynamodb_answer_batch_items(span_of(answer)),
			      "[{\"a\":{}},{\"b\":{}}]"));
	ck_assert(span_equals(dynamodb_answer_batch_items(span_of("{\"Responses\":{}}")), "[]"));
	ck_assert(span_equals(dynamodb_answer_rest(span_of(answer)), "{\"shop\":{\"Keys\":[]}}"));
	ck_assert(span_equals(dynamodb_answer_rest(span_of("{\"UnprocessedItems\":{\"t\":[1]}}")),
			      "{\"t\":[1]}"));
	ck_assert_ptr_null(dynamodb_answer_rest(span_of("{\"UnprocessedItems\":{}}")).data);
	ck_assert_ptr_null(dynamodb_answer_rest(span_of("{}")).data);
	buf_add_char(&out, '[');
	dynamodb_answer_gather(span_of("[{\"a\":{}},{\"b\":{}}]"), &out);
	dynamodb_answer_gather(span_of("[]"), &out);
	dynamodb_answer_gather(span_of("[{\"c\":{}}]"), &out);
	ck_assert_str_eq(buf_text(&out), "[{\"a\":{}},{\"b\":{}},{\"c\":{}}");
	buf_clear(&out);
}
END_TEST

Suite *dynamodb_answer_suite(void)
{
	Suite *all = suite_create("dynamodb_answer");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, consumed_units_are_counted_in_thousandths);
	tcase_add_test(cases, whose_write_it_was_is_told_when_it_can_be);
	tcase_add_test(cases, the_hardest_reason_of_a_cancellation_counts);
	tcase_add_test(cases, reasons_come_in_order_with_the_old_items);
	tcase_add_test(cases, reasons_are_there_or_not_when_memory_is_short);
	tcase_add_test(cases, a_size_error_is_told_by_its_message);
	tcase_add_test(cases, items_of_a_transaction_keep_their_places);
	tcase_add_test(cases, batches_are_gathered_and_rests_seen);
	suite_add_tcase(all, cases);
	return all;
}
