#include "notify/follower.h"

#include <stddef.h>

#include "notify/direct.h"
#include "notify/restocker.h"

static const struct follower tell_user = {direct_tell, false};
static const struct follower begin_restock = {restock_begin, false};

/* By type; those that are not named here are for their user, if they have one. */
static const struct follower *const followers[EVENT_TYPES] = {
	[EVENT_STOCK_IN] = &begin_restock,
	[EVENT_STOCK_LOW] = &begin_restock, /* what was out may come back as that */
};

const struct follower *follower_of(const struct outbox_told *event)
{
	if (followers[event->type])
		return followers[event->type];
	return event->user_id.data && event_is_for_users(event->type) ? &tell_user : NULL;
}
