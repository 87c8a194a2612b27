#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "http/connection.h"
#include "http/flow.h"
#include "http/idempotency.h"
#include "http/reply.h"

/*
 * Endpoints whose steps play a script, one character for each step:
 *
 *	n  goes on
 *	w  waits for an operation that the test finishes later
 *	s  waits for an operation that is over before the step returns
 *	r  replies
 */
enum { STATE_SIZE = 1000, NOTES = 32, STEPS_MAX = 8 };

static struct {
	struct request rq;
	struct endpoint endpoint;
	struct route route;
	const char *script;
	enum result at_once;     /* what an "s" comes to */
	char notes[NOTES];       /* the steps that ran */
	enum result seen[NOTES]; /* rq->await.result in each of them */
	unsigned finished;
} test;

static enum flow play(struct request *rq)
{
	size_t step = strlen(test.notes);
	char what = test.script[step];

	ck_assert_uint_lt(step, NOTES - 1);
	ck_assert(rq == &test.rq);
	test.notes[step] = what;
	test.seen[step] = rq->await.result;
	switch (what) {
	case 'n':
		return FLOW_NEXT;
	case 'w':
		await_start(&rq->await);
		return FLOW_WAIT;
	case 's':
		await_start(&rq->await);
		await_finish(&rq->await, test.at_once);
		return FLOW_WAIT;
	default:
		return reply_empty(rq, 204);
	}
}

static void on_finished(struct request *rq)
{
	ck_assert(rq->reply.is_made);
	test.finished++;
}

static const flow_step steps[STEPS_MAX + 1] = {play, play, play, play, play,
					       play, play, play, NULL};

static void prepare(const char *script)
{
	memset(&test, 0, sizeof(test));
	test.script = script;
	test.endpoint.steps = steps + STEPS_MAX - strlen(script);
	test.route.path = "/test";
	test.route.endpoint = &test.endpoint;
	test.rq.route = &test.route;
	test.rq.finished = on_finished;
}

static void clear(void)
{
	buf_clear(&test.rq.reply.body);
	arena_clear(&test.rq.arena);
}

static void expect_status(int status)
{
	ck_assert_uint_eq(test.finished, 1);
	ck_assert_int_eq(test.rq.reply.status, status);
	ck_assert(!test.rq.await.is_pending);
	clear();
}

START_TEST(steps_run_in_their_order_up_to_a_reply)
{
	prepare("nnr");
	flow_start(&test.rq);
	ck_assert_str_eq(test.notes, "nnr");
	expect_status(204);
}
END_TEST

START_TEST(steps_behind_a_reply_do_not_run)
{
	prepare("nrrr");
	flow_start(&test.rq);
	ck_assert_str_eq(test.notes, "nr");
	expect_status(204);
}
END_TEST

START_TEST(a_step_that_waits_holds_up_the_next_one)
{
	prepare("wnwr");
	flow_start(&test.rq);
	ck_assert_str_eq(test.notes, "w");
	ck_assert_uint_eq(test.finished, 0);
	await_finish(&test.rq.await, RESULT_NOT_FOUND);
	ck_assert_str_eq(test.notes, "wnw");
	ck_assert_uint_eq(test.finished, 0);
	await_finish(&test.rq.await, RESULT_CONFLICT);
	ck_assert_str_eq(test.notes, "wnwr");
	ck_assert_int_eq(test.seen[0], RESULT_OK);
	ck_assert_int_eq(test.seen[1], RESULT_NOT_FOUND);
	ck_assert_int_eq(test.seen[3], RESULT_CONFLICT);
	expect_status(204);
}
END_TEST

START_TEST(what_is_over_before_its_step_returns_goes_on_at_once)
{
	prepare("ssnsr");
	test.at_once = RESULT_EXISTS;
	flow_start(&test.rq);
	ck_assert_str_eq(test.notes, "ssnsr");
	ck_assert_int_eq(test.seen[1], RESULT_EXISTS);
	expect_status(204);
}
END_TEST

START_TEST(both_kinds_of_waiting_can_follow_each_other)
{
	prepare("wswsr");
	flow_start(&test.rq);
	await_finish(&test.rq.await, RESULT_OK);
	ck_assert_str_eq(test.notes, "wsw");
	await_finish(&test.rq.await, RESULT_OK);
	ck_assert_str_eq(test.notes, "wswsr");
	expect_status(204);
}
END_TEST

/* ---- failures ---- */

