#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "domain/delivery_body.h"
#include "trees.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define GOOD "\"carrier\":\"dhl\",\"tracking_number\":\"N 1\""
#define EVENT "\"event_id\":\"e\",\"tracking_status\":\"in_transit\""

static struct arena arena;
static struct validation validation;
static struct delivery_body made;
static struct delivery_patch patch;
static struct delivery_report report;
static json_t *body;
static const int64_t now_ms = 1440938160000; /* 2015-08-30T12:36:00Z */

static void read_body(const char *text)
{
	json_decref(body);
	body = tree_of(text);
	validation_init(&validation, &arena);
}

static bool read_new(const char *text)
{
	read_body(text);
	return delivery_body_read(body, &validation, &made);
}

static bool read_patch(const char *text)
{
	read_body(text);
	return delivery_body_read_patch(body, &validation, &patch);
}

static bool read_report(const char *text)
{
	read_body(text);
	return delivery_body_read_report(body, now_ms, &validation, &report);
}

static void tear_down(void)
{
	json_decref(body);
	body = NULL;
	arena_clear(&arena);
}

static void ck_assert_mistake(const char *field, enum mistake_code code)
{
	ck_assert_uint_eq(validation.count, 1);
	ck_assert_str_eq(validation.first->field, field);
	ck_assert_int_eq(validation.first->code, code);
}

START_TEST(a_new_delivery_is_of_all_and_shipped_unless_it_says_otherwise)
{
	ck_assert(read_new("{" GOOD "}"));
	ck_assert_str_eq(made.carrier, "dhl");
	ck_assert_str_eq(made.tracking_number, "N 1");
	ck_assert(!made.is_pending);
	ck_assert_uint_eq(made.part_count, 0);
	ck_assert(read_new("{" GOOD ",\"status\":\"pending\",\"lines\":[{\"product_id\":\"" A
			   "\",\"quantity\":2}]}"));
	ck_assert(made.is_pending);
	ck_assert_uint_eq(made.part_count, 1);
	ck_assert_int_eq(made.parts[0].quantity, 2);
	ck_assert(read_new("{" GOOD ",\"status\":\"shipped\",\"lines\":null}"));
	ck_assert(!made.is_pending);
	ck_assert_uint_eq(made.part_count, 0);
}
END_TEST

START_TEST(a_patch_has_what_is_to_be_another)
{
	ck_assert(read_patch("{\"carrier\":\"ups\",\"status\":\"cancelled\"}"));
	ck_assert_str_eq(patch.carrier, "ups");
	ck_assert_ptr_null(patch.tracking_number);
	ck_assert(patch.has_status);
	ck_assert_int_eq(patch.status, DELIVERY_CANCELLED);
	ck_assert(read_patch("{\"tracking_number\":\"2\"}"));
	ck_assert_ptr_null(patch.carrier);
	ck_assert(!patch.has_status);
	ck_assert(read_patch("{}"));
}
END_TEST

START_TEST(a_report_has_its_time_in_utc)
{
	ck_assert(read_report("{" EVENT ",\"time\":\"2015-08-30T14:00:00.25+02:00\"}"));
	ck_assert_str_eq(report.event_id, "e");
	ck_assert_int_eq(report.status, TRACKING_IN_TRANSIT);
	ck_assert_str_eq(report.time, "2015-08-30T12:00:00.250Z");
	ck_assert_ptr_null(report.place);
	ck_assert(read_report("{" EVENT ",\"time\":\"2015-08-31T12:36:00Z\",\"place\":\"Graz\"}"));
	ck_assert_str_eq(report.place, "Graz");
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
	static const struct {
		bool (*read)(const char *text);
		const char *body;
		const char *field;
		enum mistake_code code;
	} table[] = {
		{read_new, "[]", "", MISTAKE_WRONG_TYPE},
		{read_new, "{\"carrier\":\"dhl\"}", "tracking_number", MISTAKE_REQUIRED},
		{read_new, "{" GOOD ",\"status\":\"delivered\"}", "status", MISTAKE_NOT_ONE_OF},
		{read_new, "{" GOOD ",\"status\":1}", "status", MISTAKE_WRONG_TYPE},
		{read_new, "{" GOOD ",\"lines\":[]}", "lines", MISTAKE_TOO_SHORT},
		{read_new, "{" GOOD ",\"version\":1}", "version", MISTAKE_READ_ONLY},
		{read_new, "{" GOOD ",\"x\":1}", "x", MISTAKE_UNKNOWN_FIELD},
		{read_patch, "{\"carrier\":null}", "carrier", MISTAKE_REQUIRED},
		{read_patch, "{\"status\":\"pending\"}", "status", MISTAKE_NOT_ONE_OF},
		{read_patch, "{\"lines\":[]}", "lines", MISTAKE_READ_ONLY},
		{read_report, "{" EVENT "}", "time", MISTAKE_REQUIRED},
		{read_report, "{" EVENT ",\"time\":1}", "time", MISTAKE_WRONG_TYPE},
		{read_report, "{" EVENT ",\"time\":\"today\"}", "time", MISTAKE_INVALID_TIME},
		{read_report, "{" EVENT ",\"time\":\"2015-08-31T12:36:00.001Z\"}", "time",
		 MISTAKE_IN_FUTURE},
		{read_report, "{" EVENT ",\"time\":\"2015-08-31T12:36:00Z\",\"place\":\"\"}",
		 "place", MISTAKE_TOO_SHORT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ck_assert_msg(!table[i].read(table[i].body), "%s", table[i].body);
		ck_assert_mistake(table[i].field, table[i].code);
	}
}
END_TEST

static void read_once(void *context)
{
	bool is_read;

	(void)context;
	validation_init(&validation, &arena);
	is_read = delivery_body_read(body, &validation, &made);
	ck_assert_int_eq(is_read, !alloc_has_failed());
	ck_assert_int_eq(validation.has_failed, alloc_has_failed());
	arena_clear(&arena);
}

START_TEST(short_memory_is_no_mistake)
{
	read_body("{" GOOD ",\"status\":\"pending\",\"lines\":[{\"product_id\":\"" A
		  "\",\"quantity\":2}]}");
	alloc_fail_each(read_once, NULL);
}
END_TEST

Suite *delivery_body_suite(void)
{
	Suite *suite = suite_create("delivery_body");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_new_delivery_is_of_all_and_shipped_unless_it_says_otherwise);
	tcase_add_test(tests, a_patch_has_what_is_to_be_another);
	tcase_add_test(tests, a_report_has_its_time_in_utc);
	tcase_add_test(tests, what_is_wrong_is_told);
	tcase_add_test(tests, short_memory_is_no_mistake);
	suite_add_tcase(suite, tests);
	return suite;
}
