/*
 * Lines are written in place, at the end of the thread's buffer; there is always room for a
 * longest one, since log_write flushes first when there is not. A line that does not fit is
 * written again with a smaller limit for each field's text, and at last without the fields that do
 * not fit even so; then it ends in a mark that says so.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

enum { LINE_BYTES = 16 * 1024, BUFFER_BYTES = 2 * LINE_BYTES };

struct thread_log {
	size_t len;
	bool is_torn; /* the last thing that was written is a part of a line */
	int64_t stamp_ms;
	char stamp[CLOCK_RFC3339_SIZE]; /* "" before the first line */
	char bytes[BUFFER_BYTES];
};

static _Thread_local struct thread_log mine;

static _Atomic enum log_level least_level = LOG_INFO;
static _Atomic enum log_format line_format = LOG_JSON;
static _Atomic uint64_t lost_lines;

void log_configure(enum log_level level, enum log_format format)
{
	log_set_level(level);
	atomic_store_explicit(&line_format, format, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&least_level, level, memory_order_relaxed);
}

bool log_is_on(enum log_level level)
{
	return level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

uint64_t log_lost(void)
{
	return atomic_load_explicit(&lost_lines, memory_order_relaxed);
}

/* A line that is being written: its place, how, and how long each text may become. */
struct line {
	struct buf *out;
	enum log_format format;
	size_t limit;
};

static void add_quoted(const struct line *line, struct span text)
{
	buf_add_char(line->out, '"');
	buf_add_escaped(line->out, text.data, text.len, line->limit);
	buf_add_char(line->out, '"');
}

/* A word that nobody can mistake for anything else. */
static bool is_bare_word(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return text.len > 0;
}

/* The text format has quotes only where it needs them. */
static void add_text(const struct line *line, struct span text)
{
	if (line->format == LOG_TEXT && text.len <= line->limit && is_bare_word(text))
		buf_add(line->out, text.data, text.len);
	else
		add_quoted(line, text);
}

static void add_number(struct buf *out, int64_t number)
{
	/* Negated as an unsigned number: the smallest has no positive counterpart. */
	uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	if (number < 0)
		buf_add_char(out, '-');
	buf_add_u64(out, magnitude);
}

/* Thousandths: -1234 is "-1.234". */
static void add_millis(struct buf *out, int64_t number)
{
	uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	unsigned rest = (unsigned)(magnitude % 1000);

	if (number < 0)
		buf_add_char(out, '-');
	buf_add_u64(out, magnitude / 1000);
	buf_add_char(out, '.');
	buf_add_char(out, (char)('0' + rest / 100));
	buf_add_char(out, (char)('0' + rest / 10 % 10));
	buf_add_char(out, (char)('0' + rest % 10));
}

static void add_value(const struct line *line, const struct log_field *field)
{
	switch (field->kind) {
	case LOG_STRING:
		add_text(line, span_of(field->text));
		break;
	case LOG_BYTES:
		add_text(line, (struct span){field->text, field->len});
		break;
	case LOG_NUMBER:
		add_number(line->out, field->number);
		break;
	case LOG_MILLIS:
		add_millis(line->out, field->number);
		break;
	case LOG_END:
		break;
	}
}

static void add_field(const struct line *line, const struct log_field *field)
{
	buf_add_str(line->out, line->format == LOG_JSON ? ",\"" : " ");
	buf_add(line->out, field->name, field->name_len);
	buf_add_str(line->out, line->format == LOG_JSON ? "\":" : "=");
	add_value(line, field);
}

/*
 * The time as text. Formatting it costs as much as a short line, so it is done once a millisecond.
 */
static const char *stamp(void)
{
	int64_t now = clock_wall_ms(clock_system());

	if (now != mine.stamp_ms || !mine.stamp[0]) {
		clock_format_rfc3339(now, mine.stamp);
		mine.stamp_ms = now;
	}
	return mine.stamp;
}

static void add_head(const struct line *line, enum log_level level, const char *message)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};
	bool is_json = line->format == LOG_JSON;

	assert((size_t)level < sizeof(levels) / sizeof(levels[0]));
	buf_add_str(line->out, is_json ? "{\"time\":\"" : "");
	buf_add_str(line->out, stamp());
	buf_add_str(line->out, is_json ? "\",\"level\":\"" : " ");
	buf_add_str(line->out, levels[level]);
	buf_add_str(line->out, is_json ? "\",\"msg\":" : " ");
	if (is_json)
		add_quoted(line, span_of(message));
	else
		buf_add_escaped(line->out, message, strlen(message), line->limit);
}

