#include <check.h>

#include "domain/stock.h"

enum { FEW = 9 };

START_TEST(the_level_follows_what_is_there_and_the_mark)
{
	static const struct {
		struct stock_opening opening;
		const char *level;
	} table[] = {
		{{0, false, 0}, "out"}, {{1, false, 0}, "in"},        {{0, true, 0}, "out"},
		{{0, true, 5}, "out"},  {{1, true, 0}, "in"},         {{4, true, 5}, "low"},
		{{5, true, 5}, "low"},  {{6, true, 5}, "in"},         {{1, true, STOCK_MAX}, "low"},
		{{-1, true, 5}, "out"}, {{STOCK_MAX, true, 1}, "in"}, {{1, false, STOCK_MAX}, "in"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stock stock = stock_open(&table[i].opening);
		enum stock_level level;

		ck_assert_str_eq(stock_level_name(stock_level_of(&stock)), table[i].level);
		ck_assert_int_eq(stock.level, stock_level_of(&stock));
		ck_assert(stock_level_find(span_of(table[i].level), &level));
		ck_assert_int_eq(level, stock.level);
		ck_assert_int_eq(stock_on_hand(&stock), table[i].opening.on_hand);
		ck_assert_uint_eq(stock.version, 1);
	}
}
END_TEST

START_TEST(there_are_no_other_levels)
{
	enum stock_level level = STOCK_LOW;

	ck_assert(!stock_level_find(span_of("IN"), &level));
	ck_assert(!stock_level_find((struct span){0}, &level));
	ck_assert_int_eq(level, STOCK_LOW);
}
END_TEST

/* `mark` -1: none. */
static struct stock stock_with(int64_t available, int64_t reserved, int64_t mark)
{
	struct stock stock = {
		.available = available,
		.reserved = reserved,
		.has_low_mark = mark >= 0,
		.low_stock_at = mark >= 0 ? mark : 0,
		.version = 7,
	};

	stock.level = stock_level_of(&stock);
	return stock;
}

START_TEST(an_adjustment_is_fine_or_says_why_not)
{
	static const struct {
		int64_t available, reserved, delta;
		enum stock_verdict verdict;
	} table[] = {
		{5, 0, -5, STOCK_FINE},
		{5, 0, -6, STOCK_INSUFFICIENT},
		{5, 10, -6, STOCK_INSUFFICIENT},
		{0, 0, -1, STOCK_INSUFFICIENT},
		{0, 0, STOCK_MAX, STOCK_FINE},
		{1, 0, STOCK_MAX, STOCK_TOO_MUCH},
		{0, 1, STOCK_MAX, STOCK_TOO_MUCH},
		{STOCK_MAX - 2, 1, 1, STOCK_FINE},
		{STOCK_MAX - 2, 1, 2, STOCK_TOO_MUCH},
		{STOCK_MAX, 0, -STOCK_MAX, STOCK_FINE},
		{-5, 0, 3, STOCK_FINE}, /* sold before it was there */
		{-5, 0, -1, STOCK_INSUFFICIENT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stock now = stock_with(table[i].available, table[i].reserved, 3);
		struct stock_decision decision = stock_adjust(&now, table[i].delta);

		ck_assert_int_eq(decision.verdict, table[i].verdict);
		if (decision.verdict != STOCK_FINE)
			continue;
		ck_assert_int_eq(decision.after.available, table[i].available + table[i].delta);
		ck_assert_int_eq(decision.after.reserved, table[i].reserved);
		ck_assert_int_eq(decision.after.level, stock_level_of(&decision.after));
		ck_assert_uint_eq(decision.after.version, 8);
	}
}
END_TEST

static bool is_within(const struct stock_range *range, const struct stock *stock)
{
	return stock->available >= range->available_min &&
	       stock->available <= range->available_max && stock->reserved <= range->reserved_max;
}

/* Of any other amounts the range says whether the decision would have been the same. */
static void check_range(const struct stock *now, int64_t delta, bool is_far_from_limit)
{
	struct stock_decision decision = stock_adjust(now, delta);

	if (decision.verdict != STOCK_FINE)
		return;
	ck_assert(is_within(&decision.range, now));
	for (int64_t available = now->available - 2 * FEW; available <= now->available + 2 * FEW;
	     available++) {
		for (int64_t reserved = 0; reserved < now->reserved + FEW; reserved++) {
			struct stock other = *now;
			struct stock_decision its;
			bool is_same;

			other.available = available;
			other.reserved = reserved;
			its = stock_adjust(&other, delta);
			is_same = its.verdict == STOCK_FINE &&
				  its.after.level == decision.after.level;
			if (is_within(&decision.range, &other))
				ck_assert(is_same);
			else
				ck_assert(!is_same || !is_far_from_limit);
		}
	}
}

START_TEST(the_range_of_an_adjustment_is_where_it_comes_to_the_same)
{
	for (int64_t mark = -1; mark < FEW; mark++)
		for (int64_t available = -FEW; available <= FEW; available++)
			for (int64_t delta = -2 * FEW; delta <= 2 * FEW; delta++) {
				struct stock now = stock_with(available, 2, mark);

				if (delta != 0)
					check_range(&now, delta, true);
			}
}
END_TEST

START_TEST(the_range_keeps_below_the_limit)
{
	for (int64_t missing = 0; missing < FEW; missing++)
		for (int64_t reserved = 0; reserved < FEW; reserved++)
			for (int64_t delta = 1; delta <= missing; delta++) {
				struct stock now =
					stock_with(STOCK_MAX - missing - reserved, reserved, -1);

				check_range(&now, delta, false);
			}
}
END_TEST

START_TEST(changes_in_one_range_never_stand_in_each_others_way)
{
	struct stock now = stock_with(500000000, 0, 100);
	struct stock_decision one = stock_adjust(&now, 1000);
	struct stock_decision other = stock_adjust(&now, -1000);

	ck_assert(is_within(&one.range, &other.after));
	ck_assert(is_within(&other.range, &one.after));
	now.reserved = 100000000;
	ck_assert(is_within(&one.range, &now));
	ck_assert(is_within(&other.range, &now));
}
END_TEST

START_TEST(a_level_that_is_wrong_in_the_table_is_put_right)
{
	struct stock now = stock_with(50, 0, 10);
	struct stock_decision decision;

	now.level = STOCK_OUT;
	decision = stock_adjust(&now, 1);
	ck_assert_int_eq(decision.after.level, STOCK_IN);
	decision = stock_recount(&now, &(struct stock_count){.has_on_hand = true, .on_hand = 50});
	ck_assert_int_eq(decision.after.level, STOCK_IN);
	ck_assert_uint_eq(decision.after.version, 8);
}
END_TEST

START_TEST(a_count_is_fine_or_says_why_not)
{
	static const struct {
		struct stock_count count;
		enum stock_verdict verdict;
	} table[] = {
		{{.has_on_hand = true, .on_hand = 3}, STOCK_FINE},
		{{.has_on_hand = true, .on_hand = 2}, STOCK_BELOW_RESERVED},
		{{.has_on_hand = true, .on_hand = STOCK_MAX}, STOCK_FINE},
		{{.has_on_hand = true, .on_hand = 5, .has_change_from = true, .change_from = 8},
		 STOCK_FINE},
		{{.has_on_hand = true, .on_hand = 5, .has_change_from = true, .change_from = 5},
		 STOCK_NOT_AS_THOUGHT},
		{{.has_on_hand = true, .on_hand = 0, .has_change_from = true, .change_from = 5},
		 STOCK_NOT_AS_THOUGHT},
		{{.sets_low_mark = true, .has_low_mark = true, .low_stock_at = 1}, STOCK_FINE},
	};
	const struct stock now = stock_with(5, 3, -1);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_int_eq(stock_recount(&now, &table[i].count).verdict, table[i].verdict);
}
END_TEST

START_TEST(a_count_leaves_what_is_reserved)
{
	const struct stock now = stock_with(5, 3, -1);
	struct stock_decision decision =
		stock_recount(&now, &(struct stock_count){.has_on_hand = true, .on_hand = 3});

	ck_assert_int_eq(decision.after.available, 0);
	ck_assert_int_eq(decision.after.reserved, 3);
	ck_assert_int_eq(decision.after.level, STOCK_OUT);
	ck_assert_uint_eq(decision.after.version, 8);
}
END_TEST

START_TEST(a_mark_moves_the_level_too)
{
	const struct stock now = stock_with(5, 0, -1);
	struct stock_count count = {.sets_low_mark = true, .has_low_mark = true, .low_stock_at = 5};
	struct stock_decision decision = stock_recount(&now, &count);

	ck_assert_int_eq(decision.after.level, STOCK_LOW);
	ck_assert_int_eq(decision.after.low_stock_at, 5);
	decision = stock_recount(&decision.after, &(struct stock_count){.sets_low_mark = true});
	ck_assert_int_eq(decision.after.level, STOCK_IN);
	ck_assert(!decision.after.has_low_mark);
	ck_assert_int_eq(decision.after.low_stock_at, 0);
	ck_assert_uint_eq(decision.after.version, 9);
}
END_TEST

START_TEST(a_count_that_changes_nothing_leaves_the_version)
{
	const struct stock now = stock_with(5, 3, 2);
	const struct stock_count table[] = {
		{.has_on_hand = true, .on_hand = 8},
		{.sets_low_mark = true, .has_low_mark = true, .low_stock_at = 2},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_uint_eq(stock_recount(&now, &table[i]).after.version, 7);
}
END_TEST

/* ---- moves of checkouts and orders ---- */

START_TEST(moves_change_what_they_are_called_by)
{
	static const struct {
		enum stock_move move;
		int64_t quantity;
		enum stock_verdict verdict;
		int64_t available, reserved; /* afterwards, if fine */
	} rows[] = {
		{STOCK_HOLD, 10, STOCK_FINE, 0, 14},
		{STOCK_HOLD, 11, STOCK_INSUFFICIENT, 0, 0},
		{STOCK_RELEASE, 4, STOCK_FINE, 14, 0},
		{STOCK_RELEASE, 5, STOCK_NOT_RESERVED, 0, 0},
		{STOCK_SHIP, 4, STOCK_FINE, 10, 0},
		{STOCK_SHIP, 5, STOCK_NOT_RESERVED, 0, 0},
		{STOCK_GIVE_BACK, 3, STOCK_FINE, 13, 4},
		{STOCK_GIVE_BACK, STOCK_MAX - 13, STOCK_TOO_MUCH, 0, 0},
	};
	const struct stock now = {.available = 10, .reserved = 4, .version = 7};
	struct stock_decision decision = stock_move(&now, rows[_i].move, rows[_i].quantity);

	ck_assert_int_eq(decision.verdict, rows[_i].verdict);
	if (decision.verdict != STOCK_FINE)
		return;
	ck_assert_int_eq(decision.after.available, rows[_i].available);
	ck_assert_int_eq(decision.after.reserved, rows[_i].reserved);
	ck_assert_uint_eq(decision.after.version, 8);
	ck_assert_int_eq(decision.after.level, rows[_i].available > 0 ? STOCK_IN : STOCK_OUT);
}
END_TEST

/* Whatever is within the range comes to the same verdict and level, and what is next to it not. */
START_TEST(a_moves_range_is_where_it_would_be_decided_the_same)
{
	const struct stock now = {.available = 10,
				  .reserved = 4,
				  .has_low_mark = true,
				  .low_stock_at = 5,
				  .version = 7};
	struct stock_decision first = stock_move(&now, (enum stock_move)_i, 3);

	for (int64_t available = 0; available < 20; available++) {
		for (int64_t reserved = 0; reserved < 8; reserved++) {
			struct stock other = now;
			struct stock_decision again;
			bool is_within;

			other.available = available;
			other.reserved = reserved;
			if (stock_level_of(&other) != STOCK_IN)
				continue; /* the level is part of the condition */
			again = stock_move(&other, (enum stock_move)_i, 3);
			is_within = available >= first.range.available_min &&
				    available <= first.range.available_max &&
				    reserved >= first.range.reserved_min &&
				    reserved <= first.range.reserved_max;
			ck_assert_int_eq(is_within, again.verdict == STOCK_FINE &&
							    again.after.level == first.after.level);
		}
	}
}
END_TEST

Suite *stock_suite(void)
{
	Suite *suite = suite_create("stock");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_level_follows_what_is_there_and_the_mark);
	tcase_add_test(tests, there_are_no_other_levels);
	tcase_add_test(tests, an_adjustment_is_fine_or_says_why_not);
	tcase_add_test(tests, the_range_of_an_adjustment_is_where_it_comes_to_the_same);
	tcase_add_test(tests, the_range_keeps_below_the_limit);
	tcase_add_test(tests, changes_in_one_range_never_stand_in_each_others_way);
	tcase_add_test(tests, a_level_that_is_wrong_in_the_table_is_put_right);
	tcase_add_test(tests, a_count_is_fine_or_says_why_not);
	tcase_add_test(tests, a_count_leaves_what_is_reserved);
	tcase_add_test(tests, a_mark_moves_the_level_too);
	tcase_add_test(tests, a_count_that_changes_nothing_leaves_the_version);
	tcase_add_loop_test(tests, moves_change_what_they_are_called_by, 0, 8);
	tcase_add_loop_test(tests, a_moves_range_is_where_it_would_be_decided_the_same, 0, 4);
	suite_add_tcase(suite, tests);
	return suite;
}
