#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/product.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define FOUND                                                                                    \
	TEXT("{\"Items\":[{\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"n\"},\"price\":{\"N\":\"1\"}," \
	     "\"currency\":{\"S\":\"EUR\"},\"version\":{\"N\":\"3\"}},"                          \
	     "{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"4\"},\"version\":{\"N\":\"17\"}}]}")
#define NOTHING TEXT("{\"Items\":[]}")
#define REASON "{\"Code\":\"ConditionalCheckFailed\"}"
#define REASON_WITH_ITEM "{\"Code\":\"ConditionalCheckFailed\",\"Item\":{\"a\":{\"S\":\"b\"}}}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void ck_assert_problem(const char *code)
{
	ck_assert_msg(asking.rq.reply.code && strcmp(asking.rq.reply.code, code) == 0, "%s",
		      asking_body(&asking));
}

static void ck_assert_says(const char *part)
{
	ck_assert_msg(strstr(asking_body(&asking), part) != NULL, "%s", asking_body(&asking));
}

START_TEST(a_product_is_answered_with_its_tag)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_int_eq(asking_run(&asking, &get_product, ID), 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"id\":\"" ID "\",\"name\":\"n\",\"price\":1,\"currency\":\"EUR\","
			 "\"stock\":{\"available\":4,\"reserved\":0,\"on_hand\":4},"
			 "\"version\":3}\n");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"3.17\"");
}
END_TEST

START_TEST(a_read_is_consistent_when_asked_for)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	asking_query(&asking, "consistent", "true");
	ck_assert_int_eq(asking_run(&asking, &get_product, ID), 200);
	ck_assert_sent(&asking.on, 0, "ConsistentRead");
	asking_renew(&asking);
	asking_query(&asking, "consistent", "maybe");
	ck_assert_int_eq(asking_run(&asking, &get_product, ID), 400);
	ck_assert_problem("invalid-parameter");
}
END_TEST

START_TEST(a_product_that_is_not_there_is_404_for_every_method)
{
	SCRIPT_PLAY(&asking.on.aws.script, NOTHING);
	ck_assert_int_eq(asking_run(&asking, &get_product, ID), 404);
	ck_assert_problem("product-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &get_product, "no id"), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{}"), 404);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &patch_product, "no id", "{}"), 404);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(REASON "," NONE));
	ck_assert_int_eq(asking_run(&asking, &delete_product, ID), 404);
	ck_assert_problem("product-not-found");
}
END_TEST

START_TEST(a_created_product_has_a_location)
{
	char location[64];

	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL,
				     "{\"id\":1,\"name\":\"IPhone\",\"price\":900}"),
			 201);
	ck_assert_says("\"name\":\"IPhone\",\"price\":900,\"currency\":\"EUR\"");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1.1\"");
	snprintf(location, sizeof(location), "/product/%.36s",
		 asking_body(&asking) + strlen("{\"id\":\""));
	ck_assert_str_eq(asking_header(&asking, "Location"), location);
}
END_TEST

START_TEST(mistakes_are_told_and_nothing_is_written)
{
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL, "{\"price\":-1,\"stock\":1}"),
			 422);
	ck_assert_problem("validation-failed");
	ck_assert_says("\"errors\":[{\"field\":\"price\",\"code\":\"negative\"");
	ck_assert_says("{\"field\":\"stock\",\"code\":\"read-only\"");
	ck_assert_says("{\"field\":\"name\",\"code\":\"required\"");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_int_eq(asking_send(&asking, &patch_product, ID, "{\"price\":0.001}"), 422);
	ck_assert_says("too-many-decimals");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
}
END_TEST

START_TEST(put_and_patch_answer_with_the_product_as_it_is_then)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{\"x\":{\"a\":1}}"), 200);
	ck_assert_says("\"x\":{\"a\":1}");
	ck_assert_says("\"version\":4");
	ck_assert_says("\"available\":4");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"4.17\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &patch_product, ID, "{\"x\":{\"a\":null}}"), 200);
	ck_assert_says("\"x\":{}");
}
END_TEST

