#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "delivery_texts.h"
#include "repo/delivery_repo.h"
#include "scripted_repo.h"

#define OTHER_HEAD HEAD("confirmed", "8")
#define BOTH STOCKS(STOCK(TEA, "3") "," STOCK(POT, "1"))

static struct scripted_repo on;
static struct delivery_outcome outcome;
static struct delivery_body body;
static struct delivery_patch patch;

static void set_up(void)
{
	scripted_repo_init(&on);
	memset(&outcome, 0, sizeof(outcome));
	body = (struct delivery_body){.carrier = "dhl", .tracking_number = "N \"2\""};
	patch = (struct delivery_patch){0};
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void create(void)
{
	delivery_repo_create(&on.repo, ORDER, &body, &outcome, &on.await);
}

static void change(uint64_t expected_version)
{
	const struct delivery_name name = {ORDER, PARCEL, expected_version};

	delivery_repo_change(&on.repo, &name, &patch, &outcome, &on.await);
}

static void ck_assert_refused(enum delivery_verdict verdict)
{
	scripted_repo_expect(&on, RESULT_INVALID);
	ck_assert_int_eq(outcome.verdict, verdict);
}

/* ---- finding ---- */

START_TEST(a_delivery_points_to_its_order)
{
	char order_id[ID_SIZE] = "";

	SCRIPT_PLAY(&on.aws.script, POINTER);
	delivery_repo_find_order(&on.repo, PARCEL, order_id, &on.await);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_str_eq(order_id, ORDER);
	ck_assert_sent(&on, 0, "\"pk\":{\"S\":\"D#" PARCEL "\"},\"sk\":{\"S\":\"#\"}");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
}
END_TEST

START_TEST(what_points_nowhere_is_told)
{
	char order_id[ID_SIZE] = "untouched";

	SCRIPT_PLAY(&on.aws.script, TEXT("{}"),
		    TEXT("{\"Item\":{\"order_id\":{\"S\":\"short\"}}}"));
	delivery_repo_find_order(&on.repo, PARCEL, order_id, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	scripted_repo_renew(&on);
	delivery_repo_find_order(&on.repo, PARCEL, order_id, &on.await);
	scripted_repo_expect(&on, RESULT_GARBLED);
	scripted_repo_renew(&on);
	delivery_repo_find_order(&on.repo, "no id", order_id, &on.await);
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
	ck_assert_uint_eq(on.aws.script.request_count, 0);
	ck_assert_str_eq(order_id, "untouched");
}
END_TEST

/* ---- creating ---- */

START_TEST(a_delivery_takes_what_is_left_out_of_what_is_reserved)
{
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("pending", "1", "")), BOTH, DONE);
	create();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_operation(&on, 2, "TransactWriteItems");
	ck_assert_sent(&on, 2, "\"sk\":{\"S\":\"D#0002\"}");
	ck_assert_sent(&on, 2, "\":f\":{\"S\":\"partial\"}");
	ck_assert_sent(&on, 2, "\":v\":{\"N\":\"7\"}");
	ck_assert_sent(&on, 2, "\"S\":\"D#01");
	ck_assert_sent(&on, 2, "\"order_id\":{\"S\":\"" ORDER "\"}");
	ck_assert_sent(&on, 2, "\"pk\":{\"S\":\"TRK#");
	ck_assert_sent(&on, 2, "attribute_not_exists(#p)");
	ck_assert_sent(&on, 2, "delivery.created");
	ck_assert_sent(&on, 2, "delivery.shipped");
	ck_assert_sent(&on, 2, "\"delta\":{\"N\":\"-2\"},\"reason\":{\"S\":\"shipped\"}");
	ck_assert_sent(&on, 2, "\"delta\":{\"N\":\"-1\"}");
	ck_assert_int_eq(outcome.delivery.status, DELIVERY_SHIPPED);
	ck_assert_uint_eq(outcome.delivery.version, 1);
	ck_assert_uint_eq(outcome.delivery.part_count, 2);
	ck_assert(id_is_valid(outcome.delivery.id));
}
END_TEST

