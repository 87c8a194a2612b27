/*
 * An XML text read in place, without a tree: for the answers of AWS services that speak the query
 * protocol (STS, SNS).
 *
 * xml_scan_check reads the whole text once, strictly; after that, and only then, the other
 * functions may walk it. A small part of XML is enough for such answers and harmless: elements,
 * attributes (which are passed over), text, the five named entities and numeric ones, comments,
 * CDATA, and a declaration at the start. A document type is refused, and with it everything that
 * makes XML dangerous.
 *
 * Source: Extensible Markup Language (XML) 1.0, fifth edition.
 */
#ifndef SHOPD_BASE_XML_SCAN_H
#define SHOPD_BASE_XML_SCAN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

enum { XML_SCAN_DEPTH = 16 };

/* True if `text` is UTF-8 and one element, with space, comments and a declaration around it. */
bool xml_scan_check(struct span text);

/* Walks the elements that are directly within a content, in order. */
struct xml_walk {
	struct span rest;    /* private */
	struct span name;    /* of the element, without a namespace's prefix */
	struct span content; /* between its tags */
};

/* Begins at a checked text, or at the content of an element. */
void xml_walk_init(struct xml_walk *walk, struct span content);
/* False behind the last one. */
bool xml_walk_next(struct xml_walk *walk);

/* The content of the first element of that name directly within; absent when there is none. */
struct span xml_scan_child(struct span content, const char *name);

/*
 * Appends the characters of a checked text or of an element's content, entities resolved, with the
 * text of elements within but without their tags. White space stays.
 */
void xml_text_decode(struct span content, struct buf *out);

#endif
