#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/table_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

static struct scripted_repo on;
static struct buf differences;

static void set_up(void)
{
	scripted_repo_init(&on);
	buf_init(&differences, 8192);
}

static void tear_down(void)
{
	buf_clear(&differences);
	scripted_repo_clear(&on);
}

/* A description of the table as table_repo_make would make it. */
static char described[16 * 1024];

static void describe(const char *status)
{
	const char *design;

	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	design = strstr(script_body(&on.aws.script, 0), "\"BillingMode\"");
	snprintf(described, sizeof(described),
		 "{\"Table\":{\"TableStatus\":\"%s\",\"TableId\":\"an id\",%s}", status, design);
	scripted_repo_renew(&on);
}

static enum result check(const char *answer)
{
	const struct script_step step = TEXT(answer);

	buf_reset(&differences);
	script_play(&on.aws.script, &step, 1);
	table_repo_check(&on.repo, &differences, &on.await);
	scripted_repo_run(&on);
	return on.await.result;
}

/* ------------------------------------------------------------------ checking */

START_TEST(the_table_that_is_made_is_the_one_that_is_expected)
{
	static const uint8_t before[] = "any key";

	describe("ACTIVE");
	ck_assert_int_eq(check(described), RESULT_OK);
	ck_assert_str_eq(buf_text(&differences), "");
	ck_assert_mem_ne(on.repo.cursor_key, before, sizeof(before));
	ck_assert_operation(&on, 0, "DescribeTable");
}
END_TEST

START_TEST(each_table_has_a_cursor_key_of_its_own)
{
	uint8_t key[DIGEST_SHA256_SIZE];

	describe("ACTIVE");
	ck_assert_int_eq(check(described), RESULT_OK);
	memcpy(key, on.repo.cursor_key, sizeof(key));
	scripted_repo_renew(&on);
	ck_assert_int_eq(check(described), RESULT_OK);
	ck_assert_mem_eq(key, on.repo.cursor_key, sizeof(key));
	scripted_repo_renew(&on);
	memcpy(strstr(described, "an id"), "AN ID", 5); /* NOLINT: no string ends here */
	ck_assert_int_eq(check(described), RESULT_OK);
	ck_assert_mem_ne(key, on.repo.cursor_key, sizeof(key));
}
END_TEST

START_TEST(a_missing_table_and_one_in_the_making_are_told_apart)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ResourceNotFoundException"));
	table_repo_check(&on.repo, &differences, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	describe("CREATING");
	ck_assert_int_eq(check(described), RESULT_UNREACHABLE);
	scripted_repo_renew(&on);
	describe("UPDATING");
	ck_assert_int_eq(check(described), RESULT_OK);
}
END_TEST

/* Replaces the first `from` in the description by `to`, which is as long. */
static void change(const char *from, const char *to)
{
	char *at = strstr(described, from);

	ck_assert_msg(at, "%s", from);
	ck_assert_uint_eq(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}

START_TEST(each_difference_is_told)
{
	static const struct {
		const char *from, *to, *told;
	} table[] = {
		{"\"pk\",\"AttributeType\":\"S\"", "\"pk\",\"AttributeType\":\"N\"",
		 "the partition key of the table must be the string attribute pk\n"},
		{"\"pk\",\"KeyType\"", "\"id\",\"KeyType\"",
		 "the partition key of the table must be the string attribute pk\n"},
		{"\"sk\",\"KeyType\"", "\"so\",\"KeyType\"",
		 "the sort key of the table must be the string attribute sk\n"},
		{"\"gsi2\"", "\"gsi3\"", "there must be an index gsi2 with the keys g2p and g2s\n"},
		{"\"g1p\",\"KeyType\"", "\"g1x\",\"KeyType\"",
		 "the partition key of gsi1 must be the string attribute g1p\n"},
		{"\"g2s\",\"KeyType\"", "\"g2x\",\"KeyType\"",
		 "the sort key of gsi2 must be the string attribute g2s\n"},
		{"\"image_url\"", "\"image_uri\"",
		 "index gsi1 must project the attribute image_url\n"},
		{"\"email\"", "\"e-mil\"", "index gsi2 must project the attribute email\n"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		describe("ACTIVE");
		change(table[i].from, table[i].to);
		ck_assert_int_eq(check(described), RESULT_INVALID);
		ck_assert_str_eq(buf_text(&differences), table[i].told);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(an_index_that_projects_everything_will_do)
{
	describe("ACTIVE");
	change("\"INCLUDE\",\"NonKeyAttributes\":[\"name\"",
	       "\"ALL\",    \"NonKeyAttributes\":[\"game\"");
	ck_assert_int_eq(check(described), RESULT_OK);
}
END_TEST

START_TEST(a_table_of_somebody_else_is_told_all_at_once)
{
	ck_assert_int_eq(
		check("{\"Table\":{\"KeySchema\":[{\"AttributeName\":\"key\",\"KeyType\":\"HASH\"}]}}"),
		RESULT_INVALID);
	ck_assert_ptr_nonnull(strstr(buf_text(&differences), " pk\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&differences), " sk\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&differences), "gsi1"));
	ck_assert_ptr_nonnull(strstr(buf_text(&differences), "gsi2"));
}
END_TEST

/* ------------------------------------------------------------------ making */

#define STATUS(status) TEXT("{\"Table\":{\"TableStatus\":\"" status "\"}}")
#define TTL_OFF TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}")
#define TTL_ON(attribute)                                                    \
	TEXT("{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"ENABLED\"," \
	     "\"AttributeName\":\"" attribute "\"}}")

START_TEST(a_table_is_made_waited_for_and_given_its_ttl)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"TableDescription\":{}}"),
		    AWS_ERROR("ResourceNotFoundException"), STATUS("CREATING"), STATUS("ACTIVE"),
		    TTL_OFF, TEXT("{}"));
	on.repo.db.partition_key = "sku";
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "CreateTable");
	ck_assert_sent(&on, 0, "\"BillingMode\":\"PAY_PER_REQUEST\"");
	ck_assert_sent(&on, 0, "{\"AttributeName\":\"sku\",\"KeyType\":\"HASH\"}");
	ck_assert_operation(&on, 3, "DescribeTable");
	ck_assert_operation(&on, 4, "DescribeTimeToLive");
	ck_assert_sent(&on, 5, "\"AttributeName\":\"ttl\"");
	ck_assert_uint_ge(on.aws.script.requests[3].at_us - on.aws.script.requests[1].at_us,
			  500000);
}
END_TEST

