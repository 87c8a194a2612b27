#include "domain/money.h"

#include <assert.h>
#include <string.h>

#include "base/decimal.h"

enum { CODE_LEN = 3 };

/* ISO 4217, list one, by the number of decimals. Each code is followed by a space or the end. */
static const struct {
	unsigned decimals;
	const char *codes;
} currencies[] = {
	{2,
	 "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
	 "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
	 "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT "
	 "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN "
	 "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
	 "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES "
	 "WST XCD XCG YER ZAR ZMW ZWG"},
	{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
	{3, "BHD IQD JOD KWD LYD OMR TND"},
	{4, "CLF UYW"},
};

static bool has_code(const char *codes, struct span code)
{
	for (const char *at = codes;; at += CODE_LEN + 1) {
		if (memcmp(at, code.data, CODE_LEN) == 0)
			return true;
		if (at[CODE_LEN] == '\0')
			return false;
	}
}

bool money_currency_decimals(struct span code, unsigned *decimals)
{
	if (code.len != CODE_LEN)
		return false;
	for (size_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++) {
		if (has_code(currencies[i].codes, code)) {
			*decimals = currencies[i].decimals;
			return true;
		}
	}
	return false;
}

/*
 * How many decimals a canonical number has; numbers with an exponent are very small or very large.
 */
static size_t count_decimals(const char *canonical)
{
	const char *point = strchr(canonical, '.');

	if (strchr(canonical, 'E'))
		return strstr(canonical, "E-") ? SIZE_MAX : 0;
	return point ? strlen(point + 1) : 0;
}

enum money_fault money_parse(struct span text, unsigned decimals, int64_t *amount)
{
	char canonical[DECIMAL_SIZE];

	switch (decimal_normalize(text, canonical)) {
	case DECIMAL_FINE:
		break;
	case DECIMAL_NOT_A_NUMBER:
		return MONEY_NOT_A_NUMBER;
	case DECIMAL_TOO_PRECISE:
		return MONEY_TOO_MANY_DECIMALS;
	case DECIMAL_OUT_OF_RANGE:
		return MONEY_TOO_LARGE;
	}
	if (canonical[0] == '-')
		return MONEY_NEGATIVE;
	if (count_decimals(canonical) > decimals)
		return MONEY_TOO_MANY_DECIMALS;
	return decimal_to_scaled(span_of(canonical), decimals, amount) ? MONEY_FINE
								       : MONEY_TOO_LARGE;
}

money_sum money_multiply(int64_t amount, int64_t count)
{
	assert(amount >= 0 && count >= 0);
	return (money_sum)amount * (money_sum)count;
}

/* The digits of a sum, the last one first, at least `least` of them. Returns how many. */
static size_t take_digits(money_sum sum, size_t least, char digits[static MONEY_SIZE])
{
	size_t count = 0;

	while (sum > 0 || count < least) {
		assert(count < MONEY_SIZE - 2); /* 128 bits are 39 digits */
		digits[count++] = (char)('0' + (int)(sum % 10));
		sum /= 10;
	}
	return count;
}

void money_format(money_sum sum, unsigned decimals, char text[static MONEY_SIZE])
{
	char digits[MONEY_SIZE];
	size_t left = take_digits(sum, (size_t)decimals + 1, digits);
	size_t last = 0; /* the last one that says something */
	char *at = text;

	while (last < decimals && digits[last] == '0')
		last++;
	while (left > last) {
		*at++ = digits[--left];
		if (left == decimals && left > last)
			*at++ = '.';
	}
	*at = '\0';
}
