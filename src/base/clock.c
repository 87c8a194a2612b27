#include "base/clock.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400 };

static const int64_t first_ms = -62167219200000; /* 0000-01-01T00:00:00.000Z */
static const int64_t last_ms = 253402300799999;  /* 9999-12-31T23:59:59.999Z */

static uint64_t system_monotonic_us(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int64_t system_wall_ms(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

const struct clock *clock_system(void)
{
	static const struct clock machine = {system_monotonic_us, system_wall_ms, NULL};

	return &machine;
}

uint64_t clock_monotonic_us(const struct clock *clock)
{
	return clock->monotonic_us(clock->context);
}

int64_t clock_wall_ms(const struct clock *clock)
{
	return clock->wall_ms(clock->context);
}

struct civil {
	unsigned year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
	unsigned hour;
	unsigned minute;
	unsigned second; /* 60 in a leap second */
	unsigned millis;
};

/*
 * Days since 1970-01-01 and back, after Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms": years begin in March, so that the leap day is the last one, and eras of 400 years
 * (146,097 days) repeat exactly. The C library's gmtime_r is several times slower, and its timegm
 * forgives a 31st of February.
 */
static int64_t days_from_civil(const struct civil *c)
{
	/* 400 years are added and taken off again, so that nothing here is negative. */
	uint64_t year = c->year + 400u - (c->month <= 2);
	uint64_t era = year / 400;
	uint64_t year_of_era = year % 400;
	uint64_t month_from_march = (c->month + 9) % 12;
	uint64_t day_of_year = (153 * month_from_march + 2) / 5 + c->day - 1;
	uint64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int64_t)(era * 146097 + day_of_era) - 146097 - 719468;
}

static void civil_from_days(int64_t days, struct civil *c)
{
	uint64_t shifted = (uint64_t)(days + 719468 + 146097);
	uint64_t day_of_era = shifted % 146097;
	uint64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month_from_march = (5 * day_of_year + 2) / 153;

	c->day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	c->month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	c->year = (unsigned)(year_of_era + shifted / 146097 * 400 - 400 + (c->month <= 2));
}

static struct civil civil_from_ms(int64_t wall_ms)
{
	int64_t ms = wall_ms < first_ms ? first_ms : wall_ms > last_ms ? last_ms : wall_ms;
	/* Counted from the year 0, so that the rests below are not negative. */
	uint64_t since_first = (uint64_t)(ms - first_ms);
	uint64_t seconds = since_first / MS_PER_SECOND;
	uint64_t of_day = seconds % SECONDS_PER_DAY;
	struct civil c = {
		.hour = (unsigned)(of_day / 3600),
		.minute = (unsigned)(of_day / 60 % 60),
		.second = (unsigned)(of_day % 60),
		.millis = (unsigned)(since_first % MS_PER_SECOND),
	};

	civil_from_days((int64_t)(seconds / SECONDS_PER_DAY) +
				first_ms / MS_PER_SECOND / SECONDS_PER_DAY,
			&c);
	return c;
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool civil_is_valid(const struct civil *c)
{
	static const unsigned char month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned days;

	if (c->month < 1 || c->month > 12)
		return false;
	days = month_days[c->month - 1];
	if (c->month == 2 && is_leap(c->year))
		days++;
	if (c->day < 1 || c->day > days || c->hour > 23 || c->minute > 59)
		return false;
	/* A leap second is always the last one of a day. */
	return c->second <= 59 || (c->second == 60 && c->minute == 59 && c->hour == 23);
}

static int64_t civil_to_ms(const struct civil *c)
{
	int64_t seconds = days_from_civil(c) * SECONDS_PER_DAY;

	seconds += (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + (int64_t)c->second;
	return seconds * MS_PER_SECOND + (int64_t)c->millis;
}

/* Writes `width` digits and returns the place behind them. */
static char *put_digits(char *at, unsigned number, int width)
{
	for (int i = width; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + width;
}

static char *put(char *at, unsigned number, int width, char behind)
{
	at = put_digits(at, number, width);
	*at = behind;
	return at + 1;
}

void clock_format_rfc3339(int64_t wall_ms, char text[static CLOCK_RFC3339_SIZE])
{
	struct civil c = civil_from_ms(wall_ms);
	char *at = text;

	at = put(at, c.year, 4, '-');
	at = put(at, c.month, 2, '-');
	at = put(at, c.day, 2, 'T');
	at = put(at, c.hour, 2, ':');
	at = put(at, c.minute, 2, ':');
	at = put(at, c.second, 2, '.');
	at = put(at, c.millis, 3, 'Z');
	*at = '\0';
}

void clock_format_amz(int64_t wall_ms, char text[static CLOCK_AMZ_SIZE])
{
	struct civil c = civil_from_ms(wall_ms);
	char *at = text;

	at = put_digits(at, c.year, 4);
	at = put_digits(at, c.month, 2);
	at = put(at, c.day, 2, 'T');
	at = put_digits(at, c.hour, 2);
	at = put_digits(at, c.minute, 2);
	at = put(at, c.second, 2, 'Z');
	*at = '\0';
}

/* Reads exactly `width` digits at `at`. */
static bool take_digits(const char *at, size_t width, unsigned *number)
{
	uint64_t value;

	if (!text_parse_u64((struct span){at, width}, &value))
		return false;
	*number = (unsigned)value;
	return true;
}

/* "hh:mm:ss" */
static bool take_time(const char *at, struct civil *c)
{
	return take_digits(at, 2, &c->hour) && at[2] == ':' && take_digits(at + 3, 2, &c->minute) &&
	       at[5] == ':' && take_digits(at + 6, 2, &c->second);
}

/* The index of three letters in a row of such names, or `count`. */
static unsigned find_name(const char *names, unsigned count, const char *letters)
{
	for (unsigned i = 0; i < count; i++) {
		if (memcmp(names + (size_t)3 * i, letters, 3) == 0)
			return i;
	}
	return count;
}

bool clock_parse_http_date(const char *text, size_t len, int64_t *wall_ms)
{
	/* Where "Sun, 06 Nov 1994 08:49:37 GMT" has its constant characters. */
	static const char form[] = "..., .. ... .... ........ GMT";
	struct civil c = {0};

	if (len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (form[i] != '.' && form[i] != text[i])
			return false;
	}
	if (find_name("MonTueWedThuFriSatSun", 7, text) == 7)
		return false;
	c.month = find_name("JanFebMarAprMayJunJulAugSepOctNovDec", 12, text + 8) + 1;
	if (!take_digits(text + 5, 2, &c.day) || !take_digits(text + 12, 4, &c.year) ||
	    !take_time(text + 17, &c) || !civil_is_valid(&c))
		return false;
	*wall_ms = civil_to_ms(&c);
	return true;
}

/* ".123" up to the end: milliseconds, what is beyond them is cut off. */
static bool take_fraction(struct span text, unsigned *millis)
{
	unsigned value = 0;

	if (text.len < 2 || text.data[0] != '.')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	}
	for (size_t i = 1; i <= 3; i++)
		value = value * 10 + (i < text.len ? (unsigned)(text.data[i] - '0') : 0);
	*millis = value;
	return true;
}

bool clock_parse_rfc3339(const char *text, size_t len, int64_t *wall_ms)
{
	const size_t fraction_at = sizeof("2026-11-24T01:02:03") - 1;
	struct civil c = {0};

	if (len <= fraction_at || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
	    text[len - 1] != 'Z')
		return false;
	if (!take_digits(text, 4, &c.year) || !take_digits(text + 5, 2, &c.month) ||
	    !take_digits(text + 8, 2, &c.day) || !take_time(text + 11, &c))
		return false;
	if (len - 1 > fraction_at &&
	    !take_fraction((struct span){text + fraction_at, len - 1 - fraction_at}, &c.millis))
		return false;
	if (!civil_is_valid(&c))
		return false;
	*wall_ms = civil_to_ms(&c);
	return true;
}

/* "+01:00", in milliseconds. */
static bool take_offset(const char *at, int64_t *offset_ms)
{
	unsigned hours;
	unsigned minutes;

	if ((at[0] != '+' && at[0] != '-') || at[3] != ':' || !take_digits(at + 1, 2, &hours) ||
	    !take_digits(at + 4, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset_ms = (int64_t)(hours * 60 + minutes) * 60 * MS_PER_SECOND;
	if (at[0] == '-')
		*offset_ms = -*offset_ms;
	return true;
}

bool clock_parse_rfc3339_anywhere(const char *text, size_t len, int64_t *wall_ms)
{
	enum { OFFSET_LEN = sizeof("+01:00") - 1, TEXT_MAX = 64 };
	char local[TEXT_MAX + 2];
	int64_t offset_ms = 0;
	int64_t local_ms;

	if (len <= OFFSET_LEN || len > TEXT_MAX)
		return false;
	if (text[len - 1] == 'Z')
		return clock_parse_rfc3339(text, len, wall_ms);
	len -= OFFSET_LEN;
	memcpy(local, text, len);
	local[len] = 'Z';
	if (!take_offset(text + len, &offset_ms) || !clock_parse_rfc3339(local, len + 1, &local_ms))
		return false;
	*wall_ms = local_ms - offset_ms;
	return true;
}
