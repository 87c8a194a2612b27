/*
 * The event stock.back of one subscriber: what stock.in said, told to a user.
 */
#ifndef SHOPD_NOTIFY_RESTOCK_EVENT_H
#define SHOPD_NOTIFY_RESTOCK_EVENT_H

#include "base/digest.h"
#include "base/id.h"
#include "repo/outbox_page.h"
#include "repo/restock_repo.h"

enum { RESTOCK_SUBJECT_SIZE = ID_SIZE + 16 };

struct restock_event {
	char id[ID_SIZE];
	char user_id[ID_SIZE];
	char subject[RESTOCK_SUBJECT_SIZE];
	struct outbox_told told; /* views these and the restock */
};

/*
 * Its id is made of the restock's and the user's (a UUIDv7 with the restock's time), so whoever is
 * told twice because of a crash is told with the same id, and a FIFO topic takes it once. False
 * when OpenSSL fails.
 */
MUST_CHECK bool restock_event_init(struct restock_event *event, const struct restock *restock,
				   const char *user_id, struct digest *digest);

#endif