START_TEST(what_is_pending_moves_no_stock)
{
	body.is_pending = true;
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), DONE);
	create();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\":f\":{\"S\":\"unfulfilled\"}");
	ck_assert_sent(&on, 1, "delivery.created");
	ck_assert_not_sent(&on, 1, "delivery.shipped");
	ck_assert_int_eq(outcome.delivery.status, DELIVERY_PENDING);
}
END_TEST

START_TEST(who_was_slower_decides_again_by_what_is_left)
{
	char id[ID_SIZE];

	body.part_count = 1;
	body.parts[0] = (struct order_part){TEA, 2};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), STOCKS(STOCK(TEA, "3")),
		    CANCELLED(UNMET "," NONE "," NONE "," NONE "," NONE "," NONE "," NONE "," NONE
				    "," NONE),
		    READ(OTHER_HEAD, "," SENT("shipped", "1", "")), STOCKS(STOCK(TEA, "2")), DONE);
	create();
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 5, "\":v\":{\"N\":\"8\"}");
	ck_assert_sent(&on, 5, "\"sk\":{\"S\":\"D#0002\"}");
	memcpy(id, outcome.delivery.id, ID_SIZE);
	ck_assert_sent(&on, 2, id); /* its id does not change */
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), STOCKS(STOCK(TEA, "3")),
		    CANCELLED(UNMET "," NONE "," NONE "," NONE "," NONE "," NONE "," NONE "," NONE
				    "," NONE),
		    READ(OTHER_HEAD, "," SENT("shipped", "2", "")));
	create();
	ck_assert_refused(DELIVERY_TOO_MUCH);
	ck_assert_int_eq(outcome.plan.excess[0].possible, 1);
}
END_TEST

START_TEST(stocks_that_do_not_fit_are_those_of_an_order_that_has_changed)
{
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), STOCKS(STOCK(TEA, "0") "," STOCK(POT, "0")),
		    READ(HEAD("completed", "8"), ""));
	create();
	ck_assert_refused(DELIVERY_ORDER_STATE);
	scripted_repo_renew(&on);
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), STOCKS(STOCK(TEA, "0") "," STOCK(POT, "0")),
		    CONFIRMED(""), STOCKS(STOCK(TEA, "0") "," STOCK(POT, "0")));
	create();
	scripted_repo_expect(&on, RESULT_GARBLED);
}
END_TEST

START_TEST(a_number_that_is_taken_is_told)
{
	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), BOTH,
		    CANCELLED(NONE "," NONE "," NONE "," NONE "," NONE "," NONE "," UNMET "," NONE
				   "," NONE "," NONE "," NONE));
	create();
	scripted_repo_expect(&on, RESULT_EXISTS);
}
END_TEST

START_TEST(what_cannot_go_out_is_refused_without_a_write)
{
	static const struct order_part much = {TEA, 4};
	static const struct {
		struct script_step step;
		const struct order_part *wanted;
		enum delivery_verdict verdict;
	} table[] = {
		{READ(HEAD("placed", "7"), ""), NULL, DELIVERY_ORDER_STATE},
		{READ(HEAD("cancelled", "7"), ""), NULL, DELIVERY_ORDER_STATE},
		{CONFIRMED(""), &much, DELIVERY_TOO_MUCH},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		body.part_count = table[i].wanted ? 1 : 0;
		if (table[i].wanted)
			body.parts[0] = *table[i].wanted;
		create();
		ck_assert_refused(table[i].verdict);
		ck_assert_uint_eq(on.aws.script.request_count, 1);
		scripted_repo_renew(&on);
	}
	SCRIPT_PLAY(&on.aws.script, TEXT("{\"Items\":[]}"));
	create();
	scripted_repo_expect(&on, RESULT_NOT_FOUND);
}
END_TEST

/* ---- changing ---- */

