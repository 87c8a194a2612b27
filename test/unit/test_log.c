/* Standard error is a file, a pipe or a full device here: nothing else may be printed meanwhile. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int real_stderr;
static int file;
static char written[200000];

static void redirect(int fd)
{
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static void set_up(void)
{
	real_stderr = dup(STDERR_FILENO);
	file = memfd_create("log", 0);
	redirect(file);
	log_configure(LOG_INFO, LOG_JSON);
}

static void tear_down(void)
{
	redirect(real_stderr);
	close(file);
	close(real_stderr);
}

/* What the log has written so far. */
static const char *output(void)
{
	ssize_t len;

	log_flush();
	len = pread(file, written, sizeof(written) - 1, 0);
	ck_assert_int_ge(len, 0);
	written[len] = '\0';
	return written;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* The only line, which must be a JSON object. New. */
static json_t *only_line(void)
{
	json_error_t error;
	json_t *line = json_loads(output(), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	ck_assert_msg(line != NULL, "%s: %s", error.text, written);
	ck_assert_uint_eq(count_lines(written), 1);
	return line;
}

static const char *member(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

START_TEST(a_line_is_json_with_time_level_message_and_fields)
{
	json_t *line;

	log_event(LOG_INFO, "table ready", LOG_F_STR("table", "shop"), LOG_F_NUM("shards", 4),
		  LOG_F_NUM("least", INT64_MIN), LOG_F_MS("took", 12034), LOG_F_MS("back", -1),
		  LOG_F_BYTES("some", "abcdef", 3));
	line = only_line();
	ck_assert_uint_eq(strlen(member(line, "time")), 24);
	ck_assert_str_eq(member(line, "level"), "info");
	ck_assert_str_eq(member(line, "msg"), "table ready");
	ck_assert_str_eq(member(line, "table"), "shop");
	ck_assert_str_eq(member(line, "some"), "abc");
	ck_assert_int_eq(json_integer_value(json_object_get(line, "shards")), 4);
	ck_assert_ptr_nonnull(strstr(written, "\"least\":-9223372036854775808,"));
	ck_assert_ptr_nonnull(strstr(written, "\"took\":12.034,\"back\":-0.001,"));
	json_decref(line);
}
END_TEST

START_TEST(a_line_needs_no_fields)
{
	log_event(LOG_INFO, "ready");
	ck_assert_ptr_nonnull(strstr(output(), "\"level\":\"info\",\"msg\":\"ready\"}\n"));
}
END_TEST

START_TEST(fields_without_a_text_are_left_out)
{
	log_event(LOG_INFO, "x", LOG_F_STR("a", NULL), LOG_F_BYTES("b", NULL, 5),
		  LOG_F_STR("c", ""));
	ck_assert_ptr_nonnull(strstr(output(), "\"msg\":\"x\",\"c\":\"\"}\n"));
}
END_TEST

START_TEST(levels_below_the_chosen_one_are_not_written)
{
	log_event(LOG_DEBUG, "no");
	log_set_level(LOG_ERROR);
	log_event(LOG_WARNING, "no");
	ck_assert(!log_is_on(LOG_WARNING));
	ck_assert(log_is_on(LOG_ERROR));
	log_event(LOG_ERROR, "yes");
	ck_assert_uint_eq(count_lines(output()), 1);
	log_set_level(LOG_DEBUG);
	log_event(LOG_DEBUG, "yes");
	ck_assert_uint_eq(count_lines(output()), 2);
	ck_assert_ptr_null(strstr(written, "no"));
}
END_TEST

START_TEST(hostile_texts_stay_within_their_line)
{
	static const char hostile[] =
		"\",\"level\":\"error\n{\"\r\x1b[2J\x80\xff\xe2\x80\xa8\x7f\\";
	json_t *line;

	log_event(LOG_INFO, "x\n\"y", LOG_F_BYTES("path", hostile, sizeof(hostile)));
	line = only_line();
	ck_assert_str_eq(member(line, "level"), "info");
	ck_assert_ptr_null(strchr(written, '\r'));
	ck_assert_ptr_null(strchr(written, '\x1b'));
	ck_assert_ptr_nonnull(
		strstr(written, "\\u001b[2J\\ufffd\\ufffd\\u2028\\u007f\\\\\\u0000\""));
	json_decref(line);
}
END_TEST

START_TEST(text_lines_quote_only_what_needs_it)
{
	const char *behind_time;

	log_configure(LOG_INFO, LOG_TEXT);
	log_event(LOG_WARNING, "slow answer", LOG_F_STR("path", "/product"), LOG_F_STR("a", "b c"),
		  LOG_F_STR("e", ""), LOG_F_STR("f", "x=y"), LOG_F_STR("g", "\n"),
		  LOG_F_STR("h", "\xc3\xa9"), LOG_F_STR("i", NULL), LOG_F_NUM("n", 5),
		  LOG_F_MS("ms", 1500));
	behind_time = output() + strlen("2026-11-24T01:02:03.004Z");
	ck_assert_str_eq(behind_time,
			 " warning slow answer path=/product a=\"b c\" e=\"\" f=\"x=y\""
			 " g=\"\\n\" h=\"\xc3\xa9\" n=5 ms=1.500\n");
}
END_TEST

START_TEST(less_important_lines_wait_for_the_flush)
{
	log_event(LOG_INFO, "one");
	log_event(LOG_INFO, "two");
	ck_assert_int_eq(lseek(file, 0, SEEK_END), 0);
	log_event(LOG_WARNING, "three");
	ck_assert_int_gt(lseek(file, 0, SEEK_END), 0);
	ck_assert_uint_eq(count_lines(output()), 3);
}
END_TEST

START_TEST(a_long_line_gets_its_long_fields_cut)
{
	char *large = malloc(100001);
	json_t *line;

	memset(large, 'x', 100000);
	large[100000] = '\0';
	log_event(LOG_INFO, "long", LOG_F_STR("first", large), LOG_F_STR("short", "kept whole"),
		  LOG_F_STR("last", large));
	line = only_line();
	ck_assert_uint_le(strlen(written), 16384);
	ck_assert_str_eq(member(line, "short"), "kept whole");
	ck_assert_uint_gt(strlen(member(line, "first")), 500);
	ck_assert_str_eq(member(line, "last") + strlen(member(line, "last")) - 4, "x…");
	ck_assert(json_is_true(json_object_get(line, "truncated")));
	json_decref(line);
	free(large);
}
END_TEST

START_TEST(a_line_of_exactly_the_longest_length_is_kept_whole)
{
	for (size_t len = 16384 - 200; len < 16384; len++) {
		char *large = malloc(len + 1);
		const char *tail;

		memset(large, 'x', len);
		large[len] = '\0';
		ck_assert_int_eq(ftruncate(file, 0), 0);
		lseek(file, 0, SEEK_SET);
		log_event(LOG_INFO, "m", LOG_F_STR("f", large));
		output();
		ck_assert_uint_le(strlen(written), 16384);
		tail = strstr(written, large) ? strstr(written, "x\"}\n")
					      : strstr(written, "x…\",\"truncated\":true}\n");
		ck_assert_ptr_nonnull(tail);
		free(large);
	}
}
END_TEST

START_TEST(fields_that_do_not_even_fit_when_they_are_cut_are_left_out)
{
	struct log_field fields[401];
	char large[2000];
	json_t *line;

	memset(large, '\n', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	for (size_t i = 0; i < 400; i++) {
		char *name = malloc(8);

		snprintf(name, 8, "f%zu", i);
		fields[i] = LOG_F_STR(name, large);
	}
	fields[400] = LOG_F_END;
	log_write(LOG_INFO, large, fields);
	line = only_line();
	ck_assert_uint_le(strlen(written), 16384);
	ck_assert_uint_gt(json_object_size(line), 100);
	ck_assert_uint_lt(json_object_size(line), 403);
	json_decref(line);
	for (size_t i = 0; i < 400; i++)
		free((void *)(uintptr_t)fields[i].name);
}
END_TEST

START_TEST(many_lines_are_written_before_the_buffer_is_full)
{
	for (int i = 0; i < 1000; i++)
		log_event(LOG_INFO, "line", LOG_F_NUM("i", i));
	ck_assert_uint_eq(count_lines(output()), 1000);
	ck_assert_ptr_nonnull(strstr(written, "\"i\":999}\n"));
	ck_assert_uint_eq(log_lost(), 0);
}
END_TEST

START_TEST(writes_are_whole_lines_that_a_pipe_keeps_together)
{
	char chunk[65536];
	int ends[2];
	ssize_t len;

	/* In packet mode each read gives what one write wrote. */
	ck_assert_int_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	redirect(ends[1]);
	for (int i = 0; i < 200; i++)
		log_event(LOG_INFO, "line", LOG_F_NUM("i", i));
	log_flush();
	for (len = read(ends[0], chunk, sizeof(chunk)); len > 0;
	     len = read(ends[0], chunk, sizeof(chunk))) {
		ck_assert_int_le(len, PIPE_BUF);
		ck_assert_int_eq(chunk[len - 1], '\n');
		ck_assert_int_eq(chunk[0], '{');
	}
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_file_has_all_lines_whoever_else_writes)
{
	char name[] = "/tmp/test_log_XXXXXX";
	int plain = mkstemp(name);
	struct stat status;

	ck_assert_int_ge(plain, 0);
	unlink(name);
	redirect(plain);
	for (int i = 0; i < 200; i++)
		log_event(LOG_INFO, "line", LOG_F_NUM("i", i));
	log_flush();
	ck_assert_int_eq(fstat(plain, &status), 0);
	ck_assert_int_gt(status.st_size, PIPE_BUF);
	ck_assert_uint_eq(log_lost(), 0);
	close(plain);
}
END_TEST

START_TEST(a_full_disk_costs_lines_but_nothing_else)
{
	int full = open("/dev/full", O_WRONLY);

	redirect(full);
	for (int i = 0; i < 3; i++)
		log_event(LOG_INFO, "lost");
	errno = EDOM;
	log_flush();
	ck_assert_msg(errno == EDOM, "errno is the caller's");
	ck_assert_uint_eq(log_lost(), 3);
	redirect(file);
	log_event(LOG_INFO, "kept");
	ck_assert_uint_eq(count_lines(output()), 1);
	ck_assert_uint_eq(log_lost(), 3);
	close(full);
}
END_TEST

START_TEST(a_reader_that_has_gone_costs_lines_only)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(ends), 0);
	redirect(ends[1]);
	close(ends[0]);
	log_event(LOG_ERROR, "lost");
	ck_assert_uint_eq(log_lost(), 1);
	close(ends[1]);
}
END_TEST

/* Fills a pipe until it takes no byte more. */
static void fill(int fd)
{
	static const char filler[4096];

	while (write(fd, filler, sizeof(filler)) > 0)
		continue;
	while (write(fd, filler, 1) > 0)
		continue;
}

START_TEST(a_full_pipe_does_not_hold_the_thread)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	fill(ends[1]);
	redirect(ends[1]);
	log_event(LOG_ERROR, "lost");
	log_event(LOG_ERROR, "lost");
	ck_assert_uint_eq(log_lost(), 2);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(half_a_line_does_not_swallow_the_next_one)
{
	char large[10001];
	char chunk[65536];
	int ends[2];
	ssize_t len;

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 8192), 0);
	redirect(ends[1]);
	/* More than the pipe takes, and more than it keeps together. */
	log_event(LOG_ERROR, "torn", LOG_F_STR("x", large));
	ck_assert_uint_eq(log_lost(), 1);
	while (read(ends[0], chunk, sizeof(chunk)) > 0)
		continue;
	log_event(LOG_ERROR, "next");
	len = read(ends[0], chunk, sizeof(chunk) - 1);
	ck_assert_int_gt(len, 0);
	ck_assert_msg(chunk[0] == '\n' && chunk[1] == '{' && chunk[len - 1] == '\n', "%.*s",
		      (int)len, chunk);
	ck_assert_uint_eq(log_lost(), 1);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void *log_many(void *name)
{
	for (int i = 0; i < 500; i++) {
		log_event(LOG_INFO, "line", LOG_F_STR("thread", name), LOG_F_NUM("i", i));
		if (i % 10 == 0)
			log_flush();
	}
	log_flush();
	return NULL;
}

START_TEST(threads_do_not_mix_their_lines)
{
	char names[4][2] = {"a", "b", "c", "d"};
	pthread_t threads[4];
	size_t lines = 0;

	fcntl(STDERR_FILENO, F_SETFL, O_APPEND);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	output();
	for (char *at = strtok(written, "\n"); at; at = strtok(NULL, "\n")) {
		json_t *line = json_loads(at, 0, NULL);

		ck_assert_msg(line != NULL, "%s", at);
		json_decref(line);
		lines++;
	}
	ck_assert_uint_eq(lines, 2000);
}
END_TEST

static void add_cases(TCase *cases)
{
	tcase_add_test(cases, a_line_is_json_with_time_level_message_and_fields);
	tcase_add_test(cases, a_line_needs_no_fields);
	tcase_add_test(cases, fields_without_a_text_are_left_out);
	tcase_add_test(cases, levels_below_the_chosen_one_are_not_written);
	tcase_add_test(cases, hostile_texts_stay_within_their_line);
	tcase_add_test(cases, text_lines_quote_only_what_needs_it);
	tcase_add_test(cases, less_important_lines_wait_for_the_flush);
	tcase_add_test(cases, a_long_line_gets_its_long_fields_cut);
	tcase_add_test(cases, a_line_of_exactly_the_longest_length_is_kept_whole);
	tcase_add_test(cases, fields_that_do_not_even_fit_when_they_are_cut_are_left_out);
	tcase_add_test(cases, many_lines_are_written_before_the_buffer_is_full);
	tcase_add_test(cases, writes_are_whole_lines_that_a_pipe_keeps_together);
	tcase_add_test(cases, a_file_has_all_lines_whoever_else_writes);
	tcase_add_test(cases, a_full_disk_costs_lines_but_nothing_else);
	tcase_add_test(cases, a_reader_that_has_gone_costs_lines_only);
	tcase_add_test(cases, a_full_pipe_does_not_hold_the_thread);
	tcase_add_test(cases, half_a_line_does_not_swallow_the_next_one);
	tcase_add_test(cases, threads_do_not_mix_their_lines);
}

Suite *log_suite(void)
{
	Suite *all = suite_create("log");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	add_cases(cases);
	suite_add_tcase(all, cases);
	return all;
}
