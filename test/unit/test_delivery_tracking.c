#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_tracking.h"
#include "scripted_repo.h"

#define NINE "2015-08-30T09:00:00.000Z"
#define TEN "2015-08-30T10:00:00.000Z"
#define ELEVEN "2015-08-30T11:00:00.000Z"
#define LINES(id, quantity)                                            \
	"\"lines\":{\"L\":[{\"M\":{\"product_id\":{\"S\":\"" id "\"}," \
	"\"quantity\":{\"N\":\"" quantity "\"}}}]}"
#define ONE_TEA(status, more) CONFIRMED("," SENT(status, "2", more))
/* All of the order. */
#define ALL                                                                                      \
	TEXT("{\"Items\":[" HEAD("confirmed", "7") "," SENT(                                     \
		"shipped", "3",                                                                  \
		"") ",{\"sk\":{"                                                                 \
		    "\"S\":\"D#0002\"},\"delivery_id\":{\"S\":\"" ORDER "\"},\"number\":{\"N\":" \
		    "\"2\"},\"status\":{\"S\":\"delivered\"},\"lines\":{\"L\":[{\"M\":{"         \
		    "\"product_id\":{\"S\":\"" POT                                               \
		    "\"},\"quantity\":{\"N\":\"1\"}}}]},\"version\":"                            \
		    "{\"N\":\"2\"}}," SNAP "]}")

static struct scripted_repo on;
static struct delivery_outcome outcome;
static struct delivery_report report;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&outcome, 0, sizeof(outcome));
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void track(enum tracking_status status, const char *time)
{
	static const struct delivery_name name = {ORDER, PARCEL, 0};

	report = (struct delivery_report){.event_id = "e 1", .status = status};
	memcpy(report.time, time, CLOCK_RFC3339_SIZE);
	delivery_tracking_take(&on.repo, &name, &report, &outcome, &on.await);
}

START_TEST(a_report_is_taken_with_the_mark_that_it_was_seen)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", ""), DONE);
	track(TRACKING_OUT_FOR_DELIVERY, TEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 1, "TransactWriteItems");
	ck_assert_sent(&on, 1, "\"pk\":{\"S\":\"DE#");
	ck_assert_sent(&on, 1, "attribute_not_exists(#p) OR #t <= :now");
	ck_assert_sent(&on, 1, "\":now\":{\"N\":\"1440938160\"}");
	ck_assert_sent(&on, 1, "\"event_id\":{\"S\":\"e 1\"},\"delivery_id\":{\"S\":\"" PARCEL);
	ck_assert_sent(&on, 1, "\"ttl\":{\"N\":\"1443530160\"}");
	ck_assert_sent(&on, 1, "\"tracked_at\":{\"S\":\"" TEN "\"},\"was_out\":{\"BOOL\":true}");
	ck_assert_sent(&on, 1, "delivery.out_for_delivery");
	ck_assert_sent(&on, 1, "\"by\":{\"S\":\"carrier\"}");
	ck_assert_uint_eq(outcome.delivery.version, 5);
}
END_TEST

START_TEST(what_was_seen_changes_nothing)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", ""),
		    CANCELLED(NONE "," NONE "," NONE "," UNMET));
	track(TRACKING_IN_TRANSIT, TEN);
	scripted_repo_expect(&on, RESULT_EXISTS);
	ck_assert_uint_eq(outcome.before.version, 4);
	ck_assert_ptr_null(outcome.before.tracking_status.data);
}
END_TEST

START_TEST(what_is_late_is_history_only)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", TRACKED("in_transit", TEN)), DONE);
	track(TRACKING_FAILURE, NINE);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\"what\":{\"S\":\"tracking.late\"},\"to\":{\"S\":\"failure\"}");
	ck_assert_not_sent(&on, 1, "D#0001");
	ck_assert_not_sent(&on, 1, "OUT#");
	ck_assert_uint_eq(outcome.delivery.version, 4);
}
END_TEST

/* That it is cancelled was not written with the order's cancellation; what follows is. */
START_TEST(what_was_cancelled_with_its_order_goes_on_from_that_version)
{
	SCRIPT_PLAY(&on.aws.script, READ(HEAD("cancelled", "7"), "," SENT("pending", "2", "")),
		    DONE);
	track(TRACKING_RETURN_TO_SENDER, TEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(outcome.before.version, 5);
	ck_assert_uint_eq(outcome.delivery.version, 6);
	ck_assert_sent(&on, 1, "\"status\":{\"S\":\"cancelled\"}");
	ck_assert_sent(&on, 1, "\"version\":{\"N\":\"6\"}");
}
END_TEST

START_TEST(history_tells_how_the_status_went)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", TRACKED("in_transit", TEN)), DONE);
	track(TRACKING_AVAILABLE_FOR_PICKUP, ELEVEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1,
		       "\"what\":{\"S\":\"tracking\"},\"from\":{\"S\":\"in_transit\"},"
		       "\"to\":{\"S\":\"available_for_pickup\"}");
	ck_assert_not_sent(&on, 1, "OUT#");
}
END_TEST

