/*
 * The first so many of a stream of entries by some order, in bounded memory: what a page of a list
 * is made of when the table keeps no index in that order, or keeps it in several parts.
 *
 * Each entry has a position (the value it is sorted by, a NUL, its id) and a text. What is offered
 * is copied if it is among the first so far, else forgotten.
 */
#ifndef SHOPD_REPO_SELECTION_H
#define SHOPD_REPO_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/text.h"

enum { SELECTION_MAX = 101 }; /* the longest page and one more, to know whether there is a next */

/* <0, 0 or >0: which of two positions comes first. */
typedef int (*selection_order)(struct span a, struct span b);

struct selection {
	selection_order order;
	size_t limit;      /* 1 to SELECTION_MAX */
	struct span after; /* only what comes behind this position counts; absent: everything */
	bool has_failed;   /* out of memory */
	size_t count;
	struct selection_entry {
		struct buf position;
		struct buf text;
	} * entries[SELECTION_MAX]; /* in order; each is used again for a better one */
	struct selection_entry slots[SELECTION_MAX];
};

/* `selection` is zeroed; `after` is borrowed. */
void selection_init(struct selection *selection, selection_order order, size_t limit,
		    struct span after);
void selection_clear(struct selection *selection);

void selection_offer(struct selection *selection, struct span position, struct span text);

/* True when there are enough entries and one at this position would not be among them. */
bool selection_is_beyond(const struct selection *selection, struct span position);

struct span selection_position(const struct selection *selection, size_t index);
struct span selection_text(const struct selection *selection, size_t index);

#endif
