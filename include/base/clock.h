/*
 * Time as an argument: whoever needs it is given a clock, so that tests can give another one.
 */
#ifndef SHOPD_BASE_CLOCK_H
#define SHOPD_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
	/* Microseconds since some fixed point; never goes back. */
	uint64_t (*monotonic_us)(void *context);
	/* Milliseconds since 1970-01-01T00:00:00Z; may jump when the system's clock is set. */
	int64_t (*wall_ms)(void *context);
	void *context;
};

/* The machine's own clocks. Never freed. */
const struct clock *clock_system(void);

uint64_t clock_monotonic_us(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);

enum { CLOCK_RFC3339_SIZE = 25, CLOCK_AMZ_SIZE = 17 };

/* "2026-11-24T01:02:03.004Z" and a NUL. Times outside the years 0 to 9999 are clamped. */
void clock_format_rfc3339(int64_t wall_ms, char text[static CLOCK_RFC3339_SIZE]);

/* "20261124T010203Z" and a NUL: the form of x-amz-date. */
void clock_format_amz(int64_t wall_ms, char text[static CLOCK_AMZ_SIZE]);

/* An HTTP Date header in its one current form (RFC 9110, 5.6.7: IMF-fixdate). */
bool clock_parse_http_date(const char *text, size_t len, int64_t *wall_ms);

/* RFC 3339 in UTC with a "Z": "2026-11-24T01:02:03Z", with or without a fraction. */
bool clock_parse_rfc3339(const char *text, size_t len, int64_t *wall_ms);

/* The same with whatever offset RFC 3339 allows: "2026-11-24T02:02:03.5+01:00", or a "Z". */
bool clock_parse_rfc3339_anywhere(const char *text, size_t len, int64_t *wall_ms);

#endif
