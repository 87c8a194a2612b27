/*
 * What bodies of requests about deliveries say. Each function reports all mistakes, and returns
 * whether there were none; texts are borrowed from the body. Untouched on failure.
 */
#ifndef SHOPD_DOMAIN_DELIVERY_BODY_H
#define SHOPD_DOMAIN_DELIVERY_BODY_H

#include <jansson.h>

#include "domain/delivery.h"
#include "domain/validation.h"

enum {
	DELIVERY_TEXT_MAX = 100,     /* characters of a carrier's name, of a tracking number */
	DELIVERY_EVENT_ID_MAX = 200, /* characters */
	DELIVERY_PLACE_MAX = 200,    /* likewise */
	/* How far carriers' clocks may be ahead of ours, forgotten time zones included. */
	DELIVERY_AHEAD_MS = 24 * 60 * 60 * 1000,
};

struct delivery_body {
	const char *carrier;
	const char *tracking_number;
	bool is_pending;                               /* else it is shipped at once */
	struct order_part parts[ORDER_PART_LINES_MAX]; /* each of another product */
	size_t part_count;                             /* 0: all that is left */
};

bool delivery_body_read(const json_t *body, struct validation *validation,
			struct delivery_body *out);

/* What is to become of a delivery. */
struct delivery_patch {
	const char *carrier;         /* NULL: as it is */
	const char *tracking_number; /* likewise */
	bool has_status;
	enum delivery_status status; /* shipped or cancelled */
};

bool delivery_body_read_patch(const json_t *body, struct validation *validation,
			      struct delivery_patch *out);

/* What a carrier reports. */
struct delivery_report {
	const char *event_id;
	enum tracking_status status;
	char time[CLOCK_RFC3339_SIZE]; /* in UTC */
	const char *place;             /* NULL: none */
};

bool delivery_body_read_report(const json_t *body, int64_t now_ms, struct validation *validation,
			       struct delivery_report *out);

#endif
