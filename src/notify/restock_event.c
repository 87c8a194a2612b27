#include "notify/restock_event.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_SIZE = 2 * ID_LEN };

static bool make_id(const struct restock *restock, const char *user_id, struct digest *digest,
		    char id[static ID_SIZE])
{
	char source[SOURCE_SIZE];
	uint8_t hash[DIGEST_SHA256_SIZE];

	memcpy(source, restock->id, ID_LEN);
	memcpy(source + ID_LEN, user_id, ID_LEN);
	if (!digest_sha256(digest, source, sizeof(source), hash))
		return false;
	/* RFC 9562, 5.7: the milliseconds, version 7, variant 10 in binary; all else is free. */
	snprintf(id, ID_SIZE, "%.14s7%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x", restock->id,
		 hash[0] & 15U, hash[1], 8U | (hash[2] & 3U), hash[3] & 15U, hash[4], hash[5],
		 hash[6], hash[7], hash[8], hash[9], hash[10]);
	return true;
}

bool restock_event_init(struct restock_event *event, const struct restock *restock,
			const char *user_id, struct digest *digest)
{
	if (!make_id(restock, user_id, digest, event->id))
		return false;
	snprintf(event->user_id, sizeof(event->user_id), "%s", user_id);
	snprintf(event->subject, sizeof(event->subject), "product/%s", restock->product_id);
	event->told = (struct outbox_told){
		.type = EVENT_STOCK_BACK,
		.id = {event->id, ID_LEN},
		.subject = span_of(event->subject),
		.time = span_of(restock->time),
		.data = span_of(restock->data),
		.user_id = {event->user_id, ID_LEN},
		.product_id = span_of(restock->product_id),
	};
	return true;
}
