#include <check.h>
#include <stdio.h>
#include <string.h>

#include "calling.h"
#include "names.h"

/* Names whose address changes. The old one is 127.0.0.1, the new one 127.0.0.2. */

enum { SECOND_US = 1000 * 1000 };

static struct calling net;
static struct peer newer;
static char url[64];

static void set_up(void)
{
	calling_init(&net);
	names_move(1);
}

static void start(void (*old_script)(struct peer *peer), void (*new_script)(struct peer *peer))
{
	calling_start(&net, old_script);
	peer_start_beside(&newer, &net.peer, 2, new_script);
	snprintf(url, sizeof(url), "http://moved.test:%d", net.peer.port);
	net.origin.url = url;
}

static void stop(void)
{
	calling_stop(&net);
	peer_finish(&newer);
}

static void get(const char *body)
{
	struct call call;

	call_get(&call, &net, "/");
	call_expect(&call, body);
	call_clear(&call);
}

static const struct http_client_metrics *metrics(void)
{
	return http_client_get_metrics(net.client);
}

/* One connection, for as long as it lasts. */
static void answer_on_one(struct peer *peer, const char *body)
{
	struct peer_link link;

	peer_accept(peer, &link);
	while (peer_try_answer(&link, body))
		;
	peer_close(&link);
}

static void answer_old(struct peer *peer)
{
	answer_on_one(peer, "old");
}

static void answer_new(struct peer *peer)
{
	answer_on_one(peer, "new");
}

START_TEST(a_new_address_is_taken_up_when_the_old_connections_are_old)
{
	net.options.max_idle_us = UINT64_MAX;
	start(answer_old, answer_new);
	get("old");
	names_move(2);
	net.ahead_us += net.options.max_age_us / 2;
	calling_pass(&net, 10);
	get("old");
	ck_assert_uint_eq(metric_get(&metrics()->closed), 0);
	net.ahead_us += net.options.max_age_us / 2;
	calling_wait_for(&net, &metrics()->closed, 1);
	get("new");
	get("new");
	ck_assert_uint_eq(metric_get(&metrics()->opened), 2);
	ck_assert_uint_eq(metric_get(&metrics()->failed), 0);
	stop();
}
END_TEST

static void answer_once_and_go(struct peer *peer)
{
	struct peer_link link;

	peer_accept(peer, &link);
	peer_answer(&link, "old");
	peer_close_listener(peer);
	peer_close(&link);
}

START_TEST(a_new_address_is_taken_up_at_once_when_the_old_one_ends_its_connections)
{
	start(answer_once_and_go, answer_new);
	get("old");
	names_move(2);
	calling_wait_for(&net, &metrics()->closed, 1);
	get("new");
	ck_assert_uint_eq(metric_get(&metrics()->failed), 0);
	stop();
}
END_TEST

static void do_nothing(struct peer *peer)
{
	(void)peer;
}

START_TEST(a_call_that_met_nobody_is_no_hint_for_the_next)
{
	struct call call;

	start(do_nothing, answer_new);
	peer_close_listener(&net.peer);
	call_get(&call, &net, "/");
	call_expect_end(&call, EXCHANGE_NOT_SENT, false);
	call_clear(&call);
	names_move(2);
	get("new");
	ck_assert_uint_eq(metric_get(&metrics()->failed), 1);
	stop();
}
END_TEST

static void answer_each_on_its_own(struct peer *peer)
{
	enum { COUNT = 3 };

	for (int i = 0; i < COUNT; i++) {
		struct peer_link link;

		peer_accept(peer, &link);
		peer_answer(&link, "old");
		peer_close(&link);
	}
}

static void answer_none(struct peer *peer)
{
	ck_assert(peer_is_left_alone(peer, 0));
}

START_TEST(an_address_is_used_again_for_a_while)
{
	static const struct {
		uint64_t name_age_us;
		int asked;
	} cases[] = {{0, 3}, {60 * SECOND_US, 1}};
	int before = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i > 0)
			set_up();
		net.options.name_age_us = cases[i].name_age_us;
		start(answer_each_on_its_own, answer_none);
		for (uint64_t n = 1; n <= 3; n++) {
			get("old");
			calling_wait_for(&net, &metrics()->closed, n);
		}
		stop();
		ck_assert_int_eq(names_moved_asked() - before, cases[i].asked);
		before = names_moved_asked();
	}
}
END_TEST

Suite *http_client_names_suite(void)
{
	Suite *suite = suite_create("http_client_names");
	TCase *tests = tcase_create("http_client_names");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, a_new_address_is_taken_up_when_the_old_connections_are_old);
	tcase_add_test(tests,
		       a_new_address_is_taken_up_at_once_when_the_old_one_ends_its_connections);
	tcase_add_test(tests, a_call_that_met_nobody_is_no_hint_for_the_next);
	tcase_add_test(tests, an_address_is_used_again_for_a_while);
	suite_add_tcase(suite, tests);
	return suite;
}