static const struct {
	enum result result;
	const char *code;
} failures[] = {
	{RESULT_THROTTLED, "unavailable"},   {RESULT_TIMEOUT, "unavailable"},
	{RESULT_UNREACHABLE, "unavailable"}, {RESULT_UNKNOWN, "outcome-unknown"},
	{RESULT_OVERLOADED, "unavailable"},  {RESULT_REFUSED, "unavailable"},
	{RESULT_GARBLED, "unavailable"},     {RESULT_SHUTDOWN, "shutting-down"},
	{RESULT_NO_MEMORY, "unavailable"},
};

static void expect_failure(size_t i)
{
	ck_assert_str_eq(test.rq.reply.code, failures[i].code);
	ck_assert_str_eq(test.rq.reply.headers[0].name, "Retry-After");
	expect_status(503);
}

START_TEST(a_failure_is_answered_and_no_step_sees_it)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		prepare("wr");
		flow_start(&test.rq);
		await_finish(&test.rq.await, failures[i].result);
		ck_assert_str_eq(test.notes, "w");
		expect_failure(i);

		prepare("nsr");
		test.at_once = failures[i].result;
		flow_start(&test.rq);
		ck_assert_str_eq(test.notes, "ns");
		expect_failure(i);
	}
}
END_TEST

START_TEST(an_answer_is_no_failure)
{
	for (enum result result = RESULT_OK; result <= RESULT_TOO_LARGE; result++) {
		prepare("wr");
		flow_start(&test.rq);
		await_finish(&test.rq.await, result);
		ck_assert_int_eq(test.seen[1], result);
		expect_status(204);
	}
}
END_TEST

/* ---- the state ---- */

static bool is_zeroed;

static enum flow look_at_state(struct request *rq)
{
	const unsigned char *state = rq->state;

	is_zeroed = true;
	for (size_t i = 0; i < STATE_SIZE; i++)
		is_zeroed = is_zeroed && state[i] == 0;
	memset(rq->state, 0xff, STATE_SIZE);
	return reply_empty(rq, 204);
}

static const flow_step looking[] = {look_at_state, NULL};

START_TEST(the_state_is_zeroed_for_each_request)
{
	prepare("");
	test.endpoint.state_size = STATE_SIZE;
	test.endpoint.steps = looking;
	for (int i = 0; i < 3; i++) {
		flow_start(&test.rq);
		ck_assert(is_zeroed);
		arena_reset(&test.rq.arena); /* as a connection does between requests */
		memset(&test.rq.reply, 0, sizeof(test.rq.reply));
	}
	clear();
}
END_TEST

START_TEST(an_endpoint_without_state_gets_none)
{
	prepare("r");
	flow_start(&test.rq);
	ck_assert_ptr_null(test.rq.state);
	expect_status(204);
}
END_TEST

START_TEST(the_request_is_what_an_operation_needs)
{
	prepare("wr");
	test.rq.await.result = RESULT_TIMEOUT; /* left over */
	flow_start(&test.rq);
	ck_assert_ptr_eq(test.rq.await.arena, &test.rq.arena);
	ck_assert_ptr_eq(test.rq.await.context, &test.rq);
	await_finish(&test.rq.await, RESULT_OK);
	expect_status(204);
}
END_TEST

static void run_with_state(void *context)
{
	(void)context;
	prepare("nwr");
	test.endpoint.state_size = STATE_SIZE;
	flow_start(&test.rq);
	if (test.rq.await.is_pending)
		await_finish(&test.rq.await, RESULT_NOT_FOUND);
	ck_assert_uint_eq(test.finished, 1);
	ck_assert_int_eq(test.rq.reply.status, alloc_has_failed() ? 503 : 204);
	ck_assert(!alloc_has_failed() || test.notes[0] == '\0');
	clear();
}

START_TEST(without_memory_for_its_state_an_endpoint_does_not_run)
{
	alloc_fail_each(run_with_state, NULL);
}
END_TEST

/* ---- our own mistakes ---- */

static enum flow wait_for_nothing(struct request *rq)
{
	(void)rq;
	return FLOW_WAIT;
}

static enum flow forget_the_wait(struct request *rq)
{
	await_start(&rq->await);
	return FLOW_NEXT;
}

static enum flow forget_the_reply(struct request *rq)
{
	(void)rq;
	return FLOW_REPLY;
}

static enum flow reply_while_waiting(struct request *rq)
{
	await_start(&rq->await);
	return reply_empty(rq, 204);
}

static enum flow reply_twice(struct request *rq)
{
	reply_empty(rq, 204);
	return reply_empty(rq, 204);
}

static enum flow go_on_after_the_reply(struct request *rq)
{
	reply_empty(rq, 204);
	return FLOW_NEXT;
}

static enum flow only_go_on(struct request *rq)
{
	(void)rq;
	return FLOW_NEXT;
}

