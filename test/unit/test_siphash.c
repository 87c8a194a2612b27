#include <check.h>

#include "base/siphash.h"

static const struct siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

/* Of the paper's reference code: key and input are 0, 1, 2 and so on. */
static const struct {
	size_t len;
	uint64_t hash;
} vectors[] = {
	{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
	{7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
	{9, UINT64_C(0x9e0082df0ba9e4b0)},  {15, UINT64_C(0xa129ca6149be45e5)},
	{16, UINT64_C(0x3f2acc7f57c29bdb)}, {63, UINT64_C(0x958a324ceb064572)},
};

START_TEST(it_is_what_the_paper_says)
{
	unsigned char input[64];

	for (unsigned i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	ck_assert_uint_eq(siphash(&key, input, vectors[_i].len), vectors[_i].hash);
}
END_TEST

START_TEST(another_key_is_another_hash)
{
	const struct siphash_key other = {key.low, key.high + 1};

	ck_assert_uint_ne(siphash(&key, "x", 1), siphash(&other, "x", 1));
}
END_TEST

Suite *siphash_suite(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, it_is_what_the_paper_says, 0,
			    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(tests, another_key_is_another_hash);
	suite_add_tcase(suite, tests);
	return suite;
}
