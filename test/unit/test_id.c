#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"

START_TEST(random_ids_are_valid_version_4)
{
	for (int i = 0; i < 1000; i++) {
		char id[ID_SIZE];

		id_make_random(id);
		ck_assert_msg(id_is_valid(id), "%s", id);
		ck_assert_int_eq(id[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", id[19]));
	}
}
END_TEST

START_TEST(two_random_ids_differ)
{
	char one[ID_SIZE];
	char other[ID_SIZE];

	id_make_random(one);
	id_make_random(other);
	ck_assert_str_ne(one, other);
}
END_TEST

START_TEST(ordered_ids_are_valid_version_7_and_begin_with_the_time)
{
	/* The time of the example in RFC 9562, A.6. */
	char id[ID_SIZE];

	id_make_ordered(0x017f22e279b0, id);
	ck_assert(id_is_valid(id));
	ck_assert_int_eq(strncmp(id, "017f22e2-79b0-7", 15), 0);
	ck_assert_ptr_nonnull(strchr("89ab", id[19]));
}
END_TEST

START_TEST(ordered_ids_sort_by_their_time)
{
	char before[ID_SIZE];
	char after[ID_SIZE];

	for (int64_t ms = 1; ms < 281474976710655 / 2; ms *= 2) {
		id_make_ordered(ms - 1, before);
		id_make_ordered(ms, after);
		ck_assert_int_lt(strcmp(before, after), 0);
	}
}
END_TEST

START_TEST(a_hashed_id_is_version_8_with_the_first_bits_of_the_hash)
{
	/* RFC 9562, B.2 */
	static const uint8_t hash[32] = {0x5c, 0x14, 0x6b, 0x14, 0x3c, 0x52, 0x4a, 0xfd,
					 0x93, 0x8a, 0x37, 0x5d, 0x0d, 0xf1, 0xfb, 0xf6};
	static const char *const others[] = {"5c146b14-3c52-4afd-938a-375d0df1fbf6",
					     "5c146b14-3c52-8afd-c38a-375d0df1fbf6",
					     "5c146b14-3c52-8afd-738a-375d0df1fbf6"};
	char id[ID_SIZE];

	id_make_hashed(hash, id);
	ck_assert_str_eq(id, "5c146b14-3c52-8afd-938a-375d0df1fbf6");
	ck_assert(id_is_hashed(id));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!id_is_hashed(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(a_time_before_1970_is_taken_for_1970)
{
	char id[ID_SIZE];

	id_make_ordered(-1, id);
	ck_assert_int_eq(strncmp(id, "00000000-0000-7", 15), 0);
}
END_TEST

START_TEST(the_time_can_be_read_from_an_ordered_id)
{
	char id[ID_SIZE];
	int64_t ms = 0;

	id_make_ordered(0x017f22e279b0, id);
	ck_assert(id_read_time(span_of(id), &ms));
	ck_assert_int_eq(ms, 0x017f22e279b0);
	ck_assert(!id_read_time(span_of("017f22e2-79b0"), &ms));
	ck_assert(!id_read_time(span_of("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), &ms));
	ck_assert(!id_read_time((struct span){0}, &ms));
}
END_TEST

START_TEST(a_sequence_counts_up_from_anywhere)
{
	struct id_sequence sequence = {0};
	char id[ID_SIZE];
	char next[ID_SIZE];

	id_make_next(&sequence, 5, id);
	ck_assert(id_is_valid(id));
	ck_assert_int_eq(id[14], '7');
	ck_assert_ptr_nonnull(strchr("89ab", id[19]));
	for (int i = 0; i < 1000; i++) {
		id_make_next(&sequence, 5, next);
		ck_assert(id_is_valid(next));
		ck_assert_str_ne(id, next);
		memcpy(id, next, sizeof(id));
	}
}
END_TEST

#define VALID "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

static const char *const invalid[] = {
	"",
	"0",
	"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
	"017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
	"017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
	"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
	"017f22e2079b0-7cc3-98c4-dc0c0c07398f",
	"017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
	"017f22e279b07cc398c4dc0c0c07398f",
	"{017f22e2-79b0-7cc3-98c4-dc0c0c07398}",
	"017f22e2-79b0-7cc3-98c4-dc0c0c07398\n",
	"------------------------------------",
};

START_TEST(only_lower_case_uuids_are_valid)
{
	char taken[ID_SIZE] = "untouched";

	ck_assert(id_is_valid(VALID));
	ck_assert(id_is_valid("00000000-0000-0000-0000-000000000000"));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		ck_assert_msg(!id_is_valid(invalid[i]) && !id_take(span_of(invalid[i]), taken),
			      "%s", invalid[i]);
	ck_assert_str_eq(taken, "untouched");
	ck_assert(id_take((struct span){VALID "-", ID_LEN}, taken));
	ck_assert_str_eq(taken, VALID);
}
END_TEST

/* Stored items are found by these figures: they must never change. */
START_TEST(hashes_stay_what_they_are)
{
	ck_assert_uint_eq(id_hash("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), 0xa90bf5d5);
	ck_assert_uint_eq(id_hash("00000000-0000-0000-0000-000000000000"), 0x3753bd98);
	ck_assert_uint_eq(id_hash(""), 0xab3e7c0b);
}
END_TEST

START_TEST(hashes_spread_evenly_over_any_power_of_two)
{
	for (uint32_t shards = 2; shards <= 256; shards *= 2) {
		unsigned counts[256] = {0};

		for (unsigned i = 0; i < 1000 * shards; i++) {
			char text[ID_SIZE];

			snprintf(text, sizeof(text), "017f22e2-79b0-7cc3-98c4-%012x", i);
			counts[id_hash(text) & (shards - 1)]++;
		}
		for (uint32_t i = 0; i < shards; i++)
			ck_assert_msg(counts[i] > 850 && counts[i] < 1150, "%u", counts[i]);
	}
}
END_TEST

START_TEST(a_digest_tells_ids_apart_and_is_not_one)
{
	char digest[ID_DIGEST_SIZE];

	ck_assert_str_eq(id_digest("00000000-0000-0000-0000-000000000000", digest), "3753bd98");
	ck_assert_ptr_null(id_digest(NULL, digest));
}
END_TEST

Suite *id_suite(void)
{
	Suite *all = suite_create("id");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, random_ids_are_valid_version_4);
	tcase_add_test(cases, two_random_ids_differ);
	tcase_add_test(cases, ordered_ids_are_valid_version_7_and_begin_with_the_time);
	tcase_add_test(cases, ordered_ids_sort_by_their_time);
	tcase_add_test(cases, a_hashed_id_is_version_8_with_the_first_bits_of_the_hash);
	tcase_add_test(cases, a_time_before_1970_is_taken_for_1970);
	tcase_add_test(cases, the_time_can_be_read_from_an_ordered_id);
	tcase_add_test(cases, a_sequence_counts_up_from_anywhere);
	tcase_add_test(cases, only_lower_case_uuids_are_valid);
	tcase_add_test(cases, hashes_stay_what_they_are);
	tcase_add_test(cases, hashes_spread_evenly_over_any_power_of_two);
	tcase_add_test(cases, a_digest_tells_ids_apart_and_is_not_one);
	suite_add_tcase(all, cases);
	return all;
}
