#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "order_texts.h"
#include "repo/repo_write.h"
#include "repo/stock_moves.h"
#include "scripted_repo.h"

static struct scripted_repo on;
static struct stock_moves *moves;
static struct dynamodb_write writes[REPO_WRITES_MAX];
static size_t count;
static enum result ended;

static void on_read(struct stock_moves *read, enum result result)
{
	(void)read;
	ended = result;
	await_finish(&on.await, result);
}

static void begin(enum stock_move move, int64_t quantity)
{
	moves = arena_alloc(&on.arena, sizeof(*moves));
	ck_assert_ptr_nonnull(moves);
	moves->repo = &on.repo;
	moves->await = &on.await;
	moves->reference = ORDER;
	moves->count = 2;
	moves->lines[0] = (struct stock_line){TEA, move, quantity, .is_known = false};
	moves->lines[1] = (struct stock_line){POT, move, 2, .is_known = false};
}

static void set_up(void)
{
	scripted_repo_init(&on);
}

static void tear_down(void)
{
	scripted_repo_clear(&on);
}

static void read(enum result expected)
{
	await_start(&on.await);
	stock_moves_read(moves, on_read, NULL);
	scripted_repo_expect(&on, expected);
	ck_assert_int_eq(ended, expected);
}

static void make(enum result expected)
{
	ck_assert_int_eq(stock_moves_make(moves, writes, REPO_WRITES_MAX, &count), expected);
}

START_TEST(stocks_are_read_consistently_in_one_batch)
{
	begin(STOCK_HOLD, 3);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCKS));
	read(RESULT_OK);
	ck_assert_operation(&on, 0, "BatchGetItem");
	ck_assert_sent(&on, 0, "\"ConsistentRead\":true");
	ck_assert_int_eq(moves->lines[1].now.available, 20);
	scripted_repo_renew(&on);
	begin(STOCK_HOLD, 3);
	moves->lines[0].is_known = moves->lines[1].is_known = true;
	read(RESULT_OK); /* nothing is asked for */
	ck_assert_uint_eq(on.aws.script.request_count, 0);
}
END_TEST

START_TEST(what_cannot_be_read_ends_it)
{
	begin(STOCK_HOLD, 3);
	SCRIPT_PLAY(&on.aws.script, BATCH("{\"pk\":{\"S\":\"P#" TEA "\"}}"));
	read(RESULT_GARBLED);
}
END_TEST

START_TEST(holds_are_written_on_a_range_each)
{
	begin(STOCK_HOLD, 3);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCKS));
	read(RESULT_OK);
	ck_assert(stock_moves_decide(moves));
	make(RESULT_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(writes[0].key.pk, "P#" TEA);
	ck_assert_str_eq(writes[0].update, "ADD available :d, version :one, reserved :held");
	ck_assert_ptr_nonnull(strstr(writes[0].values, "\":d\":{\"N\":\"-3\"}"));
	ck_assert_ptr_nonnull(strstr(writes[0].values, "\":held\":{\"N\":\"3\"}"));
	ck_assert_ptr_nonnull(strstr(writes[0].values, "\":min\":{\"N\":\"4\"}"));
	stock_moves_clear(moves);
}
END_TEST

START_TEST(a_shipment_is_a_movement_and_needs_what_is_reserved)
{
	begin(STOCK_SHIP, 5);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCKS));
	read(RESULT_OK);
	ck_assert(stock_moves_decide(moves));
	make(RESULT_OK);
	ck_assert_uint_eq(count, 4);
	ck_assert_ptr_nonnull(strstr(writes[0].condition, "reserved >= :least"));
	ck_assert_ptr_nonnull(strstr(writes[0].values, "\":least\":{\"N\":\"5\"}"));
	ck_assert_str_eq(writes[1].key.pk, "M#" TEA);
	ck_assert_ptr_nonnull(strstr(writes[1].item, "\"delta\":{\"N\":\"-5\"}"));
	ck_assert_ptr_nonnull(strstr(writes[1].item, "\"reason\":{\"S\":\"shipped\"}"));
	ck_assert_ptr_nonnull(strstr(writes[1].item, "\"reference\":{\"S\":\"" ORDER "\"}"));
	moves->lines[0].quantity = 6;
	ck_assert(!stock_moves_decide(moves));
	ck_assert_int_eq(moves->lines[0].verdict, STOCK_NOT_RESERVED);
	ck_assert_int_eq(moves->lines[1].verdict, STOCK_FINE);
	stock_moves_clear(moves);
}
END_TEST

