#include <check.h>

#include "alloc_fail.h"
#include "repo/user_by_email.h"
#include "repo/user_repo.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"

#define ID "5b2c7d3e-0000-4000-8000-000000000001"
/* printf jo@shop.example | sha256sum */
#define LOCK_KEY "EMAIL#e97b714bb09fefc3828442332cb55728c6a81c9a20833422643f11f0c02da706"
#define LOCK(id) TEXT("{\"Item\":{\"user_id\":{\"S\":\"" id "\"}}}")
#define USER(email)                                                         \
	TEXT("{\"Item\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"}," \
	     "\"name\":{\"S\":\"Jo\"},\"email\":{\"S\":\"" email "\"},"     \
	     "\"phone\":{\"S\":\"+4930123456\"},\"version\":{\"N\":\"3\"}," \
	     "\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}}}")

static struct scripted_repo on;
static struct list_page page;

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void find(enum result expected)
{
	page = (struct list_page){.count = 7};
	user_by_email_find(&on.repo, span_of("JO@shop.example"), &page, &on.await);
	scripted_repo_expect(&on, expected);
}

START_TEST(the_lock_on_the_address_tells_who_it_is)
{
	struct buf out = {0};

	SCRIPT_PLAY(&on.aws.script, LOCK(ID), USER("Jo@Shop.Example"));
	find(RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 2);
	ck_assert_operation(&on, 0, "GetItem");
	ck_assert_sent(&on, 0, "\"Key\":{\"pk\":{\"S\":\"" LOCK_KEY "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_sent(&on, 1, "\"Key\":{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"}}");
	ck_assert_sent(&on, 1, "\"ConsistentRead\":true");
	ck_assert_uint_eq(page.count, 1);
	ck_assert_ptr_null(page.next);
	buf_init(&out, 1000);
	user_repo_show_entry(&on.repo, page.entries[0], &out);
	ck_assert_str_eq(buf_text(&out),
			 "{\"id\":\"" ID "\",\"name\":\"Jo\",\"email\":\"Jo@Shop.Example\","
			 "\"version\":3,\"created_at\":\"C\",\"updated_at\":\"U\"}");
	buf_clear(&out);
}
END_TEST

START_TEST(an_address_that_nobody_has_is_an_empty_list)
{
	static const struct {
		struct script_step steps[2];
		size_t count;
	} table[] = {
		{{TEXT("{}")}, 1},
		{{LOCK(ID), TEXT("{}")}, 2},             /* removed in between */
		{{LOCK(ID), USER("j@shop.example")}, 2}, /* changed in between */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, table[i].steps, table[i].count);
		find(RESULT_OK);
		ck_assert_uint_eq(on.aws.script.request_count, table[i].count);
		ck_assert_uint_eq(page.count, 0);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(failures_are_passed_on)
{
	static const struct {
		struct script_step steps[2];
		size_t count;
		enum result result;
	} table[] = {
		{{AWS_ERROR("AccessDeniedException")}, 1, RESULT_REFUSED},
		{{LOCK(ID), AWS_ERROR("AccessDeniedException")}, 2, RESULT_REFUSED},
		{{LOCK("x")}, 1, RESULT_GARBLED},
		{{LOCK("5B2C7D3E-0000-4000-8000-000000000001")}, 1, RESULT_GARBLED},
		{{TEXT("{\"Item\":{}}")}, 1, RESULT_GARBLED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, table[i].steps, table[i].count);
		find(table[i].result);
		scripted_repo_renew(&on);
	}
}
END_TEST

static void find_once(void *context)
{
	enum result result;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	user_by_email_find(&on.repo, span_of("jo@shop.example"), &page, &on.await);
	result = scripted_repo_run(&on);
	ck_assert(result == RESULT_OK ? page.count == 1
				      : alloc_has_failed() && result_is_failure(result));
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_a_failure_and_nothing_else)
{
	SCRIPT_PLAY(&on.aws.script, LOCK(ID), USER("jo@shop.example"));
	alloc_fail_each(find_once, NULL);
}
END_TEST

Suite *user_by_email_suite(void)
{
	Suite *suite = suite_create("user_by_email");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_lock_on_the_address_tells_who_it_is);
	tcase_add_test(tests, an_address_that_nobody_has_is_an_empty_list);
	tcase_add_test(tests, failures_are_passed_on);
	tcase_add_test(tests, short_memory_is_a_failure_and_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
