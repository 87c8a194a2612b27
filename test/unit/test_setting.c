#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/setting.h"

static struct arena owned;
static struct buf out;

static void set_up(void)
{
	owned = (struct arena){0};
	buf_init(&out, 1000);
}

static void tear_down(void)
{
	arena_clear(&owned);
	buf_clear(&out);
}

#define ALB(region, name) \
	"arn:aws:elasticloadbalancing:" region ":123456789012:loadbalancer/app/" name
#define LONG_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_255 \
	LONG_64 LONG_64 LONG_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	enum setting_kind kind;
	const char *text;
	const char *kept; /* NULL: not allowed */
} texts[] = {
	{SETTING_TEXT, "/etc/ssl/certs/ca.pem", "/etc/ssl/certs/ca.pem"},
	{SETTING_TEXT, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	{SETTING_TEXT, "a\nb", NULL},
	{SETTING_TEXT, "a\x7f", NULL},
	{SETTING_TEXT, "\xff", NULL},
	{SETTING_TABLE_NAME, "shop", "shop"},
	{SETTING_TABLE_NAME, "My_Shop-2.test", "My_Shop-2.test"},
	{SETTING_TABLE_NAME, "abc", "abc"},
	{SETTING_TABLE_NAME, LONG_255, LONG_255},
	{SETTING_TABLE_NAME, "ab", NULL},
	{SETTING_TABLE_NAME, LONG_255 "x", NULL},
	{SETTING_TABLE_NAME, "a b c", NULL},
	{SETTING_TABLE_NAME, "arn:aws:dynamodb", NULL},
	{SETTING_TABLE_NAME, "caf\xc3\xa9", NULL},
	{SETTING_ATTRIBUTE_NAME, "pk", "pk"},
	{SETTING_ATTRIBUTE_NAME, "p", "p"},
	{SETTING_ATTRIBUTE_NAME, "a_b-c.D9", "a_b-c.D9"},
	{SETTING_ATTRIBUTE_NAME, LONG_255 "x", NULL},
	{SETTING_ATTRIBUTE_NAME, "a b", NULL},
	{SETTING_ATTRIBUTE_NAME, "a\"", NULL},
	{SETTING_REGION, "eu-west-1", "eu-west-1"},
	{SETTING_REGION, "us-gov-west-1", "us-gov-west-1"},
	{SETTING_REGION, "EU-WEST-1", NULL},
	{SETTING_REGION, "eu-west-1.evil.com", NULL},
	{SETTING_REGION, "eu-west-1/", NULL},
	{SETTING_REGION, "a@b", NULL},
	{SETTING_REGION, LONG_64, NULL},
	{SETTING_TOPIC, "arn:aws:sns:eu-west-1:123456789012:shop",
	 "arn:aws:sns:eu-west-1:123456789012:shop"},
	{SETTING_TOPIC, "shop", NULL},
	{SETTING_TOPIC, "arn:aws:sqs:eu-west-1:123456789012:shop", NULL},
	{SETTING_BALANCERS, ALB("eu-west-1", "a/1"), ALB("eu-west-1", "a/1")},
	{SETTING_BALANCERS, ALB("eu-west-1", "a/1") "," ALB("eu-west-1", "b/2"),
	 ALB("eu-west-1", "a/1") "," ALB("eu-west-1", "b/2")},
	{SETTING_BALANCERS, ALB("eu-west-1", "a/1") "," ALB("eu-west-2", "b/2"), NULL},
	{SETTING_ORIGINS, "*", "*"},
	{SETTING_ORIGINS, "https://shop.example", "https://shop.example"},
	{SETTING_ORIGINS, "https://shop.example,http://localhost:3000,https://a.b:8443",
	 "https://shop.example,http://localhost:3000,https://a.b:8443"},
	{SETTING_ORIGINS, "https://shop.example/", NULL},
	{SETTING_ORIGINS, "https://shop.example/path", NULL},
	{SETTING_ORIGINS, "https://Shop.example", NULL},
	{SETTING_ORIGINS, "https://shop.example:443", NULL},
	{SETTING_ORIGINS, "http://localhost:80", NULL},
	{SETTING_ORIGINS, "http://localhost:443", "http://localhost:443"},
	{SETTING_ORIGINS, "shop.example", NULL},
	{SETTING_ORIGINS, "*.shop.example", NULL},
	{SETTING_ORIGINS, "https://a.b, https://c.d", NULL},
	{SETTING_ORIGINS, "https://a.b,*", NULL},
	{SETTING_ORIGINS, "https://a.b,", NULL},
	{SETTING_ORIGINS, "null", NULL},
	{SETTING_BALANCERS, ALB("eu-west-1", "a/1") ",", NULL},
	{SETTING_BALANCERS, ALB("eu-west-1", "a/1") ", " ALB("eu-west-1", "b/2"), NULL},
	{SETTING_BALANCERS, "arn:aws:sns:eu-west-1:123456789012:shop", NULL},
	{SETTING_URL, "https://x.example.com", "https://x.example.com"},
	{SETTING_URL, "https://x.example.com:8443/", "https://x.example.com:8443"},
	{SETTING_URL, "http://127.0.0.1:8000", "http://127.0.0.1:8000"},
	{SETTING_URL, "http://127.0.0.1:8000/", "http://127.0.0.1:8000"},
	{SETTING_URL, "http://localhost:8000", "http://localhost:8000"},
	{SETTING_URL, "http://[::1]:8000", "http://[::1]:8000"},
	{SETTING_URL, "http://169.254.169.254", "http://169.254.169.254"},
	{SETTING_URL, "http://[fd00:ec2::254]", "http://[fd00:ec2::254]"},
	{SETTING_URL, "http://x.example.com", NULL},
	{SETTING_URL, "http://10.0.0.1:8000", NULL},
	{SETTING_URL, "http://localhost.example.com", NULL},
	{SETTING_URL, "https://x.example.com/path", NULL},
	{SETTING_URL, "https://user:word@x.example.com", NULL},
	{SETTING_URL, "x.example.com", NULL},
	{SETTING_ADDRESS, "127.0.0.1:8080", "127.0.0.1:8080"},
	{SETTING_ADDRESS, "[::]:8080", "[::]:8080"},
	{SETTING_ADDRESS, "0.0.0.0:80", "0.0.0.0:80"},
	{SETTING_ADDRESS, "127.0.0.1", NULL},
	{SETTING_ADDRESS, "localhost:8080", NULL},
	{SETTING_ADDRESS, ":8080", NULL},
	{SETTING_ADDRESS, "8080", NULL},
	{SETTING_ADDRESS, "off", NULL},
	{SETTING_ADDRESS_OR_OFF, "127.0.0.1:8081", "127.0.0.1:8081"},
	{SETTING_ADDRESS_OR_OFF, "OFF", NULL},
	{SETTING_CURRENCY, "USD", "USD"},
	{SETTING_CURRENCY, "usd", NULL},
	{SETTING_CURRENCY, "US", NULL},
	{SETTING_CURRENCY, "USDT", NULL},
	{SETTING_CURRENCY, "U5D", NULL},
};

START_TEST(texts_are_kept_if_their_kind_allows_them)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct setting setting = {.kind = texts[i].kind};
		const char *field = "untouched";
		bool is_read = setting_read(&setting, texts[i].text, &owned, &field);

		ck_assert_msg(is_read == (texts[i].kept != NULL), "%s", texts[i].text);
		ck_assert_str_eq(field, is_read ? texts[i].kept : "untouched");
	}
}
END_TEST

