#include <check.h>
#include <string.h>

#include "domain/name_fold.h"

static void ck_assert_folded(const char *text, const char *expected)
{
	struct buf out = {0};

	buf_init(&out, 4096);
	name_fold(span_of(text), &out);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_clear(&out);
}

START_TEST(letters_of_all_scripts_lose_their_case)
{
	static const char *const table[][2] = {
		{"", ""},
		{"Apple PIE 10%", "apple pie 10%"},
		{"@[`{Zz", "@[`{zz"},
		{"ÉCLAIR", "éclair"},
		{"ÄÖÜ ÇÑØ Þ", "äöü çñø þ"},
		{"×÷", "×÷"},
		{"ĀāĂ Žž", "āāă žž"},
		{"Ÿ", "ÿ"},
		{"ΑΒΓΣς Ώ", "αβγσσ ώ"},
		{"ЯБЛОКО Ђ Ѐ Ԁ", "яблоко ђ ѐ ԁ"},
		{"ԱՖ", "աֆ"},
		{"Ⴀ", "ⴀ"},
		{"Ḁ ẞ Ỿ", "ḁ ß ỿ"},
		{"K Å Ω", "k å ω"},
		{"Ⓐ Ａ", "ⓐ ａ"},
		{"𐐀 𞤀", "𐐨 𞤢"},
		{"ſ µ", "s μ"},
		{"日本 العربية 😀", "日本 العربية 😀"},
		{"ß", "ß"},
		{"İ", "İ"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ck_assert_folded(table[i][0], table[i][1]);
}
END_TEST

static size_t encode(uint32_t code, char text[static 5])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	memset(text, 0, 5);
	for (size_t i = len; i-- > 1; code >>= 6)
		text[i] = (char)(0x80 | (code & 0x3f));
	text[0] = (char)(len == 1 ? code : (0xf00u >> len & 0xff) | code);
	return len;
}

START_TEST(every_character_folds_to_one_that_stays_as_it_is)
{
	struct buf once = {0};
	struct buf twice = {0};
	size_t changed = 0;
	size_t wrong = 0;

	buf_init(&once, 64);
	buf_init(&twice, 64);
	for (uint32_t code = 1; code < 0x110000; code++) {
		char text[5];
		size_t len;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		len = encode(code, text);
		buf_reset(&once);
		buf_reset(&twice);
		name_fold((struct span){text, len}, &once);
		name_fold((struct span){once.data, once.len}, &twice);
		/* One assertion in the end: a million of them take minutes. */
		wrong += text_utf8_decode((struct span){once.data, once.len}, NULL) != once.len ||
			 strcmp(buf_text(&once), buf_text(&twice)) != 0;
		changed += strcmp(buf_text(&once), text) != 0;
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(changed, 26 + 1428); /* as many as CaseFolding.txt has */
	buf_clear(&once);
	buf_clear(&twice);
}
END_TEST

START_TEST(broken_text_is_kept)
{
	ck_assert_folded("A\xff\xc3", "a\xff\xc3");
}
END_TEST

Suite *name_fold_suite(void)
{
	Suite *suite = suite_create("name_fold");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, letters_of_all_scripts_lose_their_case);
	tcase_add_test(tests, every_character_folds_to_one_that_stays_as_it_is);
	tcase_add_test(tests, broken_text_is_kept);
	suite_add_tcase(suite, tests);
	return suite;
}
