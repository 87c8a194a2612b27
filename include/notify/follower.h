/*
 * What follows once the topic has an event: its user is told in person; those who wait for a
 * product are told that it is back. The item stays in the outbox, marked as sent, until that is
 * over, so it is as safe as the event itself, and it holds up nothing behind it.
 *
 * Checklist for a new follower: a function that takes a struct following, its row in follower.c.
 */
#ifndef SHOPD_NOTIFY_FOLLOWER_H
#define SHOPD_NOTIFY_FOLLOWER_H

#include "aws/sns.h"
#include "base/await.h"
#include "repo/outbox_page.h"
#include "repo/repo.h"

/* One event that is followed up. */
struct following {
	struct repo *repo;
	const struct sns *sns;
	const struct outbox_told *event;
	/*
	 * Set when it was refused for a reason that may not pass: it counts as a try, and after
	 * OUTBOX_TRIES of them the event is a dead letter. In the await's arena.
	 */
	const char *reason;
};

/*
 * Finishes the await with RESULT_OK when nothing is left to be done; with anything else when it is
 * to be run again later. It may be run again after a crash at any point of it, too, and by two
 * workers at once.
 */
typedef void (*follower)(struct following *following, struct await *await);

/* NULL: nothing follows from this event. */
follower follower_of(const struct outbox_told *event);

#endif