static const flow_step mistakes[] = {
	wait_for_nothing, forget_the_wait,       forget_the_reply, reply_while_waiting,
	reply_twice,      go_on_after_the_reply, only_go_on,
};

START_TEST(a_step_that_breaks_the_rules_is_caught)
{
	const flow_step wrong[] = {mistakes[_i], NULL};

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* assert's message */
	prepare("");
	test.endpoint.steps = wrong;
	flow_start(&test.rq);
}
END_TEST

/* ---- with an Idempotency-Key that was taken up ---- */

static struct {
	struct server server;
	struct connection connection;
	struct idempotency idempotency;
	enum result keeps; /* what keeping comes to; RESULT_OK */
	bool keeps_later;
	unsigned count;
	size_t kept_headers_len;
} key;

static void keep(struct repo *repo, struct idempotency *idempotency,
		 const struct kept_answer *answer, struct await *await)
{
	(void)repo;
	ck_assert_ptr_eq(idempotency, &key.idempotency);
	ck_assert_int_eq(answer->status, test.rq.reply.status);
	key.count++;
	key.kept_headers_len = answer->headers.len;
	await_start(await);
	if (!key.keeps_later)
		await_finish(await, key.keeps);
}

static const struct idempotency_store store = {.keep = keep};

static void prepare_with_key(const char *script)
{
	prepare(script);
	memset(&key, 0, sizeof(key));
	key.server.options.idempotency = &store;
	key.connection.server = &key.server;
	key.idempotency = (struct idempotency){.rehearse = idempotency_rehearse,
					       .context = &test.rq,
					       .found.status = 201};
	test.rq.method = METHOD_POST;
	test.rq.connection = &key.connection;
	test.rq.await.idempotency = &key.idempotency;
}

START_TEST(a_reply_is_finished_when_it_is_kept)
{
	for (int i = 0; i < 2; i++) {
		prepare_with_key(i == 0 ? "nr" : "nwsr");
		key.keeps_later = true;
		flow_start(&test.rq);
		if (i == 1)
			await_finish(&test.rq.await, RESULT_OK);
		ck_assert(test.rq.reply.is_made);
		ck_assert_uint_eq(test.finished, 0);
		ck_assert_uint_eq(key.count, 1);
		await_finish(&test.rq.await, RESULT_OK);
		expect_status(204);
	}
	prepare_with_key("swr");
	flow_start(&test.rq);
	await_finish(&test.rq.await, RESULT_NOT_FOUND);
	ck_assert_uint_eq(key.count, 1);
	expect_status(204);
}
END_TEST

START_TEST(a_reply_that_was_kept_with_its_effect_is_not_kept_again)
{
	prepare_with_key("sr");
	key.idempotency.is_kept = true;
	flow_start(&test.rq);
	ck_assert_uint_eq(key.count, 0);
	expect_status(204);
}
END_TEST

START_TEST(an_answer_that_was_there_before_ends_the_steps)
{
	prepare_with_key("wr");
	flow_start(&test.rq);
	await_finish(&test.rq.await, RESULT_REPEATED);
	ck_assert_str_eq(test.notes, "w");
	ck_assert_uint_eq(key.count, 0);
	expect_status(201);
	prepare_with_key("nsr");
	test.at_once = RESULT_REPEATED;
	flow_start(&test.rq);
	ck_assert_str_eq(test.notes, "ns");
	ck_assert_uint_eq(key.count, 0);
	expect_status(201);
}
END_TEST

START_TEST(what_keeping_comes_to_decides_about_the_reply)
{
	static const struct {
		enum result result;
		int status;
	} table[] = {
		{RESULT_OK, 204},        {RESULT_TOO_LARGE, 204}, {RESULT_REPEATED, 201},
		{RESULT_THROTTLED, 503}, {RESULT_UNKNOWN, 503},   {RESULT_SHUTDOWN, 503},
	};

	for (size_t i = 0; i < 2 * sizeof(table) / sizeof(table[0]); i++) {
		prepare_with_key("r");
		key.keeps_later = i % 2;
		key.keeps = table[i / 2].result;
		flow_start(&test.rq);
		if (key.keeps_later)
			await_finish(&test.rq.await, key.keeps);
		ck_assert_uint_eq(key.count, 1);
		expect_status(table[i / 2].status);
	}
}
END_TEST

/* Writes as a repository does, with headers that an earlier step has set. */
static enum result writes;
static struct kept_answer rehearsed;

static enum flow set_header(struct request *rq)
{
	reply_header(rq, "A", "early");
	return FLOW_NEXT;
}

