/*
 * Attributes that shopd does not know: kept as they came if that is possible, refused otherwise.
 */
#ifndef SHOPD_DOMAIN_OPEN_VALUE_H
#define SHOPD_DOMAIN_OPEN_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include "domain/validation.h"

enum { OPEN_NAME_MAX = 255 /* characters */ };

/*
 * Checks one attribute and all that is in it: names have 1 to OPEN_NAME_MAX characters and no
 * control characters, numbers can be kept exactly (base/decimal.h). Texts may have any characters.
 */
void open_value_check(const char *name, const json_t *value, struct validation *validation);

/*
 * How many bytes DynamoDB counts for a value, without its attribute's name; never too few.
 * Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
 */
size_t open_value_size(const json_t *value);

#endif