/* All but the line's end. Fields from the first one on that does not fit are left out: false. */
static bool add_line(const struct line *line, enum log_level level, const char *message,
		     const struct log_field *fields)
{
	size_t whole;

	add_head(line, level, message);
	whole = line->out->len;
	for (; fields->kind != LOG_END; fields++) {
		if (!fields->text)
			continue;
		add_field(line, fields);
		if (!buf_ok(line->out)) {
			buf_truncate(line->out, whole);
			return false;
		}
		whole = line->out->len;
	}
	return buf_ok(line->out);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
	static const size_t limits[] = {LINE_BYTES, 1024, 64};
	enum log_format format = atomic_load_explicit(&line_format, memory_order_relaxed);
	const char *end = format == LOG_JSON ? "}\n" : "\n";
	const char *cut_end = format == LOG_JSON ? ",\"truncated\":true}\n" : " truncated=true\n";
	bool is_whole = false;
	struct buf out;

	if (!log_is_on(level))
		return;
	if (mine.len > BUFFER_BYTES - LINE_BYTES)
		log_flush();
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !is_whole; i++) {
		if (i > 0)
			end = cut_end;
		buf_init_over(&out, mine.bytes + mine.len, LINE_BYTES - strlen(end));
		is_whole =
			add_line(&(struct line){&out, format, limits[i]}, level, message, fields);
	}
	memcpy(out.data + out.len, end, strlen(end));
	mine.len += out.len + strlen(end);
	if (level >= LOG_WARNING)
		log_flush();
}

/* Writes what can be written; returns how much that was. */
static size_t write_bytes(const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t count = write(STDERR_FILENO, bytes + done, len - done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	return done;
}

static void count_lost(const char *bytes, size_t len)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	if (lines > 0)
		atomic_fetch_add_explicit(&lost_lines, lines, memory_order_relaxed);
}

/* Whole lines: those that were not written entirely are lost. */
static void write_lines(const char *bytes, size_t len)
{
	size_t done = 0;

	/* A line that the descriptor took only half of must not swallow the next one. */
	if (mine.is_torn)
		mine.is_torn = write_bytes("\n", 1) == 0;
	if (!mine.is_torn)
		done = write_bytes(bytes, len);
	if (done > 0)
		mine.is_torn = bytes[done - 1] != '\n';
	count_lost(bytes + done, len - done);
}

/*
 * A pipe keeps PIPE_BUF bytes together when several threads write; a file keeps any number
 * together.
 */
static size_t chunk_limit(size_t len)
{
	struct stat file;

	if (len > PIPE_BUF && fstat(STDERR_FILENO, &file) == 0 && S_ISREG(file.st_mode))
		return len;
	return PIPE_BUF;
}

/* How many bytes of whole lines to write at once: as many as are kept together, or one line. */
static size_t chunk_len(const char *bytes, size_t len, size_t limit)
{
	size_t chunk = 0;

	while (chunk < len) {
		const char *newline = memchr(bytes + chunk, '\n', len - chunk);
		size_t next = newline ? (size_t)(newline - bytes) + 1 : len;

		if (chunk > 0 && next > limit)
			break;
		chunk = next;
	}
	return chunk;
}

void log_flush(void)
{
	int saved = errno;
	size_t limit = chunk_limit(mine.len);
	size_t done = 0;

	while (done < mine.len) {
		size_t len = chunk_len(mine.bytes + done, mine.len - done, limit);

		write_lines(mine.bytes + done, len);
		done += len;
	}
	mine.len = 0;
	errno = saved;
}
