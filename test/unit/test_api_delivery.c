/* Deliveries, and the replies about them. */
#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "api/delivery.h"
#include "asking.h"
#include "delivery_texts.h"
#include "domain/delivery_body.h"

#define BODY "{\"carrier\":\"dhl\",\"tracking_number\":\"2\"}"
#define FOUR_TEAS                                                                          \
	"{\"carrier\":\"dhl\",\"tracking_number\":\"2\",\"lines\":[{\"product_id\":\"" TEA \
	"\",\"quantity\":4}]}"
#define EVENT                                                             \
	"{\"event_id\":\"e\",\"tracking_status\":\"delivered\",\"time\":" \
	"\"2015-08-30T12:00:00+01:00\"}"
#define BOTH STOCKS(STOCK(TEA, "3") "," STOCK(POT, "1"))
#define SHOWN "{\"id\":\"" PARCEL "\",\"status\":\"shipped\",\"carrier\":\"dhl\","

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
	ck_assert_msg(asking.rq.reply.code && strcmp(asking.rq.reply.code, code) == 0, "%s",
		      asking_body(&asking));
}

static void ck_assert_says(const char *part)
{
	ck_assert_msg(strstr(asking_body(&asking), part) != NULL, "%s", asking_body(&asking));
}

START_TEST(get_shows_one_or_all)
{
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED("," SENT("shipped", "1", "")));
	ck_assert_int_eq(asking_run(&asking, &get_delivery, PARCEL), 200);
	ck_assert_says(SHOWN);
	ck_assert_says("\"order_id\":\"" ORDER "\",\"version\":4,");
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"4\"");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED("," SENT("shipped", "1", "")));
	ck_assert_int_eq(asking_run(&asking, &get_order_deliveries, ORDER), 200);
	ck_assert_says("{\"data\":[" SHOWN);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED(""));
	ck_assert_int_eq(asking_run(&asking, &get_order_deliveries, ORDER), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
}
END_TEST

#define LOCK                                                      \
	TEXT("{\"Item\":{\"delivery_id\":{\"S\":\"" PARCEL "\"}," \
	     "\"order_id\":{\"S\":\"" ORDER "\"}}}")

static int find_numbered(const char *carrier, const char *number)
{
	asking_renew(&asking);
	if (carrier)
		asking_query(&asking, "carrier", carrier);
	if (number)
		asking_query(&asking, "tracking_number", number);
	return asking_run(&asking, &get_deliveries, NULL);
}

START_TEST(get_finds_the_one_that_has_a_number)
{
	SCRIPT_PLAY(&asking.on.aws.script, LOCK, CONFIRMED("," SENT("shipped", "1", "")));
	ck_assert_int_eq(find_numbered("dhl", "N \"1\""), 200);
	ck_assert_says("{\"data\":[" SHOWN);
	ck_assert_says("\"order_id\":\"" ORDER "\",\"version\":4,");
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(find_numbered("dhl", "2"), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
}
END_TEST

START_TEST(a_number_needs_its_carrier_and_both_their_length)
{
	char longest[DELIVERY_TEXT_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[DELIVERY_TEXT_MAX + 1] = '\0';
	ck_assert_problem(find_numbered(NULL, NULL), 400, "invalid-parameter");
	ck_assert_says("carrier must have 1 to 100 characters. Give both carrier and");
	ck_assert_problem(find_numbered("dhl", NULL), 400, "invalid-parameter");
	ck_assert_says("tracking_number must have");
	ck_assert_problem(find_numbered(NULL, "1"), 400, "invalid-parameter");
	ck_assert_problem(find_numbered("", "1"), 400, "invalid-parameter");
	ck_assert_problem(find_numbered("dhl", ""), 400, "invalid-parameter");
	ck_assert_problem(find_numbered(longest, "1"), 400, "invalid-parameter");
	ck_assert_problem(find_numbered("dhl", longest), 400, "invalid-parameter");
	ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
	longest[DELIVERY_TEXT_MAX] = '\0';
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_int_eq(find_numbered(longest, longest), 200);
}
END_TEST

START_TEST(what_is_missing_is_told)
{
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{}"));
	ck_assert_problem(asking_run(&asking, &get_delivery, PARCEL), 404, "delivery-not-found");
	asking_renew(&asking);
	ck_assert_problem(asking_send(&asking, &patch_delivery, PARCEL, "{}"), 404,
			  "delivery-not-found");
	asking_renew(&asking);
	ck_assert_problem(asking_send(&asking, &post_delivery_event, PARCEL, EVENT), 404,
			  "delivery-not-found");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED(""));
	ck_assert_problem(asking_run(&asking, &get_delivery, PARCEL), 404, "delivery-not-found");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED(""));
	ck_assert_problem(asking_send(&asking, &patch_delivery, PARCEL, "{}"), 404,
			  "delivery-not-found");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, TEXT("{\"Items\":[]}"));
	ck_assert_problem(asking_run(&asking, &get_order_deliveries, ORDER), 404,
			  "order-not-found");
	asking_renew(&asking);
	ck_assert_problem(asking_send(&asking, &post_order_delivery, ORDER, BODY), 404,
			  "order-not-found");
}
END_TEST

