/*
 * Which countries there are. Source: ISO 3166-1, the alpha-2 codes that are officially assigned.
 */
#ifndef SHOPD_DOMAIN_COUNTRY_H
#define SHOPD_DOMAIN_COUNTRY_H

#include <stdbool.h>

#include "base/text.h"

/* True for an assigned code in capital letters. */
bool country_exists(struct span code);

#endif