START_TEST(an_index_projects_no_more_than_dynamodb_allows)
{
	const json_t *indexes;
	json_t *request;
	size_t i;
	json_t *index;

	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_REFUSED);
	request = tree_of(script_body(&on.aws.script, 0));
	indexes = json_object_get(request, "GlobalSecondaryIndexes");
	ck_assert_uint_eq(json_array_size(indexes), 2);
	json_array_foreach ((json_t *)indexes, i, index) {
		const json_t *projection = json_object_get(index, "Projection");

		ck_assert_uint_le(json_array_size(json_object_get(projection, "NonKeyAttributes")),
				  20);
	}
	json_decref(request);
}
END_TEST

START_TEST(a_table_that_is_there_exists_and_gets_its_ttl_all_the_same)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ResourceInUseException"), STATUS("ACTIVE"), TTL_OFF,
		    TEXT("{}"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_EXISTS);
	ck_assert_uint_eq(on.aws.script.request_count, 4);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ResourceInUseException"), STATUS("ACTIVE"),
		    TTL_ON("ttl"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_EXISTS);
}
END_TEST

START_TEST(a_ttl_on_another_attribute_is_another_kind_of_table)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("ResourceInUseException"), STATUS("ACTIVE"),
		    TTL_ON("expires"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_INVALID);
}
END_TEST

START_TEST(waiting_ends_with_the_deadline)
{
	on.aws.script.is_forgetful = true;
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), STATUS("CREATING"));
	table_repo_make(&on.repo, &on.await);
	scripted_repo_expect(&on, RESULT_TIMEOUT);
}
END_TEST

static void make_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	table_repo_make(&on.repo, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert_msg(alloc_has_failed() && result_is_failure(result), "%s",
			      result_name(result));
	scripted_repo_leave(&on);
}

static void check_once(void *context)
{
	struct buf lines = {0};
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	buf_init(&lines, 8192);
	table_repo_check(&on.repo, &lines, &on.await);
	result = scripted_repo_run(&on);
	if (result != RESULT_INVALID)
		ck_assert_msg(alloc_has_failed() && result_is_failure(result), "%s %d",
			      result_name(result), alloc_has_failed());
	buf_clear(&lines);
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{}"), STATUS("CREATING"), STATUS("ACTIVE"),
		    TTL_ON("ttl"));
	alloc_fail_each(make_once, NULL);
	SCRIPT_PLAY(&on.aws.script, STATUS("ACTIVE"));
	alloc_fail_each(check_once, NULL);
}
END_TEST

Suite *table_repo_suite(void)
{
	Suite *suite = suite_create("table_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_table_that_is_made_is_the_one_that_is_expected);
	tcase_add_test(tests, each_table_has_a_cursor_key_of_its_own);
	tcase_add_test(tests, a_missing_table_and_one_in_the_making_are_told_apart);
	tcase_add_test(tests, each_difference_is_told);
	tcase_add_test(tests, an_index_that_projects_everything_will_do);
	tcase_add_test(tests, a_table_of_somebody_else_is_told_all_at_once);
	tcase_add_test(tests, a_table_is_made_waited_for_and_given_its_ttl);
	tcase_add_test(tests, an_index_projects_no_more_than_dynamodb_allows);
	tcase_add_test(tests, a_table_that_is_there_exists_and_gets_its_ttl_all_the_same);
	tcase_add_test(tests, a_ttl_on_another_attribute_is_another_kind_of_table);
	tcase_add_test(tests, waiting_ends_with_the_deadline);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
