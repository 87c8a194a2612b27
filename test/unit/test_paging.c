#include <check.h>
#include <string.h>

#include "api/paging.h"
#include "asking.h"
#include "base/await.h"
#include "http/reply.h"

struct state {
	size_t limit;
	const char *cursor;
};

static struct asking asking;
static struct list_page page;
static enum result outcome;

static void set_up(void)
{
	page = (struct list_page){0};
	outcome = RESULT_OK;
	asking_init(&asking);
}

static void tear_down(void)
{
	asking_clear(&asking);
}

static void write_entry(struct request *rq, struct span entry, struct buf *out)
{
	(void)rq;
	buf_add(out, entry.data, entry.len);
}

static enum flow begin(struct request *rq)
{
	struct state *st = rq->state;

	if (!paging_read(rq, &st->limit, &st->cursor))
		return FLOW_REPLY;
	await_start(&rq->await);
	await_finish(&rq->await, outcome);
	return FLOW_WAIT;
}

static enum flow answer(struct request *rq)
{
	struct state *st = rq->state;

	reply_header(rq, "Seen", "%zu %s", st->limit, st->cursor ? st->cursor : "none");
	return paging_reply(rq, &page, write_entry);
}

static const struct endpoint get_list = {
	.state_size = sizeof(struct state),
	.steps = STEPS(begin, answer),
};

START_TEST(a_page_is_data_with_next_and_a_link)
{
	const struct span entries[] = {{"{\"a\":1}", 7}, {"{}", 2}};

	page = (struct list_page){.count = 2, .entries = entries, .next = "abc"};
	ck_assert_int_eq(asking_run(&asking, &get_list, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[{\"a\":1},{}],\"next\":\"abc\"}\n");
	ck_assert_str_eq(asking_header(&asking, "Link"), "</product?cursor=abc>; rel=\"next\"");
	ck_assert_str_eq(asking_header(&asking, "Seen"), "20 none");
}
END_TEST

START_TEST(the_last_page_has_neither)
{
	asking_query(&asking, "limit", "100");
	asking_query(&asking, "cursor", "xyz");
	ck_assert_int_eq(asking_run(&asking, &get_list, NULL), 200);
	ck_assert_str_eq(asking_body(&asking), "{\"data\":[]}\n");
	ck_assert_ptr_null(asking_header(&asking, "Link"));
	ck_assert_str_eq(asking_header(&asking, "Seen"), "100 xyz");
}
END_TEST

START_TEST(a_limit_is_1_to_100)
{
	static const char *const wrong[] = {"0", "101", "x", ""};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		asking_query(&asking, "limit", wrong[i]);
		ck_assert_int_eq(asking_run(&asking, &get_list, NULL), 400);
		ck_assert_str_eq(asking.rq.reply.code, "invalid-parameter");
		asking_renew(&asking);
	}
}
END_TEST

START_TEST(a_cursor_of_something_else_is_a_problem)
{
	outcome = RESULT_INVALID;
	ck_assert_int_eq(asking_run(&asking, &get_list, NULL), 400);
	ck_assert_str_eq(asking.rq.reply.code, "invalid-cursor");
}
END_TEST

Suite *paging_suite(void)
{
	Suite *suite = suite_create("paging");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_page_is_data_with_next_and_a_link);
	tcase_add_test(tests, the_last_page_has_neither);
	tcase_add_test(tests, a_limit_is_1_to_100);
	tcase_add_test(tests, a_cursor_of_something_else_is_a_problem);
	suite_add_tcase(suite, tests);
	return suite;
}
