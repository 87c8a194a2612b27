/*
 * A user's preferences: how to be told, and of what.
 */
#ifndef SHOPD_API_NOTIFICATION_H
#define SHOPD_API_NOTIFICATION_H

#include "http/request.h"

extern const struct endpoint get_notification;
extern const struct endpoint put_notification;

#endif
