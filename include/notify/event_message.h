/*
 * What an event looks like to those who are told: to subscribers of the topic and mobile endpoints
 * a JSON object, {"id","type","time","subject","data"}, with what one filters by as attributes of
 * the message as well; to a phone a sentence.
 */
#ifndef SHOPD_NOTIFY_EVENT_MESSAGE_H
#define SHOPD_NOTIFY_EVENT_MESSAGE_H

#include <stdbool.h>

#include "aws/sns.h"
#include "base/arena.h"
#include "base/buf.h"
#include "repo/outbox_page.h"

/*
 * The message with its attributes event_type, event_id, and of user_id, order_id and product_id
 * those that there are. Its group is the order's or the product's id, so that a FIFO topic keeps
 * the order of what belongs together; the event's id keeps it from taking one twice. Everything is
 * in the arena. False when out of memory.
 */
MUST_CHECK bool event_message_make(const struct outbox_told *event, struct arena *arena,
				   struct sns_message *out);

/* The sentence for a phone, in the arena. False when out of memory. */
MUST_CHECK bool event_message_make_text(const struct outbox_told *event, struct arena *arena,
					struct sns_message *out);

/* The table of events for documentation: Markdown, with an example message each. */
void event_message_describe(struct buf *out);

#endif