START_TEST(post_answers_with_the_delivery_and_where_it_is)
{
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED(""), BOTH, DONE);
	ck_assert_int_eq(asking_send(&asking, &post_order_delivery, ORDER, BODY), 201);
	ck_assert_mem_eq(asking_header(&asking, "Location"), "/delivery/0", 11);
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"1\"");
	ck_assert_says("\"status\":\"shipped\"");
}
END_TEST

START_TEST(with_a_key_the_answer_is_known_before_the_write)
{
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED(""), BOTH, DONE);
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_order_delivery, ORDER, BODY), 201);
	ck_assert_as_rehearsed(&asking);
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED("," SENT("shipped", "1", "")), DONE);
	asking_key(&asking);
	ck_assert_int_eq(asking_send(&asking, &post_delivery_event, PARCEL, EVENT), 200);
	ck_assert_as_rehearsed(&asking);
	ck_assert_says("\"status\":\"delivered\"");
}
END_TEST

START_TEST(refusals_have_their_codes)
{
	static const struct {
		struct script_step order;
		const char *body;
		const char *code;
		const char *says;
	} table[] = {
		{READ(HEAD("placed", "7"), ""), BODY, "invalid-transition",
		 "\"current\":\"placed\",\"allowed\":[\"confirmed\",\"expired\",\"cancelled\"]"},
		{CONFIRMED(""), FOUR_TEAS, "too-many-shipped",
		 "\"items\":[{\"product_id\":\"" TEA "\",\"requested\":4,\"possible\":3}]"},
		{TEXT("{\"Items\":[" HEAD("confirmed", "7") "," SENT(
			 "shipped", "3",
			 "") ",{"
			     "\"sk\":{\"S\":\"D#0002\"},\"delivery_id\":{\"S\":\"" ORDER "\"},"
			     "\"number\":{\"N\":\"2\"},\"status\":{\"S\":\"pending\"},\"lines\":{\"L\":[{"
			     "\"M\":{\"product_id\":{\"S\":\"" POT
			     "\"},\"quantity\":{\"N\":\"1\"}}}]},"
			     "\"version\":{\"N\":\"2\"}}," SNAP "]}"),
		 BODY, "nothing-to-ship", "pending"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&asking.on.aws.script, &table[i].order, 1);
		ck_assert_problem(asking_send(&asking, &post_order_delivery, ORDER, table[i].body),
				  409, table[i].code);
		ck_assert_says(table[i].says);
		asking_renew(&asking);
	}
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED(""), BOTH,
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," NONE "," NONE "," UNMET "," NONE
				   "," NONE "," NONE "," NONE));
	ck_assert_problem(asking_send(&asking, &post_order_delivery, ORDER, BODY), 409,
			  "tracking-number-taken");
	asking_renew(&asking);
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED("," SENT("pending", "1", "")));
	ck_assert_problem(asking_send(&asking, &post_delivery_event, PARCEL, EVENT), 409,
			  "invalid-transition");
	ck_assert_says("\"current\":\"pending\",\"allowed\":[\"shipped\",\"cancelled\"]");
}
END_TEST

