#include <check.h>
#include <string.h>

#include "api/user.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define ID "01900000-0000-7000-8000-000000000001"
#define JO "{\"name\":\"Jo\",\"email\":\"jo@shop.example\"}"
#define TIMES "\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}"
#define ITEM                                                                         \
	"{\"pk\":{\"S\":\"U#" ID "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"Jo\"}," \
	"\"email\":{\"S\":\"jo@shop.example\"},\"version\":{\"N\":\"3\"},"           \
	"\"address_count\":{\"N\":\"0\"}," TIMES ",\"g2s\":{\"S\":\"C#" ID "\"}}"
#define FOUND TEXT("{\"Item\":" ITEM "}")
#define SHOWN                                                                             \
	"{\"id\":\"" ID "\",\"name\":\"Jo\",\"email\":\"jo@shop.example\",\"version\":3," \
	"\"created_at\":\"C\",\"updated_at\":\"U\"}"
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\"}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void ck_assert_problem(int status, int expected, const char *code)
{
	ck_assert_int_eq(status, expected);
	ck_assert_str_eq(asking.rq.reply.code, code);
}

START_TEST(get_shows_the_user_with_its_tag)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_int_eq(asking_run(&asking, &get_user, ID), 200);
	ck_assert_str_eq(asking_body(&asking), SHOWN "\n");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"3\"");
}
END_TEST

START_TEST(who_is_not_there_is_404_for_every_method)
{
	static const struct {
		const struct endpoint *endpoint;
		const char *body;
		const char *answer;
	} table[] = {
		{&get_user, NULL, "{}"},
		{&put_user, JO, "{}"},
		{&patch_user, JO, "{}"},
		{&delete_user, NULL, "{\"Items\":[]}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		SCRIPT_PLAY(&asking.on.aws.script, {.status = 200, .body = table[i].answer});
		ck_assert_problem(table[i].body ? asking_send(&asking, table[i].endpoint, ID,
							      table[i].body)
						: asking_run(&asking, table[i].endpoint, ID),
				  404, "user-not-found");
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(post_answers_with_the_new_user_and_where_it_is)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &post_user, NULL, JO), 201);
	ck_assert_mem_eq(asking_header(&asking, "Location"), "/user/0", 7);
	ck_assert_ptr_nonnull(
		strstr(asking_body(&asking), "\"email\":\"jo@shop.example\",\"version\":1,"));
	ck_assert_ptr_null(strstr(asking_body(&asking), "address_count"));
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1\"");
}
END_TEST

START_TEST(mistakes_are_told_before_anything_is_asked)
{
	ck_assert_problem(asking_send(&asking, &post_user, NULL, "{\"email\":\"x\"}"), 422,
			  "validation-failed");
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"invalid-email\""));
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_problem(asking_send(&asking, &patch_user, ID, "{\"name\":null}"), 422,
			  "validation-failed");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_problem(asking_send(&asking, &put_user, ID, "{\"x\":1}"), 422,
			  "validation-failed");
}
END_TEST

START_TEST(an_e_mail_address_that_is_taken_is_409)
{
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED("{\"Code\":\"None\"}," BROKEN));
	ck_assert_problem(asking_send(&asking, &post_user, NULL, JO), 409, "email-taken");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, CANCELLED(NONE "," NONE "," BROKEN));
	ck_assert_problem(asking_send(&asking, &patch_user, ID, "{\"email\":\"j@shop.example\"}"),
			  409, "email-taken");
}
END_TEST

START_TEST(put_and_patch_answer_with_the_user_as_it_is_then)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &put_user, ID, "{\"locale\":\"de\"}"), 200);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"locale\":\"de\",\"version\":4,"));
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_int_eq(asking_send(&asking, &patch_user, ID, "{\"phone\":null}"), 200);
	ck_assert_str_eq(asking_body(&asking), SHOWN "\n");
}
END_TEST

START_TEST(delete_is_empty_and_ends_subscriptions_too)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" ITEM "]}"), TEXT("{}"),
		    TEXT("{\"Items\":[{\"pk\":{\"S\":\"SUB#x#0\"}}]}"), TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &delete_user, ID), 204);
	ck_assert_operation(&asking.on, 3, "BatchWriteItem");
}
END_TEST

START_TEST(a_list_has_what_the_index_keeps)
{
	asking.on.repo.write_shards = 1;
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" ITEM "]}"));
	ck_assert_int_eq(asking_run(&asking, &get_users, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[" SHOWN "]}\n");
	asking_renew(&asking);
	asking_query(&asking, "cursor", "x");
	ck_assert_problem(asking_run(&asking, &get_users, NULL), 400, "invalid-cursor");
	asking_renew(&asking);
	asking_query(&asking, "limit", "0");
	ck_assert_problem(asking_run(&asking, &get_users, NULL), 400, "invalid-parameter");
}
END_TEST

Suite *api_user_suite(void)
{
	Suite *suite = suite_create("api_user");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, get_shows_the_user_with_its_tag);
	tcase_add_test(tests, who_is_not_there_is_404_for_every_method);
	tcase_add_test(tests, post_answers_with_the_new_user_and_where_it_is);
	tcase_add_test(tests, mistakes_are_told_before_anything_is_asked);
	tcase_add_test(tests, an_e_mail_address_that_is_taken_is_409);
	tcase_add_test(tests, put_and_patch_answer_with_the_user_as_it_is_then);
	tcase_add_test(tests, delete_is_empty_and_ends_subscriptions_too);
	tcase_add_test(tests, a_list_has_what_the_index_keeps);
	suite_add_tcase(suite, tests);
	return suite;
}
