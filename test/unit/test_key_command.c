/* Standard output and standard error are pipes while the command runs. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "daemon/key_command.h"
#include "http/api_key.h"
#include "written.h"

#define ID "0123456789ab"
#define OLD_LINE                                             \
	ID " office admin 00112233445566778899aabbccddeeff " \
	   "1cb66fa6a51716761a0bb12e3d507e3685ca8e61d5edb25d385b60ddf342973a"
#define NAME_OF_64 "0123456789abcdef0123456789ABCDEF0123456789._-def0123456789abcdef"

enum { USAGE = 2, ARGUMENTS_MAX = 2 + 2 * SCOPE_COUNT, NOW_S = 1440938160, TEXT_SIZE = 65536 };

/* One of the two streams of this process, while it goes to a pipe. */
struct captured {
	FILE *stream;
	int kept;
	int end;
	char text[TEXT_SIZE];
};

static struct captured out;
static struct captured err;
static const char *path;

static void set_up(void)
{
	written_set_up();
	path = written_path("keys");
	ck_assert_int_eq(setenv("SHOPD_API_KEYS", path, 1), 0);
}

static void tear_down(void)
{
	unsetenv("SHOPD_API_KEYS");
	written_tear_down();
}

static void capture(struct captured *captured, FILE *stream)
{
	int ends[2];

	fflush(stream);
	ck_assert_int_eq(pipe(ends), 0);
	captured->stream = stream;
	captured->kept = dup(fileno(stream));
	captured->end = ends[0];
	ck_assert_int_eq(dup2(ends[1], fileno(stream)), fileno(stream));
	close(ends[1]);
}

static void release(struct captured *captured)
{
	ssize_t len;

	fflush(captured->stream);
	dup2(captured->kept, fileno(captured->stream));
	close(captured->kept);
	len = read(captured->end, captured->text, sizeof(captured->text) - 1);
	captured->text[len > 0 ? len : 0] = '\0';
	close(captured->end);
}

/* Runs the command with these words, NULL behind the last one, and returns its exit status. */
static int run(const char *const words[])
{
	char *arguments[ARGUMENTS_MAX + 1] = {0};
	int status;

	for (size_t i = 0; i < ARGUMENTS_MAX && words[i]; i++)
		arguments[i] = (char *)(uintptr_t)words[i];
	capture(&out, stdout);
	capture(&err, stderr);
	status = command_new_api_key(arguments);
	release(&err);
	release(&out);
	return status;
}

static int run_once(void)
{
	static const char *const words[] = {"depot", "--scope", "stock:write", NULL};

	return run(words);
}

static const char *text_of(const char *file)
{
	static char text[TEXT_SIZE];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	ck_assert_int_ge(fd, 0);
	len = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(len, 0);
	close(fd);
	text[len] = '\0';
	return text;
}

