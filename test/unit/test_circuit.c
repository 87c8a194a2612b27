#include <check.h>
#include <string.h>

#include "aws/circuit.h"
#include "base/log.h"

enum { MS = 1000 };

static struct circuit circuit;
static struct aws_metrics metrics;
static uint64_t now_us;
static uint32_t random;

static void set_up(void)
{
	log_set_level(LOG_ERROR);
	memset(&metrics, 0, sizeof(metrics));
	circuit = (struct circuit){.service = "dynamodb",
				   .endpoint = "http://db",
				   .metrics = &metrics};
	now_us = 5000 * MS;
	random = UINT32_MAX;
}

static void note(enum circuit_outcome outcome, bool is_probe)
{
	circuit_note(&circuit, &(struct circuit_note){outcome, is_probe, now_us, random, ""});
}

/* An attempt from its beginning to its end. False when it is not let through. */
static bool attempt(enum circuit_outcome outcome)
{
	bool is_probe;

	if (!circuit_admit(&circuit, now_us, &is_probe))
		return false;
	note(outcome, is_probe);
	return true;
}

static void fail_times(int count, uint64_t pause_us)
{
	for (int i = 0; i < count; i++) {
		ck_assert(attempt(CIRCUIT_FAILED));
		now_us += pause_us;
	}
}

static void open_it(void)
{
	fail_times(CIRCUIT_FAILURES + 1, CIRCUIT_SPAN_US / CIRCUIT_FAILURES);
	ck_assert(circuit.is_open);
	now_us -= CIRCUIT_SPAN_US / CIRCUIT_FAILURES; /* it has just opened */
}

START_TEST(many_failures_at_once_do_not_open_it)
{
	fail_times(1000, 0);
	now_us += CIRCUIT_SPAN_US - 1;
	ck_assert(attempt(CIRCUIT_FAILED));
	ck_assert(!circuit.is_open);
	now_us++;
	ck_assert(attempt(CIRCUIT_FAILED));
	ck_assert(circuit.is_open);
}
END_TEST

START_TEST(few_failures_over_a_long_time_do_not_open_it)
{
	fail_times(CIRCUIT_FAILURES - 1, 60 * CIRCUIT_SPAN_US);
	ck_assert(!circuit.is_open);
	fail_times(1, 0);
	ck_assert(circuit.is_open);
}
END_TEST

START_TEST(any_sign_of_life_begins_the_row_anew)
{
	for (int i = 0; i < 100; i++) {
		fail_times(CIRCUIT_FAILURES - 1, CIRCUIT_SPAN_US);
		ck_assert(attempt(CIRCUIT_ALIVE));
	}
	ck_assert(!circuit.is_open);
}
END_TEST

START_TEST(what_says_nothing_changes_nothing)
{
	fail_times(CIRCUIT_FAILURES - 1, CIRCUIT_SPAN_US);
	for (int i = 0; i < 100; i++)
		ck_assert(attempt(CIRCUIT_NOTHING));
	ck_assert(!circuit.is_open);
	ck_assert(attempt(CIRCUIT_FAILED));
	ck_assert(circuit.is_open);
}
END_TEST

START_TEST(while_it_is_open_calls_are_refused_and_counted)
{
	open_it();
	ck_assert_uint_eq(metric_get(&metrics.circuits_open), 1);
	for (int i = 0; i < 3; i++)
		ck_assert(!attempt(CIRCUIT_ALIVE));
	ck_assert_uint_eq(metric_get(&metrics.cut_off), 3);
}
END_TEST

/* How long until the next attempt is let through. */
static uint64_t wait_for_probe(bool *is_probe)
{
	uint64_t began_us = now_us;

	while (!circuit_admit(&circuit, now_us, is_probe))
		now_us += MS;
	return now_us - began_us;
}

