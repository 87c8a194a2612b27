#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "repo/subscriber.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define PRODUCT "00000000-0000-4000-8000-00000000000a"
#define JO "01900000-0000-7000-8000-000000000001"
#define AL "01900000-0000-7000-8000-000000000002"
#define MARK "11111111-1111-4111-8111-111111111111"
#define WAITS(user, ttl)                                                                           \
	"{\"sk\":{\"S\":\"U#" user "\"},\"product_id\":{\"S\":\"" PRODUCT                          \
	"\"},\"user_id\":{\"S\":\"" user "\"},\"mark\":{\"S\":\"" MARK "\"},\"ttl\":{\"N\":\"" ttl \
	"\"}}"
#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PAGE_AND_MORE(items) \
	TEXT("{\"Items\":[" items "],\"LastEvaluatedKey\":{\"k\":{\"S\":\"1\"}}}")
#define LOOK(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define STOCK(available)              \
	"{\"pk\":{\"S\":\"P#" PRODUCT \
	"\"},\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"" available "\"}}"
#define THERE(user) ",{\"pk\":{\"S\":\"U#" user "\"},\"sk\":{\"S\":\"#\"}}"
#define WISHES(user) ",{\"pk\":{\"S\":\"U#" user "\"},\"sk\":{\"S\":\"NOTIFY\"}}"
#define LONG "1500000000" /* the script's clock is in 2015 */
#define OVER "1400000000"

static struct scripted_repo on;
static struct subscriber_page page;
static struct subscriber_query query;

static void set_up(void)
{
	query = (struct subscriber_query){.product_id = PRODUCT, .shard = 3, .after = ""};
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void ck_assert_read(enum result result)
{
	subscriber_page_read(&on.repo, &query, &page, &on.await);
	scripted_repo_expect(&on, result);
}

START_TEST(a_page_tells_who_waits_and_whether_they_and_the_product_are_there)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(WAITS(JO, LONG) "," WAITS(AL, LONG)),
		    LOOK(STOCK("1") WISHES(AL) THERE(AL)));
	ck_assert_read(RESULT_OK);
	ck_assert_sent(&on, 0, "\":p\":{\"S\":\"SUB#" PRODUCT "#3\"}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, "{\"pk\":{\"S\":\"U#" JO "\"},\"sk\":{\"S\":\"NOTIFY\"}}");
	ck_assert_sent(&on, 1, "\"ConsistentRead\":true");
	ck_assert(page.is_available && !page.has_more);
	ck_assert_uint_eq(page.count, 2);
	ck_assert_str_eq(page.entries[0].subscription.user_id, JO);
	ck_assert(!page.entries[0].is_there && !page.entries[0].has_preferences);
	ck_assert(page.entries[1].is_there && page.entries[1].has_preferences);
}
END_TEST

START_TEST(the_next_page_begins_behind_the_last_one)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(WAITS(JO, LONG)), LOOK(STOCK("1") THERE(JO)),
		    PAGE(""), LOOK(STOCK("0")));
	ck_assert_read(RESULT_OK);
	ck_assert(page.has_more);
	ck_assert_str_eq(page.last, "U#" JO);
	query.after = page.last;
	scripted_repo_renew(&on);
	ck_assert_read(RESULT_OK);
	ck_assert_sent(&on, 0, "\":after\":{\"S\":\"U#" JO "\"}");
	ck_assert(!page.has_more && !page.is_available && page.count == 0);
}
END_TEST

START_TEST(whose_time_is_over_does_not_count)
{
	SCRIPT_PLAY(&on.aws.script, PAGE_AND_MORE(WAITS(JO, OVER) ",{\"sk\":{\"S\":\"U#x\"}}"),
		    LOOK(""));
	ck_assert_read(RESULT_OK);
	ck_assert_uint_eq(page.count, 0);
	ck_assert(page.has_more && !page.is_available);
	ck_assert_str_eq(page.last, "U#x");
}
END_TEST

START_TEST(who_was_told_is_forgotten_unless_they_subscribed_anew)
{
	struct subscription subscription = {.product_id = PRODUCT, .user_id = JO, .mark = MARK};

	SCRIPT_PLAY(&on.aws.script, TEXT("{}"));
	subscriber_forget(&on.repo, &subscription, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 0, "DeleteItem");
	ck_assert_sent(&on, 0, "\"mark = :mark\"");
	ck_assert_sent(&on, 0, "{\":mark\":{\"S\":\"" MARK "\"}}");
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, FAILED("{\"mark\":{\"S\":\"x\"}}"));
	subscriber_forget(&on.repo, &subscription, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
}
END_TEST

START_TEST(failures_are_passed_on)
{
	SCRIPT_PLAY(&on.aws.script, AWS_ERROR("AccessDeniedException"));
	ck_assert_read(RESULT_REFUSED);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, PAGE(WAITS(JO, LONG)), AWS_ERROR("AccessDeniedException"));
	ck_assert_read(RESULT_REFUSED);
}
END_TEST

static void read_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	subscriber_page_read(&on.repo, &query, &page, &on.await);
	result = scripted_repo_run(&on);
	/* An answer that was lost for want of memory is a step less. */
	ck_assert(result == RESULT_OK || (alloc_has_failed() && result_is_failure(result)));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, PAGE(WAITS(JO, LONG)), LOOK(STOCK("1") THERE(JO)));
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *subscriber_suite(void)
{
	Suite *suite = suite_create("subscriber");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_page_tells_who_waits_and_whether_they_and_the_product_are_there);
	tcase_add_test(tests, the_next_page_begins_behind_the_last_one);
	tcase_add_test(tests, whose_time_is_over_does_not_count);
	tcase_add_test(tests, who_was_told_is_forgotten_unless_they_subscribed_anew);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
