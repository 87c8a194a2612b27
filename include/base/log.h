/*
 * The log: one line each for a person or a program, on standard error.
 *
 * In JSON (the default): {"time":…,"level":…,"msg":…, …fields}. As text: the same,
 * space-separated. Whatever a field holds, a line stays one line: control characters and broken
 * UTF-8 are escaped. Lines of one thread are collected and written together at log_flush (the
 * event loop does it before it waits) in pieces of whole lines that are small enough for pipes to
 * keep together.
 *
 * A line has at most 16 KiB. Of a longer one the long texts are cut, and it ends in a field
 * "truncated" that is true.
 *
 * Never pass a secret. The level and the format are the program's only globals.
 */
#ifndef SHOPD_BASE_LOG_H
#define SHOPD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };

void log_configure(enum log_level level, enum log_format format);
/* May be called at any time by any thread. */
void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

enum log_kind { LOG_END, LOG_STRING, LOG_BYTES, LOG_NUMBER, LOG_MILLIS };

/* One field. Build it with the macros below. */
struct log_field {
	enum log_kind kind;
	const char *name;
	const char *text; /* NULL: the field is left out */
	size_t len;
	int64_t number;
	size_t name_len;
};

#define LOG_F_STR(key, value) ((struct log_field){LOG_STRING, (key), (value), 0, 0, strlen(key)})
#define LOG_F_BYTES(key, value, length) \
	((struct log_field){LOG_BYTES, (key), (value), (length), 0, strlen(key)})
#define LOG_F_NUM(key, value) \
	((struct log_field){LOG_NUMBER, (key), "", 0, (int64_t)(value), strlen(key)})
/* Microseconds, written as milliseconds with three decimals. */
#define LOG_F_MS(key, microseconds) \
	((struct log_field){LOG_MILLIS, (key), "", 0, (int64_t)(microseconds), strlen(key)})

#define LOG_F_END ((struct log_field){LOG_END, NULL, NULL, 0, 0, 0})

/*
 * log_event(LOG_INFO, "table ready", LOG_F_STR("table", name), LOG_F_NUM("shards", 4));
 *
 * The message is passed on among the variable arguments, so that there is always one of them: C17
 * asks for that.
 */
#define log_event(level, ...) LOG_EVENT_WITH_END(level, __VA_ARGS__, LOG_F_END)
#define LOG_EVENT_WITH_END(level, message, ...) \
	log_write((level), (message), (const struct log_field[]){__VA_ARGS__})

/* `fields` ends with LOG_F_END. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

/* Writes what this thread has collected. Errors of the descriptor are counted, not reported. */
void log_flush(void);

/* Lines that could not be written since the start (disk full, reader gone). */
uint64_t log_lost(void);

#endif
