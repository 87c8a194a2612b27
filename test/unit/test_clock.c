#include <check.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

START_TEST(the_machines_clocks_go_on)
{
	const struct clock *clock = clock_system();
	uint64_t before = clock_monotonic_us(clock);
	int64_t wall = clock_wall_ms(clock);

	ck_assert_uint_ge(clock_monotonic_us(clock), before);
	ck_assert_int_le(wall / 1000 - (int64_t)time(NULL), 1);
	ck_assert_int_ge(wall / 1000 - (int64_t)time(NULL), -1);
}
END_TEST

static uint64_t fake_monotonic(void *context)
{
	return *(uint64_t *)context;
}

static int64_t fake_wall(void *context)
{
	return (int64_t)(*(uint64_t *)context * 2);
}

START_TEST(another_clock_can_take_their_place)
{
	uint64_t now = 21;
	const struct clock clock = {fake_monotonic, fake_wall, &now};

	ck_assert_uint_eq(clock_monotonic_us(&clock), 21);
	ck_assert_int_eq(clock_wall_ms(&clock), 42);
}
END_TEST

static const struct {
	int64_t ms;
	const char *rfc3339;
	const char *amz;
} moments[] = {
	{0, "1970-01-01T00:00:00.000Z", "19700101T000000Z"},
	{-1, "1969-12-31T23:59:59.999Z", "19691231T235959Z"},
	{1, "1970-01-01T00:00:00.001Z", "19700101T000000Z"},
	{951782400000, "2000-02-29T00:00:00.000Z", "20000229T000000Z"},
	{951868799999, "2000-02-29T23:59:59.999Z", "20000229T235959Z"},
	{951868800000, "2000-03-01T00:00:00.000Z", "20000301T000000Z"},
	{1440938160000, "2015-08-30T12:36:00.000Z", "20150830T123600Z"},
	{1795482123004, "2026-11-24T01:02:03.004Z", "20261124T010203Z"},
	{4107542400000, "2100-03-01T00:00:00.000Z", "21000301T000000Z"},
	{4107542399000, "2100-02-28T23:59:59.000Z", "21000228T235959Z"},
	{-62167219200000, "0000-01-01T00:00:00.000Z", "00000101T000000Z"},
	{-62167219200001, "0000-01-01T00:00:00.000Z", "00000101T000000Z"},
	{INT64_MIN, "0000-01-01T00:00:00.000Z", "00000101T000000Z"},
	{-62162035200000, "0000-03-01T00:00:00.000Z", "00000301T000000Z"},
	{253402300799999, "9999-12-31T23:59:59.999Z", "99991231T235959Z"},
	{253402300800000, "9999-12-31T23:59:59.999Z", "99991231T235959Z"},
	{INT64_MAX, "9999-12-31T23:59:59.999Z", "99991231T235959Z"},
};

START_TEST(moments_are_written_in_both_forms)
{
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		char rfc3339[CLOCK_RFC3339_SIZE];
		char amz[CLOCK_AMZ_SIZE];

		clock_format_rfc3339(moments[i].ms, rfc3339);
		clock_format_amz(moments[i].ms, amz);
		ck_assert_str_eq(rfc3339, moments[i].rfc3339);
		ck_assert_str_eq(amz, moments[i].amz);
	}
}
END_TEST

