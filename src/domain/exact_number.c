#include "domain/exact_number.h"

#include "base/json_exact.h"

const struct number_fault *exact_number_read(const json_t *number,
					     char canonical[static DECIMAL_SIZE])
{
	static const struct number_fault too_precise = {
		MISTAKE_TOO_PRECISE, "A number has at most 38 significant digits."};
	static const struct number_fault out_of_range = {
		MISTAKE_OUT_OF_RANGE,
		"A number's magnitude is between 1e-130 and 1e126, or it is 0."};

	switch (decimal_normalize(json_exact_number_text(number), canonical)) {
	case DECIMAL_FINE:
		return NULL;
	case DECIMAL_TOO_PRECISE:
		return &too_precise;
	case DECIMAL_NOT_A_NUMBER: /* the parser has seen to that */
	case DECIMAL_OUT_OF_RANGE:
		break;
	}
	return &out_of_range;
}
