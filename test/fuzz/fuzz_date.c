/*
 * The Date of an answer, as the parser of answers finds it: whatever it says, the clock that goes
 * by it agrees with it afterwards, and with the next one after that.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/service_clock.h"
#include "base/log.h"
#include "io/http_answer.h"

enum { VALUE_MAX = 128 };

static const int64_t now_ms = 1440938160123; /* 2015-08-30T12:36:00.123Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t monotonic_us(void *context)
{
	(void)context;
	return 1000000;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return now_ms;
}

static const struct clock machine = {.monotonic_us = monotonic_us, .wall_ms = wall_ms};

static bool read_date(const uint8_t *data, size_t size, int64_t *date_ms)
{
	struct http_answer answer;
	struct buf head;
	bool has_date;

	buf_init(&head, VALUE_MAX + 64);
	buf_add_str(&head, "HTTP/1.1 200 OK\r\nDate: ");
	buf_add(&head, data, size);
	buf_add_str(&head, "\r\nContent-Length: 0\r\n\r\n");
	http_answer_init(&answer, 16);
	http_answer_add(&answer, head.data, head.len);
	has_date = answer.state == HTTP_ANSWER_DONE && answer.has_date;
	*date_ms = answer.date_ms;
	http_answer_clear(&answer);
	buf_clear(&head);
	return has_date;
}

static void check(const struct service_clock *clock, int64_t date_ms)
{
	int64_t late_ms = clock_wall_ms(&clock->clock) - date_ms;

	/* The date is in whole seconds, and a second's difference is let be. */
	if (late_ms < -SERVICE_CLOCK_TOLERANCE_MS || late_ms > 1000 + SERVICE_CLOCK_TOLERANCE_MS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct service_clock clock;
	int64_t date_ms;

	log_set_level(LOG_ERROR);
	if (size > VALUE_MAX || !read_date(data, size, &date_ms))
		return 0;
	if (date_ms % 1000 != 0)
		abort();
	service_clock_init(&clock, &machine);
	service_clock_note(&clock, date_ms, 0);
	check(&clock, date_ms);
	service_clock_note(&clock, now_ms - now_ms % 1000, 0);
	check(&clock, now_ms - now_ms % 1000);
	if (clock.offset_ms != 0)
		abort();
	return 0;
}