START_TEST(what_is_gone_is_passed_over_but_cannot_be_held)
{
	begin(STOCK_GIVE_BACK, 3);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCK(POT, "20", "5", "7")));
	read(RESULT_OK);
	ck_assert(stock_moves_decide(moves));
	make(RESULT_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(writes[0].key.pk, "P#" POT);
	ck_assert_ptr_nonnull(strstr(writes[1].item, "returned"));
	moves->lines[0].move = STOCK_HOLD;
	ck_assert(!stock_moves_decide(moves));
	ck_assert_int_eq(moves->lines[0].verdict, STOCK_INSUFFICIENT);
	stock_moves_clear(moves);
}
END_TEST

START_TEST(a_level_that_is_crossed_is_an_event_of_its_own_if_there_is_room)
{
	begin(STOCK_HOLD, 20);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCKS));
	read(RESULT_OK);
	ck_assert(stock_moves_decide(moves));
	make(RESULT_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(writes[0].condition, "version = :v");
	ck_assert_ptr_nonnull(strstr(writes[2].item, "\"type\":{\"S\":\"stock.out\"}"));
	moves->lines[1].quantity = 20;
	ck_assert_int_eq(stock_moves_make(moves, writes, 3, &count), RESULT_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert_ptr_nonnull(strstr(writes[2].item, "\"events\":{\"S\":\"[{"));
	ck_assert_int_eq(stock_moves_make(moves, writes, 2, &count), RESULT_TOO_LARGE);
	ck_assert_int_eq(stock_moves_make(moves, writes, 1, &count), RESULT_TOO_LARGE);
	stock_moves_clear(moves);
}
END_TEST

START_TEST(what_failed_tells_what_there_is)
{
	struct dynamodb_reason reasons[2] = {{false, {0}},
					     {true, span_of(STOCK(POT, "1", "5", "9"))}};

	begin(STOCK_HOLD, 3);
	SCRIPT_PLAY(&on.aws.script, BATCH(STOCKS));
	read(RESULT_OK);
	ck_assert(stock_moves_decide(moves));
	make(RESULT_OK);
	ck_assert_int_eq(stock_moves_take(moves, reasons), RESULT_CONFLICT);
	ck_assert(!stock_moves_decide(moves));
	ck_assert_int_eq(moves->lines[1].now.available, 1);
	ck_assert_int_eq(moves->lines[1].verdict, STOCK_INSUFFICIENT);
	reasons[1] = (struct dynamodb_reason){false, {0}};
	ck_assert_int_eq(stock_moves_take(moves, reasons), RESULT_OK);
	reasons[1] = (struct dynamodb_reason){true, span_of("{}")};
	ck_assert_int_eq(stock_moves_take(moves, reasons), RESULT_GARBLED);
	reasons[1] = (struct dynamodb_reason){true, {0}};
	ck_assert_int_eq(stock_moves_take(moves, reasons), RESULT_CONFLICT);
	ck_assert(moves->lines[1].is_gone);
	stock_moves_clear(moves);
}
END_TEST

static void make_once(void *context)
{
	struct arena *arena = &on.arena;

	(void)context;
	if (!scripted_repo_enter(&on))
		return;
	moves = arena_alloc(arena, sizeof(*moves));
	if (moves) {
		moves->repo = &on.repo;
		moves->await = &on.await;
		moves->count = 1;
		moves->lines[0] = (struct stock_line){TEA, STOCK_SHIP, 5, .is_known = true};
		moves->lines[0].now = (struct stock){.reserved = 5, .version = 1};
		ck_assert(stock_moves_decide(moves));
		ck_assert_int_eq(stock_moves_make(moves, writes, 10, &count) == RESULT_OK,
				 !alloc_has_failed());
		stock_moves_clear(moves);
	}
	scripted_repo_leave(&on);
}

START_TEST(short_memory_is_noticed)
{
	alloc_fail_each(make_once, NULL);
}
END_TEST

Suite *stock_moves_suite(void)
{
	Suite *suite = suite_create("stock_moves");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, stocks_are_read_consistently_in_one_batch);
	tcase_add_test(tests, what_cannot_be_read_ends_it);
	tcase_add_test(tests, holds_are_written_on_a_range_each);
	tcase_add_test(tests, a_shipment_is_a_movement_and_needs_what_is_reserved);
	tcase_add_test(tests, what_is_gone_is_passed_over_but_cannot_be_held);
	tcase_add_test(tests, a_level_that_is_crossed_is_an_event_of_its_own_if_there_is_room);
	tcase_add_test(tests, what_failed_tells_what_there_is);
	tcase_add_test(tests, short_memory_is_noticed);
	suite_add_tcase(suite, tests);
	return suite;
}
