/*
 * Users: list, read, create, change, remove.
 */
#ifndef SHOPD_API_USER_H
#define SHOPD_API_USER_H

#include "http/request.h"

extern const struct endpoint get_users;
extern const struct endpoint post_user;
extern const struct endpoint get_user;
extern const struct endpoint put_user;
extern const struct endpoint patch_user;
extern const struct endpoint delete_user;

#endif
