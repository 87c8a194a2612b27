#include <check.h>
#include <stdio.h>
#include <string.h>

#include "domain/contact.h"
#include "trees.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define OK ""

struct row {
	const char *text;  /* NULL: a number instead */
	const char *fault; /* the mistake's name */
};

static struct arena arena;

static void tear_down(void)
{
	arena_clear(&arena);
}

static void ck_assert_fault(field_check check, const struct row *row)
{
	const struct field field = {"f", .check = check};
	json_t *value = row->text ? json_string(row->text) : json_true();
	struct validation validation;

	validation_init(&validation, &arena);
	check(&field, "a.f", value, &validation);
	ck_assert_msg(validation.count == (row->fault[0] ? 1 : 0), "%s", row->text);
	if (validation.first) {
		ck_assert_str_eq(mistake_code_name(validation.first->code), row->fault);
		ck_assert_str_eq(validation.first->field, "a.f");
	}
	json_decref(value);
}

/* Asserts what a check finds wrong with each text. */
static void ck_assert_faults(field_check check, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_fault(check, &rows[i]);
}

#define CK_ASSERT_FAULTS(check, rows) \
	ck_assert_faults(check, rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(an_e_mail_address_need_not_be_json)
{
	char text[CONTACT_EMAIL_MAX + 2];

	ck_assert(contact_is_email(span_of("j\xc3\xb6@shop.example")));
	ck_assert(!contact_is_email(span_of("j\xff@shop.example")));
	ck_assert(!contact_is_email(span_of("jo@shop.example\n")));
	ck_assert(!contact_is_email(span_of("jo")));
	ck_assert(!contact_is_email(span_of("")));
	snprintf(text, sizeof(text), "%s", X60 "@" X60 "." X60 "." X60 "." X10);
	ck_assert_uint_eq(strlen(text), CONTACT_EMAIL_MAX);
	ck_assert(contact_is_email(span_of(text)));
	strcat(text, "x");
	ck_assert(!contact_is_email(span_of(text)));
}
END_TEST

START_TEST(e_mail_addresses_are_local_at_domain)
{
	static const struct row rows[] = {
		{"jo@shop.example", OK},
		{"j@s.e", OK},
		{"o'brien+x!#$%&*/=?^_`{|}~-.@a-1.b-2.example", OK},
		{"..@shop.example", OK},
		{"j\xc3\xb6@sh\xc3\xb6p.example", OK},
		{"\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b.\xe5\xb9\xbf\xe5\x91\x8a", OK},
		{X60 "xxxx@shop.example", OK},
		{X60 "xxxxx@shop.example", "invalid-email"},
		{"j@" X60 "xxx.example", OK},
		{"j@" X60 "xxxx.example", "invalid-email"},
		{X60 "@" X60 "." X60 "." X60 "." X10, OK},
		{X60 "@" X60 "." X60 "." X60 "." X10 X10 "x", "too-long"},
		{"", "invalid-email"},
		{"jo", "invalid-email"},
		{"jo@", "invalid-email"},
		{"@shop.example", "invalid-email"},
		{"jo@shop", "invalid-email"},
		{"jo@shop.", "invalid-email"},
		{"jo@.example", "invalid-email"},
		{"jo@shop..example", "invalid-email"},
		{"jo@-shop.example", "invalid-email"},
		{"jo@shop-.example", "invalid-email"},
		{"jo@sh_op.example", "invalid-email"},
		{"jo@a@shop.example", "invalid-email"},
		{"jo @shop.example", "invalid-email"},
		{" jo@shop.example", "invalid-email"},
		{"jo@shop.example ", "invalid-email"},
		{"jo@shop.example\n", "invalid-email"},
		{"j\to@shop.example", "invalid-email"},
		{"j\x7fo@shop.example", "invalid-email"},
		{"j\xc2\x85o@shop.example", "invalid-email"},
		{"j\xc2\xa0o@shop.example", "invalid-email"},
		{"j\xe2\x80\x8bo@shop.example", "invalid-email"},
		{"j\xe2\x80\xaeo@shop.example", "invalid-email"},
		{"j\xe3\x80\x80o@shop.example", "invalid-email"},
		{"\"jo\"@shop.example", "invalid-email"},
		{"<jo@shop.example>", "invalid-email"},
		{"jo,jim@shop.example", "invalid-email"},
		{"jo@[127.0.0.1]", "invalid-email"},
		{NULL, "wrong-type"},
	};

	CK_ASSERT_FAULTS(contact_check_email, rows);
}
END_TEST

START_TEST(phone_numbers_are_e164)
{
	static const struct row rows[] = {
		{"+4930123456", OK},
		{"+12345678", OK},
		{"+123456789012345", OK},
		{"+1234567", "invalid-phone"},
		{"+1234567890123456", "invalid-phone"},
		{"+0301234567", "invalid-phone"},
		{"4930123456", "invalid-phone"},
		{"004930123456", "invalid-phone"},
		{"+49 30 123456", "invalid-phone"},
		{"+49-30-123456", "invalid-phone"},
		{"+4930x23456", "invalid-phone"},
		{"++4930123456", "invalid-phone"},
		{"+", "invalid-phone"},
		{"", "invalid-phone"},
		{NULL, "wrong-type"},
	};

	CK_ASSERT_FAULTS(contact_check_phone, rows);
}
END_TEST

START_TEST(locales_are_language_script_region)
{
	static const struct row rows[] = {
		{"de", OK},
		{"gsw", OK},
		{"de-AT", OK},
		{"de-at", OK},
		{"es-419", OK},
		{"zh-Hant", OK},
		{"zh-Hant-TW", OK},
		{"", "invalid-locale"},
		{"d", "invalid-locale"},
		{"deutsch", "invalid-locale"},
		{"de_AT", "invalid-locale"},
		{"de-", "invalid-locale"},
		{"-AT", "invalid-locale"},
		{"de-A", "invalid-locale"},
		{"de-A1", "invalid-locale"},
		{"de-41", "invalid-locale"},
		{"de-AT-AT", "invalid-locale"},
		{"de-AT-Latn", "invalid-locale"},
		{"de-Latn-AT-x", "invalid-locale"},
		{"de-Latn-", "invalid-locale"},
		{"d1", "invalid-locale"},
		{"de.UTF-8", "invalid-locale"},
		{"\xc3\xa4", "invalid-locale"},
		{NULL, "wrong-type"},
	};

	CK_ASSERT_FAULTS(contact_check_locale, rows);
}
END_TEST

START_TEST(countries_are_those_there_are)
{
	static const struct row rows[] = {
		{"DE", OK},
		{"de", "invalid-country"},
		{"XX", "invalid-country"},
		{"DEU", "invalid-country"},
		{"", "invalid-country"},
		{NULL, "wrong-type"},
	};

	CK_ASSERT_FAULTS(contact_check_country, rows);
}
END_TEST

START_TEST(e_mail_addresses_that_differ_in_case_fold_to_the_same)
{
	struct buf a = {0};
	struct buf b = {0};

	buf_init(&a, 100);
	buf_init(&b, 100);
	contact_fold_email(span_of("J\xc3\x96@SHOP.Example"), &a);
	contact_fold_email(span_of("j\xc3\xb6@shop.example"), &b);
	ck_assert_str_eq(buf_text(&a), buf_text(&b));
	ck_assert_str_eq(buf_text(&b), "j\xc3\xb6@shop.example");
	buf_clear(&a);
	buf_clear(&b);
}
END_TEST

Suite *contact_suite(void)
{
	Suite *suite = suite_create("contact");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, tear_down);
	tcase_add_test(tests, e_mail_addresses_are_local_at_domain);
	tcase_add_test(tests, an_e_mail_address_need_not_be_json);
	tcase_add_test(tests, phone_numbers_are_e164);
	tcase_add_test(tests, locales_are_language_script_region);
	tcase_add_test(tests, countries_are_those_there_are);
	tcase_add_test(tests, e_mail_addresses_that_differ_in_case_fold_to_the_same);
	suite_add_tcase(suite, tests);
	return suite;
}
