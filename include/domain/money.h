/*
 * Money: amounts of a currency's smallest unit, and how many decimals a currency has.
 *
 * Amounts come and go as decimals ("19.99") and are counted as 64-bit integers (1999). Which decimals
 * an amount may have is ISO 4217's business: none in yen, two in euros, three in dinars.
 */
#ifndef SHOPD_DOMAIN_MONEY_H
#define SHOPD_DOMAIN_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum money_fault {
	MONEY_FINE,
	MONEY_NOT_A_NUMBER,
	MONEY_NEGATIVE,
	MONEY_TOO_MANY_DECIMALS,
	MONEY_TOO_LARGE, /* more than 2^63 - 1 of the smallest unit */
};

/*
 * How many decimals amounts of a currency have. False for what is no current code of ISO 4217 in
 * capital letters. Codes without a smallest unit (gold, drawing rights) are not known here.
 */
bool money_currency_decimals(struct span code, unsigned *decimals);

/* An amount with at most `decimals` decimals, in the smallest unit. "1.50" and "15e-1" are the same. */
enum money_fault money_parse(struct span text, unsigned decimals, int64_t *amount);

/*
 * Sums of amounts: never negative, and always right, for the largest amount × 10,000 × 100 takes 84
 * bits of 128.
 */
__extension__ typedef unsigned __int128 money_sum;

enum { MONEY_SIZE = 48 /* room for every sum as text and a NUL */ };

/* `amount` × `count`, neither of them negative; it always fits. */
money_sum money_multiply(int64_t amount, int64_t count);

/* The sum as a decimal in canonical form (base/decimal.h): 1950 with two decimals is "19.5". */
void money_format(money_sum sum, unsigned decimals, char text[static MONEY_SIZE]);

#endif