static size_t lines_in(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void assert_says(const char *what)
{
	ck_assert_msg(strstr(err.text, what) != NULL, "not '%s' but: %s", what, err.text);
	ck_assert_str_eq(out.text, "");
}

/* The key that was printed is one of the file's, and has this name and these scopes. */
static void assert_is_good(const char *name, scope_set scopes)
{
	char why[API_KEY_WHY_SIZE];
	struct api_keys *keys = api_keys_read(path, NULL, why);
	struct digest *digest = digest_new();
	struct api_key_owner owner = {0};

	ck_assert_msg(keys != NULL, "%s", keys ? "" : why);
	ck_assert_uint_eq(strlen(out.text), API_KEY_SIZE); /* a line's end for the NUL */
	ck_assert_uint_eq(lines_in(out.text), 1);
	out.text[API_KEY_SIZE - 1] = '\0';
	ck_assert(api_keys_check(keys, digest, out.text, NOW_S, &owner));
	ck_assert_str_eq(owner.name, name);
	ck_assert_uint_eq(owner.scopes, scopes);
	digest_free(digest);
	api_keys_release(keys);
}

/* ---- what is asked for ---- */

START_TEST(what_makes_no_sense_is_told_and_makes_nothing)
{
	static const struct {
		const char *words[5];
		const char *why;
	} cases[] = {
		{{NULL}, "a key has a name of 1 to 64 letters, digits, _ . or -"},
		{{"", "--scope", "admin"}, "a key has a name"},
		{{"a b", "--scope", "admin"}, "a key has a name"},
		{{"a/b", "--scope", "admin"}, "a key has a name"},
		{{"\xc3\xa4", "--scope", "admin"}, "a key has a name"},
		{{"a\n", "--scope", "admin"}, "a key has a name"},
		{{NAME_OF_64 "x", "--scope", "admin"}, "a key has a name"},
		{{"--scope", "admin"}, "this means nothing here: admin"},
		{{"a"}, "a key needs a scope"},
		{{"a", "admin"}, "this means nothing here: admin"},
		{{"a", "--scope"}, "there is no such scope: (none)"},
		{{"a", "--scope", ""}, "there is no such scope: \n"},
		{{"a", "--scope", "admins"}, "there is no such scope: admins"},
		{{"a", "--scope", "Admin"}, "there is no such scope: Admin"},
		{{"a", "--scope", "stock:read,stock:write"}, "there is no such scope: stock:read,"},
		{{"a", "--scope=admin"}, "this means nothing here: --scope=admin"},
		{{"a", "--scope", "admin", "b"}, "this means nothing here: b"},
		{{"a", "--scope", "admin", "--scope"}, "there is no such scope: (none)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].words), USAGE);
		assert_says(cases[i].why);
		assert_says("\nusage: shopd --new-api-key NAME --scope SCOPE");
		assert_says("\nscopes: admin product:read ");
		ck_assert_int_ne(access(path, F_OK), 0);
	}
}
END_TEST

START_TEST(without_a_file_there_is_nowhere_to_put_it)
{
	setenv("SHOPD_API_KEYS", "", 1);
	ck_assert_int_eq(run_once(), USAGE);
	assert_says("SHOPD_API_KEYS must name the file of keys");
	unsetenv("SHOPD_API_KEYS");
	ck_assert_int_eq(run_once(), USAGE);
	assert_says("SHOPD_API_KEYS must name the file of keys");
}
END_TEST

START_TEST(names_and_scopes_are_as_asked_for)
{
	static const struct {
		const char *words[6];
		scope_set scopes;
	} cases[] = {
		{{"a", "--scope", "admin"}, UINT64_C(1) << SCOPE_ADMIN},
		{{NAME_OF_64, "--scope", "stock:read"}, UINT64_C(1) << SCOPE_STOCK_READ},
		{{"-", "--scope", "cart:read", "--scope", "order:write"},
		 UINT64_C(1) << SCOPE_CART_READ | UINT64_C(1) << SCOPE_ORDER_WRITE},
		{{"a.b_c-D9", "--scope", "order:write", "--scope", "order:write"},
		 UINT64_C(1) << SCOPE_ORDER_WRITE},
		{{"--scope", "--scope", "delivery:write"}, UINT64_C(1) << SCOPE_DELIVERY_WRITE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].words), EXIT_SUCCESS);
		assert_is_good(cases[i].words[0], cases[i].scopes);
		ck_assert_uint_eq(lines_in(text_of(path)), i + 1);
	}
}
END_TEST

START_TEST(the_longest_line_is_taken)
{
	const char *words[ARGUMENTS_MAX] = {NAME_OF_64};

	for (size_t i = 0; i < SCOPE_COUNT; i++) {
		words[1 + 2 * i] = "--scope";
		words[2 + 2 * i] = scope_names[i];
	}
	ck_assert_int_eq(run(words), EXIT_SUCCESS);
	assert_is_good(NAME_OF_64, (UINT64_C(1) << SCOPE_COUNT) - 1);
}
END_TEST

/* ---- what is kept ---- */

