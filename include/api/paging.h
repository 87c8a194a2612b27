/*
 * What all lists of the API have in common: `limit` and `cursor`, and how a page is answered.
 */
#ifndef SHOPD_API_PAGING_H
#define SHOPD_API_PAGING_H

#include "http/request.h"
#include "repo/list_page.h"

/*
 * Reads `limit` (1 to LIST_PAGE_MAX, 20 without it) and `cursor` (NULL without it). False after a
 * reply was made.
 */
bool paging_read(struct request *rq, size_t *limit, const char **cursor);

/* Appends an entry as a JSON object. */
typedef void (*paging_write)(struct request *rq, struct span entry, struct buf *out);

/*
 * The reply to a list whose await is finished: a page, or that the cursor is not one of the list.
 * Each entry is written by `write`.
 */
enum flow paging_reply(struct request *rq, const struct list_page *page, paging_write write);

#endif
