#include <check.h>
#include <stdio.h>
#include <string.h>

#include "domain/delivery.h"

#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"
#define TEN "2026-01-01T10:00:00.000Z"
#define NINE "2026-01-01T09:00:00.000Z"
#define ELEVEN "2026-01-01T11:00:00.000Z"

static struct delivery_plan plan;
static struct order_delivery delivery;
static struct tracking_effect effect;

/* ---- names and states ---- */

START_TEST(tracking_statuses_have_names)
{
	enum tracking_status status = TRACKING_UNKNOWN;

	for (int i = 0; i < TRACKING_STATUSES; i++) {
		ck_assert(tracking_status_find(span_of(tracking_status_names[i]), &status));
		ck_assert_int_eq((int)status, i);
	}
	ck_assert_ptr_null(tracking_status_names[TRACKING_STATUSES]);
	ck_assert(!tracking_status_find(span_of("lost"), &status));
	ck_assert(!tracking_status_find((struct span){0}, &status));
}
END_TEST

START_TEST(a_delivery_goes_forward_only)
{
	static const char *const refusals[] = {
		[DELIVERY_PENDING] = "\"field\":\"status\",\"current\":\"pending\","
				     "\"allowed\":[\"shipped\",\"cancelled\"]",
		[DELIVERY_SHIPPED] = "\"field\":\"status\",\"current\":\"shipped\","
				     "\"allowed\":[\"delivered\"]",
		[DELIVERY_DELIVERED] = "\"field\":\"status\",\"current\":\"delivered\","
				       "\"allowed\":[]",
		[DELIVERY_CANCELLED] = "\"field\":\"status\",\"current\":\"cancelled\","
				       "\"allowed\":[]",
	};

	for (int from = DELIVERY_PENDING; from <= DELIVERY_CANCELLED; from++) {
		struct buf text = {0};

		buf_init(&text, 200);
		delivery_write_refusal((enum delivery_status)from, &text);
		ck_assert_str_eq(buf_text(&text), refusals[from]);
		for (int to = DELIVERY_PENDING; to <= DELIVERY_CANCELLED; to++) {
			const char *name = delivery_status_name((enum delivery_status)to);
			const char *allowed = strstr(buf_text(&text), "allowed");

			ck_assert_int_eq(delivery_may_change((enum delivery_status)from,
							     (enum delivery_status)to),
					 strstr(allowed, name) != NULL);
		}
		buf_clear(&text);
	}
}
END_TEST

/* ---- what goes out ---- */

/* So many of each, of which so many are planned and shipped. */
static const struct order_line lines[] = {
	{.product_id = A, .quantity = 5, .planned = 1, .shipped = 2},
	{.product_id = B, .quantity = 3, .planned = 1, .shipped = 2},
	{.product_id = C, .quantity = 1},
};

START_TEST(all_that_is_left_goes_out)
{
	ck_assert_int_eq(delivery_plan_make(lines, 3, NULL, 0, &plan), DELIVERY_FINE);
	ck_assert_uint_eq(plan.part_count, 2);
	ck_assert_str_eq(plan.parts[0].product_id, A);
	ck_assert_int_eq(plan.parts[0].quantity, 2);
	ck_assert_str_eq(plan.parts[1].product_id, C);
	ck_assert_int_eq(plan.parts[1].quantity, 1);
	ck_assert_int_eq(delivery_plan_make(&lines[1], 1, NULL, 0, &plan), DELIVERY_NOTHING_LEFT);
}
END_TEST

START_TEST(what_is_wanted_must_be_left)
{
	static const struct order_part fine[] = {{C, 1}, {A, 2}};
	static const struct order_part much[] = {{A, 3},
						 {B, 1},
						 {C, 1},
						 {"00000000-0000-4000-8000-00000000000d", 7}};

	ck_assert_int_eq(delivery_plan_make(lines, 3, fine, 2, &plan), DELIVERY_FINE);
	ck_assert_uint_eq(plan.part_count, 2);
	ck_assert_str_eq(plan.parts[0].product_id, C);
	ck_assert_int_eq(delivery_plan_make(lines, 3, much, 4, &plan), DELIVERY_TOO_MUCH);
	ck_assert_uint_eq(plan.excess_count, 3);
	ck_assert_str_eq(plan.excess[0].product_id, A);
	ck_assert_int_eq(plan.excess[0].requested, 3);
	ck_assert_int_eq(plan.excess[0].possible, 2);
	ck_assert_str_eq(plan.excess[1].product_id, B);
	ck_assert_int_eq(plan.excess[1].possible, 0);
	ck_assert_int_eq(plan.excess[2].possible, 0);
}
END_TEST