static enum flow write_something(struct request *rq)
{
	rq->await.result = RESULT_INVALID; /* whatever it was before */
	await_start(&rq->await);
	ck_assert(key.idempotency.rehearse(&key.idempotency, &rehearsed));
	ck_assert(!rq->reply.is_made);
	ck_assert_uint_eq(rq->reply.header_count, 1);
	ck_assert_ptr_null(rq->reply.body.data);
	ck_assert_ptr_null(rq->reply.code);
	ck_assert(rq->await.is_pending);
	await_finish(&rq->await, writes);
	return FLOW_WAIT;
}

static enum flow answer_written(struct request *rq)
{
	if (rq->await.result != RESULT_OK)
		return reply_problem(rq, "conflict", NULL);
	reply_header(rq, "B", "late");
	return reply_empty(rq, 202);
}

static const flow_step writing[] = {set_header, write_something, answer_written, NULL};

START_TEST(a_rehearsal_leaves_the_reply_as_it_was)
{
	for (int i = 0; i < 2; i++) {
		prepare_with_key("");
		test.endpoint.steps = writing;
		writes = i == 0 ? RESULT_OK : RESULT_CONFLICT;
		flow_start(&test.rq);
		ck_assert_int_eq(rehearsed.status, 202);
		ck_assert(span_equals(rehearsed.headers, "A: early\nB: late\n"));
		ck_assert_uint_eq(rehearsed.content_type.len + rehearsed.body.len, 0);
		ck_assert_uint_eq(test.rq.reply.header_count, i == 0 ? 2 : 1);
		expect_status(i == 0 ? 202 : 409);
	}
}
END_TEST

static const flow_step writing_without_answer[] = {write_something, NULL};
static const flow_step writing_and_waiting[] = {set_header, write_something, only_go_on, NULL};

START_TEST(a_write_that_no_reply_follows_is_caught)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* assert's message */
	prepare_with_key("");
	test.endpoint.steps = _i == 0 ? writing_without_answer : writing_and_waiting;
	flow_start(&test.rq);
}
END_TEST

enum { WIDE = 1500, WIDE_HEADERS = 5 };

static enum flow answer_widely(struct request *rq)
{
	for (int i = 0; i < WIDE_HEADERS; i++)
		reply_header(rq, "W", "%0*d", WIDE, i);
	return reply_empty(rq, 202);
}

static const flow_step wide[] = {answer_widely, NULL};

static void keep_once(void *context)
{
	(void)context;
	prepare_with_key("");
	test.endpoint.steps = wide;
	flow_start(&test.rq);
	ck_assert_uint_eq(test.finished, 1);
	if (test.rq.reply.status == 202)
		ck_assert_uint_eq(key.kept_headers_len, WIDE_HEADERS * (WIDE + strlen("W: \n")));
	else
		ck_assert(alloc_has_failed() && key.count == 0);
	clear();
}

START_TEST(without_memory_for_all_of_it_an_answer_is_not_kept)
{
	alloc_fail_each(keep_once, NULL);
}
END_TEST

Suite *flow_suite(void)
{
	Suite *suite = suite_create("flow");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, steps_run_in_their_order_up_to_a_reply);
	tcase_add_test(tcase, steps_behind_a_reply_do_not_run);
	tcase_add_test(tcase, a_step_that_waits_holds_up_the_next_one);
	tcase_add_test(tcase, what_is_over_before_its_step_returns_goes_on_at_once);
	tcase_add_test(tcase, both_kinds_of_waiting_can_follow_each_other);
	tcase_add_test(tcase, a_failure_is_answered_and_no_step_sees_it);
	tcase_add_test(tcase, an_answer_is_no_failure);
	tcase_add_test(tcase, the_state_is_zeroed_for_each_request);
	tcase_add_test(tcase, an_endpoint_without_state_gets_none);
	tcase_add_test(tcase, the_request_is_what_an_operation_needs);
	tcase_add_test(tcase, without_memory_for_its_state_an_endpoint_does_not_run);
	tcase_add_loop_test_raise_signal(tcase, a_step_that_breaks_the_rules_is_caught, SIGABRT, 0,
					 sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(tcase, a_reply_is_finished_when_it_is_kept);
	tcase_add_test(tcase, a_reply_that_was_kept_with_its_effect_is_not_kept_again);
	tcase_add_test(tcase, an_answer_that_was_there_before_ends_the_steps);
	tcase_add_test(tcase, what_keeping_comes_to_decides_about_the_reply);
	tcase_add_test(tcase, a_rehearsal_leaves_the_reply_as_it_was);
	tcase_add_loop_test_raise_signal(tcase, a_write_that_no_reply_follows_is_caught, SIGABRT, 0,
					 2);
	tcase_add_test(tcase, without_memory_for_all_of_it_an_answer_is_not_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}