START_TEST(off_is_no_address)
{
	const struct setting setting = {.kind = SETTING_ADDRESS_OR_OFF};
	const char *field = "untouched";

	ck_assert(setting_read(&setting, "off", &owned, &field));
	ck_assert_ptr_null(field);
	setting_add_value(&setting, &field, &out);
	ck_assert_str_eq(buf_text(&out), "off");
}
END_TEST

static const struct {
	struct setting setting;
	const char *text;
	uint64_t kept; /* 77: not allowed */
	const char *shown;
} numbers[] = {
	{{.kind = SETTING_NUMBER, .max = 64}, "0", 0, "0"},
	{{.kind = SETTING_NUMBER, .max = 64}, "64", 64, "64"},
	{{.kind = SETTING_NUMBER, .max = 64}, "65", 77, NULL},
	{{.kind = SETTING_NUMBER, .max = 64}, "-1", 77, NULL},
	{{.kind = SETTING_NUMBER, .max = 64}, "1.5", 77, NULL},
	{{.kind = SETTING_NUMBER, .max = 64}, "two", 77, NULL},
	{{.kind = SETTING_NUMBER, .min = 1, .max = 64}, "0", 77, NULL},
	{{.kind = SETTING_POWER_OF_TWO, .min = 1, .max = 256}, "1", 1, "1"},
	{{.kind = SETTING_POWER_OF_TWO, .min = 1, .max = 256}, "256", 256, "256"},
	{{.kind = SETTING_POWER_OF_TWO, .min = 1, .max = 256}, "0", 77, NULL},
	{{.kind = SETTING_POWER_OF_TWO, .min = 1, .max = 256}, "3", 77, NULL},
	{{.kind = SETTING_POWER_OF_TWO, .min = 1, .max = 256}, "512", 77, NULL},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1024", 1024, "1KiB"},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1MiB", 1048576, "1MiB"},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1025", 1025, "1025"},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1023", 77, NULL},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1048577", 77, NULL},
	{{.kind = SETTING_SIZE, .min = 1024, .max = 1048576}, "1XiB", 77, NULL},
	{{.kind = SETTING_SIZE, .max = 1048576}, "0", 0, "0"},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "1ms", 1000, "1ms"},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "90", 90000000, "90s"},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "60s", 60000000, "1m"},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "1500ms", 1500000, "1500ms"},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "0", 77, NULL},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "91s", 77, NULL},
	{{.kind = SETTING_DURATION, .min = 1000, .max = 90000000}, "soon", 77, NULL},
	{{.kind = SETTING_DURATION, .max = UINT64_MAX}, "2h", UINT64_C(7200000000), "2h"},
};