START_TEST(every_day_of_eight_centuries_is_what_the_c_library_says)
{
	for (int64_t day = -146097; day < 146097; day++) {
		time_t seconds = (time_t)(day * 86400 + 45296);
		char ours[CLOCK_RFC3339_SIZE];
		char theirs[64];
		int64_t back = 0;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		clock_format_rfc3339((int64_t)seconds * 1000, ours);
		if (strcmp(ours, theirs) != 0 || !clock_parse_rfc3339(ours, strlen(ours), &back) ||
		    back != (int64_t)seconds * 1000)
			ck_abort_msg("%s instead of %s", ours, theirs);
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* -1: not a date */
} http_dates[] = {
	{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
	{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	{"Tue, 24 Nov 2026 01:02:03 GMT", 1795482123000},
	{"Tue, 29 Feb 2000 23:59:59 GMT", 951868799000},
	{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000},
	{"Sunday, 06-Nov-94 08:49:37 GMT", -1},
	{"Sun Nov  6 08:49:37 1994", -1},
	{"Sun, 06 Nov 1994 08:49:37 UTC", -1},
	{"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
	{" Sun, 06 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 6 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 06 nov 1994 08:49:37 GMT", -1},
	{"Xxx, 06 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 06 Xxx 1994 08:49:37 GMT", -1},
	{"Sun, 31 Nov 1994 08:49:37 GMT", -1},
	{"Mon, 29 Feb 1999 08:49:37 GMT", -1},
	{"Sun, 00 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 06 Nov 1994 24:00:00 GMT", -1},
	{"Sun, 06 Nov 1994 08:60:37 GMT", -1},
	{"Sun, 06 Nov 1994 08:49:60 GMT", -1},
	{"Sun, 06 Nov 19x4 08:49:37 GMT", -1},
	{"Sun, +6 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 06 Nov 1994 08 49:37 GMT", -1},
	{"", -1},
};

START_TEST(http_dates_are_read_in_their_one_form)
{
	for (size_t i = 0; i < sizeof(http_dates) / sizeof(http_dates[0]); i++) {
		const char *text = http_dates[i].text;
		int64_t ms = -1;
		bool is_date = clock_parse_http_date(text, strlen(text), &ms);

		ck_assert_msg(is_date == (http_dates[i].ms != -1), "%s", text);
		ck_assert_msg(ms == http_dates[i].ms, "%s is %lld", text, (long long)ms);
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* -1: not a time */
} times[] = {
	{"2026-11-24T01:02:03Z", 1795482123000},
	{"2026-11-24T01:02:03.0Z", 1795482123000},
	{"2026-11-24T01:02:03.004Z", 1795482123004},
	{"2026-11-24T01:02:03.4Z", 1795482123400},
	{"2026-11-24T01:02:03.004999999Z", 1795482123004},
	{"2026-11-24T01:02:03.12345678901234567890123456789Z", 1795482123123},
	{"0000-01-01T00:00:00Z", -62167219200000},
	{"9999-12-31T23:59:59.999Z", 253402300799999},
	{"2016-12-31T23:59:60Z", 1483228800000},
	{"2016-12-31T22:59:60Z", -1},
	{"2026-11-24T01:02:03", -1},
	{"2026-11-24T01:02:03.Z", -1},
	{"2026-11-24T01:02:03.1xZ", -1},
	{"2026-11-24T01:02:03,5Z", -1},
	{"2026-11-24T01:02:03+00:00", -1},
	{"2026-11-24T01:02:03ZZ", -1},
	{"2026-11-24t01:02:03Z", -1},
	{"2026-11-24 01:02:03Z", -1},
	{"2026-11-24T01:02Z", -1},
	{"2026-13-24T01:02:03Z", -1},
	{"2026-00-24T01:02:03Z", -1},
	{"2026-02-29T01:02:03Z", -1},
	{"2024-02-30T01:02:03Z", -1},
	{"1900-02-29T01:02:03Z", -1},
	{"2026-11-24T25:02:03Z", -1},
	{"2026-11-24T01:62:03Z", -1},
	{"2026-11-24T01:02:61Z", -1},
	{"-026-11-24T01:02:03Z", -1},
	{"26-11-24T01:02:03Z", -1},
	{"2026-1-24T01:02:03Z", -1},
	{"Z", -1},
	{"", -1},
};

START_TEST(rfc_3339_times_are_read_in_utc)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t ms = -1;
		bool is_time = clock_parse_rfc3339(times[i].text, strlen(times[i].text), &ms);

		ck_assert_msg(is_time == (times[i].ms != -1), "%s", times[i].text);
		ck_assert_msg(ms == times[i].ms, "%s is %lld", times[i].text, (long long)ms);
	}
}
END_TEST

START_TEST(rfc_3339_times_of_other_places_are_brought_to_utc)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: none */
	} table[] = {
		{"2026-11-24T01:02:03Z", 1795482123000},
		{"2026-11-24T02:02:03+01:00", 1795482123000},
		{"2026-11-23T21:32:03.25-03:30", 1795482123250},
		{"2026-11-24T01:02:03+00:00", 1795482123000},
		{"2026-11-24T01:02:03-00:00", 1795482123000},
		{"1970-01-01T00:00:00+23:59", -86340000},
		{"2026-11-24T02:02:03+24:00", -1},
		{"2026-11-24T02:02:03+01:60", -1},
		{"2026-11-24T02:02:03 01:00", -1},
		{"2026-11-24T02:02:03+0100", -1},
		{"2026-11-24T02:02:03+01", -1},
		{"2026-11-24T02:02:03", -1},
		{"2026-11-24T02:02:03Z+01:00", -1},
		{"2026-02-30T02:02:03+01:00", -1},
		{"2026-11-24T02:02:03.00000000000000000000000000000000000000000000000+01:00", -1},
		{"+01:00", -1},
		{"Z", -1},
		{"", -1},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t ms = -1;
		bool is_time =
			clock_parse_rfc3339_anywhere(table[i].text, strlen(table[i].text), &ms);

		ck_assert_msg(is_time == (table[i].ms != -1), "%s", table[i].text);
		ck_assert_msg(ms == table[i].ms, "%s is %lld", table[i].text, (long long)ms);
	}
}
END_TEST

Suite *clock_suite(void)
{
	Suite *all = suite_create("clock");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, the_machines_clocks_go_on);
	tcase_add_test(cases, another_clock_can_take_their_place);
	tcase_add_test(cases, moments_are_written_in_both_forms);
	tcase_add_test(cases, every_day_of_eight_centuries_is_what_the_c_library_says);
	tcase_add_test(cases, http_dates_are_read_in_their_one_form);
	tcase_add_test(cases, rfc_3339_times_are_read_in_utc);
	tcase_add_test(cases, rfc_3339_times_of_other_places_are_brought_to_utc);
	suite_add_tcase(all, cases);
	return all;
}
