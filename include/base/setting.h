/*
 * One setting of the configuration: what kind of value it takes, how that is read from its text and
 * written back, and what may be said about it in a mistake.
 *
 * Checklist for a new kind: a value here, and a row in kinds[] in setting.c.
 */
#ifndef SHOPD_BASE_SETTING_H
#define SHOPD_BASE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

enum setting_kind {
	/* kept as const char * */
	SETTING_TEXT, /* anything but control characters */
	SETTING_TABLE_NAME,
	SETTING_ATTRIBUTE_NAME,
	SETTING_REGION,
	SETTING_TOPIC,          /* the ARN of an SNS topic */
	SETTING_BALANCERS,      /* ARNs of load balancers in one region, with commas */
	SETTING_ORIGINS,        /* of web pages, with commas, or "*" */
	SETTING_URL,            /* kept without a "/" at its end */
	SETTING_PAGE,           /* a URL with a path */
	SETTING_ADDRESS,        /* an IP address and a port to listen on */
	SETTING_ADDRESS_OR_OFF, /* NULL for "off" */
	SETTING_CURRENCY,
	/* kept as uint64_t */
	SETTING_NUMBER,
	SETTING_POWER_OF_TWO,
	SETTING_SIZE,     /* bytes */
	SETTING_DURATION, /* microseconds */
	/* kept as the place among its words: an enum, or a bool if there are two */
	SETTING_CHOICE,
	SETTING_SWITCH,
};

struct setting {
	const char *name; /* of the environment variable */
	enum setting_kind kind;
	bool is_secret;
	size_t offset;       /* of the field in struct config; several settings may share one */
	const char *initial; /* the default, as a user would write it, or NULL */
	const char *help;
	uint64_t min; /* of numbers, sizes and durations */
	uint64_t max;
	const char *words[5]; /* of choices and switches, NULL behind the last one */
};

/*
 * Reads a value into its field, which is untouched if that fails: when the value is not allowed, or
 * (for texts that have to be changed) when the arena is full. `text` outlives the field.
 */
MUST_CHECK bool setting_read(const struct setting *setting, const char *text, struct arena *owned,
			     void *field);

/* What the setting takes, such as "a duration from 1s to 29s". */
void setting_add_allowed(const struct setting *setting, struct buf *out);

/* The field's value as a user would write it; "(set)" for a secret, nothing when there is none. */
void setting_add_value(const struct setting *setting, const void *field, struct buf *out);

#endif