START_TEST(forty_lines_go_at_a_time)
{
	struct order_line many[ORDER_PART_LINES_MAX + 2] = {{.quantity = 0}};

	for (int i = 0; i < ORDER_PART_LINES_MAX + 2; i++) {
		snprintf(many[i].product_id, ID_SIZE, "00000000-0000-4000-8000-%012d", i);
		many[i].quantity = 2;
	}
	many[7].shipped = 2;
	ck_assert_int_eq(delivery_plan_make(many, ORDER_PART_LINES_MAX + 2, NULL, 0, &plan),
			 DELIVERY_TOO_LARGE);
	ck_assert_int_eq(delivery_plan_make(many, ORDER_PART_LINES_MAX + 1, NULL, 0, &plan),
			 DELIVERY_FINE);
	ck_assert_uint_eq(plan.part_count, ORDER_PART_LINES_MAX);
}
END_TEST

/* Of two products, four pieces each; one of the second comes back by its carrier. */
START_TEST(all_is_over_when_each_piece_is_delivered_or_has_come_back)
{
	static const struct {
		int64_t shipped, delivered, returned, cancelled;
		bool is_over;
	} rows[] = {
		{4, 4, 0, 0, true},  /* delivered */
		{4, 4, 3, 0, true},  /* and some of it returned */
		{4, 3, 0, 0, false}, /* one is still to come */
		{4, 3, 1, 0, true},  /* or has come back */
		{4, 2, 2, 0, false}, /* but those may have been delivered before */
		{4, 0, 4, 0, true},  /* all has come back, whatever the carrier says */
		{3, 3, 0, 0, false}, /* one is not shipped */
		{3, 3, 0, 1, true},  /* nor will it be */
		{3, 2, 1, 1, true},  {0, 0, 0, 4, true}, {0, 0, 0, 0, false},
	};
	const struct order_part parts[] = {{A, 4}, {B, 1}};
	const struct order_part more[] = {{B, 1}};
	const struct order_delivery deliveries[] = {
		{.status = DELIVERY_SHIPPED,
		 .tracking_status = span_of("return_to_sender"),
		 .parts = parts,
		 .part_count = 2},
		{.status = DELIVERY_CANCELLED,
		 .tracking_status = span_of("return_to_sender"),
		 .parts = more,
		 .part_count = 1},
		{.status = DELIVERY_SHIPPED,
		 .tracking_status = span_of("in_transit"),
		 .parts = more,
		 .part_count = 1},
	};
	struct order_line two[] = {
		{.product_id = A, .quantity = 4, .shipped = 4, .delivered = 4},
		{.product_id = B, .quantity = 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		two[1].shipped = rows[i].shipped;
		two[1].delivered = rows[i].delivered;
		two[1].returned = rows[i].returned;
		two[1].cancelled = rows[i].cancelled;
		ck_assert_msg(delivery_are_all_over(two, 2, deliveries, 3) == rows[i].is_over,
			      "%zu", i);
	}
	two[1] = two[0];
	two[0].shipped = two[0].delivered = 3;
	ck_assert(!delivery_are_all_over(two, 2, deliveries, 3));
}
END_TEST

START_TEST(what_is_cancelled_does_not_go_out)
{
	const struct order_line line = {.product_id = A,
					.quantity = 4,
					.shipped = 1,
					.cancelled = 3};
	const struct order_part wanted = {A, 1};

	ck_assert_int_eq(delivery_plan_make(&line, 1, NULL, 0, &plan), DELIVERY_NOTHING_LEFT);
	ck_assert_int_eq(delivery_plan_make(&line, 1, &wanted, 1, &plan), DELIVERY_TOO_MUCH);
	ck_assert_int_eq(plan.excess[0].possible, 0);
}
END_TEST

/* ---- what carriers report ---- */

static void know(enum delivery_status status, const char *tracking, const char *time)
{
	delivery = (struct order_delivery){.status = status};
	if (tracking) {
		delivery.tracking_status = span_of(tracking);
		delivery.tracked_at = span_of(time);
	}
}

static enum delivery_verdict judge(enum tracking_status status, const char *time)
{
	return delivery_judge_report(&delivery, &(struct tracking_report){status, time}, &effect);
}

START_TEST(the_newest_time_wins_and_of_one_time_the_greater_status)
{
	static const struct {
		const char *known;
		enum tracking_status status;
		const char *time;
		bool is_newest;
	} table[] = {
		{NULL, TRACKING_UNKNOWN, NINE, true},
		{"in_transit", TRACKING_PRE_TRANSIT, ELEVEN, true},
		{"in_transit", TRACKING_FAILURE, NINE, false},
		{"in_transit", TRACKING_PRE_TRANSIT, TEN, false},
		{"in_transit", TRACKING_IN_TRANSIT, TEN, false},
		{"in_transit", TRACKING_OUT_FOR_DELIVERY, TEN, true},
		{"another tool's", TRACKING_PRE_TRANSIT, TEN, true},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		know(DELIVERY_SHIPPED, table[i].known, TEN);
		ck_assert_int_eq(judge(table[i].status, table[i].time), DELIVERY_FINE);
		ck_assert_msg(effect.is_newest == table[i].is_newest, "row %zu", i);
		ck_assert(!effect.delivers);
	}
}
END_TEST

START_TEST(delivered_delivers_once_whatever_its_time)
{
	know(DELIVERY_SHIPPED, "failure", TEN);
	ck_assert_int_eq(judge(TRACKING_DELIVERED, NINE), DELIVERY_FINE);
	ck_assert(!effect.is_newest && effect.delivers && effect.is_told);
	ck_assert_int_eq(effect.event, EVENT_DELIVERY_DELIVERED);
	know(DELIVERY_DELIVERED, "failure", TEN);
	ck_assert_int_eq(judge(TRACKING_DELIVERED, ELEVEN), DELIVERY_FINE);
	ck_assert(effect.is_newest && !effect.delivers && !effect.is_told);
}
END_TEST

START_TEST(what_was_never_shipped_is_not_delivered)
{
	static const enum delivery_status never[] = {DELIVERY_PENDING, DELIVERY_CANCELLED};

	for (size_t i = 0; i < 2; i++) {
		know(never[i], NULL, NULL);
		ck_assert_int_eq(judge(TRACKING_DELIVERED, TEN), DELIVERY_STATE);
		ck_assert_int_eq(judge(TRACKING_FAILURE, TEN), DELIVERY_FINE);
		ck_assert(effect.is_newest && !effect.is_told);
	}
}
END_TEST

START_TEST(events_are_raised_when_the_newest_status_is_another)
{
	static const struct {
		const char *known;
		bool was_out;
		enum delivery_status status;
		enum tracking_status reported;
		const char *time;
		bool is_told;
		enum event_type event;
	} table[] = {
		{"in_transit", false, DELIVERY_SHIPPED, TRACKING_OUT_FOR_DELIVERY, ELEVEN, true,
		 EVENT_DELIVERY_OUT_FOR_DELIVERY},
		{"in_transit", true, DELIVERY_SHIPPED, TRACKING_OUT_FOR_DELIVERY, ELEVEN, false, 0},
		{"in_transit", false, DELIVERY_DELIVERED, TRACKING_OUT_FOR_DELIVERY, ELEVEN, false,
		 0},
		{"in_transit", false, DELIVERY_SHIPPED, TRACKING_OUT_FOR_DELIVERY, NINE, false, 0},
		{"in_transit", false, DELIVERY_SHIPPED, TRACKING_FAILURE, ELEVEN, true,
		 EVENT_DELIVERY_FAILED},
		{"failure", false, DELIVERY_SHIPPED, TRACKING_FAILURE, ELEVEN, false, 0},
		{"failure", false, DELIVERY_DELIVERED, TRACKING_RETURN_TO_SENDER, ELEVEN, true,
		 EVENT_DELIVERY_RETURNED},
		{"failure", false, DELIVERY_SHIPPED, TRACKING_UNKNOWN, ELEVEN, false, 0},
		{"failure", false, DELIVERY_SHIPPED, TRACKING_AVAILABLE_FOR_PICKUP, ELEVEN, false,
		 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		know(table[i].status, table[i].known, TEN);
		delivery.was_out = table[i].was_out;
		ck_assert_int_eq(judge(table[i].reported, table[i].time), DELIVERY_FINE);
		ck_assert_msg(effect.is_told == table[i].is_told, "row %zu", i);
		if (effect.is_told)
			ck_assert_int_eq(effect.event, table[i].event);
	}
}
END_TEST

Suite *delivery_suite(void)
{
	Suite *suite = suite_create("delivery");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, tracking_statuses_have_names);
	tcase_add_test(tests, a_delivery_goes_forward_only);
	tcase_add_test(tests, all_that_is_left_goes_out);
	tcase_add_test(tests, what_is_wanted_must_be_left);
	tcase_add_test(tests, forty_lines_go_at_a_time);
	tcase_add_test(tests, all_is_over_when_each_piece_is_delivered_or_has_come_back);
	tcase_add_test(tests, what_is_cancelled_does_not_go_out);
	tcase_add_test(tests, the_newest_time_wins_and_of_one_time_the_greater_status);
	tcase_add_test(tests, delivered_delivers_once_whatever_its_time);
	tcase_add_test(tests, what_was_never_shipped_is_not_delivered);
	tcase_add_test(tests, events_are_raised_when_the_newest_status_is_another);
	suite_add_tcase(suite, tests);
	return suite;
}
