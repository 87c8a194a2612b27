#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/product_update.h"
#include "repo/product_view.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "trees.h"

#define ID "00000000-0000-4000-8000-000000000001"
#define FOUND(version, more) FOUND_AS("n", version, more)
#define FOUND_AS(name, version, more)                                                        \
	TEXT("{\"Items\":[{\"pk\":{\"S\":\"P#" ID "\"},\"sk\":{\"S\":\"#\"},"                \
	     "\"name\":{\"S\":\"" name "\"},\"price\":{\"N\":\"1\"},\"wt\":{\"S\":\"old\"}," \
	     "\"version\":{\"N\":\"" version "\"},\"created_at\":{\"S\":\"C\"}" more         \
	     "},{\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"4\"},"                      \
	     "\"version\":{\"N\":\"17\"}}]}")

static struct scripted_repo on;
static struct stored_product product;

/* What the change is to do; how often it was asked. */
static struct {
	const char *makes; /* NULL: it says RESULT_INVALID */
	const char *given; /* what it must have been given, or NULL */
	unsigned count;
} change;

static enum result make_changed(const json_t *stored, void *context, json_t **changed)
{
	json_t *made;

	ck_assert_ptr_eq(context, &change);
	change.count++;
	if (change.given)
		ck_assert_tree(json_incref((json_t *)stored), change.given);
	if (!change.makes)
		return RESULT_INVALID;
	made = tree_of(change.makes);
	if (!made)
		return RESULT_NO_MEMORY;
	*changed = made;
	return RESULT_OK;
}

static void start(uint64_t expected_version)
{
	product = (struct stored_product){0};
	product_update_run(&on.repo,
			   &(struct product_update){.id = ID,
						    .expected_version = expected_version,
						    .change = make_changed,
						    .context = &change},
			   &product, &on.await);
}

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&change, 0, sizeof(change));
	change.makes = "{\"name\":\"N\",\"price\":2.50,\"x\":1}";
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_viewed(const char *expected)
{
	struct buf out = {0};

	buf_init(&out, PRODUCT_ITEM_MAX);
	product_view_write(&product, &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

START_TEST(it_reads_changes_and_writes_on_the_version_that_it_read)
{
	change.given = "{\"name\":\"n\",\"price\":1}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ",\"other\":{\"SS\":[\"a\"]}"), TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "Query");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_operation(&on, 1, "PutItem");
	ck_assert_sent(&on, 1,
		       "\"Item\":{\"pk\":{\"S\":\"P#" ID "\"},\"sk\":{\"S\":\"#\"},"
		       "\"name\":{\"S\":\"N\"},\"price\":{\"N\":\"2.5\"},"
		       "\"extra\":{\"M\":{\"x\":{\"N\":\"1\"}}},\"version\":{\"N\":\"4\"},"
		       "\"created_at\":{\"S\":\"C\"},"
		       "\"updated_at\":{\"S\":\"2015-08-30T12:36:00.");
	ck_assert_sent(&on, 1, "\"g2s\":{\"S\":\"C#" ID "\"},\"other\":{\"SS\":[\"a\"]},\"wt\":");
	ck_assert_sent(&on, 1, "\"ConditionExpression\":\"version = :v\"");
	ck_assert_sent(&on, 1, "{\":v\":{\"N\":\"3\"}}");
	ck_assert_not_sent(&on, 1, "\"old\"");
	ck_assert_not_sent(&on, 1, "STOCK");
	ck_assert_uint_eq(product.version, 4);
	ck_assert_uint_eq(product.stock_version, 17);
	ck_assert_uint_eq(change.count, 1);
	ck_assert_str_eq(product.id, ID);
}
END_TEST

START_TEST(what_was_just_read_is_not_read_again_unless_somebody_was_faster)
{
	static const char items[] = "[{\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"n\"},"
				    "\"version\":{\"N\":\"3\"}}]";
	const struct product_update update = {.id = ID,
					      .items = span_of(items),
					      .change = make_changed,
					      .context = &change};

	SCRIPT_PLAY(&on.aws.script, FAILED("{\"version\":{\"N\":\"4\"}}"), FOUND("4", ""),
		    TEXT("{}"));
	product_update_run(&on.repo, &update, NULL, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	ck_assert_operation(&on, 0, "PutItem");
	ck_assert_sent(&on, 0, "{\":v\":{\"N\":\"3\"}}");
	ck_assert_operation(&on, 1, "Query");
	ck_assert_sent(&on, 2, "{\":v\":{\"N\":\"4\"}}");
	scripted_repo_renew(&on);
	change.makes = "{\"name\":\"n\"}";
	product_update_run(&on.repo, &update, NULL, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(what_comes_out_is_what_was_written)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), TEXT("{}"));
	start(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert(item_get(&product.product, "updated_at").data);
	product.product.count -= 4; /* the index keys; and the time, which depends on the test */
	ck_assert_viewed("{\"id\":\"" ID "\",\"name\":\"N\",\"price\":2.5,\"x\":1,"
			 "\"stock\":{\"available\":4,\"reserved\":0,\"on_hand\":4},"
			 "\"version\":4,\"created_at\":\"C\"}");
}
END_TEST

START_TEST(a_change_that_changes_nothing_is_not_written)
{
	change.makes = "{\"price\":1.00,\"name\":\"n\"}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""));
	start(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(product.version, 3);
	ck_assert_viewed("{\"id\":\"" ID "\",\"name\":\"n\",\"price\":1,\"stock\":{\"available\":4,"
			 "\"reserved\":0,\"on_hand\":4},\"version\":3,\"created_at\":\"C\"}");
}
END_TEST

START_TEST(somebody_faster_makes_it_read_and_change_again)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), FAILED("{\"version\":{\"N\":\"4\"}}"),
		    FOUND("4", ""), TEXT("{}"));
	start(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(change.count, 2);
	ck_assert_sent(&on, 3, "{\":v\":{\"N\":\"4\"}}");
	ck_assert_uint_eq(product.version, 5);
}
END_TEST