START_TEST(a_change_is_judged_anew_after_each_reading)
{
	/* Somebody has made it yen meanwhile, in which there is no 1.5. */
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, FAILED("{\"version\":{\"N\":\"4\"}}"),
		    TEXT("{\"Items\":[{\"sk\":{\"S\":\"#\"},\"price\":{\"N\":\"1\"},"
			 "\"currency\":{\"S\":\"JPY\"},\"version\":{\"N\":\"4\"}}]}"));
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{\"price\":1.5}"), 422);
	ck_assert_says("Prices in JPY have at most 0 decimals.");
}
END_TEST

START_TEST(too_many_others_are_409)
{
	struct script_step steps[44];

	for (size_t i = 0; i < 44; i += 2) {
		steps[i] = (struct script_step)FOUND;
		steps[i + 1] = (struct script_step)FAILED("{\"version\":{\"N\":\"4\"}}");
	}
	asking.on.aws.script.is_forgetful = true;
	script_play(&asking.on.aws.script, steps, 44);
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{\"x\":1}"), 409);
	ck_assert_problem("conflict");
}
END_TEST

START_TEST(what_dynamodb_finds_too_large_is_422)
{
	static const char too_large[] =
		"{\"__type\":\"a#ValidationException\","
		"\"message\":\"Item size has exceeded the maximum allowed size\"}";

	SCRIPT_PLAY(&asking.on.aws.script, FOUND, {.status = 400, .body = too_large});
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{\"x\":1}"), 422);
	ck_assert_says("\"code\":\"too-large\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, {.status = 400, .body = too_large});
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL, "{\"name\":\"n\",\"price\":1}"),
			 422);
}
END_TEST

START_TEST(a_delete_is_204_or_says_why_not)
{
	static const struct {
		struct script_step step;
		int status;
		const char *code;
	} table[] = {
		{TEXT("{}"), 204, NULL},
		{CANCELLED(REASON_WITH_ITEM "," NONE), 412, "precondition-failed"},
		{CANCELLED(NONE "," REASON_WITH_ITEM), 409, "stock-reserved"},
		{AWS_ERROR("AccessDeniedException"), 503, "unavailable"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&asking.on.aws.script, &table[i].step, 1);
		ck_assert_int_eq(asking_run(&asking, &delete_product, ID), table[i].status);
		if (table[i].code)
			ck_assert_problem(table[i].code);
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(a_match_may_be_required)
{
	asking.config.is_match_required = true;
	ck_assert_int_eq(asking_run(&asking, &delete_product, ID), 428);
	asking_renew(&asking);
	ck_assert_int_eq(asking_send(&asking, &put_product, ID, "{}"), 428);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(an_id_that_was_taken_is_no_answer_that_a_caller_could_use)
{
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(REASON "," NONE));
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL, "{\"name\":\"n\",\"price\":1}"),
			 503);
	ck_assert_problem("outcome-unknown");
}
END_TEST

static void ask_once(void *context)
{
	const char *body = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status = asking_send(&asking, &put_product, ID, body);

		ck_assert(status == 200 || status == 422 || (status == 503 && alloc_has_failed()));
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

START_TEST(short_memory_is_503)
{
	static char good[] = "{\"x\":[1]}";
	static char bad[] = "{\"price\":-1,\"name\":\"\"}";

	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	alloc_fail_each(ask_once, good);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	alloc_fail_each(ask_once, bad);
}
END_TEST

/* ------------------------------------------------------------------ with an Idempotency-Key */

#define RECORD                                                                             \
	"{\"fingerprint\":{\"S\":\"" ASKING_FINGERPRINT "\"},"                             \
	"\"answer_status\":{\"N\":\"201\"},\"content_type\":{\"S\":\"application/json\"}," \
	"\"headers\":{\"S\":\"Location: /product/first\\nETag: \\\"1.1\\\"\\n\"},"         \
	"\"body\":{\"S\":\"{\\\"name\\\":\\\"first\\\"}\\n\"},\"ttl\":{\"N\":\"9999999999\"}}"
#define KEPT_ALREADY "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" RECORD "}"

static void ck_assert_first_answer(void)
{
	ck_assert_int_eq(asking.rq.reply.status, 201);
	ck_assert_str_eq(asking_body(&asking), "{\"name\":\"first\"}\n");
	ck_assert_str_eq(asking_header(&asking, "Location"), "/product/first");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1.1\"");
	ck_assert_str_eq(asking_header(&asking, "Idempotent-Replayed"), "true");
	ck_assert_uint_eq(asking.rq.reply.header_count, 3);
}

