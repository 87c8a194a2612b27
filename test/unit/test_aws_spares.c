#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "aws/aws_spares.h"

enum { LARGE = AWS_SPARE_ROOM_MAX * 2, MAX = AWS_SPARE_ROOM_MAX * 4 };

static struct aws_spares spares;

static void tear_down(void)
{
	aws_spares_clear(&spares);
}

static void fill(struct buf *buf, size_t len)
{
	buf_init(buf, MAX);
	ck_assert_ptr_nonnull(buf_reserve(buf, len));
	memset(buf->data, 'x', len);
	buf_commit(buf, len);
}

START_TEST(a_body_comes_back_with_its_memory_and_without_its_bytes)
{
	struct buf body;
	const char *data;

	fill(&body, 100);
	data = body.data;
	aws_spares_give_body(&spares, &body);
	ck_assert_ptr_null(body.data);
	aws_spares_take_body(&spares, &body, MAX / 2);
	ck_assert_ptr_eq(body.data, data);
	ck_assert_uint_eq(body.len, 0);
	ck_assert_uint_eq(body.max, MAX / 2);
	buf_clear(&body);
}
END_TEST

START_TEST(what_is_large_or_too_much_is_not_kept)
{
	struct buf body;

	fill(&body, LARGE);
	aws_spares_give_body(&spares, &body);
	ck_assert_uint_eq(spares.body_count, 0);
	for (int i = 0; i < AWS_SPARES_MAX + 1; i++) {
		fill(&body, 10);
		aws_spares_give_body(&spares, &body);
	}
	ck_assert_uint_eq(spares.body_count, AWS_SPARES_MAX);
}
END_TEST

START_TEST(an_exchange_gets_all_its_buffers_back)
{
	struct exchange exchange = {0};
	const char *data[3];

	fill(&exchange.request, 10);
	fill(&exchange.answer.head, 10);
	fill(&exchange.answer.body, 10);
	data[0] = exchange.request.data;
	data[1] = exchange.answer.head.data;
	data[2] = exchange.answer.body.data;
	aws_spares_give(&spares, &exchange);
	exchange = (struct exchange){0};
	aws_spares_take(&spares, &exchange);
	ck_assert_ptr_eq(exchange.request.data, data[0]);
	ck_assert_ptr_eq(exchange.answer.head.data, data[1]);
	ck_assert_ptr_eq(exchange.answer.body.data, data[2]);
	buf_clear(&exchange.answer.body);
	fill(&exchange.answer.body, LARGE);
	aws_spares_give(&spares, &exchange);
	ck_assert_uint_eq(spares.exchange_count, 0);
}
END_TEST

static const char *request_data;
static bool was_wiped;

static void look_at_request(const void *block)
{
	if (block == request_data)
		was_wiped = memchr(block, 'x', 10) == NULL;
}

START_TEST(a_request_is_overwritten_before_it_goes)
{
	struct exchange exchange = {0};

	fill(&exchange.request, 10);
	request_data = exchange.request.data;
	aws_spares_give(&spares, &exchange);
	alloc_on_free(look_at_request);
	aws_spares_clear(&spares);
	alloc_on_free(NULL);
	ck_assert(was_wiped);
}
END_TEST

Suite *aws_spares_suite(void)
{
	Suite *suite = suite_create("aws_spares");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, a_body_comes_back_with_its_memory_and_without_its_bytes);
	tcase_add_test(tests, what_is_large_or_too_much_is_not_kept);
	tcase_add_test(tests, an_exchange_gets_all_its_buffers_back);
	tcase_add_test(tests, a_request_is_overwritten_before_it_goes);
	suite_add_tcase(suite, tests);
	return suite;
}
