#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/config_describe.h"
#include "base/config_settings.h"
#include "base/text.h"

static struct config config;
static struct buf out;

static void set_up(void)
{
	buf_init(&out, 100000);
}

static void tear_down(void)
{
	config_clear(&config);
	buf_clear(&out);
}

START_TEST(the_description_fits_100_columns_and_names_every_setting_once)
{
	static const char *const some[] = {"DYNAMODB_TABLE_NAME", "AWS_SESSION_TOKEN",
					   "SHOPD_READ_DEADLINE", "SHOPD_LOG_FORMAT"};
	const char *text;

	config_describe(&out);
	ck_assert(buf_ok(&out));
	text = buf_text(&out);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		ck_assert_ptr_nonnull(strstr(text, some[i]));
	while (*text) {
		size_t len = strcspn(text, "\n");

		ck_assert_uint_le(text_utf8_count((struct span){text, len}), 100);
		ck_assert_msg(len == 0 || text[len - 1] != ' ', "%.*s", (int)len, text);
		text += len + 1;
	}
}
END_TEST

START_TEST(the_markdown_table_has_three_columns)
{
	const char *text;

	config_describe_markdown(&out);
	text = buf_text(&out);
	ck_assert_int_eq(strncmp(text, "| name | default | meaning |\n|---|---|---|\n", 43), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n| `SHOPD_WORKERS` | `0` | "));
	while (*text) {
		size_t bars = 0;

		for (; *text != '\n'; text++)
			bars += *text == '|';
		ck_assert_uint_eq(bars, 4);
		text++;
	}
}
END_TEST

START_TEST(the_configuration_is_shown_without_secrets)
{
	char *const environment[] = {(char[]){"AWS_REGION=eu-west-1"},
				     (char[]){"AWS_ACCESS_KEY_ID=AKID"},
				     (char[]){"AWS_SECRET_ACCESS_KEY=hush"},
				     (char[]){"AWS_SESSION_TOKEN=hush too"},
				     (char[]){"AWS_CONTAINER_AUTHORIZATION_TOKEN=hush"},
				     (char[]){"SHOPD_REQUEST_DEADLINE=2000ms"},
				     (char[]){"SHOPD_AUTH=off"},
				     (char[]){"SHOPD_ADMIN_LISTEN=off"},
				     NULL};

	ck_assert(config_read(&config, environment, &out));
	config_show(&config, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "AWS_ACCESS_KEY_ID=AKID\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "AWS_SECRET_ACCESS_KEY=(set)\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "SHOPD_REQUEST_DEADLINE=2s\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "SHOPD_AUTH=off\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "SHOPD_ADMIN_LISTEN=off\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "AWS_CA_BUNDLE=\n"));
	ck_assert_ptr_null(strstr(buf_text(&out), "hush"));
	ck_assert_msg(!strstr(buf_text(&out), "AWS_DEFAULT_REGION"), "AWS_REGION shows the field");
}
END_TEST

static void describe(void *context)
{
	struct buf text;

	buf_init(&text, 100000);
	if (context)
		config_describe_markdown(&text);
	else
		config_describe(&text);
	ck_assert(buf_ok(&text) != alloc_has_failed());
	buf_clear(&text);
}

static bool sounds_secret(const char *name)
{
	size_t len = strlen(name);

	if (len > 5 && strcmp(name + len - 5, "_FILE") == 0)
		return false;
	return strstr(name, "SECRET") || strstr(name, "TOKEN") || strstr(name, "PASSWORD");
}

START_TEST(no_secret_is_shown_whichever_it_is)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	for (size_t i = 0; i < count; i++) {
		char line[200];

		ck_assert_msg(settings[i].is_secret == sounds_secret(settings[i].name), "%s",
			      settings[i].name);
		if (!settings[i].is_secret)
			continue;
		config = (struct config){0};
		*(const char **)((char *)&config + settings[i].offset) = "hush-hush";
		buf_reset(&out);
		config_show(&config, &out);
		ck_assert_msg(!strstr(buf_text(&out), "hush"), "%s", settings[i].name);
		snprintf(line, sizeof(line), "\n%s=(set)\n", settings[i].name);
		ck_assert_msg(strstr(buf_text(&out), line), "%s", settings[i].name);
	}
	config = (struct config){0};
}
END_TEST

START_TEST(a_description_is_whole_or_the_buffer_says_so)
{
	alloc_fail_each(describe, NULL);
	alloc_fail_each(describe, &out);
}
END_TEST

Suite *config_describe_suite(void)
{
	Suite *all = suite_create("config_describe");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, the_description_fits_100_columns_and_names_every_setting_once);
	tcase_add_test(cases, the_markdown_table_has_three_columns);
	tcase_add_test(cases, the_configuration_is_shown_without_secrets);
	tcase_add_test(cases, no_secret_is_shown_whichever_it_is);
	tcase_add_test(cases, a_description_is_whole_or_the_buffer_says_so);
	suite_add_tcase(all, cases);
	return all;
}