START_TEST(a_new_file_is_the_owners_alone_and_has_one_line_without_the_key)
{
	struct stat facts;
	mode_t mask = umask(0);

	ck_assert_int_eq(run_once(), EXIT_SUCCESS);
	umask(mask);
	assert_is_good("depot", scope_bit(SCOPE_STOCK_WRITE));
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0600);
	ck_assert_uint_eq(lines_in(text_of(path)), 1);
	ck_assert_ptr_null(strstr(text_of(path), out.text + API_KEY_SIZE - 1 - API_KEY_SECRET_LEN));
	ck_assert_ptr_null(strstr(err.text, out.text + API_KEY_SIZE - 1 - API_KEY_SECRET_LEN));
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_ptr_nonnull(strstr(err.text, "SIGHUP"));
}
END_TEST

START_TEST(what_is_in_the_file_stays_and_the_line_comes_behind_it)
{
	static const struct {
		const char *before;
		const char *kept;
	} cases[] = {
		{"", ""},
		{"\n", "\n"},
		{"# ours", "# ours\n"},
		{"# ours\n", "# ours\n"},
		{OLD_LINE, OLD_LINE "\n"},
		{OLD_LINE "\n", OLD_LINE "\n"},
		{OLD_LINE "\n\n", OLD_LINE "\n\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].kept);
		const char *text;

		written("keys", cases[i].before);
		ck_assert_int_eq(run_once(), EXIT_SUCCESS);
		text = text_of(path);
		ck_assert_msg(strncmp(text, cases[i].kept, len) == 0, "%s", text);
		ck_assert_uint_eq(lines_in(text + len), 1);
		ck_assert_int_eq(text[strlen(text) - 1], '\n');
		assert_is_good("depot", scope_bit(SCOPE_STOCK_WRITE));
	}
}
END_TEST

START_TEST(the_files_mode_is_its_owners_business)
{
	struct stat facts;

	written("keys", OLD_LINE);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(run_once(), EXIT_SUCCESS);
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0640);
}
END_TEST

START_TEST(keys_of_one_name_are_several_and_all_are_good)
{
	char first[API_KEY_SIZE + 1];

	ck_assert_int_eq(run_once(), EXIT_SUCCESS);
	memcpy(first, out.text, sizeof(first));
	ck_assert_int_eq(run_once(), EXIT_SUCCESS);
	ck_assert_str_ne(first, out.text);
	assert_is_good("depot", scope_bit(SCOPE_STOCK_WRITE));
	memcpy(out.text, first, sizeof(first));
	assert_is_good("depot", scope_bit(SCOPE_STOCK_WRITE));
	ck_assert_uint_eq(lines_in(text_of(path)), 2);
}
END_TEST

/* ---- what fails ---- */

START_TEST(a_file_that_cannot_be_opened_is_told)
{
	static const struct {
		const char *path;
		const char *why;
	} cases[] = {
		{"/nowhere/keys", "shopd: /nowhere/keys: No such file or directory"},
		{"/", "shopd: /: Is a directory"},
		{"/dev/null/keys", "shopd: /dev/null/keys: Not a directory"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("SHOPD_API_KEYS", cases[i].path, 1);
		ck_assert_int_eq(run_once(), EXIT_FAILURE);
		assert_says(cases[i].why);
	}
}
END_TEST

/* Lets no file become longer, as on a disk that is full. */
static void limit_files(rlim_t len)
{
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){len, RLIM_INFINITY}), 0);
}

START_TEST(a_line_that_has_no_room_leaves_nothing_behind)
{
	static const struct {
		const char *text;
		size_t room;
	} cases[] = {
		{"", 0},        {"", 10},           {OLD_LINE, 0},       {OLD_LINE, 1},
		{OLD_LINE, 10}, {OLD_LINE "\n", 0}, {OLD_LINE "\n", 10}, {OLD_LINE "\n", 100},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		written("keys", cases[i].text);
		limit_files(strlen(cases[i].text) + cases[i].room);
		ck_assert_int_eq(run_once(), EXIT_FAILURE);
		limit_files(RLIM_INFINITY);
		assert_says(": File too large\n");
		assert_says(path);
		ck_assert_str_eq(text_of(path), cases[i].text);
	}
}
END_TEST

