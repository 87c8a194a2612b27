/*
 * A user's addresses: list, read, create, change, remove.
 */
#ifndef SHOPD_API_ADDRESS_H
#define SHOPD_API_ADDRESS_H

#include "http/request.h"

extern const struct endpoint get_addresses;
extern const struct endpoint post_address;
extern const struct endpoint get_address;
extern const struct endpoint put_address;
extern const struct endpoint delete_address;

#endif