START_TEST(an_event_that_was_seen_is_answered_with_the_delivery_as_it_is)
{
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED("," SENT("shipped", "1", "")),
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," UNMET));
	ck_assert_int_eq(asking_send(&asking, &post_delivery_event, PARCEL, EVENT), 200);
	ck_assert_says(SHOWN);
	ck_assert_str_eq(asking_header(&asking, "ETag"), "\"4\"");
}
END_TEST

START_TEST(mistakes_are_told_and_nothing_is_asked)
{
	static const struct {
		const struct endpoint *endpoint;
		const char *body;
	} table[] = {
		{&post_order_delivery, "{}"},
		{&patch_delivery, "{\"carrier\":null}"},
		{&post_delivery_event, "{}"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_problem(asking_send(&asking, table[i].endpoint, PARCEL, table[i].body),
				  422, "validation-failed");
		ck_assert_uint_eq(asking.on.aws.script.request_count, 0);
		asking_renew(&asking);
	}
}
END_TEST

/* ---- memory ---- */

struct question {
	const struct endpoint *endpoint;
	const char *id;
	const char *body; /* NULL: none */
};

static void ask_once(void *context)
{
	const struct question *question = context;

	asking.on.repo.db.client = aws_client_new(&asking.on.aws.options);
	asking.on.aws.script.next_step = 0;
	asking_renew(&asking);
	if (asking.on.repo.db.client) {
		int status = question->body ? asking_send(&asking, question->endpoint, question->id,
							  question->body)
					    : asking_run(&asking, question->endpoint, question->id);

		ck_assert_msg(alloc_has_failed() || status < 500, "%d", status);
	}
	asking_renew(&asking);
	aws_client_free(asking.on.repo.db.client);
	asking.on.repo.db.client = asking.on.aws.client;
}

static void ask_each(const struct endpoint *endpoint, const char *id, const char *body)
{
	struct question question = {endpoint, id, body};

	alloc_fail_each(ask_once, &question);
}

START_TEST(short_memory_is_503)
{
	SCRIPT_PLAY(&asking.on.aws.script, CONFIRMED("," SENT("shipped", "1", "")));
	ask_each(&get_order_deliveries, ORDER, NULL);
	ask_each(&post_order_delivery, ORDER, FOUR_TEAS);
	ask_each(&post_order_delivery, ORDER, "{}");
	SCRIPT_PLAY(&asking.on.aws.script, POINTER, CONFIRMED("," SENT("shipped", "1", "")), DONE);
	ask_each(&get_delivery, PARCEL, NULL);
	ask_each(&patch_delivery, PARCEL, "{\"carrier\":\"ups\"}");
	ask_each(&patch_delivery, PARCEL, "{\"status\":\"cancelled\"}");
	ask_each(&post_delivery_event, PARCEL, EVENT);
}
END_TEST

Suite *api_delivery_suite(void)
{
	Suite *suite = suite_create("api_delivery");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, get_shows_one_or_all);
	tcase_add_test(tests, get_finds_the_one_that_has_a_number);
	tcase_add_test(tests, a_number_needs_its_carrier_and_both_their_length);
	tcase_add_test(tests, what_is_missing_is_told);
	tcase_add_test(tests, post_answers_with_the_delivery_and_where_it_is);
	tcase_add_test(tests, with_a_key_the_answer_is_known_before_the_write);
	tcase_add_test(tests, refusals_have_their_codes);
	tcase_add_test(tests, an_event_that_was_seen_is_answered_with_the_delivery_as_it_is);
	tcase_add_test(tests, mistakes_are_told_and_nothing_is_asked);
	tcase_add_test(tests, short_memory_is_503);
	suite_add_tcase(suite, tests);
	return suite;
}
