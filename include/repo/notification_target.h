/*
 * Where a user wants to be told of an event, as the preferences say (notification_repo.h), and that
 * such a place has refused.
 */
#ifndef SHOPD_REPO_NOTIFICATION_TARGET_H
#define SHOPD_REPO_NOTIFICATION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/event.h"
#include "repo/repo.h"

enum notification_channel {
	NOTIFICATION_NOWHERE, /* not at all, or not of this event */
	NOTIFICATION_SMS,
	NOTIFICATION_ENDPOINT,
};

struct notification_target {
	enum notification_channel channel;
	const char *address; /* a phone number or an ARN, in the await's arena */
	uint64_t version;    /* of the preferences */
};

/*
 * Eventually consistent: half a read unit. RESULT_OK, also for those who want nothing or are not
 * there. A target that was marked as refused is nowhere.
 */
void notification_target_find(struct repo *repo, const char *user_id, enum event_type type,
			      struct notification_target *out, struct await *await);

/*
 * Marks the preferences of this version with why the target refuses, which makes them another
 * version; when they are set again, the mark is gone. RESULT_OK, also when they were set or are
 * gone meanwhile.
 */
void notification_target_refuse(struct repo *repo, const char *user_id, uint64_t version,
				const char *why, struct await *await);

#endif