START_TEST(numbers_are_kept_within_their_limits_and_shown_in_the_largest_unit)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct setting *setting = &numbers[i].setting;
		uint64_t field = 77;
		bool is_read = setting_read(setting, numbers[i].text, &owned, &field);

		ck_assert_msg(is_read == (numbers[i].shown != NULL), "%s", numbers[i].text);
		ck_assert_uint_eq(field, numbers[i].kept);
		buf_reset(&out);
		setting_add_value(setting, &field, &out);
		if (is_read)
			ck_assert_str_eq(buf_text(&out), numbers[i].shown);
	}
}
END_TEST

START_TEST(words_are_kept_as_their_place)
{
	const struct setting choice = {.kind = SETTING_CHOICE, .words = {"one", "two", "three"}};
	const struct setting toggle = {.kind = SETTING_SWITCH, .words = {"off", "on"}};
	unsigned place = 7;
	bool is_on = false;

	ck_assert(setting_read(&choice, "three", &owned, &place));
	ck_assert_uint_eq(place, 2);
	ck_assert(setting_read(&choice, "ONE", &owned, &place));
	ck_assert_uint_eq(place, 0);
	ck_assert(!setting_read(&choice, "four", &owned, &place));
	ck_assert(!setting_read(&choice, "", &owned, &place));
	ck_assert(setting_read(&toggle, "on", &owned, &is_on) && is_on);
	setting_add_value(&toggle, &is_on, &out);
	setting_add_value(&choice, &place, &out);
	ck_assert_str_eq(buf_text(&out), "onone");
	ck_assert(setting_read(&toggle, "off", &owned, &is_on) && !is_on);
	ck_assert(!setting_read(&toggle, "maybe", &owned, &is_on));
}
END_TEST

START_TEST(secrets_are_not_shown)
{
	const struct setting secret = {.kind = SETTING_TEXT, .is_secret = true};
	const char *field = "hush";

	setting_add_value(&secret, &field, &out);
	ck_assert_str_eq(buf_text(&out), "(set)");
	buf_reset(&out);
	field = NULL;
	setting_add_value(&secret, &field, &out);
	ck_assert_str_eq(buf_text(&out), "");
}
END_TEST

START_TEST(what_is_allowed_is_told_with_limits_or_words)
{
	setting_add_allowed(
		&(struct setting){.kind = SETTING_DURATION, .min = 100000, .max = 29000000}, &out);
	ck_assert_str_eq(buf_text(&out), "a duration from 100ms to 29s");
	buf_reset(&out);
	setting_add_allowed(&(struct setting){.kind = SETTING_CHOICE, .words = {"json", "text"}},
			    &out);
	ck_assert_str_eq(buf_text(&out), "one of json, text");
	buf_reset(&out);
	setting_add_allowed(&(struct setting){.kind = SETTING_CURRENCY}, &out);
	ck_assert_str_eq(buf_text(&out), "three capital letters, such as USD");
}
END_TEST

static void read_url(void *context)
{
	const struct setting setting = {.kind = SETTING_URL};
	struct arena own = {0};
	const char *field = NULL;

	(void)context;
	ck_assert(setting_read(&setting, "https://host/", &own, &field) != alloc_has_failed());
	ck_assert((field != NULL) != alloc_has_failed());
	arena_clear(&own);
}

START_TEST(a_field_is_untouched_when_memory_is_short)
{
	alloc_fail_each(read_url, NULL);
}
END_TEST

Suite *setting_suite(void)
{
	Suite *all = suite_create("setting");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, texts_are_kept_if_their_kind_allows_them);
	tcase_add_test(cases, off_is_no_address);
	tcase_add_test(cases, numbers_are_kept_within_their_limits_and_shown_in_the_largest_unit);
	tcase_add_test(cases, words_are_kept_as_their_place);
	tcase_add_test(cases, secrets_are_not_shown);
	tcase_add_test(cases, what_is_allowed_is_told_with_limits_or_words);
	tcase_add_test(cases, a_field_is_untouched_when_memory_is_short);
	suite_add_tcase(all, cases);
	return all;
}