START_TEST(probes_come_soon_and_never_more_than_a_second_apart)
{
	static const struct {
		uint32_t random;
		unsigned pauses_ms[5];
	} table[] = {
		{UINT32_MAX, {250, 500, 1000, 1000, 1000}},
		{UINT32_MAX / 2, {188, 375, 750, 750, 750}},
		{0, {125, 250, 500, 500, 500}},
	};

	random = table[_i].random;
	open_it();
	for (size_t i = 0; i < 5; i++) {
		bool is_probe;

		ck_assert_uint_eq(wait_for_probe(&is_probe), table[_i].pauses_ms[i] * MS);
		ck_assert(is_probe);
		note(CIRCUIT_FAILED, is_probe);
	}
}
END_TEST

START_TEST(there_is_one_probe_at_a_time)
{
	bool is_probe;
	bool is_another;

	open_it();
	wait_for_probe(&is_probe);
	now_us += 60 * CIRCUIT_SPAN_US;
	ck_assert(!circuit_admit(&circuit, now_us, &is_another));
	/* One that was never sent, for reasons of our own, leaves its place to another. */
	note(CIRCUIT_NOTHING, true);
	ck_assert(circuit_admit(&circuit, now_us, &is_another));
	ck_assert(is_another);
}
END_TEST

START_TEST(a_probe_that_is_answered_closes_it)
{
	bool is_probe;

	open_it();
	wait_for_probe(&is_probe);
	note(CIRCUIT_ALIVE, is_probe);
	ck_assert_uint_eq(metric_get(&metrics.circuits_open), 0);
	ck_assert(circuit_admit(&circuit, now_us, &is_probe));
	ck_assert(!is_probe);
	/* And it takes as much as before to open it again. */
	fail_times(CIRCUIT_FAILURES - 1, CIRCUIT_SPAN_US);
	ck_assert(!circuit.is_open);
}
END_TEST

START_TEST(an_answer_to_an_earlier_attempt_closes_it_too)
{
	open_it();
	note(CIRCUIT_ALIVE, false);
	ck_assert(!circuit.is_open);
}
END_TEST

START_TEST(earlier_attempts_that_fail_do_not_put_the_probe_off)
{
	uint64_t probe_at_us;

	open_it();
	probe_at_us = circuit.probe_at_us;
	for (int i = 0; i < 100; i++)
		note(CIRCUIT_FAILED, false);
	ck_assert_uint_eq(circuit.probe_at_us, probe_at_us);
}
END_TEST

/*
 * An endpoint that is down from 0 to some time, and somebody who calls each 10 ms: how much longer
 * than that calls fail.
 */
START_TEST(an_outage_is_hardly_made_longer)
{
	static const struct {
		unsigned down_ms;
		unsigned longer_ms; /* at most */
	} table[] = {{100, 0}, {990, 0}, {1200, 250}, {2000, 1000}, {5000, 1000}, {600000, 1000}};
	uint64_t began_us = now_us;
	uint64_t until_us = began_us + (uint64_t)table[_i].down_ms * MS;

	while (now_us < until_us || circuit.is_open) {
		attempt(now_us < until_us ? CIRCUIT_FAILED : CIRCUIT_ALIVE);
		now_us += (uint64_t)10 * MS;
	}
	ck_assert_uint_le(now_us - until_us, (uint64_t)(table[_i].longer_ms + 20) * MS);
}
END_TEST

Suite *circuit_suite(void)
{
	Suite *all = suite_create("circuit");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_test(cases, many_failures_at_once_do_not_open_it);
	tcase_add_test(cases, few_failures_over_a_long_time_do_not_open_it);
	tcase_add_test(cases, any_sign_of_life_begins_the_row_anew);
	tcase_add_test(cases, what_says_nothing_changes_nothing);
	tcase_add_test(cases, while_it_is_open_calls_are_refused_and_counted);
	tcase_add_loop_test(cases, probes_come_soon_and_never_more_than_a_second_apart, 0, 3);
	tcase_add_test(cases, there_is_one_probe_at_a_time);
	tcase_add_test(cases, a_probe_that_is_answered_closes_it);
	tcase_add_test(cases, an_answer_to_an_earlier_attempt_closes_it_too);
	tcase_add_test(cases, earlier_attempts_that_fail_do_not_put_the_probe_off);
	tcase_add_loop_test(cases, an_outage_is_hardly_made_longer, 0, 6);
	suite_add_tcase(all, cases);
	return all;
}
