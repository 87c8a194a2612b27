/*
 * Decimal numbers as text, exact: what DynamoDB can keep, and never through a double.
 *
 * The canonical form has no leading or trailing zeros that say nothing: "1.50" is "1.5", "-0" and
 * "0.0" are "0", "1e-7" is "0.0000001". Numbers whose plain form would be longer than 40 digits are
 * written with an exponent: "1E+100". Both are JSON numbers.
 *
 * Source: DynamoDB Developer Guide, "Data types", Number: up to 38 significant digits, magnitude
 * 1E-130 to 9.9999999999999999999999999999999999999E+125, or 0.
 */
#ifndef SHOPD_BASE_DECIMAL_H
#define SHOPD_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { DECIMAL_SIZE = 64 }; /* room for every canonical form and a NUL */

enum decimal_fault {
	DECIMAL_FINE,
	DECIMAL_NOT_A_NUMBER, /* not a JSON number (RFC 8259, section 6) */
	DECIMAL_TOO_PRECISE,  /* more than 38 significant digits */
	DECIMAL_OUT_OF_RANGE, /* beyond DynamoDB's magnitude */
};

/* The canonical form of a JSON number; `out` is untouched unless DECIMAL_FINE. */
enum decimal_fault decimal_normalize(struct span text, char out[static DECIMAL_SIZE]);

/*
 * The number × 10^scale as an integer: decimal_to_scaled("19.99", 2) is 1999. False when there are
 * more decimals than `scale`, when it does not fit, or when it is not a number.
 */
bool decimal_to_scaled(struct span text, unsigned scale, int64_t *out);

/* Compares two canonical non-negative or negative numbers: <0, 0 or >0. */
int decimal_compare(const char *a, const char *b);

#endif
