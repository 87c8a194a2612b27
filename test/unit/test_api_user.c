#include <check.h>
#include <string.h>

#include "api/user.h"
#include "asking.h"
#include "http/access.h"
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
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, FOUND);
	ck_assert_problem(asking_send(&asking, &put_user, ID, "{\"id\":\"" ID "\"}"), 422,
			  "validation-failed");
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"read-only\""));
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "It stays what it was"));
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

/* ---- who registers ---- */

#define WITH_ID(id) "{\"id\":\"" id "\",\"name\":\"Jo\",\"email\":\"jo@shop.example\"}"
#define OTHER "01900000-0000-7000-8000-000000000002"

/* A shopper whose token names the user ID, with scopes perhaps. */
static void shopper_sends(scope_set scopes, const char *body, int status)
{
	static const struct access asked;

	asking.server.options.access = &asked;
	asking.rq.caller = (struct caller){CALLER_SHOPPER, ID, scopes, "shopper"};
	ck_assert_int_eq(asking_send(&asking, &post_user, NULL, body), status);
}

START_TEST(a_shopper_makes_himself)
{
	static const char *const bodies[] = {JO, WITH_ID(ID)};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
		shopper_sends(0, bodies[i], 201);
		ck_assert_str_eq(asking_header(&asking, "Location"), "/user/" ID);
		ck_assert_mem_eq(asking_body(&asking), "{\"id\":\"" ID "\"", 44);
		ck_assert_sent(&asking.on, 0, "\"U#" ID "\"");
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(a_shopper_makes_nobody_else)
{
	shopper_sends(0, WITH_ID(OTHER), 404);
	ck_assert_str_eq(asking.rq.reply.code, "user-not-found");
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "himself only"));
	asking_renew(&asking);
	shopper_sends(scope_bit(SCOPE_USER_READ), WITH_ID(OTHER), 404);
	asking_renew(&asking);
	shopper_sends(0, WITH_ID("auth0|1"), 422);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(staff_make_whom_they_like)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	shopper_sends(scope_bit(SCOPE_USER_WRITE), WITH_ID(OTHER), 201);
	ck_assert_str_eq(asking_header(&asking, "Location"), "/user/" OTHER);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	shopper_sends(scope_bit(SCOPE_USER_WRITE), JO, 201);
	ck_assert_str_ne(asking_header(&asking, "Location"), "/user/" ID);
	ck_assert_not_sent(&asking.on, 0, ID);
}
END_TEST

START_TEST(who_cannot_be_made_is_told_why_and_his_id)
{
	static const struct {
		struct script_step step;
		const char *code;
	} table[] = {
		{CANCELLED(BROKEN "," BROKEN "," NONE), "user-exists"},
		{CANCELLED(NONE "," BROKEN "," BROKEN), "user-being-removed"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&asking.on.aws.script, &table[i].step, 1);
		shopper_sends(0, JO, 409);
		ck_assert_str_eq(asking.rq.reply.code, table[i].code);
		ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"user_id\":\"" ID "\""));
		asking_renew(&asking);
	}
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," BROKEN "," NONE));
	shopper_sends(0, JO, 409);
	ck_assert_str_eq(asking.rq.reply.code, "email-taken");
	ck_assert_ptr_null(strstr(asking_body(&asking), "user_id"));
}
END_TEST

START_TEST(registering_with_a_key_keeps_the_answer)
{
	asking_key(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	shopper_sends(0, JO, 201);
	ck_assert_as_rehearsed(&asking);
	ck_assert_sent(&asking.on, 0, "\"I#" ASKING_KEY_ID "\"");
	asking_renew(&asking);
	/* One that says that there is no such user is not kept: it would outlive the reason. */
	asking_key(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(NONE "," NONE "," BROKEN "," NONE "," NONE),
		    CANCELLED(NONE "," NONE "," BROKEN));
	shopper_sends(0, JO, 409);
	ck_assert_str_eq(asking.rq.reply.code, "user-being-removed");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 2);
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
		    TEXT("{\"Items\":[]}"), TEXT("{\"Items\":[]}"),
		    TEXT("{\"Items\":[{\"pk\":{\"S\":\"SUB#x#0\"}}]}"), TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &delete_user, ID), 204);
	ck_assert_operation(&asking.on, 5, "BatchWriteItem");
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

START_TEST(a_list_by_e_mail_address_has_one_or_none)
{
	static const char *const refused[][3] = {
		{"jo", NULL, "invalid-parameter"},
		{"", NULL, "invalid-parameter"},
		{"jo@shop.example", "x", "invalid-cursor"},
	};

	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Item\":{\"user_id\":{\"S\":\"" ID "\"}}}"),
		    FOUND);
	asking_query(&asking, "email", "JO@shop.example");
	asking_query(&asking, "limit", "1");
	ck_assert_int_eq(asking_run(&asking, &get_users, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[" SHOWN "]}\n");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	asking_query(&asking, "email", "jo@shop.example");
	ck_assert_int_eq(asking_run(&asking, &get_users, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		asking_renew(&asking);
		asking_query(&asking, "email", refused[i][0]);
		if (refused[i][1])
			asking_query(&asking, "cursor", refused[i][1]);
		ck_assert_problem(asking_run(&asking, &get_users, NULL), 400, refused[i][2]);
	}
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
	tcase_add_test(tests, a_shopper_makes_himself);
	tcase_add_test(tests, a_shopper_makes_nobody_else);
	tcase_add_test(tests, staff_make_whom_they_like);
	tcase_add_test(tests, who_cannot_be_made_is_told_why_and_his_id);
	tcase_add_test(tests, registering_with_a_key_keeps_the_answer);
	tcase_add_test(tests, put_and_patch_answer_with_the_user_as_it_is_then);
	tcase_add_test(tests, delete_is_empty_and_ends_subscriptions_too);
	tcase_add_test(tests, a_list_has_what_the_index_keeps);
	tcase_add_test(tests, a_list_by_e_mail_address_has_one_or_none);
	suite_add_tcase(suite, tests);
	return suite;
}
