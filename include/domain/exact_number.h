/*
 * Numbers of a body: whether they can be kept exactly, and in which form.
 */
#ifndef SHOPD_DOMAIN_EXACT_NUMBER_H
#define SHOPD_DOMAIN_EXACT_NUMBER_H

#include <jansson.h>

#include "base/decimal.h"
#include "domain/validation.h"

struct number_fault {
	enum mistake_code code;
	const char *detail;
};

/*
 * The canonical form of a number (json_exact_is_number). NULL when it is fine, else why it is not.
 */
const struct number_fault *exact_number_read(const json_t *number,
					     char canonical[static DECIMAL_SIZE]);

#endif