START_TEST(with_an_expected_version_somebody_faster_is_a_conflict)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), FAILED("{\"version\":{\"N\":\"4\"}}"),
		    FOUND("4", ""));
	start(3);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	ck_assert_uint_eq(on.aws.script.request_count, 3);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""));
	start(2);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(product.version, 0);
}
END_TEST

START_TEST(what_is_there_already_needs_no_expected_version)
{
	change.makes = "{\"name\":\"n\",\"price\":1}";
	SCRIPT_PLAY(&on.aws.script, FOUND("4", ""));
	start(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(product.version, 4);
	scripted_repo_renew(&on);
	/* Two of the same at once: one writes, both are right. */
	change.makes = "{\"name\":\"N\",\"price\":1}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), FAILED("{\"version\":{\"N\":\"4\"}}"),
		    FOUND_AS("N", "4", ""));
	start(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(product.version, 4);
	scripted_repo_renew(&on);
	/* What cannot be is told of the version that was meant, and of no other. */
	change.makes = NULL;
	SCRIPT_PLAY(&on.aws.script, FOUND("4", ""));
	start(3);
	scripted_repo_expect(&on, RESULT_CONFLICT);
}
END_TEST

START_TEST(a_product_that_is_removed_meanwhile_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""),
		    {.status = 400, .body = "{\"__type\":\"a#ConditionalCheckFailedException\"}"},
		    TEXT("{\"Items\":[]}"));
	start(0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

START_TEST(too_many_others_are_a_conflict_in_the_end)
{
	struct script_step steps[2 * ITEM_UPDATE_TRIES + 2];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i += 2) {
		steps[i] = (struct script_step)FOUND("3", "");
		steps[i + 1] = (struct script_step)FAILED("{\"version\":{\"N\":\"4\"}}");
	}
	on.aws.script.is_forgetful = true;
	script_play(&on.aws.script, steps, sizeof(steps) / sizeof(steps[0]));
	start(0);
	scripted_repo_expect(&on, RESULT_CONFLICT);
	ck_assert_uint_eq(change.count, ITEM_UPDATE_TRIES);
}
END_TEST

START_TEST(what_the_change_says_is_passed_on_without_a_write)
{
	change.makes = NULL;
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""));
	start(0);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[{\"sk\":{\"S\":\"STOCK\"}}]}"));
	start(0);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	product_update_run(&on.repo, &(struct product_update){.id = "x", .change = make_changed},
			   &product, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(change.count, 0);
}
END_TEST

START_TEST(a_lost_answer_to_a_write_that_was_done_is_a_success)
{
	/* The token of the write is the one that the item has, whatever it is. */
	static char answer[400];
	const char *token;

	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), LOST, {.hangs = true});
	start(0);
	script_run(&on.aws.script, &on.is_done, 5000000);
	token = strstr(script_body(&on.aws.script, 2), "\"wt\"");
	snprintf(answer, sizeof(answer),
		 "{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":{%.*s,"
		 "\"version\":{\"N\":\"4\"}}}",
		 (int)(strcspn(token, "}") + 1), token);
	if (!on.is_done)
		script_answer_hanging(&on.aws.script,
				      &(struct script_step){.status = 400, .body = answer});
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(product.version, 4);
	ck_assert_uint_eq(change.count, 1);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	start(0);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), AWS_ERROR("AccessDeniedException"));
	start(0);
	scripted_repo_expect(&on, RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ",\"extra\":{\"M\":{\"name\":{\"S\":\"x\"}}}"));
	start(0);
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

static void update_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	start(0);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed() && result_is_failure(result));
	else
		ck_assert_uint_ne(product.version, 0);
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""), FAILED("{\"version\":{\"N\":\"4\"}}"),
		    FOUND("4", ""), TEXT("{}"));
	alloc_fail_each(update_once, NULL);
	change.makes = "{\"name\":\"n\",\"price\":1}";
	SCRIPT_PLAY(&on.aws.script, FOUND("3", ""));
	alloc_fail_each(update_once, NULL);
}
END_TEST

Suite *product_update_suite(void)
{
	Suite *suite = suite_create("product_update");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, it_reads_changes_and_writes_on_the_version_that_it_read);
	tcase_add_test(tests, what_was_just_read_is_not_read_again_unless_somebody_was_faster);
	tcase_add_test(tests, what_comes_out_is_what_was_written);
	tcase_add_test(tests, a_change_that_changes_nothing_is_not_written);
	tcase_add_test(tests, somebody_faster_makes_it_read_and_change_again);
	tcase_add_test(tests, with_an_expected_version_somebody_faster_is_a_conflict);
	tcase_add_test(tests, what_is_there_already_needs_no_expected_version);
	tcase_add_test(tests, a_product_that_is_removed_meanwhile_is_not_found);
	tcase_add_test(tests, too_many_others_are_a_conflict_in_the_end);
	tcase_add_test(tests, what_the_change_says_is_passed_on_without_a_write);
	tcase_add_test(tests, what_is_not_there_is_not_found);
	tcase_add_test(tests, a_lost_answer_to_a_write_that_was_done_is_a_success);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