START_TEST(delivered_may_come_behind_what_was_later)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", TRACKED("in_transit", TEN)), DONE);
	track(TRACKING_DELIVERED, NINE);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_int_eq(outcome.delivery.status, DELIVERY_DELIVERED);
	ck_assert(span_equals(outcome.delivery.tracking_status, "in_transit"));
	ck_assert_sent(&on, 1, "delivery.delivered");
	ck_assert_not_sent(&on, 1, "order.completed");
	ck_assert_sent(&on, 1, "\":f\":{\"S\":\"partial\"}");
}
END_TEST

START_TEST(the_last_one_completes_the_order)
{
	SCRIPT_PLAY(&on.aws.script, ALL, DONE);
	track(TRACKING_DELIVERED, TEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\":s\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 1, "\":f\":{\"S\":\"delivered\"}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"order.completed\"}");
	ck_assert_sent(&on, 1, "\"from\":{\"S\":\"confirmed\"},\"to\":{\"S\":\"completed\"}");
}
END_TEST

/* The shop has taken it back before the carrier said that it would come. */
START_TEST(what_is_brought_back_may_complete_the_order_too)
{
	SCRIPT_PLAY(
		&on.aws.script,
		READ(HEAD("confirmed", "7"),
		     "," SENT(
			     "shipped", "2",
			     "") ",{\"sk\":{\"S\":\"D#0002\"},"
				 "\"delivery_id\":{\"S\":\"" ORDER
				 "\"},\"number\":{\"N\":\"2\"},\"status\":{\"S\":\"delivered\"}," LINES(
					 TEA,
					 "1") ",\"version\":{\"N\":\"2\"}},"
					      "{\"sk\":{\"S\":\"D#0003\"},\"delivery_id\":{\"S\":\"" POT
					      "\"},\"number\":{\"N\":\"3\"},\"status\":{\"S\":\"delivered\"}," LINES(
						      POT, "1") ",\"version\":{\"N\":\"2\"}},"
								"{\"sk\":{\"S\":\"R#" ORDER
								"\"}," LINES(TEA, "2") "}"),
		DONE);
	track(TRACKING_RETURN_TO_SENDER, TEN);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\":s\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 1,
		       "\"what\":{\"S\":\"delivery.returned\"},\"from\":{\"S\":\"confirmed\"},"
		       "\"to\":{\"S\":\"completed\"}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"delivery.returned\"}");
	ck_assert_sent(&on, 1, "\"type\":{\"S\":\"order.completed\"}");
}
END_TEST

START_TEST(what_was_never_shipped_is_not_delivered)
{
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("pending", ""));
	track(TRACKING_DELIVERED, TEN);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(outcome.verdict, DELIVERY_STATE);
	ck_assert_int_eq(outcome.before.status, DELIVERY_PENDING);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""));
	track(TRACKING_DELIVERED, TEN);
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(outcome.verdict, DELIVERY_UNKNOWN);
}
END_TEST

static void track_once(void *context)
{
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	track(*(enum tracking_status *)context, ELEVEN);
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

START_TEST(short_memory_ends_it_without_a_trace)
{
	enum tracking_status status = TRACKING_DELIVERED;

	SCRIPT_PLAY(&on.aws.script, ALL, DONE);
	alloc_fail_each(track_once, &status);
	status = TRACKING_FAILURE;
	SCRIPT_PLAY(&on.aws.script, ONE_TEA("shipped", TRACKED("in_transit", TEN)), DONE);
	alloc_fail_each(track_once, &status);
}
END_TEST

Suite *delivery_tracking_suite(void)
{
	Suite *suite = suite_create("delivery_tracking");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_report_is_taken_with_the_mark_that_it_was_seen);
	tcase_add_test(tests, what_was_seen_changes_nothing);
	tcase_add_test(tests, what_is_late_is_history_only);
	tcase_add_test(tests, what_was_cancelled_with_its_order_goes_on_from_that_version);
	tcase_add_test(tests, history_tells_how_the_status_went);
	tcase_add_test(tests, delivered_may_come_behind_what_was_later);
	tcase_add_test(tests, the_last_one_completes_the_order);
	tcase_add_test(tests, what_is_brought_back_may_complete_the_order_too);
	tcase_add_test(tests, what_was_never_shipped_is_not_delivered);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