START_TEST(post_keeps_its_answer_in_the_transaction)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL,
				     "{\"name\":\"a \\\"b\\\"\",\"price\":1.50,\"on_hand\":2}"),
			 201);
	ck_assert_as_rehearsed(&asking);
	ck_assert_uint_eq(asking.rehearsals, 1);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
	ck_assert_operation(&asking.on, 0, "TransactWriteItems");
	ck_assert_sent(&asking.on, 0, "{\"S\":\"I#" ASKING_KEY_ID "\"}");
	ck_assert_sent(&asking.on, 0, "\"answer_status\":{\"N\":\"201\"}");
	ck_assert_sent(&asking.on, 0, "\\\"name\\\":\\\"a \\\\\\\"b\\\\\\\"\\\"");
	ck_assert_sent(&asking.on, 0, "Location: /product/");
}
END_TEST

START_TEST(patch_keeps_its_answer_in_the_transaction)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &patch_product, ID, "{\"x\":{\"a\":1}}"), 200);
	ck_assert_as_rehearsed(&asking);
	ck_assert_says("\"version\":4");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"4.17\"");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 2);
	ck_assert_operation(&asking.on, 1, "TransactWriteItems");
	ck_assert_sent(&asking.on, 1, "\"ConditionExpression\":\"version = :v\"");
	ck_assert_sent(&asking.on, 1, "{\"S\":\"I#" ASKING_KEY_ID "\"}");
}
END_TEST

START_TEST(the_answer_is_rehearsed_anew_when_somebody_else_was_faster)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, CANCELLED(REASON_WITH_ITEM "," NONE),
		    TEXT("{\"Items\":[{\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"m\"},"
			 "\"price\":{\"N\":\"2\"},\"currency\":{\"S\":\"EUR\"},"
			 "\"version\":{\"N\":\"4\"}}]}"),
		    TEXT("{}"));
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &patch_product, ID, "{\"x\":1}"), 200);
	ck_assert_uint_eq(asking.rehearsals, 2);
	ck_assert_as_rehearsed(&asking);
	ck_assert_says("\"name\":\"m\",\"price\":2,\"currency\":\"EUR\",\"x\":1");
	ck_assert_says("\"version\":5");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 4);
}
END_TEST

START_TEST(whoever_comes_second_gets_the_first_answer)
{
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," NONE "," KEPT_ALREADY));
	asking_key(&asking);
	asking_send(&asking, &post_product, NULL, "{\"name\":\"n\",\"price\":1}");
	ck_assert_first_answer();
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, CANCELLED(REASON_WITH_ITEM "," KEPT_ALREADY));
	asking_key(&asking);
	asking_send(&asking, &patch_product, ID, "{\"x\":1}");
	ck_assert_first_answer();
	ck_assert_uint_eq(asking.on.aws.script.request_count, 2);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," NONE "," KEPT_ALREADY));
	asking_key(&asking);
	strcpy(asking.idempotency.fingerprint, "another");
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL, "{\"name\":\"n\",\"price\":1}"),
			 422);
	ck_assert_problem("idempotency-key-reused");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
}
END_TEST

