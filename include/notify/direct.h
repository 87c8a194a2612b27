/*
 * Telling a user in person, by phone or at a mobile endpoint, as the user's preferences say
 * (repo/notification_target.h). A target that SNS refuses for good, because it is switched off or
 * its owner has opted out, is marked in the preferences and not tried again until they are set
 * anew.
 */
#ifndef SHOPD_NOTIFY_DIRECT_H
#define SHOPD_NOTIFY_DIRECT_H

#include "notify/follower.h"

/* A follower of events that have a user and are for users. */
void direct_tell(struct following *following, struct await *await);

#endif
