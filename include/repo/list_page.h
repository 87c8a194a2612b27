/*
 * A page of a list, whatever is listed.
 */
#ifndef SHOPD_REPO_LIST_PAGE_H
#define SHOPD_REPO_LIST_PAGE_H

#include <stddef.h>

#include "base/text.h"

enum { LIST_PAGE_MAX = 100 /* entries on a page */ };

/* In the arena of the await that it was found with. */
struct list_page {
	size_t count; /* fewer than asked for, or none, does not mean that it is the last one */
	const struct span *entries; /* items as the table or the index has them */
	const char *next;           /* cursor of the page behind; NULL: this is the last one */
};

#endif
