/*
 * Whether two exact JSON trees (base/json_exact.h) say the same: numbers by value ("1.50" and "1.5"),
 * objects whatever the order of their members, which DynamoDB does not keep.
 */
#ifndef SHOPD_DOMAIN_SAME_VALUE_H
#define SHOPD_DOMAIN_SAME_VALUE_H

#include <jansson.h>
#include <stdbool.h>

bool same_value(const json_t *a, const json_t *b);

#endif
