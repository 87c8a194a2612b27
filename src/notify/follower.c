#include "notify/follower.h"

#include <stddef.h>

#include "notify/direct.h"
#include "notify/restocker.h"

/* By type; those that are not named here are for their user, if they have one. */
static const follower followers[EVENT_TYPES] = {
	[EVENT_STOCK_IN] = restock_begin,
	[EVENT_STOCK_LOW] = restock_begin, /* what was out may come back as that */
};

follower follower_of(const struct outbox_told *event)
{
	if (followers[event->type])
		return followers[event->type];
	return event->user_id.data && event_is_for_users(event->type) ? direct_tell : NULL;
}
