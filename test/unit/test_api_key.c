#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "http/api_key.h"

#define ID "0123456789ab"
#define SALT "00112233445566778899aabbccddeeff"
#define SECRET "0000000000000000000000000000000000000000000000000000000000000000"
/* printf %s%s "$SALT" "$SECRET" | sha256sum */
#define HASH "1cb66fa6a51716761a0bb12e3d507e3685ca8e61d5edb25d385b60ddf342973a"
#define LINE ID " office user:read,order:read " SALT " " HASH "\n"
#define KEY "shopd_" ID "_" SECRET

enum { NOW_S = 1440938160 };

static char path[] = "/tmp/shopd-test-keys-XXXXXX";
static char why[API_KEY_WHY_SIZE];
static struct digest *digest;
static struct api_key_owner owner;

static void set_up(void)
{
	close(mkstemp(path));
	digest = digest_new();
	why[0] = '\0';
	owner = (struct api_key_owner){0};
}

static void tear_down(void)
{
	digest_free(digest);
	unlink(path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static struct api_keys *read_file(const char *text)
{
	struct api_keys *keys;

	write_file(text);
	keys = api_keys_read(path, NULL, why);
	ck_assert_msg(keys != NULL, "%s", why);
	return keys;
}

START_TEST(a_key_is_known_by_the_hash_of_salt_and_secret)
{
	struct api_keys *keys = read_file("# ours\n\n  \n" LINE);

	ck_assert_uint_eq(api_keys_count(keys), 1);
	ck_assert(api_keys_check(keys, digest, KEY, NOW_S, &owner));
	ck_assert_str_eq(owner.name, "office");
	ck_assert_uint_eq(owner.scopes, scope_bit(SCOPE_USER_READ) | scope_bit(SCOPE_ORDER_READ));
	api_keys_release(keys);
}
END_TEST

START_TEST(what_differs_from_it_is_no_key)
{
	struct api_keys *keys = read_file(LINE);
	static const char *const others[] = {
		"",
		"shopd_",
		"shopd",
		"shopd_" ID,
		"shopd_" ID "_",
		"shopd_1123456789ab_" SECRET,
		"shopd_" ID "-" SECRET,
		"Shopd_" ID "_" SECRET,
		KEY "0",
		KEY "\n",
		"shopd_" ID "_1000000000000000000000000000000000000000000000000000000000000000",
		"shopd_" ID "_0000000000000000000000000000000000000000000000000000000000000001",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!api_keys_check(keys, digest, others[i], NOW_S, &owner), "%s",
			      others[i]);
	ck_assert_ptr_null(owner.name);
	api_keys_release(keys);
}
END_TEST

START_TEST(a_file_that_is_not_sound_is_refused_with_the_line)
{
	static const struct {
		const char *text;
		const char *why;
	} files[] = {
		{"x\n", "line 1: there are fewer than five words"},
		{"\n" ID " a admin " SALT " " HASH " more", "line 2: there are more than five"},
		{"0123 a admin " SALT " " HASH, "line 1: the id"},
		{"0123456789aB a admin " SALT " " HASH, "line 1: the id"},
		{LINE LINE, "line 2: the id came before"},
		{ID " a/b admin " SALT " " HASH, "line 1: the name"},
		{ID " a admins " SALT " " HASH, "line 1: there is no such scope"},
		{ID " a admin, " SALT " " HASH, "line 1: there is no such scope"},
		{ID " a admin 00 " HASH, "line 1: the salt"},
		{ID " a admin " SALT " 00", "line 1: the hash"},
		{ID " a admin " SALT " x" HASH, "line 1: the hash"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		write_file(files[i].text);
		ck_assert_ptr_null(api_keys_read(path, NULL, why));
		ck_assert_msg(strstr(why, files[i].why) == why, "%s: %s", files[i].text, why);
		ck_assert_ptr_null(strstr(why, HASH));
	}
	unlink(path);
	ck_assert_ptr_null(api_keys_read(path, NULL, why));
	ck_assert_str_eq(why, "No such file or directory");
}
END_TEST

START_TEST(lines_and_keys_are_limited)
{
	char *text = malloc(API_KEY_FILE_MAX);
	size_t len = 0;

	memset(text, ' ', 1025);
	text[1025] = '\0';
	write_file(text);
	ck_assert_ptr_null(api_keys_read(path, NULL, why));
	ck_assert_str_eq(why, "line 1: it is longer than 1,024 bytes");
	for (unsigned i = 0; i <= API_KEYS_MAX; i++)
		len += (size_t)snprintf(text + len, API_KEY_FILE_MAX - len,
					"%012x a admin " SALT " " HASH "\n", i);
	write_file(text);
	ck_assert_ptr_null(api_keys_read(path, NULL, why));
	ck_assert_str_eq(why, "line 257: there are more than 256 keys");
	free(text);
}
END_TEST

START_TEST(a_new_key_is_good_with_its_line_and_its_scopes)
{
	char key[API_KEY_SIZE];
	struct buf line = {0};
	struct api_keys *keys;

	buf_init(&line, 1024);
	ck_assert(api_key_make("ware.house",
			       scope_bit(SCOPE_STOCK_WRITE) | scope_bit(SCOPE_PRODUCT_READ), key,
			       &line));
	ck_assert_uint_eq(strlen(key), API_KEY_SIZE - 1);
	ck_assert(api_key_is_one(key));
	ck_assert_ptr_null(strstr(buf_text(&line), key + API_KEY_SIZE - 1 - API_KEY_SECRET_LEN));
	keys = read_file(buf_text(&line));
	ck_assert(api_keys_check(keys, digest, key, NOW_S, &owner));
	ck_assert_str_eq(owner.name, "ware.house");
	ck_assert_uint_eq(owner.scopes,
			  scope_bit(SCOPE_STOCK_WRITE) | scope_bit(SCOPE_PRODUCT_READ));
	api_keys_release(keys);
	buf_clear(&line);
}
END_TEST

START_TEST(the_last_use_outlives_a_reload)
{
	struct api_keys *keys = read_file(LINE);
	struct api_keys *next;
	struct buf out = {0};

	ck_assert(api_keys_check(keys, digest, KEY, NOW_S, &owner));
	write_file("aaaaaaaaaaaa new admin " SALT " " HASH "\n" LINE);
	next = api_keys_read(path, keys, why);
	ck_assert_ptr_nonnull(next);
	buf_init(&out, 4096);
	api_keys_write_metrics(next, &out);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "{name=\"office\",id=\"" ID "\"} 1440938160\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "{name=\"new\",id=\"aaaaaaaaaaaa\"} 0\n"));
	buf_clear(&out);
	api_keys_release(keys);
	api_keys_release(next);
}
END_TEST

START_TEST(a_set_lives_until_the_last_has_let_it_go)
{
	struct api_keys *keys = read_file(LINE);

	ck_assert_ptr_eq(api_keys_hold(keys), keys);
	api_keys_release(keys);
	ck_assert(api_keys_check(keys, digest, KEY, NOW_S, &owner));
	api_keys_release(keys);
	api_keys_release(NULL);
}
END_TEST

START_TEST(names_are_plain)
{
	char longest[API_KEY_NAME_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[API_KEY_NAME_MAX] = '\0';
	ck_assert(api_key_is_name("A-z_0.9") && api_key_is_name(longest));
	longest[API_KEY_NAME_MAX] = 'a';
	longest[API_KEY_NAME_MAX + 1] = '\0';
	ck_assert(!api_key_is_name(longest) && !api_key_is_name("") && !api_key_is_name("a b"));
}
END_TEST

static void read_keys(void *context)
{
	struct api_keys *keys;

	(void)context;
	keys = api_keys_read(path, NULL, why);
	ck_assert((keys != NULL) != alloc_has_failed());
	api_keys_release(keys);
}

START_TEST(memory_that_is_out_is_said_so)
{
	write_file(LINE);
	alloc_fail_each(read_keys, NULL);
}
END_TEST

Suite *api_key_suite(void)
{
	Suite *suite = suite_create("api_key");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, a_key_is_known_by_the_hash_of_salt_and_secret);
	tcase_add_test(tests, what_differs_from_it_is_no_key);
	tcase_add_test(tests, a_file_that_is_not_sound_is_refused_with_the_line);
	tcase_add_test(tests, lines_and_keys_are_limited);
	tcase_add_test(tests, a_new_key_is_good_with_its_line_and_its_scopes);
	tcase_add_test(tests, the_last_use_outlives_a_reload);
	tcase_add_test(tests, a_set_lives_until_the_last_has_let_it_go);
	tcase_add_test(tests, names_are_plain);
	tcase_add_test(tests, memory_that_is_out_is_said_so);
	suite_add_tcase(suite, tests);
	return suite;
}