START_TEST(answers_without_effect_are_kept_by_themselves)
{
	static const struct {
		struct script_step steps[2];
		const char *body;
		int status;
	} table[] = {
		{{NOTHING, TEXT("{}")}, "{\"x\":1}", 404},
		{{FOUND, TEXT("{}")}, "{\"price\":-1}", 422},
		{{FOUND, TEXT("{}")}, "{\"price\":1.0}", 200}, /* as it is already */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&asking.on.aws.script, table[i].steps, 2);
		asking_key(&asking);
		ck_assert_int_eq(asking_send(&asking, &patch_product, ID, table[i].body),
				 table[i].status);
		ck_assert_uint_eq(asking.rehearsals, 0);
		ck_assert_uint_eq(asking.on.aws.script.request_count, 2);
		ck_assert_operation(&asking.on, 1, "PutItem");
		ck_assert_sent(&asking.on, 1, "{\"S\":\"I#" ASKING_KEY_ID "\"}");
		asking_renew(&asking);
	}
	SCRIPT_PLAY(&asking.on.aws.script, NOTHING, FAILED(RECORD));
	asking_key(&asking);
	asking_send(&asking, &patch_product, ID, "{\"x\":1}");
	ck_assert_first_answer();
}
END_TEST

START_TEST(a_write_that_fails_leaves_nothing_of_what_was_rehearsed)
{
	SCRIPT_PLAY(&asking.on.aws.script, AWS_ERROR("AccessDeniedException"));
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_product, NULL, "{\"name\":\"n\",\"price\":1}"),
			 503);
	ck_assert_problem("unavailable");
	ck_assert_ptr_null(asking_header(&asking, "Location"));
	ck_assert_ptr_null(asking_header(&asking, "ETag"));
	ck_assert_uint_eq(asking.on.aws.script.request_count, 1);
}
END_TEST

static void ask_with_key_once(void *context)
{
	const struct endpoint *endpoint = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status;

		asking_key(&asking);
		status = asking_send(&asking, endpoint, ID, "{\"name\":\"N\",\"price\":2}");
		ck_assert(status == 200 || status == 201 || alloc_has_failed());
		ck_assert(status < 400 || status == 503 || !asking.rq.body);
		if (status == 201 && !asking_header(&asking, "Idempotent-Replayed"))
			ck_assert_str_eq(asking.rq.reply.content_type, "application/json");
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

START_TEST(short_memory_is_503_with_a_key_too)
{
	struct endpoint post = post_product;
	struct endpoint patch = patch_product;

	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	alloc_fail_each(ask_with_key_once, &post);
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," NONE "," KEPT_ALREADY));
	alloc_fail_each(ask_with_key_once, &post);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	alloc_fail_each(ask_with_key_once, &patch);
}
END_TEST

Suite *api_product_suite(void)
{
	Suite *suite = suite_create("api_product");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_product_is_answered_with_its_tag);
	tcase_add_test(tests, a_read_is_consistent_when_asked_for);
	tcase_add_test(tests, a_product_that_is_not_there_is_404_for_every_method);
	tcase_add_test(tests, a_created_product_has_a_location);
	tcase_add_test(tests, mistakes_are_told_and_nothing_is_written);
	tcase_add_test(tests, put_and_patch_answer_with_the_product_as_it_is_then);
	tcase_add_test(tests, a_change_is_judged_anew_after_each_reading);
	tcase_add_test(tests, too_many_others_are_409);
	tcase_add_test(tests, what_dynamodb_finds_too_large_is_422);
	tcase_add_test(tests, a_delete_is_204_or_says_why_not);
	tcase_add_test(tests, a_match_may_be_required);
	tcase_add_test(tests, an_id_that_was_taken_is_no_answer_that_a_caller_could_use);
	tcase_add_test(tests, short_memory_is_503);
	tcase_add_test(tests, post_keeps_its_answer_in_the_transaction);
	tcase_add_test(tests, patch_keeps_its_answer_in_the_transaction);
	tcase_add_test(tests, the_answer_is_rehearsed_anew_when_somebody_else_was_faster);
	tcase_add_test(tests, whoever_comes_second_gets_the_first_answer);
	tcase_add_test(tests, answers_without_effect_are_kept_by_themselves);
	tcase_add_test(tests, a_write_that_fails_leaves_nothing_of_what_was_rehearsed);
	tcase_add_test(tests, short_memory_is_503_with_a_key_too);
	suite_add_tcase(suite, tests);
	return suite;
}
