#include "base/decimal.h"

#include <assert.h>
#include <string.h>

#include "base/json_scan.h"

enum {
	DIGITS_MAX = 38,
	EXPONENT_MIN = -130,
	EXPONENT_MAX = 125,
	PLAIN_DIGITS_MAX = 40,
	/* Where exponents stop growing while they are read: beyond all limits, no overflow. */
	EXPONENT_CAP = 1000000000,
};

/* d.ddd × 10^exponent, without zeros at either end; no digits at all for 0. */
struct number {
	bool is_negative;
	bool is_too_precise;
	size_t count;
	int64_t exponent;
	char digits[DIGITS_MAX];
};

/*
 * Adds a digit of the number's text. Zeros wait until it is clear that they are not the last ones.
 */
static void add_digit(struct number *number, char digit, size_t *zeros)
{
	if (digit == '0') {
		*zeros += number->count > 0;
		return;
	}
	if (*zeros + 1 > DIGITS_MAX - number->count) {
		number->is_too_precise = true;
		return;
	}
	memset(number->digits + number->count, '0', *zeros);
	number->count += *zeros;
	*zeros = 0;
	number->digits[number->count++] = digit;
}

/* The figure behind "e", or at EXPONENT_CAP. */
static int64_t read_exponent(const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	int64_t value = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	for (; at < end; at++) {
		value = value * 10 + (*at - '0');
		if (value > EXPONENT_CAP)
			value = EXPONENT_CAP;
	}
	return is_negative ? -value : value;
}

/* Takes a number apart. False when it is none. */
static bool read_number(struct span text, struct number *number)
{
	const char *at = text.data;
	const char *end = span_end(text);
	bool is_behind_point = false;
	size_t zeros = 0;

	*number = (struct number){0};
	if (text.len == 0 || json_scan_number_len(text) != text.len)
		return false;
	if (*at == '-') {
		number->is_negative = true;
		at++;
	}
	/* The exponent becomes that of the first digit that is not 0. */
	number->exponent = -1;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			is_behind_point = true;
			continue;
		}
		add_digit(number, *at, &zeros);
		if (!is_behind_point && number->count > 0)
			number->exponent++;
		else if (is_behind_point && number->count == 0)
			number->exponent--;
	}
	number->exponent += at < end ? read_exponent(at + 1, end) : 0;
	return true;
}

static char *put_zeros(char *at, size_t count)
{
	memset(at, '0', count);
	return at + count;
}

static char *put_digits(char *at, const struct number *number, size_t from, size_t count)
{
	memcpy(at, number->digits + from, count);
	return at + count;
}

/* "0.00123" */
static char *put_fraction(char *at, const struct number *number)
{
	*at++ = '0';
	*at++ = '.';
	at = put_zeros(at, (size_t)(-number->exponent - 1));
	return put_digits(at, number, 0, number->count);
}

/* "12300" or "12.3" */
static char *put_plain(char *at, const struct number *number)
{
	size_t whole = (size_t)number->exponent + 1;

	if (number->count <= whole) {
		at = put_digits(at, number, 0, number->count);
		return put_zeros(at, whole - number->count);
	}
	at = put_digits(at, number, 0, whole);
	*at++ = '.';
	return put_digits(at, number, whole, number->count - whole);
}

/* "1.23E+100" */
static char *put_scientific(char *at, const struct number *number)
{
	unsigned exponent = (unsigned)(number->exponent < 0 ? -number->exponent : number->exponent);

	*at++ = number->digits[0];
	if (number->count > 1) {
		*at++ = '.';
		at = put_digits(at, number, 1, number->count - 1);
	}
	*at++ = 'E';
	*at++ = number->exponent < 0 ? '-' : '+';
	if (exponent >= 100)
		*at++ = (char)('0' + exponent / 100);
	if (exponent >= 10)
		*at++ = (char)('0' + exponent / 10 % 10);
	*at++ = (char)('0' + exponent % 10);
	return at;
}

/* How many digits the plain form has. */
static size_t plain_digits(const struct number *number)
{
	size_t whole = (size_t)number->exponent + 1;

	if (number->exponent < 0)
		return (size_t)-number->exponent + number->count;
	return number->count > whole ? number->count : whole;
}

static void write_number(const struct number *number, char *out)
{
	char *at = out;

	if (number->is_negative)
		*at++ = '-';
	if (plain_digits(number) > PLAIN_DIGITS_MAX)
		at = put_scientific(at, number);
	else if (number->exponent < 0)
		at = put_fraction(at, number);
	else
		at = put_plain(at, number);
	*at = '\0';
	assert(at < out + DECIMAL_SIZE);
}

enum decimal_fault decimal_normalize(struct span text, char out[static DECIMAL_SIZE])
{
	struct number number;

	if (!read_number(text, &number))
		return DECIMAL_NOT_A_NUMBER;
	if (number.is_too_precise)
		return DECIMAL_TOO_PRECISE;
	if (number.count == 0) {
		memcpy(out, "0", 2);
		return DECIMAL_FINE;
	}
	if (number.exponent < EXPONENT_MIN || number.exponent > EXPONENT_MAX)
		return DECIMAL_OUT_OF_RANGE;
	write_number(&number, out);
	return DECIMAL_FINE;
}

/* Appends `digit` to the magnitude of a number of this sign. False when it does not fit. */
static bool append(uint64_t *magnitude, unsigned digit, bool is_negative)
{
	uint64_t largest = (uint64_t)INT64_MAX + is_negative;

	if (*magnitude > (largest - digit) / 10)
		return false;
	*magnitude = *magnitude * 10 + digit;
	return true;
}

bool decimal_to_scaled(struct span text, unsigned scale, int64_t *out)
{
	struct number number;
	uint64_t magnitude = 0;
	int64_t length; /* digits of the result */

	if (!read_number(text, &number) || number.is_too_precise)
		return false;
	length = number.count == 0 ? 0 : number.exponent + 1 + (int64_t)scale;
	if (length < (int64_t)number.count || length > 19)
		return false;
	for (int64_t i = 0; i < length; i++) {
		bool is_given = i < (int64_t)number.count;
		unsigned digit = is_given ? (unsigned)(number.digits[i] - '0') : 0;

		if (!append(&magnitude, digit, number.is_negative))
			return false;
	}
	/* Negated as an unsigned number, since the smallest integer has no positive counterpart. */
	*out = number.is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

static int compare_magnitudes(const struct number *a, const struct number *b)
{
	size_t common = a->count < b->count ? a->count : b->count;
	int order;

	if (a->count == 0 || b->count == 0)
		return (a->count > 0) - (b->count > 0);
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	order = memcmp(a->digits, b->digits, common);
	return order ? order : (a->count > b->count) - (a->count < b->count);
}

int decimal_compare(const char *a, const char *b)
{
	struct number first, second;
	bool are_numbers = read_number(span_of(a), &first) && read_number(span_of(b), &second);

	assert(are_numbers);
	if (!are_numbers)
		return 0;
	if (first.is_negative != second.is_negative)
		return first.is_negative ? -1 : 1;
	return first.is_negative ? compare_magnitudes(&second, &first)
				 : compare_magnitudes(&first, &second);
}