/* The writing end of a pipe whose reader has gone. */
static int broken_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	return ends[1];
}

static void show_in(int fd, const char *complaint)
{
	char *arguments[] = {"depot", "--scope", "stock:write", NULL};
	int status;

	capture(&err, stderr);
	capture(&out, stdout);
	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
	status = command_new_api_key(arguments);
	__fpurge(stdout);
	release(&out);
	release(&err);
	ck_assert_int_eq(status, EXIT_FAILURE);
	assert_says(complaint);
	ck_assert_str_eq(text_of(path), "");
}

START_TEST(a_key_that_nobody_sees_is_not_silently_made)
{
	show_in(open("/dev/full", O_WRONLY | O_CLOEXEC),
		"cannot show the key: No space left on device");
	show_in(broken_pipe(), "cannot show the key: Broken pipe");
}
END_TEST

START_TEST(a_file_that_shopd_would_not_take_gets_no_key)
{
	written("keys", "nonsense\n");
	ck_assert_int_eq(run_once(), EXIT_FAILURE);
	assert_says(": line 1: there are fewer than five words");
	assert_says(path);
	ck_assert_str_eq(text_of(path), "nonsense\n");
}
END_TEST

static void write_keys(unsigned count)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	for (unsigned i = 0; i < count; i++)
		fprintf(file, "%012x%s\n", i, &OLD_LINE[API_KEY_ID_LEN]);
	fclose(file);
}

START_TEST(a_full_file_gets_no_key)
{
	write_keys(API_KEYS_MAX - 1);
	ck_assert_int_eq(run_once(), EXIT_SUCCESS);
	assert_is_good("depot", scope_bit(SCOPE_STOCK_WRITE));
	ck_assert_int_eq(run_once(), EXIT_FAILURE);
	assert_says(": line 257: there are more than 256 keys");
	ck_assert_uint_eq(lines_in(text_of(path)), API_KEYS_MAX);
}
END_TEST

static void make_one(void *context)
{
	int status;

	(void)context;
	written("keys", OLD_LINE "\n");
	status = run_once();
	ck_assert_int_eq(status, alloc_has_failed() ? EXIT_FAILURE : EXIT_SUCCESS);
	ck_assert_uint_eq(lines_in(text_of(path)), alloc_has_failed() ? 1 : 2);
	if (alloc_has_failed())
		assert_says(" memory\n");
}

START_TEST(without_memory_there_is_no_key)
{
	alloc_fail_each(make_one, NULL);
}
END_TEST

Suite *key_command_suite(void)
{
	Suite *suite = suite_create("key_command");
	TCase *tests = tcase_create("key_command");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, what_makes_no_sense_is_told_and_makes_nothing);
	tcase_add_test(tests, without_a_file_there_is_nowhere_to_put_it);
	tcase_add_test(tests, names_and_scopes_are_as_asked_for);
	tcase_add_test(tests, the_longest_line_is_taken);
	tcase_add_test(tests, a_new_file_is_the_owners_alone_and_has_one_line_without_the_key);
	tcase_add_test(tests, what_is_in_the_file_stays_and_the_line_comes_behind_it);
	tcase_add_test(tests, the_files_mode_is_its_owners_business);
	tcase_add_test(tests, keys_of_one_name_are_several_and_all_are_good);
	tcase_add_test(tests, a_file_that_cannot_be_opened_is_told);
	tcase_add_test(tests, a_line_that_has_no_room_leaves_nothing_behind);
	tcase_add_test(tests, a_key_that_nobody_sees_is_not_silently_made);
	tcase_add_test(tests, a_file_that_shopd_would_not_take_gets_no_key);
	tcase_add_test(tests, a_full_file_gets_no_key);
	tcase_add_test(tests, without_memory_there_is_no_key);
	suite_add_tcase(suite, tests);
	return suite;
}