START_TEST(a_pending_delivery_is_shipped)
{
	patch = (struct delivery_patch){.has_status = true, .status = DELIVERY_SHIPPED};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("pending", "2", "")),
		    STOCKS(STOCK(TEA, "3")), DONE);
	change(4);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 2, "\"delta\":{\"N\":\"-2\"}");
	ck_assert_sent(&on, 2, "delivery.shipped");
	ck_assert_not_sent(&on, 2, "\"pk\":{\"S\":\"TRK#");
	ck_assert_int_eq(outcome.delivery.status, DELIVERY_SHIPPED);
	ck_assert_uint_eq(outcome.delivery.version, 5);
	ck_assert_int_eq(outcome.before.status, DELIVERY_PENDING);
}
END_TEST

START_TEST(a_cancelled_delivery_gives_its_number_back)
{
	patch = (struct delivery_patch){.has_status = true, .status = DELIVERY_CANCELLED};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("pending", "2", "")), DONE);
	change(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "{\"Delete\":{\"TableName\":\"shop\",\"Key\":{\"pk\":{\"S\":\"TRK#");
	ck_assert_not_sent(&on, 1, "attribute_not_exists");
	ck_assert_sent(&on, 1, "delivery.cancelled");
}
END_TEST

START_TEST(another_number_is_taken_for_the_old_one)
{
	patch = (struct delivery_patch){.tracking_number = "N 2"};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("shipped", "2", "")), DONE);
	change(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_sent(&on, 1, "\"Delete\"");
	ck_assert_sent(&on, 1, "attribute_not_exists(#p)");
	ck_assert_sent(&on, 1, "delivery.changed");
	ck_assert_not_sent(&on, 1, "OUT#");
}
END_TEST

/* DynamoDB may write a text with other escapes than it came with. */
START_TEST(a_number_in_other_escapes_is_the_same)
{
	patch = (struct delivery_patch){.tracking_number = "N \"1\"", .carrier = "dhl"};
	SCRIPT_PLAY(
		&on.aws.script,
		TEXT("{\"Items\":[" HEAD(
			"confirmed",
			"7") ",{\"sk\":{\"S\":\"D#0001\"},"
			     "\"delivery_id\":{\"S\":\"" PARCEL "\"},\"number\":{\"N\":\"1\"},"
			     "\"status\":{\"S\":\"shipped\"},\"carrier\":{\"S\":\"d\\u0068l\"},"
			     "\"tracking_number\":{\"S\":\"N \\u00221\\u0022\"},\"lines\":{\"L\":[{"
			     "\"M\":{\"product_id\":{\"S\":\"" TEA "\"},\"quantity\":{\"N\":\"1\"}}"
			     "}]},\"version\":{\"N\":\"4\"}}," SNAP "]}"),
		DONE);
	change(0);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_not_sent(&on, 1, "\"Delete\"");
	ck_assert_not_sent(&on, 1, "attribute_not_exists(#p)");
}
END_TEST

START_TEST(what_is_so_already_is_not_written)
{
	patch = (struct delivery_patch){.carrier = "dhl",
					.has_status = true,
					.status = DELIVERY_SHIPPED};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("shipped", "2", "")));
	change(4);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
	ck_assert_uint_eq(outcome.delivery.version, 4);
}
END_TEST

