/*
 * The lines of an INI text as the AWS tools write them, read in place.
 *
 *	[profile shop]            a section
 *	region = eu-west-1        a property; the name's case does not matter
 *	s3 =                      one without a value may have nested ones:
 *	  max_queue_size = 10
 *
 * "#" and ";" begin a comment at a line's start and behind a space. A line that is indented deeper
 * than the property before it is nested in it; if that has a value, it is that value's
 * continuation, which nobody here needs and which is passed over.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
#ifndef SHOPD_BASE_INI_H
#define SHOPD_BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum ini_kind {
	INI_SECTION,
	INI_PROPERTY,
	INI_NESTED, /* in the last property */
	INI_WRONG,  /* neither of these */
};

struct ini_reader {
	struct span rest;       /* private */
	size_t indent;          /* private: of the last property */
	bool has_property;      /* private: since the section began */
	bool is_property_empty; /* private */

	/* the line that was read */
	enum ini_kind kind;
	size_t number;       /* from 1 */
	struct span section; /* what stands in the brackets, without spaces around it */
	struct span name;    /* of the property, or of the nested one */
	struct span value;   /* without spaces around it; may be empty */
};

void ini_reader_init(struct ini_reader *reader, struct span text);

/* The next line that says something; false at the end. */
bool ini_reader_next(struct ini_reader *reader);

#endif
