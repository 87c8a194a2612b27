/* Addresses and preferences. */
#include <check.h>
#include <string.h>

#include "api/address.h"
#include "api/notification.h"
#include "asking.h"
#include "scripted_dynamodb.h"

#define USER_ID "01900000-0000-7000-8000-000000000001"
#define ID "01900000-0000-7000-8000-00000000aaa1"
#define HOME "{\"name\":\"Jo\",\"line1\":\"Weg 1\",\"city\":\"Graz\",\"country\":\"AT\"}"
#define USER "{\"sk\":{\"S\":\"#\"},\"version\":{\"N\":\"1\"}}"
#define ITEM                                                                                \
	"{\"sk\":{\"S\":\"A#" ID "\"},\"name\":{\"S\":\"Jo\"},\"line1\":{\"S\":\"Weg 1\"}," \
	"\"city\":{\"S\":\"Graz\"},\"country\":{\"S\":\"AT\"},\"version\":{\"N\":\"2\"},"   \
	"\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}}"
#define SHOWN                                                                       \
	"{\"id\":\"" ID "\",\"name\":\"Jo\",\"line1\":\"Weg 1\",\"city\":\"Graz\"," \
	"\"country\":\"AT\",\"version\":2,\"created_at\":\"C\",\"updated_at\":\"U\"}"
#define FOUND(item) TEXT("{\"Item\":" item "}")
#define GONE "{\"Code\":\"ConditionalCheckFailed\"}"
#define BROKEN "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" USER "}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
	asking.rq.param[1] = ID;
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void renew(void)
{
	asking_renew(&asking);
	asking.rq.param[1] = ID;
}

static void ck_assert_problem(int status, int expected, const char *code)
{
	ck_assert_int_eq(status, expected);
	ck_assert_str_eq(asking.rq.reply.code, code);
}

START_TEST(get_shows_one_or_all)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND(ITEM));
	ck_assert_int_eq(asking_run(&asking, &get_address, USER_ID), 200);
	ck_assert_str_eq(asking_body(&asking), SHOWN "\n");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"2\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" USER "," ITEM "," ITEM "]}"));
	ck_assert_int_eq(asking_run(&asking, &get_addresses, USER_ID), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[" SHOWN "," SHOWN "]}\n");
}
END_TEST

START_TEST(what_is_missing_is_told_apart)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), FOUND(USER));
	ck_assert_problem(asking_run(&asking, &get_address, USER_ID), 404, "address-not-found");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), TEXT("{}"));
	ck_assert_problem(asking_run(&asking, &get_address, USER_ID), 404, "user-not-found");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), FOUND(USER));
	ck_assert_problem(asking_send(&asking, &put_address, USER_ID, HOME), 404,
			  "address-not-found");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[]}"));
	ck_assert_problem(asking_run(&asking, &get_addresses, USER_ID), 404, "user-not-found");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(GONE "," NONE));
	ck_assert_problem(asking_send(&asking, &post_address, USER_ID, HOME), 404,
			  "user-not-found");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(GONE "," NONE));
	ck_assert_problem(asking_run(&asking, &delete_address, USER_ID), 404, "address-not-found");
}
END_TEST

START_TEST(post_answers_with_the_address_and_where_it_is)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &post_address, USER_ID, HOME), 201);
	ck_assert_mem_eq(asking_header(&asking, "Location"), "/user/" USER_ID "/address/0",
			 sizeof("/user/" USER_ID "/address/0") - 1);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"country\":\"AT\",\"version\":1,"));
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(BROKEN "," NONE));
	ck_assert_problem(asking_send(&asking, &post_address, USER_ID, HOME), 409,
			  "too-many-addresses");
	renew();
	ck_assert_problem(asking_send(&asking, &post_address, USER_ID, "{}"), 422,
			  "validation-failed");
}
END_TEST

START_TEST(put_merges_and_null_removes)
{
	SCRIPT_PLAY(&asking.on.aws.script, FOUND(ITEM), TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &put_address, USER_ID,
				     "{\"line2\":null,\"city\":\"Wien\"}"),
			 200);
	ck_assert_ptr_nonnull(
		strstr(asking_body(&asking), "\"line1\":\"Weg 1\",\"city\":\"Wien\""));
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"3\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, FOUND(ITEM));
	ck_assert_problem(asking_send(&asking, &put_address, USER_ID, "{\"city\":null}"), 422,
			  "validation-failed");
}
END_TEST

START_TEST(delete_is_empty)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &delete_address, USER_ID), 204);
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, CANCELLED(BROKEN "," NONE));
	ck_assert_problem(asking_run(&asking, &delete_address, USER_ID), 409, "conflict");
}
END_TEST

START_TEST(preferences_are_none_until_they_are_set)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), FOUND(USER));
	ck_assert_int_eq(asking_run(&asking, &get_notification, USER_ID), 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"channel\":\"none\",\"events\":[],\"version\":0}\n");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"0\"");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), TEXT("{}"));
	ck_assert_problem(asking_run(&asking, &get_notification, USER_ID), 404, "user-not-found");
}
END_TEST

START_TEST(preferences_are_replaced_as_a_whole)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    FOUND("{\"channel\":{\"S\":\"sms\"},\"phone\":{\"S\":\"+4930123456\"},"
			  "\"version\":{\"N\":\"1\"}}"),
		    TEXT("{}"));
	ck_assert_int_eq(asking_send(&asking, &put_notification, USER_ID,
				     "{\"channel\":\"topic\"}"),
			 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"channel\":\"topic\",\"events\":[],\"version\":2}\n");
	renew();
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), CANCELLED(NONE "," GONE));
	ck_assert_problem(asking_send(&asking, &put_notification, USER_ID,
				      "{\"channel\":\"topic\"}"),
			  404, "user-not-found");
	renew();
	ck_assert_problem(asking_send(&asking, &put_notification, USER_ID, "{\"channel\":\"sms\"}"),
			  422, "validation-failed");
}
END_TEST

Suite *api_address_suite(void)
{
	Suite *suite = suite_create("api_address");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, get_shows_one_or_all);
	tcase_add_test(tests, what_is_missing_is_told_apart);
	tcase_add_test(tests, post_answers_with_the_address_and_where_it_is);
	tcase_add_test(tests, put_merges_and_null_removes);
	tcase_add_test(tests, delete_is_empty);
	tcase_add_test(tests, preferences_are_none_until_they_are_set);
	tcase_add_test(tests, preferences_are_replaced_as_a_whole);
	suite_add_tcase(suite, tests);
	return suite;
}
