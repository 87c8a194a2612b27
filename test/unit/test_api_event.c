#include <check.h>
#include <string.h>

#include "api/event.h"
#include "asking.h"
#include "outbox_texts.h"
#include "scripted_dynamodb.h"

#define NOTHING TEXT("{\"Items\":[]}")
#define LETTER(id)                                                                       \
	"{\"pk\":{\"S\":\"DLQ\"},\"sk\":{\"S\":\"" id                                    \
	"\"},\"type\":{\"S\":\"order.placed\"},\"attempts\":{\"N\":\"12\"},\"reason\":{" \
	"\"S\":\"InvalidParameter\"},\"shard\":{\"N\":\"3\"},\"dead_at\":{\"S\":\"" NOW "\"}}"

static struct asking asking;

static void set_up(void)
{
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

START_TEST(dead_letters_are_shown_unless_something_else_is_asked_for)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[" LETTER(EVENT) "]}"));
	ck_assert_int_eq(asking_run(&asking, &get_events, NULL), 200);
	ck_assert_str_eq(asking_body(&asking),
			 "{\"data\":[{\"id\":\"" EVENT "\",\"type\":\"order.placed\",\"tries\":12,"
			 "\"last_error\":\"InvalidParameter\",\"dead_at\":\"" NOW
			 "\",\"age_seconds\":0}]}\n");
	ck_assert_sent(&asking.on, 0, "{\":p\":{\"S\":\"DLQ\"}}");
}
END_TEST

START_TEST(what_waits_is_shown_when_it_is_asked_for)
{
	SCRIPT_PLAY(&asking.on.aws.script, NOTHING, NOTHING, NOTHING, NOTHING);
	asking_query(&asking, "state", "waiting");
	ck_assert_int_eq(asking_run(&asking, &get_events, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	ck_assert_sent(&asking.on, 0, "{\":p\":{\"S\":\"OUT#0\"}}");
}
END_TEST

START_TEST(a_page_has_a_next_one)
{
	SCRIPT_PLAY(&asking.on.aws.script,
		    TEXT("{\"Items\":[" LETTER(EVENT) "," LETTER(EVENT2) "]}"));
	asking_query(&asking, "limit", "1");
	ck_assert_int_eq(asking_run(&asking, &get_events, NULL), 200);
	ck_assert_ptr_nonnull(strstr(asking_body(&asking), "\"next\":\""));
	ck_assert_ptr_nonnull(asking_header(&asking, "Link"));
}
END_TEST

START_TEST(parameters_are_judged)
{
	static const struct {
		const char *name;
		const char *value;
		const char *code;
	} wrong[] = {
		{"state", "gone", "invalid-parameter"},
		{"limit", "0", "invalid-parameter"},
		{"cursor", "AAAA", "invalid-cursor"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		asking_query(&asking, wrong[i].name, wrong[i].value);
		ck_assert_int_eq(asking_run(&asking, &get_events, NULL), 400);
		ck_assert_str_eq(asking.rq.reply.code, wrong[i].code);
		asking_renew(&asking);
	}
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

START_TEST(a_dead_letter_is_tried_again)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Item\":" LETTER(EVENT) "}"), TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &post_event_retry, EVENT), 202);
	ck_assert_str_eq(asking_body(&asking), "{\"id\":\"" EVENT "\",\"state\":\"retried\"}\n");
	ck_assert_operation(&asking.on, 1, "TransactWriteItems");
	ck_assert(post_event_retry.takes_no_key);
}
END_TEST

START_TEST(to_say_so_again_is_answered_the_same)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"),
		    TEXT("{\"Item\":{\"sk\":{\"S\":\"" EVENT "\"}}}"));
	ck_assert_int_eq(asking_run(&asking, &post_event_retry, EVENT), 202);
	ck_assert_str_eq(asking_body(&asking), "{\"id\":\"" EVENT "\",\"state\":\"retried\"}\n");
}
END_TEST

START_TEST(what_was_never_put_away_is_404)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"), TEXT("{}"));
	ck_assert_int_eq(asking_run(&asking, &post_event_retry, EVENT), 404);
	ck_assert_str_eq(asking.rq.reply.code, "event-not-found");
	asking_renew(&asking);
	ck_assert_int_eq(asking_run(&asking, &post_event_retry, "no id"), 404);
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
}
END_TEST

Suite *api_event_suite(void)
{
	Suite *suite = suite_create("api_event");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, dead_letters_are_shown_unless_something_else_is_asked_for);
	tcase_add_test(tests, what_waits_is_shown_when_it_is_asked_for);
	tcase_add_test(tests, a_page_has_a_next_one);
	tcase_add_test(tests, parameters_are_judged);
	tcase_add_test(tests, a_dead_letter_is_tried_again);
	tcase_add_test(tests, to_say_so_again_is_answered_the_same);
	tcase_add_test(tests, what_was_never_put_away_is_404);
	suite_add_tcase(suite, tests);
	return suite;
}