START_TEST(changes_that_cannot_be_are_refused)
{
	static const struct {
		struct script_step step;
		struct delivery_patch patch;
		uint64_t expected_version;
		enum delivery_verdict verdict;
	} table[] = {
		{CONFIRMED(""), {.carrier = "ups"}, 0, DELIVERY_UNKNOWN},
		{CONFIRMED("," SENT("pending", "1", "")),
		 {.carrier = "ups"},
		 3,
		 DELIVERY_OTHER_VERSION},
		{CONFIRMED("," SENT("shipped", "1", "")),
		 {.has_status = true, .status = DELIVERY_CANCELLED},
		 0,
		 DELIVERY_STATE},
		{CONFIRMED("," SENT("delivered", "1", "")),
		 {.has_status = true, .status = DELIVERY_SHIPPED},
		 0,
		 DELIVERY_STATE},
		{CONFIRMED("," SENT("cancelled", "1", "")), {.carrier = "ups"}, 0, DELIVERY_STATE},
		{READ(HEAD("cancelled", "7"), "," SENT("pending", "1", "")),
		 {.has_status = true, .status = DELIVERY_SHIPPED},
		 0,
		 DELIVERY_STATE}, /* it went with its order */
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		script_play(&on.aws.script, &table[i].step, 1);
		patch = table[i].patch;
		change(table[i].expected_version);
		ck_assert_refused(table[i].verdict);
		ck_assert_uint_eq(on.aws.script.request_count, 1);
		scripted_repo_renew(&on);
	}
}
END_TEST

START_TEST(a_change_that_was_made_already_needs_no_expected_version)
{
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("shipped", "1", "")));
	patch = (struct delivery_patch){.has_status = true, .status = DELIVERY_SHIPPED};
	change(3);
	scripted_repo_expect(&on, RESULT_OK);
	ck_assert_uint_eq(on.aws.script.request_count, 1);
}
END_TEST

/* ---- memory ---- */

static void run_once(void *context)
{
	void (*start)(void) = *(void (**)(void))context;
	enum result result;

	if (!scripted_repo_enter(&on))
		return;
	start();
	result = scripted_repo_run(&on);
	if (result != RESULT_OK)
		ck_assert(alloc_has_failed());
	scripted_repo_leave(&on);
}

static void change_any(void)
{
	change(0);
}

static void find(void)
{
	static char order_id[ID_SIZE];

	delivery_repo_find_order(&on.repo, PARCEL, order_id, &on.await);
}

START_TEST(short_memory_ends_it_without_a_trace)
{
	void (*start)(void) = create;

	SCRIPT_PLAY(&on.aws.script, CONFIRMED(""), BOTH, DONE);
	alloc_fail_each(run_once, &start);
	start = change_any;
	patch = (struct delivery_patch){.tracking_number = "N 2",
					.has_status = true,
					.status = DELIVERY_SHIPPED};
	SCRIPT_PLAY(&on.aws.script, CONFIRMED("," SENT("pending", "2", "")),
		    STOCKS(STOCK(TEA, "3")), DONE);
	alloc_fail_each(run_once, &start);
	start = find;
	SCRIPT_PLAY(&on.aws.script, POINTER);
	alloc_fail_each(run_once, &start);
}
END_TEST

Suite *delivery_repo_suite(void)
{
	Suite *suite = suite_create("delivery_repo");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_delivery_points_to_its_order);
	tcase_add_test(tests, what_points_nowhere_is_told);
	tcase_add_test(tests, a_delivery_takes_what_is_left_out_of_what_is_reserved);
	tcase_add_test(tests, what_is_pending_moves_no_stock);
	tcase_add_test(tests, who_was_slower_decides_again_by_what_is_left);
	tcase_add_test(tests, stocks_that_do_not_fit_are_those_of_an_order_that_has_changed);
	tcase_add_test(tests, a_number_that_is_taken_is_told);
	tcase_add_test(tests, what_cannot_go_out_is_refused_without_a_write);
	tcase_add_test(tests, a_pending_delivery_is_shipped);
	tcase_add_test(tests, a_cancelled_delivery_gives_its_number_back);
	tcase_add_test(tests, another_number_is_taken_for_the_old_one);
	tcase_add_test(tests, a_number_in_other_escapes_is_the_same);
	tcase_add_test(tests, what_is_so_already_is_not_written);
	tcase_add_test(tests, changes_that_cannot_be_are_refused);
	tcase_add_test(tests, a_change_that_was_made_already_needs_no_expected_version);
	tcase_add_test(tests, short_memory_ends_it_without_a_trace);
	suite_add_tcase(suite, tests);
	return suite;
}
